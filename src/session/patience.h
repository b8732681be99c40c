/* How long each phase of a session may take (RFC 5321 4.5.3.2). */
#ifndef PN_SESSION_PATIENCE_H
#define PN_SESSION_PATIENCE_H

#include <stdint.h>

#include "pneu/session.h"

/* A year: so that no sum of times overflows. */
#define PN_PATIENCE_MAX_MS (INT64_C(366) * 24 * 3600 * 1000)

/* phase, seconds */
#define PN_PHASE_LIST(X)                               \
    X(GREETING, 300) /* RFC 5321 4.5.3.2.1 */          \
    X(HELLO, 300)                                      \
    X(MAIL, 300)  /* RFC 5321 4.5.3.2.2 */             \
    X(RCPT, 300)  /* RFC 5321 4.5.3.2.3 */             \
    X(DATA, 120)  /* RFC 5321 4.5.3.2.4 */             \
    X(BLOCK, 180) /* RFC 5321 4.5.3.2.5: each write */ \
    X(END, 600)   /* RFC 5321 4.5.3.2.6 */             \
    X(OTHER, 300)                                      \
    X(FAREWELL, 5) /* the outcome is known: only courtesy is left */

typedef enum pn_phase {
#define PN_PHASE_ENUM(name, seconds) PN_PHASE_##name,
    PN_PHASE_LIST(PN_PHASE_ENUM)
#undef PN_PHASE_ENUM
} pn_phase;

/* In ms. timeout_ms, if not 0, stands in place of the RFC's; it can shorten a
 * farewell, but not lengthen it. */
int64_t pn_patience_ms(pn_phase phase, int64_t timeout_ms);

/* The same, a phase's own time standing before timeout_ms; a farewell goes by
 * other_ms. A year at the most. */
int64_t pn_patience_own_ms(pn_phase phase, const pneu_timeouts *timeouts,
                           int64_t timeout_ms);

#endif
