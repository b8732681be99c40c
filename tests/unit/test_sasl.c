/*
 * The exchanges of the RFCs that describe the mechanisms, octet by octet.
 *
 * What GNU SASL draws at random is fixed here: these definitions of its
 * functions stand before its own, also where it calls them itself.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_NEXT */
#endif
#include <dlfcn.h>
#include <gsasl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "talk.h"

static const char *fixed_nonce;   /* as it stands in the message */
static bool nonce_is_drawn;       /* the next to be encoded */
static const char *fixed_service; /* in place of "smtp" */

int gsasl_nonce(char *data, size_t length)
{
    memset(data, 'x', length);
    nonce_is_drawn = true;
    return GSASL_OK;
}

int gsasl_base64_to(const char *in, size_t length, char **out,
                    size_t *out_length)
{
    size_t room = (length + 2) / 3 * 4 + 1;
    if (nonce_is_drawn && fixed_nonce != NULL && strlen(fixed_nonce) >= room)
        room = strlen(fixed_nonce) + 1;
    *out = calloc(1, room);
    if (*out == NULL)
        return GSASL_MALLOC_ERROR;
    if (nonce_is_drawn && fixed_nonce != NULL)
        memcpy(*out, fixed_nonce, strlen(fixed_nonce));
    else
        EVP_EncodeBlock((unsigned char *)*out, (const unsigned char *)in,
                        (int)length);
    nonce_is_drawn = false;
    if (out_length != NULL)
        *out_length = strlen(*out);
    return GSASL_OK;
}

int gsasl_property_set(Gsasl_session *session, Gsasl_property property,
                       const char *data)
{
    typedef int function(Gsasl_session *, Gsasl_property, const char *);
    function *real;
    void *found = dlsym(RTLD_NEXT, "gsasl_property_set");
    memcpy(&real, &found, sizeof(real));
    if (property == GSASL_SERVICE && fixed_service != NULL)
        data = fixed_service;
    return real(session, property, data);
}

static void finish(talk *of)
{
    end_talk(of);
    fixed_nonce = NULL;
    fixed_service = NULL;
}

static void assert_said(const talk *of, pn_span wanted)
{
    pn_span said = pn_buffer_span(&of->answer.data);
    assert_true(of->answer.is_set);
    assert_int_equal(said.length, wanted.length);
    assert_memory_equal(said.data, wanted.data, wanted.length);
}

static void assert_answers(talk *of, const char *challenge, pn_span answer)
{
    pn_span given = {challenge, challenge != NULL ? strlen(challenge) : 0};
    assert_status(step(of, given), PNEU_OK);
    assert_said(of, answer);
}

static void assert_refuses(talk *of, const char *challenge)
{
    assert_status(step(of, pn_span_of(challenge)), PNEU_AUTH_FAILED);
    assert_false(pn_exchange_is_complete(of->exchange));
}

static void assert_begins(talk *of, const char *start)
{
    pn_span none = {NULL, 0};
    assert_status(step(of, none), PNEU_OK);
    pn_span said = pn_buffer_span(&of->answer.data);
    assert_true(said.length > strlen(start));
    assert_memory_equal(said.data, start, strlen(start));
}

/* RFC 4616 4 */
static void speaks_plain(void **state)
{
    (void)state;
    talk of = begin("PLAIN", "tim", "tanstaaftanstaaf");
    assert_answers(&of, NULL, (pn_span){"\0tim\0tanstaaftanstaaf", 21});
    assert_true(pn_exchange_is_complete(of.exchange));
    assert_answers(&of, "", PN_SPAN("")); /* nothing more to say */
    assert_status(step(&of, PN_SPAN("more?")), PNEU_AUTH_FAILED);
    finish(&of);
}

/* RFC 4616 4: Kurt acts as Ursel */
static void speaks_plain_for_another(void **state)
{
    talk of = {.options = {.user = "Kurt",
                           .password = "xipj3plmq",
                           .authorization = "Ursel"}};
    (void)state;
    assert_status(try_begin(&of, "PLAIN"), PNEU_OK);
    assert_answers(&of, NULL, (pn_span){"Ursel\0Kurt\0xipj3plmq", 20});
    finish(&of);
}

/* RFC 2195 2 */
static void speaks_cram_md5(void **state)
{
    (void)state;
    talk of = begin("CRAM-MD5", "tim", "tanstaaftanstaaf");
    assert_answers(&of, "<1896.697170952@postoffice.reston.mci.net>",
                   PN_SPAN("tim b913a602c7eda7a495b4e6e7334d3890"));
    assert_true(pn_exchange_is_complete(of.exchange));
    finish(&of);
}

