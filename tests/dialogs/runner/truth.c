/*
 * What must hold at the end of every run, whatever failed in it: the session
 * is over, every call has had its events, every recipient has one outcome,
 * and accepted is only who the server accepted in words that were wholly
 * read.
 */
#include "world.h"

static void untrue(world *in, const char *what)
{
    if (in->untruth.length == 0)
        text_print(&in->untruth, "%s", what);
}

/* Does a message go by BDAT in it? */
static bool has_chunks(const script *of)
{
    for (size_t i = 0; i < of->count; i++) {
        if (of->steps[i].kind == STEP_CLIENT &&
            pn_span_starts_nocase(text_span(&of->steps[i].octets),
                                  PN_SPAN("BDAT ")))
            return true;
    }
    return false;
}

/* The end of a 2xx that could be the answer to the end of a message: the
 * server has said 354 before, unless the message goes by BDAT. */
static bool is_end_of_acceptance(const script *of, size_t read, bool exactly)
{
    size_t at = 0;
    bool after_354 = has_chunks(of);
    text all = {0};
    bool found = false;
    for (size_t i = 0; i < of->count; i++) {
        if (of->steps[i].kind == STEP_SERVER)
            text_add(&all, text_span(&of->steps[i].octets));
    }
    for (size_t start = 0; at < all.length && !found; at++) {
        if (all.data[at] != '\n')
            continue;
        pn_span line = {all.data + start, at - start};
        bool last = line.length < 4 || line.data[3] != '-';
        found = after_354 && line.length >= 3 && line.data[0] == '2' && last &&
                (exactly ? at + 1 == read : at + 1 <= read);
        after_354 = after_354 || pn_span_starts_nocase(line, PN_SPAN("354"));
        start = at + 1;
    }
    text_free(&all);
    return found;
}

static void check_recipient(world *in, const letter *of, size_t i)
{
    const pneu_outcome *outcome = pneu_delivery_outcome(of->delivery, i);
    if (outcome == NULL) {
        untrue(in, "a recipient has no outcome");
        return;
    }
    bool accepted = outcome->kind == PNEU_OUTCOME_ACCEPTED;
    if (accepted != (of->accepted_at[i] > 0))
        untrue(in, "an outcome changed after it was final");
    if (accepted && (outcome->code < 200 || outcome->code > 299))
        untrue(in, "a recipient is accepted without a 2xx");
    if (accepted && !is_end_of_acceptance(in->script, of->accepted_at[i],
                                          in->chunking == CHUNKING_OCTET))
        untrue(in, "a recipient is accepted that the server did not accept");
    if (outcome->text == NULL)
        untrue(in, "an outcome has no words");
}

static void check_letter(world *in, const letter *of)
{
    size_t sum = 0;
    if (!pneu_delivery_is_done(of->delivery)) {
        untrue(in, "a delivery is not done though the session is over");
        return;
    }
    for (int kind = PNEU_OUTCOME_NOT_TRIED; kind <= PNEU_OUTCOME_IN_DOUBT;
         kind++)
        sum += pneu_delivery_tally(of->delivery, (pneu_outcome_kind)kind);
    if (sum != of->recipient_count)
        untrue(in, "the outcomes do not add up to the recipients");
    for (size_t i = 0; i < of->recipient_count; i++)
        check_recipient(in, of, i);
}

void check_truth(world *in)
{
    if (pneu_session_wants(in->session) != PNEU_WANT_CLOSE)
        untrue(in, "the session is not over at the end of the stream");
    if (in->opening != NULL && !pneu_opening_is_done(in->opening))
        untrue(in, "the opening is not done though the session is over");
    /* over LMTP the end of a message may be answered more than once */
    if (in->events < in->calls || (!in->script->lmtp && in->events > in->calls))
        untrue(in, "a command has not ended in exactly one event");
    for (size_t i = 0; i < in->letter_count; i++) {
        if (in->letters[i].is_started)
            check_letter(in, &in->letters[i]);
    }
}
