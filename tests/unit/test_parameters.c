/* The parameters of MAIL and RCPT: how each is written, which values it can
 * have, and what the server must offer for it. */
#include <stdio.h>
#include <string.h>

#include "unit.h"
#include "wire/parameters.h"

/* All that there is. */
#define EVERYTHING                                                          \
    "x\nSIZE 1000\n8BITMIME\nBINARYMIME\nCHUNKING\nSMTPUTF8\nDSN\n"         \
    "AUTH PLAIN\nDELIVERBY 240\nFUTURERELEASE 86400 2026-11-22T18:00:00Z\n" \
    "MT-PRIORITY MIXER\nREQUIRETLS"

static void parse_offer(pn_extensions *extensions, const char *text)
{
    pneu_reply reply = {.code = 250, .text = text, .text_length = strlen(text)};
    pn_extensions_init(extensions);
    assert_status(pn_extensions_parse(extensions, &reply), PNEU_OK);
}

static size_t problems_of(const pneu_mail_parameters *mail,
                          const pneu_rcpt_parameters *rcpt,
                          const char *offer_text, bool is_verified_tls,
                          pneu_error *list, size_t max)
{
    pn_extensions extensions;
    pn_problems problems = {.list = list, .max = max};
    parse_offer(&extensions, offer_text != NULL ? offer_text : "x");
    pn_offer offer = {offer_text != NULL ? &extensions : NULL, is_verified_tls};
    if (mail != NULL)
        pn_parameters_check_mail(mail, &offer, &problems);
    if (rcpt != NULL)
        pn_parameters_check_rcpt(rcpt, &offer, &problems);
    pn_extensions_finish(&extensions);
    return problems.count;
}

static void assert_written(const pneu_mail_parameters *mail,
                           const pneu_rcpt_parameters *rcpt, const char *want)
{
    char found[2000];
    pn_buffer buffer;
    pneu_error error = {.status = PNEU_OK};
    size_t length = 0;
    pn_buffer_init(&buffer, sizeof(found));
    pn_line line = pn_line_begin(&buffer, &error);
    if (mail != NULL)
        pn_parameters_add_mail(&line, mail);
    if (rcpt != NULL)
        pn_parameters_add_rcpt(&line, rcpt);
    assert_status(pn_line_end(&line, &length), PNEU_OK);
    memcpy(found, pn_buffer_span(&buffer).data, length - 2);
    found[length - 2] = '\0';
    assert_string_equal(found, want);
    pn_buffer_finish(&buffer);
}

#define LONG_100                                                             \
    "0123456789012345678901234567890123456789012345678901234567890123456789" \
    "012345678901234567890123456789"

