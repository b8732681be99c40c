/*
 * What MAIL and RCPT can be told beside the address, typed. Zero means that a
 * parameter is not stated, for every field. Each belongs to an extension; to
 * state one that the server does not offer is NOT_OFFERED, before anything of
 * the transaction is sent. What is not typed here goes in raw.
 */
#ifndef PNEU_PARAMETERS_H
#define PNEU_PARAMETERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pneu/export.h>

PNEU_BEGIN_DECLS

/* BODY= */
typedef enum pneu_body_type {
    PNEU_BODY_NOT_STATED,
    PNEU_BODY_7BIT,
    PNEU_BODY_8BITMIME,  /* RFC 6152 */
    PNEU_BODY_BINARYMIME /* RFC 3030: by BDAT alone, and goes untouched */
} pneu_body_type;

/* RET=: how much of the message a notification gives back (RFC 3461 4.3). */
typedef enum pneu_return {
    PNEU_RETURN_NOT_STATED,
    PNEU_RETURN_FULL,
    PNEU_RETURN_HEADERS
} pneu_return;

/* BY=: what a server does when the time is up (RFC 2852 4). */
typedef enum pneu_deliver_by {
    PNEU_DELIVER_BY_NOT_STATED,
    PNEU_DELIVER_BY_NOTIFY, /* N: goes on, and notifies the sender */
    PNEU_DELIVER_BY_RETURN  /* R: gives up, and returns the message */
} pneu_deliver_by;

typedef struct pneu_mail_parameters {
    size_t size;            /* set by PNEU_MAIL_PARAMETERS */
    uint64_t octets;        /* SIZE= (RFC 1870); a delivery sets it itself */
    pneu_body_type body;    /* BODY=; a delivery sets 8BITMIME itself */
    bool smtputf8;          /* SMTPUTF8 (RFC 6531); a delivery sets it itself */
    pneu_return ret;        /* RET= (RFC 3461 4.3): DSN */
    const char *envid;      /* ENVID= (RFC 3461 4.4): 1 to 100 printable ASCII
                               characters, not encoded */
    const char *auth;       /* AUTH= (RFC 4954 5): the address of the one who
                               submitted first, not encoded; "<>": unknown */
    pneu_deliver_by by;     /* BY= (RFC 2852): DELIVERBY */
    int64_t by_seconds;     /* -999999999 to 999999999; for RETURN 1 at least */
    bool by_trace;          /* "T": tell the sender of each relay */
    uint32_t hold_seconds;  /* HOLDFOR= (RFC 4865), to 999999999 */
    const char *hold_until; /* HOLDUNTIL=: "2026-11-22T18:00:00Z"; not both */
    bool has_priority;
    int priority;     /* MT-PRIORITY= (RFC 6710): -9 to 9 */
    bool require_tls; /* REQUIRETLS (RFC 8689): under verified TLS alone */
    const char *raw;  /* further parameters, "KEY=value KEY" */
} pneu_mail_parameters;

#define PNEU_MAIL_PARAMETERS(...)                                        \
    (&(const pneu_mail_parameters){.size = sizeof(pneu_mail_parameters), \
                                   __VA_ARGS__})

/* NOTIFY= (RFC 3461 4.1): a set; NEVER stands alone. */
enum {
    PNEU_NOTIFY_NEVER = 1 << 0,
    PNEU_NOTIFY_SUCCESS = 1 << 1,
    PNEU_NOTIFY_FAILURE = 1 << 2,
    PNEU_NOTIFY_DELAY = 1 << 3
};

typedef struct pneu_rcpt_parameters {
    size_t size; /* set by PNEU_RCPT_PARAMETERS */
    unsigned notify;
    const char *orcpt;      /* ORCPT= (RFC 3461 4.2): the original recipient's
                               address, not encoded */
    const char *orcpt_type; /* its type; default "rfc822", or "utf-8" (RFC 6533
                               3) if it is not ASCII */
    const char *raw;        /* further parameters */
} pneu_rcpt_parameters;

#define PNEU_RCPT_PARAMETERS(...)                                        \
    (&(const pneu_rcpt_parameters){.size = sizeof(pneu_rcpt_parameters), \
                                   __VA_ARGS__})

/* What is known of a client that mail is relayed for (XCLIENT, as Postfix and
 * Dovecot take it). NULL: not stated; "": "[UNAVAILABLE]". */
typedef struct pneu_xclient {
    size_t size;          /* set by PNEU_XCLIENT */
    const char *name;     /* NAME= */
    const char *addr;     /* ADDR=: "192.0.2.1", "IPV6:2001:db8::1" */
    const char *port;     /* PORT= */
    const char *proto;    /* PROTO=: "SMTP" or "ESMTP" */
    const char *helo;     /* HELO= */
    const char *login;    /* LOGIN= */
    const char *destaddr; /* DESTADDR= */
    const char *destport; /* DESTPORT= */
} pneu_xclient;

#define PNEU_XCLIENT(...) \
    (&(const pneu_xclient){.size = sizeof(pneu_xclient), __VA_ARGS__})

PNEU_END_DECLS

#endif
