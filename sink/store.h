/*
 * Where messages go: into a Maildir, to standard output, or nowhere. A
 * message is written to its file as it comes, so that its size needs no
 * memory; what is not kept leaves no file behind.
 */
#ifndef PN_SINK_STORE_H
#define PN_SINK_STORE_H

#include "sink/envelope.h"
#include "sink/options.h"
#include "sink/outlet.h"

typedef struct pn_sink_store {
    int tmp_directory; /* of the Maildir; -1: none */
    int new_directory;
    pn_sink_outlet *print; /* NULL: messages are not printed */
    const char *host_name;
    uint64_t started; /* seconds since the epoch */
    uint64_t count;   /* of the ids given out */
    pn_buffer buffer; /* shared by all: decoded content, and headers */
} pn_sink_store;

enum {
    PN_SINK_ID_SIZE = 40,
    PN_SINK_FILE_NAME_SIZE = 320
};

/* One message under way. */
typedef struct pn_sink_letter {
    int file; /* -1: not stored */
    bool failed;
    char id[PN_SINK_ID_SIZE];
    char name[PN_SINK_FILE_NAME_SIZE]; /* in the Maildir; "" for none */
} pn_sink_letter;

/* Makes the Maildir if need be; messages are printed to output. Errors:
 * SYSTEM. */
pneu_status pn_sink_store_open(pn_sink_store *store,
                               const pn_sink_options *options,
                               pn_sink_outlet *output, pneu_error *error);
void pn_sink_store_close(pn_sink_store *store);

void pn_sink_letter_init(pn_sink_letter *letter);

/* Gives the letter its id. With a file, if there is a place to store it:
 * writes the headers that the store adds. */
void pn_sink_letter_begin(pn_sink_letter *letter, pn_sink_store *store,
                          const pn_sink_envelope *envelope, bool with_file);

/* Appends what the store's buffer holds, and empties that. */
void pn_sink_letter_write(pn_sink_letter *letter, pn_sink_store *store);

/* The message is whole. False if it could not be stored: then it is gone. */
bool pn_sink_letter_keep(pn_sink_letter *letter, pn_sink_store *store);

/* Removes what was written. May be called at any time. */
void pn_sink_letter_drop(pn_sink_letter *letter, pn_sink_store *store);

#endif
