/* AUTH (RFC 4954): on which line, by which mechanism, and what the server's
 * verdict means; the exchange itself is in login_exchange.c. */
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "flow/opening.h"
#include "flow/refusal.h"

unsigned pn_login_has(const char *user, const char *password,
                      const char *authorization, bool by_token)
{
    unsigned has = 0;
    if (user != NULL)
        has |= PN_HAS_USER;
    if (password != NULL)
        has |= PN_HAS_PASSWORD;
    if (password != NULL || by_token)
        has |= PN_HAS_TOKEN;
    if (authorization == NULL)
        has |= PN_HAS_ONE_SELF;
    return has;
}

static unsigned what_there_is(const pneu_opening *opening)
{
    unsigned has =
        pn_login_has(opening->user, opening->password, opening->authorization,
                     opening->token.function != NULL);
    bool is_bound = opening->binding_kind != PNEU_BINDING_NONE;
    return is_bound ? has | PN_HAS_BINDING : has;
}

void pn_login_fail(pneu_opening *opening, pneu_error *error)
{
    error->command = PNEU_COMMAND_AUTH;
    pn_opening_finish(opening, error);
}

/* No credential of any mechanism leaves without verified TLS, a line
 * that does not leave this machine, or the caller's word. */
static bool is_line_good_enough(const pneu_opening *opening,
                                const pneu_session *session)
{
    pneu_protection protection = pneu_session_protection(session);
    return opening->allow_cleartext_auth || protection == PNEU_PROTECTION_TLS ||
           protection == PNEU_PROTECTION_LOCAL;
}

static void fail_unprotected(pneu_opening *opening, const pneu_session *session)
{
    pneu_error error;
    bool unverified =
        pneu_session_protection(session) == PNEU_PROTECTION_TLS_UNVERIFIED;
    pn_fail(&error, PNEU_UNPROTECTED, "no credentials were sent: %s",
            unverified ? "the server's certificate could not be verified"
                       : "the line is not encrypted, so TLS is needed first");
    pn_login_fail(opening, &error);
}

static pn_mechanism_offer offer_of(const pneu_opening *opening,
                                   const pneu_session *session)
{
    return (pn_mechanism_offer){
        .offered = pn_span_of(pneu_session_extension(session, "AUTH")),
        .wanted = opening->mechanisms,
        .has = what_there_is(opening),
        .by_token = opening->token.function != NULL,
        .tried = opening->tried,
    };
}

static void tell_own_is_not_offered(const pneu_opening *opening,
                                    const char *offered, pneu_error *error)
{
    char shown[200];
    pn_escape(pn_span_trim(pn_span_of(offered)), " ", shown, sizeof(shown));
    pn_fail(error, PNEU_NOT_OFFERED,
            "the server does not offer the SASL mechanism %s: it offers %s",
            opening->own.name, shown[0] != '\0' ? shown : "none");
}

static void fail_no_mechanism(pneu_opening *opening,
                              const pneu_session *session)
{
    pneu_error error;
    char reasons[360];
    const char *wanted = opening->mechanisms;
    const char *offered = pneu_session_extension(session, "AUTH");
    if (offered == NULL) {
        pn_fail(&error, PNEU_NOT_OFFERED,
                "the server does not offer AUTH on this line, though "
                "credentials were given");
    } else if (opening->has_own) {
        tell_own_is_not_offered(opening, offered, &error);
    } else {
        pn_mechanism_offer offer = offer_of(opening, session);
        pn_mechanism_explain(&offer, reasons, sizeof(reasons));
        pn_fail(&error, PNEU_NOT_OFFERED,
                "the server offers no SASL mechanism that can be used here: "
                "%s%s%.80s",
                reasons, wanted != NULL ? "; wanted: " : "",
                wanted != NULL ? wanted : "");
    }
    pn_login_fail(opening, &error);
}

static const pn_mechanism *choose(const pneu_opening *opening,
                                  const pneu_session *session)
{
    pn_mechanism_offer offer = offer_of(opening, session);
    if (!opening->has_own)
        return pn_mechanism_choose(&offer);
    bool is_offered = pn_mechanism_is_offered(
        offer.offered, pn_span_of(opening->own_row.name));
    return is_offered && opening->mechanism == NULL ? &opening->own_row : NULL;
}

bool pn_login_is_possible(const pneu_opening *opening,
                          const pneu_session *session)
{
    return choose(opening, session) != NULL;
}

