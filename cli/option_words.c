#include "cli/option_words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* A parameter that another begins with comes after that one. */
static const struct {
    const char *parameter;
    const char *option;
} WORDS[] = {
    {"AUTH=", "--submitter"},
    {"BODY=BINARYMIME", "--body binary"},
    {"BODY=", "--body"},
    {"BY=", "--deliver-by"},
    {"ENVID=", "--envid"},
    {"HOLDFOR=", "--hold-for"},
    {"HOLDUNTIL=", "--hold-until"},
    {"MT-PRIORITY=", "--priority"},
    {"NOTIFY=", "--notify"},
    {"ORCPT=", "--orcpt"},
    {"REQUIRETLS", "--require-tls"},
    {"RET=", "--ret"},
    {"the TLS option ciphersuites", "--ciphersuites"},
    {"the TLS option ciphers", "--ciphers"},
    {"the TLS option name", "--tls-name"},
    {"the TLS option sni", "--sni"},
    {"the TLS option minimum", "--min-tls"},
    {"the proxy's URL", "--proxy"},
};

static bool put_at(pneu_error *error, size_t start)
{
    char sentence[PNEU_ERROR_MESSAGE_SIZE];
    const char *rest = error->message + start;
    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
        size_t length = strlen(WORDS[i].parameter);
        if (strncmp(rest, WORDS[i].parameter, length) != 0)
            continue;
        snprintf(sentence, sizeof(sentence), "%.*s%s%s", (int)start,
                 error->message, WORDS[i].option, rest + length);
        memcpy(error->message, sentence, sizeof(sentence));
        return true;
    }
    return false;
}

void pn_option_words_put(pneu_error *error)
{
    if (error->reply_code != 0 || put_at(error, 0))
        return;
    /* the server's address may stand before it */
    const char *colon = strstr(error->message, ": ");
    while (colon != NULL &&
           !put_at(error, (size_t)(colon - error->message) + 2))
        colon = strstr(colon + 1, ": ");
}
