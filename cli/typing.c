#include "cli/typing.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "cli/compose.h"
#include "cli/compose_typed.h"
#include "cli/exit.h"
#include "cli/input.h"
#include "cli/prompt.h"

enum {
    LINE_SIZE = 8192
};

static int ask(const char *question, const char *option, char **out,
               pn_problem *problem)
{
    char line[LINE_SIZE];
    if (!pn_prompt_line(question, line, sizeof(line)))
        return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                              "nothing was typed: give %s ADDRESS, or answer",
                              option);
    *out = pn_memory_copy_text(line, strlen(line));
    return *out != NULL ? PN_EXIT_OK : pn_problem_no_memory(problem);
}

/* Where the first of several addresses ends: at a comma, or, if it has no
 * angle brackets, at a blank. */
static size_t address_length(const char *text)
{
    bool quoted = false;
    bool bracketed = strcspn(text, "<\"") < strcspn(text, ",");
    size_t i = 0;
    for (; text[i] != '\0'; i++) {
        if (text[i] == '\\' && quoted && text[i + 1] != '\0')
            i++;
        else if (text[i] == '"')
            quoted = !quoted;
        else if (!quoted && (text[i] == ',' || (!bracketed && text[i] == ' ')))
            break;
    }
    return i;
}

/* Cuts text into its addresses, which options->to then points to. */
static int split(char *text, pn_list *to, pn_problem *problem)
{
    int exit = PN_EXIT_OK;
    while (exit == PN_EXIT_OK) {
        text += strspn(text, " \t,");
        size_t length = address_length(text);
        char *rest = text + length + (text[length] != '\0');
        if (length == 0)
            break;
        text[length] = '\0';
        exit = pn_list_add(to, text, problem);
        text = rest;
    }
    return exit;
}

static bool has_recipients(const pn_send_options *options)
{
    return options->to.count + options->cc.count + options->bcc.count > 0 ||
           options->to_file != NULL;
}

int pn_typing_addresses(pn_typing *typing, pn_send_options *options,
                        pn_problem *problem)
{
    int exit = PN_EXIT_OK;
    if (options->from == NULL) {
        exit = ask("From: ", "--from", &typing->from, problem);
        options->from = typing->from;
    }
    if (exit == PN_EXIT_OK && !has_recipients(options)) {
        exit = ask("To: ", "--to", &typing->to, problem);
        if (exit == PN_EXIT_OK)
            exit = split(typing->to, &options->to, problem);
        if (exit == PN_EXIT_OK && options->to.count == 0)
            exit = pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                                  "no recipient was typed");
    }
    return exit;
}

/* Of "Name: value" (RFC 5322 2.2); 0 if the line is no field. */
static size_t name_length(pn_span line)
{
    size_t length = 0;
    while (length < line.length && line.data[length] > ' ' &&
           line.data[length] < 127 && line.data[length] != ':')
        length++;
    return length < line.length && line.data[length] == ':' ? length : 0;
}

/* Cuts the next line off rest, without its end. */
static pn_span next_line(pn_span *rest)
{
    const char *end = memchr(rest->data, '\n', rest->length);
    size_t length = end != NULL ? (size_t)(end - rest->data) : rest->length;
    pn_span line = {rest->data, length};
    size_t used = length + (end != NULL);
    *rest = (pn_span){rest->data + used, rest->length - used};
    return line;
}

/* True if text begins with a header: fields, continued lines, and an empty
 * line after them. */
static bool has_header(pn_span text)
{
    size_t count = 0;
    while (text.length > 0) {
        pn_span line = next_line(&text);
        bool is_continued = count > 0 && line.length > 0 &&
                            (line.data[0] == ' ' || line.data[0] == '\t');
        if (line.length == 0)
            return count > 0;
        if (name_length(line) == 0 && !is_continued)
            return false;
        count++;
    }
    return false;
}

static int finish_message(const pn_envelope *envelope, pn_span text,
                          pn_buffer *message, pn_problem *problem)
{
    static const pn_list NONE = {0};
    static const pn_addresses NOBODY = {0};
    const pn_letter letter = {.from = &envelope->from,
                              .to = &envelope->to,
                              .cc = &NOBODY,
                              .text = text,
                              .text_option = "the message",
                              .headers = &NONE,
                              .attachments = &NONE};
    if (text.length == 0)
        return pn_problem_set(problem, PN_EXIT_DATA, PNEU_BAD_MESSAGE,
                              "nothing was typed, so nothing was sent");
    return has_header(text) ? pn_compose_typed(envelope, text, message, problem)
                            : pn_compose(&letter, message, problem);
}

int pn_typing_message(const pn_envelope *envelope, pn_buffer *message,
                      pn_problem *problem)
{
    pn_buffer text;
    fputs("The message, and ^D on a line of its own to end it; a header such "
          "as \"Subject: …\"\nmay come first, with an empty line after it:\n",
          stderr);
    int exit = pn_input_read("the message", "-", &text, problem);
    if (exit != PN_EXIT_OK)
        return exit;
    exit = finish_message(envelope, pn_buffer_span(&text), message, problem);
    pn_buffer_finish(&text);
    return exit;
}

void pn_typing_finish(pn_typing *typing)
{
    pn_memory_free(typing->from);
    pn_memory_free(typing->to);
    *typing = (pn_typing){0};
}
