#include "sink/oauth.h"

#include <string.h>

enum {
    NAME_MAX_OCTETS = 512
};

/* Between the fields, and twice at the end. */
static const char SEPARATOR = '\x01';

/* Cuts the next field off; false without the octet that ends it. */
static bool next_field(pn_span *rest, pn_span *field)
{
    const char *end =
        rest->length > 0 ? memchr(rest->data, SEPARATOR, rest->length) : NULL;
    if (end == NULL)
        return false;
    *field = (pn_span){rest->data, (size_t)(end - rest->data)};
    *rest = (pn_span){end + 1, rest->length - field->length - 1};
    return true;
}

static pn_span without(pn_span text, size_t start)
{
    return (pn_span){text.data + start, text.length - start};
}

/* RFC 6750 2.1: no blank, no control, ASCII only */
static bool is_token(pn_span token)
{
    for (size_t i = 0; i < token.length; i++) {
        char c = token.data[i];
        if (!pn_ascii_is_alnum(c) &&
            (c == '\0' || strchr("-._~+/=", c) == NULL))
            return false;
    }
    return token.length > 0;
}

/* "key=value" fields up to the empty one; the token is that of "auth". */
static bool find_token(pn_span rest, pn_span *token)
{
    static const pn_span AUTH = {"auth=Bearer ", 12};
    pn_span field;
    *token = (pn_span){NULL, 0};
    while (next_field(&rest, &field)) {
        if (field.length == 0)
            return rest.length == 0 && is_token(*token);
        if (memchr(field.data, '=', field.length) == NULL)
            return false;
        if (pn_span_starts_nocase(field, AUTH))
            *token = without(field, AUTH.length);
    }
    return false;
}

/* RFC 5801 4: "=2C" is a comma, "=3D" an equals sign */
static bool decode_name(pn_span text, char name[NAME_MAX_OCTETS])
{
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        pn_span escape = {text.data + i, text.length - i < 3 ? 0 : 3};
        if (c == '=') {
            bool comma = pn_span_equal(escape, PN_SPAN("=2C"));
            if (!comma && !pn_span_equal(escape, PN_SPAN("=3D")))
                return false;
            c = comma ? ',' : '=';
            i += 2;
        }
        if (length + 1 == NAME_MAX_OCTETS || c == '\0')
            return false;
        name[length++] = c;
    }
    name[length] = '\0';
    return true;
}

/* RFC 7628 3.1: "n,a=user," and the fields; the user may be left out */
static bool parse_bearer(pn_span message, char name[NAME_MAX_OCTETS],
                         pn_span *token)
{
    pn_span header;
    if (!next_field(&message, &header) || header.length < 3 ||
        header.data[header.length - 1] != ',' ||
        (!pn_span_starts_nocase(header, PN_SPAN("n,")) &&
         !pn_span_starts_nocase(header, PN_SPAN("y,"))))
        return false;
    pn_span who = {header.data + 2, header.length - 3};
    if (who.length > 0 && !pn_span_starts_nocase(who, PN_SPAN("a=")))
        return false;
    if (who.length > 0)
        who = without(who, 2);
    return decode_name(who, name) && find_token(message, token);
}

/* "user=somebody", and the token */
static bool parse_x(pn_span message, char name[NAME_MAX_OCTETS], pn_span *token)
{
    static const pn_span USER = {"user=", 5};
    pn_span field;
    if (!next_field(&message, &field) || !pn_span_starts_nocase(field, USER))
        return false;
    pn_span who = without(field, USER.length);
    if (who.length == 0 || who.length >= NAME_MAX_OCTETS ||
        memchr(who.data, '\0', who.length) != NULL)
        return false;
    memcpy(name, who.data, who.length);
    name[who.length] = '\0';
    return find_token(message, token);
}

pn_sink_oauth_result pn_sink_oauth_check(pn_sink_oauth_form form,
                                         pn_span message,
                                         const pn_sink_users *users,
                                         const char **user)
{
    char name[NAME_MAX_OCTETS] = "";
    pn_span token;
    bool parsed = form == PN_SINK_OAUTH_X ? parse_x(message, name, &token)
                                          : parse_bearer(message, name, &token);
    if (!parsed)
        return PN_SINK_OAUTH_MALFORMED;
    for (size_t i = 0; i < users->count; i++) {
        const pn_sink_user *known = &users->list[i];
        if ((name[0] == '\0' || strcmp(known->name, name) == 0) &&
            pn_span_equal(pn_span_of(known->password), token)) {
            *user = known->name;
            return PN_SINK_OAUTH_RIGHT;
        }
    }
    return PN_SINK_OAUTH_WRONG;
}

pn_span pn_sink_oauth_complaint(pn_sink_oauth_form form)
{
    if (form == PN_SINK_OAUTH_X)
        return PN_SPAN("{\"status\":\"401\",\"schemes\":\"bearer\","
                       "\"scope\":\"mail\"}");
    return PN_SPAN("{\"status\":\"invalid_token\",\"schemes\":\"bearer\","
                   "\"scope\":\"mail\"}");
}

bool pn_sink_oauth_is_answer(pn_sink_oauth_form form, pn_span response)
{
    return form == PN_SINK_OAUTH_X
               ? response.length == 0
               : response.length == 1 && response.data[0] == SEPARATOR;
}
