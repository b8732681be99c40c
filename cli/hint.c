#include "cli/hint.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const char CHECK_PATH[] =
    "check the path after --host, and that the server is running";
static const char CHECK_PASSWORD[] = "check --user and the password";

static const char CHECK_TOKEN[] =
    "check --user, and that the token is for mail and has not run out";

static const struct {
    pneu_status status;
    pneu_command command; /* NONE: whatever was under way */
    int code;             /* 0: whatever was answered; 4: any 4xx */
    unsigned facts;       /* all of these must hold */
    const char *hint;     /* the first row that fits decides; NULL: none */
} HINTS[] = {
    {PNEU_HOST_UNKNOWN, PNEU_COMMAND_NONE, 0, 0, "check the name after --host"},
    {PNEU_LOOKUP, PNEU_COMMAND_NONE, 0, 0,
     "the network or its name server is not there now; try again later"},
    {PNEU_CONNECT, PNEU_COMMAND_NONE, 0, PN_HINT_SOCKET, CHECK_PATH},
    {PNEU_CONNECT, PNEU_COMMAND_NONE, 0, 0,
     "check --host and --port, and that the server is running"},
    {PNEU_PROXY, PNEU_COMMAND_NONE, 0, 0,
     "check --proxy, and that it may connect to --host and --port"},
    {PNEU_TIMEOUT, PNEU_COMMAND_GREETING, 0, PN_HINT_SOCKET,
     "check the path after --host; --timeout sets how long to wait for each "
     "answer"},
    {PNEU_TIMEOUT, PNEU_COMMAND_GREETING, 0, 0,
     "check --port and --tls; --timeout sets how long to wait for each "
     "answer"},
    {PNEU_TIMEOUT, PNEU_COMMAND_NONE, 0, 0,
     "try again later; --timeout sets how long to wait for each answer"},
    {PNEU_DEADLINE, PNEU_COMMAND_NONE, 0, 0,
     "try again later; --deadline sets how long the whole may take"},
    {PNEU_TLS, PNEU_COMMAND_NONE, 0, PN_HINT_SOCKET,
     "leave out --tls: what goes over a Unix socket stays on this machine"},
    {PNEU_TLS, PNEU_COMMAND_NONE, 0, 0,
     "check --port and --tls: 465 is for implicit, 587 and 25 for starttls"},
    {PNEU_UNTRUSTED, PNEU_COMMAND_NONE, 0, PN_HINT_SOCKET,
     "leave out --tls: what goes over a Unix socket stays on this machine"},
    {PNEU_UNTRUSTED, PNEU_COMMAND_NONE, 0, PN_HINT_PIN,
     "if the server has a new key, 'pneu info' shows its pin; be sure that it "
     "is the server before you take it"},
    {PNEU_UNTRUSTED, PNEU_COMMAND_NONE, 0, 0,
     "use the name that the certificate is for as --host; if its CA is your "
     "own, give --ca-file"},
    {PNEU_NOT_OFFERED, PNEU_COMMAND_STARTTLS, 0, PN_HINT_SOCKET,
     "leave out --tls: what goes over a Unix socket stays on this machine"},
    {PNEU_NOT_OFFERED, PNEU_COMMAND_STARTTLS, 0, PN_HINT_USER,
     "try --port 465 or 587: credentials should not go in the clear"},
    {PNEU_NOT_OFFERED, PNEU_COMMAND_STARTTLS, 0, 0,
     "try --port 465 or 587; --tls none sends in the clear"},
    {PNEU_NOT_OFFERED, PNEU_COMMAND_AUTH, 0, PN_HINT_SOCKET,
     "leave out --mechanism, or --user: a Unix socket may need no login"},
    {PNEU_NOT_OFFERED, PNEU_COMMAND_AUTH, 0, 0,
     "try --port 587 or 465, or leave out --mechanism or --user"},
    {PNEU_UNPROTECTED, PNEU_COMMAND_NONE, 0, 0,
     "use --tls starttls or --tls implicit; --allow-cleartext-auth if the "
     "line is safe all the same"},
    {PNEU_AUTH_FAILED, PNEU_COMMAND_NONE, 0, 0,
     "the server broke the rules of the login, and may not be the one that "
     "it says it is; check --host before you try again"},
    {PNEU_REFUSED, PNEU_COMMAND_AUTH, 4, 0,
     "the server cannot take a login now; try again later"},
    {PNEU_REFUSED, PNEU_COMMAND_AUTH_RESPONSE, 4, 0,
     "the server cannot take a login now; try again later"},
    {PNEU_REFUSED, PNEU_COMMAND_AUTH, 0, PN_HINT_TOKEN, CHECK_TOKEN},
    {PNEU_REFUSED, PNEU_COMMAND_AUTH_RESPONSE, 0, PN_HINT_TOKEN, CHECK_TOKEN},
    {PNEU_REFUSED, PNEU_COMMAND_AUTH, 0, 0, CHECK_PASSWORD},
    {PNEU_REFUSED, PNEU_COMMAND_AUTH_RESPONSE, 0, 0, CHECK_PASSWORD},
    {PNEU_REFUSED, PNEU_COMMAND_NONE, 530, PN_HINT_USER | PN_HINT_TLS, NULL},
    {PNEU_REFUSED, PNEU_COMMAND_NONE, 530, PN_HINT_USER,
     "the server may want --tls starttls"},
    {PNEU_REFUSED, PNEU_COMMAND_NONE, 530, PN_HINT_TLS,
     "the server wants --user and a password"},
    {PNEU_REFUSED, PNEU_COMMAND_NONE, 530, 0,
     "the server wants --user and a password, or --tls starttls"},
    {PNEU_REFUSED, PNEU_COMMAND_LHLO, 500, 0,
     "this may be an SMTP server: leave out --lmtp"},
    {PNEU_REFUSED, PNEU_COMMAND_LHLO, 502, 0,
     "this may be an SMTP server: leave out --lmtp"},
    {PNEU_REFUSED, PNEU_COMMAND_EHLO, 500, 0,
     "this may be an LMTP server: give --lmtp"},
    {PNEU_REFUSED, PNEU_COMMAND_EHLO, 502, 0,
     "this may be an LMTP server: give --lmtp"},
    {PNEU_REFUSED, PNEU_COMMAND_HELO, 500, 0,
     "this may be an LMTP server: give --lmtp"},
    {PNEU_REFUSED, PNEU_COMMAND_HELO, 502, 0,
     "this may be an LMTP server: give --lmtp"},
    {PNEU_REFUSED, PNEU_COMMAND_VRFY, 502, 0,
     "most servers do not tell which mailboxes they have"},
    {PNEU_REFUSED, PNEU_COMMAND_EXPN, 502, 0,
     "most servers do not tell who is on a list"},
    {PNEU_PROTOCOL, PNEU_COMMAND_GREETING, 0, PN_HINT_SOCKET,
     "check the path after --host: this is no mail server"},
    {PNEU_PROTOCOL, PNEU_COMMAND_GREETING, 0, 0,
     "check --host and --port, and --tls implicit if the port expects TLS at "
     "once"},
    {PNEU_LOST, PNEU_COMMAND_GREETING, 0, PN_HINT_SOCKET, CHECK_PATH},
    {PNEU_LOST, PNEU_COMMAND_GREETING, 0, 0,
     "check --host and --port, and --tls implicit if the port expects TLS at "
     "once"},
    {PNEU_IN_DOUBT, PNEU_COMMAND_NONE, 0, 0,
     "ask the recipient before it is sent again, or it may arrive twice"},
};

static bool fits_code(int wanted, int code)
{
    return wanted == 0 || wanted == code || wanted == code / 100;
}

/* No field of the error tells this one from other things not offered. */
static bool is_8bit_message(const pneu_error *error)
{
    return error->status == PNEU_NOT_OFFERED &&
           strstr(error->message, "8-bit octets") != NULL;
}

const char *pn_hint_for(const pneu_error *error, unsigned facts)
{
    if (is_8bit_message(error))
        return "--text and --text-file encode a text as it needs it";
    for (size_t i = 0; i < sizeof(HINTS) / sizeof(HINTS[0]); i++) {
        if (HINTS[i].status == error->status &&
            (HINTS[i].command == PNEU_COMMAND_NONE ||
             HINTS[i].command == error->command) &&
            fits_code(HINTS[i].code, error->reply_code) &&
            (HINTS[i].facts & facts) == HINTS[i].facts)
            return HINTS[i].hint;
    }
    return NULL;
}
