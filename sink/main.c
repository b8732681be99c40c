/* `pneu sink`: reads the options, sets everything up, serves, and says how
 * it went. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/fail.h"
#include "sink/file.h"
#include "sink/report.h"
#include "sink/server.h"
#include "sink/sink.h"
#include "sink/tls.h"

static int exit_status_of(pneu_status status)
{
    switch (status) {
    case PNEU_OK:
        return EX_OK;
    case PNEU_INVALID:
    case PNEU_BAD_ADDRESS:
        return EX_USAGE;
    case PNEU_SOURCE:
        return EX_NOINPUT;
    case PNEU_HOST_UNKNOWN:
        return EX_NOHOST;
    case PNEU_CONNECT:
        return EX_UNAVAILABLE;
    default:
        return EX_OSERR;
    }
}

static int fail(const pneu_error *error)
{
    int status = exit_status_of(error->status);
    fprintf(stderr, "pneu sink: %s\n", error->message);
    if (status == EX_USAGE)
        fputs("Try 'pneu sink --help'.\n", stderr);
    return status;
}

/* Of the first TCP listener: the others have the same. */
static pneu_status write_port(const pn_sink_server *server, const char *path,
                              pneu_error *error)
{
    char text[16];
    int length = snprintf(text, sizeof(text), "%u\n",
                          (unsigned)server->listeners.list[0].port);
    return pn_sink_file_write(path, (pn_span){text, (size_t)length}, error);
}

/* Ready: whoever waits for the lines or the file may connect now. */
static pneu_status announce(const pn_sink_server *server, pneu_error *error)
{
    pn_sink_outlet *output = &server->shared->output;
    const pn_sink_options *options = server->shared->options;
    pneu_status status = options->port_file != NULL
                             ? write_port(server, options->port_file, error)
                             : PNEU_OK;
    for (size_t i = 0; i < server->listeners.count && status == PNEU_OK; i++) {
        pn_sink_outlet_add_text(output, "listening on ");
        pn_sink_outlet_add_text(output, server->listeners.list[i].name);
        pn_sink_outlet_add_text(output, "\n");
    }
    pn_sink_outlet_flush(output);
    return status;
}

static pneu_status serve(pn_sink_shared *shared, pneu_error *error)
{
    pn_sink_server server;
    pneu_status status = pn_sink_server_open(&server, shared, error);
    if (status == PNEU_OK)
        status = announce(&server, error);
    if (status == PNEU_OK)
        status = pn_sink_server_run(&server, error);
    pn_sink_server_close(&server);
    return status;
}

static pneu_status set_up(pn_sink_shared *shared, pneu_error *error)
{
    const pn_sink_options *options = shared->options;
    pneu_status status = pn_sink_log_open(&shared->log, options, error);
    if (status == PNEU_OK)
        status =
            pn_sink_store_open(&shared->store, options, &shared->output, error);
    if (status == PNEU_OK)
        status = pn_sink_authority_open(&shared->authority, options, error);
    if (status != PNEU_OK || options->tls == PN_SINK_TLS_NONE)
        return status;
    shared->tls = pn_sink_tls_new(options, error);
    return shared->tls != NULL ? PNEU_OK : error->status;
}

static void tear_down(pn_sink_shared *shared)
{
    SSL_CTX_free(shared->tls);
    pn_sink_authority_close(&shared->authority);
    pn_sink_store_close(&shared->store);
    size_t unread = pn_sink_outlet_finish(&shared->output);
    if (unread > 0)
        pn_sink_log_message(&shared->log,
                            "nobody read the last %zu octets of standard "
                            "output",
                            unread);
    pn_sink_log_close(&shared->log);
}

static pneu_status run(const pn_sink_options *options, pneu_error *error)
{
    pn_sink_shared shared = {
        .options = options,
        .store = {.tmp_directory = -1, .new_directory = -1}};
    pn_sink_outlet_init(&shared.output, STDOUT_FILENO);
    pneu_status status = set_up(&shared, error);
    if (status == PNEU_OK)
        status = serve(&shared, error);
    if (status == PNEU_OK)
        pn_sink_log_message(
            &shared.log,
            "ended after %" PRIu64 " connection%s, %" PRIu64
            " message%s accepted, %" PRIu64 " refused",
            shared.connection_count, shared.connection_count == 1 ? "" : "s",
            shared.accepted, shared.accepted == 1 ? "" : "s", shared.refused);
    tear_down(&shared);
    return status;
}

static void show_help(void)
{
    for (size_t i = 0; PN_SINK_HELP_PAGE[i] != NULL; i++)
        fputs(PN_SINK_HELP_PAGE[i], stdout);
}

int pn_sink_main(int argc, char **argv)
{
    pn_sink_options options;
    pneu_error error = {.status = PNEU_OK};
    pneu_status status = pn_sink_options_parse(&options, argc, argv, &error);
    if (status == PNEU_OK && options.help)
        show_help();
    else if (status == PNEU_OK)
        status = run(&options, &error);
    pn_sink_options_finish(&options);
    return status == PNEU_OK ? EX_OK : fail(&error);
}
