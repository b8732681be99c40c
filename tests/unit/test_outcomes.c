/*
 * Whose reply is whose: every pattern of accepted and refused recipients,
 * and over LMTP every pattern of final replies (RFC 2033 4.2, RFC 2920 3.1), by
 * DATA and by BDAT (RFC 3030 2),
 * with the server played by a few lines of code.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pneu/delivery.h"
#include "unit.h"

enum {
    MOST = 5,
    TAG = 7
};

static const char *const RECIPIENTS[] = {"r0@d.example", "r1@d.example",
                                         "r2@d.example", "r3@d.example",
                                         "r4@d.example"};

/* What the server does; bit i stands for recipient i. */
typedef struct plan {
    bool lmtp;
    bool pipelining;
    bool chunking;
    size_t count;
    unsigned accepted; /* at RCPT */
    unsigned taken;    /* at the end: over LMTP each, otherwise bit 0 */
} plan;

static void say(pneu_session *session, const char *text)
{
    assert_status(pneu_session_input(session, text, strlen(text)), PNEU_OK);
}

/* Where the server is. */
typedef struct place {
    size_t rcpts;
    bool in_content;
    size_t chunk_left; /* octets of it, with the line ends */
} place;

static void answer_rcpt(const plan *of, pneu_session *session, size_t i)
{
    char text[64];
    bool good = (of->accepted >> i & 1) != 0;
    snprintf(text, sizeof(text), "%d r%zu\r\n", good ? 250 : 550, i);
    say(session, text);
}

static void answer_end(const plan *of, pneu_session *session)
{
    if (of->accepted == 0) {
        say(session, "503 nobody\r\n");
        return;
    }
    for (size_t i = 0; i < (of->lmtp ? of->count : 1); i++) {
        char text[64];
        bool good = (of->taken >> i & 1) != 0;
        if (of->lmtp && (of->accepted >> i & 1) == 0)
            continue;
        snprintf(text, sizeof(text), "%d end of r%zu\r\n", good ? 250 : 452, i);
        say(session, text);
    }
}

static void answer(const plan *of, pneu_session *session, const char *line,
                   place *at)
{
    if (at->in_content) {
        at->in_content = strcmp(line, ".") != 0;
        if (!at->in_content)
            answer_end(of, session);
    } else if (at->chunk_left > 0) { /* RFC 3030 2 */
        at->chunk_left -= strlen(line) + 2;
        if (at->chunk_left == 0)
            answer_end(of, session);
    } else if (strncmp(line, "BDAT ", 5) == 0) {
        at->chunk_left = (size_t)strtoul(line + 5, NULL, 10);
    } else if (strncmp(line, "RCPT", 4) == 0) {
        answer_rcpt(of, session, at->rcpts++);
    } else if (strcmp(line, "DATA") == 0) {
        at->in_content = of->accepted != 0;
        say(session, at->in_content ? "354 go\r\n" : "503 nobody\r\n");
    } else if (strstr(line, "HLO ") != NULL) {
        say(session,
            of->pipelining ? "250-x\r\n250-PIPELINING\r\n" : "250-x\r\n");
        say(session, of->chunking ? "250 CHUNKING\r\n" : "250 HELP\r\n");
    } else {
        say(session, "250 ok\r\n");
    }
}

/* Takes all that the client writes now, and answers each of its lines. */
static void serve(const plan *of, pneu_session *session, place *at)
{
    char text[4096];
    size_t length = 0;
    while ((pneu_session_wants(session) & PNEU_WANT_WRITE) != 0) {
        pneu_piece pieces[16];
        size_t total = 0;
        size_t count = pneu_session_output(session, pieces, 16);
        for (size_t i = 0; i < count; i++) {
            assert_true(length + pieces[i].length < sizeof(text));
            memcpy(text + length, pieces[i].data, pieces[i].length);
            length += pieces[i].length;
            total += pieces[i].length;
        }
        pneu_session_output_done(session, total);
    }
    text[length] = '\0';
    char *rest = text;
    for (char *end = strstr(rest, "\r\n"); end != NULL;
         rest = end + 2, end = strstr(rest, "\r\n")) {
        *end = '\0';
        answer(of, session, rest, at);
    }
}

static void run(const plan *of, pneu_session *session, pneu_delivery *delivery)
{
    place at = {0};
    pneu_event event;
    for (size_t round = 0; !pneu_delivery_is_done(delivery); round++) {
        assert_true(round < 50);
        serve(of, session, &at);
        while (pneu_session_next_event(session, &event)) {
            if (event.tag == TAG)
                assert_status(pneu_delivery_event(delivery, session, &event),
                              PNEU_OK);
        }
    }
    assert_int_equal(at.rcpts, of->count);
    assert_status(pneu_session_error(session)->status, PNEU_OK);
}

