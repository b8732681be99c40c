#include "client/pump.h"

#include <poll.h>

#include "client/call.h"
#include "client/handshake.h"
#include "client/log.h"
#include "flow/outcome.h"
#include "transport/clock.h"

enum {
    PIECES = 64,
    ROUNDS_AT_ONCE = 16, /* then others have their turn */
    READ_SIZE = 16384
};

/* Without memory for its words, the code alone is kept. */
static void keep(pneu_reply *to, pn_buffer *text, const pneu_reply *reply)
{
    *to = *reply;
    pn_buffer_clear(text);
    if (pn_buffer_append(
            text, (pn_span){reply->text, reply->text_length + 1}) == PNEU_OK) {
        to->text = pn_buffer_span(text).data;
    } else {
        to->text = "";
        to->text_length = 0;
    }
}

/* EHLO's reply is kept for those who ask for it later. */
static void keep_hello(pneu_client *client, const pneu_event *event)
{
    switch (event->command) {
    case PNEU_COMMAND_EHLO:
    case PNEU_COMMAND_LHLO:
    case PNEU_COMMAND_HELO:
        keep(&client->hello_reply, &client->hello_text, event->reply);
        client->has_hello_reply = true;
        client->is_offer_old = false;
        client->is_extended = pneu_reply_is_positive(event->reply) &&
                              event->command != PNEU_COMMAND_HELO;
        break;
    case PNEU_COMMAND_AUTH:
    case PNEU_COMMAND_AUTH_RESPONSE:
        client->is_offer_old = true;
        break;
    case PNEU_COMMAND_XCLIENT:
        if (pneu_reply_is_positive(event->reply))
            pn_client_forget_hello(client);
        break;
    default:
        break;
    }
}

/* DATA has two events: the second is the one that counts, unless the first
 * was a refusal. */
static void take_single(pneu_client *client, const pneu_event *event)
{
    if (event->command == PNEU_COMMAND_CONTENT && client->single_done)
        return;
    client->single_command = event->command;
    if (event->kind == PNEU_EVENT_DROPPED)
        client->has_reply = false; /* a 354 is not the answer to the end */
    client->single_done = event->kind == PNEU_EVENT_DROPPED ||
                          event->command != PNEU_COMMAND_DATA ||
                          client->reply.code != 354;
    if (event->command == PNEU_COMMAND_CONTENT)
        client->single_outcome = pn_outcome_of_end(event);
}

static void take_events(pneu_client *client)
{
    pneu_event event;
    while (pneu_session_next_event(client->session, &event)) {
        if (event.reply != NULL) {
            pn_log_reply(client, &event);
            keep(&client->reply, &client->reply_text, event.reply);
            client->has_reply = true;
            keep_hello(client, &event);
        }
        bool is_opening = event.tag == PNEU_OPENING_TAG ||
                          event.command == PNEU_COMMAND_GREETING;
        if (is_opening && client->opening != NULL)
            pneu_opening_event(client->opening, client->session, &event);
        else if (event.tag == PN_TAG_DELIVERY && client->delivery != NULL)
            /* what it could not do has cancelled the session */
            (void)pneu_delivery_event(client->delivery, client->session,
                                      &event);
        else
            take_single(client, &event);
    }
}

static void note_first(pneu_client *client, const unsigned char *data,
                       size_t length)
{
    for (size_t i = 0; i < length && client->first_count < PN_FIRST_OCTETS; i++)
        client->first[client->first_count++] = data[i];
}

static void end_input(pneu_client *client, pn_io result)
{
    const pneu_error *error = pn_stream_error(client->stream);
    pneu_end why = result == PN_IO_END         ? PNEU_END_OF_STREAM
                   : error->status == PNEU_TLS ? PNEU_END_TLS
                                               : PNEU_END_RESET;
    pneu_session_input_end(client->session, why, error->system_error);
}

