/*
 * Who a letter is from and for: the header's rules (RFC 5322 3.6), and what
 * the options override.
 */
#include <string.h>

#include "pneu/gmime.h"
#include "unit.h"

enum {
    MOST = 4
};

static GMimeMessage *parsed(const char *text)
{
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(text, strlen(text));
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    g_object_unref(parser);
    g_object_unref(stream);
    assert_non_null(message);
    return message;
}

static pneu_status make(pneu_letter **letter, const char *header,
                        const pneu_letter_options *options, pneu_error *error)
{
    char *text = g_strconcat(header, "Subject: x\n\nHello.\n", NULL);
    GMimeMessage *message = parsed(text);
    pneu_status status = pneu_letter_new(letter, message, options, error);
    g_object_unref(message);
    g_free(text);
    return status;
}

static void expect(const pneu_letter *letter, const char *sender,
                   const char *const *recipients)
{
    const pneu_envelope *envelope = pneu_letter_envelope(letter);
    size_t count = 0;
    assert_string_equal(envelope->sender, sender);
    for (; count < MOST && recipients[count] != NULL; count++) {
        assert_true(count < envelope->recipient_count);
        assert_string_equal(envelope->recipients[count], recipients[count]);
    }
    assert_int_equal(envelope->recipient_count, count);
}

typedef struct good {
    const char *header;
    const char *sender;
    const char *recipients[MOST];
} good;

static const good GOOD[] = {
    {"From: Ann <a@x.example>\nTo: Bob <b@x.example>\n",
     "a@x.example",
     {"b@x.example"}},
    /* RFC 5322 3.6.2: Sender, if it is there */
    {"From: a@x.example, c@x.example\nSender: s@x.example\nTo: b@x.example\n",
     "s@x.example",
     {"b@x.example"}},
    {"From: a@x.example, c@x.example\nTo: b@x.example\n",
     "a@x.example",
     {"b@x.example"}},
    {"from: a@x.example\nTO: b@x.example\n", "a@x.example", {"b@x.example"}},
    {"From: The team: a@x.example, c@x.example;\nTo: b@x.example\n",
     "a@x.example",
     {"b@x.example"}},
    /* all fields of each name, in this order */
    {"Bcc: e@x.example\nFrom: a@x.example\nCc: d@x.example\n"
     "To: b@x.example\nTo: c@x.example\n",
     "a@x.example",
     {"b@x.example", "c@x.example", "d@x.example", "e@x.example"}},
    {"From: a@x.example\nBcc: b@x.example\n", "a@x.example", {"b@x.example"}},
    /* empty fields, empty groups, empty addresses */
    {"From: a@x.example\nTo: b@x.example\nCc:\nBcc: \n",
     "a@x.example",
     {"b@x.example"}},
    {"From: a@x.example\nTo: undisclosed-recipients:;\nBcc: b@x.example\n",
     "a@x.example",
     {"b@x.example"}},
    {"From: a@x.example\nTo: Nobody <>, b@x.example,, c@x.example\n",
     "a@x.example",
     {"b@x.example", "c@x.example"}},
    /* a group: RFC 5322 3.4 */
    {"From: a@x.example\nTo: Us: b@x.example, C <c@x.example>;, d@x.example\n",
     "a@x.example",
     {"b@x.example", "c@x.example", "d@x.example"}},
    /* each once: RFC 5321 2.4 */
    {"From: a@x.example\nTo: b@x.example, b@X.Example\n"
     "Cc: B@x.example, b@x.example\n",
     "a@x.example",
     {"b@x.example", "B@x.example"}},
    /* folded, encoded, quoted */
    {"From: =?utf-8?q?M=C3=BCller=2C_J?= <a@x.example>\n"
     "To: \"B, the builder\"\n\t<b@x.example>,\n (a comment) c@x.example\n",
     "a@x.example",
     {"b@x.example", "c@x.example"}},
    {"From: a@x.example\nTo: \"two words\"@x.example, d@[127.0.0.1]\n",
     "a@x.example",
     {"\"two words\"@x.example", "d@[127.0.0.1]"}},
    /* a domain goes as its A-label, unless SMTPUTF8 is needed anyway */
    {"From: a@xn--bcher-kva.example\nTo: b@b\xc3\xbc"
     "cher.example, "
     "m\xc3\xbcller@b\xc3\xbc"
     "cher.example\n",
     "a@xn--bcher-kva.example",
     {"b@xn--bcher-kva.example", "m\xc3\xbcller@b\xc3\xbc"
                                 "cher.example"}},
    /* what may be an address or not is for the delivery to say */
    {"From: a@x.example\nTo: root\n", "a@x.example", {"root"}},
    /* a comma that should have been encoded */
    {"From: a@x.example\nTo: =?utf-8?q?M=C3=BCller,_J?= <b@x.example>\n",
     "a@x.example",
     {"b@x.example"}},
    /* RFC 5322 3.6.6: only the block of the one who sends again */
    {"Resent-Date: Mon, 1 Jan 2024 00:00:00 +0000\n"
     "Resent-From: r@x.example\nResent-To: b@x.example\n"
     "Resent-Bcc: c@x.example\nFrom: a@x.example\nSender: s@x.example\n"
     "To: z@x.example\nCc: z@x.example\nBcc: z@x.example\n",
     "r@x.example",
     {"b@x.example", "c@x.example"}},
    {"Resent-Date: Mon, 1 Jan 2024 00:00:00 +0000\n"
     "Resent-From: r@x.example\nResent-Sender: t@x.example\n"
     "Resent-Cc: b@x.example\n",
     "t@x.example",
     {"b@x.example"}},
    /* without Resent-Date it is no block */
    {"Resent-From: r@x.example\nResent-To: z@x.example\n"
     "From: a@x.example\nTo: b@x.example\n",
     "a@x.example",
     {"b@x.example"}},
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(GOOD); i++) {
        pneu_letter *letter = NULL;
        pneu_error error = {0};
        if (make(&letter, GOOD[i].header, NULL, &error) != PNEU_OK)
            fail_msg("%s: %s", GOOD[i].header, error.message);
        expect(letter, GOOD[i].sender, GOOD[i].recipients);
        pneu_letter_free(letter);
    }
}

