/*
 * One address as people write it: bob@example.com, <bob@example.com>, or
 * Bob <bob@example.com>. A list is not one address, and is refused rather
 * than guessed at, so that nobody is left out or taken in by mistake.
 */
#ifndef PN_CLI_ADDRESS_H
#define PN_CLI_ADDRESS_H

#include <stddef.h>

#include "cli/problem.h"

typedef struct pn_address {
    char *name;    /* display name, UTF-8; NULL if there is none */
    char *address; /* bare; "" for the null reverse-path */
} pn_address;

typedef struct pn_addresses {
    pn_address *items;
    size_t count;
    size_t capacity;
} pn_addresses;

/* Parses value; option names the option in messages; allowed is a set of
 * PN_PATH_…. Returns an exit status. */
int pn_address_parse(pn_address *address, const char *option, const char *value,
                     unsigned allowed, pn_problem *problem);
void pn_address_finish(pn_address *address);

/* As pn_address_parse, at the end of a list. */
int pn_addresses_add(pn_addresses *addresses, const char *option,
                     const char *value, unsigned allowed, pn_problem *problem);
void pn_addresses_finish(pn_addresses *addresses);

#endif