/* True if something came, be it the end. */
static bool read_some(pneu_client *client)
{
    unsigned char octets[READ_SIZE];
    size_t length = 0;
    pn_io result =
        pn_stream_read(client->stream, octets, sizeof(octets), &length);
    if (result == PN_IO_AGAIN)
        return false;
    if (result != PN_IO_DONE) {
        end_input(client, result);
        return true;
    }
    client->has_read = true;
    note_first(client, octets, length);
    if (pneu_session_input(client->session, octets, length) != PNEU_OK)
        pneu_session_cancel(client->session,
                            pneu_session_misuse(client->session));
    return true;
}

/* Were any of the octets written those of a message? Until they are, the
 * session still counts those of the one before. */
static bool has_body(const pneu_piece *pieces, size_t written)
{
    for (; written > 0; pieces++) {
        if ((pieces->flags & PNEU_PIECE_BODY) != 0)
            return true;
        written -= written < pieces->length ? written : pieces->length;
    }
    return false;
}

static void tell_progress(const pneu_client *client)
{
    const pn_settings *settings = &client->settings;
    if (settings->progress != NULL && client->is_delivering)
        settings->progress(settings->progress_context,
                           pneu_session_body_sent(client->session),
                           pneu_delivery_octets(client->delivery));
}

/* True if something was written. */
static bool write_some(pneu_client *client)
{
    pneu_piece pieces[PIECES];
    struct iovec vector[PIECES];
    size_t written = 0;
    size_t total = 0;
    size_t count = pneu_session_output(client->session, pieces, PIECES);
    if (count == 0)
        return true; /* it was passed over: there are events */
    for (size_t i = 0; i < count; i++) {
        vector[i].iov_base = (void *)(uintptr_t)pieces[i].data;
        vector[i].iov_len = pieces[i].length;
        total += pieces[i].length;
    }
    pn_io result =
        pn_stream_write(client->stream, vector, (int)count, &written);
    if (result == PN_IO_AGAIN)
        return false;
    pn_log_sent(client, pieces, count, written);
    const pneu_error *error = pn_stream_error(client->stream);
    if (result != PN_IO_DONE) {
        /* how much of it has left, TLS cannot say: so it counts as sent */
        bool is_tls = pneu_session_protection(client->session) >=
                      PNEU_PROTECTION_TLS_UNVERIFIED;
        pneu_session_output_done(client->session, is_tls ? total : 0);
        pneu_session_output_failed(client->session, error->system_error);
        return true;
    }
    client->has_read = false;
    bool is_of_message = has_body(pieces, written);
    pneu_session_output_done(client->session, written);
    if (is_of_message)
        tell_progress(client);
    return true;
}

static bool is_over(const pneu_client *client)
{
    return (pneu_session_wants(client->session) & PNEU_WANT_CLOSE) != 0;
}

static int64_t next_deadline(const pneu_client *client)
{
    return pn_call_earlier(pneu_session_deadline_ms(client->session),
                           client->deadline_at_ms);
}

static void tick(pneu_client *client)
{
    pneu_session_tick(client->session, pn_clock_now_ms());
    if (pn_call_is_too_late(client))
        pneu_session_input_end(client->session, PNEU_END_DEADLINE, 0);
}

/* Tells the session the time, unless some phase is over its time: that is
 * judged only when there was nothing to read. */
static void tell_time(pneu_client *client)
{
    int64_t deadline = next_deadline(client);
    if (deadline < 0 || pn_clock_now_ms() < deadline)
        tick(client);
}

/* TLS after STARTTLS. AGAIN: it waits for the stream. */
static pneu_status go_on_with_tls(pneu_client *client)
{
    pneu_status status = PNEU_OK;
    if (!client->is_handshaking)
        status = pn_handshake_begin(client);
    client->is_handshaking = true;
    if (status == PNEU_OK)
        status = pn_handshake_step(client);
    if (status == PNEU_AGAIN)
        return PNEU_AGAIN;
    client->is_handshaking = false;
    if (status != PNEU_OK) {
        pneu_session_input_end(client->session, PNEU_END_TLS, 0);
        return PNEU_OK; /* the session tells what became of it */
    }
    pn_client_forget_hello(client); /* RFC 3207 4.2 */
    if (client->opening != NULL)
        pneu_opening_go(client->opening, client->session);
    return PNEU_OK;
}

