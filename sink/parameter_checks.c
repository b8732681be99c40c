#include "sink/parameter_checks.h"

#include <string.h>
#include <time.h>

#include "base/utf8.h"
#include "sink/extensions.h"
#include "sink/xtext.h"
#include "wire/date_time.h"

enum {
    ENVID_MAX = 100,     /* RFC 3461 4.4 */
    ORCPT_MAX = 500,     /* RFC 3461 4.2 */
    SECONDS_DIGITS = 9,  /* RFC 2852 4, RFC 4865 3 */
    PRIORITY_DIGITS = 1, /* RFC 6710 3: -9 to 9 */
    SIZE_DIGITS = 20     /* RFC 1870 3 */
};

/* One to so many digits. */
static bool take_digits(pn_span text, size_t max, uint64_t *number)
{
    return text.length > 0 && text.length <= max &&
           pn_span_number(text, number);
}

bool pn_sink_check_size(pn_span value, const pn_sink_parameter_rules *rules,
                        pn_sink_parameters *parameters)
{
    (void)rules;
    return take_digits(value, SIZE_DIGITS, &parameters->size);
}

/* RFC 6152 2, RFC 3030 3 */
bool pn_sink_check_body(pn_span value, const pn_sink_parameter_rules *rules,
                        pn_sink_parameters *parameters)
{
    parameters->binary = (rules->offered & PN_SINK_BINARYMIME) != 0 &&
                         pn_span_equal_nocase(value, PN_SPAN("BINARYMIME"));
    return parameters->binary ||
           ((rules->offered & PN_SINK_8BITMIME) != 0 &&
            (pn_span_equal_nocase(value, PN_SPAN("7BIT")) ||
             pn_span_equal_nocase(value, PN_SPAN("8BITMIME"))));
}

bool pn_sink_check_smtputf8(pn_span value, const pn_sink_parameter_rules *rules,
                            pn_sink_parameters *parameters)
{
    (void)rules;
    parameters->smtputf8 = true;
    return value.length == 0;
}

/* RFC 8689 2: it has no value */
bool pn_sink_check_nothing(pn_span value, const pn_sink_parameter_rules *rules,
                           pn_sink_parameters *parameters)
{
    (void)rules;
    (void)parameters;
    return value.length == 0;
}

bool pn_sink_check_ret(pn_span value, const pn_sink_parameter_rules *rules,
                       pn_sink_parameters *parameters)
{
    (void)rules;
    (void)parameters;
    return pn_span_equal_nocase(value, PN_SPAN("FULL")) ||
           pn_span_equal_nocase(value, PN_SPAN("HDRS"));
}

bool pn_sink_check_envid(pn_span value, const pn_sink_parameter_rules *rules,
                         pn_sink_parameters *parameters)
{
    (void)rules;
    (void)parameters;
    return value.length > 0 && value.length <= ENVID_MAX &&
           pn_sink_xtext_check(value, true);
}

/* RFC 4954 5: "<>", or a mailbox as xtext */
bool pn_sink_check_auth(pn_span value, const pn_sink_parameter_rules *rules,
                        pn_sink_parameters *parameters)
{
    (void)rules;
    (void)parameters;
    return value.length > 0 && pn_sink_xtext_check(value, false);
}

static bool is_notify_word(pn_span word)
{
    return pn_span_equal_nocase(word, PN_SPAN("SUCCESS")) ||
           pn_span_equal_nocase(word, PN_SPAN("FAILURE")) ||
           pn_span_equal_nocase(word, PN_SPAN("DELAY"));
}

/* RFC 3461 4.1: NEVER alone, or a list of the others */
bool pn_sink_check_notify(pn_span value, const pn_sink_parameter_rules *rules,
                          pn_sink_parameters *parameters)
{
    (void)rules;
    (void)parameters;
    if (pn_span_equal_nocase(value, PN_SPAN("NEVER")))
        return true;
    for (;;) {
        const char *comma =
            value.length > 0 ? memchr(value.data, ',', value.length) : NULL;
        size_t length =
            comma != NULL ? (size_t)(comma - value.data) : value.length;
        if (!is_notify_word((pn_span){value.data, length}))
            return false;
        if (comma == NULL)
            return true;
        value = (pn_span){comma + 1, value.length - length - 1};
    }
}

