#include "cli/tls_choice.h"

#include <stddef.h>
#include <string.h>

#include "base/base64.h"
#include "base/memory.h"
#include "base/secret.h"
#include "cli/exit.h"
#include "cli/options.h"
#include "cli/pem_file.h"
#include "cli/value.h"

static const pn_secret_name KEY_PASSWORD = {"--key-password", "key password"};

/* "sha256//" and the base64 of 32 octets */
static bool is_pin(const char *text)
{
    static const pn_span START = {"sha256//", 8};
    pn_span rest = pn_span_of(text);
    pn_buffer hash;
    if (rest.length < START.length ||
        memcmp(text, START.data, START.length) != 0)
        return false;
    rest.data += START.length;
    rest.length -= START.length;
    pn_buffer_init(&hash, 1024);
    bool fits = pn_base64_decode(&hash, rest) == PNEU_OK &&
                pn_buffer_length(&hash) == PNEU_SHA256_SIZE;
    pn_buffer_finish(&hash);
    return fits;
}

static int check_pins(const pn_list *pins, pn_problem *problem)
{
    for (size_t i = 0; i < pins->count; i++) {
        if (!is_pin(pins->items[i]))
            return pn_value_refuse("--pin", pins->items[i],
                                   "give sha256// and the hash of the server's "
                                   "key in base64; -v shows it",
                                   problem);
    }
    return PN_EXIT_OK;
}

/* The first option that asks for TLS, which --tls none rules out. */
static const char *asking_option(const pn_tls_choice *choice)
{
    if (choice->certificate != NULL)
        return "--cert";
    if (choice->pins.count > 0)
        return "--pin";
    return choice->minimum != PNEU_TLS_1_2 ? "--min-tls" : NULL;
}

int pn_tls_choice_check(const pn_tls_choice *choice, pn_problem *problem)
{
    const char *asking = asking_option(choice);
    if (choice->key != NULL && choice->certificate == NULL)
        return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                              "--key without a certificate: give --cert");
    if (pn_secret_is_given(&choice->key_password) &&
        choice->certificate == NULL)
        return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                              "a key password without a key: give --cert and "
                              "--key");
    if (choice->mode == PNEU_TLS_NONE && asking != NULL)
        return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                              "%s cannot go with --tls none", asking);
    int exit = pn_secret_check(&choice->key_password, &KEY_PASSWORD, problem);
    return exit == PN_EXIT_OK ? check_pins(&choice->pins, problem) : exit;
}

static int fetch_key_password(pn_tls_choice *choice, const char *command,
                              pn_problem *problem)
{
    char line[PN_SECRET_SIZE];
    size_t length = 0;
    if (!pn_secret_is_given(&choice->key_password))
        return PN_EXIT_OK;
    int exit = pn_secret_fetch(&choice->key_password, &KEY_PASSWORD, command,
                               line, &length, problem);
    if (exit == PN_EXIT_OK) {
        choice->fetched = pn_memory_copy_text(line, length);
        if (choice->fetched == NULL)
            exit = pn_problem_no_memory(problem);
    }
    pn_secret_wipe(line, sizeof(line));
    return exit;
}

int pn_tls_choice_fetch(pn_tls_choice *choice, const char *command,
                        pn_problem *problem)
{
    const char *key = choice->key != NULL ? choice->key : choice->certificate;
    const char *key_option = choice->key != NULL ? "--key" : "--cert";
    int exit = pn_pem_file_check("--ca-file", choice->ca_file,
                                 PN_PEM_CERTIFICATE, problem);
    if (exit == PN_EXIT_OK)
        exit = pn_pem_folder_check("--ca-folder", choice->ca_folder, problem);
    if (exit == PN_EXIT_OK)
        exit = pn_pem_file_check("--cert", choice->certificate,
                                 PN_PEM_CERTIFICATE, problem);
    if (exit == PN_EXIT_OK)
        exit = pn_pem_file_check(key_option, key, PN_PEM_KEY, problem);
    if (exit == PN_EXIT_OK)
        exit = fetch_key_password(choice, command, problem);
    if (exit != PN_EXIT_OK)
        return exit;
    const pn_pem_pair pair = {choice->certificate, key, key_option,
                              choice->fetched};
    return pn_pem_pair_check(&pair, problem);
}

pneu_tls_options pn_tls_choice_options(const pn_tls_choice *choice)
{
    return *PNEU_TLS_OPTIONS(.ca_file = choice->ca_file,
                             .ca_folder = choice->ca_folder,
                             .certificate_file = choice->certificate,
                             .key_file = choice->key,
                             .key_password = choice->fetched,
                             .name = choice->name, .sni = choice->sni,
                             .pins = choice->pins.items,
                             .pin_count = choice->pins.count,
                             .minimum = (pneu_tls_version)choice->minimum,
                             .ciphers = choice->ciphers,
                             .ciphersuites = choice->ciphersuites);
}

void pn_tls_choice_finish(pn_tls_choice *choice)
{
    pn_secret_free_text(choice->fetched);
    choice->fetched = NULL;
    pn_list_finish(&choice->pins);
}
