/* From a TLS mode to what is done on this line. docs/tls.md has the table. */
#ifndef PN_FLOW_TLS_PLAN_H
#define PN_FLOW_TLS_PLAN_H

#include "pneu/opening.h"
#include "pneu/tls.h"

/* What the plan depends on. */
typedef struct pn_tls_facts {
    pneu_tls_mode mode;
    unsigned port;
    bool is_unix;     /* a Unix socket */
    bool is_loopback; /* the connected peer is this machine */
    bool has_login;   /* credentials are given */
    bool has_demand;  /* a pin or a certificate is given: without TLS it would
                         be worth nothing */
} pn_tls_facts;

typedef struct pn_tls_plan {
    bool implicit; /* from the first octet */
    bool verify;   /* certificate and host name */
    pneu_opening_tls starttls;
} pn_tls_plan;

pn_tls_plan pn_tls_plan_make(const pn_tls_facts *facts);

#endif
