/* Standard input, output and error, of which one may have been closed. */
#ifndef PN_CLI_DESCRIPTORS_H
#define PN_CLI_DESCRIPTORS_H

/*
 * Fills the closed ones among descriptors 0 to 2, so that no socket or file
 * gets such a number, and with it what is printed. To be called first of all.
 * Reading from a closed standard input, or writing to a closed standard
 * output, still fails with EBADF. Returns 0 or an errno.
 */
int pn_descriptors_fill(void);

#endif
