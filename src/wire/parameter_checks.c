/* What is wrong with the parameters of MAIL and RCPT: their values, and what
 * the server does not offer. */
#include <string.h>

#include "base/fail.h"
#include "base/options.h"
#include "wire/date_time.h"
#include "wire/parameters.h"
#include "wire/path.h"
#include "wire/xtext.h"

enum {
    BY_MAX = 999999999,   /* RFC 2852 4: nine digits */
    HOLD_MAX = 999999999, /* RFC 4865 3 */
    PRIORITY_MAX = 9,     /* RFC 6710 4 */
    ENVID_MAX = 100,      /* RFC 3461 4.4 */
    ORCPT_MAX = 500       /* RFC 3461 4.2: as it is written */
};

/* One check under way: the offer, and where problems go. */
typedef struct check {
    const pn_offer *offer;
    pn_problems *problems;
    pneu_command command;
} check;

static pneu_error *next(const check *with)
{
    return pn_problems_next(with->problems);
}

static void invalid(const check *with, const char *reason)
{
    pn_fail(next(with), PNEU_INVALID, "%s", reason);
}

/* The parameters of an extension; NULL, with a problem told once, if it is not
 * offered. "" if nobody has asked yet. */
static const char *offered(const check *with, const char *extension,
                           const char *parameter)
{
    if (with->offer->extensions == NULL)
        return "";
    const char *found =
        pn_extensions_find(with->offer->extensions, pn_span_of(extension));
    if (found == NULL && pn_problems_is_news(with->problems, extension))
        pn_fail(next(with), PNEU_NOT_OFFERED,
                "%s was asked for, and the server does not offer %s: do "
                "without it, or use another server",
                parameter, extension);
    return found;
}

/* True if there is such a text, and nothing in it ends the line. */
static bool is_line(const check *with, const char *text, const char *parameter)
{
    if (text == NULL)
        return false;
    if (!pn_span_breaks_line(pn_span_of(text)))
        return true;
    pn_fail(next(with), PNEU_LINE_BREAK,
            "a CR or LF must not stand in %s of %s", parameter,
            with->command == PNEU_COMMAND_MAIL ? "MAIL" : "RCPT");
    return false;
}

static bool is_printable(pn_span text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (!pn_ascii_is_printable(text.data[i]))
            return false;
    }
    return true;
}

static void check_raw(const check *with, const char *raw)
{
    if (is_line(with, raw, "the raw parameters") &&
        strlen(raw) > PN_PARAMETERS_RAW_MAX)
        pn_fail(next(with), PNEU_TOO_LARGE,
                "the raw parameters have more than %d octets",
                PN_PARAMETERS_RAW_MAX);
}

static void check_body(const check *with, pneu_body_type body)
{
    if (body == PNEU_BODY_NOT_STATED)
        return;
    if (body == PNEU_BODY_BINARYMIME) {
        offered(with, "BINARYMIME", "BODY=BINARYMIME"); /* RFC 3030 3 */
        offered(with, "CHUNKING", "BODY=BINARYMIME");
    } else if (body == PNEU_BODY_7BIT || body == PNEU_BODY_8BITMIME) {
        offered(with, "8BITMIME", "BODY="); /* RFC 6152 3 */
    } else {
        invalid(with, "BODY= has a value that is none of pneu_body_type");
    }
}

/* RFC 3461 4.4 */
static void check_envid(const check *with, const char *envid)
{
    pn_span text = pn_span_of(envid);
    if (!is_line(with, envid, "ENVID="))
        return;
    offered(with, "DSN", "ENVID=");
    if (text.length == 0 || text.length > ENVID_MAX || !is_printable(text))
        pn_fail(next(with), PNEU_INVALID,
                "ENVID= must have 1 to %d characters, all printable ASCII",
                ENVID_MAX);
}

static void check_return(const check *with, pneu_return ret)
{
    if (ret == PNEU_RETURN_FULL || ret == PNEU_RETURN_HEADERS)
        offered(with, "DSN", "RET=");
    else if (ret != PNEU_RETURN_NOT_STATED)
        invalid(with, "RET= has a value that is none of pneu_return");
}

/* RFC 4954 5 */
static void check_auth(const check *with, const char *auth)
{
    pneu_error wrong;
    if (!is_line(with, auth, "AUTH="))
        return;
    offered(with, "AUTH", "AUTH=");
    pn_span address = pn_span_of(auth);
    if (pn_span_equal(address, PN_SPAN("<>")))
        return;
    if (pn_path_needs_utf8(address))
        invalid(with, "AUTH= must be an address in ASCII, or \"<>\"");
    else if (pn_path_check(address, PN_PATH_LOCAL, &wrong) != PNEU_OK)
        pn_fail(next(with), PNEU_INVALID, "AUTH=: %s", wrong.message);
}

