/* A line of the header as the user gives it: "Name: value". */
#ifndef PN_CLI_HEADER_LINE_H
#define PN_CLI_HEADER_LINE_H

#include <stdbool.h>

#include "base/span.h"
#include "cli/list.h"
#include "cli/problem.h"

typedef struct pn_header_line {
    pn_span name;
    pn_span value;
} pn_header_line;

/* Splits and checks text; refuses the fields that have an option of their own
 * and those that the MIME structure decides. Returns an exit status. */
int pn_header_line_parse(pn_header_line *line, const char *text,
                         pn_problem *problem);

/* True if one of the lines has this name, in any case. */
bool pn_header_line_among(const pn_list *lines, pn_span name);

#endif