static void speaks_login(void **state)
{
    (void)state;
    talk of = begin("LOGIN", "tim", "secret");
    assert_answers(&of, "Username:", PN_SPAN("tim"));
    assert_false(pn_exchange_is_complete(of.exchange));
    assert_answers(&of, "Password:", PN_SPAN("secret"));
    assert_true(pn_exchange_is_complete(of.exchange));
    finish(&of);
}

static const char SERVER_FIRST_1[] =
    "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096";
static const char SERVER_FIRST_256[] =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

/* RFC 5802 5 */
static void speaks_scram_sha_1(void **state)
{
    (void)state;
    fixed_nonce = "fyko+d2lbbFgONRv9qkxdawL";
    talk of = begin("SCRAM-SHA-1", "user", "pencil");
    assert_answers(&of, NULL, PN_SPAN("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL"));
    assert_answers(&of, SERVER_FIRST_1,
                   PN_SPAN("c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7"
                           "j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="));
    assert_false(pn_exchange_is_complete(of.exchange));
    assert_answers(&of, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", PN_SPAN(""));
    assert_true(pn_exchange_is_complete(of.exchange));
    finish(&of);
}

/* RFC 7677 3 */
static void speaks_scram_sha_256(void **state)
{
    (void)state;
    fixed_nonce = "rOprNGfwEbeRWgbNEkqO";
    talk of = begin("SCRAM-SHA-256", "user", "pencil");
    assert_answers(&of, NULL, PN_SPAN("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"));
    assert_answers(
        &of, SERVER_FIRST_256,
        PN_SPAN("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="));
    assert_answers(
        &of, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", PN_SPAN(""));
    assert_true(pn_exchange_is_complete(of.exchange));
    finish(&of);
}

/* RFC 5802 3: a server that does not know the password is found out. */
static void finds_a_false_server_out(void **state)
{
    static const char *const WRONG[] = {
        "v=rmF9pqV8S7suAoZWja4dJRkFsKR=",
        "e=invalid-proof",
        "",
        "v=",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(WRONG); i++) {
        fixed_nonce = "fyko+d2lbbFgONRv9qkxdawL";
        talk of = begin("SCRAM-SHA-1", "user", "pencil");
        assert_begins(&of, "n,,");
        assert_status(step(&of, pn_span_of(SERVER_FIRST_1)), PNEU_OK);
        assert_refuses(&of, WRONG[i]);
        finish(&of);
    }
}

/* What a server may not say (RFC 5802 5.1), after the client's first word. */
static void refuses_what_scram_forbids(void **state)
{
    static const char *const WRONG[] = {
        "r=other,s=QSXCR+Q6sek8bf92,i=4096", /* not our nonce */
        "garbage",
        "e=other-error",
        "r=x,s=QSXCR+Q6sek8bf92,i=2147483647", /* too many iterations */
        "r=x,s=QSXCR+Q6sek8bf92,i=99999999999999999999999",
        "m=unknown,r=x,s=QSXCR+Q6sek8bf92,i=4096",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(WRONG); i++) {
        talk of = begin("SCRAM-SHA-256", "user", "pencil");
        assert_begins(&of, "n,,n=user,r=");
        assert_refuses(&of, WRONG[i]);
        finish(&of);
    }
}

/* RFC 4013 3: what looks the same is the same, and some things are not text. */
static void prepares_user_and_password(void **state)
{
    (void)state;
    talk of = begin("SCRAM-SHA-256", "I\xc2\xadX", "pencil");
    assert_begins(&of, "n,,n=IX,r=");
    finish(&of);
    of = begin("SCRAM-SHA-256", "a,b=c", "pencil");
    assert_begins(&of, "n,,n=a=2Cb=3Dc,r=");
    finish(&of);
    of = begin("SCRAM-SHA-256", "\xff", "pencil");
    assert_status(step(&of, (pn_span){NULL, 0}), PNEU_INVALID);
    assert_non_null(strstr(of.error.message, "UTF-8"));
    finish(&of);
}

static const pn_span BINDING = {"\x01\x02\x03\x04\x05\x06\x07\x08", 8};

/* RFC 5802 6: "p" with a binding, "n" without one; RFC 5802 7: whom to act
 * for. "y" is beyond GNU SASL 2.2: told of a binding that it does not need, it
 * would fail. */
static void says_what_it_could_bind(void **state)
{
    static const struct {
        const char *mechanism;
        pn_binding_kind kind;
        const char *authorization;
        const char *start;
    } CASES[] = {
        {"SCRAM-SHA-256", PN_BINDING_NONE, NULL, "n,,n=user"},
        {"SCRAM-SHA-256", PN_BINDING_TLS_EXPORTER, NULL, "n,,n=user"},
        {"SCRAM-SHA-1", PN_BINDING_TLS_UNIQUE, NULL, "n,,n=user"},
        {"SCRAM-SHA-256-PLUS", PN_BINDING_TLS_EXPORTER, NULL,
         "p=tls-exporter,,n=user"},
        {"SCRAM-SHA-1-PLUS", PN_BINDING_TLS_UNIQUE, NULL,
         "p=tls-unique,,n=user"},
        {"SCRAM-SHA-1", PN_BINDING_NONE, "root", "n,a=root,n=user"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++) {
        talk of = {.options = {.user = "user",
                               .password = "pencil",
                               .authorization = CASES[i].authorization,
                               .binding_kind = CASES[i].kind,
                               .binding = BINDING}};
        assert_status(try_begin(&of, CASES[i].mechanism), PNEU_OK);
        assert_begins(&of, CASES[i].start);
        finish(&of);
    }
}

static Gsasl_session *start_server(Gsasl **library, const char *mechanism,
                                   const char *binding)
{
    Gsasl_session *session = NULL;
    assert_int_equal(gsasl_init(library), GSASL_OK);
    assert_int_equal(gsasl_server_start(*library, mechanism, &session),
                     GSASL_OK);
    gsasl_property_set(session, GSASL_PASSWORD, "pencil");
    gsasl_property_set(session, GSASL_CB_TLS_EXPORTER, binding);
    return session;
}

/* Both sides until one of them is through; what the server says of it. */
static int talk_to_server(talk *of, Gsasl_session *server)
{
    pn_span challenge = {NULL, 0};
    char *text = NULL;
    int code = GSASL_NEEDS_MORE;
    while (code == GSASL_NEEDS_MORE) {
        size_t length = 0;
        if (step(of, challenge) != PNEU_OK)
            return GSASL_AUTHENTICATION_ERROR;
        gsasl_free(text);
        text = NULL;
        pn_span said = pn_buffer_span(&of->answer.data);
        code = gsasl_step(server, said.data, said.length, &text, &length);
        challenge = (pn_span){text != NULL ? text : "", length};
    }
    if (code == GSASL_OK && challenge.length > 0)
        (void)step(of, challenge);
    gsasl_free(text);
    return code;
}

/* RFC 5802 6, RFC 9266: another channel's binding is no good. */
static void binds_the_channel(void **state)
{
    static const char *const BINDINGS[] = {"AQIDBAUGBwg=", "AQIDBAUGBwk="};
    (void)state;
    for (size_t i = 0; i < COUNT(BINDINGS); i++) {
        Gsasl *library = NULL;
        Gsasl_session *server =
            start_server(&library, "SCRAM-SHA-256-PLUS", BINDINGS[i]);
        talk of = {.options = {.user = "user",
                               .password = "pencil",
                               .binding_kind = PN_BINDING_TLS_EXPORTER,
                               .binding = BINDING}};
        assert_status(try_begin(&of, "SCRAM-SHA-256-PLUS"), PNEU_OK);
        int code = talk_to_server(&of, server);
        assert_int_equal(code, i == 0 ? GSASL_OK : GSASL_AUTHENTICATION_ERROR);
        assert_int_equal(pn_exchange_is_complete(of.exchange), i == 0);
        finish(&of);
        gsasl_finish(server);
        gsasl_done(library);
    }
}

/* RFC 2831 4 */
static void speaks_digest_md5(void **state)
{
    static const char CHALLENGE[] =
        "realm=\"elwood.innosoft.com\",nonce=\"OA6MG9tEQGm2hh\",qop=\"auth\","
        "algorithm=md5-sess,charset=utf-8";
    talk of = {.options = {.user = "chris",
                           .password = "secret",
                           .host = "elwood.innosoft.com"}};
    (void)state;
    fixed_nonce = "OA6MHXh6VqTrRk";
    fixed_service = "imap";
    assert_status(try_begin(&of, "DIGEST-MD5"), PNEU_OK);
    assert_status(step(&of, pn_span_of(CHALLENGE)), PNEU_OK);
    assert_status(pn_answer_append(&of.answer, (pn_span){"", 1}), PNEU_OK);
    const char *said = pn_buffer_span(&of.answer.data).data;
    assert_non_null(strstr(said, "username=\"chris\""));
    assert_non_null(strstr(said, "nonce=\"OA6MG9tEQGm2hh\""));
    assert_non_null(strstr(said, "cnonce=\"OA6MHXh6VqTrRk\""));
    assert_non_null(strstr(said, "digest-uri=\"imap/elwood.innosoft.com\""));
    assert_non_null(strstr(said, "response=d388dad90d4bbd760a152321f2143af7"));
    assert_false(pn_exchange_is_complete(of.exchange));
    assert_answers(&of, "rspauth=ea40f60335c427b5527b84dbabcdfffd",
                   PN_SPAN(""));
    assert_true(pn_exchange_is_complete(of.exchange));
    finish(&of);
}

/* RFC 2831 2.1.3: the server proves itself too, and garbage is none. */
static void refuses_what_digest_md5_forbids(void **state)
{
    static const char *const WRONG[] = {"garbage", "nonce=", ""};
    (void)state;
    for (size_t i = 0; i < COUNT(WRONG); i++) {
        talk of = begin("DIGEST-MD5", "chris", "secret");
        pneu_status status = step(&of, pn_span_of(WRONG[i]));
        assert_true(status == PNEU_AUTH_FAILED || WRONG[i][0] == '\0');
        assert_false(pn_exchange_is_complete(of.exchange));
        finish(&of);
    }
    talk of = begin("DIGEST-MD5", "chris", "secret");
    assert_status(step(&of, PN_SPAN("realm=\"r\",nonce=\"n\",qop=\"auth\","
                                    "algorithm=md5-sess,charset=utf-8")),
                  PNEU_OK);
    assert_status(
        step(&of, PN_SPAN("rspauth=ea40f60335c427b5527b84dbabcdfffd")),
        PNEU_AUTH_FAILED);
    assert_false(pn_exchange_is_complete(of.exchange));
    finish(&of);
}

/* RFC 4422 A.1: as whom, or nothing */
static void speaks_external(void **state)
{
    (void)state;
    talk of = begin("EXTERNAL", NULL, NULL);
    assert_answers(&of, NULL, PN_SPAN(""));
    assert_true(pn_exchange_is_complete(of.exchange));
    finish(&of);
    of = begin("EXTERNAL", "fred@example.com", NULL);
    assert_answers(&of, NULL, PN_SPAN("fred@example.com"));
    finish(&of);
    of = (talk){.options = {.user = "fred", .authorization = "ann"}};
    assert_status(try_begin(&of, "EXTERNAL"), PNEU_OK);
    assert_answers(&of, NULL, PN_SPAN("ann"));
    finish(&of);
}

/* RFC 4505 2: the trace token is at most 255 characters, and no controls */
static void speaks_anonymous(void **state)
{
    static char long_token[513]; /* 256 of two octets each */
    (void)state;
    talk of = begin("ANONYMOUS", "sirhc", NULL);
    assert_answers(&of, NULL, PN_SPAN("sirhc"));
    assert_true(pn_exchange_is_complete(of.exchange));
    finish(&of);
    of = begin("ANONYMOUS", NULL, NULL);
    assert_answers(&of, NULL, PN_SPAN(""));
    finish(&of);
    for (size_t i = 0; i < 512; i += 2)
        memcpy(long_token + i, "\xc3\xa4", 2);
    const char *const wrong[] = {"a\tb", "\xff", long_token};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        of = (talk){.options = {.user = wrong[i]}};
        assert_status(try_begin(&of, "ANONYMOUS"), PNEU_INVALID);
        finish(&of);
    }
    long_token[510] = '\0';
    of = begin("ANONYMOUS", long_token, NULL);
    finish(&of);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speaks_plain),
        cmocka_unit_test(speaks_plain_for_another),
        cmocka_unit_test(speaks_cram_md5),
        cmocka_unit_test(speaks_login),
        cmocka_unit_test(speaks_scram_sha_1),
        cmocka_unit_test(speaks_scram_sha_256),
        cmocka_unit_test(finds_a_false_server_out),
        cmocka_unit_test(refuses_what_scram_forbids),
        cmocka_unit_test(prepares_user_and_password),
        cmocka_unit_test(says_what_it_could_bind),
        cmocka_unit_test(binds_the_channel),
        cmocka_unit_test(speaks_digest_md5),
        cmocka_unit_test(refuses_what_digest_md5_forbids),
        cmocka_unit_test(speaks_external),
        cmocka_unit_test(speaks_anonymous),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
