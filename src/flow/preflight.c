#include "flow/preflight.h"

#include <stdio.h>

#include "base/escape.h"
#include "base/fail.h"
#include "base/options.h"
#include "flow/batch.h"
#include "session/session.h"
#include "wire/extensions.h"
#include "wire/parameters.h"

static bool copy(pn_letter *letter, const pneu_envelope *envelope,
                 const pneu_message *message, pn_problems *problems)
{
    pneu_message body;
    if (envelope == NULL || message == NULL ||
        !pn_options_copy(&letter->envelope, sizeof(letter->envelope),
                         envelope) ||
        !pn_options_copy(&body, sizeof(body), message)) {
        pn_fail(pn_problems_next(problems), PNEU_INVALID,
                "a delivery needs an envelope and a message, with their sizes "
                "set");
        return false;
    }
    if ((body.data == NULL && body.length > 0) ||
        (letter->envelope.recipients == NULL &&
         letter->envelope.recipient_count > 0)) {
        pn_fail(pn_problems_next(problems), PNEU_INVALID,
                "the recipients or the message are NULL, and their number is "
                "not 0");
        return false;
    }
    letter->message = (pn_span){body.data, body.length};
    /* a size that was not set is told by the check of the parameters */
    pn_options_copy(&letter->mail, sizeof(letter->mail), letter->envelope.mail);
    return true;
}

bool pn_letter_read(pn_letter *letter, const pneu_envelope *envelope,
                    const pneu_message *message, pn_problems *problems)
{
    *letter = (pn_letter){.message = {NULL, 0}};
    if (!copy(letter, envelope, message, problems))
        return false;
    if (letter->envelope.recipient_count == 0)
        pn_fail(pn_problems_next(problems), PNEU_INVALID,
                "there is no recipient");
    pn_wire_addresses_prepare(&letter->addresses, &letter->envelope, problems);
    letter->facts = pn_letter_is_binary(letter)
                        ? pn_message_of_binary(letter->message)
                        : pn_message_examine(letter->message);
    pn_message_check(&letter->facts, letter->envelope.allow_long_lines,
                     problems);
    return true;
}

void pn_letter_finish(pn_letter *letter)
{
    pn_wire_addresses_finish(&letter->addresses);
}

bool pn_letter_is_binary(const pn_letter *letter)
{
    return letter->mail.body == PNEU_BODY_BINARYMIME;
}

/* Does the caller state this one in raw? Then it is not stated twice. */
static bool has_raw(const pn_letter *letter, pn_span keyword)
{
    pn_span rest = pn_span_of(letter->mail.raw);
    pn_span word;
    while (pn_span_next_word(&rest, &word)) {
        bool is_whole =
            word.length == keyword.length ||
            (word.length > keyword.length && word.data[keyword.length] == '=');
        if (is_whole && pn_span_starts_nocase(word, keyword))
            return true;
    }
    return false;
}

pneu_mail_parameters pn_letter_mail(const pn_letter *letter,
                                    const pneu_session *session)
{
    pneu_mail_parameters mail = letter->mail;
    bool sized = session->extensions.sized && !has_raw(letter, PN_SPAN("SIZE"));
    mail.size = sizeof(mail);
    mail.octets = sized ? letter->facts.size : 0; /* RFC 1870 6.1 */
    if (mail.body == PNEU_BODY_NOT_STATED && letter->facts.is_8bit &&
        !has_raw(letter, PN_SPAN("BODY")))
        mail.body = PNEU_BODY_8BITMIME; /* RFC 6152 3 */
    if (letter->addresses.needs_utf8 && !has_raw(letter, PN_SPAN("SMTPUTF8")))
        mail.smtputf8 = true; /* RFC 6531 3.4 */
    return mail;
}

const pneu_rcpt_parameters *pn_letter_rcpt(const pn_letter *letter, size_t i)
{
    const pneu_envelope *envelope = &letter->envelope;
    if (envelope->rcpt_each != NULL && envelope->rcpt_each[i] != NULL)
        return envelope->rcpt_each[i];
    return envelope->rcpt;
}

static void check_body(const pn_letter *letter, const pneu_session *session,
                       pn_problems *problems)
{
    if (letter->facts.is_8bit && letter->mail.body == PNEU_BODY_7BIT)
        pn_fail(pn_problems_next(problems), PNEU_BAD_MESSAGE,
                "the message has 8-bit octets, and BODY=7BIT is stated: state "
                "8BITMIME, or encode the message");
    else if (letter->facts.is_8bit && session != NULL &&
             !session->extensions.eight_bit)
        pn_fail(pn_problems_next(problems), PNEU_NOT_OFFERED, /* RFC 6152 3 */
                "the message has 8-bit octets, and the server does not offer "
                "8BITMIME: encode the message for 7 bits (quoted-printable or "
                "base64)");
    if (pn_letter_is_binary(letter) && session != NULL &&
        session->extensions.chunking &&
        !pneu_session_may_chunk(session)) /* RFC 3030 3 */
        pn_fail(pn_problems_next(problems), PNEU_NOT_OFFERED,
                "BODY=BINARYMIME goes by BDAT alone, and BDAT is not to be "
                "used with this server");
}

static void check_utf8(const pn_letter *letter, const pneu_session *session,
                       pn_problems *problems)
{
    if (letter->addresses.needs_utf8 && session != NULL &&
        !pneu_session_has_extension(session, "SMTPUTF8"))
        pn_fail(pn_problems_next(problems), PNEU_NOT_OFFERED, /* RFC 6531 3.5 */
                "an address is not ASCII, and the server does not offer "
                "SMTPUTF8: use another address, or another server");
}

