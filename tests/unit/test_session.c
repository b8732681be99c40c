/* The session's table of answers: every code in every state (RFC 5321 4.2.1,
 * 4.3.2), a reply too many after each command, and output in single pieces.
 * What sessions say and hear is in tests/dialogs. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "pneu/session.h"
#include "session/quirks.h"
#include "unit.h"

/* Writes all there is, at most so many pieces at a time. */
static void write_all(pneu_session *session, size_t max, char *out, size_t size)
{
    size_t used = 0;
    while ((pneu_session_wants(session) & PNEU_WANT_WRITE) != 0) {
        pneu_piece pieces[8];
        size_t count = pneu_session_output(session, pieces, max);
        assert_true(count > 0);
        size_t total = 0;
        for (size_t i = 0; i < count; i++) {
            assert_true(pieces[i].length > 0);
            assert_true(used + pieces[i].length < size);
            memcpy(out + used, pieces[i].data, pieces[i].length);
            used += pieces[i].length;
            total += pieces[i].length;
        }
        pneu_session_output_done(session, total);
    }
    out[used] = '\0';
}

static void issue(pneu_session *session, char letter)
{
    pneu_status status = PNEU_OK;
    switch (letter) {
    case 'E':
        status = pneu_session_hello(session, false, "client.example", 1);
        break;
    case 'H':
        status = pneu_session_hello(session, true, "client.example", 1);
        break;
    case 'S':
        status = pneu_session_starttls(session, 1);
        break;
    case 'A':
        status = pneu_session_auth(session, "X", NULL, 0, 1);
        break;
    case 'a':
        status = pneu_session_auth_response(session, "x", 1, 1);
        break;
    case 'M':
        status = pneu_session_mail(session, "a@b.example", NULL, 1);
        break;
    case 'R':
        status = pneu_session_rcpt(session, "c@d.example", NULL, 1);
        break;
    case 'D':
        status = pneu_session_data(session, 1);
        break;
    case 'B':
        status = pneu_session_body(session, "x", 1, true);
        break;
    case 'T':
        status = pneu_session_rset(session, 1);
        break;
    case 'N':
        status = pneu_session_noop(session, 1);
        break;
    case 'V':
        status = pneu_session_verify(session, "x", 1);
        break;
    case 'Q':
        status = pneu_session_quit(session, 1);
        break;
    case 'K':
        status = pneu_session_bdat(session, "x\n", 2, 0, 1);
        break;
    case 'L':
        status = pneu_session_bdat(session, "x\n", 2, PNEU_CHUNK_LAST, 1);
        break;
    case 'P':
        status = pneu_session_expand(session, "x", 1);
        break;
    case 'h':
        status = pneu_session_help(session, NULL, 1);
        break;
    case 't':
        status = pneu_session_etrn(session, "x", 1);
        break;
    case 'X':
        status = pneu_session_xclient(session, PNEU_XCLIENT(.name = "x"), 1);
        break;
    case 'O':
        status = pneu_session_command(session, "HELP", 1);
        break;
    default:
        fail();
    }
    assert_status(status, PNEU_OK);
}

/* A state: what was said (upper: an answer is due), and heard. The last
 * letter of said has no answer yet. */
typedef struct state_row {
    const char *said;
    const char *heard[6];
    const char *possible; /* below 400: "2" any 2xx, "*" all, or codes */
} state_row;

#define OFFER "250-x\r\n250-CHUNKING\r\n250-ETRN\r\n250-XCLIENT NAME\r\n250"

static const state_row STATES[] = {
    {"", {NULL}, "220"},
    {"E", {"220"}, "250"},
    {"EH", {"220", "502"}, "250"},
    {"ES", {"220", "250"}, "220"},
    {"EA", {"220", "250"}, "235 334"},
    {"EAa", {"220", "250", "334"}, "235 334"},
    {"EM", {"220", "250"}, "2"},
    {"EMR", {"220", "250", "250"}, "2"},
    {"EMRD", {"220", "250", "250", "250"}, "354"},
    {"EMRDB", {"220", "250", "250", "250", "354"}, "2"},
    {"ET", {"220", "250"}, "2"},
    {"EN", {"220", "250"}, "2"},
    {"EV", {"220", "250"}, "2"},
    {"EO", {"220", "250"}, "*"},
    {"EQ", {"220", "250"}, "2"},
    {"EMRK", {"220", OFFER, "250", "250"}, "2"},
    {"EMRL", {"220", OFFER, "250", "250"}, "2"},
    {"EMRKL", {"220", OFFER, "250", "250", "250"}, "2"},
    {"EMRKT", {"220", OFFER, "250", "250", "250"}, "2"},
    {"EP", {"220", "250"}, "2"},
    {"Eh", {"220", "250"}, "2"},
    {"Et", {"220", OFFER}, "2"},
    {"EX", {"220", OFFER}, "220"},
};

