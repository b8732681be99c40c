/* Base64: the vectors of RFC 4648 10, every length and octet, and what is not
 * base64 (a challenge that is not must never be answered, RFC 4954 4). */
#include <string.h>

#include "base/base64.h"
#include "failing_memory.h"
#include "page_end.h"
#include "unit.h"

static const struct {
    const char *plain;
    const char *encoded;
} VECTORS[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xff\xfe\xfb", "//77"},
    {"tim b913a602c7eda7a495b4e6e7334d3890", /* RFC 2195 2 */
     "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw"},
};

static void assert_holds(const pn_buffer *buffer, const char *want)
{
    pn_span held = pn_buffer_span(buffer);
    assert_int_equal(held.length, strlen(want));
    assert_memory_equal(held.data, want, held.length);
}

static void knows_the_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(VECTORS); i++) {
        pn_buffer out;
        pn_buffer_init(&out, 100);
        pn_span plain = page_end_lay(pn_span_of(VECTORS[i].plain));
        assert_status(pn_base64_encode(&out, plain), PNEU_OK);
        assert_holds(&out, VECTORS[i].encoded);
        pn_buffer_clear(&out);
        pn_span text = page_end_lay(pn_span_of(VECTORS[i].encoded));
        assert_status(pn_base64_decode(&out, text), PNEU_OK);
        assert_holds(&out, VECTORS[i].plain);
        pn_buffer_finish(&out);
    }
}

static void round_trips_every_length(void **state)
{
    (void)state;
    char octets[300];
    for (size_t i = 0; i < sizeof(octets); i++)
        octets[i] = (char)(i * 7 + 3);
    for (size_t length = 0; length <= sizeof(octets); length++) {
        pn_buffer encoded;
        pn_buffer decoded;
        pn_buffer_init(&encoded, 1000);
        pn_buffer_init(&decoded, 1000);
        pn_span in = page_end_lay((pn_span){octets, length});
        assert_status(pn_base64_encode(&encoded, in), PNEU_OK);
        assert_int_equal(pn_buffer_length(&encoded), (length + 2) / 3 * 4);
        pn_span text = page_end_lay(pn_buffer_span(&encoded));
        assert_status(pn_base64_decode(&decoded, text), PNEU_OK);
        assert_int_equal(pn_buffer_length(&decoded), length);
        if (length > 0)
            assert_memory_equal(pn_buffer_span(&decoded).data, octets, length);
        pn_buffer_finish(&encoded);
        pn_buffer_finish(&decoded);
    }
}

/* RFC 4648 4 */
static void takes_only_the_alphabet(void **state)
{
    (void)state;
    static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
                                   "qrstuvwxyz0123456789+/";
    for (unsigned c = 0; c < 256; c++) {
        for (size_t place = 0; place < 3; place++) {
            char text[] = "AAAA";
            text[place] = (char)c;
            bool good = c != 0 && strchr(ALPHABET, (char)c) != NULL;
            pn_buffer out;
            pn_buffer_init(&out, 10);
            assert_status(pn_base64_decode(&out, (pn_span){text, 4}),
                          good ? PNEU_OK : PNEU_INVALID);
            assert_int_equal(pn_buffer_length(&out), good ? 3 : 0);
            pn_buffer_finish(&out);
        }
    }
}

/* RFC 4648 3.5: the bits under the padding, too */
static void refuses_what_is_malformed(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "=",        "==",        "===",       "====",     "A",
        "AA",       "AAA",       "A===",      "AA=",      "AA=A",
        "=AAA",     "A=AA",      "AAAA=",     "AAAAA",    "Zg==Zg==",
        "Zm9v\r\n", "Zm9v Zm8=", " Zm9v",     "Zm9v ",    "Zm-_",
        "Zh==",     "Zm9=",      "Zm9vYmF=x", "%n%s%n%s", "*",
    };
    for (size_t i = 0; i < COUNT(BAD); i++) {
        pn_buffer out;
        pn_buffer_init(&out, 100);
        pn_buffer_append_text(&out, "before");
        pn_span text = page_end_lay(pn_span_of(BAD[i]));
        assert_status(pn_base64_decode(&out, text), PNEU_INVALID);
        assert_holds(&out, "before");
        pn_buffer_finish(&out);
    }
}

static void keeps_the_maximum(void **state)
{
    (void)state;
    pn_buffer out;
    pn_buffer_init(&out, 7);
    assert_status(pn_base64_encode(&out, PN_SPAN("1234")), PNEU_TOO_LARGE);
    assert_int_equal(pn_buffer_length(&out), 0);
    assert_status(pn_base64_encode(&out, (pn_span){"", SIZE_MAX}),
                  PNEU_TOO_LARGE);
    assert_status(pn_base64_encode(&out, PN_SPAN("123")), PNEU_OK);
    assert_status(pn_base64_decode(&out, PN_SPAN("AAAAAAAA")), PNEU_TOO_LARGE);
    assert_status(pn_base64_decode(&out, PN_SPAN("AAAA")), PNEU_OK);
    pn_buffer_finish(&out);
}

static void survives_no_memory(void **state)
{
    (void)state;
    pn_buffer out;
    pn_buffer_init(&out, 100);
    failing_memory_start(1);
    assert_status(pn_base64_encode(&out, PN_SPAN("abc")), PNEU_NO_MEMORY);
    assert_true(failing_memory_stop());
    failing_memory_start(1);
    assert_status(pn_base64_decode(&out, PN_SPAN("AAAA")), PNEU_NO_MEMORY);
    assert_true(failing_memory_stop());
    assert_int_equal(pn_buffer_length(&out), 0);
    pn_buffer_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_vectors),
        cmocka_unit_test(round_trips_every_length),
        cmocka_unit_test(takes_only_the_alphabet),
        cmocka_unit_test(refuses_what_is_malformed),
        cmocka_unit_test(keeps_the_maximum),
        cmocka_unit_test(survives_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
