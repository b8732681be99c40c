#include "sasl/mechanism.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"

static const pn_mechanism MECHANISMS[] = {
#define MECHANISM_ROW(name, kind, use, client_first, needs) \
    {name, PN_KIND_##kind, PN_USE_##use, client_first, needs},
    PN_MECHANISM_LIST(MECHANISM_ROW)
#undef MECHANISM_ROW
};

enum {
    MECHANISM_COUNT = sizeof(MECHANISMS) / sizeof(MECHANISMS[0])
};

/* Walks those that are wanted, in their order. */
typedef struct candidates {
    const pn_mechanism_offer *offer;
    pn_span names; /* left of the wanted ones */
    size_t row;
} candidates;

static candidates candidates_of(const pn_mechanism_offer *offer)
{
    return (candidates){offer, pn_span_of(offer->wanted), 0};
}

static const pn_mechanism *next_candidate(candidates *from)
{
    pn_span name;
    if (from->offer->wanted != NULL) {
        while (pn_span_next_word(&from->names, &name)) {
            const pn_mechanism *found = pn_mechanism_find(name);
            if (found != NULL)
                return found;
        }
        return NULL;
    }
    pn_mechanism_use use =
        from->offer->by_token ? PN_USE_BY_TOKEN : PN_USE_BY_PASSWORD;
    while (from->row < MECHANISM_COUNT) {
        const pn_mechanism *row = &MECHANISMS[from->row++];
        if (row->use == use)
            return row;
    }
    return NULL;
}

static unsigned missing(const pn_mechanism_offer *offer,
                        const pn_mechanism *mechanism)
{
    return mechanism->needs & ~offer->has;
}

bool pn_mechanism_is_offered(pn_span offered, pn_span name)
{
    pn_span word;
    while (pn_span_next_word(&offered, &word)) {
        if (pn_span_equal_nocase(word, name))
            return true;
    }
    return false;
}

const pn_mechanism *pn_mechanism_choose(const pn_mechanism_offer *offer)
{
    candidates from = candidates_of(offer);
    const pn_mechanism *next;
    while ((next = next_candidate(&from)) != NULL) {
        if ((offer->tried & pn_mechanism_bit(next)) == 0 &&
            missing(offer, next) == 0 &&
            pn_mechanism_is_offered(offer->offered, pn_span_of(next->name)))
            return next;
    }
    return NULL;
}

const pn_mechanism *pn_mechanism_find(pn_span name)
{
    for (size_t i = 0; i < MECHANISM_COUNT; i++) {
        if (pn_span_equal_nocase(name, pn_span_of(MECHANISMS[i].name)))
            return &MECHANISMS[i];
    }
    return NULL;
}

unsigned pn_mechanism_bit(const pn_mechanism *mechanism)
{
    return 1U << (mechanism - MECHANISMS);
}

static const char *need_text(unsigned needs)
{
    if ((needs & PN_HAS_BINDING) != 0)
        return "needs a channel binding, and the line has none";
    if ((needs & PN_NEEDS_PASSWORD) == PN_NEEDS_PASSWORD)
        return "needs a user name and a password";
    if ((needs & PN_HAS_USER) != 0)
        return "needs a user name";
    if ((needs & PN_HAS_PASSWORD) != 0)
        return "needs a password";
    if ((needs & PN_HAS_TOKEN) != 0)
        return "needs an OAuth token";
    return "cannot act as another user";
}

static bool is_candidate(const pn_mechanism_offer *offer,
                         const pn_mechanism *mechanism)
{
    candidates from = candidates_of(offer);
    const pn_mechanism *next;
    while ((next = next_candidate(&from)) != NULL) {
        if (next == mechanism)
            return true;
    }
    return false;
}

/* Nobody named it, and it is not among those that are taken unnamed. */
static const char *reason_unnamed(pn_mechanism_use use)
{
    switch (use) {
    case PN_USE_BY_TOKEN:
        return "needs an OAuth token";
    case PN_USE_BY_PASSWORD:
        return "needs a password, not a token";
    default:
        return "used only if it is named";
    }
}

static const char *reason_against(const pn_mechanism_offer *offer,
                                  const pn_mechanism *mechanism)
{
    if (mechanism == NULL)
        return "not known here";
    if (!is_candidate(offer, mechanism)) {
        if (offer->wanted != NULL)
            return "not wanted";
        return reason_unnamed(mechanism->use);
    }
    if ((offer->tried & pn_mechanism_bit(mechanism)) != 0)
        return "was tried";
    return need_text(missing(offer, mechanism));
}

void pn_mechanism_explain(const pn_mechanism_offer *offer, char *out,
                          size_t size)
{
    pn_span rest = offer->offered;
    pn_span word;
    size_t used = 0;
    snprintf(out, size, "it offers none");
    while (used < size && pn_span_next_word(&rest, &word)) {
        char name[40];
        pn_escape(word, " ", name, sizeof(name));
        int length =
            snprintf(out + used, size - used, "%s%s (%s)", used > 0 ? ", " : "",
                     name, reason_against(offer, pn_mechanism_find(word)));
        if (length > 0)
            used += (size_t)length;
    }
}

pneu_status pn_mechanism_check_names(const char *wanted, pneu_error *error)
{
    char shown[100];
    pn_span rest = pn_span_of(wanted);
    pn_span word;
    if (wanted == NULL)
        return PNEU_OK;
    if (strpbrk(wanted, "\r\n") != NULL)
        return pn_fail(error, PNEU_LINE_BREAK,
                       "mechanisms must not hold CR or LF");
    if (pn_span_trim(rest).length == 0)
        return pn_fail(error, PNEU_INVALID, "mechanisms names none");
    while (pn_span_next_word(&rest, &word)) {
        if (pn_mechanism_find(word) != NULL)
            continue;
        pn_escape(word, "\\n", shown, sizeof(shown));
        return pn_fail(error, PNEU_INVALID,
                       "the SASL mechanism \"%s\" is not known here", shown);
    }
    return PNEU_OK;
}

pneu_status pn_mechanism_check_needs(const pn_mechanism_offer *offer,
                                     pneu_error *error)
{
    candidates from = candidates_of(offer);
    const pn_mechanism *first = NULL;
    const pn_mechanism *next;
    while ((next = next_candidate(&from)) != NULL) {
        if (missing(offer, next) == 0)
            return PNEU_OK;
        if (first == NULL)
            first = next;
    }
    if (first == NULL)
        return pn_fail(error, PNEU_INVALID, "no SASL mechanism is wanted");
    return pn_fail(error, PNEU_INVALID, "%s %s", first->name,
                   need_text(missing(offer, first)));
}
