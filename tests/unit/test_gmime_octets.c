/*
 * The octets of a letter: what is sent is what was composed, Bcc apart, and
 * what a server cannot take is encoded, and nothing else.
 */
#include <fcntl.h>
#include <string.h>

#include "pneu/gmime.h"
#include "unit.h"

#define HEAD "From: a@x.example\r\nTo: b@x.example\r\n"
#define MIME HEAD "MIME-Version: 1.0\r\n"
#define TEXT_8BIT                                 \
    "Content-Type: text/plain; charset=utf-8\r\n" \
    "Content-Transfer-Encoding: 8bit\r\n\r\n"     \
    "Gr\xc3\xbc\xc3\x9f" REST "\r\n"
#define TEXT_QP                                           \
    "Content-Type: text/plain; charset=utf-8\r\n"         \
    "Content-Transfer-Encoding: quoted-printable\r\n\r\n" \
    "Gr=C3=BC=C3=9F" REST "\r\n"
#define REST "e, and more in plain ASCII"

static GMimeMessage *parsed(const char *text, size_t length)
{
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(text, length);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    g_object_unref(parser);
    g_object_unref(stream);
    assert_non_null(message);
    return message;
}

static pneu_letter *letter_of(const char *text,
                              const pneu_letter_options *options)
{
    GMimeMessage *message = parsed(text, strlen(text));
    pneu_letter *letter = NULL;
    pneu_error error = {0};
    if (pneu_letter_new(&letter, message, options, &error) != PNEU_OK)
        fail_msg("%s: %s", text, error.message);
    g_object_unref(message);
    return letter;
}

static void expect(const pneu_letter *letter, const char *text)
{
    const pneu_message *message = pneu_letter_message(letter);
    char *octets = g_strndup(message->data, message->length);
    assert_string_equal(octets, text);
    g_free(octets);
}

static void prepare(pneu_letter *letter, bool utf8, bool eight_bit)
{
    pneu_error error = {0};
    if (pneu_letter_prepare(letter, utf8, eight_bit, &error) != PNEU_OK)
        fail_msg("%s", error.message);
}

/* What goes unchanged to any server. (GMime ends the lines after the last
 * boundary in LF; on the wire they end in CRLF.) */
static const char *const PLAIN[] = {
    HEAD "\r\nHello.\r\n",
    HEAD "\r\n",
    HEAD "\r\nno line end",
    HEAD "\r\nFrom me\r\n.\r\n>From you\r\n",
    HEAD "Subject : odd \r\n\tfolding\r\n \t\r\nX-Empty:\r\n\r\nx\r\n",
    HEAD "Subject: =?iso-8859-1?q?Gr=FC=DFe?=\r\n\r\nx\r\n",
    MIME TEXT_QP,
    MIME "Content-Type: multipart/mixed; boundary=b\r\nX-After: y\r\n\r\n"
         "before\r\n--b\r\n\r\none\r\n\r\n--b\r\n"
         "Content-Type: application/octet-stream; name=\"a\"\r\n"
         "Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\nAwQF\r\n"
         "--b\r\nContent-Type: message/rfc822\r\n\r\n"
         "Bcc: kept@x.example\r\n\r\ninner\r\n--b--\r\nafter\n",
};

static void test_plain(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(PLAIN); i++) {
        pneu_letter *letter = letter_of(PLAIN[i], NULL);
        expect(letter, PLAIN[i]);
        prepare(letter, false, false);
        expect(letter, PLAIN[i]);
        prepare(letter, true, true);
        expect(letter, PLAIN[i]);
        assert_false(pneu_letter_envelope(letter)->mail->smtputf8);
        pneu_letter_free(letter);
    }
}

static void test_line_ends(void **state)
{
    (void)state;
    pneu_letter *letter = letter_of(
        "From: a@x.example\nTo: b@x.example\nX: y\n z\n\none\ntwo\n", NULL);
    expect(letter, HEAD "X: y\r\n z\r\n\r\none\r\ntwo\r\n");
    pneu_letter_free(letter);
}

