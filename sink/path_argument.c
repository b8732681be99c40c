#include "sink/path_argument.h"

#include <string.h>

#include "base/utf8.h"

/* RFC 5321 4.1.1.3: a source route is to be taken, and ignored */
static pn_span without_route(pn_span path)
{
    if (path.length == 0 || path.data[0] != '@')
        return path;
    const char *colon = memchr(path.data, ':', path.length);
    if (colon == NULL)
        return path;
    size_t skip = (size_t)(colon - path.data) + 1;
    return (pn_span){path.data + skip, path.length - skip};
}

/* Where the > that ends the path is: one inside a quoted local part does not
 * end it. NULL if there is none. */
static const char *path_end(pn_span text)
{
    bool quoted = false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (c == '>' && !quoted)
            return text.data + i;
    }
    return NULL;
}

bool pn_sink_path_parse(pn_span argument, pn_span keyword, pn_sink_path *path)
{
    if (argument.length < keyword.length + 2 ||
        !pn_span_starts_nocase(argument, keyword) ||
        argument.data[keyword.length] != '<')
        return false;
    pn_span rest = {argument.data + keyword.length + 1,
                    argument.length - keyword.length - 1};
    const char *end = path_end(rest);
    if (end == NULL)
        return false;
    size_t length = (size_t)(end - rest.data);
    path->address = without_route((pn_span){rest.data, length});
    path->parameters = (pn_span){end + 1, rest.length - length - 1};
    if (path->parameters.length > 0 && path->parameters.data[0] != ' ')
        return false;
    path->parameters = pn_span_trim(path->parameters);
    return true;
}

typedef bool value_check(pn_span value, pn_sink_parameters *parameters);

static bool check_size(pn_span value, pn_sink_parameters *parameters)
{
    /* RFC 1870 3: 1 to 20 digits */
    return value.length <= 20 && pn_span_number(value, &parameters->size);
}

static bool check_body(pn_span value, pn_sink_parameters *parameters)
{
    (void)parameters;
    return pn_span_equal_nocase(value, PN_SPAN("7BIT")) ||
           pn_span_equal_nocase(value, PN_SPAN("8BITMIME"));
}

static bool check_smtputf8(pn_span value, pn_sink_parameters *parameters)
{
    parameters->smtputf8 = true;
    return value.length == 0;
}

static bool check_ret(pn_span value, pn_sink_parameters *parameters)
{
    (void)parameters;
    return pn_span_equal_nocase(value, PN_SPAN("FULL")) ||
           pn_span_equal_nocase(value, PN_SPAN("HDRS"));
}

static bool is_hex(char c)
{
    return pn_ascii_is_digit(c) || (c >= 'A' && c <= 'F');
}

/* RFC 3461 4: printable ASCII, "+" and "=" only as +2B and +3D */
static bool is_xtext(pn_span value)
{
    for (size_t i = 0; i < value.length; i++) {
        char c = value.data[i];
        if (c < 33 || c > 126 || c == '=')
            return false;
        if (c != '+')
            continue;
        if (i + 2 >= value.length || !is_hex(value.data[i + 1]) ||
            !is_hex(value.data[i + 2]))
            return false;
        i += 2;
    }
    return true;
}

static bool check_envid(pn_span value, pn_sink_parameters *parameters)
{
    (void)parameters;
    return value.length > 0 && value.length <= 100 && is_xtext(value);
}

static bool check_auth(pn_span value, pn_sink_parameters *parameters)
{
    (void)parameters;
    return value.length > 0 && is_xtext(value);
}

/* RFC 3461 4.1: NEVER alone, or a list of the others */
static bool check_notify(pn_span value, pn_sink_parameters *parameters)
{
    static const pn_span WORDS[] = {
        {"SUCCESS", 7}, {"FAILURE", 7}, {"DELAY", 5}};
    (void)parameters;
    if (pn_span_equal_nocase(value, PN_SPAN("NEVER")))
        return true;
    while (value.length > 0) {
        const char *comma = memchr(value.data, ',', value.length);
        size_t length =
            comma != NULL ? (size_t)(comma - value.data) : value.length;
        pn_span word = {value.data, length};
        bool known = false;
        for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++)
            known = known || pn_span_equal_nocase(word, WORDS[i]);
        if (!known || (comma != NULL && length + 1 == value.length))
            return false;
        size_t skip = length + (comma != NULL);
        value = (pn_span){value.data + skip, value.length - skip};
        if (comma == NULL)
            return true;
    }
    return false;
}

