/* Who may authenticate, and with what password. */
#ifndef PN_SINK_USERS_H
#define PN_SINK_USERS_H

#include "base/span.h"
#include "pneu/status.h"

typedef struct pn_sink_user {
    char *name;
    char *password; /* NULL until it was given */
} pn_sink_user;

typedef struct pn_sink_users {
    pn_sink_user *list;
    size_t count;
} pn_sink_users;

/* Wipes and frees. */
void pn_sink_users_finish(pn_sink_users *users);

/* A user whose password is still to come. Errors: INVALID for an empty or
 * known name, or when the user before has no password; NO_MEMORY. */
pneu_status pn_sink_users_add(pn_sink_users *users, const char *name,
                              pneu_error *error);

/* The password of the user added last: the first line of a file, or an
 * environment variable. Errors: INVALID, SOURCE, NO_MEMORY. */
pneu_status pn_sink_users_password_file(pn_sink_users *users, const char *path,
                                        pneu_error *error);
pneu_status pn_sink_users_password_env(pn_sink_users *users,
                                       const char *variable, pneu_error *error);

/* Users from a file with a line "name:password" each; empty lines and lines
 * that begin with # are passed over. Errors as above. */
pneu_status pn_sink_users_read(pn_sink_users *users, const char *path,
                               pneu_error *error);

/* Errors: INVALID if the user added last has no password. */
pneu_status pn_sink_users_check(const pn_sink_users *users, pneu_error *error);

/* The password of a user, NULL for an unknown one. */
const char *pn_sink_users_password(const pn_sink_users *users,
                                   const char *name);

#endif
