/* A letter's life and views, and the one way to send it. */
#include "pneu/gmime.h"

#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "base/options.h"
#include "gmime/fields.h"
#include "gmime/fit.h"
#include "gmime/octets.h"

enum {
    QUOTE_MAX = 160 /* of an address, in an error */
};

struct pneu_letter {
    GPtrArray *texts;      /* every string that the parameters point to */
    GPtrArray *recipients; /* strings of its own */
    char *sender;
    bool states_utf8; /* the options ask for SMTPUTF8 */
    pneu_mail_parameters mail;
    pneu_rcpt_parameters rcpt;
    pneu_envelope envelope;
    GByteArray *composed; /* without Bcc */
    GByteArray *prepared; /* NULL: as composed */
    pneu_message message;
};

static const char *keep(pneu_letter *letter, const char *text)
{
    if (text == NULL)
        return NULL;
    char *copy = g_strdup(text);
    g_ptr_array_add(letter->texts, copy);
    return copy;
}

static bool keep_mail(pneu_letter *letter, const pneu_mail_parameters *from)
{
    pneu_mail_parameters *mail = &letter->mail;
    if (!pn_options_copy(mail, sizeof(*mail), from))
        return false;
    mail->size = sizeof(*mail);
    mail->envid = keep(letter, mail->envid);
    mail->auth = keep(letter, mail->auth);
    mail->hold_until = keep(letter, mail->hold_until);
    mail->raw = keep(letter, mail->raw);
    letter->states_utf8 = mail->smtputf8;
    return true;
}

static bool keep_rcpt(pneu_letter *letter, const pneu_rcpt_parameters *from)
{
    pneu_rcpt_parameters *rcpt = &letter->rcpt;
    if (!pn_options_copy(rcpt, sizeof(*rcpt), from))
        return false;
    rcpt->size = sizeof(*rcpt);
    rcpt->orcpt = keep(letter, rcpt->orcpt);
    rcpt->orcpt_type = keep(letter, rcpt->orcpt_type);
    rcpt->raw = keep(letter, rcpt->raw);
    return true;
}

static pneu_status address(pneu_letter *letter, GMimeMessage *message,
                           const pneu_letter_options *options,
                           pneu_error *error)
{
    bool resent = false;
    pneu_status status = PNEU_OK;
    letter->sender = g_strdup(options->sender);
    for (size_t i = 0; i < options->recipient_count; i++)
        g_ptr_array_add(letter->recipients, g_strdup(options->recipients[i]));
    if (options->sender == NULL || options->recipient_count == 0)
        status = pn_fields_resent(message, &resent, error);
    if (status == PNEU_OK && options->sender == NULL)
        status = pn_fields_sender(message, resent, &letter->sender, error);
    if (status == PNEU_OK && options->recipient_count == 0)
        status =
            pn_fields_recipients(message, resent, letter->recipients, error);
    if (status == PNEU_OK && letter->recipients->len == 0)
        return pn_fail(error, PNEU_INVALID,
                       "there is no recipient: %sTo, Cc and Bcc hold no "
                       "address, and none is given",
                       resent ? "Resent-" : "");
    return status;
}

/* What the views show. */
static void show(pneu_letter *letter)
{
    const GByteArray *octets =
        letter->prepared != NULL ? letter->prepared : letter->composed;
    letter->message = (pneu_message){.size = sizeof(letter->message),
                                     .data = octets->data,
                                     .length = octets->len};
}

static pneu_status fill(pneu_letter *letter, GMimeMessage *message,
                        const pneu_letter_options *options, pneu_error *error)
{
    pneu_status status = address(letter, message, options, error);
    if (status == PNEU_OK)
        status = pn_octets_write(letter->composed, message, error);
    if (status != PNEU_OK)
        return status;
    pn_octets_drop_bcc(letter->composed);
    letter->envelope = (pneu_envelope){
        .size = sizeof(letter->envelope),
        .sender = letter->sender,
        .recipients = (const char *const *)letter->recipients->pdata,
        .recipient_count = letter->recipients->len,
        .mail = &letter->mail,
        .rcpt = &letter->rcpt,
        .allow_local = options->allow_local,
        .all_or_nothing = options->all_or_nothing,
    };
    show(letter);
    return PNEU_OK;
}

static pneu_status read_options(pneu_letter_options *own,
                                const pneu_letter_options *options,
                                pneu_error *error)
{
    if (!pn_options_copy(own, sizeof(*own), options))
        return pn_fail(error, PNEU_INVALID,
                       "the size of the letter's options is not set");
    if (own->recipient_count > 0 && own->recipients == NULL)
        return pn_fail(error, PNEU_INVALID, "the recipients are NULL");
    return PNEU_OK;
}

static void forget_prepared(pneu_letter *letter)
{
    if (letter->prepared != NULL)
        g_byte_array_unref(letter->prepared);
    letter->prepared = NULL;
}

