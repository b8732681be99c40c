/*
 * pneu: send mail by SMTP and LMTP. This header includes all the others of
 * libpneu; gmime.h belongs to libpneu-gmime.
 *
 * Ownership, once for all of them:
 *   Arguments are borrowed for the call.
 *   A message's body is borrowed until its transaction's outcome.
 *   A const result is borrowed until the next call on that object (a reply:
 *   until the next pneu_session_next_event).
 *   A result that is not const is the caller's, to be freed with its _free.
 *
 * In C++ (17) the option macros, which take the address of a literal, cannot be
 * used; set a struct by hand:
 *   pneu_client_options options{};
 *   options.size = sizeof(options);
 *   options.host = "mail.example.com";
 *
 * There are no globals: one object is used by one thread at a time, and
 * different objects by different threads at will. The one exception is
 * pneu_client_cancel().
 */
#ifndef PNEU_PNEU_H
#define PNEU_PNEU_H

#include <pneu/client.h>
#include <pneu/delivery.h>
#include <pneu/export.h>
#include <pneu/mechanism.h>
#include <pneu/opening.h>
#include <pneu/parameters.h>
#include <pneu/reply.h>
#include <pneu/session.h>
#include <pneu/status.h>
#include <pneu/tls.h>

#endif
