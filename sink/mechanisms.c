/* The mechanisms, and which of them are offered when. */
#include <string.h>

#include "base/fail.h"
#include "cli/suggest.h"
#include "sink/auth.h"

/* The strongest first. */
static const pn_sink_mechanism MECHANISMS[] = {
    {"SCRAM-SHA-256-PLUS", PN_SINK_MECHANISM_NEEDS_TLS, PN_SINK_OAUTH_NONE},
    {"SCRAM-SHA-1-PLUS", PN_SINK_MECHANISM_NEEDS_TLS, PN_SINK_OAUTH_NONE},
    {"EXTERNAL",
     PN_SINK_MECHANISM_NEEDS_TLS | PN_SINK_MECHANISM_CERTIFICATE |
         PN_SINK_MECHANISM_NO_USERS,
     PN_SINK_OAUTH_NONE},
    {"SCRAM-SHA-256", 0, PN_SINK_OAUTH_NONE},
    {"SCRAM-SHA-1", 0, PN_SINK_OAUTH_NONE},
    {"DIGEST-MD5",
     PN_SINK_MECHANISM_SERVER_FIRST | PN_SINK_MECHANISM_NO_INITIAL |
         PN_SINK_MECHANISM_NEEDS_NAME,
     PN_SINK_OAUTH_NONE},
    {"CRAM-MD5", PN_SINK_MECHANISM_SERVER_FIRST | PN_SINK_MECHANISM_NO_INITIAL,
     PN_SINK_OAUTH_NONE},
    {"OAUTHBEARER", PN_SINK_MECHANISM_PLAINTEXT | PN_SINK_MECHANISM_NEEDS_NAME,
     PN_SINK_OAUTH_BEARER},
    {"XOAUTH2", PN_SINK_MECHANISM_PLAINTEXT | PN_SINK_MECHANISM_NEEDS_NAME,
     PN_SINK_OAUTH_X},
    {"PLAIN", PN_SINK_MECHANISM_PLAINTEXT, PN_SINK_OAUTH_NONE},
    {"LOGIN", PN_SINK_MECHANISM_PLAINTEXT | PN_SINK_MECHANISM_SERVER_FIRST,
     PN_SINK_OAUTH_NONE},
    {"ANONYMOUS", PN_SINK_MECHANISM_NEEDS_NAME | PN_SINK_MECHANISM_NO_USERS,
     PN_SINK_OAUTH_NONE},
};

enum {
    MECHANISM_COUNT = sizeof(MECHANISMS) / sizeof(MECHANISMS[0])
};

const pn_sink_mechanism *pn_sink_mechanism_at(size_t i)
{
    return i < MECHANISM_COUNT ? &MECHANISMS[i] : NULL;
}

const pn_sink_mechanism *pn_sink_mechanism_find(pn_span name)
{
    for (size_t i = 0; i < MECHANISM_COUNT; i++) {
        if (pn_span_equal_nocase(pn_span_of(MECHANISMS[i].name), name))
            return &MECHANISMS[i];
    }
    return NULL;
}

bool pn_sink_mechanism_is_on(const pn_sink_mechanism *mechanism,
                             const pn_sink_options *options)
{
    unsigned flags = mechanism->flags;
    bool named = (options->mechanisms & 1U << (mechanism - MECHANISMS)) != 0;
    if (options->mechanisms != 0 ? !named
                                 : (flags & PN_SINK_MECHANISM_NEEDS_NAME) != 0)
        return false;
    if ((flags & PN_SINK_MECHANISM_CERTIFICATE) != 0 &&
        options->client_ca_file == NULL)
        return false;
    return options->users.count > 0 ||
           (flags & PN_SINK_MECHANISM_NO_USERS) != 0;
}

bool pn_sink_mechanism_is_offered(const pn_sink_mechanism *mechanism,
                                  const pn_sink_options *options, bool tls,
                                  bool certificate)
{
    unsigned flags = mechanism->flags;
    bool needs_tls = (flags & PN_SINK_MECHANISM_NEEDS_TLS) != 0 ||
                     ((flags & PN_SINK_MECHANISM_PLAINTEXT) != 0 &&
                      !options->allow_cleartext_auth);
    bool needs_certificate = (flags & PN_SINK_MECHANISM_CERTIFICATE) != 0;
    return (tls || !needs_tls) && (certificate || !needs_certificate) &&
           pn_sink_mechanism_is_on(mechanism, options);
}

bool pn_sink_mechanisms_any(const pn_sink_options *options)
{
    for (size_t i = 0; i < MECHANISM_COUNT; i++) {
        if (pn_sink_mechanism_is_on(&MECHANISMS[i], options))
            return true;
    }
    return false;
}

static pneu_status refuse_name(pn_span word, pneu_error *error)
{
    const char *names[MECHANISM_COUNT + 1] = {NULL};
    char name[64] = "";
    for (size_t i = 0; i < MECHANISM_COUNT; i++)
        names[i] = MECHANISMS[i].name;
    if (word.length < sizeof(name))
        memcpy(name, word.data, word.length);
    const char *near = pn_suggest(name, names);
    return pn_fail(
        error, PNEU_INVALID, "--mechanisms: \"%.*s\" is not known%s%s%s",
        (int)word.length, word.data, near != NULL ? "; did you mean " : "",
        near != NULL ? near : "", near != NULL ? "?" : "");
}

pneu_status pn_sink_mechanisms_add(unsigned *set, const char *list,
                                   pneu_error *error)
{
    pn_span rest = pn_span_of(list);
    pn_span word = {NULL, 0};
    while (pn_span_next_word(&rest, &word)) {
        const pn_sink_mechanism *found = pn_sink_mechanism_find(word);
        if (found == NULL)
            return refuse_name(word, error);
        *set |= 1U << (found - MECHANISMS);
    }
    return word.length > 0 ? PNEU_OK
                           : pn_fail(error, PNEU_INVALID,
                                     "--mechanisms names no mechanism");
}