static void check_size(const pn_letter *letter, const pneu_session *session,
                       pn_problems *problems)
{
    uint64_t most = session != NULL ? session->extensions.size_limit : 0;
    if (most > 0 && letter->facts.size > most)
        pn_fail(pn_problems_next(problems), PNEU_TOO_LARGE, /* RFC 1870 6 */
                "the message has %llu octets, and the server takes %llu at "
                "the most",
                (unsigned long long)letter->facts.size,
                (unsigned long long)most);
}

/* Says whose the problems from this one on are; what the server does not offer
 * it offers to nobody. */
static void name_recipient(const char *recipient, pn_problems *problems,
                           size_t from)
{
    char shown[160];
    char whose[176];
    pn_escape(pn_span_of(recipient), "\\n", shown, sizeof(shown));
    snprintf(whose, sizeof(whose), "for <%s>", shown);
    for (size_t i = from; i < problems->count && i < problems->max; i++) {
        if (problems->list[i].status != PNEU_NOT_OFFERED)
            pn_fail_prefix(&problems->list[i], whose);
    }
}

/* What each RCPT states; what several of them share is told once. */
static void check_recipients(const pn_letter *letter, const pn_offer *offer,
                             pn_problems *problems)
{
    const pneu_rcpt_parameters *last = NULL;
    bool is_shared_told = false;
    size_t count = letter->envelope.recipient_count;
    if (letter->envelope.rcpt_each == NULL && count > 1)
        count = 1; /* all state the same */
    for (size_t i = 0; i < count; i++) {
        const pneu_rcpt_parameters *stated = pn_letter_rcpt(letter, i);
        size_t from = problems->count;
        bool is_shared = stated == letter->envelope.rcpt;
        if (is_shared ? is_shared_told : stated == last)
            continue;
        pn_parameters_check_rcpt(stated, offer, problems);
        if (is_shared) {
            is_shared_told = true;
        } else {
            last = stated;
            name_recipient(letter->envelope.recipients[i], problems, from);
        }
    }
}

/* What the caller states, but for what the delivery judges by itself. */
static void check_parameters(const pn_letter *letter,
                             const pneu_session *session, pn_problems *problems)
{
    const pneu_envelope *envelope = &letter->envelope;
    pneu_mail_parameters mail = letter->mail;
    const pn_offer offer =
        session != NULL ? pn_session_offer(session) : (pn_offer){NULL, false};
    mail.octets = 0;
    if (letter->facts.is_8bit)
        mail.body = PNEU_BODY_NOT_STATED;
    if (letter->addresses.needs_utf8)
        mail.smtputf8 = false;
    if (envelope->mail != NULL)
        pn_parameters_check_mail(&mail, &offer, problems);
    if (envelope->rcpt != NULL || envelope->rcpt_each != NULL)
        check_recipients(letter, &offer, problems);
    if (pn_parameters_has_raw(letter->mail.raw, PN_SPAN("BODY=BINARYMIME")))
        pn_fail(pn_problems_next(problems), PNEU_INVALID,
                "BODY=BINARYMIME must be stated by body, not by raw");
}

/* The domains of all recipients, up to one more than most. */
static uint64_t count_domains(const pn_wire_addresses *addresses, uint64_t most)
{
    uint64_t domains = 0;
    for (size_t i = 0; i < addresses->count && domains <= most; i++) {
        bool is_new = true;
        for (size_t k = 0; k < i && is_new; k++)
            is_new = !pn_wire_addresses_same_domain(addresses, i, k);
        domains += is_new;
    }
    return domains;
}

/* All or nothing: one transaction must hold them all (RFC 9422 4). */
static void check_room(const pn_letter *letter, const pneu_session *session,
                       pn_problems *problems)
{
    size_t count = letter->envelope.recipient_count;
    size_t room = pn_batch_room(session, letter->envelope.undivided);
    if (!letter->envelope.all_or_nothing)
        return;
    if (count > room) {
        pn_fail(pn_problems_next(problems), PNEU_TOO_LARGE,
                "all or nothing for %zu recipients is not possible: one "
                "transaction holds %zu",
                count, room);
        return;
    }
    uint64_t domains =
        session != NULL ? pneu_session_limits(session).rcpt_domain_max : 0;
    if (domains > 0 && count_domains(&letter->addresses, domains) > domains)
        pn_fail(pn_problems_next(problems), PNEU_TOO_LARGE,
                "all or nothing is not possible: the recipients have more "
                "than the %llu domains that the server takes in one "
                "transaction",
                (unsigned long long)domains);
}

void pn_letter_check(const pn_letter *letter, const pneu_session *session,
                     pn_problems *problems)
{
    check_parameters(letter, session, problems);
    check_utf8(letter, session, problems);
    check_body(letter, session, problems);
    check_size(letter, session, problems);
    check_room(letter, session, problems);
}

size_t pneu_preflight(const pneu_envelope *envelope,
                      const pneu_message *message, const pneu_session *session,
                      pneu_error *list, size_t max)
{
    pn_letter letter;
    pn_problems problems = {.list = list, .max = max};
    if (pn_letter_read(&letter, envelope, message, &problems))
        pn_letter_check(&letter, session, &problems);
    pn_letter_finish(&letter);
    return problems.count;
}
