#include "cli/proxy.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "cli/exit.h"

static int refuse(const char *option, const char *reason, pn_problem *problem)
{
    return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                          "the URL of %s %s", option, reason);
}

static int check(const char *option, const char *url, pn_problem *problem)
{
    pn_span all = pn_span_of(url);
    const char *authority = strstr(url, "://");
    if (strpbrk(url, "\r\n") != NULL)
        return refuse(option, "holds a line break", problem);
    if (!pn_span_starts_nocase(all, PN_SPAN("socks5://")) &&
        !pn_span_starts_nocase(all, PN_SPAN("socks5h://")) &&
        !pn_span_starts_nocase(all, PN_SPAN("http://")))
        return refuse(option,
                      "must begin with socks5:// or http://, as in "
                      "socks5://localhost:1080",
                      problem);
    if (authority[3] == '\0')
        return refuse(option, "names no host", problem);
    return PN_EXIT_OK;
}

int pn_proxy_find(const char **url, const char *variable, pn_problem *problem)
{
    if (variable == NULL)
        return *url != NULL ? check("--proxy", *url, problem) : PN_EXIT_OK;
    if (*url != NULL)
        return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                              "give --proxy or --proxy-env, not both");
    *url = getenv(variable);
    if (*url == NULL)
        return pn_problem_set(problem, PN_EXIT_USAGE, PNEU_INVALID,
                              "the environment variable %s of --proxy-env is "
                              "not set",
                              variable);
    return check("--proxy-env", *url, problem);
}
