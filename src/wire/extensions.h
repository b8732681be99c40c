/*
 * What a server offers: the lines of its EHLO reply (RFC 5321 4.1.1.1) as
 * keywords with their parameters.
 */
#ifndef PN_WIRE_EXTENSIONS_H
#define PN_WIRE_EXTENSIONS_H

#include "base/buffer.h"
#include "pneu/reply.h"
#include "wire/limits_offer.h"

typedef struct pn_extensions {
    bool pipelining;     /* these are asked for again and again: RFC 2920, */
    bool chunking;       /* RFC 3030, */
    bool eight_bit;      /* RFC 6152, */
    bool sized;          /* RFC 1870, */
    uint64_t size_limit; /* 0: none; */
    pn_limits limits;    /* RFC 9422 */
    bool has_auth;
    size_t mechanisms; /* in auth */
    size_t count;      /* keywords, each once */
    pn_buffer lines;   /* "KEYWORD\0parameters\0", one after the other; AUTH
                          without parameters */
    pn_buffer auth;    /* the mechanisms, with blanks between, and a NUL */
} pn_extensions;

void pn_extensions_init(pn_extensions *extensions);
void pn_extensions_finish(pn_extensions *extensions);

/* Forgets everything. */
void pn_extensions_clear(pn_extensions *extensions);

/* The octets of the keyword that a line of EHLO begins with; 0: there is none.
 * What stands behind it is not looked at. */
size_t pn_extensions_keyword(pn_span line);

/* Takes one keyword with its parameters, in place of what it had; the
 * mechanisms of AUTH are added to those that there are. Errors: INVALID for
 * what is no keyword; NO_MEMORY. */
pneu_status pn_extensions_add(pn_extensions *extensions, pn_span keyword,
                              pn_span parameters);

/* Takes a whole EHLO reply, in place of what was there. Lines that are not
 * well-formed are passed over. Errors: NO_MEMORY. */
pneu_status pn_extensions_parse(pn_extensions *extensions,
                                const pneu_reply *reply);

/* The parameters of a keyword (in any case), "" if it has none, NULL if it
 * is not offered. */
const char *pn_extensions_find(const pn_extensions *extensions,
                               pn_span keyword);

/* The i-th keyword, as the server wrote it, NULL past the end; parameters
 * (which may be NULL) are set as by _find(). */
const char *pn_extensions_at(const pn_extensions *extensions, size_t i,
                             const char **parameters);

/* The most octets that the parameters of SIZE allow; 0 if they state no limit,
 * or nothing that makes sense (RFC 1870 4). NULL is fine. */
uint64_t pn_extensions_size_limit(const char *parameters);

#endif
