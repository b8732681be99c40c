/* Which exception of Python's smtplib a failure is. */
#include <stddef.h>

#include "pneu/status.h"

/* A refusal is named after what was refused. */
static const char *of_refusal(pneu_command command)
{
    switch (command) {
    case PNEU_COMMAND_GREETING:
        return "SMTPConnectError";
    case PNEU_COMMAND_EHLO:
    case PNEU_COMMAND_LHLO:
    case PNEU_COMMAND_HELO:
        return "SMTPHeloError";
    case PNEU_COMMAND_AUTH:
    case PNEU_COMMAND_AUTH_RESPONSE:
        return "SMTPAuthenticationError";
    case PNEU_COMMAND_MAIL:
        return "SMTPSenderRefused";
    case PNEU_COMMAND_RCPT:
        return "SMTPRecipientsRefused";
    case PNEU_COMMAND_DATA:
    case PNEU_COMMAND_BDAT:
    case PNEU_COMMAND_CONTENT:
        return "SMTPDataError";
    default:
        return "SMTPResponseException";
    }
}

/* Before there is a session a time-out is the socket's. */
static const char *of_lateness(pneu_command command)
{
    return command == PNEU_COMMAND_NONE ? "TimeoutError"
                                        : "SMTPServerDisconnected";
}

const char *pneu_error_exception(const pneu_error *error)
{
    static const struct {
        pneu_status status;
        const char *name;
    } NAMES[] = {
        {PNEU_OK, ""},
        {PNEU_AGAIN, "BlockingIOError"},
        {PNEU_INVALID, "ValueError"},
        {PNEU_MISUSE, "SMTPServerDisconnected"},
        {PNEU_BAD_ADDRESS, "ValueError"},
        {PNEU_BAD_MESSAGE, "ValueError"},
        {PNEU_LINE_BREAK, "ValueError"},
        {PNEU_TOO_LARGE, "ValueError"},
        {PNEU_CANCELLED, "SMTPException"},
        {PNEU_NO_MEMORY, "MemoryError"},
        {PNEU_SYSTEM, "OSError"},
        {PNEU_SOURCE, "OSError"},
        {PNEU_HOST_UNKNOWN, "gaierror"},
        {PNEU_LOOKUP, "gaierror"},
        {PNEU_CONNECT, "OSError"},
        {PNEU_LOST, "SMTPServerDisconnected"},
        {PNEU_TLS, "SSLError"},
        {PNEU_UNTRUSTED, "SSLCertVerificationError"},
        {PNEU_PROXY, "OSError"},
        {PNEU_PROTOCOL, "SMTPServerDisconnected"},
        {PNEU_NOT_OFFERED, "SMTPNotSupportedError"},
        {PNEU_IN_DOUBT, "SMTPServerDisconnected"},
        {PNEU_UNPROTECTED, "SMTPException"},
        {PNEU_AUTH_FAILED, "SMTPAuthenticationError"},
    };
    if (error->status == PNEU_REFUSED)
        return of_refusal(error->command);
    if (error->status == PNEU_TIMEOUT || error->status == PNEU_DEADLINE)
        return of_lateness(error->command);
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if (NAMES[i].status == error->status)
            return NAMES[i].name;
    }
    return "SMTPException";
}