static pneu_session *introduced(const plan *of)
{
    pneu_session *session = NULL;
    pneu_event event;
    place at = {0};
    assert_status(
        pneu_session_new(&session, PNEU_SESSION_OPTIONS(.lmtp = of->lmtp)),
        PNEU_OK);
    say(session, "220 x\r\n");
    assert_true(pneu_session_next_event(session, &event));
    assert_status(pneu_session_hello(session, false, "c.example", 1), PNEU_OK);
    serve(of, session, &at);
    assert_true(pneu_session_next_event(session, &event));
    return session;
}

static void check_outcome(const plan *of, const pneu_delivery *delivery,
                          size_t i)
{
    const pneu_outcome *outcome = pneu_delivery_outcome(delivery, i);
    char words[32];
    bool passed = (of->accepted >> i & 1) != 0;
    bool taken = (of->taken >> (of->lmtp ? i : 0) & 1) != 0;
    pneu_outcome_kind kind = !passed ? PNEU_OUTCOME_REFUSED_FOR_GOOD
                             : taken ? PNEU_OUTCOME_ACCEPTED
                                     : PNEU_OUTCOME_REFUSED_FOR_NOW;
    snprintf(words, sizeof(words), passed ? "end of r%zu" : "r%zu",
             passed && !of->lmtp ? 0 : i);
    assert_int_equal(outcome->kind, kind);
    assert_int_equal(outcome->command,
                     passed ? PNEU_COMMAND_CONTENT : PNEU_COMMAND_RCPT);
    assert_int_equal(outcome->code, !passed ? 550 : taken ? 250 : 452);
    assert_string_equal(outcome->text, words);
    assert_ptr_equal(outcome->recipient, RECIPIENTS[i]);
    assert_int_equal(pneu_delivery_may_resend(delivery, i),
                     kind == PNEU_OUTCOME_REFUSED_FOR_NOW);
}

/* 0 all, 75 nobody and someone may be tried again, 69 otherwise */
static int exit_status(const pneu_delivery *delivery, size_t count)
{
    size_t accepted = pneu_delivery_tally(delivery, PNEU_OUTCOME_ACCEPTED);
    size_t now = pneu_delivery_tally(delivery, PNEU_OUTCOME_REFUSED_FOR_NOW);
    return accepted == count ? 0 : accepted == 0 && now > 0 ? 75 : 69;
}

static void check(const plan *of)
{
    pneu_session *session = introduced(of);
    pneu_delivery *delivery = NULL;
    assert_status(pneu_delivery_new(&delivery,
                                    PNEU_ENVELOPE(.sender = "s@c.example",
                                                  .recipients = RECIPIENTS,
                                                  .recipient_count = of->count),
                                    PNEU_MESSAGE(.data = "x\n", .length = 2),
                                    NULL),
                  PNEU_OK);
    assert_status(pneu_delivery_start(delivery, session, TAG, NULL), PNEU_OK);
    run(of, session, delivery);
    assert_int_equal(pneu_delivery_count(delivery), of->count);
    assert_null(pneu_delivery_outcome(delivery, of->count));
    for (size_t i = 0; i < of->count; i++)
        check_outcome(of, delivery, i);
    assert_int_equal(pneu_delivery_exit_status(delivery),
                     exit_status(delivery, of->count));
    pneu_delivery_free(delivery);
    pneu_session_free(session);
}

static void pairs_every_pattern(bool lmtp, bool pipelining, bool chunking)
{
    for (size_t count = 1; count <= MOST; count++) {
        unsigned patterns = 1U << count;
        for (unsigned accepted = 0; accepted < patterns; accepted++) {
            for (unsigned taken = 0; taken < (lmtp ? patterns : 2); taken++)
                check(&(plan){lmtp, pipelining, chunking, count, accepted,
                              taken});
        }
    }
}

static void pairs_smtp_in_lock_step(void **state)
{
    (void)state;
    pairs_every_pattern(false, false, false);
    pairs_every_pattern(false, false, true);
}

static void pairs_smtp_in_a_pipeline(void **state)
{
    (void)state;
    pairs_every_pattern(false, true, false);
    pairs_every_pattern(false, true, true);
}

static void pairs_lmtp_in_lock_step(void **state)
{
    (void)state;
    pairs_every_pattern(true, false, false);
    pairs_every_pattern(true, false, true);
}

static void pairs_lmtp_in_a_pipeline(void **state)
{
    (void)state;
    pairs_every_pattern(true, true, false);
    pairs_every_pattern(true, true, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_smtp_in_lock_step),
        cmocka_unit_test(pairs_smtp_in_a_pipeline),
        cmocka_unit_test(pairs_lmtp_in_lock_step),
        cmocka_unit_test(pairs_lmtp_in_a_pipeline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
