/* `pneu sink`: an SMTP and LMTP server for trying things out and for tests. */
#ifndef PN_SINK_SINK_H
#define PN_SINK_SINK_H

/* Runs the sub-command; argv[0] is "pneu sink". Returns the exit status. */
int pn_sink_main(int argc, char **argv);

#endif
