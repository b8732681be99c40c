/* The calls of `calls` that are one command, or a few, on the line. */
#include <stdbool.h>
#include <string.h>

#include "calls.h"

#define PLAIN_CALL(name)                                         \
    static void name(pneu_client *client, const words *given)    \
    {                                                            \
        const pneu_reply *reply = NULL;                          \
        pneu_status status = pneu_client_##name(client, &reply); \
                                                                 \
        report(given, status, reply);                            \
    }

#define TEXT_CALL(name)                                                        \
    static void name(pneu_client *client, const words *given)                  \
    {                                                                          \
        const pneu_reply *reply = NULL;                                        \
        pneu_status status = pneu_client_##name(client, given->at[1], &reply); \
                                                                               \
        report(given, status, reply);                                          \
    }

PLAIN_CALL(connect)
PLAIN_CALL(ehlo)
PLAIN_CALL(helo)
PLAIN_CALL(starttls)
PLAIN_CALL(rset)
PLAIN_CALL(noop)
PLAIN_CALL(quit)

TEXT_CALL(verify)
TEXT_CALL(expand)
TEXT_CALL(etrn)
TEXT_CALL(command)

static void open_all(pneu_client *client, const words *given)
{
    report(given, pneu_client_open(client), NULL);
}

static void help(pneu_client *client, const words *given)
{
    const pneu_reply *reply = NULL;
    pneu_status status = pneu_client_help(client, word(given, 1), &reply);

    report(given, status, reply);
}

/* login, user, password. */
static void login(pneu_client *client, const words *given)
{
    const pneu_reply *reply = NULL;
    pneu_status status =
        pneu_client_login(client, word(given, 1), word(given, 2), &reply);

    report(given, status, reply);
}

/* auth, name, answers…: see ticket_mechanism(). */
static void auth(pneu_client *client, const words *given)
{
    const pneu_reply *reply = NULL;
    ticket mine;
    pneu_mechanism mechanism =
        ticket_mechanism(&mine, given->at[1], given->at + 2, given->count - 2);
    pneu_status status = pneu_client_auth(client, &mechanism, &reply);

    report(given, status, reply);
}

/* The value of the word "name=value", or NULL if none is of that name. */
static const char *value(const words *given, const char *name)
{
    size_t length = strlen(name);

    for (size_t i = 1; i < given->count; i++)
        if (!strncmp(given->at[i], name, length) && given->at[i][length] == '=')
            return given->at[i] + length + 1;
    return NULL;
}

/* xclient, attribute=value… */
static void xclient(pneu_client *client, const words *given)
{
    const pneu_reply *reply = NULL;
    const pneu_xclient *attributes =
        PNEU_XCLIENT(.name = value(given, "name"), .addr = value(given, "addr"),
                     .port = value(given, "port"),
                     .proto = value(given, "proto"),
                     .helo = value(given, "helo"),
                     .login = value(given, "login"),
                     .destaddr = value(given, "destaddr"),
                     .destport = value(given, "destport"));
    pneu_status status = pneu_client_xclient(client, attributes, &reply);

    report(given, status, reply);
}

static void close_line(pneu_client *client, const words *given)
{
    pneu_client_close(client);
    report(given, PNEU_OK, NULL);
}

const call calls_line[] = {
    {"connect", connect}, {"open", open_all},     {"ehlo", ehlo},
    {"helo", helo},       {"starttls", starttls}, {"login", login},
    {"auth", auth},       {"rset", rset},         {"noop", noop},
    {"verify", verify},   {"expand", expand},     {"help", help},
    {"etrn", etrn},       {"xclient", xclient},   {"command", command},
    {"quit", quit},       {"close", close_line},  {NULL, NULL},
};
