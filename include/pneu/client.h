/*
 * The blocking client: one connection to one server, over TCP or a Unix
 * socket, with or without TLS. What Python's smtplib.SMTP, SMTP_SSL and LMTP
 * do, this does.
 *
 * The short way is pneu_client_sendmail() alone: it connects, introduces
 * itself, begins TLS and authenticates as the options say. The long way is
 * one call a command. One client is for one thread at a time.
 *
 * Every call that returns a pneu_status leaves the whole story of a failure
 * in pneu_client_error(). A refusal leaves the connection open; a broken
 * protocol or a lost line closes it; then pneu_client_sendmail(), _open(),
 * _login() and _connect() connect anew, and the others are MISUSE.
 */
#ifndef PNEU_CLIENT_H
#define PNEU_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pneu/delivery.h>
#include <pneu/export.h>
#include <pneu/opening.h>
#include <pneu/reply.h>
#include <pneu/status.h>

PNEU_BEGIN_DECLS

typedef struct pneu_client pneu_client;

/* What a log line is. */
typedef enum pneu_log_kind {
    PNEU_LOG_NOTE,     /* about the connection: addresses, TLS */
    PNEU_LOG_SENT,     /* a command line; secrets are blanked */
    PNEU_LOG_RECEIVED, /* a reply line */
    PNEU_LOG_BODY      /* how much of a message went out */
} pneu_log_kind;

/* line: NUL-terminated, escaped as by pneu_reply_escape(), without line end.
 * It must not call into the client. */
typedef void pneu_log_function(void *context, pneu_log_kind kind,
                               const char *line);

/* Strings are copied. Zero means the default, for every field. */
typedef struct pneu_client_options {
    size_t size;      /* set by PNEU_CLIENT_OPTIONS */
    const char *host; /* name, address, or absolute path of a Unix socket;
                         default "localhost" */
    uint16_t port;    /* default 25; 465 with PNEU_TLS_IMPLICIT; 24 with lmtp */
    bool lmtp;
    const char *local_name; /* for EHLO; default: this host's full name, or
                               its address in brackets */
    pneu_tls_mode tls;
    const char *ca_file; /* PEM, read when TLS begins, in place of the system's
                            trust store */
    const char *user;    /* credentials: AUTH is then required */
    const char *password;
    const char *mechanism;     /* this SASL mechanism and no other */
    bool allow_cleartext_auth; /* credentials over any line at all */
    bool no_pipelining;
    int64_t timeout_ms;  /* each phase, in place of RFC 5321 4.5.3.2 */
    int64_t deadline_ms; /* all that the client does, from its making on; no
                            default: see pneu_client_set_deadline() */
    pneu_log_function *log;
    void *log_context;
} pneu_client_options;

#define PNEU_CLIENT_OPTIONS(...)                                       \
    (&(const pneu_client_options){.size = sizeof(pneu_client_options), \
                                  __VA_ARGS__})

/*
 * A client that is not connected yet. options may be NULL. error may be NULL.
 * Errors: INVALID (a password without a user, an unknown TLS mode or SASL
 * mechanism, a size not set); LINE_BREAK (in a name); NO_MEMORY.
 */
PNEU_API pneu_status pneu_client_new(pneu_client **client,
                                     const pneu_client_options *options,
                                     pneu_error *error);

/* Closes the line without QUIT, wipes the password, frees. NULL is fine. */
PNEU_API void pneu_client_free(pneu_client *client);

/* What the last call that failed ran into; status OK if it did not fail. */
PNEU_API const pneu_error *pneu_client_error(const pneu_client *client);

/*
 * In the following, reply (which may be NULL) is set to the server's reply if
 * one came, also to a refusal, and to NULL otherwise; it is borrowed until
 * the client's next call. Errors of all: those of the machine and of the
 * line; PROTOCOL; REFUSED for a 4xx or 5xx; MISUSE.
 */

/* Connects, begins TLS if it is implicit, and reads the greeting. A connection
 * that there is already is closed first, without QUIT. */
PNEU_API pneu_status pneu_client_connect(pneu_client *client,
                                         const pneu_reply **reply);

/*
 * Does what is still to be done until mail can be sent: connects, says EHLO,
 * begins TLS, says EHLO again, authenticates. Errors: also NOT_OFFERED,
 * UNPROTECTED, UNTRUSTED, TLS, AUTH_FAILED.
 */
PNEU_API pneu_status pneu_client_open(pneu_client *client);

/* EHLO (LHLO in LMTP) with the local name. smtplib: ehlo */
PNEU_API pneu_status pneu_client_ehlo(pneu_client *client,
                                      const pneu_reply **reply);

/* HELO with the local name. smtplib: helo */
PNEU_API pneu_status pneu_client_helo(pneu_client *client,
                                      const pneu_reply **reply);

