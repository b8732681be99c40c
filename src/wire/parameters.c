/* How the parameters are written; what is wrong with them is in
 * parameter_checks.c. */
#include "wire/parameters.h"

#include "wire/path.h"
#include "wire/xtext.h"

static void add_word(pn_line *line, const char *word)
{
    pn_line_add_text(line, " ");
    pn_line_add_text(line, word);
}

static void add_raw(pn_line *line, const char *raw)
{
    if (raw != NULL && raw[0] != '\0')
        add_word(line, raw);
}

static void add_xtext(pn_line *line, const char *keyword, const char *value)
{
    if (value == NULL)
        return;
    add_word(line, keyword);
    pn_xtext_add(line, pn_span_of(value));
}

static void add_signed(pn_line *line, int64_t number)
{
    if (number < 0)
        pn_line_add_text(line, "-");
    pn_line_add_number(line, number < 0 ? UINT64_C(0) - (uint64_t)number
                                        : (uint64_t)number);
}

/* RFC 1870 5, RFC 6152 3, RFC 3030 3, RFC 6531 3.4 */
static void add_content(pn_line *line, const pneu_mail_parameters *from)
{
    static const char *const BODIES[] = {
        [PNEU_BODY_7BIT] = "BODY=7BIT",
        [PNEU_BODY_8BITMIME] = "BODY=8BITMIME",
        [PNEU_BODY_BINARYMIME] = "BODY=BINARYMIME",
    };
    if (from->octets > 0) {
        add_word(line, "SIZE=");
        pn_line_add_number(line, from->octets);
    }
    if (from->body != PNEU_BODY_NOT_STATED)
        add_word(line, BODIES[from->body]);
    if (from->smtputf8)
        add_word(line, "SMTPUTF8");
}

/* RFC 3461 4.3, 4.4 */
static void add_notification(pn_line *line, const pneu_mail_parameters *from)
{
    if (from->ret != PNEU_RETURN_NOT_STATED)
        add_word(line, from->ret == PNEU_RETURN_FULL ? "RET=FULL" : "RET=HDRS");
    add_xtext(line, "ENVID=", from->envid);
}

/* RFC 4954 5: the two angle brackets are not coded. */
static void add_auth(pn_line *line, const char *auth)
{
    if (auth != NULL && pn_span_equal(pn_span_of(auth), PN_SPAN("<>")))
        add_word(line, "AUTH=<>");
    else
        add_xtext(line, "AUTH=", auth);
}

/* RFC 2852 4, RFC 4865 3 */
static void add_times(pn_line *line, const pneu_mail_parameters *from)
{
    if (from->by != PNEU_DELIVER_BY_NOT_STATED) {
        add_word(line, "BY=");
        add_signed(line, from->by_seconds);
        pn_line_add_text(line,
                         from->by == PNEU_DELIVER_BY_RETURN ? ";R" : ";N");
        pn_line_add_text(line, from->by_trace ? "T" : "");
    }
    if (from->hold_seconds > 0) {
        add_word(line, "HOLDFOR=");
        pn_line_add_number(line, from->hold_seconds);
    }
    if (from->hold_until != NULL) {
        add_word(line, "HOLDUNTIL=");
        pn_line_add_text(line, from->hold_until);
    }
}

void pn_parameters_add_mail(pn_line *line, const pneu_mail_parameters *from)
{
    add_content(line, from);
    add_notification(line, from);
    add_auth(line, from->auth);
    add_times(line, from);
    if (from->has_priority) { /* RFC 6710 4 */
        add_word(line, "MT-PRIORITY=");
        add_signed(line, from->priority);
    }
    if (from->require_tls) /* RFC 8689 2 */
        add_word(line, "REQUIRETLS");
    add_raw(line, from->raw);
}

/* RFC 3461 4.1 */
static void add_notify(pn_line *line, unsigned notify)
{
    static const struct {
        unsigned flag;
        const char *word;
    } WORDS[] = {
        {PNEU_NOTIFY_NEVER, "NEVER"},
        {PNEU_NOTIFY_SUCCESS, "SUCCESS"},
        {PNEU_NOTIFY_FAILURE, "FAILURE"},
        {PNEU_NOTIFY_DELAY, "DELAY"},
    };
    const char *before = " NOTIFY=";
    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
        if ((notify & WORDS[i].flag) == 0)
            continue;
        pn_line_add_text(line, before);
        pn_line_add_text(line, WORDS[i].word);
        before = ",";
    }
}

/* RFC 3461 4.2; RFC 6533 3 for what is not ASCII */
static void add_orcpt(pn_line *line, const pneu_rcpt_parameters *from)
{
    pn_span address = pn_span_of(from->orcpt);
    pn_span type = pn_span_of(from->orcpt_type);
    if (from->orcpt == NULL)
        return;
    if (from->orcpt_type == NULL)
        type =
            pn_path_needs_utf8(address) ? PN_SPAN("utf-8") : PN_SPAN("rfc822");
    add_word(line, "ORCPT=");
    pn_line_add(line, type);
    pn_line_add_text(line, ";");
    if (pn_span_equal_nocase(type, PN_SPAN("utf-8")))
        pn_xtext_add_utf8(line, address);
    else
        pn_xtext_add(line, address);
}

void pn_parameters_add_rcpt(pn_line *line, const pneu_rcpt_parameters *from)
{
    add_notify(line, from->notify);
    add_orcpt(line, from);
    add_raw(line, from->raw);
}

bool pn_parameters_has_raw(const char *raw, pn_span keyword)
{
    pn_span rest = pn_span_of(raw);
    pn_span word;
    while (pn_span_next_word(&rest, &word)) {
        if (pn_span_equal_nocase(word, keyword))
            return true;
    }
    return false;
}
