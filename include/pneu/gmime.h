/*
 * libpneu-gmime: messages of GMime 3 sent as smtplib's send_message sends
 * those of Python's email package. A library of its own (pkg-config:
 * pneu-gmime), which pneu.h does not include.
 *
 * The program calls g_mime_init() before its first call of GMime, and so
 * before any of these. GLib ends the process when memory is out: unlike those
 * of libpneu, these functions never return NO_MEMORY for what they allocate.
 */
#ifndef PNEU_GMIME_H
#define PNEU_GMIME_H

#include <stdbool.h>
#include <stddef.h>

#include <gmime/gmime.h>

#include <pneu/client.h>
#include <pneu/delivery.h>
#include <pneu/export.h>
#include <pneu/parameters.h>
#include <pneu/status.h>

PNEU_BEGIN_DECLS

/*
 * A message made ready: its envelope, and its octets. It may be sent any
 * number of times, over any number of clients, and is independent of the
 * GMimeMessage that it was made from.
 */
typedef struct pneu_letter pneu_letter;

/* All of it is copied. Zero means the default, for every field. */
typedef struct pneu_letter_options {
    size_t size;        /* set by PNEU_LETTER_OPTIONS */
    const char *sender; /* NULL: from the header; "": the null reverse-path */
    const char *const *recipients;
    size_t recipient_count;           /* 0: from the header */
    const pneu_mail_parameters *mail; /* as in pneu_envelope; also rcpt */
    const pneu_rcpt_parameters *rcpt;
    bool allow_local; /* names without a domain, as LMTP servers take */
    bool all_or_nothing;
} pneu_letter_options;

#define PNEU_LETTER_OPTIONS(...)                                       \
    (&(const pneu_letter_options){.size = sizeof(pneu_letter_options), \
                                  __VA_ARGS__})

/*
 * Makes a letter of a message, which stays as it is. options and error may be
 * NULL.
 *
 * The sender is the first address of Sender or, without one, of From. The
 * recipients are those of all To, Cc and Bcc fields, in that order, groups
 * taken apart, empty fields passed over, and each address once. If there is a
 * Resent-Date, only the Resent- fields count for both (RFC 5322 3.6.6). What
 * the options give overrides the header, and is taken as it is.
 *
 * Bcc and Resent-Bcc are not sent. Nothing else is taken away from the header,
 * and nothing added, but for what the encoding of a part or of a domain asks
 * for: see pneu_letter_prepare().
 *
 * Errors: INVALID (no message, a size not set, more than one Resent- block, no
 * recipients); BAD_MESSAGE (no sender, an address field that cannot be
 * understood whole); SOURCE (the content of a part could not be read).
 * smtplib: the first half of send_message
 */
PNEU_API pneu_status pneu_letter_new(pneu_letter **letter,
                                     GMimeMessage *message,
                                     const pneu_letter_options *options,
                                     pneu_error *error);

/* NULL is fine. */
PNEU_API void pneu_letter_free(pneu_letter *letter);

/* Who it is from and for. Addresses are checked when it is sent, or by
 * pneu_client_preflight(). Until the letter is prepared again or freed. */
PNEU_API const pneu_envelope *pneu_letter_envelope(const pneu_letter *letter);

/* The octets as they were last prepared; before that, as they were composed,
 * Bcc apart. Until the letter is prepared again or freed. */
PNEU_API const pneu_message *pneu_letter_message(const pneu_letter *letter);

/*
 * Makes the octets fit for a server that offers SMTPUTF8 and 8BITMIME, or does
 * not. They stay as they were composed, but:
 *
 *   8-bit parts are encoded (quoted-printable or base64) without 8BITMIME, or
 *   if the options say BODY=7BIT; parts with lines of more than 998 octets,
 *   with NUL, or that are declared binary, always.
 *   8-bit header fields are encoded (RFC 2047, RFC 2231), unless an address of
 *   the envelope needs SMTPUTF8 by its local part.
 *   Neither is done inside multipart/signed, whose signature would break
 *   (RFC 1847 2.1); a DKIM-Signature is not looked after.
 *   With BODY=BINARYMIME in the options nothing at all is changed.
 *
 * SMTPUTF8 is stated if a field stays 8-bit. Errors, with the letter as it
 * was: NOT_OFFERED (SMTPUTF8 for an address, 8BITMIME for what cannot be
 * encoded); BAD_MESSAGE (a line too long or a NUL where nothing can be encoded;
 * 8-bit there, though BODY=7BIT is asked for).
 */
PNEU_API pneu_status pneu_letter_prepare(pneu_letter *letter, bool utf8,
                                         bool eight_bit, pneu_error *error);

/*
 * Opens the client if it is not open, prepares the letter for what the server
 * offers, and sends it: pneu_client_open(), pneu_letter_prepare(),
 * pneu_client_sendmail(). result (which may be NULL) as there; it points to the
 * letter's addresses, so the letter must live as long as the result is looked
 * at. error (which may be NULL) tells a failure of any of the three.
 *
 * A client with the option non_blocking must be open already; AGAIN is then
 * that of pneu_client_sendmail(), and the letter is borrowed until the call is
 * over.
 * smtplib: send_message
 */
PNEU_API pneu_status pneu_letter_send(pneu_client *client, pneu_letter *letter,
                                      const pneu_delivery **result,
                                      pneu_error *error);

PNEU_END_DECLS

#endif
