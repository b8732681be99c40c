#include "cli/ca_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "cli/exit.h"

static int refuse(const char *path, int reason, pn_problem *problem)
{
    return pn_problem_set(problem, PN_EXIT_NO_INPUT, PNEU_SOURCE,
                          "--ca-file: cannot read %s: %s", path,
                          strerror(reason));
}

static bool has_certificate(FILE *file)
{
    X509 *certificate = PEM_read_X509_AUX(file, NULL, NULL, NULL);
    bool found = certificate != NULL;
    X509_free(certificate);
    ERR_clear_error();
    return found;
}

int pn_ca_file_check(const char *path, pn_problem *problem)
{
    struct stat about;
    if (path == NULL)
        return PN_EXIT_OK;
    if (stat(path, &about) != 0)
        return refuse(path, errno, problem);
    if (S_ISDIR(about.st_mode))
        return refuse(path, EISDIR, problem);
    if (!S_ISREG(about.st_mode))
        return PN_EXIT_OK;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return refuse(path, errno, problem);
    bool found = has_certificate(file);
    fclose(file);
    if (found)
        return PN_EXIT_OK;
    return pn_problem_set(problem, PN_EXIT_DATA, PNEU_INVALID,
                          "--ca-file: %s holds no certificate in PEM form",
                          path);
}
