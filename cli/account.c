#include "cli/account.h"

#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/secret.h"
#include "cli/exit.h"
#include "cli/prompt.h"

static const pn_secret_name PASSWORD = {"--password", "password"};
static const pn_secret_name TOKEN = {"--token", "token"};

enum {
    NAMES_MAX = 64 * 1024
};

#define SOURCES "--password-env, --password-file or --password-command"

static const pn_span WITHOUT_PASSWORD[] = {
    {"EXTERNAL", 8}, {"ANONYMOUS", 9}, {"GSSAPI", 6}, {NULL, 0}};
static const pn_span WITH_TOKEN[] = {
    {"OAUTHBEARER", 11}, {"XOAUTH2", 7}, {NULL, 0}};

static int usage_problem(pn_problem *problem, const char *sentence)
{
    return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID, "%s", sentence);
}

static bool is_among(pn_span name, const pn_span *names)
{
    for (; names->data != NULL; names++) {
        if (pn_span_equal_nocase(name, *names))
            return true;
    }
    return false;
}

/* How many of the mechanisms that were named are among names; one value may
 * name several, with blanks between. */
static size_t count_among(const pn_list *mechanisms, const pn_span *names,
                          size_t *total)
{
    size_t found = 0;
    *total = 0;
    for (size_t i = 0; i < mechanisms->count; i++) {
        pn_span rest = pn_span_of(mechanisms->items[i]);
        pn_span word;
        while (pn_span_next_word(&rest, &word)) {
            (*total)++;
            found += is_among(word, names) ? 1 : 0;
        }
    }
    return found;
}

bool pn_account_are_given(const pn_account *account)
{
    return account->user != NULL || account->mechanisms.count > 0 ||
           pn_secret_is_given(&account->token);
}

bool pn_account_is_anonymous(const pn_account *account)
{
    static const pn_span ANONYMOUS[] = {{"ANONYMOUS", 9}, {NULL, 0}};
    size_t total = 0;
    size_t found = count_among(&account->mechanisms, ANONYMOUS, &total);
    return total > 0 && found == total;
}

static bool needs_password(const pn_account *account)
{
    size_t total = 0;
    size_t without =
        count_among(&account->mechanisms, WITHOUT_PASSWORD, &total);
    return account->user != NULL && !pn_secret_is_given(&account->token) &&
           (total == 0 || without < total);
}

static int check_mechanisms(const pn_account *account, pn_problem *problem)
{
    const pn_list *named = &account->mechanisms;
    size_t total = 0;
    if (named->count == 0)
        return PN_EXIT_OK;
    if (pn_secret_is_given(&account->token) &&
        count_among(named, WITH_TOKEN, &total) == 0)
        return usage_problem(problem, "a token is for --mechanism OAUTHBEARER "
                                      "or XOAUTH2");
    if (account->user == NULL && !pn_secret_is_given(&account->token) &&
        count_among(named, WITHOUT_PASSWORD, &total) == 0)
        return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                              "--mechanism %.40s needs --user",
                              named->items[0]);
    return PN_EXIT_OK;
}

static int check_sources(const pn_account *account, pn_problem *problem)
{
    bool has_password = pn_secret_is_given(&account->password);
    int exit = pn_secret_check(&account->password, &PASSWORD, problem);
    if (exit == PN_EXIT_OK)
        exit = pn_secret_check(&account->token, &TOKEN, problem);
    if (exit != PN_EXIT_OK)
        return exit;
    if (has_password && pn_secret_is_given(&account->token))
        return usage_problem(problem, "give a password or a token, not both");
    if (has_password && account->user == NULL)
        return usage_problem(problem, "a password without a user: give --user");
    if (needs_password(account) && !has_password && !pn_prompt_is_possible())
        return usage_problem(problem, "--user needs a password: give " SOURCES);
    return PN_EXIT_OK;
}

