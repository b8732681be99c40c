/* The end of `pneu send`: what became of each recipient, for a person or for
 * a program. */
#ifndef PN_CLI_REPORT_H
#define PN_CLI_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include <pneu/delivery.h>
#include <pneu/tls.h>

#include "cli/problem.h"

typedef struct pn_report {
    const char *command; /* "pneu send" */
    const char *sender;
    const char *const *recipients;
    size_t recipient_count;
    const pneu_delivery *delivery; /* NULL: nobody was tried */
    const pn_problem *problem;     /* its exit is 0 if all were accepted */
    const pneu_tls_info *tls;      /* NULL: there was none */
    const char *mechanism;         /* that one logged in with, or NULL */
    bool quiet;
} pn_report;

/* A line a recipient on standard output; what was not accepted, and why, on
 * standard error. Returns what pn_result_flush() does. */
int pn_report_text(const pn_report *report);

/* One JSON object on standard output. Returns the same. */
int pn_report_json(const pn_report *report);

#endif
