/* The mailing lists that EXPN expands (RFC 5321 3.5). */
#ifndef PN_SINK_MAILING_LISTS_H
#define PN_SINK_MAILING_LISTS_H

#include "base/span.h"
#include "pneu/status.h"

typedef struct pn_sink_mailing_list {
    pn_span name;    /* an address, or a local part alone */
    pn_span members; /* addresses, with commas between */
} pn_sink_mailing_list;

typedef struct pn_sink_mailing_lists {
    pn_sink_mailing_list *list;
    size_t count;
} pn_sink_mailing_lists;

enum {
    PN_SINK_MEMBERS_MAX = 100 /* of one list */
};

void pn_sink_mailing_lists_finish(pn_sink_mailing_lists *lists);

/* Adds "NAME=address,address", which is borrowed. Errors: BAD_ADDRESS,
 * INVALID, NO_MEMORY. */
pneu_status pn_sink_mailing_lists_add(pn_sink_mailing_lists *lists,
                                      const char *text, pneu_error *error);

/* The list of a name, in any case, or NULL. */
const pn_sink_mailing_list *
pn_sink_mailing_lists_find(const pn_sink_mailing_lists *lists, pn_span name);

/* Cuts the first member off; false if there is none left. */
bool pn_sink_mailing_list_next(pn_span *members, pn_span *member);

#endif
