/* What can be asked without sending anything: the library's version, and what
 * a server offers. */
#include <stdio.h>
#include <string.h>

#include "pneu/session.h"
#include "pneu/status.h"
#include "unit.h"

static void version_is_three_numbers(void **state)
{
    (void)state;
    unsigned numbers[3];
    char again[64];
    const char *version = pneu_version();
    assert_int_equal(
        sscanf(version, "%u.%u.%u", &numbers[0], &numbers[1], &numbers[2]), 3);
    snprintf(again, sizeof(again), "%u.%u.%u", numbers[0], numbers[1],
             numbers[2]);
    assert_string_equal(version, again);
}

/* What the server says, and the events that come of it. */
static void hear(pneu_session *session, const char *text)
{
    pneu_event event;
    assert_status(pneu_session_input(session, text, strlen(text)), PNEU_OK);
    while (pneu_session_next_event(session, &event))
        ;
}

/* EHLO, as far as it has left. */
static void say_ehlo(pneu_session *session)
{
    pneu_piece piece;
    assert_status(pneu_session_hello(session, false, "client.example", 1),
                  PNEU_OK);
    while (pneu_session_output(session, &piece, 1) > 0)
        pneu_session_output_done(session, piece.length);
}

/* RFC 5321 4.1.1.1: a keyword in any case; the last EHLO counts. */
static void offers_of_the_last_ehlo(void **state)
{
    (void)state;
    pneu_session *session = NULL;
    assert_status(pneu_session_new(&session, NULL), PNEU_OK);
    assert_false(pneu_session_has_extension(session, "SIZE"));
    hear(session, "220 mail.example\r\n");
    say_ehlo(session);
    assert_false(pneu_session_has_extension(session, "SIZE"));
    hear(session, "250-mail.example SIZE\r\n250-size 10\r\n250 DSN\r\n");
    assert_true(pneu_session_has_extension(session, "SIZE"));
    assert_true(pneu_session_has_extension(session, "dsn"));
    assert_false(pneu_session_has_extension(session, "DS"));
    assert_false(pneu_session_has_extension(session, "DSNS"));
    assert_false(pneu_session_has_extension(session, "mail.example"));
    assert_false(pneu_session_has_extension(session, ""));
    say_ehlo(session);
    hear(session, "250 mail.example\r\n");
    assert_false(pneu_session_has_extension(session, "SIZE"));
    pneu_session_free(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_is_three_numbers),
        cmocka_unit_test(offers_of_the_last_ehlo),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
