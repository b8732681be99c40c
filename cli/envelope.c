#include "cli/envelope.h"

#include <string.h>

#include "base/memory.h"
#include "cli/exit.h"
#include "cli/input.h"
#include "wire/path.h"

/* The end of it, unless all that is wrong is wanted. */
static int refuse(pn_envelope *envelope, int exit, pn_problem *problem)
{
    if (exit != PN_EXIT_DATA || !envelope->goes_on)
        return exit;
    exit = pn_problem_list_add(&envelope->problems, problem, problem);
    if (exit == PN_EXIT_OK)
        *problem = (pn_problem){0};
    return exit;
}

static int add_one(pn_envelope *envelope, pn_addresses *addresses,
                   const char *option, const char *value, unsigned allowed,
                   pn_problem *problem)
{
    int exit = pn_addresses_add(addresses, option, value, allowed, problem);
    return refuse(envelope, exit, problem);
}

static int add_all(pn_envelope *envelope, pn_addresses *addresses,
                   const char *option, const pn_list *values, unsigned allowed,
                   pn_problem *problem)
{
    int exit = PN_EXIT_OK;
    for (size_t i = 0; i < values->count && exit == PN_EXIT_OK; i++)
        exit = add_one(envelope, addresses, option, values->items[i], allowed,
                       problem);
    return exit;
}

/* Empty lines and lines that begin with # are passed over. */
static int add_line(pn_envelope *envelope, pn_span line, unsigned allowed,
                    pn_problem *problem)
{
    static const char OPTION[] = "--to-file";
    if (line.length > 0 && line.data[line.length - 1] == '\r')
        line.length--;
    line = pn_span_trim(line);
    if (line.length == 0 || line.data[0] == '#')
        return PN_EXIT_OK;
    if (memchr(line.data, '\0', line.length) != NULL)
        return pn_problem_set(problem, PN_EXIT_DATA, PNEU_BAD_ADDRESS,
                              "%s holds a NUL: one address a line is wanted",
                              OPTION);
    char *text = pn_memory_copy_text(line.data, line.length);
    if (text == NULL)
        return pn_problem_no_memory(problem);
    int exit =
        add_one(envelope, &envelope->others, OPTION, text, allowed, problem);
    pn_memory_free(text);
    return exit;
}

static int add_file(pn_envelope *envelope, const char *path, unsigned allowed,
                    pn_problem *problem)
{
    pn_buffer octets;
    if (path == NULL)
        return PN_EXIT_OK;
    int exit = pn_input_read("--to-file", path, &octets, problem);
    if (exit != PN_EXIT_OK)
        return exit;
    pn_span rest = pn_buffer_span(&octets);
    while (rest.length > 0 && exit == PN_EXIT_OK) {
        const char *end = memchr(rest.data, '\n', rest.length);
        size_t length = end != NULL ? (size_t)(end - rest.data) : rest.length;
        size_t used = length + (end != NULL);
        exit =
            add_line(envelope, (pn_span){rest.data, length}, allowed, problem);
        rest = (pn_span){rest.data + used, rest.length - used};
    }
    pn_buffer_finish(&octets);
    return exit;
}

static int set_sender(pn_envelope *envelope, const char *from, unsigned allowed,
                      pn_problem *problem)
{
    int exit = pn_address_parse(&envelope->from, "--from", from,
                                allowed | PN_PATH_NULL, problem);
    if (exit == PN_EXIT_OK)
        return exit;
    exit = refuse(envelope, exit, problem);
    if (exit != PN_EXIT_OK)
        return exit;
    envelope->from.address = pn_memory_copy_text("", 0);
    return envelope->from.address != NULL ? PN_EXIT_OK
                                          : pn_problem_no_memory(problem);
}

static int collect(pn_list *recipients, const pn_addresses *addresses,
                   pn_problem *problem)
{
    int exit = PN_EXIT_OK;
    for (size_t i = 0; i < addresses->count && exit == PN_EXIT_OK; i++)
        exit = pn_list_add(recipients, addresses->items[i].address, problem);
    return exit;
}

static int collect_all(pn_envelope *envelope, pn_problem *problem)
{
    int exit = collect(&envelope->recipients, &envelope->to, problem);
    if (exit == PN_EXIT_OK)
        exit = collect(&envelope->recipients, &envelope->cc, problem);
    if (exit == PN_EXIT_OK)
        exit = collect(&envelope->recipients, &envelope->others, problem);
    if (exit == PN_EXIT_OK && envelope->recipients.count == 0 &&
        envelope->problems.count == 0)
        exit = pn_problem_set(problem, PN_EXIT_DATA, PNEU_BAD_ADDRESS,
                              "the file of --to-file names nobody");
    return exit;
}

int pn_envelope_fill(pn_envelope *envelope, const pn_send_options *options,
                     pn_problem *problem)
{
    /* a mailbox of an LMTP server may have no domain */
    unsigned allowed = options->connection.lmtp ? PN_PATH_LOCAL : 0;
    int exit = set_sender(envelope, options->from, allowed, problem);
    if (exit == PN_EXIT_OK)
        exit = add_all(envelope, &envelope->to, "--to", &options->to, allowed,
                       problem);
    if (exit == PN_EXIT_OK)
        exit = add_all(envelope, &envelope->cc, "--cc", &options->cc, allowed,
                       problem);
    if (exit == PN_EXIT_OK)
        exit = add_all(envelope, &envelope->others, "--bcc", &options->bcc,
                       allowed, problem);
    if (exit == PN_EXIT_OK)
        exit = add_file(envelope, options->to_file, allowed, problem);
    return exit == PN_EXIT_OK ? collect_all(envelope, problem) : exit;
}

void pn_envelope_finish(pn_envelope *envelope)
{
    pn_address_finish(&envelope->from);
    pn_addresses_finish(&envelope->to);
    pn_addresses_finish(&envelope->cc);
    pn_addresses_finish(&envelope->others);
    pn_list_finish(&envelope->recipients);
    pn_problem_list_finish(&envelope->problems);
}
