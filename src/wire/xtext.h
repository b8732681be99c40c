/*
 * Text inside a parameter's value, where blanks, "+" and "=" have a meaning
 * of their own: xtext (RFC 3461 4), and for addresses that are not ASCII
 * utf-8-addr-xtext (RFC 6533 3).
 */
#ifndef PN_WIRE_XTEXT_H
#define PN_WIRE_XTEXT_H

#include "wire/line.h"

/* Adds text as xtext: "+2B" for a "+". */
void pn_xtext_add(pn_line *line, pn_span text);

/* Adds UTF-8, which must be well-formed: "\x{E9}" for what xtext has not. */
void pn_xtext_add_utf8(pn_line *line, pn_span text);

/* So many octets the two would add. */
size_t pn_xtext_length(pn_span text);
size_t pn_xtext_utf8_length(pn_span text);

#endif
