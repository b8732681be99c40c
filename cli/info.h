/* `pneu info`: what a server says of itself. */
#ifndef PN_CLI_INFO_H
#define PN_CLI_INFO_H

int pn_info_main(int argc, char **argv);

#endif