static void hear(pneu_session *session, const char *code)
{
    char line[100];
    snprintf(line, sizeof(line), "%s x\r\n", code);
    assert_status(pneu_session_input(session, line, strlen(line)), PNEU_OK);
}

static void take_events(pneu_session *session)
{
    pneu_event event;
    while (pneu_session_next_event(session, &event))
        continue;
}

static pneu_session *reach(const state_row *row)
{
    pneu_session *session = NULL;
    char written[1000];
    assert_status(pneu_session_new(&session, NULL), PNEU_OK);
    for (size_t i = 0; i <= strlen(row->said); i++) {
        if (i > 0)
            issue(session, row->said[i - 1]);
        write_all(session, 8, written, sizeof(written));
        if (row->said[i] != '\0')
            hear(session, row->heard[i]);
        take_events(session);
    }
    assert_status(pneu_session_error(session)->status, PNEU_OK);
    return session;
}

static bool is_possible(const state_row *row, int code)
{
    char text[16];
    snprintf(text, sizeof(text), "%d", code);
    if (code < 200 || code > 599)
        return false;
    if (code >= 400 || strcmp(row->possible, "*") == 0)
        return true;
    if (strcmp(row->possible, "2") == 0)
        return code < 300;
    return strstr(row->possible, text) != NULL;
}

/* What the session's error is to be after this code. */
static pneu_status status_after(const state_row *row, int code)
{
    if (!is_possible(row, code))
        return PNEU_PROTOCOL;
    /* RFC 5321 3.8: a close, unless it is closing anyhow */
    bool is_quit = strchr(row->said, 'Q') != NULL;
    return code == 421 && !is_quit ? PNEU_REFUSED : PNEU_OK;
}

static void check_code(const state_row *row, int code)
{
    char text[16];
    pneu_event event;
    pneu_session *session = reach(row);
    snprintf(text, sizeof(text), "%03d", code);
    hear(session, text);
    bool has_event = pneu_session_next_event(session, &event);
    pneu_status found = pneu_session_error(session)->status;
    if (found != status_after(row, code))
        fail_msg("%d in the state \"%s\": %s", code, row->said,
                 pneu_status_name(found));
    if (found != PNEU_PROTOCOL) {
        assert_true(has_event);
        assert_int_equal(event.kind, PNEU_EVENT_REPLY);
        assert_int_equal(event.reply->code, code);
    }
    pneu_session_free(session);
}

static void has_an_answer_to_every_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(STATES); i++) {
        for (int code = 0; code < 1000; code++)
            check_code(&STATES[i], code);
    }
}

/* RFC 5321 4.3.1: a second reply answers nothing, and never the next. */
static void stops_at_a_reply_too_many(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(STATES); i++) {
        bool is_quit = strchr(STATES[i].said, 'Q') != NULL;
        pneu_session *session = reach(&STATES[i]);
        hear(session, "550");
        hear(session, "250");
        take_events(session);
        assert_status(pneu_session_error(session)->status,
                      is_quit ? PNEU_OK : PNEU_PROTOCOL);
        assert_int_equal(pneu_session_wants(session), PNEU_WANT_CLOSE);
        pneu_session_free(session);
    }
}

/* Whatever the number of pieces that a driver takes at a time, it gets them
 * all: also a line that is partly secret. */
static void gives_pieces_one_at_a_time(void **state)
{
    (void)state;
    for (size_t max = 1; max <= 8; max++) {
        pneu_session *session = NULL;
        char written[1000];
        assert_status(pneu_session_new(&session, NULL), PNEU_OK);
        hear(session, "220");
        take_events(session);
        issue(session, 'E');
        write_all(session, max, written, sizeof(written));
        assert_string_equal(written, "EHLO client.example\r\n");
        hear(session, "250");
        take_events(session);
        assert_status(pneu_session_auth(session, "PLAIN", "\0u\0p", 4, 1),
                      PNEU_OK);
        write_all(session, max, written, sizeof(written));
        assert_string_equal(written, "AUTH PLAIN AHUAcA==\r\n");
        pneu_session_free(session);
    }
}

