/* The mechanisms that pneu uses, strongest first, and the choice of one. */
#ifndef PN_SASL_MECHANISM_H
#define PN_SASL_MECHANISM_H

#include "base/span.h"

/*
 * name, the client speaks first, the server proves itself too, it needs a
 * channel binding
 */
#define PN_MECHANISM_LIST(X)                  \
    X("SCRAM-SHA-256-PLUS", true, true, true) \
    X("SCRAM-SHA-1-PLUS", true, true, true)   \
    X("SCRAM-SHA-256", true, true, false)     \
    X("SCRAM-SHA-1", true, true, false)       \
    X("CRAM-MD5", false, false, false)        \
    X("PLAIN", true, false, false)            \
    X("LOGIN", false, false, false)

enum {
    PN_MECHANISM_COUNT = 7
};

typedef struct pn_mechanism {
    const char *name;
    bool client_first;
    bool is_mutual;
    bool needs_binding;
} pn_mechanism;

/* What there is to choose from. */
typedef struct pn_mechanism_offer {
    pn_span offered;  /* the server's names, with blanks between */
    const char *only; /* this one and no other, or NULL */
    bool has_binding;
    unsigned tried; /* a set of 1 << index: not these again */
} pn_mechanism_offer;

/* The index of the strongest that both sides have, -1 if there is none. */
int pn_mechanism_choose(const pn_mechanism_offer *offer);

const pn_mechanism *pn_mechanism_at(int index);

/* True if pneu knows the name, in any case. */
bool pn_mechanism_is_known(const char *name);

#endif
