#include "cli/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "cli/exit.h"
#include "cli/options.h"

int pn_value_refuse(const char *option, const char *value, const char *wanted,
                    pn_problem *problem)
{
    return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                          "%s cannot be \"%.100s\": %s", option, value, wanted);
}

int pn_value_word(const char *option, const char *value, pn_problem *problem)
{
    if (value[0] == '\0')
        return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                              "the value of %s is empty", option);
    return pn_options_check_line(option, value, PN_EXIT_USAGE, problem);
}

int pn_value_number(const char *option, const char *value, int64_t least,
                    int64_t most, pn_number *number, pn_problem *problem)
{
    char wanted[96];
    bool is_negative = value[0] == '-';
    uint64_t magnitude = 0;
    if (pn_span_number(pn_span_of(value + is_negative), &magnitude) &&
        magnitude <= INT32_MAX) {
        int64_t found = is_negative ? -(int64_t)magnitude : (int64_t)magnitude;
        *number = (pn_number){true, found};
        if (found >= least && found <= most)
            return PN_EXIT_OK;
    }
    snprintf(wanted, sizeof(wanted),
             "give a number from %" PRId64 " to %" PRId64, least, most);
    return pn_value_refuse(option, value, wanted, problem);
}

int pn_value_port(const char *option, const char *value, uint16_t *port,
                  pn_problem *problem)
{
    uint64_t number = 0;
    if (!pn_span_number(pn_span_of(value), &number) || number < 1 ||
        number > UINT16_MAX)
        return pn_value_refuse(option, value,
                               "a port is a number from 1 to 65535", problem);
    *port = (uint16_t)number;
    return PN_EXIT_OK;
}

int pn_value_seconds(const char *option, const char *value, int64_t *ms,
                     pn_problem *problem)
{
    static const char DIGITS[] = "0123456789.";
    bool is_plain = strspn(value, DIGITS) == strlen(value) &&
                    strpbrk(value, "123456789") != NULL &&
                    strchr(value, '.') == strrchr(value, '.');
    double seconds = is_plain ? strtod(value, NULL) : 0;
    if (!(seconds > 0 && seconds <= 1e9))
        return pn_value_refuse(option, value,
                               "give seconds, more than 0, such as 30 or 2.5",
                               problem);
    *ms = (int64_t)(seconds * 1000);
    if (*ms < 1)
        *ms = 1;
    return PN_EXIT_OK;
}

/* "choose auto, none or implicit" */
static void list_choices(const pn_choice *choices, char *out, size_t size)
{
    int used = snprintf(out, size, "choose %s", choices[0].word);
    for (size_t i = 1; choices[i].word != NULL; i++) {
        const char *between = choices[i + 1].word != NULL ? ", " : " or ";
        if (used > 0 && (size_t)used < size)
            used += snprintf(out + used, size - (size_t)used, "%s%s", between,
                             choices[i].word);
    }
}

int pn_value_choice(const char *option, const char *value,
                    const pn_choice *choices, int *chosen, pn_problem *problem)
{
    char wanted[128];
    for (const pn_choice *choice = choices; choice->word != NULL; choice++) {
        if (pn_span_equal_nocase(pn_span_of(value), pn_span_of(choice->word))) {
            *chosen = choice->value;
            return PN_EXIT_OK;
        }
    }
    list_choices(choices, wanted, sizeof(wanted));
    return pn_value_refuse(option, value, wanted, problem);
}
