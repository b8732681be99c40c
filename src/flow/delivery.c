/*
 * One message to n recipients. They go in transactions of at most 100 (RFC
 * 5321 4.5.3.1.8); all commands of a transaction are issued at once, and the
 * session decides what of it may be on the wire together. A recipient is
 * waiting for a transaction, in the one under way, or has its outcome.
 */
#include "pneu/delivery.h"

#include <string.h>

#include "base/buffer.h"
#include "base/escape.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/options.h"
#include "flow/message.h"
#include "flow/outcome.h"
#include "flow/refusal.h"
#include "wire/extensions.h"
#include "wire/path.h"

enum {
    BATCH_MAX = 100,
    PARAMETERS_MAX = 4096,
    TEXT_MAX = 1024, /* of a server's words for one recipient */
    TEXTS_MAX = 512 * 1024 * 1024
};

typedef enum place {
    PLACE_WAITING,  /* for a transaction */
    PLACE_ISSUED,   /* RCPT was issued */
    PLACE_ACCEPTED, /* RCPT was accepted */
    PLACE_SETTLED   /* it has its outcome */
} place;

typedef struct fate {
    place place;
    size_t text; /* where its words begin in texts */
    pneu_outcome outcome;
} fate;

struct pneu_delivery {
    pneu_envelope envelope;
    pn_span message;
    pn_message_facts facts;
    bool needs_utf8;

    uintptr_t tag;
    pneu_mail_parameters parameters;
    fate *fates;
    size_t settled;
    size_t first_waiting; /* none waits before it */
    pn_buffer texts;      /* NUL-terminated, one after the other */
    size_t last_text;     /* the newest of them */

    size_t batch[BATCH_MAX]; /* the recipients of this transaction */
    size_t batch_count;
    size_t batch_accepted;
    bool under_way; /* the transaction's last event is still to come */
    bool no_memory;
};

static pneu_status check_parameters(const char *parameters, pneu_error *error)
{
    if (parameters == NULL)
        return PNEU_OK;
    if (strpbrk(parameters, "\r\n") != NULL)
        return pn_fail(error, PNEU_LINE_BREAK,
                       "a CR or LF must not stand in the parameters of a "
                       "command");
    if (strlen(parameters) > PARAMETERS_MAX)
        return pn_fail(error, PNEU_TOO_LARGE,
                       "the parameters of a command have more than %d octets",
                       PARAMETERS_MAX);
    return PNEU_OK;
}

static pneu_status check_addresses(pneu_delivery *delivery, pneu_error *error)
{
    const pneu_envelope *envelope = &delivery->envelope;
    unsigned local = envelope->allow_local ? PN_PATH_LOCAL : 0;
    pn_span sender = pn_span_of(envelope->sender);
    pneu_status status = pn_path_check(sender, PN_PATH_NULL | local, error);
    delivery->needs_utf8 = pn_path_needs_utf8(sender);
    for (size_t i = 0; i < envelope->recipient_count; i++) {
        pn_span recipient = pn_span_of(envelope->recipients[i]);
        unsigned allowed =
            pn_path_is_postmaster(recipient) ? PN_PATH_LOCAL : local;
        if (status == PNEU_OK)
            status = pn_path_check(recipient, allowed, error);
        delivery->needs_utf8 |= pn_path_needs_utf8(recipient);
    }
    return status;
}

static pneu_status check_envelope(pneu_delivery *delivery, pneu_error *error)
{
    const pneu_envelope *envelope = &delivery->envelope;
    if (envelope->recipient_count == 0)
        return pn_fail(error, PNEU_INVALID, "there is no recipient");
    pneu_status status = check_parameters(envelope->mail_parameters, error);
    if (status == PNEU_OK)
        status = check_parameters(envelope->rcpt_parameters, error);
    return status == PNEU_OK ? check_addresses(delivery, error) : status;
}

static pneu_status prepare(pneu_delivery *delivery, pneu_error *error)
{
    size_t count = delivery->envelope.recipient_count;
    pneu_status status = check_envelope(delivery, error);
    if (status != PNEU_OK)
        return status;
    delivery->facts = pn_message_examine(delivery->message);
    status = pn_message_check(&delivery->facts,
                              delivery->envelope.allow_long_lines, error);
    if (status != PNEU_OK)
        return status;
    delivery->fates = pn_memory_new(count, sizeof(*delivery->fates));
    if (delivery->fates == NULL ||
        pn_buffer_append_char(&delivery->texts, '\0') != PNEU_OK)
        return pn_fail(error, PNEU_NO_MEMORY, "no memory for %zu recipients",
                       count);
    for (size_t i = 0; i < count; i++) {
        delivery->fates[i].outcome.recipient = delivery->envelope.recipients[i];
        delivery->fates[i].outcome.text = "";
    }
    return PNEU_OK;
}

