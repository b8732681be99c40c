#include "flow/message.h"

#include <string.h>

#include "base/fail.h"
#include "wire/limits.h"
#include "wire/stuffing.h"

static bool has_8bit(pn_span content)
{
    size_t i = 0;
    for (; i + sizeof(uint64_t) <= content.length; i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, content.data + i, sizeof(word));
        if ((word & UINT64_C(0x8080808080808080)) != 0)
            return true;
    }
    for (; i < content.length; i++) {
        if ((unsigned char)content.data[i] >= 0x80)
            return true;
    }
    return false;
}

pn_message_facts pn_message_examine(pn_span content)
{
    pn_message_facts facts = {0};
    facts.is_8bit = has_8bit(content);
    facts.has_nul = content.length > 0 &&
                    memchr(content.data, '\0', content.length) != NULL;
    for (size_t number = 1; content.length > 0; number++) {
        size_t with_end = 0;
        size_t length = pn_stuffing_line(content, &with_end);
        facts.size += length + 2;
        if (length > facts.longest_line) {
            facts.longest_line = length;
            facts.longest_line_number = number;
        }
        content.data += with_end;
        content.length -= with_end;
    }
    return facts;
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