static void writes_every_parameter_of_mail(void **state)
{
    (void)state;
    static const struct {
        pneu_mail_parameters mail;
        const char *want;
    } CASES[] = {
        {{.octets = 0}, ""},
        {{.octets = UINT64_MAX}, " SIZE=18446744073709551615"},
        {{.body = PNEU_BODY_7BIT}, " BODY=7BIT"},
        {{.body = PNEU_BODY_8BITMIME}, " BODY=8BITMIME"},
        {{.body = PNEU_BODY_BINARYMIME}, " BODY=BINARYMIME"},
        {{.smtputf8 = true}, " SMTPUTF8"},
        /* RFC 3461 4.3, 10.1 */
        {{.ret = PNEU_RETURN_HEADERS, .envid = "QQ314159"},
         " RET=HDRS ENVID=QQ314159"},
        {{.ret = PNEU_RETURN_FULL}, " RET=FULL"},
        {{.envid = "a b+c=d~!"}, " ENVID=a+20b+2Bc+3Dd~!"}, /* RFC 3461 4 */
        {{.envid = LONG_100}, " ENVID=" LONG_100},
        /* RFC 4954 5 */
        {{.auth = "<>"}, " AUTH=<>"},
        {{.auth = "e=mc2@example.com"}, " AUTH=e+3Dmc2@example.com"},
        {{.auth = "\"a b\"@example.com"}, " AUTH=\"a+20b\"@example.com"},
        {{.auth = "postmaster"}, " AUTH=postmaster"},
        /* RFC 2852 4, 9 */
        {{.by = PNEU_DELIVER_BY_RETURN, .by_seconds = 240}, " BY=240;R"},
        {{.by = PNEU_DELIVER_BY_NOTIFY, .by_seconds = 125, .by_trace = true},
         " BY=125;NT"},
        {{.by = PNEU_DELIVER_BY_NOTIFY}, " BY=0;N"},
        {{.by = PNEU_DELIVER_BY_NOTIFY, .by_seconds = -999999999},
         " BY=-999999999;N"},
        {{.by = PNEU_DELIVER_BY_RETURN,
          .by_seconds = 999999999,
          .by_trace = true},
         " BY=999999999;RT"},
        /* RFC 4865 3 */
        {{.hold_seconds = 86400}, " HOLDFOR=86400"},
        {{.hold_until = "2026-11-22T18:00:00Z"},
         " HOLDUNTIL=2026-11-22T18:00:00Z"},
        /* RFC 6710 4 */
        {{.has_priority = true}, " MT-PRIORITY=0"},
        {{.has_priority = true, .priority = 9}, " MT-PRIORITY=9"},
        {{.has_priority = true, .priority = -9}, " MT-PRIORITY=-9"},
        {{.require_tls = true}, " REQUIRETLS"}, /* RFC 8689 2 */
        {{.raw = "X-A=1 X-B"}, " X-A=1 X-B"},
        {{.raw = ""}, ""},
        {{.octets = 12,
          .body = PNEU_BODY_8BITMIME,
          .smtputf8 = true,
          .ret = PNEU_RETURN_FULL,
          .envid = "e",
          .auth = "<>",
          .has_priority = true,
          .priority = 3,
          .require_tls = true,
          .raw = "X=1"},
         " SIZE=12 BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=e AUTH=<> "
         "MT-PRIORITY=3 REQUIRETLS X=1"},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        pneu_error first;
        pneu_mail_parameters mail = CASES[i].mail;
        mail.size = sizeof(mail);
        assert_int_equal(problems_of(&mail, NULL, NULL, false, &first, 1), 0);
        assert_written(&mail, NULL, CASES[i].want);
    }
}

/* RFC 3461 10.2 to 10.7, RFC 6533 3 */
static void writes_every_parameter_of_rcpt(void **state)
{
    (void)state;
    static const struct {
        pneu_rcpt_parameters rcpt;
        const char *want;
    } CASES[] = {
        {{.notify = 0}, ""},
        {{.notify = PNEU_NOTIFY_SUCCESS, .orcpt = "Bob@Example.COM"},
         " NOTIFY=SUCCESS ORCPT=rfc822;Bob@Example.COM"},
        {{.notify = PNEU_NOTIFY_FAILURE, .orcpt = "Carol@Ivory.EDU"},
         " NOTIFY=FAILURE ORCPT=rfc822;Carol@Ivory.EDU"},
        {{.notify = PNEU_NOTIFY_SUCCESS | PNEU_NOTIFY_FAILURE,
          .orcpt = "Dana@Ivory.EDU"},
         " NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Dana@Ivory.EDU"},
        {{.notify = PNEU_NOTIFY_NEVER}, " NOTIFY=NEVER"},
        {{.notify =
              PNEU_NOTIFY_SUCCESS | PNEU_NOTIFY_FAILURE | PNEU_NOTIFY_DELAY},
         " NOTIFY=SUCCESS,FAILURE,DELAY"},
        {{.orcpt = "a+b=c@d.example"}, " ORCPT=rfc822;a+2Bb+3Dc@d.example"},
        {{.orcpt = "/C=DE/O=x y/", .orcpt_type = "x400"},
         " ORCPT=x400;/C+3DDE/O+3Dx+20y/"},
        {{.orcpt = "a\\b@d.example"}, " ORCPT=rfc822;a\\b@d.example"},
        {{.orcpt = "j\xc3\xb6rg@d.example"},
         " ORCPT=utf-8;j\\x{F6}rg@d.example"},
        {{.orcpt = "\xe7\x94\xb2+\\ =@d.example"},
         " ORCPT=utf-8;\\x{7532}\\x{2B}\\x{5C}\\x{20}\\x{3D}@d.example"},
        {{.orcpt = "\xf0\x9f\x93\xae@d.example", .orcpt_type = "UTF-8"},
         " ORCPT=UTF-8;\\x{1F4EE}@d.example"},
        {{.orcpt = "a@d.example", .orcpt_type = "utf-8"},
         " ORCPT=utf-8;a@d.example"},
        {{.raw = "X=1"}, " X=1"},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        pneu_error first;
        pneu_rcpt_parameters rcpt = CASES[i].rcpt;
        rcpt.size = sizeof(rcpt);
        assert_int_equal(problems_of(NULL, &rcpt, NULL, false, &first, 1), 0);
        assert_written(NULL, &rcpt, CASES[i].want);
    }
}

