#include "session/quirks.h"

#include <string.h>

/* part of the line, quirks, the report */
#define QUIRK_TABLE(X)                                                       \
    /* Exchange takes BDAT's octets and then waits for more, until           \
     * the client gives up. */                                               \
    X("Microsoft ESMTP MAIL Service", PN_QUIRK_NO_CHUNKING,                  \
      "https://github.com/jstedfast/MailKit/issues/921")                     \
    /* Exim counts RSET after a transaction that was refused before its      \
     * content among the "nonmail" commands, and hangs up at ten of them. */ \
    X("ESMTP Exim ", PN_QUIRK_COUNTS_RSET,                                   \
      "https://www.exim.org/exim-html-current/doc/html/spec_html/"           \
      "ch-main_configuration.html (smtp_accept_max_nonmail)")

static const struct {
    pn_span part;
    unsigned quirks;
} ROWS[] = {
#define QUIRK_ROW(part, quirks, report) {{(part), sizeof(part) - 1}, (quirks)},
    QUIRK_TABLE(QUIRK_ROW)
#undef QUIRK_ROW
};

static bool holds(pn_span text, pn_span part)
{
    for (size_t i = 0; i + part.length <= text.length; i++) {
        if (memcmp(text.data + i, part.data, part.length) == 0)
            return true;
    }
    return false;
}

unsigned pn_quirks_of(pn_span text)
{
    unsigned quirks = 0;
    const char *end =
        text.length > 0 ? memchr(text.data, '\n', text.length) : NULL;
    if (end != NULL)
        text.length = (size_t)(end - text.data);
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        if (holds(text, ROWS[i].part))
            quirks |= ROWS[i].quirks;
    }
    return quirks;
}
