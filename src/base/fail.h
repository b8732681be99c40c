/* How a failure is told: one helper that fills pneu_error and gives the
 * status back, so that `return pn_fail(error, PNEU_…, …)` is the whole idiom.
 */
#ifndef PN_BASE_FAIL_H
#define PN_BASE_FAIL_H

#include "base/span.h"
#include "pneu/status.h"

/* error may be NULL. It is overwritten whole. */
__attribute__((format(printf, 3, 4))) pneu_status
pn_fail(pneu_error *error, pneu_status status, const char *format, ...);

/* As pn_fail, and keeps an errno; its text follows the sentence, after ": ". */
__attribute__((format(printf, 4, 5))) pneu_status
pn_fail_system(pneu_error *error, pneu_status status, int system_error,
               const char *format, ...);

/* Puts "where: " before the sentence, and cuts it if it gets too long. */
void pn_fail_prefix(pneu_error *error, const char *where);

#endif
