#include "cli/hint.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const char CHECK_PATH[] =
    "check the path after --host, and that the server is running";
static const char CHECK_PASSWORD[] = "check --user and the password";

static const char CHECK_TOKEN[] =
    "check --user, and that the token is for mail and has not run out";

static const char CHECK_AUTHORIZE[] =
    "check --user and the password, and that this user may act as the one of "
    "--authorize-as";
static const char NOT_UNKNOWN[] =
    "the server lets nobody in by ANONYMOUS; give --user and a password";
static const char CHECK_PROXY_LOGIN[] =
    "check the user and the password in the URL of --proxy or --proxy-env";
static const char CHECK_VERSIONS[] =
    "check --min-tls, --ciphers and --ciphersuites; TLS older than 1.2 is "
    "never used";
static const char GIVE_CA[] =
    "if it is the server's own CA, give the file with its certificate as "
    "--ca-file";
static const char CHECK_LIMIT[] =
    "'pneu info' shows how far the server goes; stay within that, or use "
    "another server";

static const struct {
    pneu_status status;
    pneu_command command; /* NONE: whatever was under way */
    int code;             /* 0: whatever was answered; 4: any 4xx */
    unsigned facts;       /* all of these must hold */
    const char *hint;     /* the first row that fits decides; NULL: none */
    const char *words;    /* stand in the sentence; NULL: whatever it says */
} HINTS[] = {
    {PNEU_HOST_UNKNOWN, PNEU_COMMAND_NONE, 0, PN_HINT_PROXY,
     "check the name in the URL of --proxy", NULL},
    {PNEU_HOST_UNKNOWN, PNEU_COMMAND_NONE, 0, 0, "check the name after --host",
     NULL},
    {PNEU_LOOKUP, PNEU_COMMAND_NONE, 0, 0,
     "the network or its name server is not there now; try again later", NULL},
    {PNEU_CONNECT, PNEU_COMMAND_NONE, 0, PN_HINT_SOCKET, CHECK_PATH, NULL},
    {PNEU_CONNECT, PNEU_COMMAND_NONE, 0, PN_HINT_SOURCE,
     "check --source: it must be an address of this machine, of the same kind "
     "(IPv4, IPv6) as the server's",
     " from "},
    {PNEU_CONNECT, PNEU_COMMAND_NONE, 0, PN_HINT_PROXY,
     "check the host and the port in the URL of --proxy, and that the proxy is "
     "running",
     NULL},
    {PNEU_CONNECT, PNEU_COMMAND_NONE, 0, 0,
     "check --host and --port, and that the server is running", NULL},
    {PNEU_PROXY, PNEU_COMMAND_NONE, 0, 0, CHECK_PROXY_LOGIN,
     "user and a password"},
    {PNEU_PROXY, PNEU_COMMAND_NONE, 0, 0,
     "leave the user and the password out of the URL of --proxy",
     "no user and password"},
    {PNEU_PROXY, PNEU_COMMAND_NONE, 0, 0, CHECK_PROXY_LOGIN,
     "the user or the password"},
    {PNEU_PROXY, PNEU_COMMAND_NONE, 0, 0,
     "check --proxy, and that it may connect to --host and --port", NULL},
    {PNEU_TIMEOUT, PNEU_COMMAND_GREETING, 0, PN_HINT_SOCKET,
     "check the path after --host; --timeout sets how long to wait for each "
     "answer",
     NULL},
    {PNEU_TIMEOUT, PNEU_COMMAND_GREETING, 0, 0,
     "check --port and --tls; --timeout sets how long to wait for each "
     "answer",
     NULL},
    {PNEU_TIMEOUT, PNEU_COMMAND_NONE, 0, 0,
     "try again later; --timeout sets how long to wait for each answer", NULL},
    {PNEU_DEADLINE, PNEU_COMMAND_NONE, 0, 0,
     "try again later; --deadline sets how long the whole may take", NULL},
    {PNEU_TLS, PNEU_COMMAND_NONE, 0, PN_HINT_SOCKET,
     "leave out --tls: what goes over a Unix socket stays on this machine",
     NULL},
    {PNEU_TLS, PNEU_COMMAND_NONE, 0, 0,
     "give one with --cert, and its key with --key",
     "client certificate, and none was given"},
    {PNEU_TLS, PNEU_COMMAND_NONE, 0, 0,
     "check --cert: the server must know who issued it", "client certificate"},
    {PNEU_TLS, PNEU_COMMAND_NONE, 0, 0, CHECK_VERSIONS, "versions"},
    {PNEU_TLS, PNEU_COMMAND_NONE, 0, 0, CHECK_VERSIONS, "no protocols"},
    {PNEU_TLS, PNEU_COMMAND_NONE, 0, 0, CHECK_VERSIONS, "no cipher"},
    {PNEU_TLS, PNEU_COMMAND_NONE, 0, 0, "check --sni", "(SNI)"},
    {PNEU_TLS, PNEU_COMMAND_NONE, 0, 0,
     "check --port and --tls: 465 is for implicit, 587 and 25 for starttls",
     NULL},
    {PNEU_UNTRUSTED, PNEU_COMMAND_NONE, 0, PN_HINT_SOCKET,
     "leave out --tls: what goes over a Unix socket stays on this machine",
     NULL},
    {PNEU_UNTRUSTED, PNEU_COMMAND_NONE, 0, PN_HINT_PIN,
     "if the server has a new key, 'pneu info' shows its pin; be sure that it "
     "is the server before you take it",
     "pinned"},
    {PNEU_UNTRUSTED, PNEU_COMMAND_NONE, 0, 0, GIVE_CA, "is not trusted here"},
    {PNEU_UNTRUSTED, PNEU_COMMAND_NONE, 0, 0, GIVE_CA, "signed by itself"},
    {PNEU_UNTRUSTED, PNEU_COMMAND_NONE, 0, 0,
     "use the name that the certificate is for as --host; if its CA is your "
     "own, give --ca-file",
     NULL},
    {PNEU_NOT_OFFERED, PNEU_COMMAND_STARTTLS, 0, PN_HINT_SOCKET,
     "leave out --tls: what goes over a Unix socket stays on this machine",
     NULL},
    {PNEU_NOT_OFFERED, PNEU_COMMAND_STARTTLS, 0, PN_HINT_USER,
     "try --port 465 or 587: credentials should not go in the clear", NULL},
    {PNEU_NOT_OFFERED, PNEU_COMMAND_STARTTLS, 0, 0,
     "try --port 465 or 587; --tls none sends in the clear", NULL},
    {PNEU_NOT_OFFERED, PNEU_COMMAND_AUTH, 0, PN_HINT_SOCKET,
     "leave out --mechanism, or --user: a Unix socket may need no login", NULL},
    {PNEU_NOT_OFFERED, PNEU_COMMAND_AUTH, 0, PN_HINT_STARTTLS,
     "give --tls starttls: a server may offer more of AUTH inside TLS", NULL},
    {PNEU_NOT_OFFERED, PNEU_COMMAND_AUTH, 0, 0,
     "try --port 587 or 465, or leave out --mechanism or --user", NULL},
    {PNEU_UNPROTECTED, PNEU_COMMAND_NONE, 0, 0,
     "use --tls starttls or --tls implicit; without them leave out "
     "--require-tls",
     "REQUIRETLS"},
    {PNEU_UNPROTECTED, PNEU_COMMAND_NONE, 0, 0,
     "use --tls starttls or --tls implicit; --allow-cleartext-auth if the "
     "line is safe all the same",
     NULL},
    {PNEU_AUTH_FAILED, PNEU_COMMAND_NONE, 0, 0,
     "the server broke the rules of the login, and may not be the one that "
     "it says it is; check --host before you try again",
     NULL},
    {PNEU_REFUSED, PNEU_COMMAND_AUTH, 4, 0,
     "the server cannot take a login now; try again later", NULL},
    {PNEU_REFUSED, PNEU_COMMAND_AUTH, 0, PN_HINT_TOKEN, CHECK_TOKEN, NULL},
    {PNEU_REFUSED, PNEU_COMMAND_AUTH, 0, PN_HINT_ANONYMOUS, NOT_UNKNOWN, NULL},
    {PNEU_REFUSED, PNEU_COMMAND_AUTH, 0, PN_HINT_AUTHORIZE, CHECK_AUTHORIZE,
     NULL},
    {PNEU_REFUSED, PNEU_COMMAND_AUTH, 0, 0, CHECK_PASSWORD, NULL},
    {PNEU_REFUSED, PNEU_COMMAND_NONE, 530, PN_HINT_USER | PN_HINT_TLS, NULL,
     NULL},
    {PNEU_REFUSED, PNEU_COMMAND_NONE, 530, PN_HINT_USER,
     "the server may want --tls starttls", NULL},
    {PNEU_REFUSED, PNEU_COMMAND_NONE, 530, PN_HINT_TLS,
     "the server wants --user and a password", NULL},
    {PNEU_REFUSED, PNEU_COMMAND_NONE, 530, 0,
     "the server wants --user and a password, or --tls starttls", NULL},
    {PNEU_REFUSED, PNEU_COMMAND_LHLO, 500, 0,
     "this may be an SMTP server: leave out --lmtp", NULL},
    {PNEU_REFUSED, PNEU_COMMAND_LHLO, 502, 0,
     "this may be an SMTP server: leave out --lmtp", NULL},
    {PNEU_REFUSED, PNEU_COMMAND_EHLO, 500, 0,
     "this may be an LMTP server: give --lmtp", NULL},
    {PNEU_REFUSED, PNEU_COMMAND_EHLO, 502, 0,
     "this may be an LMTP server: give --lmtp", NULL},
    {PNEU_REFUSED, PNEU_COMMAND_HELO, 500, 0,
     "this may be an LMTP server: give --lmtp", NULL},
    {PNEU_REFUSED, PNEU_COMMAND_HELO, 502, 0,
     "this may be an LMTP server: give --lmtp", NULL},
    {PNEU_REFUSED, PNEU_COMMAND_VRFY, 502, 0,
     "most servers do not tell which mailboxes they have", NULL},
    {PNEU_REFUSED, PNEU_COMMAND_EXPN, 502, 0,
     "most servers do not tell who is on a list", NULL},
    {PNEU_PROTOCOL, PNEU_COMMAND_GREETING, 0, PN_HINT_SOCKET,
     "check the path after --host: this is no mail server", NULL},
    {PNEU_PROTOCOL, PNEU_COMMAND_GREETING, 0, 0,
     "check --host and --port, and --tls implicit if the port expects TLS at "
     "once",
     NULL},
    {PNEU_LOST, PNEU_COMMAND_GREETING, 0, PN_HINT_SOCKET, CHECK_PATH, NULL},
    {PNEU_LOST, PNEU_COMMAND_GREETING, 0, 0,
     "check --host and --port, and --tls implicit if the port expects TLS at "
     "once",
     NULL},
    {PNEU_BAD_MESSAGE, PNEU_COMMAND_NONE, 0, 0,
     "--text and --text-file encode a text as it needs it; --allow-long-lines "
     "sends the lines as they are",
     "allow long lines"},
    {PNEU_INVALID, PNEU_COMMAND_NONE, 0, 0,
     "give --key-password-env, --key-password-file or --key-password-command",
     "there is no password for it"},
    {PNEU_INVALID, PNEU_COMMAND_NONE, 0, 0, CHECK_LIMIT,
     "and the server takes no less than"},
    {PNEU_INVALID, PNEU_COMMAND_NONE, 0, 0, CHECK_LIMIT,
     "and the server holds a message"},
    {PNEU_NOT_OFFERED, PNEU_COMMAND_NONE, 0, 0,
     "--text and --text-file encode a text as it needs it", "8-bit octets"},
    {PNEU_IN_DOUBT, PNEU_COMMAND_NONE, 0, 0,
     "ask the recipient before it is sent again, or it may arrive twice", NULL},
};

static bool fits_code(int wanted, int code)
{
    return wanted == 0 || wanted == code || wanted == code / 100;
}

/* What no field of an error tells, its sentence does. */
static bool has_words(const pneu_error *error, const char *words)
{
    return words == NULL || strstr(error->message, words) != NULL;
}

/* A challenge's answer is part of AUTH. */
static pneu_command command_of(const pneu_error *error)
{
    return error->command == PNEU_COMMAND_AUTH_RESPONSE ? PNEU_COMMAND_AUTH
                                                        : error->command;
}

const char *pn_hint_for(const pneu_error *error, unsigned facts)
{
    pneu_command command = command_of(error);
    for (size_t i = 0; i < sizeof(HINTS) / sizeof(HINTS[0]); i++) {
        if (HINTS[i].status == error->status &&
            (HINTS[i].command == PNEU_COMMAND_NONE ||
             HINTS[i].command == command) &&
            fits_code(HINTS[i].code, error->reply_code) &&
            has_words(error, HINTS[i].words) &&
            (HINTS[i].facts & facts) == HINTS[i].facts)
            return HINTS[i].hint;
    }
    return NULL;
}
