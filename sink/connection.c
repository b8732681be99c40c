#include "sink/connection.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "sink/report.h"

enum {
    /* reads in a row before others have their turn */
    READS_AT_ONCE = 16,
    /* of pending input; more is given back */
    KEPT_CAPACITY = 64 * 1024
};

static pn_sink_connection *of_waiter(pn_sink_waiter *waiter)
{
    return (pn_sink_connection *)(void *)((char *)waiter -
                                          offsetof(pn_sink_connection, waiter));
}

static void note(pn_sink_connection *connection, const char *what)
{
    pn_sink_log_note(&connection->hall->shared->log, connection->session.number,
                     "%s", what);
}

void pn_sink_connection_close(pn_sink_connection *connection)
{
    pn_sink_hall *hall = connection->hall;
    note(connection, "closed");
    pn_sink_report_flush(hall->shared);
    pn_sink_patience_remove(connection->stage == PN_SINK_STAGE_LEAVING
                                ? &hall->leaving
                                : &hall->active,
                            &connection->waiter);
    pn_sink_loop_watch(hall->loop, &connection->source, 0);
    pn_sink_channel_close(&connection->channel);
    pn_sink_session_finish(&connection->session);
    pn_buffer_finish(&connection->pending);
    pn_memory_free(connection);
    hall->count--;
}

/*
 * Everything was said. After a fault of the client's, and with TLS, there may
 * be input that nobody reads; a close would then turn into a reset, which
 * takes our last reply with it. So the line is only shut for writing, and
 * closed when the client has closed it, or after a while.
 */
static void leave(pn_sink_connection *connection)
{
    pn_sink_hall *hall = connection->hall;
    pn_sink_channel_end(&connection->channel);
    bool linger = connection->session.broken || connection->channel.tls != NULL;
    if (!linger || !pn_sink_loop_watch(hall->loop, &connection->source,
                                       PN_SINK_READABLE)) {
        pn_sink_connection_close(connection);
        return;
    }
    pn_sink_patience_remove(&hall->active, &connection->waiter);
    pn_sink_patience_add(&hall->leaving, &connection->waiter,
                         hall->loop->now_ms);
    connection->stage = PN_SINK_STAGE_LEAVING;
}

/* Raw octets, also where TLS was on: nobody reads them. */
static void drain(pn_sink_connection *connection)
{
    pn_sink_hall *hall = connection->hall;
    pn_sink_channel raw = {connection->channel.file, NULL, false};
    size_t length = 0;
    pn_sink_flow flow =
        pn_sink_channel_read(&raw, hall->input, PN_SINK_READ_SIZE, &length);
    if (flow == PN_SINK_FLOW_END || flow == PN_SINK_FLOW_LOST)
        pn_sink_connection_close(connection);
}

/* Writes what there is to say; false if the line is lost. What was reported
 * goes first, so that who reads a reply finds the report. */
static bool flush(pn_sink_connection *connection)
{
    pn_buffer *out = &connection->session.out;
    size_t written = 0;
    pn_sink_report_flush(connection->hall->shared);
    if (pn_buffer_length(out) == 0)
        return true;
    pn_sink_flow flow = pn_sink_channel_write(&connection->channel,
                                              pn_buffer_span(out), &written);
    pn_buffer_consume(out, written);
    return flow != PN_SINK_FLOW_LOST && flow != PN_SINK_FLOW_END;
}

/*
 * Has the session take what stands in the hall's input, and keeps what it
 * leaves. As long as it stops only for the replies it has to say, and they
 * can be written, it goes on. False if the line is lost.
 */
static bool take(pn_sink_connection *connection, size_t length)
{
    pn_sink_session *session = &connection->session;
    pn_span rest = {connection->hall->input, length};
    bool full = false;
    do {
        size_t used = pn_sink_session_input(session, rest);
        rest.data += used;
        rest.length -= used;
        full = pn_buffer_length(&session->out) >= PN_SINK_OUT_HIGH;
        if (!flush(connection))
            return false;
    } while (full && pn_buffer_length(&session->out) == 0);
    connection->stalled = full;
    if (session->phase == PN_SINK_PHASE_TLS ||
        session->phase == PN_SINK_PHASE_OVER)
        return true; /* RFC 3207 4.2: what came before TLS is dropped */
    return pn_buffer_append(&connection->pending, rest) == PNEU_OK;
}

