/* The parameters of MAIL and RCPT, as the words of a call state them. */
#ifndef DIALOGS_STATED_H
#define DIALOGS_STATED_H

#include "arguments.h"

enum {
    STATED_TEXTS = 4
};

typedef struct stated_mail {
    pneu_mail_parameters parameters;
    text texts[STATED_TEXTS]; /* what they point to */
} stated_mail;

typedef struct stated_rcpt {
    pneu_rcpt_parameters parameters;
    text texts[STATED_TEXTS];
} stated_rcpt;

/* Nothing stated. */
void stated_mail_init(stated_mail *to);
void stated_rcpt_init(stated_rcpt *to);

/* Takes the word that next_argument() has found; false if it is no parameter.
 */
bool stated_mail_take(stated_mail *to, const arguments *from);
bool stated_rcpt_take(stated_rcpt *to, const arguments *from);

void stated_mail_free(stated_mail *of);
void stated_rcpt_free(stated_rcpt *of);

#endif