/* RFC 6533 3: UTF-8, and what may not stand there itself as \x{…} */
static bool is_utf8_address(pn_span address)
{
    for (size_t i = 0; i < address.length;) {
        uint32_t c = 0;
        pn_span rest = {address.data + i, address.length - i};
        size_t length = pn_utf8_length(rest, &c);
        if (length == 0 || c <= 32 || (c >= 127 && c < 160) || c == '=' ||
            c == '+')
            return false;
        i += length;
    }
    return address.length > 0;
}

/* The kind of an address: an atom. */
static bool is_kind(pn_span kind)
{
    for (size_t i = 0; i < kind.length; i++) {
        if (!pn_ascii_is_alnum(kind.data[i]) && kind.data[i] != '-')
            return false;
    }
    return kind.length > 0;
}

/* RFC 3461 4.2 */
bool pn_sink_check_orcpt(pn_span value, const pn_sink_parameter_rules *rules,
                         pn_sink_parameters *parameters)
{
    (void)rules;
    (void)parameters;
    const char *semicolon =
        value.length > 0 ? memchr(value.data, ';', value.length) : NULL;
    if (semicolon == NULL || value.length > ORCPT_MAX)
        return false;
    pn_span kind = {value.data, (size_t)(semicolon - value.data)};
    pn_span address = {semicolon + 1, value.length - kind.length - 1};
    if (!is_kind(kind))
        return false;
    if (pn_span_equal_nocase(kind, PN_SPAN("utf-8")))
        return is_utf8_address(address);
    return address.length > 0 && pn_sink_xtext_check(address, true);
}

/* RFC 2852 4: seconds, perhaps negative, and R or N, with T for a trace. With
 * R they are positive, and no fewer than the minimum that was stated. */
bool pn_sink_check_by(pn_span value, const pn_sink_parameter_rules *rules,
                      pn_sink_parameters *parameters)
{
    (void)parameters;
    uint64_t seconds = 0;
    const char *semicolon =
        value.length > 0 ? memchr(value.data, ';', value.length) : NULL;
    if (semicolon == NULL)
        return false;
    pn_span number = {value.data, (size_t)(semicolon - value.data)};
    pn_span mode = {semicolon + 1, value.length - number.length - 1};
    bool negative = number.length > 0 && number.data[0] == '-';
    if (negative)
        number = (pn_span){number.data + 1, number.length - 1};
    if (!take_digits(number, SECONDS_DIGITS, &seconds))
        return false;
    if (mode.length == 2 && pn_ascii_lower(mode.data[1]) == 't')
        mode.length = 1;
    if (pn_span_equal_nocase(mode, PN_SPAN("N")))
        return true;
    return pn_span_equal_nocase(mode, PN_SPAN("R")) && !negative &&
           seconds > 0 && seconds >= rules->limits->deliver_by_min;
}

/* RFC 4865 4: not longer than was stated */
bool pn_sink_check_holdfor(pn_span value, const pn_sink_parameter_rules *rules,
                           pn_sink_parameters *parameters)
{
    (void)parameters;
    uint64_t seconds = 0;
    return take_digits(value, SECONDS_DIGITS, &seconds) && seconds > 0 &&
           seconds <= rules->limits->hold_max;
}

/* RFC 4865 4: to come, and not further away than was stated */
bool pn_sink_check_holduntil(pn_span value,
                             const pn_sink_parameter_rules *rules,
                             pn_sink_parameters *parameters)
{
    (void)parameters;
    int64_t moment = 0;
    int64_t now = (int64_t)time(NULL);
    return pn_date_time_parse(value, &moment) && moment > now &&
           moment - now <= (int64_t)rules->limits->hold_max;
}

bool pn_sink_check_priority(pn_span value, const pn_sink_parameter_rules *rules,
                            pn_sink_parameters *parameters)
{
    (void)rules;
    (void)parameters;
    uint64_t priority = 0;
    bool negative = value.length > 0 && value.data[0] == '-';
    if (negative)
        value = (pn_span){value.data + 1, value.length - 1};
    return take_digits(value, PRIORITY_DIGITS, &priority) &&
           (priority > 0 || !negative);
}
