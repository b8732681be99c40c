#include "cli/mime_message.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "cli/exit.h"

static bool lacks(GMimeMessage *message, const char *name)
{
    return g_mime_object_get_header(GMIME_OBJECT(message), name) == NULL;
}

void pn_mime_identify(GMimeMessage *message, const char *sender)
{
    const char *at = strrchr(sender, '@');
    bool is_name = at != NULL && at[1] != '[' && g_str_is_ascii(at + 1);
    if (lacks(message, "Date")) {
        GDateTime *now = g_date_time_new_now_local();
        g_mime_message_set_date(message, now);
        g_date_time_unref(now);
    }
    if (lacks(message, "Message-ID")) {
        char *id =
            g_mime_utils_generate_message_id(is_name ? at + 1 : "localhost");
        g_mime_message_set_message_id(message, id);
        g_free(id);
    }
}

void pn_mime_add(GMimeMessage *message, GMimeAddressType type,
                 const pn_address *addresses, size_t count)
{
    InternetAddressList *list = g_mime_message_get_addresses(message, type);
    for (size_t i = 0; i < count; i++) {
        InternetAddress *mailbox = internet_address_mailbox_new(
            addresses[i].name, addresses[i].address);
        internet_address_set_charset(mailbox, "utf-8");
        internet_address_list_add(list, mailbox);
        g_object_unref(mailbox);
    }
}

int pn_mime_write(GMimeMessage *message, pn_buffer *out, pn_problem *problem)
{
    GByteArray *octets = g_byte_array_new();
    GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(octets);
    g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), TRUE);
    pn_buffer_init(out, SIZE_MAX / 4);
    bool written =
        g_mime_object_write_to_stream(GMIME_OBJECT(message), NULL, stream) >= 0;
    pn_span span = {(const char *)octets->data, octets->len};
    if (!written || pn_buffer_append(out, span) != PNEU_OK)
        written = false;
    g_object_unref(stream);
    if (written)
        return PN_EXIT_OK;
    pn_buffer_finish(out);
    return pn_problem_no_memory(problem);
}
