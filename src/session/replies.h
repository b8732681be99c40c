/* What each command makes of its answer: a handler a command, named in the
 * command table. */
#ifndef PN_SESSION_REPLIES_H
#define PN_SESSION_REPLIES_H

#include "session/table.h"

pn_reply_handler pn_reply_to_greeting;
pn_reply_handler pn_reply_to_hello;
pn_reply_handler pn_reply_to_starttls;
pn_reply_handler pn_reply_to_auth;
pn_reply_handler pn_reply_to_mail;
pn_reply_handler pn_reply_to_rcpt;
pn_reply_handler pn_reply_to_data;
pn_reply_handler pn_reply_to_bdat;
pn_reply_handler pn_reply_to_content;
pn_reply_handler pn_reply_to_rset;
pn_reply_handler pn_reply_to_xclient;
pn_reply_handler pn_reply_to_quit;
pn_reply_handler pn_reply_to_other;

#endif