/* RFC 5322 3.6.3 */
static void test_bcc(void **state)
{
    (void)state;
    static const char text[] =
        "Bcc: c@x.example,\r\n d@x.example\r\n" HEAD
        "bcc : e@x.example\r\nX-Bcc: kept\r\nBCC: f@x.example\r\n\t\r\n"
        "Resent-Bcc: g@x.example\r\nBccx: kept\r\nBcc:\r\n\r\n"
        "Bcc: kept\r\n";
    GMimeMessage *message = parsed(text, strlen(text));
    char *before = g_mime_object_to_string(GMIME_OBJECT(message), NULL);
    pneu_letter *letter = NULL;
    assert_status(pneu_letter_new(&letter, message, NULL, NULL), PNEU_OK);
    prepare(letter, false, false);
    expect(letter, HEAD "X-Bcc: kept\r\nBccx: kept\r\n\r\nBcc: kept\r\n");
    char *after = g_mime_object_to_string(GMIME_OBJECT(message), NULL);
    assert_string_equal(after, before);
    pneu_letter_free(letter);
    g_object_unref(message);
    g_free(before);
    g_free(after);
}

/* A CR alone ends a line once the message is on the wire. */
static void test_bcc_behind_cr(void **state)
{
    (void)state;
    GMimeMessage *message = parsed(HEAD "\r\nx\r\n", strlen(HEAD "\r\nx\r\n"));
    g_mime_header_set_raw_value(
        g_mime_header_list_get_header_at(
            g_mime_object_get_header_list(GMIME_OBJECT(message)), 1),
        " b@x.example\rBcc: c@x.example\r\n");
    pneu_letter *letter = NULL;
    static const char *const bob = "b@x.example";
    assert_status(pneu_letter_new(&letter, message,
                                  PNEU_LETTER_OPTIONS(.recipients = &bob,
                                                      .recipient_count = 1),
                                  NULL),
                  PNEU_OK);
    const pneu_message *octets = pneu_letter_message(letter);
    assert_null(g_strstr_len(octets->data, (gssize)octets->length, "Bcc"));
    pneu_letter_free(letter);
    g_object_unref(message);
}

typedef struct encoding {
    const char *text;
    const char *eight_bit; /* with 8BITMIME; NULL: as it is */
    const char *seven_bit;
} encoding;

