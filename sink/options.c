/* The options: a table row each, and what it does. */
#include <getopt.h>
#include <string.h>

#include "base/fail.h"
#include "sink/auth.h"
#include "sink/option_rows.h"

static pneu_status set_help(pn_sink_options *options, const char *value,
                            pneu_error *error)
{
    (void)value;
    (void)error;
    options->help = true;
    return PNEU_OK;
}

static pneu_status set_number(uint64_t *number, uint64_t max, const char *name,
                              const char *value, pneu_error *error)
{
    if (pn_span_number(pn_span_of(value), number) && *number <= max)
        return PNEU_OK;
    return pn_fail(error, PNEU_INVALID,
                   "%s takes a number from 0 to %llu, not \"%s\"", name,
                   (unsigned long long)max, value);
}

static pneu_status set_listen(pn_sink_options *options, const char *value,
                              pneu_error *error)
{
    if (options->address_count == PN_SINK_LISTEN_MAX)
        return pn_fail(error, PNEU_INVALID,
                       "--listen may be given at most %d times",
                       PN_SINK_LISTEN_MAX);
    options->addresses[options->address_count++] = value;
    return PNEU_OK;
}

static pneu_status set_port(pn_sink_options *options, const char *value,
                            pneu_error *error)
{
    uint64_t port = 0;
    pneu_status status = set_number(&port, UINT16_MAX, "--port", value, error);
    options->port = (uint16_t)port;
    options->port_given = true;
    return status;
}

static pneu_status set_size(pn_sink_options *options, const char *value,
                            pneu_error *error)
{
    return set_number(&options->size, INT64_MAX, "--size", value, error);
}

static pneu_status set_recipients(pn_sink_options *options, const char *value,
                                  pneu_error *error)
{
    return set_number(&options->recipients_max, PN_SINK_RECIPIENTS_MAX,
                      "--max-recipients", value, error);
}

static pneu_status set_quit_after(pn_sink_options *options, const char *value,
                                  pneu_error *error)
{
    return set_number(&options->quit_after, INT64_MAX, "--quit-after", value,
                      error);
}

static pneu_status set_without(pn_sink_options *options, const char *value,
                               pneu_error *error)
{
    unsigned flag = pn_sink_extension_flag(value);
    const char *near = flag == 0 ? pn_sink_extension_suggest(value) : NULL;
    options->extensions &= ~flag;
    if (flag != 0)
        return PNEU_OK;
    if (near != NULL)
        return pn_fail(error, PNEU_INVALID,
                       "--without: \"%s\" is not an extension that is "
                       "offered; did you mean %s?",
                       value, near);
    return pn_fail(error, PNEU_INVALID,
                   "--without: \"%s\" is not an extension that is offered",
                   value);
}

static pneu_status set_tls(pn_sink_options *options, const char *value,
                           pneu_error *error)
{
    static const char *const MODES[] = {"none", "starttls", "implicit"};
    options->tls_given = true;
    for (unsigned i = 0; i < sizeof(MODES) / sizeof(MODES[0]); i++) {
        if (strcmp(value, MODES[i]) == 0) {
            options->tls = (pn_sink_tls_mode)i;
            return PNEU_OK;
        }
    }
    return pn_fail(error, PNEU_INVALID,
                   "--tls takes none, starttls or implicit, not \"%s\"", value);
}

static pneu_status set_version(pn_sink_tls_version *version, const char *name,
                               const char *value, pneu_error *error)
{
    *version = strcmp(value, "1.2") == 0 ? PN_SINK_TLS_1_2 : PN_SINK_TLS_1_3;
    if (*version == PN_SINK_TLS_1_2 || strcmp(value, "1.3") == 0)
        return PNEU_OK;
    return pn_fail(error, PNEU_INVALID, "%s takes 1.2 or 1.3, not \"%s\"", name,
                   value);
}

static pneu_status set_tls_min(pn_sink_options *options, const char *value,
                               pneu_error *error)
{
    return set_version(&options->tls_min, "--tls-min", value, error);
}