static void refuses_values_that_cannot_be(void **state)
{
    (void)state;
    static const struct {
        pneu_mail_parameters mail;
        pneu_status want;
        const char *says;
    } CASES[] = {
        {{.body = (pneu_body_type)4}, PNEU_INVALID, "BODY="},
        {{.ret = (pneu_return)3}, PNEU_INVALID, "RET="},
        {{.envid = ""}, PNEU_INVALID, "ENVID="}, /* RFC 3461 4.4 */
        {{.envid = LONG_100 "x"}, PNEU_INVALID, "ENVID="},
        {{.envid = "a\tb"}, PNEU_INVALID, "ENVID="},
        {{.envid = "\xc3\xb6"}, PNEU_INVALID, "ENVID="},
        {{.envid = "a\r\nRSET"}, PNEU_LINE_BREAK, "ENVID="},
        {{.auth = ""}, PNEU_INVALID, "AUTH="}, /* RFC 4954 5 */
        {{.auth = "<a@b.example>"}, PNEU_INVALID, "AUTH="},
        {{.auth = "a b@c.example"}, PNEU_INVALID, "AUTH="},
        {{.auth = "j\xc3\xb6rg@d.example"}, PNEU_INVALID, "AUTH="},
        {{.auth = "a@b.example\n"}, PNEU_LINE_BREAK, "AUTH="},
        {{.by = (pneu_deliver_by)3}, PNEU_INVALID, "by"},
        {{.by = PNEU_DELIVER_BY_RETURN}, PNEU_INVALID, "BY="}, /* RFC 2852 4 */
        {{.by = PNEU_DELIVER_BY_RETURN, .by_seconds = -1}, PNEU_INVALID, "BY="},
        {{.by = PNEU_DELIVER_BY_NOTIFY, .by_seconds = 1000000000},
         PNEU_INVALID,
         "BY="},
        {{.by = PNEU_DELIVER_BY_NOTIFY, .by_seconds = -1000000000},
         PNEU_INVALID,
         "BY="},
        {{.by = PNEU_DELIVER_BY_NOTIFY, .by_seconds = INT64_MIN},
         PNEU_INVALID,
         "BY="},
        {{.by_seconds = 1}, PNEU_INVALID, "by_seconds"},
        {{.by_trace = true}, PNEU_INVALID, "by_trace"},
        {{.hold_seconds = 1000000000}, PNEU_INVALID, "HOLDFOR="},
        {{.hold_seconds = 1, .hold_until = "2026-11-22T18:00:00Z"},
         PNEU_INVALID,
         "both"},
        {{.hold_until = ""}, PNEU_INVALID, "HOLDUNTIL="},
        {{.hold_until = "tomorrow"}, PNEU_INVALID, "HOLDUNTIL="},
        {{.hold_until = "2026-11-22T18:00:00Z\r"},
         PNEU_LINE_BREAK,
         "HOLDUNTIL="},
        {{.has_priority = true, .priority = 10}, PNEU_INVALID, "MT-PRIORITY="},
        {{.has_priority = true, .priority = -10}, PNEU_INVALID, "MT-PRIORITY="},
        {{.priority = 1}, PNEU_INVALID, "has_priority"},
        {{.raw = "A=1\r\nRSET"}, PNEU_LINE_BREAK, "raw"},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        pneu_error first;
        pneu_mail_parameters mail = CASES[i].mail;
        mail.size = sizeof(mail);
        assert_int_equal(problems_of(&mail, NULL, NULL, false, &first, 1), 1);
        assert_status(first.status, CASES[i].want);
        if (strstr(first.message, CASES[i].says) == NULL)
            fail_msg("case %zu: %s", i, first.message);
    }
}

