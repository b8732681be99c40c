/* What the server offers, as the last EHLO said it, and how far it is to be
 * believed. */
#include "base/fail.h"
#include "session/quirks.h"
#include "session/session.h"
#include "wire/limits_offer.h"

pn_offer pn_session_offer(const pneu_session *session)
{
    return (pn_offer){&session->extensions,
                      session->protection == PNEU_PROTECTION_TLS};
}

static pneu_status refuse_offer(pneu_session *session, pneu_status status)
{
    pn_extensions_clear(&session->extensions);
    return status == PNEU_INVALID
               ? pn_fail(&session->misuse, status,
                         "a keyword of EHLO is letters, digits and hyphens")
               : pn_fail(&session->misuse, status,
                         "no memory for what the server offers");
}

pneu_status pn_session_take_offer(pneu_session *session,
                                  const pneu_extension *offered, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        pneu_status status = pn_extensions_add(
            &session->extensions, pn_span_of(offered[i].keyword),
            pn_span_trim(pn_span_of(offered[i].parameters)));
        if (status != PNEU_OK)
            return refuse_offer(session, status);
    }
    return PNEU_OK;
}

const char *pneu_session_extension(const pneu_session *session,
                                   const char *keyword)
{
    return pn_extensions_find(&session->extensions, pn_span_of(keyword));
}

bool pneu_session_has_extension(const pneu_session *session,
                                const char *keyword)
{
    return pneu_session_extension(session, keyword) != NULL;
}

size_t pneu_session_extension_count(const pneu_session *session)
{
    return session->extensions.count;
}

const char *pneu_session_extension_at(const pneu_session *session, size_t i,
                                      const char **parameters)
{
    return pn_extensions_at(&session->extensions, i, parameters);
}

pneu_limits pneu_session_limits(const pneu_session *session)
{
    pn_limits found = session->extensions.limits;
    return (pneu_limits){found.mail_max, found.rcpt_max, found.rcpt_domain_max};
}

uint64_t pneu_session_mail_count(const pneu_session *session)
{
    return session->issued_mails;
}

bool pn_session_may_pipeline(const pneu_session *session)
{
    return session->extensions.pipelining && !session->no_pipelining;
}

bool pn_session_is_used_up(const pneu_session *session)
{
    uint64_t most = pneu_session_limits(session).mail_max; /* RFC 9422 4.1 */
    if (most > 0 && session->issued_mails >= most)
        return true;
    return (session->quirks & PN_QUIRK_COUNTS_RSET) != 0 &&
           session->issued_resets >= PN_QUIRK_RSETS_MAX;
}

bool pneu_session_may_chunk(const pneu_session *session)
{
    return !session->no_chunking &&
           (session->quirks & PN_QUIRK_NO_CHUNKING) == 0 &&
           session->extensions.chunking;
}
