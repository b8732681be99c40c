/*
 * Addresses as they may stand between the angle brackets of MAIL and RCPT
 * (RFC 5321 4.1.2, with the UTF-8 of RFC 6531 3.3). What passes here cannot
 * end the brackets, begin a parameter, or break the line.
 */
#ifndef PN_WIRE_PATH_H
#define PN_WIRE_PATH_H

#include "base/span.h"
#include "pneu/status.h"

/* What an address may be beyond a mailbox, local-part "@" domain. */
enum {
    PN_PATH_NULL = 1 << 0, /* nothing at all: the null reverse-path */
    PN_PATH_LOCAL = 1 << 1 /* a local part alone: postmaster, LMTP, VRFY */
};

/*
 * Errors: BAD_ADDRESS, with a sentence that quotes the address and says
 * what is wrong with it. A local part of more than 64 octets passes (servers
 * are free to take it, RFC 5321 4.5.3.1); the path's 256 and the domain's 255
 * are kept.
 */
pneu_status pn_path_check(pn_span address, unsigned allowed, pneu_error *error);

/* True for what nearly all addresses are: atoms in ASCII, "@" and the name of a
 * domain. It passes the check, and needs nothing. */
bool pn_path_is_usual(pn_span address);

/* True if any octet is not ASCII, so that SMTPUTF8 is needed. */
bool pn_path_needs_utf8(pn_span address);

/* True if all of it is well-formed UTF-8 without any control character. */
bool pn_path_is_utf8(pn_span text);

/* True for "postmaster" in any case, which needs no domain (RFC 5321 4.1.1.3).
 */
bool pn_path_is_postmaster(pn_span address);

#endif
