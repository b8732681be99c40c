#include "gmime/fields.h"

#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "base/span.h"

enum {
    QUOTE_MAX = 160 /* of a field, in an error */
};

/* Field i of the message if it is of that name, NULL if it is another. (One
 * without a value only keeps a place: g_mime_message_new() makes those.) */
static GMimeHeader *named(GMimeMessage *message, int i, const char *prefix,
                          const char *name)
{
    GMimeHeaderList *fields =
        g_mime_object_get_header_list(GMIME_OBJECT(message));
    GMimeHeader *field = g_mime_header_list_get_header_at(fields, i);
    const char *its = g_mime_header_get_name(field);
    size_t length = strlen(prefix);
    if (g_mime_header_get_raw_value(field) == NULL ||
        g_ascii_strncasecmp(its, prefix, length) != 0 ||
        g_ascii_strcasecmp(its + length, name) != 0)
        return NULL;
    return field;
}

static int count_fields(GMimeMessage *message)
{
    return g_mime_header_list_get_count(
        g_mime_object_get_header_list(GMIME_OBJECT(message)));
}

pneu_status pn_fields_resent(GMimeMessage *message, bool *resent,
                             pneu_error *error)
{
    size_t found = 0;
    for (int i = 0; i < count_fields(message); i++)
        found += named(message, i, "Resent-", "Date") != NULL;
    *resent = found > 0;
    if (found > 1)
        return pn_fail(error, PNEU_INVALID,
                       "the message has more than one Resent- block (%zu "
                       "Resent-Date fields): give the sender and the "
                       "recipients, or take the old blocks away",
                       found);
    return PNEU_OK;
}

static void take_warning(gint64 offset, GMimeParserWarning warning,
                         const char *item, void *context)
{
    (void)offset;
    (void)item;
    if (warning == GMIME_WARN_INVALID_ADDRESS_LIST)
        *(bool *)context = true;
}

static pneu_status tell_broken(GMimeHeader *field, pneu_error *error)
{
    char quoted[QUOTE_MAX];
    const char *raw = g_mime_header_get_raw_value(field);
    pn_escape(pn_span_trim(pn_span_of(raw)), " ", quoted, sizeof(quoted));
    return pn_fail(error, PNEU_BAD_MESSAGE,
                   "the field %s cannot be understood whole, and somebody "
                   "might be left out: %s",
                   g_mime_header_get_name(field), quoted);
}

/*
 * The addresses of a field, NULL if it has none. What the parser would pass
 * over is an error: a message must not silently miss somebody.
 */
static pneu_status parse(GMimeHeader *field, InternetAddressList **list,
                         pneu_error *error)
{
    bool broken = false;
    const char *raw = g_mime_header_get_raw_value(field);
    GMimeParserOptions *options = g_mime_parser_options_new();
    g_mime_parser_options_set_warning_callback(options, take_warning, &broken);
    *list = internet_address_list_parse(options, raw);
    g_mime_parser_options_free(options);
    if (!broken)
        return PNEU_OK;
    g_object_unref(*list);
    *list = NULL;
    return tell_broken(field, error);
}

/* With the domain's A-label, unless the local part needs SMTPUTF8 anyway. */
static const char *address_of(InternetAddressMailbox *mailbox)
{
    const char *address = internet_address_mailbox_get_addr(mailbox);
    const char *at = address != NULL ? strrchr(address, '@') : NULL;
    for (const char *c = address; at != NULL && c < at; c++) {
        if ((unsigned char)*c >= 0x80)
            return address;
    }
    return internet_address_mailbox_get_idn_addr(mailbox);
}

/* Addresses, each once. */
typedef struct gathered {
    GPtrArray *addresses;
    GHashTable *seen;
} gathered;

/* Local parts tell upper from lower case, domains do not (RFC 5321 2.4). */
static char *key_of(const char *address)
{
    const char *at = strrchr(address, '@');
    size_t local = at != NULL ? (size_t)(at - address) : strlen(address);
    char *domain = g_ascii_strdown(address + local, -1);
    char *key = g_strdup_printf("%.*s%s", (int)local, address, domain);
    g_free(domain);
    return key;
}