/* A driver that asks for no pieces gets none, and nothing is lost. */
static void outlives_odd_drivers(void **state)
{
    (void)state;
    pneu_session *session = reach(&STATES[1]);
    pneu_piece piece;
    hear(session, "250");
    take_events(session);
    issue(session, 'N');
    assert_int_equal(pneu_session_output(session, &piece, 0), 0);
    pneu_session_output_done(session, 0);
    assert_true((pneu_session_wants(session) & PNEU_WANT_WRITE) != 0);
    assert_status(pneu_session_input(session, "", 0), PNEU_OK);
    assert_status(pneu_session_input(session, NULL, 0), PNEU_OK);
    pneu_session_tick(session, 0);
    pneu_session_input_end(session, PNEU_END_RESET, 0);
    pneu_session_input_end(session, PNEU_END_OF_STREAM, 0);
    take_events(session);
    assert_status(pneu_session_error(session)->status, PNEU_LOST);
    assert_status(pneu_session_noop(session, 1), PNEU_MISUSE);
    assert_status(pneu_session_error(session)->status, PNEU_LOST);
    pneu_session_free(session);
    pneu_session_free(NULL);
}

/* A driver that claims to have written more than there was. */
static void does_not_believe_in_too_much_output(void **state)
{
    (void)state;
    pneu_session *session = NULL;
    assert_status(pneu_session_new(&session, NULL), PNEU_OK);
    hear(session, "220");
    take_events(session);
    issue(session, 'E');
    pneu_session_output_done(session, 1000);
    hear(session, "250");
    take_events(session);
    issue(session, 'M');
    issue(session, 'R');
    issue(session, 'D');
    issue(session, 'B');
    pneu_session_output_done(session, 1000);
    hear(session, "250");
    hear(session, "250"); /* RCPT was not said yet */
    take_events(session);
    assert_status(pneu_session_error(session)->status, PNEU_PROTOCOL);
    pneu_session_free(session);
}

/* Until its last answer has come: what is issued behind it needs a RSET. */
static void is_in_a_transaction_to_its_end(void **state)
{
    (void)state;
    pneu_session *session = NULL;
    char out[1000];
    assert_status(pneu_session_new(&session, NULL), PNEU_OK);
    hear(session, "220");
    take_events(session);
    issue(session, 'E');
    assert_false(pneu_session_in_transaction(session));
    issue(session, 'M');
    assert_true(pneu_session_in_transaction(session));
    issue(session, 'R');
    issue(session, 'D');
    issue(session, 'B');
    assert_true(pneu_session_in_transaction(session));
    static const char *const ANSWERS[] = {"250", "250", "250", "354"};
    for (size_t i = 0; i < COUNT(ANSWERS); i++) {
        write_all(session, 8, out, sizeof(out));
        hear(session, ANSWERS[i]);
        take_events(session);
        assert_true(pneu_session_in_transaction(session));
    }
    write_all(session, 8, out, sizeof(out));
    hear(session, "250");
    take_events(session);
    assert_false(pneu_session_in_transaction(session));
    pneu_session_free(session);
}

/* An older caller's struct is shorter; one without a size is a mistake. */
static void takes_options_by_their_size(void **state)
{
    (void)state;
    pneu_session *session = NULL;
    pneu_session_options options = {
        .size = offsetof(pneu_session_options, no_pipelining),
        .lmtp = true,
        .no_pipelining = true};
    assert_status(pneu_session_new(&session, &options), PNEU_OK);
    assert_true(pneu_session_is_lmtp(session));
    pneu_session_free(session);
    options.size = 0;
    assert_status(pneu_session_new(&session, &options), PNEU_INVALID);
    assert_null(session);
}

/* RFC 5321 4.5.3.2: a time of its own for each phase; no sum overflows. */
static void takes_a_time_for_each_phase(void **state)
{
    (void)state;
    pneu_session *session = NULL;
    pneu_timeouts timeouts = {
        .size = sizeof(timeouts), .greeting_ms = INT64_MAX, .hello_ms = 70};
    pneu_session_options options = {.size = sizeof(options),
                                    .timeout_ms = INT64_MAX,
                                    .timeouts = &timeouts};
    assert_status(pneu_session_new(&session, &options), PNEU_OK);
    pneu_session_tick(session, INT64_C(1) << 40);
    assert_true(pneu_session_deadline_ms(session) > INT64_C(1) << 40);
    hear(session, "220");
    take_events(session);
    issue(session, 'E');
    char out[100];
    write_all(session, 8, out, sizeof(out));
    assert_int_equal(pneu_session_deadline_ms(session),
                     (INT64_C(1) << 40) + 70);
    pneu_session_free(session);
    timeouts.size = 0;
    assert_status(pneu_session_new(&session, &options), PNEU_INVALID);
}