/*
 * STARTTLS and the handshake, verified unless the TLS mode is optional. EHLO
 * must be said again. Errors: NOT_OFFERED, TLS, UNTRUSTED. smtplib: starttls
 */
PNEU_API pneu_status pneu_client_starttls(pneu_client *client,
                                          const pneu_reply **reply);

/*
 * AUTH with the strongest mechanism that both sides have. Credentials that
 * the server accepts are kept, for connections to come; others are not.
 * Errors: NOT_OFFERED, UNPROTECTED, AUTH_FAILED, REFUSED. smtplib: login
 */
PNEU_API pneu_status pneu_client_login(pneu_client *client, const char *user,
                                       const char *password,
                                       const pneu_reply **reply);

/* True if the last EHLO offered the keyword, in any case. smtplib: has_extn */
PNEU_API bool pneu_client_has_extension(const pneu_client *client,
                                        const char *keyword);

/* The parameters of an extension, as pneu_session_extension(). */
PNEU_API const char *pneu_client_extension(const pneu_client *client,
                                           const char *keyword);

/* MAIL; parameters may be NULL. Errors: BAD_ADDRESS. smtplib: mail */
PNEU_API pneu_status pneu_client_mail(pneu_client *client, const char *sender,
                                      const pneu_mail_parameters *parameters,
                                      const pneu_reply **reply);

/* RCPT; parameters may be NULL. Errors: BAD_ADDRESS. smtplib: rcpt */
PNEU_API pneu_status pneu_client_rcpt(pneu_client *client,
                                      const char *recipient,
                                      const char *parameters,
                                      const pneu_reply **reply);

/*
 * DATA, the message, and the reply to its end. REFUSED tells by the error's
 * command which of the two was refused; IN_DOUBT if the line was lost after
 * the end had left. For LMTP use pneu_client_sendmail(): MISUSE here.
 * smtplib: data
 */
PNEU_API pneu_status pneu_client_data(pneu_client *client, const void *data,
                                      size_t length, const pneu_reply **reply);

PNEU_API pneu_status pneu_client_rset(pneu_client *client,
                                      const pneu_reply **reply);
PNEU_API pneu_status pneu_client_noop(pneu_client *client,
                                      const pneu_reply **reply);

/* VRFY. An unknown mailbox is REFUSED. smtplib: verify */
PNEU_API pneu_status pneu_client_verify(pneu_client *client,
                                        const char *address,
                                        const pneu_reply **reply);

/* Any other command line, without its line end: "HELP MAIL". Errors: MISUSE
 * for a verb that the session keeps track of (EHLO, MAIL, AUTH, DATA…): those
 * have calls of their own. smtplib: docmd */
PNEU_API pneu_status pneu_client_command(pneu_client *client, const char *line,
                                         const pneu_reply **reply);

/*
 * Sends one message; opens first what is not open. result (which may be NULL)
 * is set to what became of each recipient, and to NULL if nobody was tried:
 * because something was wrong with the envelope or the message, or the
 * connection was never ready; it is borrowed until the
 * next sendmail or _free, and holds pointers to the envelope's addresses.
 * Returns OK only if every recipient was accepted;
 * otherwise the status of the worst outcome (IN_DOUBT before REFUSED before
 * the line's faults), while the others may well have been accepted.
 * smtplib: sendmail
 */
PNEU_API pneu_status pneu_client_sendmail(pneu_client *client,
                                          const pneu_envelope *envelope,
                                          const pneu_message *message,
                                          const pneu_delivery **result);

/* QUIT, then closes; waits for the reply only a short while. smtplib: quit */
PNEU_API pneu_status pneu_client_quit(pneu_client *client,
                                      const pneu_reply **reply);

/* Closes the line without a word. */
PNEU_API void pneu_client_close(pneu_client *client);

/* Everything from now on must be done within ms, whatever the calls; what is
 * not ends with DEADLINE. 0 takes the deadline away. */
PNEU_API void pneu_client_set_deadline(pneu_client *client, int64_t ms);

/*
 * Ends the call under way, from another thread or from a signal handler: the
 * one function that may be called so, as long as the client exists. Nothing
 * more is written; answers to what has been sent are taken for a few seconds,
 * and then the call returns with CANCELLED, or with what became known. A name
 * look-up is not interrupted: it ends in its own time. If no call is under
 * way, the next one ends so.
 */
PNEU_API void pneu_client_cancel(pneu_client *client);

/* True while there is a connection. */
PNEU_API bool pneu_client_is_connected(const pneu_client *client);

/* How the line is protected now. */
PNEU_API pneu_protection pneu_client_protection(const pneu_client *client);

PNEU_END_DECLS

#endif
