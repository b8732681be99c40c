/* What TLS has agreed on and whom it has reached, for a person and for a
 * program. */
#ifndef PN_CLI_TLS_FACTS_H
#define PN_CLI_TLS_FACTS_H

#include <stdio.h>

#include <pneu/tls.h>

#include "cli/json.h"
#include "cli/log.h"

/* What the library's note does not tell of the certificate, as notes about the
 * connection, which -v shows. */
void pn_tls_facts_log(const pneu_tls_info *info, pn_log *log);

/* As lines of `pneu info`, each begun with a name of width columns. */
void pn_tls_facts_print(const pneu_tls_info *info, int width, FILE *out);

/* The member "tls": an object, or null if info is NULL. */
void pn_tls_facts_json(const pneu_tls_info *info, pn_json *json);

#endif
