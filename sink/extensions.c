#include "sink/extensions.h"

#include <stddef.h>

#include "base/span.h"
#include "cli/suggest.h"

static const char *const KEYWORDS[] = {
    "PIPELINING",  "SIZE",       "8BITMIME",
    "SMTPUTF8",    "DSN",        "ENHANCEDSTATUSCODES",
    "STARTTLS",    "AUTH",       "CHUNKING",
    "BINARYMIME",  "DELIVERBY",  "FUTURERELEASE",
    "MT-PRIORITY", "REQUIRETLS", "LIMITS",
    "ETRN",        "XCLIENT",    "VRFY",
    "EXPN",        "HELP",       NULL};

const char *pn_sink_extension_keyword(unsigned i)
{
    return i < sizeof(KEYWORDS) / sizeof(KEYWORDS[0]) ? KEYWORDS[i] : NULL;
}

unsigned pn_sink_extension_flag(const char *keyword)
{
    for (unsigned i = 0; KEYWORDS[i] != NULL; i++) {
        if (pn_span_equal_nocase(pn_span_of(KEYWORDS[i]), pn_span_of(keyword)))
            return 1U << i;
    }
    return 0;
}

const char *pn_sink_extension_suggest(const char *keyword)
{
    return pn_suggest(keyword, KEYWORDS);
}