typedef struct bad {
    const char *header;
    pneu_status status;
    const char *says;
} bad;

static const bad BAD[] = {
    {"To: b@x.example\n", PNEU_BAD_MESSAGE, "neither Sender nor From"},
    {"From:\nTo: b@x.example\n", PNEU_BAD_MESSAGE, "From holds no address"},
    {"From: a@x.example\nSender: <>\nTo: b@x.example\n", PNEU_BAD_MESSAGE,
     "Sender holds no address"},
    {"From: a@x.example\n", PNEU_INVALID, "no recipient"},
    {"From: a@x.example\nTo: nobody:;\nCc: \n", PNEU_INVALID, "no recipient"},
    {"Resent-Date: Mon, 1 Jan 2024 00:00:00 +0000\nResent-To: b@x.example\n"
     "From: a@x.example\n",
     PNEU_BAD_MESSAGE, "neither Resent-Sender nor Resent-From"},
    {"Resent-Date: Mon, 1 Jan 2024 00:00:00 +0000\nResent-From: r@x.example\n"
     "To: z@x.example\n",
     PNEU_INVALID, "Resent-To, Cc and Bcc"},
    {"Resent-Date: Mon, 1 Jan 2024 00:00:00 +0000\nResent-From: r@x.example\n"
     "Resent-To: b@x.example\n"
     "Resent-Date: Mon, 2 Jan 2024 00:00:00 +0000\n",
     PNEU_INVALID, "more than one Resent- block"},
    /* nobody is left out without a word */
    {"From: a@x.example\nTo: b@x.example; c@x.example\n", PNEU_BAD_MESSAGE,
     "To cannot be understood whole"},
    {"From: a@x.example\nTo: c@x.example\nCc: b@@x.example\n", PNEU_BAD_MESSAGE,
     "b@@x.example"},
    {"From: not an address\nTo: b@x.example\n", PNEU_BAD_MESSAGE,
     "From cannot be understood whole"},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(BAD); i++) {
        pneu_letter *letter = NULL;
        pneu_error error = {0};
        assert_status(make(&letter, BAD[i].header, NULL, &error),
                      BAD[i].status);
        assert_null(letter);
        assert_status(error.status, BAD[i].status);
        if (strstr(error.message, BAD[i].says) == NULL)
            fail_msg("%s: %s", BAD[i].header, error.message);
    }
}

static void test_error_is_escaped(void **state)
{
    (void)state;
    pneu_letter *letter = NULL;
    pneu_error error = {0};
    assert_status(make(&letter,
                       "From: a@x.example\nTo: b@@x\033[31m,\n c\xff@@y\n",
                       NULL, &error),
                  PNEU_BAD_MESSAGE);
    assert_null(strchr(error.message, '\033'));
    assert_null(strchr(error.message, '\n'));
    assert_true(g_utf8_validate(error.message, -1, NULL));
}

