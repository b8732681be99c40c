#include "transport/lookup.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"

/* Shared by the thread and the one who waits: the last one frees it. */
typedef struct lookup {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_done;
    bool is_abandoned;
    char *host;
    char service[8];
    int code;
    int system_error;
    struct addrinfo *results;
} lookup;

static void free_lookup(lookup *it)
{
    if (it->results != NULL)
        freeaddrinfo(it->results);
    pthread_mutex_destroy(&it->mutex);
    pthread_cond_destroy(&it->changed);
    pn_memory_free(it->host);
    pn_memory_free(it);
}

static lookup *new_lookup(const char *host, const char *service)
{
    pthread_condattr_t attributes;
    lookup *it = pn_memory_new(1, sizeof(*it));
    if (it == NULL)
        return NULL;
    it->host = pn_memory_copy_text(host, strlen(host));
    size_t length = strlen(service);
    if (it->host == NULL || length >= sizeof(it->service)) {
        pn_memory_free(it->host);
        pn_memory_free(it);
        return NULL;
    }
    memcpy(it->service, service, length + 1);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&it->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&it->mutex, NULL);
    return it;
}

static void *run(void *argument)
{
    lookup *it = argument;
    struct addrinfo *results = NULL;
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV};
    int code = getaddrinfo(it->host, it->service, &hints, &results);
    int system_error = errno;
    pthread_mutex_lock(&it->mutex);
    it->code = code;
    it->system_error = system_error;
    it->results = code == 0 ? results : NULL;
    it->is_done = true;
    bool abandoned = it->is_abandoned;
    pthread_cond_signal(&it->changed);
    pthread_mutex_unlock(&it->mutex);
    if (abandoned)
        free_lookup(it);
    return NULL;
}

/* The program's signals are not for this thread. */
static bool start(lookup *it)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all;
    sigset_t before;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int result = pthread_create(&thread, &attributes, run, it);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return result == 0;
}

/* True if it was done in time. Otherwise it belongs to the thread. */
static bool wait_until(lookup *it, int64_t end_ms)
{
    struct timespec end = {.tv_sec = (time_t)(end_ms / 1000),
                           .tv_nsec = (long)(end_ms % 1000 * 1000000)};
    int result = 0;
    pthread_mutex_lock(&it->mutex);
    while (!it->is_done && result == 0)
        result = pthread_cond_timedwait(&it->changed, &it->mutex, &end);
    bool done = it->is_done;
    it->is_abandoned = !done;
    pthread_mutex_unlock(&it->mutex);
    return done;
}

int pn_lookup(const char *host, const char *service, int64_t end_ms,
              struct addrinfo **results, int *system_error)
{
    lookup *it = new_lookup(host, service);
    if (it == NULL)
        return EAI_MEMORY;
    if (!start(it)) {
        free_lookup(it);
        return EAI_MEMORY;
    }
    if (!wait_until(it, end_ms))
        return PN_LOOKUP_TOO_LATE;
    int code = it->code;
    *system_error = it->system_error;
    *results = it->results;
    it->results = NULL;
    free_lookup(it);
    return code;
}
