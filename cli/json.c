#include "cli/json.h"

#include <string.h>

#include "base/utf8.h"

/* Must be escaped (below 32, quote, backslash), or had better be: C1
 * controls, and what ends lines or turns the direction of text. */
static bool needs_escape(uint32_t c)
{
    return c < 32 || c == '"' || c == '\\' || (c >= 0x7f && c < 0xa0) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
           c == 0x200e || c == 0x200f || c == 0x61c || c == 0xfeff;
}

static void put_escaped(FILE *out, uint32_t c)
{
    if (c == '"' || c == '\\')
        fprintf(out, "\\%c", (int)c);
    else if (c == '\n')
        fputs("\\n", out);
    else
        fprintf(out, "\\u%04x", (unsigned)c);
}

static void put_string(FILE *out, const char *text)
{
    pn_span rest = pn_span_of(text);
    fputc('"', out);
    while (rest.length > 0) {
        uint32_t c = 0;
        size_t length = pn_utf8_length(rest, &c);
        if (length == 0) {
            put_escaped(out, (unsigned char)rest.data[0]);
            length = 1;
        } else if (needs_escape(c)) {
            put_escaped(out, c);
        } else {
            fwrite(rest.data, 1, length, out);
        }
        rest.data += length;
        rest.length -= length;
    }
    fputc('"', out);
}

static void begin_value(pn_json *json, const char *name)
{
    if (json->comma)
        fputs(", ", json->out);
    json->comma = true;
    if (name != NULL) {
        put_string(json->out, name);
        fputs(": ", json->out);
    }
}

void pn_json_open(pn_json *json, const char *name, char bracket)
{
    begin_value(json, name);
    fputc(bracket, json->out);
    json->comma = false;
}

void pn_json_close(pn_json *json, char bracket)
{
    fputc(bracket, json->out);
    json->comma = true;
}

void pn_json_null(pn_json *json, const char *name)
{
    begin_value(json, name);
    fputs("null", json->out);
}

void pn_json_number(pn_json *json, const char *name, int value)
{
    begin_value(json, name);
    fprintf(json->out, "%d", value);
}

void pn_json_bool(pn_json *json, const char *name, bool value)
{
    begin_value(json, name);
    fputs(value ? "true" : "false", json->out);
}

void pn_json_text(pn_json *json, const char *name, const char *text)
{
    if (text == NULL) {
        pn_json_null(json, name);
        return;
    }
    begin_value(json, name);
    put_string(json->out, text);
}

void pn_json_codes(pn_json *json, int code, pneu_enhanced_code enhanced)
{
    char text[32];
    snprintf(text, sizeof(text), "%u.%u.%u", (unsigned)enhanced.status_class,
             (unsigned)enhanced.subject, (unsigned)enhanced.detail);
    if (code != 0)
        pn_json_number(json, "code", code);
    else
        pn_json_null(json, "code");
    pn_json_text(json, "enhanced", enhanced.status_class != 0 ? text : NULL);
}
