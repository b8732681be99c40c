/*
 * The octets of a message on their way out: pieces of what the program gave,
 * for the command at which the sender is, and what was handed out of them.
 */
#ifndef PN_SESSION_CONTENT_H
#define PN_SESSION_CONTENT_H

#include "session/session.h"

/* Lays out more of the octets if none are ready, and fills at most max
 * pieces. */
size_t pn_content_pieces(pneu_session *session, pn_queued *queued,
                         pneu_piece *pieces, size_t max);

/* Takes written octets off; gives what is left of them. */
size_t pn_content_done(pneu_session *session, pn_queued *queued,
                       size_t written);

/* True if there is nothing more to hand out. Lays out more if need be. */
bool pn_content_is_out(pneu_session *session, pn_queued *queued);

/* True if some of its octets are laid out, and not handed out. */
bool pn_content_is_ready(const pneu_session *session, const pn_queued *queued);

#endif
