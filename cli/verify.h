/* `pneu verify`: asks a server about mailboxes (VRFY, RFC 5321 3.5). */
#ifndef PN_CLI_VERIFY_H
#define PN_CLI_VERIFY_H

/* argv[0] is "pneu verify". Returns the exit status. */
int pn_verify_main(int argc, char **argv);

#endif
