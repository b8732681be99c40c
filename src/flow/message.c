#include "flow/message.h"

#include "base/fail.h"
#include "wire/limits.h"

pn_message_facts pn_message_examine(pn_span content)
{
    return pn_scan_examine(content);
}

pn_message_facts pn_message_of_binary(pn_span content)
{
    return (pn_message_facts){.size = content.length};
}

void pn_message_check(const pn_message_facts *facts, bool allow_long_lines,
                      pn_problems *problems)
{
    if (facts->has_nul)
        pn_fail(pn_problems_next(problems), PNEU_BAD_MESSAGE,
                "the message holds a NUL octet, which SMTP cannot carry: "
                "encode that part (base64)");
    if (!allow_long_lines && facts->longest_line > PN_TEXT_LINE_MAX)
        pn_fail(pn_problems_next(problems), PNEU_BAD_MESSAGE,
                "line %zu of the message has %zu octets, and SMTP allows %d: "
                "encode the text (quoted-printable) or allow long lines",
                facts->longest_line_number, facts->longest_line,
                PN_TEXT_LINE_MAX);
}