/* RFC 3461 4.2, and RFC 6533 3 for what is not ASCII */
static bool check_orcpt(pn_span value, pn_sink_parameters *parameters)
{
    (void)parameters;
    const char *semicolon =
        value.length > 0 ? memchr(value.data, ';', value.length) : NULL;
    if (semicolon == NULL || semicolon == value.data)
        return false;
    size_t skip = (size_t)(semicolon - value.data) + 1;
    pn_span address = {value.data + skip, value.length - skip};
    pn_span kind = {value.data, skip - 1};
    if (!pn_span_equal_nocase(kind, PN_SPAN("utf-8")))
        return address.length > 0 && is_xtext(address);
    for (size_t i = 0; i < address.length;) {
        pn_span rest = {address.data + i, address.length - i};
        size_t length = pn_utf8_length(rest, NULL);
        if (length == 0)
            return false;
        i += length;
    }
    return address.length > 0;
}

static const struct {
    pn_span keyword;
    unsigned commands;
    unsigned extension;
    value_check *check;
} PARAMETERS[] = {
    {{"SIZE", 4}, PN_SINK_OF_MAIL, PN_SINK_SIZE, check_size},
    {{"BODY", 4}, PN_SINK_OF_MAIL, PN_SINK_8BITMIME, check_body},
    {{"SMTPUTF8", 8}, PN_SINK_OF_MAIL, PN_SINK_SMTPUTF8, check_smtputf8},
    {{"AUTH", 4}, PN_SINK_OF_MAIL, PN_SINK_AUTH, check_auth},
    {{"RET", 3}, PN_SINK_OF_MAIL, PN_SINK_DSN, check_ret},
    {{"ENVID", 5}, PN_SINK_OF_MAIL, PN_SINK_DSN, check_envid},
    {{"NOTIFY", 6}, PN_SINK_OF_RCPT, PN_SINK_DSN, check_notify},
    {{"ORCPT", 5}, PN_SINK_OF_RCPT, PN_SINK_DSN, check_orcpt},
};

enum {
    PARAMETER_COUNT = sizeof(PARAMETERS) / sizeof(PARAMETERS[0])
};

static size_t find(unsigned command, pn_span keyword, unsigned offered)
{
    size_t i = 0;
    while (i < PARAMETER_COUNT &&
           ((PARAMETERS[i].commands & command) == 0 ||
            (PARAMETERS[i].extension & offered) == 0 ||
            !pn_span_equal_nocase(PARAMETERS[i].keyword, keyword)))
        i++;
    return i;
}

const char *pn_sink_parameters_parse(unsigned command, pn_span list,
                                     unsigned offered,
                                     pn_sink_parameters *parameters,
                                     const char **text)
{
    unsigned seen = 0;
    pn_span word;
    *parameters = (pn_sink_parameters){0, false};
    while (pn_span_next_word(&list, &word)) {
        const char *equals = memchr(word.data, '=', word.length);
        size_t length =
            equals != NULL ? (size_t)(equals - word.data) : word.length;
        size_t skip = equals != NULL ? length + 1 : length;
        size_t i = find(command, (pn_span){word.data, length}, offered);
        if (i == PARAMETER_COUNT) {
            *text = "A parameter that is not known or not offered";
            return "555 5.5.4";
        }
        pn_span value = {word.data + skip, word.length - skip};
        if ((seen & 1U << i) != 0 || !PARAMETERS[i].check(value, parameters)) {
            *text = "A parameter that is given twice, or has a bad value";
            return "501 5.5.4";
        }
        seen |= 1U << i;
    }
    return NULL;
}