static const encoding ENCODINGS[] = {
    /* RFC 6152 3 */
    {MIME TEXT_8BIT, NULL, MIME TEXT_QP},
    /* mostly 8-bit: base64 */
    {MIME "Content-Type: text/plain; charset=utf-8\r\n"
          "Content-Transfer-Encoding: 8bit\r\n\r\n"
          "\xce\xba\xce\xb1\xce\xbb\xce\xb7\r\n",
     NULL,
     MIME "Content-Type: text/plain; charset=utf-8\r\n"
          "Content-Transfer-Encoding: base64\r\n\r\nzrrOsc67zrcNCg==\r\n"},
    /* what holds parts claims no more than they do, RFC 2045 6.4 */
    {MIME "Content-Type: multipart/mixed; boundary=b\r\n"
          "Content-Transfer-Encoding: 8bit\r\n\r\npre\r\n"
          "--b\r\n" TEXT_8BIT "\r\n--b\r\n\r\nplain\r\n--b--\r\npost\n",
     NULL,
     MIME "Content-Type: multipart/mixed; boundary=b\r\n"
          "Content-Transfer-Encoding: 7bit\r\n\r\npre\r\n"
          "--b\r\n" TEXT_QP "\r\n--b\r\n\r\nplain\r\n--b--\r\npost\n"},
    /* a message in the message */
    {MIME "Content-Type: message/rfc822\r\n"
          "Content-Transfer-Encoding: 8bit\r\n\r\n"
          "Subject: \xc3\xbc\r\nBcc: kept\r\nMIME-Version: 1.0\r\n" TEXT_8BIT,
     NULL,
     MIME "Content-Type: message/rfc822\r\n"
          "Content-Transfer-Encoding: 7bit\r\n\r\n"
          "Subject: =?UTF-8?B?w7w=?=\r\nBcc: kept\r\n"
          "MIME-Version: 1.0\r\n" TEXT_QP},
    /* no MIME at all: once encoded, it has to say so */
    {HEAD "\r\nGr\xc3\xbc\xc3\x9f" REST "\r\n", NULL,
     HEAD "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
          "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
          "Gr=C3=BC=C3=9F" REST "\r\n"},
    /* RFC 2045 5.2: it was not US-ASCII */
    {HEAD "\r\nGr\xfc\xdf"
          "e und mehr als das!\r\n",
     NULL,
     HEAD "MIME-Version: 1.0\r\n"
          "Content-Type: text/plain; charset=unknown-8bit\r\n"
          "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
          "Gr=FC=DFe und mehr als das!\r\n"},
    /* declared binary: RFC 3030 3 */
    {MIME "Content-Type: application/octet-stream\r\n"
          "Content-Transfer-Encoding: binary\r\n\r\n\x80\n\r\n\xff",
     MIME "Content-Type: application/octet-stream\r\n"
          "Content-Transfer-Encoding: base64\r\n\r\ngAoNCv8=\r\n",
     MIME "Content-Type: application/octet-stream\r\n"
          "Content-Transfer-Encoding: base64\r\n\r\ngAoNCv8=\r\n"},
    /* fields: RFC 2047 5, RFC 2231 4, whatever the server says of bodies */
    {HEAD "Subject: Gr\xc3\xbc\xc3\x9f"
          "e\r\nCc: \"J\xc3\xb6rg, M\" <c@x.example>\r\n\r\nx\r\n",
     HEAD "Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n"
          "Cc: =?iso-8859-1?b?SvZyZyw=?= M <c@x.example>\r\n\r\nx\r\n",
     HEAD "Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n"
          "Cc: =?iso-8859-1?b?SvZyZyw=?= M <c@x.example>\r\n\r\nx\r\n"},
    {MIME "Content-Disposition: attachment; filename=\"\xc3\xbc.txt\"\r\n"
          "Content-Type: text/plain\r\n\r\nx\r\n",
     MIME "Content-Disposition: attachment; filename*=iso-8859-1''%FC.txt\r\n"
          "Content-Type: text/plain\r\n\r\nx\r\n",
     MIME "Content-Disposition: attachment; filename*=iso-8859-1''%FC.txt\r\n"
          "Content-Type: text/plain\r\n\r\nx\r\n"},
    /* an encoded name keeps its comma */
    {HEAD "Cc: =?utf-8?q?M=C3=BCller=2C_J?= <c@x.example>, \xc3\xa4 "
          "<d@x.example>\r\n\r\nx\r\n",
     HEAD "Cc: =?UTF-8?b?TcO8bGxlciw=?= J <c@x.example>, "
          "=?iso-8859-1?b?5A==?=\r\n\t<d@x.example>\r\n\r\nx\r\n",
     HEAD "Cc: =?UTF-8?b?TcO8bGxlciw=?= J <c@x.example>, "
          "=?iso-8859-1?b?5A==?=\r\n\t<d@x.example>\r\n\r\nx\r\n"},
};

static void test_encodings(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ENCODINGS); i++) {
        const encoding *it = &ENCODINGS[i];
        pneu_letter *letter = letter_of(it->text, NULL);
        prepare(letter, false, false);
        expect(letter, it->seven_bit);
        /* each time anew from what was composed */
        prepare(letter, true, true);
        expect(letter, it->eight_bit != NULL ? it->eight_bit : it->text);
        prepare(letter, false, false);
        expect(letter, it->seven_bit);
        assert_false(pneu_letter_envelope(letter)->mail->smtputf8);
        pneu_letter_free(letter);
    }
}