/* RFC 2852 4: the minimum that the server states is for by-mode R alone. */
static void check_minimum(const check *with, const char *parameters,
                          int64_t seconds)
{
    uint64_t minimum = 0;
    if (parameters != NULL &&
        pn_span_number(pn_span_of(parameters), &minimum) && minimum <= BY_MAX &&
        (uint64_t)seconds < minimum)
        pn_fail(next(with), PNEU_INVALID,
                "BY= asks for %lld seconds, and the server takes no less than "
                "%llu",
                (long long)seconds, (unsigned long long)minimum);
}

static void check_by(const check *with, const pneu_mail_parameters *of)
{
    if (of->by == PNEU_DELIVER_BY_NOT_STATED) {
        if (of->by_seconds != 0 || of->by_trace)
            invalid(with, "by_seconds and by_trace mean nothing without by");
        return;
    }
    const char *parameters = offered(with, "DELIVERBY", "BY=");
    bool returns = of->by == PNEU_DELIVER_BY_RETURN;
    if (!returns && of->by != PNEU_DELIVER_BY_NOTIFY)
        invalid(with, "by has a value that is none of pneu_deliver_by");
    else if (of->by_seconds > BY_MAX || of->by_seconds < -BY_MAX)
        invalid(with, "BY= must be within 999,999,999 seconds");
    else if (returns && of->by_seconds < 1)
        invalid(with, "BY= that returns the message needs a second at least");
    else if (returns)
        check_minimum(with, parameters, of->by_seconds);
}

/* RFC 4865 3: "FUTURERELEASE seconds date-time" is as far as it goes. */
static void check_hold_limit(const check *with, const char *parameters,
                             const pneu_mail_parameters *of)
{
    uint64_t interval = 0;
    int64_t latest = 0;
    int64_t wanted = 0;
    pn_span rest = pn_span_of(parameters);
    pn_span word;
    if (pn_span_next_word(&rest, &word) && of->hold_seconds > 0 &&
        pn_span_number(word, &interval) && of->hold_seconds > interval)
        pn_fail(next(with), PNEU_INVALID,
                "HOLDFOR= asks for %u seconds, and the server holds a message "
                "for %llu at the most",
                (unsigned)of->hold_seconds, (unsigned long long)interval);
    if (pn_span_next_word(&rest, &word) && of->hold_until != NULL &&
        pn_date_time_parse(word, &latest) &&
        pn_date_time_parse(pn_span_of(of->hold_until), &wanted) &&
        wanted > latest)
        pn_fail(next(with), PNEU_INVALID,
                "HOLDUNTIL= asks for %s, and the server holds a message until "
                "%.*s at the latest",
                of->hold_until, (int)word.length, word.data);
}

static void check_hold(const check *with, const pneu_mail_parameters *of)
{
    int64_t seconds = 0;
    bool has_until = is_line(with, of->hold_until, "HOLDUNTIL=");
    if (!has_until && of->hold_seconds == 0)
        return;
    const char *parameters =
        offered(with, "FUTURERELEASE", has_until ? "HOLDUNTIL=" : "HOLDFOR=");
    if (has_until && of->hold_seconds > 0)
        invalid(with, "HOLDFOR= and HOLDUNTIL= cannot both be stated");
    else if (of->hold_seconds > HOLD_MAX)
        invalid(with, "HOLDFOR= must be within 999,999,999 seconds");
    else if (has_until &&
             !pn_date_time_parse(pn_span_of(of->hold_until), &seconds))
        invalid(with, "HOLDUNTIL= must be a date and a time as in "
                      "\"2026-11-22T18:00:00Z\"");
    else
        check_hold_limit(with, parameters, of);
}

static void check_priority(const check *with, const pneu_mail_parameters *of)
{
    if (!of->has_priority) {
        if (of->priority != 0)
            invalid(with, "priority means nothing without has_priority");
        return;
    }
    offered(with, "MT-PRIORITY", "MT-PRIORITY=");
    if (of->priority > PRIORITY_MAX || of->priority < -PRIORITY_MAX)
        invalid(with, "MT-PRIORITY= must be from -9 to 9");
}

