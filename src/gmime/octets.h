/* A message as octets: out of GMime, into it, and what must be known of them.
 */
#ifndef PN_GMIME_OCTETS_H
#define PN_GMIME_OCTETS_H

#include <stdbool.h>

#include <gmime/gmime.h>

#include "base/span.h"
#include "pneu/status.h"

/* Appends the message with CRLF line ends; binary parts go untouched. Errors:
 * SOURCE. */
pneu_status pn_octets_write(GByteArray *octets, GMimeMessage *message,
                            pneu_error *error);

/* A message that reads its content from octets as long as it lives; NULL if
 * they are none. */
GMimeMessage *pn_octets_parse(const GByteArray *octets);

/* Takes the fields Bcc and Resent-Bcc out of the message's own header. */
void pn_octets_drop_bcc(GByteArray *octets);

typedef struct pn_octets_facts {
    bool header_is_8bit;
    bool body_is_8bit;
    bool has_nul;
    bool has_bare;    /* CR or LF alone */
    size_t long_line; /* the first of more than 998 octets, from 1; 0 */
} pn_octets_facts;

pn_octets_facts pn_octets_examine(const GByteArray *octets);

/* True if any octet is not ASCII. */
bool pn_octets_is_8bit(pn_span text);

#endif
