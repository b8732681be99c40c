/* A client's life, and what can be asked of it. */
#include "client/client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/secret.h"
#include "flow/opening.h"
#include "transport/clock.h"
#include "wire/limits.h"

enum {
    PORT_SMTP = 25,
    PORT_SUBMISSIONS = 465,
    PORT_LMTP = 24
};

static bool has_line_break(const char *text)
{
    return text != NULL && strpbrk(text, "\r\n") != NULL;
}

static pneu_status check(const pneu_client_options *options, pneu_error *error)
{
    if ((options->user == NULL) != (options->password == NULL))
        return pn_fail(error, PNEU_INVALID,
                       "a user name and a password belong together");
    if (has_line_break(options->host) || has_line_break(options->local_name))
        return pn_fail(error, PNEU_LINE_BREAK,
                       "a host name must not hold CR or LF");
    if (options->local_name != NULL &&
        (options->local_name[0] == '\0' ||
         strpbrk(options->local_name, " \t") != NULL))
        return pn_fail(error, PNEU_INVALID,
                       "the client's own name must be one word");
    if ((unsigned)options->tls > PNEU_TLS_IMPLICIT)
        return pn_fail(error, PNEU_INVALID, "there is no such TLS mode");
    if (options->timeout_ms < 0 || options->deadline_ms < 0)
        return pn_fail(error, PNEU_INVALID,
                       "a timeout or deadline cannot be negative");
    return pn_opening_check_mechanism(options->mechanism, error);
}

static unsigned default_port(const pneu_client_options *options)
{
    if (options->port != 0)
        return options->port;
    if (options->tls == PNEU_TLS_IMPLICIT)
        return PORT_SUBMISSIONS;
    return options->lmtp ? PORT_LMTP : PORT_SMTP;
}

/* So that no sum of times overflows. */
static int64_t at_most_a_year(int64_t ms)
{
    static const int64_t YEAR = INT64_C(366) * 24 * 3600 * 1000;
    return ms < YEAR ? ms : YEAR;
}

static bool copy_options(pneu_client *client,
                         const pneu_client_options *options)
{
    const char *host = options->host;
    if (host == NULL || host[0] == '\0')
        host = "localhost";
    client->port = default_port(options);
    client->lmtp = options->lmtp;
    client->is_unix = host[0] == '/';
    client->tls = options->tls;
    client->allow_cleartext_auth = options->allow_cleartext_auth;
    client->no_pipelining = options->no_pipelining;
    client->timeout_ms = at_most_a_year(options->timeout_ms);
    client->log = options->log;
    client->log_context = options->log_context;
    char shown[256];
    pn_escape(pn_span_of(host), "\\n", shown, sizeof(shown));
    if (client->is_unix)
        snprintf(client->where, sizeof(client->where), "%s", shown);
    else
        snprintf(client->where, sizeof(client->where), "%s port %u", shown,
                 client->port);
    return pn_options_copy_text(&client->host, host) &&
           pn_options_copy_text(&client->local_name, options->local_name) &&
           pn_options_copy_text(&client->ca_file, options->ca_file) &&
           pn_options_copy_text(&client->user, options->user) &&
           pn_options_copy_text(&client->password, options->password) &&
           pn_options_copy_text(&client->mechanism, options->mechanism);
}

pneu_status pneu_client_new(pneu_client **out, const pneu_client_options *given,
                            pneu_error *error)
{
    pneu_client_options own;
    const pneu_client_options *options = &own;
    *out = NULL;
    if (!pn_options_copy(&own, sizeof(own), given))
        return pn_fail(error, PNEU_INVALID,
                       "the size of the options is not set");
    pneu_status status = check(options, error);
    if (status != PNEU_OK)
        return status;
    pneu_client *client = pn_memory_new(1, sizeof(*client));
    if (client == NULL)
        return pn_fail(error, PNEU_NO_MEMORY, "no memory for a client");
    if (!pn_wake_init(&client->wake)) {
        pn_fail_system(error, PNEU_SYSTEM, errno, "a pipe cannot be had");
        pn_memory_free(client);
        return PNEU_SYSTEM;
    }
    pneu_client_set_deadline(client, options->deadline_ms);
    pn_buffer_init(&client->reply_text, (size_t)PN_REPLY_MAX * 2);
    pn_buffer_init(&client->log_line, PN_LOG_LINE_MAX);
    if (!copy_options(client, options)) {
        pneu_client_free(client);
        return pn_fail(error, PNEU_NO_MEMORY, "no memory for a client");
    }
    *out = client;
    return PNEU_OK;
}

void pneu_client_free(pneu_client *client)
{
    if (client == NULL)
        return;
    pneu_client_close(client);
    pn_wake_finish(&client->wake);
    pneu_opening_free(client->opening);
    pneu_delivery_free(client->delivery);
    pn_buffer_finish(&client->reply_text);
    pn_buffer_finish(&client->log_line);
    pn_memory_free(client->host);
    pn_memory_free(client->local_name);
    pn_memory_free(client->ca_file);
    pn_secret_free_text(client->user);
    pn_secret_free_text(client->password);
    pn_memory_free(client->mechanism);
    pn_memory_free(client);
}

void pneu_client_cancel(pneu_client *client)
{
    pn_wake_call(&client->wake);
}

void pneu_client_set_deadline(pneu_client *client, int64_t ms)
{
    client->deadline_at_ms =
        ms > 0 ? pn_clock_now_ms() + at_most_a_year(ms) : -1;
}

void pn_client_begin(pneu_client *client)
{
    client->error = (pneu_error){.status = PNEU_OK};
    client->broken = (pneu_error){.status = PNEU_OK};
    client->has_reply = false;
    client->reply = (pneu_reply){0};
    client->single_done = false;
    client->single_outcome = PNEU_OUTCOME_NOT_TRIED;
}

pneu_status pn_client_fail(pneu_client *client, const pneu_error *error)
{
    pneu_error *own = &client->error;
    if (own != error)
        *own = *error;
    bool has_line = pneu_status_fault(own->status) >= PNEU_FAULT_LINE;
    if (has_line && own->status != PNEU_HOST_UNKNOWN &&
        own->status != PNEU_LOOKUP)
        pn_fail_prefix(own, client->where);
    return own->status;
}

void pneu_client_close(pneu_client *client)
{
    pn_stream_free(client->stream);
    pneu_session_free(client->session);
    client->stream = NULL;
    client->session = NULL;
    pn_buffer_clear(&client->log_line);
    client->log_secret = false;
    client->log_body = 0;
}

void pn_client_hang_up(pneu_client *client)
{
    client->broken = *pneu_session_error(client->session);
    pneu_client_close(client);
}

const pneu_error *pneu_client_error(const pneu_client *client)
{
    return &client->error;
}

bool pneu_client_is_connected(const pneu_client *client)
{
    return client->stream != NULL;
}

const char *pneu_client_extension(const pneu_client *client,
                                  const char *keyword)
{
    return client->session != NULL
               ? pneu_session_extension(client->session, keyword)
               : NULL;
}

bool pneu_client_has_extension(const pneu_client *client, const char *keyword)
{
    return pneu_client_extension(client, keyword) != NULL;
}

pneu_protection pneu_client_protection(const pneu_client *client)
{
    return client->session != NULL ? pneu_session_protection(client->session)
                                   : PNEU_PROTECTION_NONE;
}
