/* The calls of `calls` that only ask the client, or only set something. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "calls.h"

/* What `cancel_by_signal` and `cancel_by_thread` cancel. */
static pneu_client *to_cancel;
static long thread_waits_ms;

static void has_extension(pneu_client *client, const words *given)
{
    const char *parameters = pneu_client_extension(client, given->at[1]);

    show(given->at[0], given->at[1],
         pneu_client_has_extension(client, given->at[1]),
         parameters ? parameters : "(none)");
}

/* A row for each extension, then one with their number. */
static void extensions(pneu_client *client, const words *given)
{
    size_t count = pneu_client_extension_count(client);
    const char *parameters = NULL;

    for (size_t i = 0; i < count; i++) {
        const char *name = pneu_client_extension_at(client, i, &parameters);

        show("extension", name, 0, parameters);
    }
    show(given->at[0],
         pneu_client_extension_at(client, count, NULL) ? "more" : "end",
         (int)count, "");
}

static void is_extended(pneu_client *client, const words *given)
{
    show(given->at[0], "", pneu_client_is_extended(client), "");
}

static void show_reply(const words *given, const pneu_reply *reply)
{
    show(given->at[0], reply ? "reply" : "none", reply ? reply->code : 0,
         reply ? reply->text : "");
}

static void hello_reply(pneu_client *client, const words *given)
{
    show_reply(given, pneu_client_hello_reply(client));
}

static void last_reply(pneu_client *client, const words *given)
{
    show_reply(given, pneu_client_reply(client));
}

static void connected(pneu_client *client, const words *given)
{
    show(given->at[0], "", pneu_client_is_connected(client), "");
}

static void protection(pneu_client *client, const words *given)
{
    show(given->at[0], "", (int)pneu_client_protection(client), "");
}

static void mechanism(pneu_client *client, const words *given)
{
    const char *name = pneu_client_mechanism(client);

    show(given->at[0], name ? "" : "none", 0, name ? name : "");
}

static void lookup_name(pneu_client *client, const words *given)
{
    const char *name = pneu_client_lookup_name(client);

    show(given->at[0], name ? "" : "none", 0, name ? name : "");
}

static void error(pneu_client *client, const words *given)
{
    const pneu_error *failure = pneu_client_error(client);

    show(given->at[0], pneu_status_name(failure->status), failure->reply_code,
         failure->message);
}

/* What of an error is not in its row: whose fault, which command, and
 * smtplib's exception. */
static void error_more(pneu_client *client, const words *given)
{
    const pneu_error *failure = pneu_client_error(client);

    show(given->at[0], pneu_command_name(failure->command),
         (int)pneu_status_fault(failure->status),
         pneu_error_exception(failure));
}

static void tls_info(pneu_client *client, const words *given)
{
    const pneu_tls_info *info = pneu_client_tls_info(client);

    if (!info) {
        show(given->at[0], "none", 0, "");
        return;
    }
    show("tls", "version", 0, info->version);
    show("tls", "cipher", 0, info->cipher);
    show("tls", "is_verified", info->is_verified, info->unverified_because);
    show("tls", "subject", 0, info->subject);
    show("tls", "issuer", 0, info->issuer);
    show("tls", "names", 0, info->names);
    show("tls", "not_before", 0, info->not_before);
    show("tls", "not_after", 0, info->not_after);
    show("tls", "pin", 0, info->pin);
    show("tls", "certificate", (int)info->certificate_length, "");
    show(given->at[0], "", 1, "");
}

static void debug_level(pneu_client *client, const words *given)
{
    pneu_client_set_debug_level(client, (int)strtol(given->at[1], NULL, 10));
    report(given, PNEU_OK, NULL);
}

static void deadline(pneu_client *client, const words *given)
{
    pneu_client_set_deadline(client, strtol(given->at[1], NULL, 10));
    report(given, PNEU_OK, NULL);
}

static void cancel(pneu_client *client, const words *given)
{
    pneu_client_cancel(client);
    report(given, PNEU_OK, NULL);
}

static void on_alarm(int number)
{
    (void)number;
    pneu_client_cancel(to_cancel);
}

/* cancel_by_signal, ms: later, from a signal's handler. */
static void cancel_by_signal(pneu_client *client, const words *given)
{
    struct sigaction action = {.sa_handler = on_alarm};
    long ms = strtol(given->at[1], NULL, 10);
    struct itimerval timer = {.it_value.tv_sec = ms / 1000,
                              .it_value.tv_usec = ms % 1000 * 1000};

    to_cancel = client;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
    report(given, PNEU_OK, NULL);
}

static void *cancel_later(void *client)
{
    struct timespec pause = {.tv_sec = thread_waits_ms / 1000,
                             .tv_nsec = thread_waits_ms % 1000 * 1000000};

    nanosleep(&pause, NULL);
    pneu_client_cancel(client);
    return NULL;
}

/* cancel_by_thread, ms: later, from another thread. */
static void cancel_by_thread(pneu_client *client, const words *given)
{
    pthread_t thread;

    thread_waits_ms = strtol(given->at[1], NULL, 10);
    if (pthread_create(&thread, NULL, cancel_later, client) ||
        pthread_detach(thread))
        exit(3);
    report(given, PNEU_OK, NULL);
}

/* The two that drive a non-blocking client. */
static void go_on(pneu_client *client, const words *given)
{
    pneu_wait wait;

    report(given, pneu_client_go_on(client, &wait), NULL);
}

static void add_address(pneu_client *client, const words *given)
{
    report(given, pneu_client_add_address(client, given->at[1]), NULL);
}

const call calls_ask[] = {
    {"has", has_extension},
    {"extensions", extensions},
    {"is_extended", is_extended},
    {"hello_reply", hello_reply},
    {"reply", last_reply},
    {"connected", connected},
    {"protection", protection},
    {"mechanism", mechanism},
    {"lookup_name", lookup_name},
    {"error", error},
    {"error_more", error_more},
    {"tls_info", tls_info},
    {"debug_level", debug_level},
    {"deadline", deadline},
    {"cancel", cancel},
    {"cancel_by_signal", cancel_by_signal},
    {"cancel_by_thread", cancel_by_thread},
    {"go_on", go_on},
    {"add_address", add_address},
    {NULL, NULL},
};
