/*
 * A message made fit for a server that takes less than it holds: parts and
 * fields are encoded where, and only where, they have to be.
 */
#ifndef PN_GMIME_ENCODE_H
#define PN_GMIME_ENCODE_H

#include <stdbool.h>

#include <gmime/gmime.h>

/* What may stay. */
typedef struct pn_encode_limits {
    bool eight_bit_fields;
    bool eight_bit_parts;
} pn_encode_limits;

typedef struct pn_encode_result {
    bool changed;
    bool has_signed; /* parts that were not touched for their signature */
} pn_encode_result;

/* Changes the message. What cannot be encoded stays as it is. */
pn_encode_result pn_encode(GMimeMessage *message,
                           const pn_encode_limits *limits);

#endif
