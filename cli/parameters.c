#include "cli/parameters.h"

#include <stddef.h>
#include <string.h>

#include "base/memory.h"
#include "base/span.h"
#include "cli/address.h"
#include "cli/exit.h"
#include "cli/options.h"
#include "wire/path.h"

enum {
    ENVID_MAX = 100
};

static int usage_problem(pn_problem *problem, const char *sentence)
{
    return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID, "%s", sentence);
}

/* RFC 3461 4.4 */
static int check_envid(const char *envid, pn_problem *problem)
{
    size_t length = envid != NULL ? strlen(envid) : 0;
    bool fits = length <= ENVID_MAX;
    for (size_t i = 0; i < length && fits; i++)
        fits = pn_ascii_is_printable(envid[i]);
    if (fits)
        return PN_EXIT_OK;
    return pn_value_refuse("--envid", envid,
                           "give 1 to 100 printable ASCII characters", problem);
}

static unsigned notify_of(pn_span word)
{
    static const struct {
        const char *word;
        unsigned flag;
    } WORDS[] = {{"never", PNEU_NOTIFY_NEVER},
                 {"success", PNEU_NOTIFY_SUCCESS},
                 {"failure", PNEU_NOTIFY_FAILURE},
                 {"delay", PNEU_NOTIFY_DELAY}};
    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
        if (pn_span_equal_nocase(word, pn_span_of(WORDS[i].word)))
            return WORDS[i].flag;
    }
    return 0;
}

/* RFC 3461 4.1: NEVER stands alone */
static int parse_notify(pn_parameters *parameters, pn_problem *problem)
{
    const char *rest = parameters->notify;
    while (rest != NULL) {
        size_t length = strcspn(rest, ",");
        unsigned flag = notify_of(pn_span_trim((pn_span){rest, length}));
        if (flag == 0)
            return pn_value_refuse("--notify", parameters->notify,
                                   "choose never, or some of success, failure "
                                   "and delay, with commas between",
                                   problem);
        parameters->notify_set |= flag;
        rest = rest[length] == ',' ? rest + length + 1 : NULL;
    }
    if ((parameters->notify_set & PNEU_NOTIFY_NEVER) != 0 &&
        parameters->notify_set != PNEU_NOTIFY_NEVER)
        return pn_value_refuse("--notify", parameters->notify,
                               "never stands alone", problem);
    return PN_EXIT_OK;
}

static int parse_address(const char *option, const char *value,
                         unsigned allowed, char **out, pn_problem *problem)
{
    pn_address address = {0};
    if (value == NULL)
        return PN_EXIT_OK;
    int exit = pn_address_parse(&address, option, value, allowed, problem);
    if (exit != PN_EXIT_OK)
        return exit;
    *out = address.address;
    address.address = NULL;
    pn_address_finish(&address);
    return PN_EXIT_OK;
}

/* RFC 3461 4.2: "rfc822;bob@example.com", or the address alone */
static int parse_orcpt(pn_parameters *parameters, pn_problem *problem)
{
    const char *value = parameters->orcpt;
    const char *semicolon = value != NULL ? strchr(value, ';') : NULL;
    if (semicolon == NULL || memchr(value, '@', (size_t)(semicolon - value)))
        return parse_address("--orcpt", value, PN_PATH_LOCAL,
                             &parameters->orcpt_address, problem);
    size_t length = (size_t)(semicolon - value);
    if (length == 0 || semicolon[1] == '\0')
        return pn_value_refuse("--orcpt", value,
                               "write an address, or TYPE;ADDRESS", problem);
    parameters->orcpt_type = pn_memory_copy_text(value, length);
    parameters->orcpt_address =
        pn_memory_copy_text(semicolon + 1, strlen(semicolon + 1));
    return parameters->orcpt_type != NULL && parameters->orcpt_address != NULL
               ? PN_EXIT_OK
               : pn_problem_no_memory(problem);
}

/* RFC 4954 5: "<>" is "not known" */
static int parse_submitter(pn_parameters *parameters, pn_problem *problem)
{
    char **address = &parameters->submitter_address;
    int exit = parse_address("--submitter", parameters->submitter, PN_PATH_NULL,
                             address, problem);
    if (exit != PN_EXIT_OK || *address == NULL || (*address)[0] != '\0')
        return exit;
    pn_memory_free(*address);
    *address = pn_memory_copy_text("<>", 2);
    return *address != NULL ? PN_EXIT_OK : pn_problem_no_memory(problem);
}

