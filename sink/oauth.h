/* What a client says with XOAUTH2 and OAUTHBEARER (RFC 7628): who it is, and
 * a bearer token. */
#ifndef PN_SINK_OAUTH_H
#define PN_SINK_OAUTH_H

#include "sink/users.h"

typedef enum pn_sink_oauth_form {
    PN_SINK_OAUTH_NONE, /* another mechanism */
    PN_SINK_OAUTH_X,
    PN_SINK_OAUTH_BEARER
} pn_sink_oauth_form;

typedef enum pn_sink_oauth_result {
    PN_SINK_OAUTH_RIGHT,
    PN_SINK_OAUTH_WRONG, /* the token is not that of the user */
    PN_SINK_OAUTH_MALFORMED
} pn_sink_oauth_result;

/*
 * Checks a message against the users, whose tokens are their passwords. user
 * is set if it is right; OAUTHBEARER may leave out who it is.
 */
pn_sink_oauth_result pn_sink_oauth_check(pn_sink_oauth_form form,
                                         pn_span message,
                                         const pn_sink_users *users,
                                         const char **user);

/* The challenge that says why a token was refused (RFC 7628 3.2.2). */
pn_span pn_sink_oauth_complaint(pn_sink_oauth_form form);

/* True for the empty response that a client must give to the complaint. */
bool pn_sink_oauth_is_answer(pn_sink_oauth_form form, pn_span response);

#endif
