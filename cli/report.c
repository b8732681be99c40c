#include "cli/report.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "cli/result.h"
#include "cli/terminal.h"
#include "cli/tls_facts.h"

enum {
    ADDRESS_COLUMNS_MAX = 48, /* longer ones push their line out */
    RESEND_SHOWN_MAX = 10
};

static pneu_outcome outcome_of(const pn_report *report, size_t i)
{
    if (report->delivery != NULL)
        return *pneu_delivery_outcome(report->delivery, i);
    return (pneu_outcome){.kind = PNEU_OUTCOME_NOT_TRIED,
                          .recipient = report->recipients[i],
                          .text = report->problem->error.message};
}

/* True if the sentence for all says why this recipient was not tried. */
static bool is_told(const pn_report *report, const pneu_outcome *outcome)
{
    return outcome->kind == PNEU_OUTCOME_NOT_TRIED &&
           strcmp(outcome->text, report->problem->error.message) == 0;
}

static bool may_resend(const pn_report *report, size_t i)
{
    return report->delivery == NULL ||
           pneu_delivery_may_resend(report->delivery, i);
}

static pn_colour colour_of(pneu_outcome_kind kind)
{
    switch (kind) {
    case PNEU_OUTCOME_ACCEPTED:
        return PN_COLOUR_GREEN;
    case PNEU_OUTCOME_REFUSED_FOR_GOOD:
        return PN_COLOUR_RED;
    default:
        return PN_COLOUR_YELLOW;
    }
}

typedef struct columns {
    int outcome;
    int address;
    bool colour;
} columns;

static bool is_shown(const pn_report *report, const pneu_outcome *outcome)
{
    return !report->quiet || outcome->kind != PNEU_OUTCOME_ACCEPTED;
}

static columns measure(const pn_report *report)
{
    columns widest = {.colour = pn_terminal_has_colour(stdout)};
    for (size_t i = 0; i < report->recipient_count; i++) {
        pneu_outcome outcome = outcome_of(report, i);
        int name = pn_terminal_width(pneu_outcome_name(outcome.kind));
        int address = pn_terminal_width(outcome.recipient);
        if (!is_shown(report, &outcome))
            continue;
        if (name > widest.outcome)
            widest.outcome = name;
        if (address > widest.address && address <= ADDRESS_COLUMNS_MAX)
            widest.address = address;
    }
    return widest;
}

/* Of a 421 the library's sentence quotes the code already (RFC 5321 3.8). */
static bool has_code(const char *text)
{
    static const char START[] = "the server closes the connection: 421 ";
    return text != NULL && strncmp(text, START, sizeof(START) - 1) == 0;
}

/* "accepted  bob@example.com  250 2.0.0 Ok: queued as 42" */
static void print_outcome(const pneu_outcome *outcome, const char *words,
                          const columns *widths)
{
    const char *name = pneu_outcome_name(outcome->kind);
    char *address = pn_terminal_escape(outcome->recipient, "\\n");
    char *text = pn_terminal_escape(words, " / ");
    pn_colour colour = colour_of(outcome->kind);
    int gap =
        widths->address - pn_terminal_width(address != NULL ? address : "");
    printf("%s%s%s%*s  %s", pn_terminal_begin(colour, widths->colour), name,
           pn_terminal_end(colour, widths->colour),
           widths->outcome - pn_terminal_width(name), "",
           address != NULL ? address : "(out of memory)");
    if (outcome->code != 0 && !has_code(text))
        printf("%*s  %03d %s", gap > 0 ? gap : 0, "", outcome->code,
               text != NULL ? text : "");
    else if (text != NULL && text[0] != '\0')
        printf("%*s  %s", gap > 0 ? gap : 0, "", text);
    putchar('\n');
    pn_memory_free(address);
    pn_memory_free(text);
}

/* "accepted for 1 of 3 recipients; 2 refused for good" */
static void print_summary(const pn_report *report)
{
    static const pneu_outcome_kind KINDS[] = {
        PNEU_OUTCOME_REFUSED_FOR_GOOD, PNEU_OUTCOME_REFUSED_FOR_NOW,
        PNEU_OUTCOME_NOT_TRIED, PNEU_OUTCOME_IN_DOUBT};
    const pneu_delivery *delivery = report->delivery;
    size_t accepted = pneu_delivery_tally(delivery, PNEU_OUTCOME_ACCEPTED);
    const char *between = accepted > 0 ? "; " : ": ";
    if (accepted > 0)
        fprintf(stderr, "%s: accepted for %zu of %zu recipient%s",
                report->command, accepted, report->recipient_count,
                report->recipient_count == 1 ? "" : "s");
    else
        fprintf(stderr, "%s: not accepted", report->command);
    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++) {
        size_t count = pneu_delivery_tally(delivery, KINDS[i]);
        if (count == 0)
            continue;
        fprintf(stderr, "%s%zu %s", between, count,
                pneu_outcome_name(KINDS[i]));
        between = "; ";
    }
    fputc('\n', stderr);
}

