#include "cli/pem_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "cli/exit.h"

static int refuse(const char *option, const char *path, int reason,
                  pn_problem *problem)
{
    return pn_problem_set(problem, PN_EXIT_NO_INPUT, PNEU_SOURCE,
                          "%s: cannot read %s: %s", option, path,
                          strerror(reason));
}

static bool is_of(const char *name, pn_pem_kind kind)
{
    if (kind == PN_PEM_KEY)
        return strstr(name, "PRIVATE KEY") != NULL;
    return strcmp(name, PEM_STRING_X509) == 0 ||
           strcmp(name, PEM_STRING_X509_OLD) == 0 ||
           strcmp(name, PEM_STRING_X509_TRUSTED) == 0;
}

/* A certificate must be one in earnest; a key may be encrypted. */
static bool is_good(const unsigned char *data, long length, pn_pem_kind kind)
{
    if (kind == PN_PEM_KEY)
        return true;
    X509 *certificate = d2i_X509(NULL, &data, length);
    X509_free(certificate);
    return certificate != NULL;
}

static bool holds(FILE *file, pn_pem_kind kind)
{
    bool found = false;
    char *name = NULL;
    char *header = NULL;
    unsigned char *data = NULL;
    long length = 0;
    while (!found && PEM_read(file, &name, &header, &data, &length) == 1) {
        found = is_of(name, kind) && is_good(data, length, kind);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, (size_t)length);
    }
    ERR_clear_error();
    return found;
}

int pn_pem_file_check(const char *option, const char *path, pn_pem_kind kind,
                      pn_problem *problem)
{
    struct stat about;
    if (path == NULL)
        return PN_EXIT_OK;
    if (stat(path, &about) != 0)
        return refuse(option, path, errno, problem);
    if (S_ISDIR(about.st_mode))
        return refuse(option, path, EISDIR, problem);
    if (!S_ISREG(about.st_mode))
        return PN_EXIT_OK;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return refuse(option, path, errno, problem);
    bool found = holds(file, kind);
    fclose(file);
    if (found)
        return PN_EXIT_OK;
    return pn_problem_set(problem, PN_EXIT_DATA, PNEU_INVALID,
                          "%s: %s holds no %s in PEM form", option, path,
                          kind == PN_PEM_KEY ? "private key" : "certificate");
}

int pn_pem_folder_check(const char *option, const char *path,
                        pn_problem *problem)
{
    struct stat about;
    if (path == NULL)
        return PN_EXIT_OK;
    if (stat(path, &about) != 0)
        return refuse(option, path, errno, problem);
    if (!S_ISDIR(about.st_mode))
        return refuse(option, path, ENOTDIR, problem);
    if (access(path, R_OK | X_OK) != 0)
        return refuse(option, path, errno, problem);
    return PN_EXIT_OK;
}

/* Without this OpenSSL would ask at the terminal. */
static int give_password(char *to, int size, int is_writing, void *argument)
{
    const pn_pem_pair *pair = argument;
    size_t length = pair->password != NULL ? strlen(pair->password) : 0;
    (void)is_writing;
    if (length == 0 || length > (size_t)size)
        return -1;
    memcpy(to, pair->password, length);
    return (int)length;
}

static bool is_encrypted(const char *name, const char *header)
{
    return strcmp(name, PEM_STRING_PKCS8) == 0 ||
           strstr(header, "ENCRYPTED") != NULL;
}

/* Of the first private key in the file. */
static bool needs_password(FILE *file)
{
    char *name = NULL;
    char *header = NULL;
    unsigned char *data = NULL;
    long length = 0;
    bool found = false;
    bool needs = false;
    while (!found && PEM_read(file, &name, &header, &data, &length) == 1) {
        found = is_of(name, PN_PEM_KEY);
        needs = found && is_encrypted(name, header);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, (size_t)length);
    }
    ERR_clear_error();
    rewind(file);
    return needs;
}

static int refuse_key(const pn_pem_pair *pair, bool needs, pn_problem *problem)
{
    static const char SOURCES[] = "--key-password-env, --key-password-file or "
                                  "--key-password-command";
    if (needs && pair->password == NULL)
        return pn_problem_set(problem, PN_EXIT_DATA, PNEU_INVALID,
                              "%s: the key in %s is encrypted: give its "
                              "password with %s",
                              pair->key_option, pair->key, SOURCES);
    if (needs)
        return pn_problem_set(problem, PN_EXIT_DATA, PNEU_INVALID,
                              "%s: the key in %s stays closed: its password "
                              "is wrong (%s)",
                              pair->key_option, pair->key, SOURCES);
    return pn_problem_set(problem, PN_EXIT_DATA, PNEU_INVALID,
                          "%s: the private key in %s cannot be understood",
                          pair->key_option, pair->key);
}

static int read_key(const pn_pem_pair *pair, EVP_PKEY **key,
                    pn_problem *problem)
{
    FILE *file = fopen(pair->key, "re");
    if (file == NULL)
        return refuse(pair->key_option, pair->key, errno, problem);
    bool needs = needs_password(file);
    pn_pem_pair asked = *pair;
    *key = PEM_read_PrivateKey(file, NULL, give_password, &asked);
    fclose(file);
    ERR_clear_error();
    return *key != NULL ? PN_EXIT_OK : refuse_key(pair, needs, problem);
}

static bool belongs(const char *path, EVP_PKEY *key)
{
    FILE *file = fopen(path, "re");
    pn_pem_pair none = {.password = NULL};
    X509 *certificate =
        file != NULL ? PEM_read_X509_AUX(file, NULL, give_password, &none)
                     : NULL;
    bool fits =
        certificate != NULL && X509_check_private_key(certificate, key) == 1;
    X509_free(certificate);
    if (file != NULL)
        fclose(file);
    ERR_clear_error();
    return fits;
}

static bool is_plain_file(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

int pn_pem_pair_check(const pn_pem_pair *pair, pn_problem *problem)
{
    EVP_PKEY *key = NULL;
    if (pair->certificate == NULL || !is_plain_file(pair->key))
        return PN_EXIT_OK;
    int exit = read_key(pair, &key, problem);
    if (exit == PN_EXIT_OK && is_plain_file(pair->certificate) &&
        !belongs(pair->certificate, key))
        exit = pn_problem_set(problem, PN_EXIT_DATA, PNEU_INVALID,
                              "%s: the key in %s does not belong to the "
                              "certificate of --cert in %s",
                              pair->key_option, pair->key, pair->certificate);
    EVP_PKEY_free(key);
    return exit;
}