/* As the library wants them: with blanks between. */
static int join_mechanisms(pn_account *account, pn_problem *problem)
{
    const pn_list *named = &account->mechanisms;
    pn_buffer line;
    pneu_status status = PNEU_OK;
    if (named->count == 0 || account->mechanism_line != NULL)
        return PN_EXIT_OK;
    pn_buffer_init(&line, NAMES_MAX);
    for (size_t i = 0; i < named->count && status == PNEU_OK; i++) {
        if (i > 0)
            status = pn_buffer_append_char(&line, ' ');
        if (status == PNEU_OK)
            status = pn_buffer_append_text(&line, named->items[i]);
    }
    pn_span all = pn_buffer_span(&line);
    if (status == PNEU_OK)
        account->mechanism_line = pn_memory_copy_text(all.data, all.length);
    pn_buffer_finish(&line);
    if (status == PNEU_TOO_LARGE)
        return usage_problem(problem, "the names of --mechanism are too long");
    return account->mechanism_line != NULL ? PN_EXIT_OK
                                           : pn_problem_no_memory(problem);
}

int pn_account_check(pn_account *account, pn_problem *problem)
{
    int exit = check_sources(account, problem);
    if (exit == PN_EXIT_OK)
        exit = check_mechanisms(account, problem);
    if (exit == PN_EXIT_OK && account->authorization != NULL &&
        !pn_account_are_given(account))
        exit = usage_problem(problem, "--authorize-as needs --user");
    if (exit == PN_EXIT_OK)
        exit = join_mechanisms(account, problem);
    return exit;
}

static int ask(const char *user, char *line, size_t *length,
               pn_problem *problem)
{
    pn_problem question = {0};
    pn_problem_set(&question, PN_EXIT_OK, PNEU_OK,
                   "Password for %.200s: ", user);
    if (!pn_prompt_secret(question.error.message, line, PN_SECRET_SIZE))
        return usage_problem(problem, "no password was given");
    *length = strlen(line);
    return PN_EXIT_OK;
}

static int fetch(const pn_account *account, const char *command, char *line,
                 size_t *length, pn_problem *problem)
{
    if (pn_secret_is_given(&account->token))
        return pn_secret_fetch(&account->token, &TOKEN, command, line, length,
                               problem);
    if (pn_secret_is_given(&account->password))
        return pn_secret_fetch(&account->password, &PASSWORD, command, line,
                               length, problem);
    return ask(account->user, line, length, problem);
}

int pn_account_fetch(pn_account *account, const char *command,
                     pn_problem *problem)
{
    char line[PN_SECRET_SIZE] = "";
    size_t length = 0;
    account->command = command;
    if (!pn_secret_is_given(&account->token) &&
        !pn_secret_is_given(&account->password) && !needs_password(account))
        return PN_EXIT_OK;
    int exit = fetch(account, command, line, &length, problem);
    if (exit == PN_EXIT_OK) {
        account->fetched = pn_memory_copy_text(line, length);
        if (account->fetched == NULL)
            exit = pn_problem_no_memory(problem);
    }
    pn_secret_wipe(line, sizeof(line));
    return exit;
}

pneu_status pn_account_token(void *context, bool was_refused,
                             pneu_answer *token)
{
    pn_account *account = context;
    char line[PN_SECRET_SIZE] = "";
    size_t length = 0;
    if (!was_refused)
        return pneu_answer_set(token, account->fetched,
                               strlen(account->fetched));
    int exit = pn_secret_fetch(&account->token, &TOKEN, account->command, line,
                               &length, &account->no_token);
    pneu_status status = exit == PN_EXIT_OK
                             ? pneu_answer_set(token, line, length)
                             : account->no_token.error.status;
    pn_secret_wipe(line, sizeof(line));
    return status;
}

void pn_account_finish(pn_account *account)
{
    pn_secret_free_text(account->fetched);
    pn_memory_free(account->mechanism_line);
    pn_list_finish(&account->mechanisms);
    account->fetched = NULL;
    account->mechanism_line = NULL;
}