/* The octets of a chunk are pointed to, never copied. */
static void points_to_the_octets_of_a_chunk(void **state)
{
    (void)state;
    static const char CHUNK[] = ".\r\nx\r\n";
    pneu_session *session = NULL;
    pneu_piece pieces[4];
    assert_status(pneu_session_new(&session, NULL), PNEU_OK);
    hear(session, "220");
    take_events(session);
    issue(session, 'E');
    pneu_session_output_done(session, 1000);
    hear(session, "250-x\r\n250-PIPELINING\r\n250-CHUNKING\r\n250");
    take_events(session);
    issue(session, 'M');
    issue(session, 'R');
    assert_status(pneu_session_bdat(session, CHUNK, 6, PNEU_CHUNK_LAST, 1),
                  PNEU_OK);
    assert_int_equal(pneu_session_output(session, pieces, 4), 2);
    assert_int_equal(pieces[0].flags, 0);
    assert_ptr_equal(pieces[1].data, CHUNK);
    assert_int_equal(pieces[1].length, 6);
    assert_int_equal(pieces[1].flags, PNEU_PIECE_BODY);
    assert_int_equal(pneu_session_body_sent(session), 0);
    pneu_session_output_done(session, pieces[0].length + 4);
    assert_int_equal(pneu_session_body_sent(session), 4);
    assert_int_equal(pneu_session_output(session, pieces, 4), 1);
    assert_ptr_equal(pieces[0].data, CHUNK + 4);
    pneu_session_free(session);
}

/* A flag that there is not, and structs without a size: INVALID, and nothing
 * is queued. */
/* A program built when the struct had fewer fields: what lies behind it is
 * none of them. */
static void reads_no_further_than_the_size(void **state)
{
    char out[256];
    pneu_mail_parameters mail = {
        .size = offsetof(pneu_mail_parameters, smtputf8),
        .octets = 7,
        .smtputf8 = true,
        .raw = "SMTPUTF8",
    };
    (void)state;
    pneu_session *session = NULL;
    assert_status(pneu_session_new(&session, NULL), PNEU_OK);
    hear(session, "220");
    take_events(session);
    issue(session, 'E');
    write_all(session, 8, out, sizeof(out));
    pneu_session_input(session, "250-x\r\n250-SIZE\r\n250 SMTPUTF8\r\n", 31);
    take_events(session);
    assert_status(pneu_session_mail(session, "j\xc3\xbc@b.example", &mail, 1),
                  PNEU_BAD_ADDRESS);
    assert_status(pneu_session_mail(session, "a@b.example", &mail, 1), PNEU_OK);
    write_all(session, 8, out, sizeof(out));
    assert_string_equal(out, "MAIL FROM:<a@b.example> SIZE=7\r\n");
    pneu_session_free(session);
}

static void refuses_what_has_no_size(void **state)
{
    (void)state;
    pneu_session *session = NULL;
    const pneu_mail_parameters mail = {.octets = 1};
    const pneu_rcpt_parameters rcpt = {.notify = 1};
    const pneu_xclient attributes = {.name = "x"};
    assert_status(pneu_session_new(&session, NULL), PNEU_OK);
    hear(session, "220");
    take_events(session);
    issue(session, 'E');
    pneu_session_output_done(session, 1000);
    hear(session, OFFER);
    take_events(session);
    assert_status(pneu_session_mail(session, "a@b.example", &mail, 1),
                  PNEU_INVALID);
    assert_int_equal(pneu_session_misuse(session)->command, PNEU_COMMAND_MAIL);
    assert_status(pneu_session_xclient(session, &attributes, 1), PNEU_INVALID);
    assert_status(pneu_session_xclient(session, NULL, 1), PNEU_INVALID);
    issue(session, 'M');
    assert_status(pneu_session_rcpt(session, "a@b.example", &rcpt, 1),
                  PNEU_INVALID);
    assert_int_equal(pneu_session_misuse(session)->command, PNEU_COMMAND_RCPT);
    issue(session, 'R');
    assert_status(pneu_session_bdat(session, "x\n", 2, 4, 1), PNEU_INVALID);
    assert_int_equal(pneu_session_mail_count(session), 1);
    pneu_session_free(session);
}

