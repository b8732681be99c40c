/* What every issuing call does: checks that it is possible now, builds its
 * line, and queues its command. */
#ifndef PN_SESSION_ISSUE_H
#define PN_SESSION_ISSUE_H

#include "pneu/parameters.h"
#include "session/session.h"
#include "wire/line.h"

/* A call in an order that cannot be. */
pneu_status pn_issue_misuse(pneu_session *session, const char *reason);

/* What holds for every command but the answer to a challenge; makes room for
 * two commands. */
pneu_status pn_issue_check(pneu_session *session);

/* MISUSE, if a transaction was begun and can still come to something: behind a
 * refused MAIL nothing can. */
pneu_status pn_issue_check_no_transaction(pneu_session *session);

/* Begins a line behind those of the commands that are queued. */
pn_line pn_issue_line(pneu_session *session);

/* Ends the line and queues its command; NULL if that failed, and the session's
 * misuse says why. */
pn_queued *pn_issue_push(pneu_session *session, pn_line *line,
                         pneu_command command, uintptr_t tag);

/* The status of a call that ended in pn_issue_push(). */
pneu_status pn_issue_result(const pneu_session *session,
                            const pn_queued *queued);

/* MAIL, and RCPT, without a look at what the caller has looked at: their
 * arguments, their order, and pn_issue_check() before each. A MAIL's parameters
 * are whole (pn_options_copy()), those of RCPT too, or NULL. */
pneu_status pn_issue_mail(pneu_session *session, pn_span path,
                          const pneu_mail_parameters *parameters,
                          uintptr_t tag);
pneu_status pn_issue_rcpt(pneu_session *session, pn_span path,
                          const pneu_rcpt_parameters *parameters,
                          uintptr_t tag);

/* As pneu_session_body(), for a part of which it is known if it goes out as it
 * is (pn_stuffing_give_clean()). */
pneu_status pn_issue_body(pneu_session *session, pn_span part, bool last,
                          bool is_clean);

/* A chunk that was looked at. */
typedef struct pn_chunk {
    pn_span part;
    uint64_t octets; /* as it goes out */
    unsigned flags;  /* PNEU_CHUNK_… */
    bool is_clean;   /* it goes out as it is */
} pn_chunk;

/* As pneu_session_bdat(). */
pneu_status pn_issue_chunk(pneu_session *session, const pn_chunk *chunk,
                           uintptr_t tag);

/* A command that is one word and, if argument is not NULL, an argument. */
pneu_status pn_issue_simple(pneu_session *session, pneu_command command,
                            const char *argument, uintptr_t tag);

/* A name with a blank in it would be two arguments to the server. */
bool pn_issue_is_word(const char *name);

/* NOT_OFFERED, unless the last EHLO offered what a command needs. */
pneu_status pn_issue_needs(pneu_session *session, pneu_command command,
                           const char *extension);

#endif
