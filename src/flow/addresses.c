#include "flow/addresses.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "base/idna.h"
#include "base/memory.h"
#include "wire/path.h"

pn_span pn_address_domain(pn_span address)
{
    bool is_literal =
        address.length > 0 && address.data[address.length - 1] == ']';
    for (size_t i = address.length; i > 0; i--) {
        char next = i < address.length ? address.data[i] : '\0';
        /* an "@" may stand within a literal; a "[" may not */
        if (address.data[i - 1] == '@' && (!is_literal || next == '['))
            return (pn_span){address.data + i, address.length - i};
        if (address.data[i - 1] == '"')
            break; /* the end of a quoted local part without a domain */
    }
    return (pn_span){address.data + address.length, 0};
}

/* local part, "@", A-labels; NULL if there is no memory */
static char *join(pn_span local_and_at, const char *domain)
{
    char *joined =
        pn_memory_new(local_and_at.length + strlen(domain) + 1, sizeof(char));
    if (joined == NULL)
        return NULL;
    memcpy(joined, local_and_at.data, local_and_at.length);
    memcpy(joined + local_and_at.length, domain, strlen(domain) + 1);
    return joined;
}

static pneu_status refuse_domain(pn_span address, pneu_error *error)
{
    char shown[160];
    char where[192];
    if (error->status == PNEU_NO_MEMORY)
        return PNEU_NO_MEMORY;
    pn_escape(address, "\\n", shown, sizeof(shown));
    snprintf(where, sizeof(where), "the address \"%s\"", shown);
    pn_fail_prefix(error, where);
    error->status = PNEU_BAD_ADDRESS;
    return PNEU_BAD_ADDRESS;
}

pneu_status pn_address_convert(pn_span address, unsigned allowed, char **own,
                               bool *needs_utf8, pneu_error *error)
{
    char ascii[PN_IDNA_SIZE];
    pn_span domain = pn_address_domain(address);
    pn_span local = {address.data, address.length - domain.length};
    pneu_status status = pn_idna_to_ascii(domain, ascii, sizeof(ascii), error);
    if (status != PNEU_OK)
        return refuse_domain(address, error);
    if (pn_path_needs_utf8(local)) { /* RFC 6531 3.2: the domain may stay */
        *needs_utf8 = true;
        return PNEU_OK;
    }
    *own = join(local, ascii);
    if (*own == NULL)
        return pn_fail(error, PNEU_NO_MEMORY, "no memory for an address");
    return pn_path_check(pn_span_of(*own), allowed, error);
}

/* An address as it goes out: NULL if that is as it was given. */
static char *prepare_one(pn_span address, unsigned allowed, bool *needs_utf8,
                         pn_problems *problems)
{
    pneu_error error;
    char *own = NULL;
    pneu_status status = pn_path_check(address, allowed, &error);
    if (status == PNEU_OK && pn_path_needs_utf8(address))
        status = pn_address_convert(address, allowed, &own, needs_utf8, &error);
    pneu_error *told = status != PNEU_OK ? pn_problems_next(problems) : NULL;
    if (told != NULL)
        *told = error;
    return own;
}

/* Room for what goes out in place of recipients, made for the first of them.
 * False, with a problem, if there is none. */
static bool make_own_recipients(pn_wire_addresses *addresses,
                                pn_problems *problems)
{
    if (addresses->own_recipients == NULL)
        addresses->own_recipients =
            pn_memory_new(addresses->count, sizeof(char *));
    if (addresses->own_recipients != NULL)
        return true;
    pn_fail(pn_problems_next(problems), PNEU_NO_MEMORY,
            "no memory for %zu addresses", addresses->count);
    return false;
}

/* False if there is no memory for any further one. */
static bool prepare_recipient(pn_wire_addresses *addresses, size_t i,
                              unsigned allowed, pn_problems *problems)
{
    pn_span given = pn_span_of(addresses->recipients[i]);
    if (pn_path_is_usual(given))
        return true;
    bool bare = pn_path_is_postmaster(given);
    char *own = prepare_one(given, bare ? PN_PATH_LOCAL : allowed,
                            &addresses->needs_utf8, problems);
    if (own == NULL)
        return true;
    if (!make_own_recipients(addresses, problems)) {
        pn_memory_free(own);
        return false;
    }
    addresses->own_recipients[i] = own;
    return true;
}

void pn_wire_addresses_prepare(pn_wire_addresses *addresses,
                               const pneu_envelope *envelope,
                               pn_problems *problems)
{
    unsigned local = envelope->allow_local ? PN_PATH_LOCAL : 0;
    *addresses = (pn_wire_addresses){
        .sender = envelope->sender != NULL ? envelope->sender : "",
        .recipients = envelope->recipients,
        .count = envelope->recipient_count,
    };
    pn_span sender = pn_span_of(addresses->sender);
    if (!pn_path_is_usual(sender))
        addresses->own_sender = prepare_one(sender, PN_PATH_NULL | local,
                                            &addresses->needs_utf8, problems);
    size_t i = 0;
    while (i < addresses->count &&
           prepare_recipient(addresses, i, local, problems))
        i++;
}

void pn_wire_addresses_finish(pn_wire_addresses *addresses)
{
    pn_memory_free(addresses->own_sender);
    for (size_t i = 0;
         addresses->own_recipients != NULL && i < addresses->count; i++)
        pn_memory_free(addresses->own_recipients[i]);
    pn_memory_free(addresses->own_recipients);
    *addresses = (pn_wire_addresses){0};
}

const char *pn_wire_addresses_sender(const pn_wire_addresses *addresses)
{
    return addresses->own_sender != NULL ? addresses->own_sender
                                         : addresses->sender;
}

const char *pn_wire_addresses_recipient(const pn_wire_addresses *addresses,
                                        size_t i)
{
    if (addresses->own_recipients != NULL &&
        addresses->own_recipients[i] != NULL)
        return addresses->own_recipients[i];
    return addresses->recipients[i];
}

bool pn_wire_addresses_same_domain(const pn_wire_addresses *addresses, size_t i,
                                   size_t k)
{
    pn_span one = pn_address_domain(
        pn_span_of(pn_wire_addresses_recipient(addresses, i)));
    pn_span other = pn_address_domain(
        pn_span_of(pn_wire_addresses_recipient(addresses, k)));
    return pn_span_equal_nocase(one, other);
}
