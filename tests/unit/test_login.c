/* AUTH on a bare session: what an opening takes as its options, a mechanism
 * of the program's own, a channel that is bound, and memory that is out. */
#include <string.h>

#include "failing_memory.h"
#include "pneu/opening.h"
#include "unit.h"

#define OPTIONS(...)                                     \
    PNEU_OPENING_OPTIONS(.local_name = "client.example", \
                         .host = "mail.example", __VA_ARGS__)

/* A session under TLS, its opening, and what was written last. */
typedef struct bare {
    pneu_session *session;
    pneu_opening *opening;
    char written[100000];
    size_t length;
    bool no_memory; /* for what was heard */
} bare;

static bare on; /* large, and one at a time */

static void write_out(bare *with)
{
    pneu_piece piece;
    while (pneu_session_output(with->session, &piece, 1) == 1) {
        size_t room = sizeof(with->written) - 1 - with->length;
        size_t length = piece.length < room ? piece.length : room;
        memcpy(with->written + with->length, piece.data, length);
        with->length += length;
        pneu_session_output_done(with->session, piece.length);
    }
    with->written[with->length] = '\0';
}

static void run(bare *with)
{
    pneu_event event;
    bool moved = true;
    while (moved) {
        moved = false;
        while (pneu_session_next_event(with->session, &event)) {
            pneu_opening_event(with->opening, with->session, &event);
            moved = true;
        }
        if (pneu_opening_wants_step(with->opening)) {
            pneu_opening_step(with->opening, with->session);
            moved = true;
        }
    }
    write_out(with);
}

/* The server says something; what is written from then on is kept apart. */
static void hear(bare *with, const char *words)
{
    with->length = 0;
    if (pneu_session_input(with->session, words, strlen(words)) ==
        PNEU_NO_MEMORY)
        with->no_memory = true;
    run(with);
}

/* Up to the answer to EHLO, which is still to come. */
static pneu_status begin(bare *with, const pneu_opening_options *options)
{
    with->opening = NULL;
    with->no_memory = false;
    pneu_status status = pneu_session_new(&with->session, NULL);
    if (status != PNEU_OK)
        return status;
    pneu_session_protected(with->session, PNEU_PROTECTION_TLS);
    status = pneu_opening_new(&with->opening, options, NULL);
    if (status != PNEU_OK)
        return status;
    pneu_opening_go(with->opening, with->session);
    hear(with, "220 mail.example\r\n");
    return PNEU_OK;
}

static void open_to(bare *with, const pneu_opening_options *options,
                    const char *offered)
{
    assert_status(begin(with, options), PNEU_OK);
    hear(with, offered);
}

static void finish(bare *with)
{
    pneu_opening_free(with->opening);
    pneu_session_free(with->session);
}

static const pneu_error *error_of(const bare *with)
{
    assert_true(pneu_opening_is_done(with->opening));
    return pneu_opening_error(with->opening);
}

/* What an opening cannot be made of. */
static void assert_refused(const pneu_opening_options *options,
                           pneu_status wanted, const char *words)
{
    pneu_opening *opening = NULL;
    pneu_error error;
    assert_status(pneu_opening_new(&opening, options, &error), wanted);
    assert_null(opening);
    assert_non_null(strstr(error.message, words));
}

static pneu_status no_token(void *context, bool was_refused, pneu_answer *token)
{
    (void)context;
    (void)was_refused;
    (void)token;
    return PNEU_CANCELLED;
}

static pneu_status say_nothing(void *context, const void *challenge,
                               size_t length, pneu_answer *answer)
{
    (void)context;
    (void)challenge;
    (void)length;
    (void)answer;
    return PNEU_OK;
}

