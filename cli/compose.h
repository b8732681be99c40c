/*
 * A simple message composed by GMime: a text, attachments, and the header
 * that a message must have. It is ASCII throughout (non-ASCII text goes as
 * quoted-printable or base64), so that every server can take it.
 */
#ifndef PN_CLI_COMPOSE_H
#define PN_CLI_COMPOSE_H

#include "base/buffer.h"
#include "cli/address.h"
#include "cli/list.h"
#include "cli/problem.h"

/* All of it borrowed. */
typedef struct pn_letter {
    const pn_address *from; /* its address "": the header needs a From: line */
    const pn_addresses *to;
    const pn_addresses *cc;
    const char *subject;        /* NULL: none */
    pn_span text;               /* UTF-8, any line ends; data NULL: none */
    const char *text_option;    /* which option gave the text */
    const pn_list *headers;     /* "Name: value" */
    const pn_list *attachments; /* paths */
} pn_letter;

/* Fills message, which is initialised here. Returns an exit status; on
 * failure there is nothing to finish. */
int pn_compose(const pn_letter *letter, pn_buffer *message,
               pn_problem *problem);

#endif
