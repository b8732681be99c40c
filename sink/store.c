#include "sink/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "sink/print.h"

enum {
    HEADER_STRETCH = 64 * 1024,  /* of headers, between two writes */
    BUFFER_MAXIMUM = 1024 * 1024 /* more than is ever read at once */
};

static pneu_status make_directory(int parent, const char *path, int *made,
                                  pneu_error *error)
{
    if (mkdirat(parent, path, 0700) != 0 && errno != EEXIST)
        return pn_fail_system(error, PNEU_SYSTEM, errno,
                              "cannot make the directory %s", path);
    *made = openat(parent, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*made < 0)
        return pn_fail_system(error, PNEU_SYSTEM, errno,
                              "cannot open the directory %s", path);
    return PNEU_OK;
}

static pneu_status open_maildir(pn_sink_store *store, const char *path,
                                pneu_error *error)
{
    int maildir = -1;
    int current = -1;
    pneu_status status = make_directory(AT_FDCWD, path, &maildir, error);
    if (status == PNEU_OK)
        status = make_directory(maildir, "cur", &current, error);
    if (status == PNEU_OK)
        status = make_directory(maildir, "tmp", &store->tmp_directory, error);
    if (status == PNEU_OK)
        status = make_directory(maildir, "new", &store->new_directory, error);
    if (current >= 0)
        close(current);
    if (maildir >= 0)
        close(maildir);
    return status;
}

pneu_status pn_sink_store_open(pn_sink_store *store,
                               const pn_sink_options *options,
                               pn_sink_outlet *output, pneu_error *error)
{
    *store = (pn_sink_store){.tmp_directory = -1,
                             .new_directory = -1,
                             .print = options->print ? output : NULL,
                             .host_name = options->host_name,
                             .started = (uint64_t)time(NULL)};
    pn_buffer_init(&store->buffer, BUFFER_MAXIMUM);
    if (options->maildir == NULL)
        return PNEU_OK;
    return open_maildir(store, options->maildir, error);
}

void pn_sink_store_close(pn_sink_store *store)
{
    if (store->tmp_directory >= 0)
        close(store->tmp_directory);
    if (store->new_directory >= 0)
        close(store->new_directory);
    pn_buffer_finish(&store->buffer);
}

void pn_sink_letter_init(pn_sink_letter *letter)
{
    *letter = (pn_sink_letter){.file = -1};
}

