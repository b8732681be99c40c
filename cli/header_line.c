#include "cli/header_line.h"

#include <string.h>

#include "base/utf8.h"
#include "cli/exit.h"
#include "cli/options.h"

static const struct {
    pn_span name;
    const char *instead;
} TAKEN[] = {
    {{"To", 2}, "use --to"},
    {{"Cc", 2}, "use --cc"},
    {{"Bcc", 3}, "use --bcc"},
    {{"Subject", 7}, "use --subject"},
    {{"MIME-Version", 12}, "it is always there"},
};

static int refuse(const char *text, const char *reason, pn_problem *problem)
{
    return pn_problem_set(problem, PN_EXIT_DATA, PNEU_BAD_MESSAGE,
                          "--header \"%.160s\" %s", text, reason);
}

/* RFC 5322 3.6.8: printable ASCII but the colon */
static bool is_field_name(pn_span name)
{
    for (size_t i = 0; i < name.length; i++) {
        if (name.data[i] <= ' ' || name.data[i] >= 127 || name.data[i] == ':')
            return false;
    }
    return name.length > 0 && name.length <= 76;
}

static bool is_text(pn_span value)
{
    while (value.length > 0) {
        size_t length = pn_utf8_length(value, NULL);
        unsigned char c = (unsigned char)value.data[0];
        if (length == 0 || (c < 32 && c != '\t') || c == 127)
            return false;
        value.data += length;
        value.length -= length;
    }
    return true;
}

static int check_name(pn_span name, const char *text, pn_problem *problem)
{
    if (!is_field_name(name))
        return refuse(text, "is not of the form 'Name: value'", problem);
    if (pn_span_starts_nocase(name, PN_SPAN("Content-")))
        return refuse(text, "is decided by --text and --attach", problem);
    for (size_t i = 0; i < sizeof(TAKEN) / sizeof(TAKEN[0]); i++) {
        if (pn_span_equal_nocase(name, TAKEN[i].name))
            return pn_problem_set(problem, PN_EXIT_DATA, PNEU_BAD_MESSAGE,
                                  "--header cannot set %s: %s",
                                  TAKEN[i].name.data, TAKEN[i].instead);
    }
    return PN_EXIT_OK;
}

static bool split(pn_header_line *line, const char *text)
{
    const char *colon = strchr(text, ':');
    size_t length = colon != NULL ? (size_t)(colon - text) : strlen(text);
    line->name = (pn_span){text, length};
    line->value = pn_span_trim(pn_span_of(colon != NULL ? colon + 1 : ""));
    return colon != NULL;
}

int pn_header_line_parse(pn_header_line *line, const char *text,
                         pn_problem *problem)
{
    int exit = pn_options_check_line("--header", text, PN_EXIT_DATA, problem);
    if (exit != PN_EXIT_OK)
        return exit;
    if (!split(line, text))
        return refuse(text, "is not of the form 'Name: value'", problem);
    exit = check_name(line->name, text, problem);
    if (exit != PN_EXIT_OK)
        return exit;
    if (!is_text(line->value))
        return refuse(text, "has a value that is not UTF-8 text", problem);
    return PN_EXIT_OK;
}

bool pn_header_line_among(const pn_list *lines, pn_span name)
{
    for (size_t i = 0; i < lines->count; i++) {
        pn_header_line line;
        split(&line, lines->items[i]);
        if (pn_span_equal_nocase(line.name, name))
            return true;
    }
    return false;
}
