#include "sasl/mechanism.h"

#include <stddef.h>

static const pn_mechanism MECHANISMS[PN_MECHANISM_COUNT] = {
#define MECHANISM_ROW(name, client_first, is_mutual, needs_binding) \
    {name, client_first, is_mutual, needs_binding},
    PN_MECHANISM_LIST(MECHANISM_ROW)
#undef MECHANISM_ROW
};

static bool is_offered(pn_span offered, pn_span name)
{
    pn_span word;
    while (pn_span_next_word(&offered, &word)) {
        if (pn_span_equal_nocase(word, name))
            return true;
    }
    return false;
}

int pn_mechanism_choose(const pn_mechanism_offer *offer)
{
    for (int i = 0; i < PN_MECHANISM_COUNT; i++) {
        pn_span name = pn_span_of(MECHANISMS[i].name);
        if ((offer->tried & 1U << i) != 0)
            continue;
        if (offer->only != NULL &&
            !pn_span_equal_nocase(name, pn_span_of(offer->only)))
            continue;
        if (MECHANISMS[i].needs_binding && !offer->has_binding)
            continue;
        if (is_offered(offer->offered, name))
            return i;
    }
    return -1;
}

const pn_mechanism *pn_mechanism_at(int index)
{
    return &MECHANISMS[index];
}

bool pn_mechanism_is_known(const char *name)
{
    for (int i = 0; i < PN_MECHANISM_COUNT; i++) {
        if (pn_span_equal_nocase(pn_span_of(name),
                                 pn_span_of(MECHANISMS[i].name)))
            return true;
    }
    return false;
}
