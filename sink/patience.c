#include "sink/patience.h"

void pn_sink_patience_add(pn_sink_patience *list, pn_sink_waiter *waiter,
                          int64_t now_ms)
{
    waiter->until_ms = now_ms + list->time_ms;
    waiter->after = NULL;
    waiter->before = list->last;
    if (list->last != NULL)
        list->last->after = waiter;
    else
        list->first = waiter;
    list->last = waiter;
}

void pn_sink_patience_remove(pn_sink_patience *list, pn_sink_waiter *waiter)
{
    if (waiter->before != NULL)
        waiter->before->after = waiter->after;
    else
        list->first = waiter->after;
    if (waiter->after != NULL)
        waiter->after->before = waiter->before;
    else
        list->last = waiter->before;
    waiter->before = NULL;
    waiter->after = NULL;
}

void pn_sink_patience_renew(pn_sink_patience *list, pn_sink_waiter *waiter,
                            int64_t now_ms)
{
    pn_sink_patience_remove(list, waiter);
    pn_sink_patience_add(list, waiter, now_ms);
}

pn_sink_waiter *pn_sink_patience_expired(const pn_sink_patience *list,
                                         int64_t now_ms)
{
    if (list->first == NULL || list->first->until_ms > now_ms)
        return NULL;
    return list->first;
}

int64_t pn_sink_patience_left(const pn_sink_patience *list, int64_t now_ms,
                              int64_t limit_ms)
{
    if (list->first == NULL)
        return limit_ms;
    int64_t left = list->first->until_ms - now_ms;
    left = left > 0 ? left : 0;
    return limit_ms >= 0 && limit_ms < left ? limit_ms : left;
}
