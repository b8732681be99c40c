#include "session/patience.h"

static const int64_t SECONDS[] = {
#define PHASE_ROW(name, seconds) [PN_PHASE_##name] = (seconds),
    PN_PHASE_LIST(PHASE_ROW)
#undef PHASE_ROW
};

int64_t pn_patience_ms(pn_phase phase, int64_t timeout_ms)
{
    int64_t usual = SECONDS[phase] * 1000;
    if (timeout_ms <= 0)
        return usual;
    return phase == PN_PHASE_FAREWELL && usual < timeout_ms ? usual
                                                            : timeout_ms;
}

static int64_t own_ms(pn_phase phase, const pneu_timeouts *timeouts)
{
    switch (phase) {
    case PN_PHASE_GREETING:
        return timeouts->greeting_ms;
    case PN_PHASE_HELLO:
        return timeouts->hello_ms;
    case PN_PHASE_MAIL:
        return timeouts->mail_ms;
    case PN_PHASE_RCPT:
        return timeouts->rcpt_ms;
    case PN_PHASE_DATA:
        return timeouts->data_ms;
    case PN_PHASE_BLOCK:
        return timeouts->block_ms;
    case PN_PHASE_END:
        return timeouts->end_ms;
    case PN_PHASE_OTHER:
    case PN_PHASE_FAREWELL:
        break;
    }
    return timeouts->other_ms;
}

int64_t pn_patience_own_ms(pn_phase phase, const pneu_timeouts *timeouts,
                           int64_t timeout_ms)
{
    int64_t own = own_ms(phase, timeouts);
    int64_t ms = pn_patience_ms(phase, own > 0 ? own : timeout_ms);
    return ms < PN_PATIENCE_MAX_MS ? ms : PN_PATIENCE_MAX_MS;
}
