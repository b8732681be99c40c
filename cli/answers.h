/* The end of `pneu verify`: what the server said of each name. */
#ifndef PN_CLI_ANSWERS_H
#define PN_CLI_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>

#include <pneu/reply.h>

#include "cli/problem.h"

typedef struct pn_answer {
    const char *address; /* as it was asked for */
    bool is_list;        /* asked with EXPN, not VRFY */
    int code;            /* 0: not asked */
    pneu_enhanced_code enhanced;
    char *text; /* ours */
} pn_answer;

/* Keeps a copy of the reply. Returns an exit status. */
int pn_answer_set(pn_answer *answer, const pneu_reply *reply,
                  pn_problem *problem);

/*
 * A line for one answer, with the name padded to width, as Python shows a
 * reply: "notthere : (550, '5.1.1 <notthere>... User unknown')".
 */
void pn_answer_print(const pn_answer *answer, int width);

/* One JSON object for all. */
void pn_answers_json(const pn_answer *answers, size_t count,
                     const pn_problem *problem);

#endif