static void refuses_values_of_rcpt_that_cannot_be(void **state)
{
    (void)state;
    static char long_address[520];
    memset(long_address, 'a', 494); /* with "rfc822;" one more than 500 */
    static const struct {
        pneu_rcpt_parameters rcpt;
        pneu_status want;
        const char *says;
    } CASES[] = {
        /* RFC 3461 4.1 */
        {{.notify = PNEU_NOTIFY_NEVER | PNEU_NOTIFY_DELAY},
         PNEU_INVALID,
         "NEVER"},
        {{.notify = 16}, PNEU_INVALID, "NOTIFY="},
        /* RFC 3461 4.2 */
        {{.orcpt = ""}, PNEU_INVALID, "ORCPT="},
        {{.orcpt = "a\tb"}, PNEU_INVALID, "ORCPT="},
        {{.orcpt = "\xff@x.example"}, PNEU_INVALID, "UTF-8"},
        {{.orcpt = "\xc2\x85@x.example"}, PNEU_INVALID, "UTF-8"},
        {{.orcpt = "\xc3\xb6@x.example", .orcpt_type = "rfc822"},
         PNEU_INVALID,
         "ASCII"},
        {{.orcpt = "a@b.example", .orcpt_type = ""}, PNEU_INVALID, "type"},
        {{.orcpt = "a@b.example", .orcpt_type = "a;b"}, PNEU_INVALID, "type"},
        {{.orcpt = "a@b.example", .orcpt_type = "a b"}, PNEU_INVALID, "type"},
        {{.orcpt_type = "rfc822"}, PNEU_INVALID, "orcpt_type"},
        {{.orcpt = long_address}, PNEU_INVALID, "500"},
        {{.orcpt = "a\r\nb"}, PNEU_LINE_BREAK, "ORCPT="},
        {{.orcpt = "a", .orcpt_type = "x\n"}, PNEU_LINE_BREAK, "type"},
        {{.raw = "\n"}, PNEU_LINE_BREAK, "RCPT"},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        pneu_error first;
        pneu_rcpt_parameters rcpt = CASES[i].rcpt;
        rcpt.size = sizeof(rcpt);
        assert_int_equal(problems_of(NULL, &rcpt, NULL, false, &first, 1), 1);
        assert_status(first.status, CASES[i].want);
        if (strstr(first.message, CASES[i].says) == NULL)
            fail_msg("case %zu: %s", i, first.message);
    }
    long_address[493] = '\0';
    pneu_error none;
    assert_int_equal(problems_of(NULL,
                                 PNEU_RCPT_PARAMETERS(.orcpt = long_address),
                                 NULL, false, &none, 1),
                     0);
}

