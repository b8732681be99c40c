/*
 * What a delivery claims, held against the record of a server that says what
 * it likes, over lines that break where they like. Each run has its seed, and
 * is the same every time; PNEU_SEED runs one alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "any_server.h"
#include "pneu/delivery.h"
#include "pneu/opening.h"
#include "unit.h"

enum {
    RUNS = 6000,
    TAG = 7,
    TURNS_MAX = 100000
};

typedef struct run {
    unsigned seed;
    lots lot;
    any_server server;
    pneu_session *session;
    pneu_delivery *delivery;
    bool all_or_nothing;
    bool is_troubled; /* the line breaks, or the program gives up */
    bool no_chunking;
    bool no_pipelining;
    bool is_started;
    int64_t now_ms;
    size_t count;
    char names[ANY_RECIPIENTS][64];
    const char *recipients[ANY_RECIPIENTS];
} run;

static const char MESSAGE[] =
    "Subject: x\r\n\r\nHello,\r\n.\r\n..dots\r\nbye\r\n";

static void take_events(run *of)
{
    pneu_event event;
    while (pneu_session_next_event(of->session, &event)) {
        if (event.tag == TAG)
            assert_status(
                pneu_delivery_event(of->delivery, of->session, &event),
                PNEU_OK);
        else if (event.command == PNEU_COMMAND_GREETING && event.reply != NULL)
            assert_status(
                pneu_session_hello(of->session, false, "c.example", 1),
                PNEU_OK);
        else if (pneu_session_introduced(of->session) && !of->is_started) {
            of->is_started = true;
            assert_status(
                pneu_delivery_start(of->delivery, of->session, TAG, NULL),
                PNEU_OK);
        }
    }
}

/* The server hears some of what there is to write. True if there was any. */
static bool write_some(run *of)
{
    char octets[4096];
    pneu_piece pieces[8];
    size_t total = 0;
    size_t count =
        pneu_session_output(of->session, pieces, 1 + draw(&of->lot, 8));
    for (size_t i = 0; i < count; i++) {
        assert_true(pieces[i].length <= sizeof(octets) - total);
        memcpy(octets + total, pieces[i].data, pieces[i].length);
        total += pieces[i].length;
    }
    if (total == 0)
        return false;
    size_t part = draw(&of->lot, 2) == 0 ? 1 + draw(&of->lot, total) : total;
    pneu_session_output_done(of->session, part);
    /* what was handed out may be lost with the line */
    if (!of->server.is_closed)
        any_server_hear(&of->server, octets, part);
    return true;
}

static bool read_some(run *of)
{
    any_server *server = &of->server;
    size_t length = server->out_length;
    if (length == 0)
        return false;
    if (draw(&of->lot, 2) == 0)
        length = 1 + draw(&of->lot, length);
    assert_status(pneu_session_input(of->session, server->out, length),
                  PNEU_OK);
    server->out_length -= length;
    memmove(server->out, server->out + length, server->out_length);
    return true;
}

/* The line breaks, some of what the server said being lost; or the program
 * has had enough. */
static void make_trouble(run *of)
{
    switch (draw(&of->lot, 4)) {
    case 0:
        pneu_session_cancel(of->session, NULL);
        break;
    case 1:
        pneu_session_output_failed(of->session, 0);
        break;
    default:
        of->server.is_closed = true;
        of->server.out_length = 0;
        pneu_session_input_end(of->session, PNEU_END_RESET, 0);
        break;
    }
}

/* One connection, to its end or to that of the delivery. */
static void converse(run *of)
{
    size_t trouble = of->is_troubled ? draw(&of->lot, 60) : TURNS_MAX;
    for (size_t turn = 0; turn < TURNS_MAX; turn++) {
        take_events(of);
        unsigned wants = pneu_session_wants(of->session);
        if ((wants & PNEU_WANT_CLOSE) != 0 ||
            pneu_delivery_is_done(of->delivery) ||
            (of->is_started &&
             pneu_delivery_renewal(of->delivery) != PNEU_RENEWAL_NONE))
            return;
        if (turn == trouble) {
            make_trouble(of);
            continue;
        }
        bool writes_first = draw(&of->lot, 2) == 0;
        bool moved = (wants & PNEU_WANT_WRITE) != 0 && writes_first
                         ? write_some(of)
                         : (wants & PNEU_WANT_READ) != 0 && read_some(of);
        if (!moved && (wants & PNEU_WANT_WRITE) != 0)
            moved = write_some(of);
        if (moved || of->server.out_length > 0)
            continue;
        if (of->server.is_closed) {
            pneu_session_input_end(of->session, PNEU_END_OF_STREAM, 0);
            continue;
        }
        int64_t deadline = pneu_session_deadline_ms(of->session);
        if (deadline < 0)
            fail_msg("seed %u: nobody will ever do anything", of->seed);
        of->now_ms = deadline > of->now_ms ? deadline : of->now_ms + 1;
        pneu_session_tick(of->session, of->now_ms);
    }
    fail_msg("seed %u: no end of it", of->seed);
}

