/* What a call-back, or one step of a mechanism, has to say. */
#ifndef PN_SASL_ANSWER_H
#define PN_SASL_ANSWER_H

#include <stdbool.h>

#include "base/buffer.h"
#include "pneu/mechanism.h"

enum {
    PN_ANSWER_MAX = 48 * 1024, /* of a call-back */
};

struct pneu_answer {
    pn_buffer data;
    bool is_set;
    pneu_status failure; /* of the last pneu_answer_set() */
};

void pn_answer_init(pneu_answer *answer, size_t maximum);

/* Wipes what it holds, so that nothing is set. */
void pn_answer_clear(pneu_answer *answer);

/* Adds at the end; it is set from then on, be it to nothing. */
pneu_status pn_answer_append(pneu_answer *answer, pn_span octets);

/*
 * What a call-back has come to: its status, or that of an answer that could
 * not be kept. who: "the token call-back". Errors: that status, told; AGAIN
 * is told as MISUSE, since nobody would ask again.
 */
pneu_status pn_answer_check(const pneu_answer *answer, pneu_status status,
                            const char *who, pneu_error *error);

#endif
