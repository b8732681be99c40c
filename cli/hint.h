/* What a person can do about a failure of the library. */
#ifndef PN_CLI_HINT_H
#define PN_CLI_HINT_H

#include <pneu/status.h>

/* What the advice depends on; to be joined with |. */
typedef enum pn_hint_fact {
    PN_HINT_USER = 1,        /* there are credentials */
    PN_HINT_SOCKET = 2,      /* a Unix socket */
    PN_HINT_TLS = 4,         /* the line was under TLS already */
    PN_HINT_TOKEN = 8,       /* among the credentials is a token */
    PN_HINT_PIN = 16,        /* --pin was given */
    PN_HINT_PROXY = 32,      /* the way goes by a proxy */
    PN_HINT_SOURCE = 64,     /* --source was given */
    PN_HINT_ANONYMOUS = 128, /* AUTH ANONYMOUS was wanted */
    PN_HINT_AUTHORIZE = 256, /* --authorize-as was given */
    PN_HINT_STARTTLS = 512   /* offered, and not used */
} pn_hint_fact;

/* Static; NULL if there is nothing to advise. */
const char *pn_hint_for(const pneu_error *error, unsigned facts);

#endif