static bool is_mixed(const pneu_delivery *delivery)
{
    int kinds = 0;
    for (int kind = PNEU_OUTCOME_NOT_TRIED; kind <= PNEU_OUTCOME_IN_DOUBT;
         kind++)
        kinds +=
            pneu_delivery_tally(delivery, (pneu_outcome_kind)kind) > 0 ? 1 : 0;
    return kinds > 1;
}

/* "  safe to send again: bob@example.com, cyd@example.com" */
static void print_resend(const pn_report *report)
{
    const char *before = "  safe to send again: ";
    size_t shown = 0;
    size_t more = 0;
    for (size_t i = 0; i < report->recipient_count; i++) {
        if (!may_resend(report, i))
            continue;
        if (shown == RESEND_SHOWN_MAX) {
            more++;
            continue;
        }
        char *address = pn_terminal_escape(report->recipients[i], "\\n");
        fprintf(stderr, "%s%s", before,
                address != NULL ? address : "(out of memory)");
        pn_memory_free(address);
        before = ", ";
        shown++;
    }
    if (more > 0)
        fprintf(stderr, " and %zu more", more);
    if (shown > 0)
        fputc('\n', stderr);
}

/* A refusal is in the server's own words already, a line a recipient; and
 * where all have the same outcome, the library's sentence has counted them. */
static void print_failure(const pn_report *report)
{
    const pneu_delivery *delivery = report->delivery;
    bool refused = report->problem->error.status == PNEU_REFUSED;
    if (delivery == NULL || !refused)
        pn_problem_print(report->problem, report->command);
    if (delivery != NULL && (refused || is_mixed(delivery)))
        print_summary(report);
    if (delivery != NULL && refused)
        pn_problem_print_hint(report->problem);
}

int pn_report_text(const pn_report *report)
{
    columns widths = measure(report);
    for (size_t i = 0; i < report->recipient_count; i++) {
        pneu_outcome outcome = outcome_of(report, i);
        if (is_shown(report, &outcome))
            print_outcome(&outcome,
                          is_told(report, &outcome) ? "" : outcome.text,
                          &widths);
    }
    int reason = pn_result_flush();
    if (report->problem->exit != 0) {
        print_failure(report);
        print_resend(report);
    }
    return reason;
}

static void write_outcome(pn_json *json, const pneu_outcome *outcome,
                          bool resend)
{
    pn_json_open(json, NULL, '{');
    pn_json_text(json, "address", outcome->recipient);
    pn_json_text(json, "outcome", pneu_outcome_name(outcome->kind));
    pn_json_text(json, "command",
                 outcome->command != PNEU_COMMAND_NONE
                     ? pneu_command_name(outcome->command)
                     : NULL);
    pn_json_codes(json, outcome->code, outcome->enhanced);
    pn_json_text(json, "text", outcome->text);
    pn_json_bool(json, "may_resend", resend);
    pn_json_close(json, '}');
}

int pn_report_json(const pn_report *report)
{
    pn_json json = {.out = stdout};
    pn_json_open(&json, NULL, '{');
    pn_json_text(&json, "status",
                 pneu_status_name(report->problem->error.status));
    pn_json_number(&json, "exit", report->problem->exit);
    pn_json_text(&json, "sender", report->sender);
    pn_json_open(&json, "recipients", '[');
    for (size_t i = 0; i < report->recipient_count; i++) {
        pneu_outcome outcome = outcome_of(report, i);
        write_outcome(&json, &outcome, may_resend(report, i));
    }
    pn_json_close(&json, ']');
    pn_json_open(&json, "resend", '[');
    for (size_t i = 0; i < report->recipient_count; i++) {
        if (may_resend(report, i))
            pn_json_text(&json, NULL, report->recipients[i]);
    }
    pn_json_close(&json, ']');
    pn_tls_facts_json(report->tls, &json);
    pn_json_text(&json, "mechanism", report->mechanism);
    pn_result_error(&json, report->problem);
    pn_json_close(&json, '}');
    putchar('\n');
    return pn_result_flush();
}