/* Each belongs to an extension, which the error names. */
static void needs_the_extension(void **state)
{
    (void)state;
    static const struct {
        pneu_mail_parameters mail;
        const char *extension;
    } CASES[] = {
        {{.octets = 1}, "SIZE"},
        {{.body = PNEU_BODY_7BIT}, "8BITMIME"},
        {{.body = PNEU_BODY_8BITMIME}, "8BITMIME"},
        {{.body = PNEU_BODY_BINARYMIME}, "BINARYMIME"},
        {{.body = PNEU_BODY_BINARYMIME}, "CHUNKING"}, /* RFC 3030 3 */
        {{.smtputf8 = true}, "SMTPUTF8"},
        {{.ret = PNEU_RETURN_FULL}, "DSN"},
        {{.envid = "x"}, "DSN"},
        {{.auth = "<>"}, "AUTH"},
        {{.by = PNEU_DELIVER_BY_NOTIFY}, "DELIVERBY"},
        {{.hold_seconds = 1}, "FUTURERELEASE"},
        {{.hold_until = "2026-11-22T18:00:00Z"}, "FUTURERELEASE"},
        {{.has_priority = true}, "MT-PRIORITY"},
        {{.require_tls = true}, "REQUIRETLS"},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        pneu_error first;
        char without[400] = "x";
        char wanted[60];
        pn_span rest = pn_span_of(EVERYTHING);
        pneu_mail_parameters mail = CASES[i].mail;
        mail.size = sizeof(mail);
        /* all lines but the one that begins with the keyword */
        for (size_t at = 2; at < rest.length;) {
            const char *line = rest.data + at;
            size_t length = strcspn(line, "\n");
            size_t used = strlen(without);
            if (!pn_span_starts_nocase((pn_span){line, length},
                                       pn_span_of(CASES[i].extension)))
                snprintf(without + used, sizeof(without) - used, "\n%.*s",
                         (int)length, line);
            at += length + 1;
        }
        assert_int_equal(problems_of(&mail, NULL, EVERYTHING, true, &first, 1),
                         0);
        assert_int_equal(problems_of(&mail, NULL, without, true, &first, 1), 1);
        assert_status(first.status, PNEU_NOT_OFFERED);
        snprintf(wanted, sizeof(wanted), "not offer %s:", CASES[i].extension);
        if (strstr(first.message, wanted) == NULL)
            fail_msg("case %zu: %s", i, first.message);
    }
}

/* What the parameters of an extension allow: RFC 2852 2, RFC 4865 3. */
static void keeps_the_servers_limits(void **state)
{
    (void)state;
    static const struct {
        pneu_mail_parameters mail;
        const char *offer;
        size_t problems;
    } CASES[] = {
        {{.by = PNEU_DELIVER_BY_RETURN, .by_seconds = 240}, EVERYTHING, 0},
        {{.by = PNEU_DELIVER_BY_RETURN, .by_seconds = 239}, EVERYTHING, 1},
        /* the minimum is for R alone */
        {{.by = PNEU_DELIVER_BY_NOTIFY, .by_seconds = 1}, EVERYTHING, 0},
        {{.by = PNEU_DELIVER_BY_RETURN, .by_seconds = 1}, "x\nDELIVERBY", 0},
        {{.by = PNEU_DELIVER_BY_RETURN, .by_seconds = 1}, "x\nDELIVERBY -5", 0},
        {{.by = PNEU_DELIVER_BY_RETURN, .by_seconds = 1},
         "x\nDELIVERBY 18446744073709551615",
         0},
        {{.hold_seconds = 86400}, EVERYTHING, 0},
        {{.hold_seconds = 86401}, EVERYTHING, 1},
        {{.hold_until = "2026-11-22T18:00:00Z"}, EVERYTHING, 0},
        {{.hold_until = "2026-11-22T19:00:00+01:00"}, EVERYTHING, 0},
        {{.hold_until = "2026-11-22T18:00:01Z"}, EVERYTHING, 1},
        {{.hold_until = "2030-01-01T00:00:00Z"}, "x\nFUTURERELEASE", 0},
        {{.hold_seconds = 99}, "x\nFUTURERELEASE soon later", 0},
        {{.hold_until = "2030-01-01T00:00:00Z"}, "x\nFUTURERELEASE 9 later", 0},
    };
    for (size_t i = 0; i < COUNT(CASES); i++) {
        pneu_error first;
        pneu_mail_parameters mail = CASES[i].mail;
        mail.size = sizeof(mail);
        if (problems_of(&mail, NULL, CASES[i].offer, true, &first, 1) !=
            CASES[i].problems)
            fail_msg("case %zu", i);
        if (CASES[i].problems > 0)
            assert_status(first.status, PNEU_INVALID);
    }
}

/* RFC 8689 4.2.1: and nothing is known of a line that is not there yet. */
static void requires_verified_tls(void **state)
{
    (void)state;
    pneu_error list[3];
    const pneu_mail_parameters *mail =
        PNEU_MAIL_PARAMETERS(.require_tls = true);
    assert_int_equal(problems_of(mail, NULL, EVERYTHING, true, list, 3), 0);
    assert_int_equal(problems_of(mail, NULL, EVERYTHING, false, list, 3), 1);
    assert_status(list[0].status, PNEU_UNPROTECTED);
    assert_int_equal(problems_of(mail, NULL, "x", false, list, 3), 2);
    assert_status(list[0].status, PNEU_UNPROTECTED);
    assert_status(list[1].status, PNEU_NOT_OFFERED);
    assert_int_equal(problems_of(mail, NULL, NULL, false, list, 3), 0);
}

