/* Who a message is from and for, by its header (RFC 5322 3.6). */
#ifndef PN_GMIME_FIELDS_H
#define PN_GMIME_FIELDS_H

#include <stdbool.h>

#include <gmime/gmime.h>

#include "pneu/status.h"

/* Which block of fields counts. Errors: INVALID for more than one Resent-
 * block. */
pneu_status pn_fields_resent(GMimeMessage *message, bool *resent,
                             pneu_error *error);

/* The sender, to be freed with g_free(). Errors: BAD_MESSAGE. */
pneu_status pn_fields_sender(GMimeMessage *message, bool resent, char **sender,
                             pneu_error *error);

/* Appends the recipients, each once, to be freed with g_free(). Errors:
 * BAD_MESSAGE. */
pneu_status pn_fields_recipients(GMimeMessage *message, bool resent,
                                 GPtrArray *recipients, pneu_error *error);

#endif