/* A file without a name, for messages that are only printed. */
static int open_nameless(void)
{
    const char *directory = getenv("TMPDIR");
    char path[PN_SINK_FILE_NAME_SIZE];
    int length = snprintf(path, sizeof(path), "%s/pneu-sink-XXXXXX",
                          directory != NULL ? directory : "/tmp");
    if (length < 0 || (size_t)length >= sizeof(path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int file = mkstemp(path);
    if (file >= 0)
        unlink(path);
    return file;
}

static void open_file(pn_sink_letter *letter, const pn_sink_store *store)
{
    if (store->tmp_directory < 0) {
        letter->file = open_nameless();
    } else {
        /* unique by time, process and number, as the Maildir format asks */
        snprintf(letter->name, sizeof(letter->name), "%" PRIu64 ".P%ldQ%s.%s",
                 (uint64_t)time(NULL), (long)getpid(), letter->id,
                 store->host_name);
        /* a colon begins the flags of a message in new/ and cur/ */
        for (char *at = letter->name; (at = strchr(at, ':')) != NULL;)
            *at = '-';
        letter->file = openat(store->tmp_directory, letter->name,
                              O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    }
    if (letter->file < 0) {
        letter->failed = true;
        letter->name[0] = '\0';
    }
}

/* "Name: <address> parameters" */
static void add_header(pn_sink_letter *letter, pn_sink_store *store,
                       const char *name, const pn_sink_recipient *value)
{
    pn_buffer *buffer = &store->buffer;
    if (pn_buffer_length(buffer) > HEADER_STRETCH)
        pn_sink_letter_write(letter, store);
    if (pn_buffer_append_text(buffer, name) != PNEU_OK ||
        pn_buffer_append_text(buffer, ": <") != PNEU_OK ||
        pn_buffer_append(buffer, value->address) != PNEU_OK ||
        pn_buffer_append_text(buffer, ">") != PNEU_OK ||
        pn_buffer_append_text(
            buffer, value->parameters.length > 0 ? " " : "") != PNEU_OK ||
        pn_buffer_append(buffer, value->parameters) != PNEU_OK ||
        pn_buffer_append_text(buffer, "\n") != PNEU_OK)
        letter->failed = true;
}

static void add_headers(pn_sink_letter *letter, pn_sink_store *store,
                        const pn_sink_envelope *envelope)
{
    pn_sink_recipient recipient = {.address = pn_span_of(envelope->sender)};
    pn_span parameters = pn_buffer_span(&envelope->parameters);
    add_header(letter, store, "Return-Path", &recipient);
    for (size_t at = 0; pn_sink_envelope_next(envelope, &at, &recipient);) {
        pn_sink_recipient shown = {.address = recipient.address};
        if (recipient.delivered)
            add_header(letter, store, "X-Pneu-Recipient", &shown);
    }
    recipient =
        (pn_sink_recipient){pn_span_of(envelope->sender), parameters, true};
    if (parameters.length > 0)
        add_header(letter, store, "X-Pneu-Mail-Parameters", &recipient);
    for (size_t at = 0; pn_sink_envelope_next(envelope, &at, &recipient);) {
        if (recipient.delivered && recipient.parameters.length > 0)
            add_header(letter, store, "X-Pneu-Recipient-Parameters",
                       &recipient);
    }
}

void pn_sink_letter_begin(pn_sink_letter *letter, pn_sink_store *store,
                          const pn_sink_envelope *envelope, bool with_file)
{
    pn_sink_letter_init(letter);
    snprintf(letter->id, sizeof(letter->id), "%" PRIX64 "%04" PRIX64,
             store->started, ++store->count);
    if (!with_file || (store->tmp_directory < 0 && store->print == NULL))
        return;
    open_file(letter, store);
    pn_buffer_clear(&store->buffer);
    add_headers(letter, store, envelope);
    pn_sink_letter_write(letter, store);
}

void pn_sink_letter_write(pn_sink_letter *letter, pn_sink_store *store)
{
    pn_span rest = pn_buffer_span(&store->buffer);
    while (rest.length > 0 && !letter->failed && letter->file >= 0) {
        ssize_t written = write(letter->file, rest.data, rest.length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            letter->failed = true;
            break;
        }
        rest.data += written;
        rest.length -= (size_t)written;
    }
    pn_buffer_clear(&store->buffer);
}

static bool print(pn_sink_letter *letter, pn_sink_store *store)
{
    if (store->print == NULL || letter->file < 0 ||
        pn_sink_print(store->print, letter->id, letter->file))
        return true;
    if (letter->name[0] != '\0')
        unlinkat(store->new_directory, letter->name, 0);
    letter->name[0] = '\0';
    return false;
}

bool pn_sink_letter_keep(pn_sink_letter *letter, pn_sink_store *store)
{
    bool kept = !letter->failed;
    if (kept && letter->name[0] != '\0')
        kept = renameat(store->tmp_directory, letter->name,
                        store->new_directory, letter->name) == 0;
    if (!kept || !print(letter, store)) {
        pn_sink_letter_drop(letter, store);
        return false;
    }
    if (letter->file >= 0)
        close(letter->file);
    letter->file = -1;
    letter->name[0] = '\0';
    return true;
}

void pn_sink_letter_drop(pn_sink_letter *letter, pn_sink_store *store)
{
    if (letter->name[0] != '\0')
        unlinkat(store->tmp_directory, letter->name, 0);
    if (letter->file >= 0)
        close(letter->file);
    letter->file = -1;
    letter->name[0] = '\0';
}