/* RFC 8689 2, 4.2.1 */
static void check_require_tls(const check *with)
{
    if (with->offer->extensions != NULL && !with->offer->is_verified_tls)
        pn_fail(next(with), PNEU_UNPROTECTED,
                "REQUIRETLS was asked for, and this line is not under TLS "
                "with a verified certificate");
    offered(with, "REQUIRETLS", "REQUIRETLS");
}

void pn_parameters_check_mail(const pneu_mail_parameters *parameters,
                              const pn_offer *offer, pn_problems *problems)
{
    pneu_mail_parameters own;
    const check with = {offer, problems, PNEU_COMMAND_MAIL};
    if (!pn_options_copy(&own, sizeof(own), parameters)) {
        invalid(&with, "the size of MAIL's parameters is not set: use "
                       "PNEU_MAIL_PARAMETERS()");
        return;
    }
    if (own.octets > 0)
        offered(&with, "SIZE", "SIZE=");
    check_body(&with, own.body);
    if (own.smtputf8)
        offered(&with, "SMTPUTF8", "SMTPUTF8");
    check_return(&with, own.ret);
    check_envid(&with, own.envid);
    check_auth(&with, own.auth);
    check_by(&with, &own);
    check_hold(&with, &own);
    check_priority(&with, &own);
    if (own.require_tls)
        check_require_tls(&with);
    check_raw(&with, own.raw);
}

/* RFC 3461 4.1 */
static void check_notify(const check *with, unsigned notify)
{
    const unsigned all = PNEU_NOTIFY_NEVER | PNEU_NOTIFY_SUCCESS |
                         PNEU_NOTIFY_FAILURE | PNEU_NOTIFY_DELAY;
    if (notify == 0)
        return;
    offered(with, "DSN", "NOTIFY=");
    if ((notify & ~all) != 0)
        invalid(with, "NOTIFY= has a value that is none of PNEU_NOTIFY_…");
    else if ((notify & PNEU_NOTIFY_NEVER) != 0 && notify != PNEU_NOTIFY_NEVER)
        invalid(with, "NOTIFY=NEVER must stand alone");
}

/* RFC 3461 4.2: addr-type is an atom */
static bool is_atom(pn_span text)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (!pn_ascii_is_alnum(c) && strchr("!#$%&'*-/?^_`{|}~", c) == NULL)
            return false;
    }
    return text.length > 0;
}

static void check_orcpt_value(const check *with, pn_span address, pn_span type)
{
    bool is_utf8 = pn_span_equal_nocase(type, PN_SPAN("utf-8"));
    size_t length =
        is_utf8 ? pn_xtext_utf8_length(address) : pn_xtext_length(address);
    if (!is_atom(type))
        invalid(with, "ORCPT= has a type that is not one plain word");
    else if (address.length == 0)
        invalid(with, "ORCPT= is empty");
    else if (is_utf8 ? !pn_path_is_utf8(address) : !is_printable(address))
        pn_fail(next(with), PNEU_INVALID,
                "ORCPT= must be printable %s in the type \"%.*s\"",
                is_utf8 ? "UTF-8" : "ASCII", (int)type.length, type.data);
    else if (type.length + 1 + length > ORCPT_MAX)
        pn_fail(next(with), PNEU_INVALID,
                "ORCPT= must not have more than %d octets as it is written",
                ORCPT_MAX);
}

static void check_orcpt(const check *with, const pneu_rcpt_parameters *of)
{
    bool has_type = of->orcpt_type != NULL;
    pn_span address = pn_span_of(of->orcpt);
    if (has_type && !is_line(with, of->orcpt_type, "the type of ORCPT="))
        return;
    if (of->orcpt == NULL) {
        if (has_type)
            invalid(with, "orcpt_type means nothing without orcpt");
        return;
    }
    if (!is_line(with, of->orcpt, "ORCPT="))
        return;
    offered(with, "DSN", "ORCPT=");
    pn_span usual =
        pn_path_needs_utf8(address) ? PN_SPAN("utf-8") : PN_SPAN("rfc822");
    check_orcpt_value(with, address,
                      has_type ? pn_span_of(of->orcpt_type) : usual);
}

void pn_parameters_check_rcpt(const pneu_rcpt_parameters *parameters,
                              const pn_offer *offer, pn_problems *problems)
{
    pneu_rcpt_parameters own;
    const check with = {offer, problems, PNEU_COMMAND_RCPT};
    if (!pn_options_copy(&own, sizeof(own), parameters)) {
        invalid(&with, "the size of RCPT's parameters is not set: use "
                       "PNEU_RCPT_PARAMETERS()");
        return;
    }
    check_notify(&with, own.notify);
    check_orcpt(&with, &own);
    check_raw(&with, own.raw);
}
