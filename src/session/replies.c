#include "session/replies.h"

#include "base/fail.h"
#include "session/quirks.h"
#include "session/session.h"

static void break_protocol(pneu_session *session, const char *reason)
{
    pneu_error error;
    pn_fail(&error, PNEU_PROTOCOL, "%s", reason);
    pn_session_break(session, &error);
}

static void break_no_memory(pneu_session *session)
{
    pneu_error error;
    pn_fail(&error, PNEU_NO_MEMORY, "no memory for what the server offers");
    pn_session_break(session, &error);
}

static pn_span text_of(const pneu_reply *reply)
{
    return (pn_span){reply->text, reply->text_length};
}

void pn_reply_to_greeting(pneu_session *session, const pn_queued *command,
                          const pneu_reply *reply)
{
    (void)command;
    session->greeted = pneu_reply_is_positive(reply);
    session->quirks = pn_quirks_of(text_of(reply));
    pn_session_move(session, PN_CAUSE_GREETED);
}

void pn_reply_to_hello(pneu_session *session, const pn_queued *command,
                       const pneu_reply *reply)
{
    pn_extensions_clear(&session->extensions);
    session->introduced = pneu_reply_is_positive(reply);
    if (!session->introduced)
        return;
    session->transaction_open = false; /* RFC 5321 4.1.4 */
    session->quirks |= pn_quirks_of(text_of(reply));
    if (command->command != PNEU_COMMAND_HELO &&
        pn_extensions_parse(&session->extensions, reply) != PNEU_OK)
        break_no_memory(session);
}

void pn_reply_to_starttls(pneu_session *session, const pn_queued *command,
                          const pneu_reply *reply)
{
    (void)command;
    if (!pneu_reply_is_positive(reply))
        return;
    pn_session_move(session, PN_CAUSE_BEGIN_TLS);
    /* What came in the clear behind the 220 must not pass for something said
     * under TLS (RFC 3207 5, CVE-2021-22947). */
    if (pn_buffer_length(&session->input) > 0)
        break_protocol(session, "the server sent something in the clear after "
                                "its answer to STARTTLS");
}

void pn_reply_to_auth(pneu_session *session, const pn_queued *command,
                      const pneu_reply *reply)
{
    (void)command;
    if (reply->code == 334)
        pn_session_move(session, PN_CAUSE_CHALLENGE);
    else if (pneu_reply_is_positive(reply))
        session->authenticated = true;
}

void pn_reply_to_mail(pneu_session *session, const pn_queued *command,
                      const pneu_reply *reply)
{
    session->current.number = command->transaction;
    session->current.mail_refused = !pneu_reply_is_positive(reply);
    session->current.chunk_refused = false;
    session->current.accepted = 0;
    if (!session->current.mail_refused)
        session->transaction_open = true;
    else if (session->issuing == PN_ISSUING_MAIL &&
             session->issued_transaction == command->transaction)
        session->issuing = PN_ISSUING_NONE;
}

void pn_reply_to_rcpt(pneu_session *session, const pn_queued *command,
                      const pneu_reply *reply)
{
    (void)command;
    if (pneu_reply_is_positive(reply))
        session->current.accepted++;
}

/* The message cannot go: nobody will say anything about it. */
static void skip_content(pneu_session *session, const pn_queued *data)
{
    pn_queued *content = pn_queue_at(&session->queue, 1);
    content->skipped = true;
    session->handed++;
    session->skipped++;
    if (session->issuing == PN_ISSUING_BODY &&
        session->issued_transaction == data->transaction)
        session->issuing = PN_ISSUING_NONE;
}

void pn_reply_to_data(pneu_session *session, const pn_queued *command,
                      const pneu_reply *reply)
{
    pn_queued *content = pn_queue_at(&session->queue, 1);
    if (reply->code != 354) {
        skip_content(session, command);
    } else if (session->current.accepted > 0 &&
               !session->current.mail_refused) {
        content->go_ahead = true;
    } else if (session->lmtp || session->current.accepted > 0) {
        /* whatever is sent now could be delivered with a sender that was
         * refused, or be answered a number of times that cannot be known */
        break_protocol(session, "the server wants the message though it "
                                "refused the sender or every recipient");
    } else {
        content->go_ahead = true; /* RFC 2920 3.2: a lone dot */
        content->lone_dot = true;
    }
}

/* An answer before the end of the message has left: a message cut short must
 * not end in a dot, so all that is left to do is to close. */
static void answer_came_early(pneu_session *session, const pneu_reply *reply)
{
    pneu_error error;
    if (pneu_reply_is_positive(reply)) {
        break_protocol(session,
                       "the server accepted the message before its end");
        return;
    }
    pn_fail(&error, PNEU_REFUSED,
            "the server refused the message before its end");
    error.command = PNEU_COMMAND_CONTENT;
    error.reply_code = reply->code;
    error.enhanced = reply->enhanced;
    pn_session_break(session, &error);
}

/* A chunk that is not the last (RFC 3030 2). */
void pn_reply_to_bdat(pneu_session *session, const pn_queued *command,
                      const pneu_reply *reply)
{
    (void)command;
    if (session->handed == 0)
        answer_came_early(session, reply);
    else if (pneu_reply_is_positive(reply))
        session->transaction_open = true; /* whatever it said to MAIL */
    else
        session->current.chunk_refused = true;
}

/* The server took a message by BDAT: with the sender, a recipient and every
 * chunk that it had taken before? */
static bool is_plausible(const pneu_session *session)
{
    return !session->current.mail_refused && !session->current.chunk_refused &&
           session->current.accepted > 0;
}

void pn_reply_to_content(pneu_session *session, const pn_queued *command,
                         const pneu_reply *reply)
{
    if (session->handed == 0) {
        answer_came_early(session, reply);
        return;
    }
    /* RFC 5321 4.1.1.4: success or not, the transaction is over; but of a
     * chunk that was refused, RFC 3030 2: only RSET makes that sure */
    if (command->replies_had == command->replies_due &&
        (!command->is_chunk || session->lmtp || pneu_reply_is_positive(reply)))
        session->transaction_open = false;
    if (command->is_chunk && pneu_reply_is_positive(reply) &&
        !is_plausible(session))
        break_protocol(session, "the server accepted a message though it had "
                                "refused the sender, every recipient, or a "
                                "part of it");
}

void pn_reply_to_rset(pneu_session *session, const pn_queued *command,
                      const pneu_reply *reply)
{
    (void)command;
    if (pneu_reply_is_positive(reply))
        session->transaction_open = false;
}

/* Everything that was said before it holds no longer. */
void pn_reply_to_xclient(pneu_session *session, const pn_queued *command,
                         const pneu_reply *reply)
{
    (void)command;
    if (!pneu_reply_is_positive(reply))
        return;
    pn_extensions_clear(&session->extensions);
    session->introduced = false;
    session->authenticated = false;
    session->transaction_open = false;
    session->quirks = pn_quirks_of(text_of(reply));
}

void pn_reply_to_quit(pneu_session *session, const pn_queued *command,
                      const pneu_reply *reply)
{
    (void)command;
    (void)reply;
    pn_session_move(session, PN_CAUSE_FAREWELL);
    pn_session_move(session, PN_CAUSE_DRAINED);
}

void pn_reply_to_other(pneu_session *session, const pn_queued *command,
                       const pneu_reply *reply)
{
    (void)session;
    (void)command;
    (void)reply;
}
