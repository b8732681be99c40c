#include "cli/tls_facts.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    FACT_COUNT = 9,
    TEXT_SIZE = 1024
};

/* One of them: its name for a person, in JSON, and what it is. */
typedef struct fact {
    const char *name;
    const char *key;
    const char *text;
} fact;

static size_t collect(const pneu_tls_info *info, fact *facts)
{
    const fact all[FACT_COUNT] = {
        {"TLS", "version", info->version},
        {"cipher", "cipher", info->cipher},
        {"certificate", "subject", info->subject},
        {"issued by", "issuer", info->issuer},
        {"for", "names", info->names},
        {"valid from", "not_before", info->not_before},
        {"valid until", "not_after", info->not_after},
        {"pin", "pin", info->pin},
        {"NOT VERIFIED", "unverified_because", info->unverified_because}};
    size_t count = 0;
    for (size_t i = 0; i < FACT_COUNT; i++) {
        if (all[i].text != NULL && all[i].text[0] != '\0')
            facts[count++] = all[i];
    }
    return count;
}

/* The library's own note has told the version, the cipher, and what came of
 * verifying. */
static bool is_told(const pneu_tls_info *info, const char *text)
{
    return text == info->version || text == info->cipher ||
           text == info->unverified_because;
}

void pn_tls_facts_log(const pneu_tls_info *info, pn_log *log)
{
    fact facts[FACT_COUNT];
    char line[TEXT_SIZE];
    size_t count = collect(info, facts);
    for (size_t i = 0; i < count; i++) {
        if (is_told(info, facts[i].text))
            continue;
        snprintf(line, sizeof(line), "%s: %s", facts[i].name, facts[i].text);
        pn_log_line(log, PNEU_LOG_NOTE, line);
    }
}

void pn_tls_facts_print(const pneu_tls_info *info, int width, FILE *out)
{
    fact facts[FACT_COUNT];
    size_t count = collect(info, facts);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%-*s  %s\n", width, facts[i].name, facts[i].text);
    if (info->is_verified)
        fprintf(out, "%-*s  %s\n", width, "verified", "yes");
}

void pn_tls_facts_json(const pneu_tls_info *info, pn_json *json)
{
    fact facts[FACT_COUNT];
    if (info == NULL) {
        pn_json_null(json, "tls");
        return;
    }
    size_t count = collect(info, facts);
    pn_json_open(json, "tls", '{');
    pn_json_bool(json, "verified", info->is_verified);
    for (size_t i = 0; i < count; i++)
        pn_json_text(json, facts[i].key, facts[i].text);
    pn_json_close(json, '}');
}
