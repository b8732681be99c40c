#include "sink/mailboxes.h"

#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "sink/list.h"
#include "wire/limits.h"
#include "wire/path.h"

void pn_sink_mailboxes_finish(pn_sink_mailboxes *mailboxes)
{
    pn_memory_free(mailboxes->list);
    *mailboxes = (pn_sink_mailboxes){0};
}

/* It goes into a reply line as it is. */
static pneu_status check_name(pn_span name, pneu_error *error)
{
    if (name.length > PN_PATH_MAX)
        return pn_fail(error, PNEU_INVALID,
                       "the name of a mailbox is longer than %d octets",
                       PN_PATH_MAX);
    for (size_t i = 0; i < name.length;) {
        uint32_t character = 0;
        pn_span rest = {name.data + i, name.length - i};
        size_t length = pn_utf8_length(rest, &character);
        if (length == 0 || character < 32 || character == 127)
            return pn_fail(error, PNEU_INVALID,
                           "the name of a mailbox holds an octet that cannot "
                           "stand in a reply");
        i += length;
    }
    return PNEU_OK;
}

pneu_status pn_sink_mailboxes_add(pn_sink_mailboxes *mailboxes,
                                  const char *text, pneu_error *error)
{
    pn_span whole = pn_span_trim(pn_span_of(text));
    pn_span address = whole;
    pn_span name = {whole.data, 0};
    const char *open = strrchr(text, '<');
    if (open != NULL && open >= whole.data && whole.length > 0 &&
        whole.data[whole.length - 1] == '>') {
        name.length = (size_t)(open - whole.data);
        address.data = open + 1;
        address.length = whole.length - name.length - 2;
    }
    pneu_status status = pn_path_check(address, 0, error);
    if (status == PNEU_OK)
        status = check_name(name, error);
    if (status != PNEU_OK)
        return status;
    pn_sink_mailbox *mailbox =
        pn_sink_list_add(&mailboxes->list, &mailboxes->count, sizeof(*mailbox));
    if (mailbox == NULL)
        return pn_fail(error, PNEU_NO_MEMORY, "no memory for the mailboxes");
    *mailbox = (pn_sink_mailbox){pn_span_trim(name), address};
    return PNEU_OK;
}

static pn_span local_part(pn_span address)
{
    size_t length = address.length;
    while (length > 0 && address.data[length - 1] != '@')
        length--;
    return (pn_span){address.data, length > 0 ? length - 1 : address.length};
}

const pn_sink_mailbox *
pn_sink_mailboxes_find(const pn_sink_mailboxes *mailboxes, pn_span wanted,
                       size_t *matches)
{
    const pn_sink_mailbox *found = NULL;
    *matches = 0;
    if (wanted.length > 1 && wanted.data[0] == '<' &&
        wanted.data[wanted.length - 1] == '>')
        wanted = (pn_span){wanted.data + 1, wanted.length - 2};
    for (size_t i = 0; i < mailboxes->count; i++) {
        const pn_sink_mailbox *mailbox = &mailboxes->list[i];
        if (!pn_span_equal_nocase(mailbox->address, wanted) &&
            !pn_span_equal_nocase(local_part(mailbox->address), wanted))
            continue;
        found = mailbox;
        ++*matches;
    }
    return found;
}
