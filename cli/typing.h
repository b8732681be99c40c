/* A message typed at a terminal: who it is from and for is asked, then the
 * text. */
#ifndef PN_CLI_TYPING_H
#define PN_CLI_TYPING_H

#include "base/buffer.h"
#include "cli/envelope.h"
#include "cli/send_options.h"

/* What was typed for the addresses. Zeroed at first. */
typedef struct pn_typing {
    char *from;
    char *to; /* cut into pieces, to which options->to points */
} pn_typing;

/* Asks for the sender and the recipients that options does not have, and puts
 * them there. Returns an exit status; _finish() is due in any case. */
int pn_typing_addresses(pn_typing *typing, pn_send_options *options,
                        pn_problem *problem);

/*
 * Asks for the message, up to ^D, and fills message, which is initialised
 * here. A text with a header gets what that lacks; one without gets a whole
 * header. That nothing was typed is an error. Returns an exit status; on
 * failure there is nothing to finish.
 */
int pn_typing_message(const pn_envelope *envelope, pn_buffer *message,
                      pn_problem *problem);

void pn_typing_finish(pn_typing *typing);

#endif
