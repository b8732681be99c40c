/* What every message that is made here gets of GMime: who and when, and octets
 * that any server takes. */
#ifndef PN_CLI_MIME_MESSAGE_H
#define PN_CLI_MIME_MESSAGE_H

#include <stddef.h>

#include <gmime/gmime.h>

#include "base/buffer.h"
#include "cli/address.h"
#include "cli/problem.h"

enum {
    PN_MIME_LINE_MAX = 998 /* octets, RFC 5322 2.1.1 */
};

/* Adds the Date and the Message-ID that the message lacks; the latter is of
 * the sender's domain, if it has one. */
void pn_mime_identify(GMimeMessage *message, const char *sender);

/* Adds addresses to a field; names are encoded. */
void pn_mime_add(GMimeMessage *message, GMimeAddressType type,
                 const pn_address *addresses, size_t count);

/* Fills out, which is initialised here, with lines that end in LF. Returns an
 * exit status; on failure there is nothing to finish. */
int pn_mime_write(GMimeMessage *message, pn_buffer *out, pn_problem *problem);

#endif
