/*
 * The client: one connection to one server, over TCP or a Unix socket, with or
 * without TLS. What Python's smtplib.SMTP, SMTP_SSL and LMTP
 * do, this does. With the option non_blocking an event loop drives it: see
 * the end of this file.
 *
 * The short way is pneu_client_sendmail() alone: it connects, introduces
 * itself, begins TLS and authenticates as the options say. The long way is
 * one call a command. One client is for one thread at a time.
 *
 * Every call that returns a pneu_status leaves the whole story of a failure
 * in pneu_client_error(). A refusal leaves the connection open; a broken
 * protocol or a lost line closes it; then pneu_client_sendmail(), _open(),
 * _login(), _auth() and _connect() connect anew, and the others are MISUSE.
 */
#ifndef PNEU_CLIENT_H
#define PNEU_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pneu/delivery.h>
#include <pneu/export.h>
#include <pneu/mechanism.h>
#include <pneu/opening.h>
#include <pneu/reply.h>
#include <pneu/session.h>
#include <pneu/status.h>
#include <pneu/tls.h>

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

/* How much of the message under way has gone out: sent and total in octets,
 * as it goes over the wire; stuffed dots are counted in neither total. It must
 * not call into the client, pneu_client_cancel() apart. */
typedef void pneu_progress_function(void *context, uint64_t sent,
                                    uint64_t total);

/* Strings are copied; own_mechanism is borrowed. Zero means the default, for
 * every field. */