static void refuses_what_cannot_be(void **state)
{
    const pneu_mechanism *own =
        PNEU_MECHANISM(.name = "X-OWN", .step = say_nothing);
    (void)state;
    assert_refused(OPTIONS(.user = "u"), PNEU_INVALID, "belong together");
    assert_refused(OPTIONS(.password = "p"), PNEU_INVALID, "belong together");
    assert_refused(OPTIONS(.mechanisms = "PLAIN"), PNEU_INVALID,
                   "PLAIN needs a user name and a password");
    assert_refused(OPTIONS(.mechanisms = "XOAUTH2", .token = no_token),
                   PNEU_INVALID, "XOAUTH2 needs a user name");
    assert_refused(
        OPTIONS(.user = "u", .password = "p", .mechanisms = "PLAIN X-NEW"),
        PNEU_INVALID, "\"X-NEW\"");
    assert_refused(
        OPTIONS(.user = "u", .password = "p", .mechanisms = "PLAIN\r\nRSET"),
        PNEU_LINE_BREAK, "mechanisms");
    assert_refused(OPTIONS(.authorization = "other"), PNEU_INVALID,
                   "needs credentials");
    assert_refused(OPTIONS(.user = "u", .password = "p", .mechanisms = "LOGIN",
                           .authorization = "other"),
                   PNEU_INVALID, "act as another");
    assert_refused(
        OPTIONS(.user = "u", .password = "p", .policy = (pneu_auth_policy)3),
        PNEU_INVALID, "policy");
    assert_refused(OPTIONS(.own_mechanism = own, .mechanisms = "PLAIN"),
                   PNEU_INVALID, "exclude");
    assert_refused(
        OPTIONS(.own_mechanism =
                    PNEU_MECHANISM(.name = "X\r\nRSET", .step = say_nothing)),
        PNEU_LINE_BREAK, "own_mechanism");
    assert_refused(PNEU_OPENING_OPTIONS(.local_name = ""), PNEU_INVALID,
                   "EHLO");
    pneu_opening_options unsized = *OPTIONS(.tls = PNEU_OPENING_TLS_NEVER);
    unsized.size = 0;
    assert_refused(&unsized, PNEU_INVALID, "size");
}

static void takes_what_can_be(void **state)
{
    static const char *const WITHOUT_USER[] = {"GSSAPI", "EXTERNAL",
                                               "ANONYMOUS", "gssapi PLAIN"};
    pneu_opening *opening = NULL;
    (void)state;
    for (size_t i = 0; i < COUNT(WITHOUT_USER); i++) {
        assert_status(pneu_opening_new(&opening,
                                       OPTIONS(.mechanisms = WITHOUT_USER[i]),
                                       NULL),
                      PNEU_OK);
        assert_null(pneu_opening_mechanism(opening));
        pneu_opening_free(opening);
    }
    assert_status(pneu_opening_new(&opening,
                                   OPTIONS(.user = "u", .token = no_token,
                                           .authorization = ""),
                                   NULL),
                  PNEU_OK);
    pneu_opening_free(opening);
}

/* A mechanism of the program's: it says "hello" first, then the challenge
 * back; told to, it ends AUTH. */
typedef struct ticket {
    bool has_first;
    pneu_status status;
    char heard[3][20]; /* "-": was asked for an initial response */
    size_t count;
} ticket;

static pneu_status use_ticket(void *context, const void *challenge,
                              size_t length, pneu_answer *answer)
{
    ticket *of = context;
    char *heard = of->heard[of->count++];
    if (challenge == NULL) {
        heard[0] = '-';
        return of->has_first ? pneu_answer_set(answer, "hello", 5) : PNEU_OK;
    }
    memcpy(heard, challenge, length);
    heard[length] = '\0';
    if (of->status != PNEU_OK)
        return of->status;
    return length > 0 ? pneu_answer_set(answer, challenge, length) : PNEU_OK;
}

static const char OFFER[] = "250-mail.example\r\n250 AUTH PLAIN X-TICKET\r\n";