pneu_status pneu_delivery_new(pneu_delivery **out,
                              const pneu_envelope *envelope,
                              const pneu_message *message, pneu_error *error)
{
    *out = NULL;
    pneu_envelope own;
    pneu_message body;
    if (envelope == NULL || message == NULL ||
        !pn_options_copy(&own, sizeof(own), envelope) ||
        !pn_options_copy(&body, sizeof(body), message))
        return pn_fail(error, PNEU_INVALID,
                       "a delivery needs an envelope and a message, with "
                       "their sizes set");
    pneu_delivery *delivery = pn_memory_new(1, sizeof(*delivery));
    if (delivery == NULL)
        return pn_fail(error, PNEU_NO_MEMORY, "no memory for a delivery");
    delivery->envelope = own;
    if (own.sender == NULL)
        delivery->envelope.sender = "";
    delivery->message = (pn_span){body.data, body.length};
    pn_buffer_init(&delivery->texts, TEXTS_MAX);
    pneu_status status = prepare(delivery, error);
    if (status != PNEU_OK) {
        pneu_delivery_free(delivery);
        return status;
    }
    *out = delivery;
    return PNEU_OK;
}

void pneu_delivery_free(pneu_delivery *delivery)
{
    if (delivery == NULL)
        return;
    pn_memory_free(delivery->fates);
    pn_buffer_finish(&delivery->texts);
    pn_memory_free(delivery);
}

/* Keeps a text; the same one twice running is kept once: the words for 100
 * recipients of one message are one and the same. */
static size_t keep_text(pneu_delivery *delivery, pn_span text)
{
    pn_span all = pn_buffer_span(&delivery->texts);
    if (text.length > TEXT_MAX)
        text.length = TEXT_MAX;
    if (pn_span_equal(pn_span_of(all.data + delivery->last_text), text))
        return delivery->last_text;
    pneu_status status = PNEU_OK;
    char *copy = pn_buffer_reserve(&delivery->texts, text.length + 1, &status);
    if (copy == NULL) {
        delivery->no_memory = true;
        return 0; /* the empty text: the outcome itself is not lost */
    }
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    delivery->last_text = all.length;
    pn_buffer_added(&delivery->texts, text.length + 1);
    return delivery->last_text;
}

static fate *settle(pneu_delivery *delivery, size_t i, pneu_outcome_kind kind,
                    pneu_command command)
{
    fate *it = &delivery->fates[i];
    it->outcome.kind = kind;
    it->outcome.command = command;
    if (it->place != PLACE_SETTLED)
        delivery->settled++;
    it->place = PLACE_SETTLED;
    return it;
}

static void settle_by_reply(pneu_delivery *delivery, size_t i,
                            pneu_outcome_kind kind, const pneu_event *event)
{
    const pneu_reply *reply = event->reply;
    fate *it = settle(delivery, i, kind, event->command);
    it->outcome.code = reply->code;
    it->outcome.enhanced = reply->enhanced;
    it->text = keep_text(delivery, (pn_span){reply->text, reply->text_length});
}

/* What ended it all is told, rather than the command that it befell. */
static void settle_by_error(pneu_delivery *delivery, size_t i,
                            pneu_outcome_kind kind, pneu_command command,
                            const pneu_error *why)
{
    bool is_known = why->command != PNEU_COMMAND_NONE;
    fate *it = settle(delivery, i, kind, is_known ? why->command : command);
    /* an answer that broke the protocol is no answer to a recipient */
    if (why->status == PNEU_REFUSED) {
        it->outcome.code = why->reply_code;
        it->outcome.enhanced = why->enhanced;
    }
    it->text = keep_text(delivery, pn_span_of(why->message));
}

void pneu_delivery_give_up(pneu_delivery *delivery, const pneu_error *why)
{
    for (size_t i = 0; i < delivery->envelope.recipient_count; i++) {
        if (delivery->fates[i].place != PLACE_SETTLED)
            settle_by_error(delivery, i, PNEU_OUTCOME_NOT_TRIED, why->command,
                            why);
    }
}

static pneu_status check_size(const pneu_delivery *delivery,
                              const pneu_session *session, pneu_error *error)
{
    uint64_t most =
        pn_extensions_size_limit(pneu_session_extension(session, "SIZE"));
    if (most == 0 || delivery->facts.size <= most)
        return PNEU_OK;
    return pn_fail(error, PNEU_TOO_LARGE, /* RFC 1870 6 */
                   "the message has %llu octets, and the server takes %llu at "
                   "the most",
                   (unsigned long long)delivery->facts.size,
                   (unsigned long long)most);
}