typedef struct pneu_client_options {
    size_t size;      /* set by PNEU_CLIENT_OPTIONS */
    const char *host; /* name, address, or absolute path of a Unix socket;
                         default "localhost". With port 0 also "name:port" and
                         "[address]:port". A name that is not ASCII is turned
                         into its A-label (IDNA 2008) */
    uint16_t port;    /* default 25; 465 with PNEU_TLS_IMPLICIT; 24 with lmtp */
    bool lmtp;
    const char *local_name; /* for EHLO; default: this host's full name, or
                               its address in brackets */
    const char *source;     /* connect from this address of this machine */
    uint16_t source_port;
    const char *proxy; /* "socks5://user:password@host:1080" or
                          "http://user:password@host:3128"; it looks the host
                          up. Default: none */

    pneu_tls_mode tls;
    const pneu_tls_options *tls_options; /* copied, with all it points to */

    const char *user; /* credentials: as pneu_opening_options */
    const char *password;
    const char *authorization;
    const char *mechanisms;
    pneu_auth_policy auth_policy;
    bool no_initial_response;
    pneu_token_function *token;
    void *token_context;
    const pneu_mechanism *own_mechanism;
    bool allow_cleartext_auth; /* credentials over any line at all */

    bool no_pipelining;
    bool no_chunking;
    int64_t timeout_ms; /* each phase, in place of RFC 5321 4.5.3.2 */
    const pneu_timeouts *timeouts; /* each phase its own; copied */
    int64_t deadline_ms; /* all that the client does, from its making on; no
                            default: see pneu_client_set_deadline() */
    pneu_log_function *log;
    void *log_context;
    pneu_progress_function *progress;
    void *progress_context;
    bool non_blocking; /* calls return AGAIN: see the end of this file */
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
 * STARTTLS and the handshake, verified unless the TLS mode is optional; says
 * EHLO first if that was not done. Afterwards EHLO must be said again. Errors:
 * NOT_OFFERED, TLS, UNTRUSTED; MISUSE under TLS. smtplib: starttls
 */
PNEU_API pneu_status pneu_client_starttls(pneu_client *client,
                                          const pneu_reply **reply);

/* As smtplib's set_debuglevel: 1 shows the dialogue on standard error in
 * smtplib's form ("send: 'MAIL FROM:<…>\\r\\n'"), 2 with the local time before
 * each line, 0 is silent. Secrets are blanked. */
PNEU_API void pneu_client_set_debug_level(pneu_client *client, int level);

/*
 * AUTH with the strongest mechanism that both sides have; does first, as
 * pneu_client_open(), what is left to do before it: connection, EHLO, and TLS
 * where the TLS mode asks for it. Credentials that the server accepts are
 * kept, for connections to come; others are not.
 * Errors: NOT_OFFERED, UNPROTECTED, AUTH_FAILED, REFUSED. smtplib: login
 */
PNEU_API pneu_status pneu_client_login(pneu_client *client, const char *user,
                                       const char *password,
                                       const pneu_reply **reply);

/*
 * AUTH with a mechanism of the caller's own, on a line that is good enough for
 * it; says EHLO first if that was not done. 235 is OK; else AUTH_FAILED,
 * REFUSED, UNPROTECTED, or the status that the mechanism ended with. smtplib:
 * auth
 */
PNEU_API pneu_status pneu_client_auth(pneu_client *client,
                                      const pneu_mechanism *mechanism,
                                      const pneu_reply **reply);

/* True if the last EHLO offered the keyword, in any case. smtplib: has_extn */
PNEU_API bool pneu_client_has_extension(const pneu_client *client,
                                        const char *keyword);

/* The parameters of an extension, as pneu_session_extension(). */
PNEU_API const char *pneu_client_extension(const pneu_client *client,
                                           const char *keyword);

/* As pneu_session_extension_count() and _at(). smtplib: esmtp_features */
PNEU_API size_t pneu_client_extension_count(const pneu_client *client);
PNEU_API const char *pneu_client_extension_at(const pneu_client *client,
                                              size_t i,
                                              const char **parameters);

/* True if the server took EHLO (LHLO). smtplib: does_esmtp */
PNEU_API bool pneu_client_is_extended(const pneu_client *client);

/* The reply to the last EHLO, LHLO or HELO; NULL if none was said, or TLS has
 * begun since. smtplib: ehlo_resp, helo_resp */
PNEU_API const pneu_reply *pneu_client_hello_reply(const pneu_client *client);

/* MAIL; parameters may be NULL. Errors: those of pneu_session_mail();
 * UNPROTECTED if the TLS mode asks for TLS, and it has not begun.
 * smtplib: mail */
PNEU_API pneu_status pneu_client_mail(pneu_client *client, const char *sender,
                                      const pneu_mail_parameters *parameters,
                                      const pneu_reply **reply);

/* RCPT; parameters may be NULL. Errors: those of pneu_session_rcpt().
 * smtplib: rcpt */
PNEU_API pneu_status pneu_client_rcpt(pneu_client *client,
                                      const char *recipient,
                                      const pneu_rcpt_parameters *parameters,
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

/* EXPN. smtplib: expn */
PNEU_API pneu_status pneu_client_expand(pneu_client *client, const char *list,
                                        const pneu_reply **reply);

/* HELP; topic may be NULL. smtplib: help */
PNEU_API pneu_status pneu_client_help(pneu_client *client, const char *topic,
                                      const pneu_reply **reply);

/* ETRN and XCLIENT, as pneu_session_etrn() and _xclient(). After XCLIENT EHLO
 * must be said again. */
PNEU_API pneu_status pneu_client_etrn(pneu_client *client, const char *node,
                                      const pneu_reply **reply);
PNEU_API pneu_status pneu_client_xclient(pneu_client *client,
                                         const pneu_xclient *attributes,
                                         const pneu_reply **reply);

/* Any other command line, without its line end: "NOOP". Errors: MISUSE
 * for a verb that the session keeps track of (EHLO, MAIL, AUTH, DATA…): those
 * have calls of their own. smtplib: docmd */
PNEU_API pneu_status pneu_client_command(pneu_client *client, const char *line,
                                         const pneu_reply **reply);

/*
 * As pneu_preflight(), against what the server has said; before EHLO only what
 * can be known without it. Sends nothing.
 */
PNEU_API size_t pneu_client_preflight(const pneu_client *client,
                                      const pneu_envelope *envelope,
                                      const pneu_message *message,
                                      pneu_error *problems, size_t max);

/*
 * Sends one message; opens first what is not open, and a new connection for
 * what surely was not taken: where a server's limit was reached, where it did
 * not understand BDAT or a group, and where a connection that was idle had been
 * closed. result (which may be NULL)
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
 * way, the next one ends so. With non_blocking it is seen by the next
 * pneu_client_go_on(), for which the loop is to be woken.
 */
PNEU_API void pneu_client_cancel(pneu_client *client);

/* True while there is a connection. */
PNEU_API bool pneu_client_is_connected(const pneu_client *client);

/* How the line is protected now. */
PNEU_API pneu_protection pneu_client_protection(const pneu_client *client);

/* What TLS has agreed on, and whom it has reached; NULL without TLS. Until the
 * client's next call. */
PNEU_API const pneu_tls_info *pneu_client_tls_info(const pneu_client *client);

/* The SASL mechanism that the connection was authenticated with, or that was
 * tried last on it; NULL if none, or when the connection is closed. */
PNEU_API const char *pneu_client_mechanism(const pneu_client *client);

/*
 * Driving by an event loop
 *
 * With the option non_blocking every call above that talks to the server does
 * as much as it can without waiting, and returns AGAIN if that was not all:
 * its const arguments are then borrowed, and *reply and *result not set. Then:
 *
 *     while ((status = pneu_client_go_on(client, &wait)) == PNEU_AGAIN)
 *         (wait for what wait says);
 *
 * and the status is the call's. Nothing else may be called meanwhile but the
 * functions that only ask, _cancel, _set_deadline, _add_address and _close
 * (which ends the call with CANCELLED), and _free.
 */

/* What to wait for: a set. */
enum {
    PNEU_WAIT_READ = 1 << 0,
    PNEU_WAIT_WRITE = 1 << 1,
    PNEU_WAIT_ADDRESSES = 1 << 2 /* for pneu_client_add_address() */
};

typedef struct pneu_wait {
    unsigned events;
    int descriptor;     /* -1: none. It may be another one each time, while
                           addresses are tried, and after a new connection */
    bool has_changed;   /* another descriptor than the last time, be it by
                           number or not: one that the loop keeps for the old
                           one is to be taken out of it first */
    int64_t timeout_ms; /* go on after so many ms even if nothing happened;
                           -1: never */
} pneu_wait;

/*
 * Goes on with the call under way. AGAIN: wait as it says, and go on. Anything
 * else is what the call has come to. Errors: also MISUSE if none is under way.
 * A step of a SASL mechanism, and a token's call-back, run inside: SCRAM
 * computes, and GSSAPI may ask its KDC.
 */
PNEU_API pneu_status pneu_client_go_on(pneu_client *client, pneu_wait *wait);

/*
 * Host names are never looked up inside: before the first call, or whenever a
 * wait asks for ADDRESSES, give each address of pneu_client_lookup_name(), the
 * best first, "192.0.2.1" or "2001:db8::1". They are used up by one connection.
 * (A host that is an address, or a Unix socket, needs none.) Errors: INVALID
 * for what is no address; TOO_LARGE past 16. Without any, going on ends the
 * call with HOST_UNKNOWN.
 */
PNEU_API pneu_status pneu_client_add_address(pneu_client *client,
                                             const char *address);

/* The name to look up: the host's, in ASCII, or the proxy's. */
PNEU_API const char *pneu_client_lookup_name(const pneu_client *client);

/* What the last call brought, when it is over: its reply, or NULL; and, of the
 * last _sendmail, what became of each recipient, or NULL. */
PNEU_API const pneu_reply *pneu_client_reply(const pneu_client *client);
PNEU_API const pneu_delivery *pneu_client_result(const pneu_client *client);

PNEU_END_DECLS

#endif
