/* `pneu send`: one message to its recipients. */
#ifndef PN_CLI_SEND_H
#define PN_CLI_SEND_H

/* argv[0] is "pneu send". Returns the exit status. */
int pn_send_main(int argc, char **argv);

#endif
