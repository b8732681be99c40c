#include "delivery_memory.h"

#include "base/memory.h"
#include "flow/delivery.h"
#include "session/session.h"

enum {
    KEPT_RECIPIENTS = 1000,
    KEPT_OCTETS = 64 * 1024 /* of one buffer */
};

bool pn_py_memory_reserve(pn_py_memory *memory, size_t recipients)
{
    if (recipients < memory->room)
        return true;
    size_t room = recipients + 1;
    const char **addresses = pn_memory_new(room, sizeof(*addresses));
    pn_py_note *notes = pn_memory_new(room, sizeof(*notes));
    if (addresses == NULL || notes == NULL) {
        pn_memory_free(addresses);
        pn_memory_free(notes);
        return false;
    }
    pn_memory_free(memory->addresses);
    pn_memory_free(memory->notes);
    memory->addresses = addresses;
    memory->notes = notes;
    memory->room = room;
    return true;
}

bool pn_py_memory_reserve_parameters(pn_py_memory *memory, size_t octets)
{
    if (octets <= memory->parameters_room)
        return true;
    char *parameters = pn_memory_new(octets, sizeof(*parameters));
    if (parameters == NULL)
        return false;
    pn_memory_free(memory->parameters);
    memory->parameters = parameters;
    memory->parameters_room = octets;
    return true;
}

pneu_status pn_py_memory_renew_session(pn_py_memory *memory,
                                       const pneu_session_options *options)
{
    return memory->session != NULL
               ? pn_session_again(memory->session, options)
               : pneu_session_new(&memory->session, options);
}

pneu_status pn_py_memory_renew_delivery(pn_py_memory *memory,
                                        const pneu_envelope *envelope,
                                        const pneu_message *message,
                                        pneu_error *error)
{
    return memory->delivery != NULL
               ? pn_delivery_again(memory->delivery, envelope, message, error)
               : pneu_delivery_new(&memory->delivery, envelope, message, error);
}

static bool is_small(const pn_buffer *buffer)
{
    return buffer->capacity <= KEPT_OCTETS;
}

bool pn_py_memory_is_small(const pn_py_memory *memory)
{
    const pneu_session *session = memory->session;
    return memory->room <= KEPT_RECIPIENTS + 1 &&
           memory->parameters_room <= KEPT_OCTETS &&
           is_small(&session->input) && is_small(&session->lines) &&
           is_small(&session->parser.text) &&
           is_small(&session->extensions.lines) &&
           is_small(&session->extensions.auth) &&
           is_small(&memory->delivery->texts);
}

void pn_py_memory_free(pn_py_memory *memory)
{
    pneu_delivery_free(memory->delivery);
    pneu_session_free(memory->session);
    pn_memory_free(memory->addresses);
    pn_memory_free(memory->notes);
    pn_memory_free(memory->parameters);
    *memory = (pn_py_memory){.room = 0};
}
