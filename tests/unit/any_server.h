/*
 * A server of the tests that says whatever SMTP or LMTP allows, by lot, and
 * keeps a record of whom it took the message for: what a delivery claims is
 * held against that. It takes octets and gives octets, and knows no socket.
 */
#ifndef TESTS_ANY_SERVER_H
#define TESTS_ANY_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ANY_RECIPIENTS = 12,
    ANY_TEXT_MAX = 16384
};

/* The same numbers for the same seed. */
typedef struct lots {
    uint64_t state;
} lots;

uint64_t draw(lots *from, uint64_t below);

typedef struct any_server {
    /* what it is like, and what it has, for as long as the test lasts */
    lots lot;
    bool lmtp;
    bool pipelining;
    bool chunking;
    bool knows_bdat;
    bool is_moody; /* says 421, closes, does not know commands */
    unsigned rcpt_max;
    unsigned domain_max;
    unsigned mail_max;
    const char *message; /* as it must come */
    unsigned taken[ANY_RECIPIENTS];

    /* one connection */
    bool is_closed;
    bool is_deaf;     /* said 421, and waits for the other to go */
    bool is_stubborn; /* refused RSET */
    unsigned mails;
    bool has_mail;
    unsigned rcpts;
    unsigned domains; /* a bit each */
    unsigned accepted_count;
    unsigned accepted[ANY_RECIPIENTS * 2];
    bool in_data;
    bool in_chunk;
    bool is_last;
    size_t chunk_left;
    char in[ANY_TEXT_MAX];
    size_t in_length;
    char content[ANY_TEXT_MAX];
    size_t content_length;
    char out[ANY_TEXT_MAX];
    size_t out_length;
    const char *fault; /* what the client did that it must not */
} any_server;

/* Another connection: what it took stays taken. */
void any_server_connect(any_server *server);

/* Octets of the client. What it answers lies in out. */
void any_server_hear(any_server *server, const char *octets, size_t length);

#endif
