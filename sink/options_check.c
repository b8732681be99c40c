#include "sink/options_check.h"

#include "base/fail.h"
#include "sink/auth.h"
#include "wire/limits.h"

static pneu_status check_listening(pn_sink_options *options, pneu_error *error)
{
    /* a Unix socket alone, unless TCP is asked for too */
    bool tcp = options->unix_path == NULL || options->port_given ||
               options->address_count > 0;
    if (tcp && options->address_count == 0)
        options->addresses[options->address_count++] = "127.0.0.1";
    if (!tcp && options->port_file != NULL)
        return pn_fail(error, PNEU_INVALID,
                       "--port-file has no port to write: --unix was given "
                       "without --listen or --port");
    return PNEU_OK;
}

static pneu_status check_tls(pn_sink_options *options, pneu_error *error)
{
    bool own = options->certificate_file != NULL;
    if (!options->tls_given && (own || options->ca_file_out != NULL))
        options->tls = PN_SINK_TLS_STARTTLS;
    if (options->key_file != NULL && !own)
        return pn_fail(error, PNEU_INVALID, "--key needs --cert");
    if (own && options->ca_file_out != NULL)
        return pn_fail(error, PNEU_INVALID,
                       "--ca-file-out has nothing to write: with --cert no "
                       "certificate is made");
    if (own && options->certificate_name != NULL)
        return pn_fail(error, PNEU_INVALID,
                       "--cert-name is for a certificate that is made here, "
                       "not for one given by --cert");
    if (options->tls_min > options->tls_max)
        return pn_fail(error, PNEU_INVALID,
                       "--tls-min is above --tls-max: no version is left");
    if (options->require_client_certificate && options->client_ca_file == NULL)
        return pn_fail(error, PNEU_INVALID,
                       "--require-client-certificate needs --client-ca");
    if (options->tls != PN_SINK_TLS_NONE)
        return PNEU_OK;
    if (own || options->ca_file_out != NULL || options->require_tls ||
        options->certificate_name != NULL ||
        options->tls_max != PN_SINK_TLS_1_3 ||
        options->tls_min != PN_SINK_TLS_1_2 || options->client_ca_file != NULL)
        return pn_fail(error, PNEU_INVALID,
                       "without TLS its options do nothing: give --tls "
                       "starttls or --tls implicit");
    return PNEU_OK;
}

static pneu_status check_auth(const pn_sink_options *options, pneu_error *error)
{
    pneu_status status = pn_sink_users_check(&options->users, error);
    if (status != PNEU_OK || pn_sink_mechanisms_any(options))
        return status;
    if (options->users.count > 0) /* EXTERNAL alone */
        return pn_fail(error, PNEU_INVALID,
                       "--mechanisms EXTERNAL needs --client-ca");
    if (options->require_auth || options->mechanisms != 0 ||
        options->allow_cleartext_auth)
        return pn_fail(error, PNEU_INVALID,
                       "there is nobody who could authenticate: give --user "
                       "or --user-file");
    return PNEU_OK;
}

static bool is_host_name(const char *name)
{
    pn_span text = pn_span_of(name);
    for (size_t i = 0; i < text.length; i++) {
        if (!pn_ascii_is_printable(name[i]) || name[i] == ' ' || name[i] == '/')
            return false;
    }
    return text.length > 0 && text.length <= PN_DOMAIN_MAX;
}

pneu_status pn_sink_options_check(pn_sink_options *options, pneu_error *error)
{
    pneu_status status = check_listening(options, error);
    if (status == PNEU_OK)
        status = check_tls(options, error);
    if (status == PNEU_OK)
        status = check_auth(options, error);
    if (status != PNEU_OK)
        return status;
    if (!is_host_name(options->host_name))
        return pn_fail(error, PNEU_INVALID,
                       "--host-name takes a host name, not \"%s\"",
                       options->host_name);
    if (options->json && options->print)
        return pn_fail(error, PNEU_INVALID,
                       "--json and --print both write to standard output: "
                       "choose one");
    if (options->lmtp && options->no_ehlo)
        return pn_fail(error, PNEU_INVALID,
                       "--no-ehlo is not for LMTP, which has no EHLO");
    if (options->lmtp && (options->xclient || options->etrn_nodes.count > 0))
        return pn_fail(error, PNEU_INVALID,
                       "--xclient and --etrn are for SMTP, not for LMTP");
    if (!options->lmtp && options->refused_deliveries.count > 0)
        return pn_fail(error, PNEU_INVALID,
                       "--refuse-delivery is for LMTP: SMTP has one reply for "
                       "all recipients (--refuse-content)");
    return PNEU_OK;
}