/* RFC 5321 4.5.3.1.6, RFC 5322 2.1.1 */
static void test_long_lines(void **state)
{
    (void)state;
    char *line = g_strnfill(999, 'x');
    char *text = g_strconcat(HEAD "\r\n", line, "\r\n", NULL);
    pneu_letter *letter = letter_of(text, NULL);
    expect(letter, text);
    prepare(letter, true, true);
    const pneu_message *message = pneu_letter_message(letter);
    char *octets = g_strndup(message->data, message->length);
    assert_non_null(strstr(octets, "quoted-printable\r\n\r\nxxx"));
    assert_non_null(strstr(octets, "xxx=\r\nxxx"));
    g_free(octets);
    pneu_letter_free(letter);
    g_free(text);

    /* base64 on one line is broken into lines, and stays what it is */
    char *base64 = g_strnfill(1000, 'A');
    text = g_strconcat(MIME "Content-Type: image/png\r\n"
                            "Content-Transfer-Encoding: base64\r\n\r\n",
                       base64, "\r\n", NULL);
    letter = letter_of(text, NULL);
    prepare(letter, false, false);
    message = pneu_letter_message(letter);
    GMimeMessage *again = parsed(message->data, message->length);
    GByteArray *content = g_byte_array_new();
    GMimeStream *stream = g_mime_stream_mem_new();
    g_mime_stream_mem_set_byte_array(GMIME_STREAM_MEM(stream), content);
    g_mime_data_wrapper_write_to_stream(
        g_mime_part_get_content(
            GMIME_PART(g_mime_message_get_mime_part(again))),
        stream);
    assert_int_equal(content->len, 750);
    octets = g_strndup(message->data, message->length);
    assert_null(strstr(octets, base64));
    g_free(octets);
    g_object_unref(stream);
    g_byte_array_unref(content);
    g_object_unref(again);
    pneu_letter_free(letter);
    g_free(text);
    g_free(base64);
    g_free(line);
}

typedef struct refusal {
    const char *text;
    bool utf8;
    bool eight_bit;
    pneu_body_type body;
    pneu_status status;
    const char *says;
} refusal;

#define SIGNED                                             \
    MIME "Content-Type: multipart/signed; boundary=b;\r\n" \
         " protocol=\"application/pgp-signature\"\r\n\r\n--b\r\n"
#define SIGNATURE                                                          \
    "\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\nsigned\r\n" \
    "--b--\r\n"
#define X100                                                                \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X1000 X100 X100 X100 X100 X100 X100 X100 X100 X100 X100

static const refusal REFUSALS[] = {
    /* RFC 1847 2.1 */
    {SIGNED TEXT_8BIT SIGNATURE, true, false, PNEU_BODY_NOT_STATED,
     PNEU_NOT_OFFERED, "8BITMIME, and a signed part"},
    {SIGNED TEXT_8BIT SIGNATURE, true, true, PNEU_BODY_7BIT, PNEU_BAD_MESSAGE,
     "BODY=7BIT is asked for, and a signed part"},
    {SIGNED "\r\n" X1000 "\r\n" SIGNATURE, true, true, PNEU_BODY_NOT_STATED,
     PNEU_BAD_MESSAGE, "longer than SMTP's 998 octets, in a signed part"},
    /* RFC 6531 3.2 */
    {"From: m\xc3\xbcller@x.example\r\nTo: b@x.example\r\n\r\nx\r\n", false,
     true, PNEU_BODY_NOT_STATED, PNEU_NOT_OFFERED,
     "SMTPUTF8, which the address m\xc3\xbcller@x.example needs"},
    {HEAD "Reply-To: m\xc3\xbcller@x.example\r\n\r\nx\r\n", false, true,
     PNEU_BODY_NOT_STATED, PNEU_NOT_OFFERED, "in the message's header"},
    /* RFC 2045 6.4 */
    {MIME "Content-Type: message/delivery-status\r\n\r\nX: \xc3\xbc\r\n", true,
     false, PNEU_BODY_NOT_STATED, PNEU_NOT_OFFERED,
     "8-bit where nothing can be encoded"},
    {HEAD "X: " X1000 "\r\n\r\nx\r\n", true, true, PNEU_BODY_NOT_STATED,
     PNEU_BAD_MESSAGE, "line 3 of the message"},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(REFUSALS); i++) {
        const refusal *it = &REFUSALS[i];
        pneu_letter *letter = letter_of(
            it->text,
            PNEU_LETTER_OPTIONS(.mail =
                                    PNEU_MAIL_PARAMETERS(.body = it->body)));
        pneu_error error = {0};
        assert_status(
            pneu_letter_prepare(letter, it->utf8, it->eight_bit, &error),
            it->status);
        if (strstr(error.message, it->says) == NULL)
            fail_msg("%s", error.message);
        expect(letter, it->text); /* as it was */
        pneu_letter_free(letter);
    }
}

