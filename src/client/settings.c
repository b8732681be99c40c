#include "client/settings.h"

#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "base/idna.h"
#include "base/memory.h"
#include "base/options.h"
#include "client/tls_settings.h"
#include "transport/source.h"
#include "transport/tls.h"

enum {
    PORT_SMTP = 25,
    PORT_SUBMISSIONS = 465,
    PORT_LMTP = 24,
    NAME_MAX_OCTETS = 256
};

int64_t pn_settings_bound_ms(int64_t ms)
{
    static const int64_t YEAR = INT64_C(366) * 24 * 3600 * 1000;
    return ms < YEAR ? ms : YEAR;
}

static pneu_status check_line(const char *what, const char *text,
                              pneu_error *error)
{
    if (text == NULL || strpbrk(text, "\r\n") == NULL)
        return PNEU_OK;
    return pn_fail(error, PNEU_LINE_BREAK, "%s must not hold CR or LF", what);
}

static pneu_status check_names(const pneu_client_options *options,
                               pneu_error *error)
{
    pneu_status status = check_line("a host name", options->host, error);
    if (status == PNEU_OK)
        status =
            check_line("the client's own name", options->local_name, error);
    if (status != PNEU_OK)
        return status;
    if (options->local_name != NULL &&
        (options->local_name[0] == '\0' ||
         strlen(options->local_name) >= NAME_MAX_OCTETS ||
         strpbrk(options->local_name, " \t") != NULL))
        return pn_fail(error, PNEU_INVALID,
                       "the client's own name must be one word of at most %d "
                       "octets",
                       NAME_MAX_OCTETS - 1);
    return PNEU_OK;
}

static bool is_negative(const pneu_timeouts *timeouts)
{
    return timeouts->connect_ms < 0 || timeouts->greeting_ms < 0 ||
           timeouts->hello_ms < 0 || timeouts->mail_ms < 0 ||
           timeouts->rcpt_ms < 0 || timeouts->data_ms < 0 ||
           timeouts->block_ms < 0 || timeouts->end_ms < 0 ||
           timeouts->other_ms < 0;
}

static pneu_status check_times(const pneu_client_options *options,
                               pneu_timeouts *timeouts, pneu_error *error)
{
    if (!pn_options_copy(timeouts, sizeof(*timeouts), options->timeouts))
        return pn_fail(error, PNEU_INVALID,
                       "the size of the timeouts is not set");
    timeouts->size = sizeof(*timeouts);
    if (options->timeout_ms < 0 || options->deadline_ms < 0 ||
        is_negative(timeouts))
        return pn_fail(error, PNEU_INVALID,
                       "a timeout or deadline cannot be negative");
    return PNEU_OK;
}

static pneu_status check_login(const pneu_client_options *options,
                               pneu_error *error)
{
    /* what AUTH needs, the opening knows: it is asked before there is one */
    pneu_opening *opening = NULL;
    pneu_status status = pneu_opening_new(
        &opening,
        PNEU_OPENING_OPTIONS(.local_name = "localhost", .user = options->user,
                             .password = options->password,
                             .mechanisms = options->mechanisms,
                             .authorization = options->authorization,
                             .policy = options->auth_policy,
                             .token = options->token,
                             .token_context = options->token_context,
                             .own_mechanism = options->own_mechanism),
        error);
    pneu_opening_free(opening);
    return status;
}

static pneu_status check_tls(const pneu_client_options *options,
                             pneu_tls_options *tls, pneu_error *error)
{
    if ((unsigned)options->tls > PNEU_TLS_IMPLICIT)
        return pn_fail(error, PNEU_INVALID, "there is no such TLS mode");
    if (!pn_options_copy(tls, sizeof(*tls), options->tls_options))
        return pn_fail(error, PNEU_INVALID,
                       "the size of the TLS options is not set");
    tls->size = sizeof(*tls);
    if (options->tls == PNEU_TLS_NONE &&
        (tls->pin_count > 0 || tls->certificate_file != NULL))
        return pn_fail(error, PNEU_INVALID,
                       "a pin or a certificate does nothing without TLS: "
                       "choose another TLS mode than none");
    return pn_tls_check_options(tls, error);
}

/* Where the port of "name:port" or "[address]:port" begins; NULL if there is
 * none. More than one colon without brackets is an address. */
static const char *port_of(const char *host, size_t *host_length)
{
    const char *colon = strrchr(host, ':');
    const char *bracket = strchr(host, ']');
    if (host[0] == '[') {
        if (bracket == NULL || bracket[1] != ':')
            return NULL;
        *host_length = (size_t)(bracket + 1 - host);
        return bracket + 2;
    }
    if (colon == NULL || colon != strchr(host, ':'))
        return NULL;
    *host_length = (size_t)(colon - host);
    return colon + 1;
}

static pneu_status read_port(const char *text, unsigned *port,
                             pneu_error *error)
{
    char shown[64];
    uint64_t number = 0;
    if (pn_span_number(pn_span_of(text), &number) && number >= 1 &&
        number <= UINT16_MAX) {
        *port = (unsigned)number;
        return PNEU_OK;
    }
    pn_escape(pn_span_of(text), "\\n", shown, sizeof(shown));
    return pn_fail(error, PNEU_INVALID,
                   "\"%s\" behind the host's colon is no port: give a number "
                   "from 1 to 65535",
                   shown);
}

static unsigned default_port(const pneu_client_options *options)
{
    if (options->tls == PNEU_TLS_IMPLICIT)
        return PORT_SUBMISSIONS;
    return options->lmtp ? PORT_LMTP : PORT_SMTP;
}

