#include "sasl/oauth.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "base/memory.h"
#include "sasl/oauth_error.h"

enum {
    DETAIL_SIZE = 240
};

typedef enum oauth_state {
    STATE_FIRST,
    STATE_SENT,
    STATE_REFUSED
} oauth_state;

typedef struct oauth {
    pn_exchange base;
    pn_exchange_options options;
    oauth_state state;
    char detail[DETAIL_SIZE];
} oauth;

static bool has_control(const char *text)
{
    pn_span span = pn_span_of(text);
    for (size_t i = 0; i < span.length; i++) {
        unsigned char c = (unsigned char)span.data[i];
        if (c < 32 || c == 127)
            return true;
    }
    return false;
}

/* The messages are lines ended by ^A: nobody may add one (RFC 7628 3.1). */
static pneu_status check(const pn_exchange_options *options, pneu_error *error)
{
    const struct {
        const char *what;
        const char *text;
    } PARTS[] = {{"user name", options->user},
                 {"authorization identity", options->authorization},
                 {"host name", options->host}};
    for (size_t i = 0; i < sizeof(PARTS) / sizeof(PARTS[0]); i++) {
        if (has_control(PARTS[i].text))
            return pn_fail(error, PNEU_INVALID,
                           "the %s holds a control character, which %s cannot "
                           "carry",
                           PARTS[i].what, options->mechanism->name);
    }
    return PNEU_OK;
}

/* RFC 6750 2.1 allows less; none of the rest could break the message. */
static pneu_status check_token(pn_span token, pneu_error *error)
{
    if (token.length == 0)
        return pn_fail(error, PNEU_INVALID, "the OAuth token is empty");
    for (size_t i = 0; i < token.length; i++) {
        if (!pn_ascii_is_printable(token.data[i]) || token.data[i] == ' ')
            return pn_fail(error, PNEU_INVALID,
                           "the OAuth token holds a blank, a control character "
                           "or a letter that is not ASCII, at octet %zu",
                           i + 1);
    }
    return PNEU_OK;
}

/* What is put together; the first failure stays. */
typedef struct writer {
    pneu_answer *to;
    pneu_status status;
} writer;

static void put(writer *out, pn_span octets)
{
    if (out->status == PNEU_OK)
        out->status = pn_answer_append(out->to, octets);
}

/* A name as GS2 has it (RFC 5801 4). */
static void put_name(writer *out, const char *name)
{
    for (; *name != '\0'; name++) {
        if (*name == ',')
            put(out, PN_SPAN("=2C"));
        else if (*name == '=')
            put(out, PN_SPAN("=3D"));
        else
            put(out, (pn_span){name, 1});
    }
}

static void put_token(writer *out, pn_span token)
{
    put(out, PN_SPAN("auth=Bearer "));
    put(out, token);
    put(out, PN_SPAN("\x01\x01"));
}

/* RFC 7628 3.1: the GS2 header, then key=value^A */
static void put_bearer(writer *out, const pn_exchange_options *options)
{
    char port[8];
    const char *name =
        options->authorization != NULL ? options->authorization : options->user;
    put(out, PN_SPAN("n,"));
    if (name != NULL && name[0] != '\0') {
        put(out, PN_SPAN("a="));
        put_name(out, name);
    }
    put(out, PN_SPAN(",\x01"));
    if (options->host != NULL && options->host[0] != '\0') {
        put(out, PN_SPAN("host="));
        put(out, pn_span_of(options->host));
        put(out, PN_SPAN("\x01"));
    }
    if (options->port != 0) {
        snprintf(port, sizeof(port), "%u", (unsigned)options->port);
        put(out, PN_SPAN("port="));
        put(out, pn_span_of(port));
        put(out, PN_SPAN("\x01"));
    }
}

static pneu_status say_first(oauth *exchange, pneu_answer *answer,
                             pneu_error *error)
{
    pn_span token;
    writer out = {answer, PNEU_OK};
    const pn_exchange_options *options = &exchange->options;
    pneu_status status = pn_token_get(options->token, &token, error);
    if (status == PNEU_OK)
        status = check_token(token, error);
    if (status != PNEU_OK)
        return status;
    if (options->mechanism->kind == PN_KIND_OAUTHBEARER) {
        put_bearer(&out, options);
    } else {
        put(&out, PN_SPAN("user="));
        put(&out, pn_span_of(options->user));
        put(&out, PN_SPAN("\x01"));
    }
    put_token(&out, token);
    if (out.status != PNEU_OK)
        return pn_fail(error, out.status, "the OAuth token: %s",
                       pneu_status_text(out.status));
    exchange->state = STATE_SENT;
    return PNEU_OK;
}

/* The error is told before the refusal, and wants an answer: ^A for
 * OAUTHBEARER (RFC 7628 3.2.3), an empty one for XOAUTH2. */
static pneu_status take_error(oauth *exchange, pn_span challenge,
                              pneu_answer *answer, pneu_error *error)
{
    pn_span token = {NULL, 0};
    bool is_bearer = exchange->base.mechanism->kind == PN_KIND_OAUTHBEARER;
    exchange->state = STATE_REFUSED;
    if (pn_token_get(exchange->options.token, &token, NULL) == PNEU_OK)
        pn_oauth_error_tell(challenge, token, exchange->detail, DETAIL_SIZE);
    pneu_status status =
        pn_answer_append(answer, is_bearer ? PN_SPAN("\x01") : PN_SPAN(""));
    return status == PNEU_OK
               ? PNEU_OK
               : pn_fail(error, status, "no memory for an answer to AUTH");
}

static pneu_status step(pn_exchange *base, pn_span challenge,
                        pneu_answer *answer, pneu_error *error)
{
    oauth *exchange = (oauth *)base;
    switch (exchange->state) {
    case STATE_FIRST:
        return say_first(exchange, answer, error);
    case STATE_SENT:
        return take_error(exchange, challenge, answer, error);
    case STATE_REFUSED:
        break;
    }
    return pn_fail(error, PNEU_AUTH_FAILED,
                   "the server challenges after the end of %s",
                   base->mechanism->name);
}

/* After an error challenge no success is to be believed. */
static bool is_complete(const pn_exchange *base)
{
    return ((const oauth *)base)->state == STATE_SENT;
}

static const char *detail(const pn_exchange *base)
{
    const oauth *exchange = (const oauth *)base;
    return exchange->state == STATE_REFUSED ? exchange->detail : NULL;
}

static void free_exchange(pn_exchange *base)
{
    pn_memory_free(base);
}

static const pn_exchange_table TABLE = {
    .step = step,
    .is_complete = is_complete,
    .detail = detail,
    .free = free_exchange,
};

pneu_status pn_oauth_new(pn_exchange **exchange,
                         const pn_exchange_options *options, pneu_error *error)
{
    pneu_status status = check(options, error);
    if (status != PNEU_OK)
        return status;
    oauth *made = pn_memory_new(1, sizeof(*made));
    if (made == NULL)
        return pn_fail(error, PNEU_NO_MEMORY, "no memory for AUTH");
    made->base = (pn_exchange){&TABLE, options->mechanism};
    made->options = *options;
    *exchange = &made->base;
    return PNEU_OK;
}