static pneu_status set_tls_max(pn_sink_options *options, const char *value,
                               pneu_error *error)
{
    return set_version(&options->tls_max, "--tls-max", value, error);
}

static pneu_status set_limit(pn_sink_options *options, const char *value,
                             pneu_error *error)
{
    return pn_sink_limits_set(&options->limits, value, error);
}

static pneu_status set_user(pn_sink_options *options, const char *value,
                            pneu_error *error)
{
    return pn_sink_users_add(&options->users, value, error);
}

static pneu_status set_password_file(pn_sink_options *options,
                                     const char *value, pneu_error *error)
{
    return pn_sink_users_password_file(&options->users, value, error);
}

static pneu_status set_password_env(pn_sink_options *options, const char *value,
                                    pneu_error *error)
{
    return pn_sink_users_password_env(&options->users, value, error);
}

static pneu_status set_user_file(pn_sink_options *options, const char *value,
                                 pneu_error *error)
{
    return pn_sink_users_read(&options->users, value, error);
}

static pneu_status set_mechanisms(pn_sink_options *options, const char *value,
                                  pneu_error *error)
{
    return pn_sink_mechanisms_add(&options->mechanisms, value, error);
}

static pneu_status set_mailbox(pn_sink_options *options, const char *value,
                               pneu_error *error)
{
    return pn_sink_mailboxes_add(&options->mailboxes, value, error);
}

static pneu_status set_list(pn_sink_options *options, const char *value,
                            pneu_error *error)
{
    return pn_sink_mailing_lists_add(&options->lists, value, error);
}

static pneu_status set_etrn(pn_sink_options *options, const char *value,
                            pneu_error *error)
{
    return pn_sink_rules_add(&options->etrn_nodes, value, "250 2.0.0", "",
                             error);
}

static pneu_status set_refuse(pn_sink_options *options, const char *value,
                              pneu_error *error)
{
    return pn_sink_rules_add(&options->refused_recipients, value, "550 5.1.1",
                             "... User unknown", error);
}

static pneu_status set_defer(pn_sink_options *options, const char *value,
                             pneu_error *error)
{
    return pn_sink_rules_add(&options->refused_recipients, value, "450 4.2.1",
                             "... Mailbox unavailable for now", error);
}

static pneu_status set_refuse_sender(pn_sink_options *options,
                                     const char *value, pneu_error *error)
{
    return pn_sink_rules_add(&options->refused_senders, value, "550 5.7.1",
                             "... Sender refused", error);
}

static pneu_status set_refuse_delivery(pn_sink_options *options,
                                       const char *value, pneu_error *error)
{
    return pn_sink_rules_add(&options->refused_deliveries, value, "552 5.2.2",
                             "... Mailbox full", error);
}

/* An option with a reply, or the usual one. */
static pneu_status set_reply(const char **reply, const char *value,
                             const char *usual, pneu_error *error)
{
    *reply = value != NULL ? value : usual;
    return pn_sink_reply_check(*reply, error);
}

static pneu_status set_refuse_data(pn_sink_options *options, const char *value,
                                   pneu_error *error)
{
    return set_reply(&options->refuse_data, value, "554 5.3.2 DATA refused",
                     error);
}

static pneu_status set_refuse_bdat(pn_sink_options *options, const char *value,
                                   pneu_error *error)
{
    return set_reply(&options->refuse_bdat, value,
                     "500 5.5.1 Command not recognized", error);
}

static pneu_status set_refuse_pipelining(pn_sink_options *options,
                                         const char *value, pneu_error *error)
{
    return set_reply(&options->refuse_pipelining, value,
                     "500 5.5.1 Commands must be sent one at a time", error);
}

static pneu_status set_refuse_content(pn_sink_options *options,
                                      const char *value, pneu_error *error)
{
    return set_reply(&options->refuse_content, value,
                     "554 5.7.1 Content refused", error);
}

