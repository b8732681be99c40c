#include "sink/server.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/memory.h"
#include "sink/report.h"

enum {
    IDLE_MS = 5 * 60 * 1000, /* RFC 5321 4.5.3.2.7 */
    LEAVING_MS = 2000,
    PAUSE_MS = 1000,
    ENDING_MS = 5000, /* for QUIT, after the last message */
    ACCEPTS_AT_ONCE = 64
};

static void take_signal(pn_sink_source *source, unsigned events)
{
    pn_sink_server *server = (pn_sink_server *)(void *)source;
    struct signalfd_siginfo info;
    (void)events;
    if (read(source->file, &info, sizeof(info)) == (ssize_t)sizeof(info))
        server->stopped = true;
}

static pneu_status open_signals(pn_sink_server *server, pneu_error *error)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return pn_fail_system(error, PNEU_SYSTEM, errno,
                              "cannot block signals");
    server->signals.ready = take_signal;
    server->signals.file = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (server->signals.file < 0)
        return pn_fail_system(error, PNEU_SYSTEM, errno,
                              "cannot receive signals");
    if (!pn_sink_loop_watch(&server->loop, &server->signals, PN_SINK_READABLE))
        return pn_fail_system(error, PNEU_SYSTEM, errno,
                              "cannot wait for signals");
    return PNEU_OK;
}

/* Thousands of connections need as many descriptors. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit); /* fewer connections, then */
}

static bool watch_gates(pn_sink_server *server, unsigned events)
{
    bool watched = true;
    for (size_t i = 0; i < server->gate_count; i++) {
        if (!pn_sink_loop_watch(&server->loop, &server->gates[i].source,
                                events))
            watched = false;
    }
    return watched;
}

/* Without descriptors or memory the listeners would be ready for ever. */
static void pause_accepting(pn_sink_server *server, int reason)
{
    if (reason != EMFILE && reason != ENFILE && reason != ENOBUFS &&
        reason != ENOMEM)
        return;
    pn_sink_log_message(&server->shared->log,
                        "no descriptors or memory for another connection: "
                        "accepting none for %d ms",
                        PAUSE_MS);
    server->paused_until_ms = server->loop.now_ms + PAUSE_MS;
    watch_gates(server, 0);
}

static void take_connections(pn_sink_source *source, unsigned events)
{
    pn_sink_server *server = ((pn_sink_gate *)(void *)source)->server;
    (void)events;
    for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
        int file = accept(source->file, NULL, NULL);
        if (file < 0) {
            pause_accepting(server, errno);
            return;
        }
        pn_sink_connection_open(&server->hall, file);
    }
}

static pneu_status open_gates(pn_sink_server *server, pneu_error *error)
{
    server->gate_count = server->listeners.count;
    for (size_t i = 0; i < server->gate_count; i++) {
        server->gates[i].server = server;
        server->gates[i].source = (pn_sink_source){
            .file = server->listeners.list[i].file, .ready = take_connections};
    }
    if (!watch_gates(server, PN_SINK_READABLE))
        return pn_fail_system(error, PNEU_SYSTEM, errno,
                              "cannot wait for connections");
    return PNEU_OK;
}

pneu_status pn_sink_server_open(pn_sink_server *server, pn_sink_shared *shared,
                                pneu_error *error)
{
    *server = (pn_sink_server){.shared = shared, .signals.file = -1};
    server->hall = (pn_sink_hall){.loop = &server->loop,
                                  .shared = shared,
                                  .active.time_ms = IDLE_MS,
                                  .leaving.time_ms = LEAVING_MS};
    raise_file_limit();
    pneu_status status = pn_sink_loop_open(&server->loop, error);
    if (status == PNEU_OK) {
        pn_sink_outlet_attach(&shared->output, &server->loop);
        pn_sink_outlet_attach(&shared->log.outlet, &server->loop);
    }
    if (status == PNEU_OK)
        status = open_signals(server, error);
    if (status == PNEU_OK)
        status =
            pn_sink_listeners_open(&server->listeners, shared->options, error);
    if (status == PNEU_OK)
        status = open_gates(server, error);
    if (status != PNEU_OK)
        return status;
    server->hall.input = pn_memory_new(PN_SINK_READ_SIZE, 1);
    return server->hall.input != NULL
               ? PNEU_OK
               : pn_fail(error, PNEU_NO_MEMORY, "no memory for the server");
}

static void shut_gates(pn_sink_server *server)
{
    watch_gates(server, 0);
    server->gate_count = 0;
    pn_sink_listeners_close(&server->listeners);
}

/* Accepting again after a pause; --quit-after. */
static void look_around(pn_sink_server *server)
{
    int64_t now = server->loop.now_ms;
    pn_sink_hall_expire(&server->hall);
    if (server->paused_until_ms != 0 && now >= server->paused_until_ms) {
        server->paused_until_ms = 0;
        watch_gates(server, PN_SINK_READABLE);
    }
    if (server->shared->ending && server->end_ms == 0) {
        server->end_ms = now + ENDING_MS;
        shut_gates(server);
    }
}

static int64_t next_look(const pn_sink_server *server)
{
    int64_t now = server->loop.now_ms;
    int64_t left = pn_sink_patience_left(&server->hall.active, now, -1);
    left = pn_sink_patience_left(&server->hall.leaving, now, left);
    if (server->paused_until_ms != 0 && (left < 0 || left > PAUSE_MS))
        left = PAUSE_MS;
    if (server->end_ms != 0) {
        int64_t end = server->end_ms > now ? server->end_ms - now : 0;
        left = left < 0 || left > end ? end : left;
    }
    return left;
}

static bool is_over(const pn_sink_server *server)
{
    return server->stopped ||
           (server->end_ms != 0 &&
            (server->hall.count == 0 || server->loop.now_ms >= server->end_ms));
}

pneu_status pn_sink_server_run(pn_sink_server *server, pneu_error *error)
{
    while (!is_over(server)) {
        if (!pn_sink_loop_turn(&server->loop, next_look(server)))
            return pn_fail_system(error, PNEU_SYSTEM, errno,
                                  "waiting for events failed");
        look_around(server);
        pn_sink_report_flush(server->shared);
    }
    return PNEU_OK;
}

void pn_sink_server_close(pn_sink_server *server)
{
    pn_sink_hall_clear(&server->hall);
    shut_gates(server);
    pn_sink_outlet_attach(&server->shared->output, NULL);
    pn_sink_outlet_attach(&server->shared->log.outlet, NULL);
    if (server->signals.file >= 0)
        close(server->signals.file);
    pn_sink_loop_close(&server->loop);
    pn_memory_free(server->hall.input);
    server->hall.input = NULL;
}
