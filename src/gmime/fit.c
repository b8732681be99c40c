#include "gmime/fit.h"

#include "base/fail.h"
#include "gmime/encode.h"
#include "gmime/octets.h"

static pneu_status check_lines(const pn_octets_facts *facts, bool has_signed,
                               pneu_error *error)
{
    const char *where = has_signed ? ", in a signed part or where" : ", where";
    if (facts->has_nul)
        return pn_fail(error, PNEU_BAD_MESSAGE,
                       "the message holds a NUL octet%s nothing can be "
                       "encoded",
                       where);
    if (facts->long_line != 0)
        return pn_fail(error, PNEU_BAD_MESSAGE,
                       "line %zu of the message is longer than SMTP's 998 "
                       "octets%s nothing can be encoded",
                       facts->long_line, where);
    return PNEU_OK;
}

static pneu_status check_8bit(const pn_octets_facts *facts, bool is_own_wish,
                              bool has_signed, pneu_error *error)
{
    const char *what = has_signed
                           ? "a signed part, which must not be encoded anew, "
                             "is 8-bit"
                           : "the message is 8-bit where nothing can be "
                             "encoded";
    if (!facts->body_is_8bit)
        return PNEU_OK;
    if (is_own_wish)
        return pn_fail(error, PNEU_BAD_MESSAGE,
                       "BODY=7BIT is asked for, and %s", what);
    return pn_fail(error, PNEU_NOT_OFFERED,
                   "the server does not offer 8BITMIME, and %s", what);
}

/* The octets of a copy that was encoded; NULL if there was nothing to do. */
static GByteArray *encode(const GByteArray *composed, const pn_fit_terms *of,
                          bool *has_signed, pneu_status *status,
                          pneu_error *error)
{
    GMimeMessage *copy = pn_octets_parse(composed);
    GByteArray *octets = NULL;
    *status = PNEU_OK;
    if (copy == NULL)
        return NULL;
    pn_encode_limits limits = {.eight_bit_fields = of->keep_fields,
                               .eight_bit_parts = of->eight_bit};
    pn_encode_result result = pn_encode(copy, &limits);
    *has_signed = result.has_signed;
    if (result.changed) {
        octets = g_byte_array_new();
        *status = pn_octets_write(octets, copy, error);
    }
    g_object_unref(copy);
    return octets;
}

static pneu_status check(const GByteArray *octets, const pn_fit_terms *of,
                         bool has_signed, bool *states_utf8, pneu_error *error)
{
    pn_octets_facts facts = pn_octets_examine(octets);
    pneu_status status = check_lines(&facts, has_signed, error);
    if (status == PNEU_OK && !of->eight_bit)
        status = check_8bit(&facts, of->own_7bit, has_signed, error);
    if (status == PNEU_OK && facts.header_is_8bit && !of->utf8)
        return pn_fail(error, PNEU_NOT_OFFERED,
                       "the server does not offer SMTPUTF8, which an address "
                       "in the message's header needs");
    *states_utf8 = facts.header_is_8bit;
    return status;
}

static bool is_plain(const GByteArray *octets)
{
    pn_octets_facts facts = pn_octets_examine(octets);
    return !facts.header_is_8bit && !facts.body_is_8bit && !facts.has_nul &&
           !facts.has_bare && facts.long_line == 0;
}

pneu_status pn_fit(const GByteArray *composed, const pn_fit_terms *of,
                   GByteArray **fitted, bool *states_utf8, pneu_error *error)
{
    bool has_signed = false;
    pneu_status status = PNEU_OK;
    *fitted = NULL;
    *states_utf8 = false;
    if (is_plain(composed))
        return PNEU_OK;
    GByteArray *octets = encode(composed, of, &has_signed, &status, error);
    if (status == PNEU_OK)
        status = check(octets != NULL ? octets : composed, of, has_signed,
                       states_utf8, error);
    if (status != PNEU_OK && octets != NULL) {
        g_byte_array_unref(octets);
        octets = NULL;
    }
    *fitted = octets;
    return status;
}
