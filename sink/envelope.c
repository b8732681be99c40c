#include "sink/envelope.h"

#include <string.h>

enum {
    KEPT_CAPACITY = 64 * 1024, /* more is given back after the transaction */
    PARAMETERS_SIZE = 640      /* of a recipient: ORCPT, NOTIFY */
};

void pn_sink_envelope_init(pn_sink_envelope *envelope, size_t recipients_max)
{
    *envelope = (pn_sink_envelope){.open = false};
    pn_buffer_init(&envelope->parameters, PN_COMMAND_LINE_MAX);
    pn_buffer_init(&envelope->recipients,
                   recipients_max * (PN_PATH_MAX + PARAMETERS_SIZE));
}

void pn_sink_envelope_finish(pn_sink_envelope *envelope)
{
    pn_buffer_finish(&envelope->parameters);
    pn_buffer_finish(&envelope->recipients);
}

static void forget(pn_buffer *buffer)
{
    if (buffer->capacity > KEPT_CAPACITY)
        pn_buffer_finish(buffer);
    else
        pn_buffer_clear(buffer);
}

void pn_sink_envelope_clear(pn_sink_envelope *envelope)
{
    envelope->open = false;
    envelope->smtputf8 = false;
    envelope->binary = false;
    envelope->chunks_failed = false;
    envelope->chunk_count = 0;
    envelope->rcpt_count = 0;
    envelope->recipient_count = 0;
    envelope->delivery_count = 0;
    forget(&envelope->parameters);
    forget(&envelope->recipients);
}

pneu_status pn_sink_envelope_open(pn_sink_envelope *envelope, pn_span sender,
                                  pn_span parameters)
{
    pn_sink_envelope_clear(envelope);
    pneu_status status = pn_buffer_append(&envelope->parameters, parameters);
    if (status != PNEU_OK)
        return status;
    if (sender.length > 0)
        memcpy(envelope->sender, sender.data, sender.length);
    envelope->sender[sender.length] = '\0';
    envelope->open = true;
    return PNEU_OK;
}

pneu_status pn_sink_envelope_add(pn_sink_envelope *envelope,
                                 const pn_sink_recipient *recipient)
{
    pn_span address = recipient->address;
    pn_span parameters = recipient->parameters;
    size_t length = address.length + parameters.length + 3;
    pneu_status status;
    char *place = pn_buffer_reserve(&envelope->recipients, length, &status);
    if (place == NULL)
        return status;
    place[0] = recipient->delivered ? '+' : '-';
    memcpy(place + 1, address.data, address.length);
    place[address.length + 1] = '\0';
    if (parameters.length > 0)
        memcpy(place + address.length + 2, parameters.data, parameters.length);
    place[length - 1] = '\0';
    pn_buffer_added(&envelope->recipients, length);
    envelope->recipient_count++;
    envelope->delivery_count += recipient->delivered;
    return PNEU_OK;
}

bool pn_sink_envelope_next(const pn_sink_envelope *envelope, size_t *place,
                           pn_sink_recipient *recipient)
{
    pn_span all = pn_buffer_span(&envelope->recipients);
    if (*place >= all.length)
        return false;
    recipient->delivered = all.data[*place] == '+';
    recipient->address = pn_span_of(all.data + *place + 1);
    *place += recipient->address.length + 2;
    recipient->parameters = pn_span_of(all.data + *place);
    *place += recipient->parameters.length + 1;
    return true;
}
