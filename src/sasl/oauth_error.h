/* The words in which a server refuses an OAuth token (RFC 7628 3.2.2): a JSON
 * object in a challenge. */
#ifndef PN_SASL_OAUTH_ERROR_H
#define PN_SASL_OAUTH_ERROR_H

#include "base/span.h"

/*
 * Writes "status invalid_token, scope https://mail.example.com/", escaped; the
 * challenge itself if it is something else; "" if there is nothing to tell, or
 * if it holds the token.
 */
void pn_oauth_error_tell(pn_span challenge, pn_span token, char *out,
                         size_t size);

#endif
