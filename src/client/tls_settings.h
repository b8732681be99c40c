/* The TLS options of a client, copied with all that they point to. */
#ifndef PN_CLIENT_TLS_SETTINGS_H
#define PN_CLIENT_TLS_SETTINGS_H

#include <stdbool.h>

#include "pneu/tls.h"

/* from may be NULL. False if there is no memory; what was copied is for
 * _finish. */
bool pn_tls_settings_copy(pneu_tls_options *to, const pneu_tls_options *from);

/* Wipes what is secret, and frees. */
void pn_tls_settings_finish(pneu_tls_options *options);

#endif