/* smtplib: authobject */
static void lets_the_program_speak(void **state)
{
    ticket of = {.has_first = true};
    (void)state;
    open_to(&on,
            OPTIONS(.own_mechanism =
                        PNEU_MECHANISM(.name = "X-TICKET", .step = use_ticket,
                                       .context = &of)),
            OFFER);
    assert_string_equal(on.written, "AUTH X-TICKET aGVsbG8=\r\n");
    hear(&on, "334 AGEA\r\n"); /* NUL "a" NUL */
    assert_string_equal(on.written, "AGEA\r\n");
    hear(&on, "334 \r\n");
    assert_string_equal(on.written, "\r\n");
    hear(&on, "235 ok\r\n");
    assert_status(error_of(&on)->status, PNEU_OK);
    assert_true(pneu_session_authenticated(on.session));
    assert_string_equal(pneu_opening_mechanism(on.opening), "X-TICKET");
    assert_int_equal(of.count, 3);
    finish(&on);
}

/* Nothing to say first, not asked at all, and not wanted by the caller. */
static void waits_for_the_first_challenge(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        ticket of = {.has_first = i == 2};
        open_to(
            &on,
            OPTIONS(.no_initial_response = i == 2,
                    .own_mechanism =
                        PNEU_MECHANISM(.name = "X-TICKET", .step = use_ticket,
                                       .no_initial_response = i == 1,
                                       .context = &of)),
            OFFER);
        assert_string_equal(on.written, "AUTH X-TICKET\r\n");
        hear(&on, "334 aGk=\r\n");
        assert_string_equal(on.written, "aGk=\r\n");
        assert_string_equal(of.heard[0], i == 0 ? "-" : "hi");
        hear(&on, "235 ok\r\n");
        assert_status(error_of(&on)->status, PNEU_OK);
        finish(&on);
    }
}

/* RFC 4954 4: "*", and the server says 501 */
static void ends_as_the_program_says(void **state)
{
    ticket of = {.status = PNEU_CANCELLED};
    (void)state;
    open_to(&on,
            OPTIONS(.own_mechanism =
                        PNEU_MECHANISM(.name = "x-ticket", .step = use_ticket,
                                       .context = &of)),
            OFFER);
    assert_string_equal(on.written, "AUTH x-ticket\r\n");
    hear(&on, "334 aGk=\r\n");
    assert_string_equal(on.written, "*\r\n");
    assert_false(pneu_opening_is_done(on.opening));
    hear(&on, "501 cancelled\r\n");
    assert_status(error_of(&on)->status, PNEU_CANCELLED);
    assert_int_equal(error_of(&on)->command, PNEU_COMMAND_AUTH);
    assert_non_null(strstr(error_of(&on)->message, "x-ticket"));
    assert_status(pneu_session_error(on.session)->status, PNEU_OK);
    finish(&on);
}

static void keeps_to_the_programs_mechanism(void **state)
{
    ticket of = {.has_first = true};
    const pneu_mechanism *own =
        PNEU_MECHANISM(.name = "X-TICKET", .step = use_ticket, .context = &of);
    (void)state;
    open_to(&on, OPTIONS(.own_mechanism = own),
            "250-mail.example\r\n250 AUTH PLAIN\r\n");
    assert_status(error_of(&on)->status, PNEU_NOT_OFFERED);
    assert_non_null(strstr(error_of(&on)->message, "it offers PLAIN"));
    finish(&on);
    open_to(&on,
            OPTIONS(.own_mechanism = own, .user = "u", .password = "p",
                    .policy = PNEU_AUTH_ALWAYS_NEXT),
            OFFER);
    hear(&on, "504 unknown\r\n");
    assert_status(error_of(&on)->status, PNEU_REFUSED);
    assert_int_equal(error_of(&on)->reply_code, 504);
    finish(&on);
}

