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
