/* Every status with every command, against the whole table of exceptions;
 * docs/from-smtplib.md has the same one. */
#include "unit.h"

static const pneu_status STATUSES[] = {
#define STATUS(name, value, text) PNEU_##name,
    PNEU_STATUS_LIST(STATUS)
#undef STATUS
};

enum {
    COMMANDS = PNEU_COMMAND_OTHER + 1
};

static const char BY_REFUSAL[] = "as the command refused";
static const char BY_LATENESS[] = "as the command that was late";

static const struct {
    pneu_status status;
    const char *exception;
} TABLE[] = {
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
    {PNEU_TIMEOUT, BY_LATENESS},
    {PNEU_DEADLINE, BY_LATENESS},
    {PNEU_TLS, "SSLError"},
    {PNEU_UNTRUSTED, "SSLCertVerificationError"},
    {PNEU_PROXY, "OSError"},
    {PNEU_PROTOCOL, "SMTPServerDisconnected"},
    {PNEU_REFUSED, BY_REFUSAL},
    {PNEU_NOT_OFFERED, "SMTPNotSupportedError"},
    {PNEU_IN_DOUBT, "SMTPServerDisconnected"},
    {PNEU_UNPROTECTED, "SMTPException"},
    {PNEU_AUTH_FAILED, "SMTPAuthenticationError"},
};

static const char *const OF_REFUSAL[COMMANDS] = {
    [PNEU_COMMAND_NONE] = "SMTPResponseException",
    [PNEU_COMMAND_GREETING] = "SMTPConnectError",
    [PNEU_COMMAND_EHLO] = "SMTPHeloError",
    [PNEU_COMMAND_LHLO] = "SMTPHeloError",
    [PNEU_COMMAND_HELO] = "SMTPHeloError",
    [PNEU_COMMAND_STARTTLS] = "SMTPResponseException",
    [PNEU_COMMAND_AUTH] = "SMTPAuthenticationError",
    [PNEU_COMMAND_AUTH_RESPONSE] = "SMTPAuthenticationError",
    [PNEU_COMMAND_MAIL] = "SMTPSenderRefused",
    [PNEU_COMMAND_RCPT] = "SMTPRecipientsRefused",
    [PNEU_COMMAND_DATA] = "SMTPDataError",
    [PNEU_COMMAND_BDAT] = "SMTPDataError",
    [PNEU_COMMAND_CONTENT] = "SMTPDataError",
    [PNEU_COMMAND_RSET] = "SMTPResponseException",
    [PNEU_COMMAND_NOOP] = "SMTPResponseException",
    [PNEU_COMMAND_VRFY] = "SMTPResponseException",
    [PNEU_COMMAND_EXPN] = "SMTPResponseException",
    [PNEU_COMMAND_HELP] = "SMTPResponseException",
    [PNEU_COMMAND_ETRN] = "SMTPResponseException",
    [PNEU_COMMAND_XCLIENT] = "SMTPResponseException",
    [PNEU_COMMAND_QUIT] = "SMTPResponseException",
    [PNEU_COMMAND_OTHER] = "SMTPResponseException",
};

/* Before there is a session it is the socket that is late. */
static const char *lateness(pneu_command command)
{
    return command == PNEU_COMMAND_NONE ? "TimeoutError"
                                        : "SMTPServerDisconnected";
}

static const char *wanted(pneu_status status, pneu_command command)
{
    for (size_t i = 0; i < COUNT(TABLE); i++) {
        if (TABLE[i].status != status)
            continue;
        if (TABLE[i].exception == BY_REFUSAL)
            return OF_REFUSAL[command];
        if (TABLE[i].exception == BY_LATENESS)
            return lateness(command);
        return TABLE[i].exception;
    }
    return "a status that the table lacks";
}

static void each_status_with_each_command(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(STATUSES); i++) {
        for (int command = 0; command < COMMANDS; command++) {
            pneu_error error = {.status = STATUSES[i],
                                .command = (pneu_command)command};
            assert_string_equal(pneu_error_exception(&error),
                                wanted(error.status, error.command));
        }
    }
}

static void each_status_has_one_row(void **state)
{
    (void)state;
    assert_int_equal(COUNT(TABLE), COUNT(STATUSES));
    for (size_t i = 0; i < COUNT(TABLE); i++) {
        assert_status(TABLE[i].status, STATUSES[i]);
    }
}

/* Of the reply and all the rest nothing depends. */
static void nothing_else_matters(void **state)
{
    (void)state;
    pneu_error error = {.status = PNEU_REFUSED,
                        .command = PNEU_COMMAND_MAIL,
                        .reply_code = 421,
                        .enhanced = {4, 7, 0},
                        .system_error = 110,
                        .tls_error = 20,
                        .message = "authentication"};
    assert_string_equal(pneu_error_exception(&error), "SMTPSenderRefused");
}

static void of_an_unknown_status(void **state)
{
    (void)state;
    pneu_error error = {.status = (pneu_status)999};
    assert_string_equal(pneu_error_exception(&error), "SMTPException");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_status_with_each_command),
        cmocka_unit_test(each_status_has_one_row),
        cmocka_unit_test(nothing_else_matters),
        cmocka_unit_test(of_an_unknown_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