static bool is_message(GMimeMessage *message)
{
    return message != NULL && GMIME_IS_MESSAGE(message);
}

pneu_status pneu_letter_new(pneu_letter **out, GMimeMessage *message,
                            const pneu_letter_options *options,
                            pneu_error *error)
{
    *out = NULL;
    pneu_letter_options own;
    if (!is_message(message))
        return pn_fail(error, PNEU_INVALID, "a letter needs a message");
    pneu_status status = read_options(&own, options, error);
    if (status != PNEU_OK)
        return status;
    pneu_letter *letter = g_new0(pneu_letter, 1);
    letter->texts = g_ptr_array_new_with_free_func(g_free);
    letter->recipients = g_ptr_array_new_with_free_func(g_free);
    letter->composed = g_byte_array_new();
    if (!keep_mail(letter, own.mail) || !keep_rcpt(letter, own.rcpt))
        status = pn_fail(error, PNEU_INVALID,
                         "the size of the parameters is not set");
    if (status == PNEU_OK)
        status = fill(letter, message, &own, error);
    if (status != PNEU_OK) {
        pneu_letter_free(letter);
        return status;
    }
    *out = letter;
    return PNEU_OK;
}

void pneu_letter_free(pneu_letter *letter)
{
    if (letter == NULL)
        return;
    g_ptr_array_free(letter->texts, TRUE);
    g_ptr_array_free(letter->recipients, TRUE);
    g_free(letter->sender);
    g_byte_array_unref(letter->composed);
    forget_prepared(letter);
    g_free(letter);
}

const pneu_envelope *pneu_letter_envelope(const pneu_letter *letter)
{
    return &letter->envelope;
}

const pneu_message *pneu_letter_message(const pneu_letter *letter)
{
    return &letter->message;
}

/* A domain has its A-label; a local part has nothing (RFC 6531 3.3). */
static bool needs_utf8(const char *address)
{
    const char *at = address != NULL ? strrchr(address, '@') : NULL;
    size_t length = at != NULL ? (size_t)(at - address) : 0;
    if (at == NULL)
        return pn_octets_is_8bit(pn_span_of(address));
    return pn_octets_is_8bit((pn_span){address, length});
}

/* The first address that needs SMTPUTF8; NULL if none does. */
static const char *find_utf8(const pneu_letter *letter)
{
    if (needs_utf8(letter->sender))
        return letter->sender;
    for (guint i = 0; i < letter->recipients->len; i++) {
        const char *recipient = g_ptr_array_index(letter->recipients, i);
        if (needs_utf8(recipient))
            return recipient;
    }
    return NULL;
}

static pneu_status tell_not_offered(const char *address, pneu_error *error)
{
    char shown[QUOTE_MAX];
    pn_escape(pn_span_of(address), " ", shown, sizeof(shown));
    return pn_fail(error, PNEU_NOT_OFFERED,
                   "the server does not offer SMTPUTF8, which the address %s "
                   "needs",
                   shown);
}

pneu_status pneu_letter_prepare(pneu_letter *letter, bool utf8, bool eight_bit,
                                pneu_error *error)
{
    const char *international = find_utf8(letter);
    bool own_7bit = letter->mail.body == PNEU_BODY_7BIT;
    if (letter->mail.body == PNEU_BODY_BINARYMIME)
        return PNEU_OK;
    if (international != NULL && !utf8)
        return tell_not_offered(international, error);
    pn_fit_terms terms = {
        .utf8 = utf8,
        .keep_fields = international != NULL,
        .eight_bit = eight_bit && !own_7bit,
        .own_7bit = own_7bit,
    };
    GByteArray *fitted = NULL;
    bool states_utf8 = false;
    pneu_status status =
        pn_fit(letter->composed, &terms, &fitted, &states_utf8, error);
    if (status != PNEU_OK)
        return status;
    forget_prepared(letter);
    letter->prepared = fitted;
    letter->mail.smtputf8 = letter->states_utf8 || states_utf8;
    show(letter);
    return PNEU_OK;
}

static pneu_status tell(const pneu_client *client, pneu_status status,
                        pneu_error *error)
{
    if (error != NULL && status != PNEU_OK && status != PNEU_AGAIN)
        *error = *pneu_client_error(client);
    return status;
}

pneu_status pneu_letter_send(pneu_client *client, pneu_letter *letter,
                             const pneu_delivery **result, pneu_error *error)
{
    if (result != NULL)
        *result = NULL;
    pneu_status status = pneu_client_open(client);
    if (status != PNEU_OK)
        return tell(client, status, error);
    status = pneu_letter_prepare(
        letter, pneu_client_has_extension(client, "SMTPUTF8"),
        pneu_client_has_extension(client, "8BITMIME"), error);
    if (status != PNEU_OK)
        return status;
    return tell(client,
                pneu_client_sendmail(client, &letter->envelope,
                                     &letter->message, result),
                error);
}
