#include "sasl/oauth_error.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"

enum {
    VALUE_SIZE = 100
};

static bool holds(pn_span text, pn_span part)
{
    for (size_t i = 0; i + part.length <= text.length; i++) {
        if (memcmp(text.data + i, part.data, part.length) == 0)
            return true;
    }
    return false;
}

static pn_span drop(pn_span text, size_t length)
{
    return (pn_span){text.data + length, text.length - length};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static pn_span skip_blanks(pn_span text)
{
    while (text.length > 0 && is_blank(text.data[0]))
        text = drop(text, 1);
    return text;
}

/* The inside of a string that begins at text, its escapes left as they are;
 * data is NULL if there is none. */
static pn_span string_at(pn_span text)
{
    pn_span none = {NULL, 0};
    if (text.length == 0 || text.data[0] != '"')
        return none;
    for (size_t i = 1; i < text.length; i++) {
        if (text.data[i] == '\\')
            i++;
        else if (text.data[i] == '"')
            return (pn_span){text.data + 1, i - 1};
    }
    return none;
}

/* A string, or a word such as 401. */
static pn_span value_at(pn_span text)
{
    pn_span value = string_at(text);
    if (value.data != NULL)
        return value;
    value = (pn_span){text.data, 0};
    while (value.length < text.length &&
           pn_ascii_is_alnum(text.data[value.length]))
        value.length++;
    return value;
}

/* The value of a member, wherever in the text it stands; empty if none. */
static pn_span member(pn_span json, pn_span key)
{
    while (json.length > 0) {
        pn_span found = string_at(json);
        if (found.data == NULL) {
            json = drop(json, 1);
            continue;
        }
        json = skip_blanks(drop(json, found.length + 2));
        if (json.length > 0 && json.data[0] == ':' && pn_span_equal(found, key))
            return value_at(skip_blanks(drop(json, 1)));
    }
    return (pn_span){NULL, 0};
}

void pn_oauth_error_tell(pn_span challenge, pn_span token, char *out,
                         size_t size)
{
    char status[VALUE_SIZE];
    char scope[VALUE_SIZE];
    out[0] = '\0';
    if (token.length > 0 && holds(challenge, token))
        return;
    pn_escape(member(challenge, PN_SPAN("status")), " ", status,
              sizeof(status));
    pn_escape(member(challenge, PN_SPAN("scope")), " ", scope, sizeof(scope));
    if (status[0] == '\0' && scope[0] == '\0') {
        pn_escape(challenge, " ", out, size < VALUE_SIZE ? size : VALUE_SIZE);
        return;
    }
    snprintf(out, size, "%s%s%s%s%s", status[0] != '\0' ? "status " : "",
             status, status[0] != '\0' && scope[0] != '\0' ? ", " : "",
             scope[0] != '\0' ? "scope " : "", scope);
}
