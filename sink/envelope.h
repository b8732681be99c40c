/* The envelope of the transaction under way (RFC 5321 2.3.1). */
#ifndef PN_SINK_ENVELOPE_H
#define PN_SINK_ENVELOPE_H

#include "base/buffer.h"
#include "wire/limits.h"

typedef struct pn_sink_envelope {
    bool open; /* a MAIL was accepted */
    bool smtputf8;
    bool binary;              /* BODY=BINARYMIME */
    bool chunks_failed;       /* a BDAT was refused: nothing but RSET helps */
    uint64_t chunk_count;     /* BDATs whose octets were taken */
    uint64_t rcpt_count;      /* RCPTs, those that were refused too */
    char sender[PN_PATH_MAX]; /* "" is the null reverse-path */
    pn_buffer parameters;     /* of MAIL, as they came */
    pn_buffer recipients;     /* each a mark, an address, a NUL, its
                                 parameters, a NUL */
    size_t recipient_count;   /* RCPTs accepted */
    size_t delivery_count;    /* of these, not refused after the content */
} pn_sink_envelope;

typedef struct pn_sink_recipient {
    pn_span address; /* a NUL follows it */
    pn_span parameters;
    bool delivered; /* not refused after the content (LMTP) */
} pn_sink_recipient;

/* recipients_max bounds the memory. */
void pn_sink_envelope_init(pn_sink_envelope *envelope, size_t recipients_max);
void pn_sink_envelope_finish(pn_sink_envelope *envelope);

/* Forgets the transaction. */
void pn_sink_envelope_clear(pn_sink_envelope *envelope);

/* Opens the transaction; the sender is at most PN_PATH_MAX - 2 octets. */
pneu_status pn_sink_envelope_open(pn_sink_envelope *envelope, pn_span sender,
                                  pn_span parameters);

pneu_status pn_sink_envelope_add(pn_sink_envelope *envelope,
                                 const pn_sink_recipient *recipient);

/* The recipient at a place, 0 for the first, and the place of the next;
 * false past the last. */
bool pn_sink_envelope_next(const pn_sink_envelope *envelope, size_t *place,
                           pn_sink_recipient *recipient);

#endif