/* True if something moved; else events is what to wait for. */
static bool read_and_write(pneu_client *client, unsigned wants, short *events)
{
    bool moved = false;
    if (pn_stream_flush(client->stream) == PN_IO_AGAIN)
        *events |= pn_stream_waits(client->stream);
    if ((wants & PNEU_WANT_WRITE) != 0) {
        moved = write_some(client);
        *events |= moved ? 0 : pn_stream_waits(client->stream);
    }
    /* also between the writes of a long message: a server that refuses it
     * half-way says so before it closes (RFC 5321 4.2.5) */
    bool has_more =
        (pneu_session_wants(client->session) & PNEU_WANT_WRITE) != 0;
    if ((wants & PNEU_WANT_READ) != 0 && (!moved || has_more)) {
        bool has_come = read_some(client);
        *events |= has_come ? 0 : pn_stream_waits(client->stream);
        moved |= has_come;
    }
    return moved;
}

/* Reads and writes what can be. AGAIN: nothing could. */
static pneu_status move(pneu_client *client, unsigned wants)
{
    short events = 0;
    bool moved = read_and_write(client, wants, &events);
    if (!moved || pn_call_is_too_late(client))
        tick(client);
    if (moved || events == 0 || is_over(client))
        return PNEU_OK;
    if (client->has_read) /* some replies of a group, but not all */
        pn_stream_hurry(client->stream);
    return pn_call_wait(client, PN_WAIT_STREAM, events, next_deadline(client));
}

/* One round. AGAIN: there is nothing to do but to wait. */
static pneu_status turn(pneu_client *client)
{
    unsigned wants = pneu_session_wants(client->session);
    if ((wants & PNEU_WANT_TLS) != 0)
        return go_on_with_tls(client);
    if (pn_call_is_cancelled(client)) {
        pneu_session_cancel(client->session, NULL);
        return PNEU_OK;
    }
    tell_time(client);
    if (client->opening != NULL && pneu_opening_wants_step(client->opening))
        pneu_opening_step(client->opening, client->session);
    else if ((wants & (PNEU_WANT_READ | PNEU_WANT_WRITE)) == 0)
        /* nobody will ever do anything: better an end than to wait for ever */
        pneu_session_cancel(client->session, NULL);
    else
        return move(client, wants);
    return PNEU_OK;
}

/* A loop that does other things as well must not starve over one long message
 * to a fast server. */
static bool is_others_turn(const pneu_client *client, unsigned rounds)
{
    return client->settings.non_blocking && rounds >= ROUNDS_AT_ONCE;
}

pneu_status pn_pump_step(pneu_client *client, pn_pump_test *is_done)
{
    pneu_status status = PNEU_OK;
    tell_time(client);
    for (unsigned rounds = 0; status == PNEU_OK; rounds++) {
        take_events(client);
        if (is_done(client) || is_over(client))
            break;
        status = is_others_turn(client, rounds)
                     ? pn_call_wait(client, PN_WAIT_STREAM, POLLIN | POLLOUT,
                                    pn_clock_now_ms())
                     : turn(client);
    }
    if (is_over(client))
        pn_client_hang_up(client);
    return status;
}

void pn_pump_look(pneu_client *client)
{
    if (client->stream == NULL)
        return;
    tell_time(client);
    if (read_some(client))
        take_events(client);
    if (is_over(client))
        pn_client_hang_up(client);
}

void pn_pump_abort(pneu_client *client)
{
    pneu_session_cancel(client->session, NULL);
    pneu_session_input_end(client->session, PNEU_END_RESET, 0);
    take_events(client);
    pn_client_hang_up(client);
}
