#include "session/table.h"

#include <stddef.h>

#include "session/replies.h"

enum {
    LAST = false,
    FOLLOW = true
};

static const pn_command_row ROWS[] = {
#define ROW(id, name, place, phase, positive, intermediate, handler) \
    [PNEU_COMMAND_##id] = {name,     place,        PN_PHASE_##phase, \
                           positive, intermediate, pn_reply_to_##handler},
    PN_COMMAND_TABLE(ROW)
#undef ROW
};

static const struct {
    pn_state from;
    pn_cause cause;
    pn_state to;
} MOVES[] = {
#define MOVE(from, cause, to) \
    {PN_STATE_##from, PN_CAUSE_##cause, PN_STATE_##to},
    PN_MOVE_TABLE(MOVE)
#undef MOVE
};

const pn_command_row *pn_command_row_of(pneu_command command)
{
    return &ROWS[command];
}

pn_state pn_state_after(pn_state state, pn_cause cause)
{
    for (size_t i = 0; i < sizeof(MOVES) / sizeof(MOVES[0]); i++) {
        if (MOVES[i].from == state && MOVES[i].cause == cause)
            return MOVES[i].to;
    }
    return state;
}

const char *pneu_command_name(pneu_command command)
{
    return (size_t)command < sizeof(ROWS) / sizeof(ROWS[0]) ? ROWS[command].name
                                                            : "?";
}
