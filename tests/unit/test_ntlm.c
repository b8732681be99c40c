/* NTLM: its two messages, and the server's that must not be trusted. */
#include <string.h>

#include "talk.h"

/* A message of type 2: the domain "DOMAIN", the challenge 01 23 45 … ef */
#define NTLM_START "NTLMSSP\0\2\0\0\0"
#define NTLM_FLAGS "\1\2\0\0"
#define NTLM_CHALLENGE "\x01\x23\x45\x67\x89\xab\xcd\xef"
#define NTLM_FILL "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
static const char TYPE_2[] =
    NTLM_START "\x0c\0\x0c\0\x30\0\0\0" NTLM_FLAGS NTLM_CHALLENGE NTLM_FILL
               "D\0O\0M\0A\0I\0N\0";

static bool says(const talk *of, const char *octets, size_t length)
{
    pn_span said = pn_buffer_span(&of->answer.data);
    for (size_t i = 0; i + length <= said.length; i++) {
        if (memcmp(said.data + i, octets, length) == 0)
            return true;
    }
    return false;
}

/* The responses that "SecREt01" brings to this challenge in the public
 * descriptions of the protocol: of LAN Manager, and of NT. */
static void speaks_ntlm(void **state)
{
    static const char LM[] = "\xc3\x37\xcd\x5c\xbd\x44\xfc\x97\x82\xa6\x67\xaf"
                             "\x6d\x42\x7c\x6d\xe6\x7c\x20\xc2\xd3\xe7\x7c\x56";
    static const char NT[] = "\x25\xa9\x8c\x1c\x31\xe8\x18\x47\x46\x6b\x29\xb2"
                             "\xdf\x46\x80\xf3\x99\x58\xfb\x8c\x21\x3a\x9c\xc6";
    (void)state;
    talk of = begin("NTLM", "user", "SecREt01");
    assert_status(step(&of, (pn_span){NULL, 0}), PNEU_OK);
    assert_true(says(&of, "NTLMSSP\0\1\0\0\0", 12));
    assert_false(pn_exchange_is_complete(of.exchange));
    assert_status(step(&of, (pn_span){TYPE_2, sizeof(TYPE_2) - 1}), PNEU_OK);
    assert_true(says(&of, "NTLMSSP\0\3\0\0\0", 12));
    assert_true(says(&of, "u\0s\0e\0r\0", 8));
    assert_true(says(&of, "D\0O\0M\0A\0I\0N\0", 12));
    assert_true(says(&of, LM, 24));
    assert_true(says(&of, NT, 24));
    assert_true(pn_exchange_is_complete(of.exchange));
    end_talk(&of);
}

/* A challenge that points outside itself must not bring our memory out. */
static void refuses_what_ntlm_forbids(void **state)
{
    const pn_span WRONG[] = {
        PN_SPAN(""),
        PN_SPAN("garbage"),
        PN_SPAN(NTLM_START),
        PN_SPAN(NTLM_START "\xff\1\xff\1\x30\0\0\0" NTLM_FLAGS NTLM_CHALLENGE),
        PN_SPAN(NTLM_START
                "\2\0\2\0\xff\xff\xff\xff" NTLM_FLAGS NTLM_CHALLENGE),
        PN_SPAN(NTLM_START "\2\0\2\0\x20\0\0\0" NTLM_FLAGS NTLM_CHALLENGE "D"),
    };
    (void)state;
    for (size_t i = 0; i < COUNT(WRONG); i++) {
        talk of = begin("NTLM", "user", "SecREt01");
        assert_status(step(&of, (pn_span){NULL, 0}), PNEU_OK);
        assert_status(step(&of, WRONG[i]), PNEU_AUTH_FAILED);
        assert_false(pn_exchange_is_complete(of.exchange));
        end_talk(&of);
    }
}

/* libntlm would cut the one and garble the other. */
static void knows_what_ntlm_cannot_carry(void **state)
{
    char word[130];
    (void)state;
    memset(word, 'p', 129);
    word[129] = '\0';
    talk of = {.options = {.user = "user", .password = word}};
    assert_status(try_begin(&of, "NTLM"), PNEU_INVALID);
    end_talk(&of);
    of = (talk){.options = {.user = "us\xc3\xa4r", .password = "x"}};
    assert_status(try_begin(&of, "NTLM"), PNEU_INVALID);
    end_talk(&of);
    word[128] = '\0';
    of = begin("NTLM", "user", word);
    end_talk(&of);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speaks_ntlm),
        cmocka_unit_test(refuses_what_ntlm_forbids),
        cmocka_unit_test(knows_what_ntlm_cannot_carry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
