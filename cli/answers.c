#include "cli/answers.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "cli/exit.h"
#include "cli/result.h"
#include "cli/terminal.h"

int pn_answer_set(pn_answer *answer, const pneu_reply *reply,
                  pn_problem *problem)
{
    answer->code = reply->code;
    answer->enhanced = reply->enhanced;
    answer->text = pn_memory_copy_text(reply->text, reply->text_length);
    return answer->text != NULL ? PN_EXIT_OK : pn_problem_no_memory(problem);
}

/* Python prefers ' and takes " for a text that holds ' and no ". */
static char quote_for(const char *text)
{
    return strchr(text, '\'') != NULL && strchr(text, '"') == NULL ? '"' : '\'';
}

/* The text as a Python literal; to be freed with pn_memory_free. */
static char *literal(const char *text)
{
    char quote = quote_for(text);
    char *raw = pn_memory_new(2 * strlen(text) + 3, 1);
    size_t used = 0;
    if (raw == NULL)
        return NULL;
    raw[used++] = quote;
    for (; *text != '\0'; text++) {
        if (*text == '\\' || *text == quote)
            raw[used++] = '\\';
        raw[used++] = *text;
    }
    raw[used] = quote;
    char *safe = pn_terminal_escape(raw, "\\n");
    pn_memory_free(raw);
    return safe;
}

void pn_answer_print(const pn_answer *answer, int width)
{
    char *name = pn_terminal_escape(answer->address, "\\n");
    char *text = literal(answer->text);
    int gap = width - pn_terminal_width(name != NULL ? name : "");
    printf("%s%*s: (%d, %s)\n", name != NULL ? name : "?", gap > 0 ? gap : 0,
           "", answer->code, text != NULL ? text : "'?'");
    pn_memory_free(name);
    pn_memory_free(text);
}

static const char *meaning(const pn_answer *answer)
{
    int code = answer->code;
    if (code == 0)
        return "not asked";
    if (answer->is_list && code < 300)
        return "expanded";
    if (code == 252)
        return "cannot verify";
    if (code < 300)
        return "verified";
    return code < 500 ? "refused for now" : "refused for good";
}

static void write_answer(pn_json *json, const pn_answer *answer)
{
    pn_json_open(json, NULL, '{');
    pn_json_text(json, "address", answer->address);
    pn_json_text(json, "command",
                 pneu_command_name(answer->is_list ? PNEU_COMMAND_EXPN
                                                   : PNEU_COMMAND_VRFY));
    pn_json_text(json, "outcome", meaning(answer));
    pn_json_codes(json, answer->code, answer->enhanced);
    pn_json_text(json, "text", answer->text);
    pn_json_close(json, '}');
}

void pn_answers_json(const pn_answer *answers, size_t count,
                     const pn_problem *problem)
{
    pn_json json = {.out = stdout};
    pn_json_open(&json, NULL, '{');
    pn_json_text(&json, "status", pneu_status_name(problem->error.status));
    pn_json_number(&json, "exit", problem->exit);
    pn_json_open(&json, "addresses", '[');
    for (size_t i = 0; i < count; i++)
        write_answer(&json, &answers[i]);
    pn_json_close(&json, ']');
    pn_result_error(&json, problem);
    pn_json_close(&json, '}');
    putchar('\n');
}
