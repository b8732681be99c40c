#include "sink/users.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/secret.h"
#include "sink/list.h"

enum {
    LINE_MAX_OCTETS = 4096 /* of a password file or a user file */
};

void pn_sink_users_finish(pn_sink_users *users)
{
    for (size_t i = 0; i < users->count; i++) {
        pn_memory_free(users->list[i].name);
        pn_secret_free_text(users->list[i].password);
    }
    pn_memory_free(users->list);
    *users = (pn_sink_users){0};
}

pneu_status pn_sink_users_check(const pn_sink_users *users, pneu_error *error)
{
    if (users->count == 0 || users->list[users->count - 1].password != NULL)
        return PNEU_OK;
    return pn_fail(error, PNEU_INVALID,
                   "the user \"%s\" has no password: give --password-file or "
                   "--password-env after --user",
                   users->list[users->count - 1].name);
}

pneu_status pn_sink_users_add(pn_sink_users *users, const char *name,
                              pneu_error *error)
{
    pneu_status status = pn_sink_users_check(users, error);
    if (status != PNEU_OK)
        return status;
    if (*name == '\0')
        return pn_fail(error, PNEU_INVALID, "a user's name is empty");
    if (pn_sink_users_password(users, name) != NULL)
        return pn_fail(error, PNEU_INVALID, "the user \"%s\" is given twice",
                       name);
    char *copy = pn_memory_copy_text(name, strlen(name));
    pn_sink_user *user =
        copy == NULL
            ? NULL
            : pn_sink_list_add(&users->list, &users->count, sizeof(*user));
    if (user == NULL) {
        pn_memory_free(copy);
        return pn_fail(error, PNEU_NO_MEMORY, "no memory for the users");
    }
    user->name = copy;
    return PNEU_OK;
}

static pneu_status set_password(pn_sink_users *users, const char *password,
                                pneu_error *error)
{
    pn_sink_user *user =
        users->count > 0 ? &users->list[users->count - 1] : NULL;
    if (user == NULL || user->password != NULL)
        return pn_fail(error, PNEU_INVALID,
                       "a password must stand right after its --user");
    if (*password == '\0')
        return pn_fail(error, PNEU_INVALID,
                       "the password of the user \"%s\" is empty", user->name);
    user->password = pn_memory_copy_text(password, strlen(password));
    if (user->password == NULL)
        return pn_fail(error, PNEU_NO_MEMORY, "no memory for the users");
    return PNEU_OK;
}

/* The next line without its line end; false at the end of the file. A line
 * that is too long, or that holds a NUL, sets status. */
static bool read_line(FILE *file, char *line, const char *path,
                      pneu_status *status, pneu_error *error)
{
    if (fgets(line, LINE_MAX_OCTETS, file) == NULL) {
        if (ferror(file) != 0)
            *status = pn_fail_system(error, PNEU_SOURCE, errno,
                                     "cannot read %s", path);
        return false;
    }
    size_t length = strlen(line);
    if (length + 1 == LINE_MAX_OCTETS) {
        *status = pn_fail(error, PNEU_INVALID,
                          "a line in %s is longer than %d octets", path,
                          LINE_MAX_OCTETS - 2);
        return false;
    }
    if (length > 0 && line[length - 1] == '\n')
        line[--length] = '\0';
    if (length > 0 && line[length - 1] == '\r')
        line[--length] = '\0';
    return true;
}

static FILE *open_file(const char *path, pneu_status *status, pneu_error *error)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        *status =
            pn_fail_system(error, PNEU_SOURCE, errno, "cannot open %s", path);
    else
        setvbuf(file, NULL, _IONBF, 0); /* no secret left in its buffer */
    return file;
}

pneu_status pn_sink_users_password_file(pn_sink_users *users, const char *path,
                                        pneu_error *error)
{
    char line[LINE_MAX_OCTETS] = "";
    pneu_status status = PNEU_OK;
    FILE *file = open_file(path, &status, error);
    if (file == NULL)
        return status;
    read_line(file, line, path, &status, error);
    fclose(file);
    if (status == PNEU_OK)
        status = set_password(users, line, error);
    pn_secret_wipe(line, sizeof(line));
    return status;
}

pneu_status pn_sink_users_password_env(pn_sink_users *users,
                                       const char *variable, pneu_error *error)
{
    const char *password = getenv(variable);
    if (password == NULL)
        return pn_fail(error, PNEU_INVALID,
                       "the environment variable %s is not set", variable);
    return set_password(users, password, error);
}

static pneu_status add_line(pn_sink_users *users, char *line, const char *path,
                            unsigned number, pneu_error *error)
{
    if (*line == '\0' || *line == '#')
        return PNEU_OK;
    char *colon = strchr(line, ':');
    if (colon == NULL)
        return pn_fail(error, PNEU_INVALID,
                       "line %u of %s is not name:password", number, path);
    *colon = '\0';
    pneu_status status = pn_sink_users_add(users, line, error);
    if (status == PNEU_OK)
        status = set_password(users, colon + 1, error);
    return status;
}

pneu_status pn_sink_users_read(pn_sink_users *users, const char *path,
                               pneu_error *error)
{
    char line[LINE_MAX_OCTETS];
    pneu_status status = PNEU_OK;
    FILE *file = open_file(path, &status, error);
    if (file == NULL)
        return status;
    unsigned number = 1;
    while (status == PNEU_OK && read_line(file, line, path, &status, error))
        status = add_line(users, line, path, number++, error);
    fclose(file);
    pn_secret_wipe(line, sizeof(line));
    return status;
}

const char *pn_sink_users_password(const pn_sink_users *users, const char *name)
{
    for (size_t i = 0; i < users->count; i++) {
        if (strcmp(users->list[i].name, name) == 0)
            return users->list[i].password;
    }
    return NULL;
}
