#include "cli/extension.h"

#include <stddef.h>

#include "base/span.h"

const char *pn_extension_meaning(const char *keyword)
{
    static const struct {
        const char *keyword;
        const char *meaning;
    } KNOWN[] = {
        {"8BITMIME", "messages with octets past ASCII"},
        {"AUTH", "logging in, by these mechanisms"},
        {"BINARYMIME", "messages of any octets"},
        {"BURL", "messages fetched from elsewhere"},
        {"CHUNKING", "messages in counted chunks (BDAT)"},
        {"DELIVERBY", "delivery within a time"},
        {"DSN", "notifications as one wishes"},
        {"ENHANCEDSTATUSCODES", "reasons as codes"},
        {"ETRN", "starting a queue"},
        {"EXPN", "telling who is on a list"},
        {"FUTURERELEASE", "holding a message back"},
        {"HELP", "help on commands"},
        {"LIMITS", "how much it takes at once"},
        {"MT-PRIORITY", "priorities"},
        {"PIPELINING", "several commands at once"},
        {"REQUIRETLS", "passing on by TLS alone"},
        {"SIZE", "the largest message, in octets"},
        {"SMTPUTF8", "addresses past ASCII"},
        {"STARTTLS", "TLS, from a command on"},
        {"VRFY", "telling whether a mailbox is there"},
        {"XCLIENT", "relaying what is known of a client"},
        {"XFORWARD", "logging what is known of a client"},
    };
    for (size_t i = 0; i < sizeof(KNOWN) / sizeof(KNOWN[0]); i++) {
        if (pn_span_equal_nocase(pn_span_of(keyword),
                                 pn_span_of(KNOWN[i].keyword)))
            return KNOWN[i].meaning;
    }
    return NULL;
}