static pneu_status set_verbose(pn_sink_options *options, const char *value,
                               pneu_error *error)
{
    (void)value;
    (void)error;
    options->log_level = PN_SINK_LOG_DIALOGUE;
    return PNEU_OK;
}

static pneu_status set_quiet(pn_sink_options *options, const char *value,
                             pneu_error *error)
{
    (void)value;
    (void)error;
    options->log_level = PN_SINK_LOG_QUIET;
    return PNEU_OK;
}

static pneu_status set_log(pn_sink_options *options, const char *value,
                           pneu_error *error)
{
    options->log_file = strcmp(value, "-") == 0 ? NULL : value;
    return set_verbose(options, value, error);
}

#define PLACE(field) NULL, offsetof(pn_sink_options, field)

const pn_sink_option_row PN_SINK_OPTION_ROWS[] = {
    {"allow-cleartext-auth", no_argument, PLACE(allow_cleartext_auth)},
    {"ca-file-out", required_argument, PLACE(ca_file_out)},
    {"cert", required_argument, PLACE(certificate_file)},
    {"cert-name", required_argument, PLACE(certificate_name)},
    {"client-ca", required_argument, PLACE(client_ca_file)},
    {"defer", required_argument, set_defer, 0},
    {"etrn", required_argument, set_etrn, 0},
    {"help", no_argument, set_help, 0},
    {"host-name", required_argument, PLACE(host_name)},
    {"json", no_argument, PLACE(json)},
    {"key", required_argument, PLACE(key_file)},
    {"lenient", no_argument, PLACE(lenient)},
    {"limit", required_argument, set_limit, 0},
    {"list", required_argument, set_list, 0},
    {"listen", required_argument, set_listen, 0},
    {"lmtp", no_argument, PLACE(lmtp)},
    {"log", required_argument, set_log, 0},
    {"mailbox", required_argument, set_mailbox, 0},
    {"maildir", required_argument, PLACE(maildir)},
    {"max-recipients", required_argument, set_recipients, 0},
    {"mechanisms", required_argument, set_mechanisms, 0},
    {"no-ehlo", no_argument, PLACE(no_ehlo)},
    {"password-env", required_argument, set_password_env, 0},
    {"password-file", required_argument, set_password_file, 0},
    {"port", required_argument, set_port, 0},
    {"port-file", required_argument, PLACE(port_file)},
    {"print", no_argument, PLACE(print)},
    {"quiet", no_argument, set_quiet, 0},
    {"quit-after", required_argument, set_quit_after, 0},
    {"refuse", required_argument, set_refuse, 0},
    {"refuse-bdat", optional_argument, set_refuse_bdat, 0},
    {"refuse-content", optional_argument, set_refuse_content, 0},
    {"refuse-data", optional_argument, set_refuse_data, 0},
    {"refuse-delivery", required_argument, set_refuse_delivery, 0},
    {"refuse-pipelining", optional_argument, set_refuse_pipelining, 0},
    {"refuse-sender", required_argument, set_refuse_sender, 0},
    {"require-auth", no_argument, PLACE(require_auth)},
    {"require-client-certificate", no_argument,
     PLACE(require_client_certificate)},
    {"require-tls", no_argument, PLACE(require_tls)},
    {"size", required_argument, set_size, 0},
    {"tls", required_argument, set_tls, 0},
    {"tls-max", required_argument, set_tls_max, 0},
    {"tls-min", required_argument, set_tls_min, 0},
    {"unix", required_argument, PLACE(unix_path)},
    {"user", required_argument, set_user, 0},
    {"user-file", required_argument, set_user_file, 0},
    {"verbose", no_argument, set_verbose, 0},
    {"without", required_argument, set_without, 0},
    {"xclient", no_argument, PLACE(xclient)},
};

const size_t PN_SINK_OPTION_COUNT =
    sizeof(PN_SINK_OPTION_ROWS) / sizeof(PN_SINK_OPTION_ROWS[0]);
