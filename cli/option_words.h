/* The library names parameters as the protocol does; a person knows the
 * options. */
#ifndef PN_CLI_OPTION_WORDS_H
#define PN_CLI_OPTION_WORDS_H

#include <pneu/status.h>

/* Puts the option in the place of the parameter that the sentence begins
 * with, be it after the server's address. What a server said stays as it is. */
void pn_option_words_put(pneu_error *error);

#endif
