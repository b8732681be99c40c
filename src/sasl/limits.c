#include "sasl/limits.h"

#include <string.h>

#include "base/fail.h"
#include "base/utf8.h"

enum {
    /* RFC 5802 5.1: "i=" costs the client that many HMACs */
    ITERATIONS_MAX = 1000000,
    /* what libntlm hashes of a password; longer ones it cuts */
    NTLM_WORD_MAX = 128,
    NTLM_CHALLENGE_MIN = 32, /* up to the eight octets to be hashed */
    NTLM_DOMAIN_AT = 12,     /* length, space, place */
    TRACE_MAX = 255          /* RFC 4505 2, in characters */
};

/* The count in a SCRAM server's first message, "r=…,s=…,i=4096"; 0 if there is
 * none. */
static uint64_t iteration_count(pn_span challenge)
{
    for (size_t i = 0; i + 3 < challenge.length; i++) {
        if (memcmp(challenge.data + i, ",i=", 3) != 0)
            continue;
        pn_span digits = {challenge.data + i + 3, 0};
        size_t left = challenge.length - i - 3;
        while (digits.length < left &&
               pn_ascii_is_digit(digits.data[digits.length]))
            digits.length++;
        uint64_t count = 0;
        return pn_span_number(digits, &count) ? count : UINT64_MAX;
    }
    return 0;
}

static size_t little_endian(const char *from, size_t octets)
{
    size_t number = 0;
    while (octets-- > 0)
        number = number << 8 | (unsigned char)from[octets];
    return number;
}

/* GNU SASL copies the challenge into memory that it has not cleared, and
 * would send back what lies behind its end. */
static bool is_ntlm_challenge(pn_span text)
{
    static const char START[] = "NTLMSSP\0\2\0\0"; /* a message of type 2 */
    if (text.length < NTLM_CHALLENGE_MIN ||
        memcmp(text.data, START, sizeof(START)) != 0)
        return false;
    size_t length = little_endian(text.data + NTLM_DOMAIN_AT, 2);
    size_t place = little_endian(text.data + NTLM_DOMAIN_AT + 4, 4);
    return length == 0 ||
           (place <= text.length && length <= text.length - place);
}

pneu_status pn_limits_check_challenge(const pn_mechanism *mechanism,
                                      pn_span challenge, pneu_error *error)
{
    if (mechanism->kind == PN_KIND_SCRAM &&
        iteration_count(challenge) > ITERATIONS_MAX)
        return pn_fail(error, PNEU_AUTH_FAILED,
                       "the server asks for more than %d iterations of %s",
                       ITERATIONS_MAX, mechanism->name);
    if (mechanism->kind == PN_KIND_NTLM && challenge.data != NULL &&
        !is_ntlm_challenge(challenge))
        return pn_fail(error, PNEU_AUTH_FAILED,
                       "the server's challenge is none of NTLM");
    return PNEU_OK;
}

static bool is_ntlm_word(pn_span text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (!pn_ascii_is_printable(text.data[i]))
            return false;
    }
    return text.length <= NTLM_WORD_MAX;
}

static bool is_trace(pn_span text)
{
    size_t characters = 0;
    while (text.length > 0) {
        uint32_t character = 0;
        size_t length = pn_utf8_length(text, &character);
        if (length == 0 || character < 32 || character == 127)
            return false;
        text = (pn_span){text.data + length, text.length - length};
        characters++;
    }
    return characters <= TRACE_MAX;
}

pneu_status pn_limits_check_credentials(const pn_exchange_options *options,
                                        pneu_error *error)
{
    pn_mechanism_kind kind = options->mechanism->kind;
    if (kind == PN_KIND_NTLM && (!is_ntlm_word(pn_span_of(options->user)) ||
                                 !is_ntlm_word(pn_span_of(options->password))))
        return pn_fail(error, PNEU_INVALID,
                       "NTLM can carry a user name and a password of at most "
                       "%d ASCII characters only",
                       NTLM_WORD_MAX);
    if (kind == PN_KIND_ANONYMOUS && !is_trace(pn_span_of(options->user)))
        return pn_fail(error, PNEU_INVALID,
                       "the user name, which ANONYMOUS shows to the server, "
                       "must be at most %d characters of UTF-8 without "
                       "controls (RFC 4505 2)",
                       TRACE_MAX);
    return PNEU_OK;
}
