/*
 * A server's reply (RFC 5321 4.2), whole: it is only ever seen when its last
 * line has come and all of its lines agree.
 */
#ifndef PNEU_REPLY_H
#define PNEU_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include <pneu/export.h>
#include <pneu/status.h>

PNEU_BEGIN_DECLS

/*
 * text: the lines without their codes, joined with LF, NUL-terminated; it
 * holds no NUL of its own, and otherwise whatever octets the server sent: show
 * it through pneu_reply_escape(). The enhanced code (RFC 2034) stays in the
 * text; it is set apart only if its class agrees with the basic code.
 */
typedef struct pneu_reply {
    int code; /* 200 to 599 */
    pneu_enhanced_code enhanced;
    const char *text;
    size_t text_length;
    size_t line_count;
} pneu_reply;

/* True for 200 to 299. */
PNEU_API bool pneu_reply_is_positive(const pneu_reply *reply);

/*
 * Writes the text of a reply into out, NUL-terminated and cut to size octets
 * at the most: printable ASCII and well-formed UTF-8 letters as they are, LF
 * as given in line_end, everything else (escapes, CR, broken UTF-8) as \xNN.
 * Returns the octets written, the NUL not counted.
 */
PNEU_API size_t pneu_reply_escape(const char *text, size_t length,
                                  const char *line_end, char *out, size_t size);

PNEU_END_DECLS

#endif
