#include "client/tls_settings.h"

#include <stdint.h>

#include "base/memory.h"
#include "base/options.h"
#include "base/secret.h"

static bool copy(const char **to, const char *from)
{
    char *own = NULL;
    bool done = pn_options_copy_text(&own, from);
    *to = own;
    return done;
}

static void release(const char *text)
{
    pn_memory_free((void *)(uintptr_t)text);
}

static bool copy_pins(pneu_tls_options *to, const pneu_tls_options *from)
{
    if (from->pin_count == 0)
        return true;
    const char **pins = pn_memory_new(from->pin_count, sizeof(*pins));
    to->pins = pins;
    if (pins == NULL)
        return false;
    for (size_t i = 0; i < from->pin_count; i++) {
        to->pin_count = i + 1;
        if (!copy(&pins[i], from->pins[i]))
            return false;
    }
    return true;
}

bool pn_tls_settings_copy(pneu_tls_options *to, const pneu_tls_options *from)
{
    *to = (pneu_tls_options){.size = sizeof(*to)};
    if (from == NULL)
        return true;
    to->minimum = from->minimum;
    return copy(&to->ca_file, from->ca_file) &&
           copy(&to->ca_folder, from->ca_folder) &&
           copy(&to->ca_pem, from->ca_pem) &&
           copy(&to->certificate_file, from->certificate_file) &&
           copy(&to->key_file, from->key_file) &&
           copy(&to->key_password, from->key_password) &&
           copy(&to->name, from->name) && copy(&to->sni, from->sni) &&
           copy(&to->ciphers, from->ciphers) &&
           copy(&to->ciphersuites, from->ciphersuites) && copy_pins(to, from);
}

void pn_tls_settings_finish(pneu_tls_options *options)
{
    release(options->ca_file);
    release(options->ca_folder);
    release(options->ca_pem);
    release(options->certificate_file);
    release(options->key_file);
    pn_secret_free_text((char *)(uintptr_t)options->key_password);
    release(options->name);
    release(options->sni);
    release(options->ciphers);
    release(options->ciphersuites);
    for (size_t i = 0; i < options->pin_count; i++)
        release(options->pins[i]);
    pn_memory_free((void *)(uintptr_t)options->pins);
    *options = (pneu_tls_options){0};
}
