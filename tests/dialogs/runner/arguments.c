#include "arguments.h"

#include <string.h>

bool next_argument(arguments *from)
{
    if (!script_next_word(&from->rest, &from->word))
        return false;
    from->value = script_split(&from->word);
    return true;
}

bool is_named(const arguments *now, const char *name)
{
    return strcmp(now->word.data, name) == 0;
}

const char *take_plain(arguments *from)
{
    return script_next_word(&from->rest, &from->word) ? from->word.data : "";
}

void called(world *in, pneu_status status, size_t events)
{
    if (world_note(in, status) == PNEU_OK)
        in->calls += events;
    else
        world_log(in, "misuse %s", pneu_status_name(status) + 5);
}
