#include "cli/address.h"

#include <stdbool.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "cli/exit.h"
#include "cli/options.h"
#include "wire/path.h"

static int refuse(const char *option, const char *value, const char *reason,
                  pn_problem *problem)
{
    return pn_problem_set(problem, PN_EXIT_DATA, PNEU_BAD_ADDRESS,
                          "%s \"%.160s\" %s", option, value, reason);
}

/* Outside of quotes and angle brackets. */
static bool has_comma(const char *value)
{
    bool quoted = false;
    bool bracketed = false;
    for (; *value != '\0'; value++) {
        if (*value == '\\' && quoted && value[1] != '\0')
            value++;
        else if (*value == '"')
            quoted = !quoted;
        else if (!quoted && (*value == '<' || *value == '>'))
            bracketed = *value == '<';
        else if (*value == ',' && !quoted && !bracketed)
            return true;
    }
    return false;
}

static bool is_utf8(pn_span text)
{
    while (text.length > 0) {
        size_t length = pn_utf8_length(text, NULL);
        if (length == 0)
            return false;
        text.data += length;
        text.length -= length;
    }
    return true;
}

/* RFC 5322 3.2.4: the quotes are no part of the name, nor are backslashes. */
static char *unquote(pn_span name)
{
    char *copy = pn_memory_copy_text(name.data, name.length);
    if (copy == NULL || name.length < 2 || name.data[0] != '"' ||
        name.data[name.length - 1] != '"')
        return copy;
    size_t used = 0;
    for (size_t i = 1; i < name.length - 1; i++) {
        if (name.data[i] == '\\' && i + 1 < name.length - 1)
            i++;
        copy[used++] = name.data[i];
    }
    copy[used] = '\0';
    return copy;
}

/* The '<' of "Name <address>", NULL for a bare address. */
static const char *opening_bracket(pn_span value)
{
    if (value.length == 0 || value.data[value.length - 1] != '>')
        return NULL;
    for (size_t i = value.length; i-- > 0;) {
        if (value.data[i] == '<')
            return value.data + i;
    }
    return NULL;
}

static int check_name(pn_span name, const char *option, const char *value,
                      pn_problem *problem)
{
    bool quoted = name.length >= 2 && name.data[0] == '"' &&
                  name.data[name.length - 1] == '"';
    if (!is_utf8(name))
        return refuse(option, value, "has a name that is not UTF-8", problem);
    for (size_t i = 0; i < name.length; i++) {
        unsigned char c = (unsigned char)name.data[i];
        if (c < 32 || c == 127)
            return refuse(option, value, "has a name with a control character",
                          problem);
        if (!quoted && c != '\0' && strchr("<>\"@", c) != NULL)
            return refuse(option, value,
                          "is not one address: write bob@example.com or Bob "
                          "<bob@example.com>",
                          problem);
    }
    return PN_EXIT_OK;
}

static int check_path(pn_span path, const char *option, unsigned allowed,
                      pn_problem *problem)
{
    pneu_error error = {0};
    if (pn_path_is_postmaster(path))
        allowed |= PN_PATH_LOCAL;
    if (pn_path_check(path, allowed, &error) == PNEU_OK)
        return PN_EXIT_OK;
    pn_problem_set(problem, PN_EXIT_DATA, error.status, "%s: %.480s", option,
                   error.message);
    return PN_EXIT_DATA;
}

static int split(const char *option, const char *value, pn_span *name,
                 pn_span *path, pn_problem *problem)
{
    pn_span all = pn_span_trim(pn_span_of(value));
    const char *bracket = opening_bracket(all);
    *name = (pn_span){all.data, 0};
    *path = all;
    if (pn_options_check_line(option, value, PN_EXIT_DATA, problem) !=
        PN_EXIT_OK)
        return PN_EXIT_DATA;
    if (has_comma(value))
        return refuse(option, value,
                      "is a list: give the option once for each address",
                      problem);
    if (bracket == NULL)
        return PN_EXIT_OK;
    size_t before = (size_t)(bracket - all.data);
    *name = pn_span_trim((pn_span){all.data, before});
    *path = pn_span_trim((pn_span){bracket + 1, all.length - before - 2});
    return check_name(*name, option, value, problem);
}

int pn_address_parse(pn_address *address, const char *option, const char *value,
                     unsigned allowed, pn_problem *problem)
{
    pn_span name;
    pn_span path;
    *address = (pn_address){0};
    int exit = split(option, value, &name, &path, problem);
    if (exit == PN_EXIT_OK)
        exit = check_path(path, option, allowed, problem);
    if (exit != PN_EXIT_OK)
        return exit;
    address->address = pn_memory_copy_text(path.data, path.length);
    address->name = name.length > 0 ? unquote(name) : NULL;
    if (address->address != NULL && (name.length == 0 || address->name != NULL))
        return PN_EXIT_OK;
    pn_address_finish(address);
    return pn_problem_no_memory(problem);
}

void pn_address_finish(pn_address *address)
{
    pn_memory_free(address->name);
    pn_memory_free(address->address);
    *address = (pn_address){0};
}

int pn_addresses_add(pn_addresses *addresses, const char *option,
                     const char *value, unsigned allowed, pn_problem *problem)
{
    if (addresses->count == addresses->capacity) {
        size_t capacity =
            addresses->capacity == 0 ? 8 : addresses->capacity * 2;
        pn_address *items =
            pn_memory_resize(addresses->items, capacity, sizeof(*items));
        if (items == NULL)
            return pn_problem_no_memory(problem);
        addresses->items = items;
        addresses->capacity = capacity;
    }
    int exit = pn_address_parse(&addresses->items[addresses->count], option,
                                value, allowed, problem);
    if (exit == PN_EXIT_OK)
        addresses->count++;
    return exit;
}

void pn_addresses_finish(pn_addresses *addresses)
{
    for (size_t i = 0; i < addresses->count; i++)
        pn_address_finish(&addresses->items[i]);
    pn_memory_free(addresses->items);
    *addresses = (pn_addresses){0};
}
