/* A small mail server in a process of its own, for tests of the client: it
 * takes everything that it is not told to answer otherwise. */
#ifndef TESTS_MAIL_SERVER_H
#define TESTS_MAIL_SERVER_H

#include <openssl/ssl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What it answers to a line of the n-th connection (from 1 on), with its
 * CRLF: "+" is the greeting, "." the end of a message. NULL: the usual; "":
 * nothing; "!": it hangs up; "!…": that, and then it hangs up. */
typedef const char *mail_answers(unsigned connection, const char *line);

/* What it has seen; shared by both processes. */
typedef struct mail_log {
    atomic_uint connections;
    atomic_uint open;  /* connections */
    atomic_uint taken; /* messages answered 250 */
    atomic_uint mails; /* MAIL commands */
    atomic_size_t length;
    char heard[64 * 1024]; /* every line, each with LF */
} mail_log;

typedef struct mail_server {
    uint16_t port;
    pid_t process;
    int life; /* it ends when this is closed */
    mail_log *log;
} mail_server;

/* answers may be NULL. */
mail_server mail_server_start(mail_answers *answers);

/* With TLS, after STARTTLS or from the first octet. */
mail_server mail_server_start_tls(mail_answers *answers, SSL_CTX *tls,
                                  bool is_implicit);
void mail_server_stop(mail_server *it);

/* Waits until it has no connection left. */
void mail_server_settle(const mail_server *it);

/* How many descriptors this process has open. */
size_t open_descriptors(void);

#endif