/* The next piece to write is this line, and it is written. */
static void assert_writes(pneu_session *session, const char *line)
{
    pneu_piece piece;
    assert_int_equal(pneu_session_output(session, &piece, 1), 1);
    assert_int_equal(piece.length, strlen(line));
    assert_memory_equal(piece.data, line, piece.length);
    pneu_session_output_done(session, piece.length);
}

static void goes_on_where_others_were(void **state)
{
    static const pneu_extension OFFERED[] = {
        {"pipelining", NULL},     {"size", " 1000 "},
        {"auth", "PLAIN  LOGIN"}, {"auth", "LOGIN XOAUTH2"},
        {"limits", "RCPTMAX=7"},
    };
    pneu_session *session = NULL;
    pneu_event event;
    (void)state;
    assert_status(pneu_session_new(&session, NULL), PNEU_OK);
    assert_status(pneu_session_resume(session, OFFERED, COUNT(OFFERED)),
                  PNEU_OK);
    assert_int_equal(pneu_session_wants(session), PNEU_WANT_COMMAND);
    assert_true(pneu_session_greeted(session));
    assert_true(pneu_session_introduced(session));
    assert_int_equal(pneu_session_extension_count(session), 4);
    assert_string_equal(pneu_session_extension(session, "SIZE"), "1000");
    assert_string_equal(pneu_session_extension(session, "AUTH"),
                        "PLAIN LOGIN XOAUTH2");
    assert_int_equal(pneu_session_limits(session).rcpt_max, 7);
    issue(session, 'M');
    issue(session, 'R');
    assert_writes(session, "MAIL FROM:<a@b.example>\r\n");
    assert_writes(session, "RCPT TO:<c@d.example>\r\n");
    pneu_session_input(session, "250 ok\r\n", 8);
    assert_true(pneu_session_next_event(session, &event));
    assert_int_equal(event.command, PNEU_COMMAND_MAIL);
    pneu_session_free(session);
}

static void is_resumed_once_and_by_keywords(void **state)
{
    static const pneu_extension BAD[] = {{"size", "1"}, {"a b", ""}};
    static const pneu_extension EMPTY[] = {{"", ""}};
    pneu_session *session = NULL;
    (void)state;
    assert_status(pneu_session_new(&session, NULL), PNEU_OK);
    assert_status(pneu_session_resume(session, BAD, 2), PNEU_INVALID);
    assert_status(pneu_session_resume(session, EMPTY, 1), PNEU_INVALID);
    assert_int_equal(pneu_session_extension_count(session), 0);
    assert_false(pneu_session_greeted(session));
    assert_status(pneu_session_resume(session, NULL, 0), PNEU_OK);
    assert_status(pneu_session_resume(session, NULL, 0), PNEU_MISUSE);
    pneu_session_free(session);
    assert_status(pneu_session_new(&session, NULL), PNEU_OK);
    pneu_session_input(session, "2", 1);
    assert_status(pneu_session_resume(session, NULL, 0), PNEU_MISUSE);
    pneu_session_free(session);
}

/* Each row of the table of known servers has its public report. */
static void knows_servers_by_their_first_line(void **state)
{
    (void)state;
    assert_int_equal(pn_quirks_of(PN_SPAN("mail.example ESMTP Postfix")), 0);
    assert_int_equal(pn_quirks_of(PN_SPAN("")), 0);
    assert_int_equal(
        pn_quirks_of(PN_SPAN("x Microsoft ESMTP MAIL Service ready at Mon")),
        PN_QUIRK_NO_CHUNKING);
    assert_int_equal(pn_quirks_of(PN_SPAN("x\nMicrosoft ESMTP MAIL Service")),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_an_answer_to_every_code),
        cmocka_unit_test(stops_at_a_reply_too_many),
        cmocka_unit_test(gives_pieces_one_at_a_time),
        cmocka_unit_test(outlives_odd_drivers),
        cmocka_unit_test(does_not_believe_in_too_much_output),
        cmocka_unit_test(is_in_a_transaction_to_its_end),
        cmocka_unit_test(takes_options_by_their_size),
        cmocka_unit_test(takes_a_time_for_each_phase),
        cmocka_unit_test(points_to_the_octets_of_a_chunk),
        cmocka_unit_test(reads_no_further_than_the_size),
        cmocka_unit_test(refuses_what_has_no_size),
        cmocka_unit_test(goes_on_where_others_were),
        cmocka_unit_test(is_resumed_once_and_by_keywords),
        cmocka_unit_test(knows_servers_by_their_first_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
