#include <openssl/bio.h>

#include "transport/tls_inside.h"

/* OpenSSL reads and writes through the stream below. */

static int bio_write(BIO *bio, const char *data, int length)
{
    pn_tls *self = BIO_get_data(bio);
    struct iovec piece = {(void *)(uintptr_t)data, (size_t)length};
    size_t written = 0;
    BIO_clear_retry_flags(bio);
    pn_io result = pn_stream_write(self->below, &piece, 1, &written);
    if (result == PN_IO_AGAIN)
        BIO_set_retry_write(bio);
    return result == PN_IO_DONE ? (int)written : -1;
}

static void note_first(pn_tls *self, const char *data, size_t length)
{
    for (size_t i = 0; i < length && self->first_count < PN_TLS_FIRST_OCTETS;
         i++)
        self->first[self->first_count++] = data[i];
}

static int bio_read(BIO *bio, char *data, int size)
{
    pn_tls *self = BIO_get_data(bio);
    size_t length = 0;
    BIO_clear_retry_flags(bio);
    pn_io result = pn_stream_read(self->below, data, (size_t)size, &length);
    if (result == PN_IO_AGAIN)
        BIO_set_retry_read(bio);
    if (result == PN_IO_END)
        return 0;
    if (result != PN_IO_DONE)
        return -1;
    note_first(self, data, length);
    return (int)length;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO *pn_tls_new_bio(pn_tls *self)
{
    self->method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "pneu stream");
    if (self->method == NULL ||
        BIO_meth_set_write(self->method, bio_write) != 1 ||
        BIO_meth_set_read(self->method, bio_read) != 1 ||
        BIO_meth_set_ctrl(self->method, bio_control) != 1)
        return NULL;
    BIO *bio = BIO_new(self->method);
    if (bio == NULL)
        return NULL;
    BIO_set_data(bio, self);
    BIO_set_init(bio, 1);
    return bio;
}
