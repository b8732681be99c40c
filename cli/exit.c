#include "cli/exit.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const struct {
    pneu_status status;
    int exit;
} STATUSES[] = {
    {PNEU_OK, PN_EXIT_OK},
    {PNEU_INVALID, PN_EXIT_USAGE},
    {PNEU_MISUSE, PN_EXIT_SOFTWARE},
    {PNEU_BAD_ADDRESS, PN_EXIT_DATA},
    {PNEU_BAD_MESSAGE, PN_EXIT_DATA},
    {PNEU_LINE_BREAK, PN_EXIT_DATA},
    {PNEU_TOO_LARGE, PN_EXIT_DATA},
    {PNEU_CANCELLED, PN_EXIT_TRY_AGAIN},
    {PNEU_NO_MEMORY, PN_EXIT_MACHINE},
    {PNEU_SYSTEM, PN_EXIT_MACHINE},
    {PNEU_SOURCE, PN_EXIT_NO_INPUT},
    {PNEU_HOST_UNKNOWN, PN_EXIT_NO_HOST},
    {PNEU_LOOKUP, PN_EXIT_TRY_AGAIN},
    {PNEU_CONNECT, PN_EXIT_TRY_AGAIN},
    {PNEU_LOST, PN_EXIT_TRY_AGAIN},
    {PNEU_TIMEOUT, PN_EXIT_TRY_AGAIN},
    {PNEU_DEADLINE, PN_EXIT_TRY_AGAIN},
    {PNEU_TLS, PN_EXIT_NOT_ALLOWED},
    {PNEU_UNTRUSTED, PN_EXIT_NOT_ALLOWED},
    {PNEU_PROXY, PN_EXIT_TRY_AGAIN},
    {PNEU_PROTOCOL, PN_EXIT_PROTOCOL},
    {PNEU_IN_DOUBT, PN_EXIT_IN_DOUBT},
    {PNEU_UNPROTECTED, PN_EXIT_NOT_ALLOWED},
    {PNEU_AUTH_FAILED, PN_EXIT_NOT_ALLOWED},
};

static bool is_about_permission(pneu_command command)
{
    return command == PNEU_COMMAND_AUTH ||
           command == PNEU_COMMAND_AUTH_RESPONSE ||
           command == PNEU_COMMAND_STARTTLS;
}

/* RFC 4954 6: 530, 534, 535 and 538 all say that it was not permitted. */
static int refusal_exit(const pneu_error *error)
{
    int code = error->reply_code;
    if (code >= 400 && code < 500)
        return PN_EXIT_TRY_AGAIN;
    if (is_about_permission(error->command) || code == 530 || code == 534 ||
        code == 535 || code == 538)
        return PN_EXIT_NOT_ALLOWED;
    return PN_EXIT_REFUSED;
}

/* What no field of an error tells: the sentence decides. */
static const struct {
    pneu_status status;
    const char *words;
    int exit;
} WORDS[] = {
    /* more than the server says that it does, which another one may do */
    {PNEU_INVALID, "and the server takes no less than", PN_EXIT_REFUSED},
    {PNEU_INVALID, "and the server holds a message", PN_EXIT_REFUSED},
    /* a certificate or a key that is there, and no good */
    {PNEU_INVALID, "cannot be used: ", PN_EXIT_DATA},
    {PNEU_PROXY, "user and a password", PN_EXIT_NOT_ALLOWED},
    {PNEU_PROXY, "user and password", PN_EXIT_NOT_ALLOWED},
    {PNEU_PROXY, "the user or the password", PN_EXIT_NOT_ALLOWED},
};

static int words_exit(const pneu_error *error)
{
    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
        if (WORDS[i].status == error->status &&
            strstr(error->message, WORDS[i].words) != NULL)
            return WORDS[i].exit;
    }
    return PN_EXIT_OK;
}

static int error_exit(const pneu_error *error)
{
    int exit = words_exit(error);
    if (exit != PN_EXIT_OK)
        return exit;
    if (error->status == PNEU_REFUSED)
        return refusal_exit(error);
    if (error->status == PNEU_NOT_OFFERED)
        return is_about_permission(error->command) ? PN_EXIT_NOT_ALLOWED
                                                   : PN_EXIT_REFUSED;
    for (size_t i = 0; i < sizeof(STATUSES) / sizeof(STATUSES[0]); i++) {
        if (STATUSES[i].status == error->status)
            return STATUSES[i].exit;
    }
    return PN_EXIT_SOFTWARE;
}

int pn_exit_status(const pneu_error *error, const pneu_delivery *delivery)
{
    if (delivery == NULL)
        return error_exit(error);
    size_t not_tried = pneu_delivery_tally(delivery, PNEU_OUTCOME_NOT_TRIED);
    if (not_tried == pneu_delivery_count(delivery) && error->status != PNEU_OK)
        return error_exit(error);
    return pneu_delivery_exit_status(delivery);
}