/* All that is wrong in one answer, also what there is no room for. */
static void tells_every_problem(void **state)
{
    (void)state;
    pneu_error list[16];
    const pneu_mail_parameters *mail =
        PNEU_MAIL_PARAMETERS(.octets = 1, .body = PNEU_BODY_BINARYMIME,
                             .smtputf8 = true, .ret = PNEU_RETURN_FULL,
                             .envid = "", .has_priority = true, .priority = 12,
                             .raw = "\r");
    const pneu_rcpt_parameters *rcpt =
        PNEU_RCPT_PARAMETERS(.notify = 16, .orcpt = "");
    static const pneu_status WANTED[] = {
        PNEU_NOT_OFFERED, /* SIZE */
        PNEU_NOT_OFFERED, /* BINARYMIME */
        PNEU_NOT_OFFERED, /* CHUNKING */
        PNEU_NOT_OFFERED, /* SMTPUTF8 */
        PNEU_NOT_OFFERED, /* DSN, once for RET, ENVID, NOTIFY and ORCPT */
        PNEU_INVALID,     /* ENVID */
        PNEU_NOT_OFFERED, /* MT-PRIORITY */
        PNEU_INVALID,     /* its value */
        PNEU_LINE_BREAK,  PNEU_INVALID, /* NOTIFY */
        PNEU_INVALID,                   /* ORCPT */
    };
    assert_int_equal(problems_of(mail, rcpt, "x", true, list, 16),
                     COUNT(WANTED));
    for (size_t i = 0; i < COUNT(WANTED); i++)
        assert_status(list[i].status, WANTED[i]);
    assert_int_equal(problems_of(mail, rcpt, "x", true, list, 2),
                     COUNT(WANTED));
    assert_int_equal(problems_of(mail, rcpt, "x", true, NULL, 0),
                     COUNT(WANTED));
    pneu_mail_parameters no_size = {.octets = 1};
    pneu_rcpt_parameters no_size_either = {.notify = 1};
    assert_int_equal(
        problems_of(&no_size, &no_size_either, "x", true, list, 16), 2);
    assert_status(list[0].status, PNEU_INVALID);
    assert_status(list[1].status, PNEU_INVALID);
}

static void limits_raw_parameters(void **state)
{
    (void)state;
    static char raw[PN_PARAMETERS_RAW_MAX + 2];
    pneu_error first;
    memset(raw, 'a', PN_PARAMETERS_RAW_MAX + 1);
    assert_int_equal(problems_of(PNEU_MAIL_PARAMETERS(.raw = raw), NULL, NULL,
                                 false, &first, 1),
                     1);
    assert_status(first.status, PNEU_TOO_LARGE);
    raw[PN_PARAMETERS_RAW_MAX] = '\0';
    assert_int_equal(problems_of(PNEU_MAIL_PARAMETERS(.raw = raw), NULL, NULL,
                                 false, &first, 1),
                     0);
    assert_true(pn_parameters_has_raw("A=1 smtpUTF8", PN_SPAN("SMTPUTF8")));
    assert_false(pn_parameters_has_raw("A=SMTPUTF8", PN_SPAN("SMTPUTF8")));
    assert_false(pn_parameters_has_raw(NULL, PN_SPAN("SMTPUTF8")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_every_parameter_of_mail),
        cmocka_unit_test(writes_every_parameter_of_rcpt),
        cmocka_unit_test(refuses_values_that_cannot_be),
        cmocka_unit_test(refuses_values_of_rcpt_that_cannot_be),
        cmocka_unit_test(needs_the_extension),
        cmocka_unit_test(keeps_the_servers_limits),
        cmocka_unit_test(requires_verified_tls),
        cmocka_unit_test(tells_every_problem),
        cmocka_unit_test(limits_raw_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