static void add(gathered *all, InternetAddress *mailbox)
{
    const char *address = address_of(INTERNET_ADDRESS_MAILBOX(mailbox));
    if (address == NULL || *address == '\0')
        return;
    if (g_hash_table_add(all->seen, key_of(address)))
        g_ptr_array_add(all->addresses, g_strdup(address));
}

/* What a group holds are mailboxes (RFC 5322 3.4). */
static void add_group(gathered *all, InternetAddress *group)
{
    InternetAddressList *members =
        internet_address_group_get_members(INTERNET_ADDRESS_GROUP(group));
    for (int i = 0; i < internet_address_list_length(members); i++) {
        InternetAddress *member = internet_address_list_get_address(members, i);
        if (INTERNET_ADDRESS_IS_MAILBOX(member))
            add(all, member);
    }
}

static void add_list(gathered *all, InternetAddressList *list)
{
    for (int i = 0; i < internet_address_list_length(list); i++) {
        InternetAddress *address = internet_address_list_get_address(list, i);
        if (INTERNET_ADDRESS_IS_GROUP(address))
            add_group(all, address);
        else
            add(all, address);
    }
}

static pneu_status add_field(gathered *all, GMimeHeader *field,
                             pneu_error *error)
{
    InternetAddressList *list = NULL;
    pneu_status status = parse(field, &list, error);
    if (list == NULL)
        return status;
    add_list(all, list);
    g_object_unref(list);
    return status;
}

pneu_status pn_fields_recipients(GMimeMessage *message, bool resent,
                                 GPtrArray *recipients, pneu_error *error)
{
    static const char *const names[] = {"To", "Cc", "Bcc"};
    gathered all = {recipients, g_hash_table_new_full(g_str_hash, g_str_equal,
                                                      g_free, NULL)};
    pneu_status status = PNEU_OK;
    for (size_t n = 0; n < G_N_ELEMENTS(names); n++) {
        for (int i = 0; status == PNEU_OK && i < count_fields(message); i++) {
            GMimeHeader *field =
                named(message, i, resent ? "Resent-" : "", names[n]);
            if (field != NULL)
                status = add_field(&all, field, error);
        }
    }
    g_hash_table_destroy(all.seen);
    return status;
}

static GMimeHeader *first_named(GMimeMessage *message, const char *prefix,
                                const char *name)
{
    GMimeHeader *field = NULL;
    for (int i = 0; field == NULL && i < count_fields(message); i++)
        field = named(message, i, prefix, name);
    return field;
}

static char *first_of(InternetAddressList *list)
{
    gathered all = {
        g_ptr_array_new_with_free_func(g_free),
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
    add_list(&all, list);
    char *first = all.addresses->len > 0
                      ? g_strdup(g_ptr_array_index(all.addresses, 0))
                      : NULL;
    g_hash_table_destroy(all.seen);
    g_ptr_array_free(all.addresses, TRUE);
    return first;
}

/* RFC 5322 3.6.2: Sender is there if From has more than one author. */
pneu_status pn_fields_sender(GMimeMessage *message, bool resent, char **sender,
                             pneu_error *error)
{
    const char *prefix = resent ? "Resent-" : "";
    GMimeHeader *field = first_named(message, prefix, "Sender");
    if (field == NULL)
        field = first_named(message, prefix, "From");
    if (field == NULL)
        return pn_fail(error, PNEU_BAD_MESSAGE,
                       "the message has neither %sSender nor %sFrom: add one, "
                       "or give the sender",
                       prefix, prefix);
    InternetAddressList *list = NULL;
    pneu_status status = parse(field, &list, error);
    if (status != PNEU_OK)
        return status;
    *sender = list != NULL ? first_of(list) : NULL;
    if (list != NULL)
        g_object_unref(list);
    if (*sender == NULL)
        return pn_fail(error, PNEU_BAD_MESSAGE,
                       "the field %s holds no address: fill it, or give the "
                       "sender",
                       g_mime_header_get_name(field));
    return PNEU_OK;
}