/* Splits "host:port", and turns the name into ASCII. */
static pneu_status read_host(pn_settings *settings,
                             const pneu_client_options *options, char *name,
                             size_t size, pneu_error *error)
{
    const char *host = options->host;
    if (host == NULL || host[0] == '\0')
        host = "localhost";
    size_t length = strlen(host);
    const char *port = NULL;
    settings->is_unix = host[0] == '/';
    settings->port = options->port;
    if (options->port == 0 && !settings->is_unix)
        port = port_of(host, &length);
    pneu_status status =
        port != NULL ? read_port(port, &settings->port, error) : PNEU_OK;
    if (status != PNEU_OK)
        return status;
    if (settings->port == 0)
        settings->port = default_port(options);
    if (host[0] == '[') {
        if (length < 3 || host[length - 1] != ']')
            return pn_fail(error, PNEU_INVALID,
                           "the host's bracket is not closed, or something "
                           "follows that is no port");
        host++;
        length -= 2;
    }
    if (length == 0 || length >= size)
        return pn_fail(error, PNEU_INVALID,
                       "the host name has %zu octets: from 1 to %zu will do",
                       length, size - 1);
    memcpy(name, host, length);
    name[length] = '\0';
    return PNEU_OK;
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text >= 0x80)
            return false;
    }
    return true;
}

static pneu_status copy_host(pn_settings *settings,
                             const pneu_client_options *options,
                             pneu_error *error)
{
    char given[1024] = "";
    char name[NAME_MAX_OCTETS];
    char shown[300];
    pneu_status status =
        read_host(settings, options, given, sizeof(given), error);
    if (status != PNEU_OK)
        return status;
    const char *host = given;
    if (!settings->is_unix && !is_ascii(given)) { /* RFC 5890 2.3.2.1 */
        status = pn_idna_to_ascii(pn_span_of(given), name, sizeof(name), error);
        if (status != PNEU_OK)
            return status;
        host = name;
    }
    pn_escape(pn_span_of(given), "\\n", shown, sizeof(shown));
    return pn_options_copy_text(&settings->host, host) &&
                   pn_options_copy_text(&settings->shown, shown)
               ? PNEU_OK
               : pn_fail(error, PNEU_NO_MEMORY, "no memory for a client");
}

/* Where a connection begins, and what it goes through. */
static pneu_status read_route(pn_settings *settings,
                              const pneu_client_options *options,
                              pneu_error *error)
{
    pneu_status status = PNEU_OK;
    bool is_unix = options->host != NULL && options->host[0] == '/';
    settings->has_source = options->source != NULL || options->source_port != 0;
    settings->has_proxy = options->proxy != NULL;
    if (is_unix && settings->has_source)
        return pn_fail(error, PNEU_INVALID,
                       "a Unix socket is reached from no address: leave the "
                       "source out");
    if (is_unix && settings->has_proxy)
        return pn_fail(error, PNEU_INVALID,
                       "a Unix socket cannot be reached through a proxy");
    if (settings->has_source)
        status = pn_source_parse(&settings->source, options->source,
                                 options->source_port, error);
    if (status == PNEU_OK && settings->has_proxy)
        status = pn_proxy_parse(&settings->proxy, options->proxy, error);
    return status;
}

static pneu_status copy(pn_settings *settings,
                        const pneu_client_options *options,
                        const pneu_tls_options *tls, pneu_error *error)
{
    pneu_status status = copy_host(settings, options, error);
    if (status != PNEU_OK)
        return status;
    settings->lmtp = options->lmtp;
    settings->tls = options->tls;
    settings->allow_cleartext_auth = options->allow_cleartext_auth;
    settings->no_pipelining = options->no_pipelining;
    settings->no_chunking = options->no_chunking;
    settings->non_blocking = options->non_blocking;
    settings->timeout_ms = pn_settings_bound_ms(options->timeout_ms);
    settings->log = options->log;
    settings->log_context = options->log_context;
    settings->progress = options->progress;
    settings->progress_context = options->progress_context;
    return pn_options_copy_text(&settings->local_name, options->local_name) &&
                   pn_tls_settings_copy(&settings->tls_options, tls) &&
                   pn_credentials_copy(&settings->credentials, options)
               ? PNEU_OK
               : pn_fail(error, PNEU_NO_MEMORY, "no memory for a client");
}

pneu_status pn_settings_init(pn_settings *settings,
                             const pneu_client_options *given,
                             pneu_error *error)
{
    pneu_client_options options;
    pneu_tls_options tls = {0};
    *settings = (pn_settings){0};
    if (!pn_options_copy(&options, sizeof(options), given))
        return pn_fail(error, PNEU_INVALID,
                       "the size of the options is not set");
    options.size = sizeof(options);
    pneu_status status = check_names(&options, error);
    if (status == PNEU_OK)
        status = check_times(&options, &settings->timeouts, error);
    if (status == PNEU_OK)
        status = check_login(&options, error);
    if (status == PNEU_OK)
        status = check_tls(&options, &tls, error);
    if (status == PNEU_OK)
        status = read_route(settings, &options, error);
    if (status == PNEU_OK)
        status = copy(settings, &options, &tls, error);
    if (status != PNEU_OK)
        pn_settings_finish(settings);
    return status;
}

void pn_settings_finish(pn_settings *settings)
{
    pn_memory_free(settings->host);
    pn_memory_free(settings->shown);
    pn_memory_free(settings->local_name);
    pn_proxy_finish(&settings->proxy);
    pn_tls_settings_finish(&settings->tls_options);
    pn_credentials_finish(&settings->credentials);
    *settings = (pn_settings){0};
}