static void connect_again(run *of)
{
    pneu_session_free(of->session);
    assert_status(pneu_session_new(
                      &of->session,
                      PNEU_SESSION_OPTIONS(.lmtp = of->server.lmtp,
                                           .no_chunking = of->no_chunking,
                                           .no_pipelining = of->no_pipelining)),
                  PNEU_OK);
    pneu_session_tick(of->session, of->now_ms);
    any_server_connect(&of->server);
    of->is_started = false;
}

static void deliver(run *of)
{
    static const pneu_error WHY = {.status = PNEU_LOST, .message = "lost"};
    do {
        pneu_renewal reason = pneu_delivery_renewal(of->delivery);
        of->no_chunking |= reason == PNEU_RENEWAL_NO_CHUNKING;
        of->no_pipelining |= reason == PNEU_RENEWAL_NO_PIPELINING;
        connect_again(of);
        converse(of);
        if (!of->is_started)
            pneu_delivery_give_up(of->delivery, &WHY);
    } while (pneu_delivery_renewal(of->delivery) != PNEU_RENEWAL_NONE);
}

static void check(const run *of)
{
    unsigned taken = 0;
    if (of->server.fault != NULL)
        fail_msg("seed %u: %s", of->seed, of->server.fault);
    if (!pneu_delivery_is_done(of->delivery))
        fail_msg("seed %u: the delivery is not done", of->seed);
    for (size_t i = 0; i < of->count; i++) {
        const pneu_outcome *outcome = pneu_delivery_outcome(of->delivery, i);
        unsigned times = of->server.taken[i];
        bool must = outcome->kind == PNEU_OUTCOME_ACCEPTED;
        bool may = must || outcome->kind == PNEU_OUTCOME_IN_DOUBT;
        taken += times;
        if (times > 1 || (times == 0 && must) || (times == 1 && !may))
            fail_msg("seed %u: recipient %zu: %s (%s %d), and taken %u times",
                     of->seed, i, pneu_outcome_name(outcome->kind),
                     pneu_command_name(outcome->command), outcome->code, times);
        if (outcome->kind == PNEU_OUTCOME_IN_DOUBT && !of->is_troubled &&
            !of->server.is_moody && of->server.knows_bdat)
            fail_msg("seed %u: in doubt without a reason", of->seed);
    }
    if (of->all_or_nothing && !of->server.lmtp && taken > 0 &&
        taken < of->count)
        fail_msg("seed %u: all or nothing, and %u of %zu", of->seed, taken,
                 of->count);
}

static void prepare(run *of, unsigned seed)
{
    *of = (run){.seed = seed, .lot = {seed * UINT64_C(0x9e3779b97f4a7c15)}};
    of->server.lot.state = of->lot.state ^ UINT64_C(0x1234567);
    for (int i = 0; i < 8; i++)
        draw(&of->lot, 2);
    any_server *server = &of->server;
    server->message = MESSAGE;
    server->lmtp = draw(&of->lot, 3) == 0;
    server->pipelining = draw(&of->lot, 4) > 0;
    server->chunking = draw(&of->lot, 2) > 0;
    server->knows_bdat = draw(&of->lot, 6) > 0;
    server->is_moody = draw(&of->lot, 3) > 0;
    of->count = 1 + draw(&of->lot, ANY_RECIPIENTS);
    of->all_or_nothing = draw(&of->lot, 4) == 0;
    server->rcpt_max = 1 + (unsigned)draw(&of->lot, ANY_RECIPIENTS);
    server->domain_max = 1 + (unsigned)draw(&of->lot, 3);
    server->mail_max = 1 + (unsigned)draw(&of->lot, 3);
    if (of->all_or_nothing) {
        server->rcpt_max = ANY_RECIPIENTS;
        server->domain_max = 3;
    }
    of->is_troubled = draw(&of->lot, 2) == 0;
    for (size_t i = 0; i < of->count; i++) {
        snprintf(of->names[i], sizeof(of->names[i]), "u%zu@d%u.example", i,
                 (unsigned)draw(&of->lot, 3));
        of->recipients[i] = of->names[i];
    }
    assert_status(
        pneu_delivery_new(
            &of->delivery,
            PNEU_ENVELOPE(.sender = "s@c.example", .recipients = of->recipients,
                          .recipient_count = of->count,
                          .all_or_nothing = of->all_or_nothing),
            PNEU_MESSAGE(.data = MESSAGE, .length = sizeof(MESSAGE) - 1), NULL),
        PNEU_OK);
}

static void claims_only_what_is_true(void **state)
{
    static run one;
    const char *only = getenv("PNEU_SEED");
    unsigned first = only != NULL ? (unsigned)strtoul(only, NULL, 10) : 1;
    unsigned last = only != NULL ? first : RUNS;
    (void)state;
    for (unsigned seed = first; seed <= last; seed++) {
        prepare(&one, seed);
        deliver(&one);
        check(&one);
        pneu_session_free(one.session);
        pneu_delivery_free(one.delivery);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(claims_only_what_is_true),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