/* The next mechanism that both sides have, or the end of the opening. */
static void try_next(pneu_opening *opening, pneu_session *session)
{
    pneu_error error;
    pneu_status status = PNEU_NOT_OFFERED;
    /* GNU SASL may have been built without one */
    while (status == PNEU_NOT_OFFERED) {
        const pn_mechanism *choice = choose(opening, session);
        if (choice == NULL && opening->refusal.status != PNEU_OK) {
            error = opening->refusal;
            pn_login_fail(opening, &error);
            return;
        }
        if (choice == NULL) {
            fail_no_mechanism(opening, session);
            return;
        }
        opening->mechanism = choice;
        if (!opening->has_own)
            opening->tried |= pn_mechanism_bit(choice);
        status = pn_login_start_exchange(opening, session, &error);
        if (status == PNEU_NOT_OFFERED && opening->refusal.status == PNEU_OK)
            opening->refusal = error;
    }
    if (status != PNEU_OK)
        pn_login_fail(opening, &error);
}

void pn_login_begin(pneu_opening *opening, pneu_session *session)
{
    if (!is_line_good_enough(opening, session))
        fail_unprotected(opening, session);
    else
        try_next(opening, session);
}

void pn_login_leave(pneu_opening *opening, pneu_session *session,
                    pneu_error *why)
{
    if (opening->policy == PNEU_AUTH_NEVER_NEXT) {
        pn_login_fail(opening, why);
        return;
    }
    opening->refusal = *why;
    try_next(opening, session);
}

/* Has the server seen all that the mechanism has to say, and the client what
 * it has to check? */
static bool is_success_credible(const pneu_opening *opening)
{
    return !opening->has_held_back &&
           pn_exchange_is_complete(opening->exchange);
}

static void take_success(pneu_opening *opening, pneu_session *session)
{
    pneu_error error;
    if (is_success_credible(opening)) {
        pn_login_end_exchange(opening);
        return;
    }
    /* RFC 5802 3: it has not shown that it knows the password */
    pn_fail(&error, PNEU_AUTH_FAILED,
            "the server claims success before %s is complete: it may not be "
            "the one that it says it is",
            pneu_opening_mechanism(opening));
    error.command = PNEU_COMMAND_AUTH;
    pneu_session_cancel(session, &error);
    pn_login_fail(opening, &error);
}

static void tell_more(pneu_error *error, const char *more)
{
    size_t length = strlen(error->message);
    if (more[0] != '\0')
        snprintf(error->message + length, sizeof(error->message) - length,
                 " (%s)", more);
}

/* Is it the token that was refused? The error comes before the refusal (RFC
 * 7628 3.2.3), whose code may be any. */
static bool is_token_refused(const pneu_opening *opening,
                             const pneu_reply *reply)
{
    bool is_oauth = opening->mechanism->kind == PN_KIND_OAUTHBEARER ||
                    opening->mechanism->kind == PN_KIND_XOAUTH2;
    return is_oauth &&
           (reply->code == 535 ||
            (reply->code >= 500 && pn_exchange_detail(opening->exchange)));
}

/* RFC 4954 4: 504, this mechanism is not known; 6: 534, it is too weak.
 * Anything else speaks of the credentials. */
static bool may_try_next(const pneu_opening *opening, const pneu_reply *reply)
{
    switch (opening->policy) {
    case PNEU_AUTH_NEVER_NEXT:
        return false;
    case PNEU_AUTH_ALWAYS_NEXT:
        return reply->code != 421;
    case PNEU_AUTH_STRICT:
        break;
    }
    return reply->code == 504 || reply->code == 534;
}

static void take_refusal(pneu_opening *opening, pneu_session *session,
                         const pneu_reply *reply)
{
    pneu_error error;
    const char *detail = pn_exchange_detail(opening->exchange);
    bool is_token = is_token_refused(opening, reply);
    pn_refusal_tell(&opening->refusal, PNEU_COMMAND_AUTH, reply);
    if (detail != NULL)
        tell_more(&opening->refusal, detail);
    error = opening->refusal;
    if (is_token && pn_token_refuse(&opening->token)) {
        tell_more(&opening->refusal,
                  "and the token call-back gave the same token again");
        if (pn_login_start_exchange(opening, session, &error) != PNEU_OK)
            pn_login_fail(opening, &error);
    } else if (may_try_next(opening, reply)) {
        try_next(opening, session);
    } else {
        pn_opening_finish(opening, &error);
    }
}

/* The answer to "*". */
static void take_end(pneu_opening *opening, pneu_session *session,
                     const pneu_reply *reply)
{
    pneu_error error = opening->error;
    if (pneu_reply_is_positive(reply))
        pneu_session_cancel(session, &error); /* it was not told any secret */
    pn_opening_finish(opening, &error);
}

bool pn_login_event(pneu_opening *opening, pneu_session *session,
                    const pneu_event *event)
{
    const pneu_reply *reply = event->reply;
    bool positive = pneu_reply_is_positive(reply);
    if (opening->cancelled)
        take_end(opening, session, reply);
    else if (reply->code == 334)
        pn_login_take_challenge(opening, session, reply);
    else if (positive)
        take_success(opening, session);
    else
        take_refusal(opening, session, reply);
    return positive && !opening->done;
}
