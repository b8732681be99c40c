/* The mechanisms that pneu uses, strongest first, and the choice of one. */
#ifndef PN_SASL_MECHANISM_H
#define PN_SASL_MECHANISM_H

#include "base/span.h"
#include "pneu/status.h"

/* What a mechanism needs, and what there is: sets of these. */
enum {
    PN_HAS_USER = 1 << 0,
    PN_HAS_PASSWORD = 1 << 1,
    PN_HAS_TOKEN = 1 << 2,
    PN_HAS_BINDING = 1 << 3, /* of the TLS channel */
    PN_HAS_ONE_SELF = 1 << 4 /* no other user is to be acted for */
};

/* Whose rules an exchange follows, where they are not the same for all. */
typedef enum pn_mechanism_kind {
    PN_KIND_PLAIN,
    PN_KIND_SCRAM,
    PN_KIND_NTLM,
    PN_KIND_GSSAPI,
    PN_KIND_EXTERNAL,
    PN_KIND_ANONYMOUS,
    PN_KIND_OAUTHBEARER,
    PN_KIND_XOAUTH2,
    PN_KIND_OWN /* the program's; not in the list */
} pn_mechanism_kind;

/* When a mechanism is wanted without being named. */
typedef enum pn_mechanism_use {
    PN_USE_BY_PASSWORD,
    PN_USE_BY_TOKEN, /* only if a token can be asked for */
    PN_USE_BY_NAME
} pn_mechanism_use;

#define PN_NEEDS_PASSWORD (PN_HAS_USER | PN_HAS_PASSWORD)

/* name, kind, use, the client speaks first, needs */
#define PN_MECHANISM_LIST(X)                                                   \
    X("SCRAM-SHA-256-PLUS", SCRAM, BY_PASSWORD, true,                          \
      PN_NEEDS_PASSWORD | PN_HAS_BINDING)                                      \
    X("SCRAM-SHA-1-PLUS", SCRAM, BY_PASSWORD, true,                            \
      PN_NEEDS_PASSWORD | PN_HAS_BINDING)                                      \
    X("SCRAM-SHA-256", SCRAM, BY_PASSWORD, true, PN_NEEDS_PASSWORD)            \
    X("SCRAM-SHA-1", SCRAM, BY_PASSWORD, true, PN_NEEDS_PASSWORD)              \
    X("CRAM-MD5", PLAIN, BY_PASSWORD, false,                                   \
      PN_NEEDS_PASSWORD | PN_HAS_ONE_SELF)                                     \
    X("PLAIN", PLAIN, BY_PASSWORD, true, PN_NEEDS_PASSWORD)                    \
    X("LOGIN", PLAIN, BY_PASSWORD, false, PN_NEEDS_PASSWORD | PN_HAS_ONE_SELF) \
    X("OAUTHBEARER", OAUTHBEARER, BY_TOKEN, true, PN_HAS_TOKEN)                \
    X("XOAUTH2", XOAUTH2, BY_TOKEN, true,                                      \
      PN_HAS_USER | PN_HAS_TOKEN | PN_HAS_ONE_SELF)                            \
    X("DIGEST-MD5", PLAIN, BY_NAME, false, PN_NEEDS_PASSWORD)                  \
    X("NTLM", NTLM, BY_NAME, true, PN_NEEDS_PASSWORD | PN_HAS_ONE_SELF)        \
    X("GSSAPI", GSSAPI, BY_NAME, true, 0)                                      \
    X("EXTERNAL", EXTERNAL, BY_NAME, true, 0)                                  \
    X("ANONYMOUS", ANONYMOUS, BY_NAME, true, PN_HAS_ONE_SELF)

typedef struct pn_mechanism {
    const char *name;
    pn_mechanism_kind kind;
    pn_mechanism_use use;
    bool client_first;
    unsigned needs;
} pn_mechanism;

/* What there is to choose from. */
typedef struct pn_mechanism_offer {
    pn_span offered;    /* the server's names, with blanks between */
    const char *wanted; /* these and no others, in this order, or NULL */
    unsigned has;
    bool by_token;  /* a token can be asked for */
    unsigned tried; /* a set of pn_mechanism_bit(): not these again */
} pn_mechanism_offer;

/* The first that both sides have and that can be used, NULL if none. */
const pn_mechanism *pn_mechanism_choose(const pn_mechanism_offer *offer);

/* By its name, in any case; NULL if it is not known. */
const pn_mechanism *pn_mechanism_find(pn_span name);

/* Of one of the list. */
unsigned pn_mechanism_bit(const pn_mechanism *mechanism);

/* Is the name among those offered? */
bool pn_mechanism_is_offered(pn_span offered, pn_span name);

/* Why none can be used: "NTLM (used only if it is named), X (not known)". */
void pn_mechanism_explain(const pn_mechanism_offer *offer, char *out,
                          size_t size);

/* Names with blanks between; NULL is fine. Errors: LINE_BREAK; INVALID for
 * one that is not known, or for none at all. */
pneu_status pn_mechanism_check_names(const char *wanted, pneu_error *error);

/* Could any of those wanted be used, were it offered? Errors: INVALID, with
 * what the first of them needs. */
pneu_status pn_mechanism_check_needs(const pn_mechanism_offer *offer,
                                     pneu_error *error);

#endif
