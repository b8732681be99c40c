#include "sink/loop.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"

enum {
    EVENTS_AT_ONCE = 256
};

static int64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

pneu_status pn_sink_loop_open(pn_sink_loop *loop, pneu_error *error)
{
    loop->now_ms = clock_ms();
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll < 0)
        return pn_fail_system(error, PNEU_SYSTEM, errno,
                              "cannot make an epoll instance");
    return PNEU_OK;
}

void pn_sink_loop_close(pn_sink_loop *loop)
{
    if (loop->epoll >= 0)
        close(loop->epoll);
    loop->epoll = -1;
}

bool pn_sink_loop_watch(pn_sink_loop *loop, pn_sink_source *source,
                        unsigned events)
{
    if (events == source->watched)
        return true;
    int operation = source->watched == 0 ? EPOLL_CTL_ADD
                    : events == 0        ? EPOLL_CTL_DEL
                                         : EPOLL_CTL_MOD;
    struct epoll_event event = {.data.ptr = source};
    if ((events & PN_SINK_READABLE) != 0)
        event.events |= EPOLLIN;
    if ((events & PN_SINK_WRITABLE) != 0)
        event.events |= EPOLLOUT;
    if (epoll_ctl(loop->epoll, operation, source->file, &event) != 0)
        return false;
    source->watched = events;
    return true;
}

bool pn_sink_loop_turn(pn_sink_loop *loop, int64_t timeout_ms)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int timeout = timeout_ms < 0         ? -1
                  : timeout_ms > INT_MAX ? INT_MAX
                                         : (int)timeout_ms;
    int count = epoll_wait(loop->epoll, events, EVENTS_AT_ONCE, timeout);
    loop->now_ms = clock_ms();
    if (count < 0)
        return errno == EINTR;
    for (int i = 0; i < count; i++) {
        pn_sink_source *source = events[i].data.ptr;
        source->ready(source, events[i].events);
    }
    return true;
}
