/* Addresses that are refused, and the replies that refuse them. */
#ifndef PN_SINK_RULES_H
#define PN_SINK_RULES_H

#include "base/span.h"
#include "pneu/status.h"

typedef struct pn_sink_rule {
    char *pattern;      /* a glob, in lower case */
    const char *reply;  /* the user's own words, or NULL */
    const char *code;   /* else this code, "550 5.1.1", */
    const char *reason; /* and this, after the address */
} pn_sink_rule;

typedef struct pn_sink_rules {
    pn_sink_rule *list;
    size_t count;
} pn_sink_rules;

void pn_sink_rules_finish(pn_sink_rules *rules);

/*
 * Adds "ADDRESS" or "ADDRESS=REPLY", which is borrowed. code and reason are
 * for when no reply is given. A reply must refuse, but where the code is one
 * that does not. Errors: INVALID, NO_MEMORY.
 */
pneu_status pn_sink_rules_add(pn_sink_rules *rules, const char *text,
                              const char *code, const char *reason,
                              pneu_error *error);

/* The first rule that an address falls under, or NULL. Case is ignored. */
const pn_sink_rule *pn_sink_rules_find(const pn_sink_rules *rules,
                                       pn_span address);

/* A reply that refuses: a code from 400 to 599, a blank and words that can
 * stand in one line. Errors: INVALID. */
pneu_status pn_sink_reply_check(const char *reply, pneu_error *error);

#endif
