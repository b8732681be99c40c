/* The octets of a letter, as a server with these offers can take them. */
#ifndef PN_GMIME_FIT_H
#define PN_GMIME_FIT_H

#include <stdbool.h>

#include <gmime/gmime.h>

#include "pneu/status.h"

typedef struct pn_fit_terms {
    bool utf8;        /* SMTPUTF8 is offered */
    bool keep_fields; /* and used, so that fields may be 8-bit */
    bool eight_bit;   /* parts may be 8-bit */
    bool own_7bit;    /* if not, it is the caller's wish, not the server's */
} pn_fit_terms;

/* fitted: what has to go in the place of composed, NULL if it can go itself.
 * states_utf8: a field is 8-bit. Errors: those of pneu_letter_prepare(). */
pneu_status pn_fit(const GByteArray *composed, const pn_fit_terms *of,
                   GByteArray **fitted, bool *states_utf8, pneu_error *error);

#endif
