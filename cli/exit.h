/*
 * What the command's exit statuses mean (sysexits.h, and 79, which is ours),
 * and the one place that says which failure ends in which.
 */
#ifndef PN_CLI_EXIT_H
#define PN_CLI_EXIT_H

#include <pneu/delivery.h>
#include <pneu/status.h>

enum {
    PN_EXIT_OK = 0,
    PN_EXIT_USAGE = 64,       /* the command line */
    PN_EXIT_DATA = 65,        /* an address or the message */
    PN_EXIT_NO_INPUT = 66,    /* a file or a password source */
    PN_EXIT_NO_HOST = 68,     /* the host is not known */
    PN_EXIT_REFUSED = 69,     /* the server refused for good */
    PN_EXIT_SOFTWARE = 70,    /* a fault of our own */
    PN_EXIT_MACHINE = 71,     /* out of memory, a system call failed */
    PN_EXIT_OUTPUT = 74,      /* the result could not be written */
    PN_EXIT_TRY_AGAIN = 75,   /* a later try may succeed */
    PN_EXIT_PROTOCOL = 76,    /* the server broke the protocol */
    PN_EXIT_NOT_ALLOWED = 77, /* credentials, TLS, trust */
    PN_EXIT_IN_DOUBT = 79     /* accepted or not: not known */
};

/*
 * The exit status for a failure. With a delivery (which may be NULL) in which
 * any recipient was tried, what became of the recipients decides; otherwise
 * the error does.
 */
int pn_exit_status(const pneu_error *error, const pneu_delivery *delivery);

#endif