/* Puts what was left from before into the hall's input. */
static size_t take_pending(pn_sink_connection *connection)
{
    pn_span pending = pn_buffer_span(&connection->pending);
    memcpy(connection->hall->input, pending.data, pending.length);
    if (connection->pending.capacity > KEPT_CAPACITY)
        pn_buffer_finish(&connection->pending);
    else
        pn_buffer_clear(&connection->pending);
    return pending.length;
}

/* Reads once, and has it taken. OK: there may be more to read. */
static pn_sink_flow read_once(pn_sink_connection *connection)
{
    size_t kept = take_pending(connection);
    size_t length = 0;
    pn_sink_flow flow = pn_sink_channel_read(&connection->channel,
                                             connection->hall->input + kept,
                                             PN_SINK_READ_SIZE - kept, &length);
    if (length == 0 && flow == PN_SINK_FLOW_WAIT_READ) {
        /* nothing new: what is kept is no whole line */
        pn_span same = {connection->hall->input, kept};
        return pn_buffer_append(&connection->pending, same) == PNEU_OK
                   ? flow
                   : PN_SINK_FLOW_LOST;
    }
    if (length > 0 && !take(connection, kept + length))
        return PN_SINK_FLOW_LOST;
    return flow;
}

/* True while the session may take input. */
static bool is_listening(const pn_sink_connection *connection)
{
    const pn_sink_session *session = &connection->session;
    return !connection->stalled && !connection->ended &&
           session->phase != PN_SINK_PHASE_TLS &&
           session->phase != PN_SINK_PHASE_OVER;
}

static pn_sink_flow read_all(pn_sink_connection *connection)
{
    pn_sink_flow flow = PN_SINK_FLOW_OK;
    for (int i = 0; i < READS_AT_ONCE && flow == PN_SINK_FLOW_OK; i++) {
        if (!is_listening(connection))
            break;
        flow = read_once(connection);
    }
    connection->ended = connection->ended || flow == PN_SINK_FLOW_END;
    connection->more =
        flow == PN_SINK_FLOW_OK && connection->channel.tls != NULL;
    return flow;
}

static void lose(pn_sink_connection *connection, const char *why)
{
    note(connection, why);
    pn_sink_connection_close(connection);
}

static void watch(pn_sink_connection *connection)
{
    unsigned events = 0;
    if (is_listening(connection))
        events |= PN_SINK_READABLE;
    /* TLS may hold input that epoll does not see: a writable line calls
     * again at once */
    if (pn_buffer_length(&connection->session.out) > 0 || connection->more)
        events |= PN_SINK_WRITABLE;
    if (!pn_sink_loop_watch(connection->hall->loop, &connection->source,
                            events))
        lose(connection, "cannot be watched");
}

static void serve(pn_sink_connection *connection);

static void begin_session(pn_sink_connection *connection)
{
    pn_sink_session *session = &connection->session;
    SSL *tls = connection->channel.tls;
    bool greeted = session->phase == PN_SINK_PHASE_TLS;
    connection->stage = PN_SINK_STAGE_OPEN;
    if (tls != NULL) {
        pn_sink_log_note(&connection->hall->shared->log, session->number,
                         "TLS is on: %s, %s", SSL_get_version(tls),
                         SSL_get_cipher_name(tls));
        pn_sink_session_protected(session, tls);
    }
    if (!greeted)
        pn_sink_session_greet(
            session,
            tls == NULL && pn_sink_channel_has_input(&connection->channel));
    /* what may be in TLS already, epoll does not see */
    if (tls != NULL || session->phase == PN_SINK_PHASE_OVER)
        serve(connection);
    else if (flush(connection))
        watch(connection);
    else
        lose(connection, "the line was lost");
}

