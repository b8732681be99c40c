#include "cli/binding.h"

#include "cli/exit.h"
#include "cli/options.h"

static int check(const pn_binding *binding, const char *value,
                 pn_problem *problem)
{
    switch (binding->kind) {
    case PN_BIND_LINE:
        return pn_options_check_line(binding->option, value, PN_EXIT_USAGE,
                                     problem);
    case PN_BIND_WORD:
    case PN_BIND_WORDS:
        return pn_value_word(binding->option, value, problem);
    default:
        return PN_EXIT_OK;
    }
}

static int fill(const pn_binding *binding, void *field, const char *value,
                pn_problem *problem)
{
    switch (binding->kind) {
    case PN_BIND_SWITCH:
        *(bool *)field = true;
        return PN_EXIT_OK;
    case PN_BIND_TEXT:
    case PN_BIND_LINE:
    case PN_BIND_WORD:
        *(const char **)field = value;
        return PN_EXIT_OK;
    case PN_BIND_TEXTS:
    case PN_BIND_WORDS:
        return pn_list_add(field, value, problem);
    case PN_BIND_SECONDS:
        return pn_value_seconds(binding->option, value, field, problem);
    case PN_BIND_NUMBER:
        return pn_value_number(binding->option, value, binding->least,
                               binding->most, field, problem);
    case PN_BIND_PORT:
        return pn_value_port(binding->option, value, field, problem);
    case PN_BIND_CHOICE:
        return pn_value_choice(binding->option, value, binding->choices, field,
                               problem);
    case PN_BIND_END:
        break;
    }
    return PN_EXIT_OK;
}

int pn_binding_take(const pn_binding *table, void *structure, int id,
                    const char *value, bool *found, pn_problem *problem)
{
    *found = false;
    for (const pn_binding *binding = table; binding->kind != PN_BIND_END;
         binding++) {
        if (binding->id != id)
            continue;
        *found = true;
        int exit = check(binding, value, problem);
        return exit == PN_EXIT_OK
                   ? fill(binding, (char *)structure + binding->offset, value,
                          problem)
                   : exit;
    }
    return PN_EXIT_OK;
}
