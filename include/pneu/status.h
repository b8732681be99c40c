/*
 * What went wrong: one list of statuses, grouped by whose fault it was, and
 * pneu_error, which tells the rest: the command, the server's code, the
 * machine's errno, and one sentence for a person.
 */
#ifndef PNEU_STATUS_H
#define PNEU_STATUS_H

#include <stdint.h>

#include <pneu/export.h>

PNEU_BEGIN_DECLS

/*
 * name, value, text. The hundreds say whose fault it was: 0 nobody's, 1 the
 * caller's, 2 the machine's, 3 the line's, 4 the server's. Values never change;
 * new ones are appended to their group.
 */
#define PNEU_STATUS_LIST(X)                                               \
    X(OK, 0, "no error")                                                  \
    X(AGAIN, 1, "the call is not over: go on with it")                    \
    X(INVALID, 100, "an argument is not valid")                           \
    X(MISUSE, 101, "the call is not possible in this state")              \
    X(BAD_ADDRESS, 102, "the address is not valid")                       \
    X(BAD_MESSAGE, 103, "the message cannot be sent as it is")            \
    X(LINE_BREAK, 104, "a string for the wire holds CR, LF or NUL")       \
    X(TOO_LARGE, 105, "more than the fixed maximum")                      \
    X(CANCELLED, 106, "cancelled by the program")                         \
    X(NO_MEMORY, 200, "out of memory")                                    \
    X(SYSTEM, 201, "a system call failed")                                \
    X(SOURCE, 202, "the message could not be read to its end")            \
    X(HOST_UNKNOWN, 300, "the host name is not known")                    \
    X(LOOKUP, 301, "the name server did not answer")                      \
    X(CONNECT, 302, "no connection could be made")                        \
    X(LOST, 303, "the connection was lost")                               \
    X(TIMEOUT, 304, "the server did not answer in time")                  \
    X(DEADLINE, 305, "the deadline for the whole has passed")             \
    X(TLS, 306, "TLS failed")                                             \
    X(UNTRUSTED, 307, "the server's certificate is not to be trusted")    \
    X(PROXY, 308, "the proxy made no connection")                         \
    X(PROTOCOL, 400, "the server broke the protocol")                     \
    X(REFUSED, 401, "the server refused")                                 \
    X(NOT_OFFERED, 402, "the server does not offer what is needed")       \
    X(IN_DOUBT, 403, "it is not known whether the message was accepted")  \
    X(UNPROTECTED, 404, "the line is not protected well enough for this") \
    X(AUTH_FAILED, 405, "authentication failed before the server decided")

typedef enum pneu_status {
#define PNEU_STATUS_ENUM(name, value, text) PNEU_##name = (value),
    PNEU_STATUS_LIST(PNEU_STATUS_ENUM)
#undef PNEU_STATUS_ENUM
} pneu_status;

/* Whose fault a status is: see PNEU_STATUS_LIST. */
typedef enum pneu_fault {
    PNEU_FAULT_NONE = 0,
    PNEU_FAULT_CALLER = 1,
    PNEU_FAULT_MACHINE = 2,
    PNEU_FAULT_LINE = 3,
    PNEU_FAULT_SERVER = 4
} pneu_fault;

/*
 * What is said to a server, and the two things that are said without a verb:
 * the server's greeting is the reply to PNEU_COMMAND_GREETING, and the reply
 * to the end of a message is the reply to PNEU_COMMAND_CONTENT.
 */
typedef enum pneu_command {
    PNEU_COMMAND_NONE = 0,
    PNEU_COMMAND_GREETING,
    PNEU_COMMAND_EHLO,
    PNEU_COMMAND_LHLO,
    PNEU_COMMAND_HELO,
    PNEU_COMMAND_STARTTLS,
    PNEU_COMMAND_AUTH,
    PNEU_COMMAND_AUTH_RESPONSE,
    PNEU_COMMAND_MAIL,
    PNEU_COMMAND_RCPT,
    PNEU_COMMAND_DATA,
    PNEU_COMMAND_BDAT,
    PNEU_COMMAND_CONTENT,
    PNEU_COMMAND_RSET,
    PNEU_COMMAND_NOOP,
    PNEU_COMMAND_VRFY,
    PNEU_COMMAND_EXPN,
    PNEU_COMMAND_HELP,
    PNEU_COMMAND_ETRN,
    PNEU_COMMAND_XCLIENT,
    PNEU_COMMAND_QUIT,
    PNEU_COMMAND_OTHER
} pneu_command;

/* An enhanced status code (RFC 3463): class 0 means that there is none. */
typedef struct pneu_enhanced_code {
    uint16_t status_class;
    uint16_t subject;
    uint16_t detail;
} pneu_enhanced_code;

/* Octets of pneu_error.message, the final NUL included. */
#define PNEU_ERROR_MESSAGE_SIZE 512

/*
 * A failure, whole; fixed in size and copyable. Fields that do not apply are
 * 0. The message is one sentence in UTF-8 without control characters and
 * without any secret; where a server's own words are part of it, octets that
 * are not printable ASCII are escaped.
 */
typedef struct pneu_error {
    pneu_status status;
    pneu_command command;        /* what was under way */
    int reply_code;              /* the server's, 200 to 599 */
    pneu_enhanced_code enhanced; /* the server's (RFC 2034) */
    int system_error;            /* errno, or an EAI_ code for a look-up */
    uint64_t tls_error;          /* OpenSSL's packed code or an X509_V_ERR_ */
    char message[PNEU_ERROR_MESSAGE_SIZE];
} pneu_error;

/* The name of a status as it stands in C, "PNEU_OK"; "?" for an unknown one. */
PNEU_API const char *pneu_status_name(pneu_status status);

/* A short text for a status, "the connection was lost"; "?" if unknown. */
PNEU_API const char *pneu_status_text(pneu_status status);

/* Whose fault a status is. */
PNEU_API pneu_fault pneu_status_fault(pneu_status status);

/*
 * The name of a command for a person: "MAIL", "greeting", "end of message".
 */
PNEU_API const char *pneu_command_name(pneu_command command);

/*
 * The exception of Python's smtplib that this failure is there, by its name:
 * "SMTPSenderRefused", "SMTPServerDisconnected", "OSError"; "" for OK. The
 * table is in docs/from-smtplib.md.
 */
PNEU_API const char *pneu_error_exception(const pneu_error *error);

/* The library's version, "0.1.0", as it was built. */
PNEU_API const char *pneu_version(void);

PNEU_END_DECLS

#endif