/* Can this server carry the message as it is? */
static pneu_status check_offer(const pneu_delivery *delivery,
                               const pneu_session *session, pneu_error *error)
{
    if (delivery->needs_utf8 &&
        !pneu_session_has_extension(session, "SMTPUTF8"))
        return pn_fail(error, PNEU_NOT_OFFERED, /* RFC 6531 3.5 */
                       "an address is not ASCII, and the server does not "
                       "offer SMTPUTF8");
    if (delivery->facts.is_8bit &&
        !pneu_session_has_extension(session, "8BITMIME"))
        return pn_fail(error, PNEU_NOT_OFFERED, /* RFC 6152 3 */
                       "the message has 8-bit octets, and the server does "
                       "not offer 8BITMIME: encode the message for 7 bits "
                       "(quoted-printable or base64)");
    return check_size(delivery, session, error);
}

static void state_parameters(pneu_delivery *delivery,
                             const pneu_session *session)
{
    bool sized = pneu_session_has_extension(session, "SIZE");
    delivery->parameters = (pneu_mail_parameters){
        .size = sizeof(pneu_mail_parameters),
        .octets = sized ? delivery->facts.size : 0,
        .body_8bit = delivery->facts.is_8bit,
        .smtputf8 = delivery->needs_utf8,
        .raw = delivery->envelope.mail_parameters,
    };
}

static pneu_status issue_recipients(pneu_delivery *delivery,
                                    pneu_session *session)
{
    pneu_status status = PNEU_OK;
    size_t i = delivery->first_waiting;
    delivery->batch_count = 0;
    delivery->batch_accepted = 0;
    for (; i < delivery->envelope.recipient_count && status == PNEU_OK &&
           delivery->batch_count < BATCH_MAX;
         i++) {
        if (delivery->fates[i].place != PLACE_WAITING)
            continue;
        status = pneu_session_rcpt(session, delivery->envelope.recipients[i],
                                   delivery->envelope.rcpt_parameters,
                                   delivery->tag);
        delivery->fates[i].place = PLACE_ISSUED;
        delivery->batch[delivery->batch_count++] = i;
    }
    delivery->first_waiting = i;
    return status;
}

/* Issues a whole transaction, and RSET before it if one is still open. */
static pneu_status issue_transaction(pneu_delivery *delivery,
                                     pneu_session *session)
{
    pneu_status status = PNEU_OK;
    delivery->under_way = true;
    if (pneu_session_in_transaction(session))
        status = pneu_session_rset(session, delivery->tag);
    if (status == PNEU_OK)
        status = pneu_session_mail(session, delivery->envelope.sender,
                                   &delivery->parameters, delivery->tag);
    if (status == PNEU_OK)
        status = issue_recipients(delivery, session);
    if (status == PNEU_OK)
        status = pneu_session_data(session, delivery->tag);
    if (status == PNEU_OK)
        status = pneu_session_body(session, delivery->message.data,
                                   delivery->message.length, true);
    return status;
}

/* Part of a transaction was queued: it must not go out as if it were whole. */
static pneu_status stop(pneu_delivery *delivery, pneu_session *session,
                        pneu_error *error)
{
    pneu_error why = *pneu_session_misuse(session);
    delivery->under_way = false;
    pneu_session_cancel(session, &why);
    pneu_delivery_give_up(delivery, &why);
    if (error != NULL)
        *error = why;
    return why.status;
}

pneu_status pneu_delivery_start(pneu_delivery *delivery, pneu_session *session,
                                uintptr_t tag, pneu_error *error)
{
    pneu_status status = check_offer(delivery, session, error);
    if (status != PNEU_OK)
        return status;
    delivery->tag = tag;
    state_parameters(delivery, session);
    status = issue_transaction(delivery, session);
    return status == PNEU_OK ? PNEU_OK : stop(delivery, session, error);
}

/* Settles all of this transaction who are not settled yet. */
static void settle_batch(pneu_delivery *delivery, const pneu_session *session,
                         pneu_outcome_kind kind, const pneu_event *event)
{
    for (size_t n = 0; n < delivery->batch_count; n++) {
        size_t i = delivery->batch[n];
        if (delivery->fates[i].place == PLACE_SETTLED ||
            delivery->fates[i].place == PLACE_WAITING)
            continue;
        if (event->reply != NULL)
            settle_by_reply(delivery, i, kind, event);
        else
            settle_by_error(delivery, i, kind, event->command,
                            pneu_session_error(session));
    }
}

/* The same sender would be refused for the next hundred as well. */
static void take_mail(pneu_delivery *delivery, const pneu_event *event)
{
    if (event->kind != PNEU_EVENT_REPLY || pneu_reply_is_positive(event->reply))
        return;
    pneu_outcome_kind kind = pn_outcome_of_refusal(event->reply);
    for (size_t i = 0; i < delivery->envelope.recipient_count; i++) {
        if (delivery->fates[i].place != PLACE_SETTLED)
            settle_by_reply(delivery, i, kind, event);
    }
}

