/*
 * The typed parameters of MAIL and RCPT: what is wrong with them, and how
 * they are written.
 *
 * A session takes the first problem as its error. A pre-flight gives a longer
 * list, and goes on with its own problems in the same one:
 *
 *     pn_problems found = {.list = list, .max = max};
 *     pn_parameters_check_mail(envelope->mail, &offer, &found);
 *     … pn_fail(pn_problems_next(&found), PNEU_…, …);
 *     return found.count;
 */
#ifndef PN_WIRE_PARAMETERS_H
#define PN_WIRE_PARAMETERS_H

#include "pneu/parameters.h"
#include "wire/extensions.h"
#include "wire/line.h"
#include "wire/problems.h"

/* What the parameters are held against. */
typedef struct pn_offer {
    const pn_extensions *extensions; /* NULL: not asked yet, so that the
                                        values alone are judged */
    bool is_verified_tls;
} pn_offer;

enum {
    PN_PARAMETERS_RAW_MAX = 4096
};

/*
 * Tells every problem: INVALID for a size that was not set and for a value
 * that the extension does not allow, LINE_BREAK, TOO_LARGE (raw ones),
 * NOT_OFFERED for each extension that is not there, UNPROTECTED. parameters
 * may be NULL.
 */
void pn_parameters_check_mail(const pneu_mail_parameters *parameters,
                              const pn_offer *offer, pn_problems *problems);
void pn_parameters_check_rcpt(const pneu_rcpt_parameters *parameters,
                              const pn_offer *offer, pn_problems *problems);

/* Adds those that are stated, each with a blank before it. They must have
 * passed the check and be whole (pn_options_copy()). */
void pn_parameters_add_mail(pn_line *line,
                            const pneu_mail_parameters *parameters);
void pn_parameters_add_rcpt(pn_line *line,
                            const pneu_rcpt_parameters *parameters);

/* True if the raw parameters hold this keyword, in any case. */
bool pn_parameters_has_raw(const char *raw, pn_span keyword);

#endif
