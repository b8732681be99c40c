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
