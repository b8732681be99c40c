#include "base/fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 3, 0))) static void tell(pneu_error *error,
                                                       pneu_status status,
                                                       const char *format,
                                                       va_list arguments)
{
    *error = (pneu_error){.status = status};
    vsnprintf(error->message, sizeof(error->message), format, arguments);
}

pneu_status pn_fail(pneu_error *error, pneu_status status, const char *format,
                    ...)
{
    va_list arguments;
    if (error == NULL)
        return status;
    va_start(arguments, format);
    tell(error, status, format, arguments);
    va_end(arguments);
    return status;
}

pneu_status pn_fail_system(pneu_error *error, pneu_status status,
                           int system_error, const char *format, ...)
{
    va_list arguments;
    char reason[128] = "";
    if (error == NULL)
        return status;
    va_start(arguments, format);
    tell(error, status, format, arguments);
    va_end(arguments);
    error->system_error = system_error;
    size_t length = strlen(error->message);
    if (strerror_r(system_error, reason, sizeof(reason)) == 0)
        snprintf(error->message + length, sizeof(error->message) - length,
                 ": %s", reason);
    return status;
}

/* No UTF-8 character is cut in two. */
static size_t cut_length(const char *text, size_t most)
{
    size_t length = strlen(text);
    if (length <= most)
        return length;
    while (most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80)
        most--;
    return most;
}

void pn_fail_prefix(pneu_error *error, const char *where)
{
    char sentence[PNEU_ERROR_MESSAGE_SIZE];
    const size_t size = sizeof(sentence);
    size_t before = cut_length(where, size / 2);
    memcpy(sentence, where, before);
    memcpy(sentence + before, ": ", 2);
    size_t after = cut_length(error->message, size - before - 3);
    memcpy(sentence + before + 2, error->message, after);
    sentence[before + 2 + after] = '\0';
    memcpy(error->message, sentence, before + 2 + after + 1);
}