static void test_signed_stays(void **state)
{
    (void)state;
    static const char text[] = SIGNED TEXT_8BIT SIGNATURE;
    pneu_letter *letter = letter_of(text, NULL);
    prepare(letter, false, true);
    expect(letter, text);
    pneu_letter_free(letter);
}

static void test_nul(void **state)
{
    (void)state;
    static const char text[] = HEAD "\r\na\0b\r\n";
    GMimeMessage *message = parsed(text, sizeof(text) - 1);
    pneu_letter *letter = NULL;
    assert_status(pneu_letter_new(&letter, message, NULL, NULL), PNEU_OK);
    prepare(letter, true, true);
    expect(letter, HEAD "MIME-Version: 1.0\r\n"
                        "Content-Transfer-Encoding: base64\r\n\r\n"
                        "YQBiDQo=\r\n");
    pneu_letter_free(letter);
    g_object_unref(message);
}

/* RFC 6531 3.2: internationalised fields stay, and SMTPUTF8 is stated */
static void test_international(void **state)
{
    (void)state;
    static const char text[] =
        "From: J\xc3\xb6rg <m\xc3\xbcller@x.example>\r\nTo: b@x.example\r\n"
        "Subject: \xc3\xbc\r\n\r\nx\r\n";
    pneu_letter *letter = letter_of(text, NULL);
    prepare(letter, true, true);
    expect(letter, text);
    assert_true(pneu_letter_envelope(letter)->mail->smtputf8);
    pneu_letter_free(letter);

    /* an address that is in the header alone: the rest is encoded */
    letter = letter_of(HEAD "Reply-To: m\xc3\xbcller@x.example\r\n"
                            "Subject: \xc3\xbc\r\n\r\nx\r\n",
                       NULL);
    prepare(letter, true, true);
    expect(letter, HEAD "Reply-To: m\xc3\xbcller@x.example\r\n"
                        "Subject: =?UTF-8?B?w7w=?=\r\n\r\nx\r\n");
    assert_true(pneu_letter_envelope(letter)->mail->smtputf8);
    pneu_letter_free(letter);
}

/* RFC 3030 3: nothing is touched */
static void test_binarymime(void **state)
{
    (void)state;
    static const char text[] =
        MIME "Content-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n"
             "\r\n\x80\n\r\n\xff";
    pneu_letter *letter = letter_of(
        text, PNEU_LETTER_OPTIONS(.mail = PNEU_MAIL_PARAMETERS(
                                          .body = PNEU_BODY_BINARYMIME)));
    prepare(letter, false, false);
    expect(letter, text);
    pneu_letter_free(letter);
}

/* A part whose content cannot be read. */
static void test_source(void **state)
{
    (void)state;
    static const char text[] = HEAD "\r\nx\r\n";
    GMimeMessage *message = parsed(text, strlen(text));
    GMimeStream *folder = g_mime_stream_fs_new(open("/", O_RDONLY));
    GMimeDataWrapper *content = g_mime_data_wrapper_new_with_stream(
        folder, GMIME_CONTENT_ENCODING_DEFAULT);
    g_mime_part_set_content(GMIME_PART(g_mime_message_get_mime_part(message)),
                            content);
    pneu_letter *letter = NULL;
    assert_status(pneu_letter_new(&letter, message, NULL, NULL), PNEU_SOURCE);
    assert_null(letter);
    g_object_unref(content);
    g_object_unref(folder);
    g_object_unref(message);
}

static int start(void **state)
{
    (void)state;
    g_mime_init();
    return 0;
}

static int end(void **state)
{
    (void)state;
    g_mime_shutdown();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),      cmocka_unit_test(test_line_ends),
        cmocka_unit_test(test_bcc),        cmocka_unit_test(test_bcc_behind_cr),
        cmocka_unit_test(test_encodings),  cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_refusals),   cmocka_unit_test(test_signed_stays),
        cmocka_unit_test(test_nul),        cmocka_unit_test(test_international),
        cmocka_unit_test(test_binarymime), cmocka_unit_test(test_source),
    };
    return cmocka_run_group_tests(tests, start, end);
}
