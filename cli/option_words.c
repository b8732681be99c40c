#include "cli/option_words.h"

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

void pn_option_words_put(pneu_error *error)
{
    char sentence[PNEU_ERROR_MESSAGE_SIZE];
    if (error->reply_code != 0)
        return;
    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
        size_t length = strlen(WORDS[i].parameter);
        if (strncmp(error->message, WORDS[i].parameter, length) != 0)
            continue;
        snprintf(sentence, sizeof(sentence), "%s%s", WORDS[i].option,
                 error->message + length);
        memcpy(error->message, sentence, sizeof(sentence));
        return;
    }
}
