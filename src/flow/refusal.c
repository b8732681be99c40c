#include "flow/refusal.h"

#include "base/escape.h"
#include "base/fail.h"

pneu_status pn_refusal_tell(pneu_error *error, pneu_command command,
                            const pneu_reply *reply)
{
    char words[PNEU_ERROR_MESSAGE_SIZE - 64];
    if (error == NULL)
        return PNEU_REFUSED;
    pn_escape((pn_span){reply->text, reply->text_length}, " ", words,
              sizeof(words));
    if (command == PNEU_COMMAND_GREETING)
        pn_fail(error, PNEU_REFUSED, "the server does not want to talk: %d %s",
                reply->code, words);
    else
        pn_fail(error, PNEU_REFUSED, "the server refused %s: %d %s",
                command == PNEU_COMMAND_CONTENT ? "the message"
                                                : pneu_command_name(command),
                reply->code, words);
    error->command = command;
    error->reply_code = reply->code;
    error->enhanced = reply->enhanced;
    return PNEU_REFUSED;
}