static void shake_hands(pn_sink_connection *connection)
{
    pn_sink_flow flow = pn_sink_channel_handshake(&connection->channel);
    unsigned events =
        flow == PN_SINK_FLOW_WAIT_WRITE ? PN_SINK_WRITABLE : PN_SINK_READABLE;
    if (flow == PN_SINK_FLOW_OK) {
        begin_session(connection);
    } else if (flow == PN_SINK_FLOW_LOST || flow == PN_SINK_FLOW_END) {
        const char *reason = ERR_reason_error_string(ERR_peek_last_error());
        pn_sink_log_note(&connection->hall->shared->log,
                         connection->session.number, "TLS failed: %s",
                         reason != NULL ? reason : "the line was lost");
        connection->session.broken = true;
        leave(connection);
    } else if (!pn_sink_loop_watch(connection->hall->loop, &connection->source,
                                   events)) {
        lose(connection, "cannot be watched");
    }
}

static void begin_tls(pn_sink_connection *connection)
{
    connection->stage = PN_SINK_STAGE_HANDSHAKE;
    pn_buffer_clear(&connection->pending);
    if (pn_sink_channel_begin_tls(&connection->channel,
                                  connection->hall->shared->tls))
        shake_hands(connection);
    else
        lose(connection, "no memory for TLS");
}

static void serve(pn_sink_connection *connection)
{
    pn_sink_session *session = &connection->session;
    pn_sink_flow flow = PN_SINK_FLOW_OK;
    if (!flush(connection)) {
        lose(connection, "the line was lost");
        return;
    }
    if (connection->stalled &&
        pn_buffer_length(&session->out) < PN_SINK_OUT_HIGH &&
        !take(connection, take_pending(connection)))
        flow = PN_SINK_FLOW_LOST;
    if (flow == PN_SINK_FLOW_OK)
        flow = read_all(connection);
    bool said_all = pn_buffer_length(&session->out) == 0;
    if (flow == PN_SINK_FLOW_LOST)
        lose(connection, "the line was lost");
    else if (session->phase == PN_SINK_PHASE_OVER && said_all)
        leave(connection);
    else if (connection->ended && said_all)
        lose(connection, "the client has closed");
    else if (session->phase == PN_SINK_PHASE_TLS && said_all)
        begin_tls(connection);
    else
        watch(connection);
}

static void ready(pn_sink_source *source, unsigned events)
{
    pn_sink_connection *connection = (pn_sink_connection *)(void *)source;
    pn_sink_hall *hall = connection->hall;
    (void)events; /* errors show when reading and writing */
    if (connection->stage == PN_SINK_STAGE_LEAVING) {
        drain(connection);
        return;
    }
    pn_sink_patience_renew(&hall->active, &connection->waiter,
                           hall->loop->now_ms);
    if (connection->stage == PN_SINK_STAGE_HANDSHAKE)
        shake_hands(connection);
    else
        serve(connection);
}

void pn_sink_connection_open(pn_sink_hall *hall, int file)
{
    pn_sink_connection *connection = pn_memory_new(1, sizeof(*connection));
    if (connection == NULL || fcntl(file, F_SETFL, O_NONBLOCK) != 0) {
        pn_memory_free(connection);
        close(file);
        return;
    }
    connection->source.file = file;
    connection->source.ready = ready;
    connection->hall = hall;
    connection->channel.file = file;
    pn_buffer_init(&connection->pending, PN_SINK_READ_SIZE);
    pn_sink_session_init(&connection->session, hall->shared);
    pn_sink_patience_add(&hall->active, &connection->waiter,
                         hall->loop->now_ms);
    hall->count++;
    note(connection, "connected");
    if (hall->shared->options->tls == PN_SINK_TLS_IMPLICIT)
        begin_tls(connection);
    else
        begin_session(connection);
}

void pn_sink_hall_expire(pn_sink_hall *hall)
{
    pn_sink_waiter *waiter;
    int64_t now = hall->loop->now_ms;
    while ((waiter = pn_sink_patience_expired(&hall->active, now)) != NULL)
        lose(of_waiter(waiter), "idle for too long");
    while ((waiter = pn_sink_patience_expired(&hall->leaving, now)) != NULL)
        pn_sink_connection_close(of_waiter(waiter));
}

void pn_sink_hall_clear(pn_sink_hall *hall)
{
    while (hall->active.first != NULL)
        pn_sink_connection_close(of_waiter(hall->active.first));
    while (hall->leaving.first != NULL)
        pn_sink_connection_close(of_waiter(hall->leaving.first));
}
