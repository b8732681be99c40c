/* The command table: a row a verb. */
#ifndef PN_SINK_COMMANDS_H
#define PN_SINK_COMMANDS_H

#include "sink/session.h"

enum {
    PN_SINK_ENDS_GROUP = 1 << 0,   /* RFC 2920 3.1: wait for the reply */
    PN_SINK_NO_ARGUMENT = 1 << 1,  /* nothing may follow the verb */
    PN_SINK_NEEDS_HELLO = 1 << 2,  /* EHLO, LHLO or HELO comes first */
    PN_SINK_SMTP_ONLY = 1 << 3,    /* not known in LMTP */
    PN_SINK_LMTP_ONLY = 1 << 4,    /* not known in SMTP */
    PN_SINK_HAS_SECRET = 1 << 5,   /* its argument is blanked in the log */
    PN_SINK_NEEDS_POLICY = 1 << 6, /* --require-tls, --require-auth */
    PN_SINK_EXTENDED = 1 << 7,     /* --no-ehlo hides it */
    PN_SINK_HAS_CHUNK = 1 << 8,    /* octets that are no line follow it */
    PN_SINK_OPTIONAL = 1 << 9      /* RFC 5321 has it; --without hides it */
};

typedef struct pn_sink_command {
    const char *verb;
    unsigned flags;
    unsigned extension; /* which it belongs to; 0: none */
    void (*run)(pn_sink_session *session, pn_span argument);
    const char *syntax; /* what HELP shows */
} pn_sink_command;

/* Runs a command line, without its line end. more is true if the client said
 * more without waiting. */
void pn_sink_command_run(pn_sink_session *session, pn_span line, bool more);

/* The command of that verb, in any case, that is known in this session; and
 * number i of the table, NULL past the last. */
const pn_sink_command *pn_sink_command_find(const pn_sink_session *session,
                                            pn_span verb);
const pn_sink_command *pn_sink_command_at(const pn_sink_session *session,
                                          size_t i);

/* hello.c */
void pn_sink_run_ehlo(pn_sink_session *session, pn_span argument);
void pn_sink_run_helo(pn_sink_session *session, pn_span argument);
void pn_sink_run_starttls(pn_sink_session *session, pn_span argument);

/* auth_command.c; a response is a line of an exchange under way */
void pn_sink_run_auth(pn_sink_session *session, pn_span argument);
void pn_sink_run_response(pn_sink_session *session, pn_span line);

/* transaction.c */
void pn_sink_run_mail(pn_sink_session *session, pn_span argument);
void pn_sink_run_rcpt(pn_sink_session *session, pn_span argument);
void pn_sink_run_data(pn_sink_session *session, pn_span argument);

/* chunk.c; the second takes octets, and says how many it took; the third is
 * called once all have come. */
void pn_sink_run_bdat(pn_sink_session *session, pn_span argument);
size_t pn_sink_take_chunk(pn_sink_session *session, pn_span octets);
void pn_sink_end_chunk(pn_sink_session *session, bool more);

/* inquiries.c */
void pn_sink_run_vrfy(pn_sink_session *session, pn_span argument);
void pn_sink_run_expn(pn_sink_session *session, pn_span argument);
void pn_sink_run_help(pn_sink_session *session, pn_span argument);

/* relay_commands.c */
void pn_sink_run_etrn(pn_sink_session *session, pn_span argument);
void pn_sink_run_xclient(pn_sink_session *session, pn_span argument);

/* delivery.c: content comes in, its end is answered; the first returns how
 * much it took. more as above. */
size_t pn_sink_take_content(pn_sink_session *session, pn_span octets);
void pn_sink_answer_more(pn_sink_session *session);

/* Takes octets of content as they come, and stores what they mean; the place
 * for them is made by the second. Returns how many it took. */
size_t pn_sink_store_content(pn_sink_session *session, pn_span octets);
void pn_sink_begin_content(pn_sink_session *session, pn_sink_content_form form);

/* The content is whole: keeps it or not, and says so. */
void pn_sink_end_message(pn_sink_session *session);

/* True if what follows without waiting is against the rules here. */
bool pn_sink_is_too_early(const pn_sink_session *session, bool ends_group,
                          bool more);

#endif