/* RFC 2852 4: with R there must be time left */
static int check_by(const pn_parameters *parameters, pn_problem *problem)
{
    if (!parameters->by.is_given &&
        parameters->by_mode != PNEU_DELIVER_BY_NOT_STATED)
        return usage_problem(problem,
                             "--deliver-by-mode without --deliver-by SECONDS");
    if (!parameters->by.is_given && parameters->by_trace)
        return usage_problem(problem,
                             "--deliver-by-trace without --deliver-by SECONDS");
    if (parameters->by_mode == PNEU_DELIVER_BY_RETURN &&
        parameters->by.value < 1)
        return usage_problem(problem, "--deliver-by must be 1 at least with "
                                      "--deliver-by-mode return");
    return PN_EXIT_OK;
}

static bool is_time(const char *text)
{
    static const char FORM[] = "0000-00-00T00:00:00Z";
    if (strlen(text) != strlen(FORM))
        return false;
    for (size_t i = 0; FORM[i] != '\0'; i++) {
        bool fits =
            FORM[i] == '0' ? pn_ascii_is_digit(text[i]) : text[i] == FORM[i];
        if (!fits)
            return false;
    }
    return true;
}

/* RFC 4865 4 */
static int check_hold(const pn_parameters *parameters, pn_problem *problem)
{
    if (parameters->hold_until == NULL)
        return PN_EXIT_OK;
    if (parameters->hold_for.is_given)
        return usage_problem(problem,
                             "give --hold-for or --hold-until, not both");
    if (!is_time(parameters->hold_until))
        return pn_value_refuse("--hold-until", parameters->hold_until,
                               "write the time as 2026-11-22T18:00:00Z",
                               problem);
    return PN_EXIT_OK;
}

int pn_parameters_check(pn_parameters *parameters, pn_problem *problem)
{
    int exit = check_envid(parameters->envid, problem);
    if (exit == PN_EXIT_OK)
        exit = check_by(parameters, problem);
    if (exit == PN_EXIT_OK)
        exit = check_hold(parameters, problem);
    if (exit == PN_EXIT_OK)
        exit = parse_notify(parameters, problem);
    if (exit == PN_EXIT_OK)
        exit = parse_orcpt(parameters, problem);
    if (exit == PN_EXIT_OK)
        exit = parse_submitter(parameters, problem);
    return exit;
}

int pn_parameters_check_count(const pn_parameters *parameters, size_t count,
                              pn_problem *problem)
{
    if (parameters->orcpt == NULL || count == 1)
        return PN_EXIT_OK;
    return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                          "--orcpt is for one recipient, and there are %zu",
                          count);
}

static pneu_deliver_by mode_of(const pn_parameters *parameters)
{
    if (!parameters->by.is_given)
        return PNEU_DELIVER_BY_NOT_STATED;
    return parameters->by_mode == PNEU_DELIVER_BY_RETURN
               ? PNEU_DELIVER_BY_RETURN
               : PNEU_DELIVER_BY_NOTIFY;
}

pneu_mail_parameters pn_parameters_mail(const pn_parameters *parameters)
{
    return *PNEU_MAIL_PARAMETERS(.body = (pneu_body_type)parameters->body,
                                 .ret = (pneu_return)parameters->ret,
                                 .envid = parameters->envid,
                                 .auth = parameters->submitter_address,
                                 .by = mode_of(parameters),
                                 .by_seconds = parameters->by.value,
                                 .by_trace = parameters->by_trace,
                                 .hold_seconds =
                                     (uint32_t)parameters->hold_for.value,
                                 .hold_until = parameters->hold_until,
                                 .has_priority = parameters->priority.is_given,
                                 .priority = (int)parameters->priority.value,
                                 .require_tls = parameters->require_tls,
                                 .raw = parameters->mail_raw);
}

pneu_rcpt_parameters pn_parameters_rcpt(const pn_parameters *parameters)
{
    return *PNEU_RCPT_PARAMETERS(.notify = parameters->notify_set,
                                 .orcpt = parameters->orcpt_address,
                                 .orcpt_type = parameters->orcpt_type,
                                 .raw = parameters->rcpt_raw);
}

void pn_parameters_finish(pn_parameters *parameters)
{
    pn_memory_free(parameters->orcpt_type);
    pn_memory_free(parameters->orcpt_address);
    pn_memory_free(parameters->submitter_address);
    parameters->orcpt_type = NULL;
    parameters->orcpt_address = NULL;
    parameters->submitter_address = NULL;
}
