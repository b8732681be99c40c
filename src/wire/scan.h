/*
 * One walk over the content of a message, 64 octets at a time: what its lines
 * are like, and where something must be changed before it goes out. A line
 * ends at CRLF, LF or CR alone. What is sent in place of what stands there is
 * the business of stuffing.h.
 */
#ifndef PN_WIRE_SCAN_H
#define PN_WIRE_SCAN_H

#include "base/span.h"

typedef struct pn_scan_facts {
    uint64_t size;       /* with CRLF line ends, as SIZE counts (RFC 1870) */
    size_t longest_line; /* octets without the line end */
    size_t longest_line_number; /* from 1 */
    bool is_8bit;
    bool has_nul;
    bool has_dots;  /* a line begins with a dot */
    bool is_crlf;   /* no CR or LF stands alone */
    bool ends_line; /* the last line has its end, or there is no line */
} pn_scan_facts;

/*
 * A way to look at 64 octets at once: with the vectors of this machine, or
 * with plain words, which every machine has. All of them find the same.
 */
typedef struct pn_scan_path pn_scan_path;

/* Of those that this machine can go, the best first; NULL behind the last. */
const pn_scan_path *pn_scan_path_nth(size_t n);

pn_scan_facts pn_scan_examine(pn_span content);
pn_scan_facts pn_scan_examine_by(const pn_scan_path *path, pn_span content);

/*
 * The places of a part of the content at which something must be changed: a
 * CR or LF that stands alone (a CR at the end of the part counts as such),
 * and, where dots matter, a dot that begins a line. No octet is looked at
 * twice: what was found in a block is kept until it is passed.
 */
typedef struct pn_places {
    const pn_scan_path *path;
    size_t known;       /* octets ahead whose places are marked */
    uint64_t marks;     /* bit n: there is a place n octets ahead */
    uint64_t dots;      /* all bits if dots matter, or none */
    uint64_t after_cr;  /* 1 if a CR stands before what is not yet known */
    uint64_t after_end; /* 1 if a line begins there */
} pn_places;

void pn_places_begin(pn_places *places, bool dots, bool at_line_start);

/*
 * Passes what needs no change, and says how many octets that is. rest is what
 * is left of the part; it is not empty. If not all of it was passed, the next
 * octet is a place, which is passed by one of those below.
 */
size_t pn_places_take(pn_places *places, pn_span rest);

/* The octet ahead is text, and no place any more. */
void pn_places_keep(pn_places *places);

/* The octet ahead was taken out. */
void pn_places_drop(pn_places *places);

#endif
