#include "sink/mailing_lists.h"

#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "sink/list.h"
#include "wire/path.h"

void pn_sink_mailing_lists_finish(pn_sink_mailing_lists *lists)
{
    pn_memory_free(lists->list);
    *lists = (pn_sink_mailing_lists){0};
}

bool pn_sink_mailing_list_next(pn_span *members, pn_span *member)
{
    if (members->length == 0)
        return false;
    const char *comma = memchr(members->data, ',', members->length);
    size_t length =
        comma != NULL ? (size_t)(comma - members->data) : members->length;
    size_t skip = length + (comma != NULL);
    *member = pn_span_trim((pn_span){members->data, length});
    *members = (pn_span){members->data + skip, members->length - skip};
    return true;
}

static pneu_status check_members(pn_span members, pneu_error *error)
{
    pn_span member;
    size_t count = 0;
    pneu_status status = PNEU_OK;
    while (status == PNEU_OK && pn_sink_mailing_list_next(&members, &member)) {
        status = pn_path_check(member, 0, error);
        count++;
    }
    if (status == PNEU_OK && (count == 0 || count > PN_SINK_MEMBERS_MAX))
        status =
            pn_fail(error, PNEU_INVALID, "--list: a list has 1 to %d members",
                    PN_SINK_MEMBERS_MAX);
    return status;
}

pneu_status pn_sink_mailing_lists_add(pn_sink_mailing_lists *lists,
                                      const char *text, pneu_error *error)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL)
        return pn_fail(error, PNEU_INVALID,
                       "--list takes NAME=address,address, not \"%s\"", text);
    pn_sink_mailing_list added = {{text, (size_t)(equals - text)},
                                  pn_span_of(equals + 1)};
    pneu_status status = pn_path_check(added.name, PN_PATH_LOCAL, error);
    if (status == PNEU_OK)
        status = check_members(added.members, error);
    if (status != PNEU_OK)
        return status;
    pn_sink_mailing_list *place =
        pn_sink_list_add(&lists->list, &lists->count, sizeof(*place));
    if (place == NULL)
        return pn_fail(error, PNEU_NO_MEMORY, "no memory for the lists");
    *place = added;
    return PNEU_OK;
}

const pn_sink_mailing_list *
pn_sink_mailing_lists_find(const pn_sink_mailing_lists *lists, pn_span name)
{
    for (size_t i = 0; i < lists->count; i++) {
        if (pn_span_equal_nocase(lists->list[i].name, name))
            return &lists->list[i];
    }
    return NULL;
}