static void test_options_override(void **state)
{
    (void)state;
    static const char *const recipients[MOST] = {"c@x.example", "c@x.example"};
    static const char header[] =
        "From: broken@@x\nTo: broken@@x\nResent-Date: x\nResent-Date: y\n";
    char sender[] = "other@x.example";
    pneu_letter *letter = NULL;
    assert_status(
        make(&letter, header,
             PNEU_LETTER_OPTIONS(.sender = sender, .recipients = recipients,
                                 .recipient_count = 2),
             NULL),
        PNEU_OK);
    sender[0] = 'X'; /* it was copied */
    expect(letter, "other@x.example", recipients);
    pneu_letter_free(letter);

    assert_status(make(&letter, "From: a@x.example\nTo: b@x.example\n",
                       PNEU_LETTER_OPTIONS(.sender = ""), NULL),
                  PNEU_OK);
    expect(letter, "", (const char *const[MOST]){"b@x.example"});
    pneu_letter_free(letter);
}

static void test_local_names(void **state)
{
    (void)state;
    pneu_letter *letter = NULL;
    assert_status(make(&letter, "From: ann\nTo: Bob <bob>, carl\n",
                       PNEU_LETTER_OPTIONS(.allow_local = true), NULL),
                  PNEU_OK);
    expect(letter, "ann", (const char *const[MOST]){"bob", "carl"});
    assert_true(pneu_letter_envelope(letter)->allow_local);
    pneu_letter_free(letter);
}

static void test_parameters_are_copied(void **state)
{
    (void)state;
    char envid[] = "QQ314159";
    char orcpt[] = "o@x.example";
    pneu_letter *letter = NULL;
    assert_status(
        make(&letter, "From: a@x.example\nTo: b@x.example\n",
             PNEU_LETTER_OPTIONS(
                     .mail = PNEU_MAIL_PARAMETERS(.ret = PNEU_RETURN_HEADERS,
                                                  .envid = envid),
                     .rcpt = PNEU_RCPT_PARAMETERS(.notify = PNEU_NOTIFY_NEVER,
                                                  .orcpt = orcpt),
                     .all_or_nothing = true),
             NULL),
        PNEU_OK);
    envid[0] = orcpt[0] = '?';
    const pneu_envelope *envelope = pneu_letter_envelope(letter);
    assert_string_equal(envelope->mail->envid, "QQ314159");
    assert_int_equal(envelope->mail->ret, PNEU_RETURN_HEADERS);
    assert_string_equal(envelope->rcpt->orcpt, "o@x.example");
    assert_int_equal(envelope->rcpt->notify, PNEU_NOTIFY_NEVER);
    assert_true(envelope->all_or_nothing);
    pneu_letter_free(letter);
}

static void test_composed_by_calls(void **state)
{
    (void)state;
    GMimeMessage *message = g_mime_message_new(TRUE);
    g_mime_message_add_mailbox(message, GMIME_ADDRESS_TYPE_FROM,
                               "J\xc3\xb6rg, the first", "a@x.example");
    g_mime_message_add_mailbox(message, GMIME_ADDRESS_TYPE_TO, NULL,
                               "b@x.example");
    g_mime_message_add_mailbox(message, GMIME_ADDRESS_TYPE_BCC, "C",
                               "c@x.example");
    pneu_letter *letter = NULL;
    assert_status(pneu_letter_new(&letter, message, NULL, NULL), PNEU_OK);
    g_object_unref(message); /* the letter does not need it */
    expect(letter, "a@x.example",
           (const char *const[MOST]){"b@x.example", "c@x.example"});
    pneu_letter_free(letter);
}

static void test_arguments(void **state)
{
    (void)state;
    pneu_letter *letter = (pneu_letter *)&letter;
    pneu_error error = {0};
    assert_status(pneu_letter_new(&letter, NULL, NULL, &error), PNEU_INVALID);
    assert_null(letter);
    assert_true(strlen(error.message) > 0);
    static const char header[] = "From: a@x.example\nTo: b@x.example\n";
    const pneu_letter_options unset = {.sender = "a@x.example"};
    assert_status(make(&letter, header, &unset, &error), PNEU_INVALID);
    const pneu_mail_parameters bare = {.size = 0};
    assert_status(
        make(&letter, header, PNEU_LETTER_OPTIONS(.mail = &bare), &error),
        PNEU_INVALID);
    assert_status(make(&letter, header,
                       PNEU_LETTER_OPTIONS(.recipient_count = 1), &error),
                  PNEU_INVALID);
    pneu_letter_free(NULL);
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
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_error_is_escaped),
        cmocka_unit_test(test_options_override),
        cmocka_unit_test(test_local_names),
        cmocka_unit_test(test_parameters_are_copied),
        cmocka_unit_test(test_composed_by_calls),
        cmocka_unit_test(test_arguments),
    };
    return cmocka_run_group_tests(tests, start, end);
}