/* RFC 5929 and RFC 9266: -PLUS once there is a binding, and only then */
static void binds_the_channel(void **state)
{
    static const struct {
        pneu_binding binding;
        const char *start;
    } CASES[] = {
        /* "p=tls-exporter,,", "p=tls-unique,,n", "n,,n=u" */
        {PNEU_BINDING_TLS_EXPORTER,
         "AUTH SCRAM-SHA-1-PLUS cD10bHMtZXhwb3J0ZXIsL"},
        {PNEU_BINDING_TLS_UNIQUE, "AUTH SCRAM-SHA-1-PLUS cD10bHMtdW5pcXVlLCxu"},
        {PNEU_BINDING_NONE, "AUTH SCRAM-SHA-1 biwsbj11"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++) {
        assert_status(begin(&on, OPTIONS(.user = "u", .password = "p")),
                      PNEU_OK);
        assert_status(
            pneu_opening_bind(on.opening, CASES[i].binding, "12345678", 8),
            PNEU_OK);
        hear(&on, "250-mail.example\r\n250 AUTH SCRAM-SHA-1-PLUS SCRAM-SHA-1"
                  "\r\n");
        assert_memory_equal(on.written, CASES[i].start, strlen(CASES[i].start));
        finish(&on);
    }
}

static pneu_status give_token(void *context, bool was_refused,
                              pneu_answer *token)
{
    unsigned *asked = context;
    ++*asked;
    return pneu_answer_set(token, was_refused ? "new" : "old", 3);
}

/* A token is asked for in a step, and not while events are taken. */
static void asks_for_the_token_in_a_step(void **state)
{
    unsigned asked = 0;
    pneu_event event;
    (void)state;
    assert_status(begin(&on, OPTIONS(.user = "u", .token = give_token,
                                     .token_context = &asked)),
                  PNEU_OK);
    assert_status(
        pneu_session_input(on.session, "250-x\r\n250 AUTH XOAUTH2\r\n", 26),
        PNEU_OK);
    while (pneu_session_next_event(on.session, &event))
        pneu_opening_event(on.opening, on.session, &event);
    assert_int_equal(asked, 0);
    assert_true(pneu_opening_wants_step(on.opening));
    pneu_opening_step(on.opening, on.session);
    assert_int_equal(asked, 1);
    finish(&on);
}

/* All of a login by a token that is refused once, each allocation failing in
 * turn: it is told, or it made no difference. */
static bool log_in_without(size_t nth)
{
    unsigned asked = 0;
    failing_memory_start(nth);
    pneu_status status = begin(&on, OPTIONS(.user = "u", .token = give_token,
                                            .token_context = &asked));
    if (status == PNEU_OK) {
        hear(&on, "250-mail.example\r\n250 AUTH XOAUTH2\r\n");
        hear(&on, "334 eyJzdGF0dXMiOiI0MDEifQ==\r\n");
        hear(&on, "535 no\r\n");
        hear(&on, "235 yes\r\n");
        pneu_session_input_end(on.session, PNEU_END_OF_STREAM, 0);
        run(&on);
        if (!pneu_opening_is_done(on.opening))
            pneu_opening_go(on.opening, on.session);
        status = error_of(&on)->status;
    }
    bool failed = failing_memory_stop();
    assert_true(on.no_memory || status == PNEU_NO_MEMORY ||
                (status == PNEU_OK && asked == 2));
    finish(&on);
    return failed;
}

static void survives_without_memory(void **state)
{
    size_t nth = 1;
    (void)state;
    while (log_in_without(nth))
        nth++;
    assert_true(nth > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_cannot_be),
        cmocka_unit_test(takes_what_can_be),
        cmocka_unit_test(lets_the_program_speak),
        cmocka_unit_test(waits_for_the_first_challenge),
        cmocka_unit_test(ends_as_the_program_says),
        cmocka_unit_test(keeps_to_the_programs_mechanism),
        cmocka_unit_test(binds_the_channel),
        cmocka_unit_test(asks_for_the_token_in_a_step),
        cmocka_unit_test(survives_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