static void take_rcpt(pneu_delivery *delivery, const pneu_session *session,
                      const pneu_event *event)
{
    size_t i = delivery->batch[event->index];
    fate *it = &delivery->fates[i];
    if (it->place == PLACE_SETTLED)
        return; /* a refused MAIL was the first cause */
    if (event->kind == PNEU_EVENT_DROPPED) {
        settle_by_error(delivery, i, PNEU_OUTCOME_NOT_TRIED, event->command,
                        pneu_session_error(session));
    } else if (pneu_reply_is_positive(event->reply)) {
        it->place = PLACE_ACCEPTED;
        delivery->batch_accepted++;
    } else if (pn_outcome_is_too_many(event->reply, delivery->batch_accepted)) {
        it->place = PLACE_WAITING;
        if (i < delivery->first_waiting)
            delivery->first_waiting = i;
    } else {
        settle_by_reply(delivery, i, pn_outcome_of_refusal(event->reply),
                        event);
    }
}

static void take_data(pneu_delivery *delivery, const pneu_session *session,
                      const pneu_event *event)
{
    if (event->kind == PNEU_EVENT_REPLY && event->reply->code != 354)
        settle_batch(delivery, session, pn_outcome_of_refusal(event->reply),
                     event);
}

/* The n-th of this transaction whose RCPT was accepted. */
static size_t accepted_recipient(const pneu_delivery *delivery, size_t n)
{
    for (size_t k = 0; k < delivery->batch_count; k++) {
        size_t i = delivery->batch[k];
        if (delivery->fates[i].place == PLACE_ACCEPTED && n-- == 0)
            return i;
    }
    return SIZE_MAX;
}

/* True if this was the transaction's last event. */
static bool take_content(pneu_delivery *delivery, const pneu_session *session,
                         const pneu_event *event)
{
    pneu_outcome_kind kind = pn_outcome_of_end(event);
    bool one_each = pneu_session_is_lmtp(session) && event->reply != NULL;
    if (!one_each) {
        settle_batch(delivery, session, kind, event);
        return true;
    }
    /* RFC 2033 4.2: those before it are settled, so it is the first left */
    size_t i = accepted_recipient(delivery, 0);
    if (i != SIZE_MAX)
        settle_by_reply(delivery, i, kind, event);
    return accepted_recipient(delivery, 0) == SIZE_MAX;
}

/* A server that does not forget could deliver to those it was told before. */
static void take_rset(pneu_session *session, const pneu_event *event)
{
    pneu_error error;
    if (event->kind != PNEU_EVENT_REPLY || pneu_reply_is_positive(event->reply))
        return;
    pn_refusal_tell(&error, PNEU_COMMAND_RSET, event->reply);
    pneu_session_cancel(session, &error);
}

static pneu_status go_on(pneu_delivery *delivery, pneu_session *session)
{
    const pneu_error *broken = pneu_session_error(session);
    delivery->under_way = false;
    if (pneu_delivery_is_done(delivery))
        return PNEU_OK;
    if (broken->status != PNEU_OK) {
        pneu_delivery_give_up(delivery, broken);
        return PNEU_OK;
    }
    pneu_status status = issue_transaction(delivery, session);
    return status == PNEU_OK ? PNEU_OK : stop(delivery, session, NULL);
}

pneu_status pneu_delivery_event(pneu_delivery *delivery, pneu_session *session,
                                const pneu_event *event)
{
    bool is_last = false;
    if (event->command == PNEU_COMMAND_RSET)
        take_rset(session, event);
    else if (event->command == PNEU_COMMAND_MAIL)
        take_mail(delivery, event);
    else if (event->command == PNEU_COMMAND_RCPT)
        take_rcpt(delivery, session, event);
    else if (event->command == PNEU_COMMAND_DATA)
        take_data(delivery, session, event);
    else if (event->command == PNEU_COMMAND_CONTENT)
        is_last = take_content(delivery, session, event);
    if (is_last)
        return go_on(delivery, session);
    return delivery->no_memory ? PNEU_NO_MEMORY : PNEU_OK;
}

bool pneu_delivery_is_done(const pneu_delivery *delivery)
{
    return !delivery->under_way &&
           delivery->settled == delivery->envelope.recipient_count;
}

size_t pneu_delivery_count(const pneu_delivery *delivery)
{
    return delivery->envelope.recipient_count;
}

const pneu_outcome *pneu_delivery_outcome(const pneu_delivery *delivery,
                                          size_t i)
{
    if (i >= delivery->envelope.recipient_count)
        return NULL;
    fate *it = &delivery->fates[i];
    it->outcome.text = pn_buffer_span(&delivery->texts).data + it->text;
    return &it->outcome;
}
