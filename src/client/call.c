#include "client/call.h"

#include <limits.h>
#include <poll.h>

#include "base/fail.h"
#include "transport/clock.h"

pneu_status pn_call_begin(pneu_client *client, const pneu_reply **reply)
{
    if (reply != NULL)
        *reply = NULL;
    if (client->step != NULL) /* whose error and reply are left alone */
        return pn_fail(&client->misuse, PNEU_MISUSE,
                       "another call is under way: go on with it first");
    client->misuse = (pneu_error){.status = PNEU_OK};
    client->error = (pneu_error){.status = PNEU_OK};
    client->broken = (pneu_error){.status = PNEU_OK};
    client->reached = (pneu_error){.status = PNEU_OK};
    client->has_reply = false;
    client->reply = (pneu_reply){0};
    client->single_done = false;
    client->single_outcome = PNEU_OUTCOME_NOT_TRIED;
    client->is_cancelled = false;
    return PNEU_OK;
}

int64_t pn_call_earlier(int64_t a, int64_t b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

pneu_status pn_call_wait(pneu_client *client, pn_wait_kind kind, short events,
                         int64_t deadline_ms)
{
    client->wait = (pn_wait){
        kind, events, pn_call_earlier(deadline_ms, client->deadline_at_ms)};
    return PNEU_AGAIN;
}

bool pn_call_is_cancelled(pneu_client *client)
{
    bool is_called = pn_wake_take(&client->wake);
    client->is_cancelled |= is_called;
    return is_called;
}

bool pn_call_is_too_late(const pneu_client *client)
{
    return client->deadline_at_ms >= 0 &&
           pn_clock_now_ms() >= client->deadline_at_ms;
}

bool pn_call_is_phase_over(const pneu_client *client)
{
    return pn_clock_now_ms() >= client->phase_end_ms ||
           pn_call_is_too_late(client);
}

int64_t pn_call_phase_end(const pneu_client *client, int64_t own_ms,
                          int64_t usual_ms)
{
    int64_t patience = own_ms > 0 ? own_ms
                       : client->settings.timeout_ms > 0
                           ? client->settings.timeout_ms
                           : usual_ms;
    return pn_clock_now_ms() + patience;
}

/* What poll() takes to wait until then; -1: without end. */
static int poll_ms(int64_t deadline_ms)
{
    if (deadline_ms < 0)
        return -1;
    int64_t left = deadline_ms - pn_clock_now_ms();
    return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* Waits as the last step said, or for a cancel. */
static void wait_here(const pneu_client *client)
{
    struct pollfd polls[PN_ADDRESSES_MAX + 2];
    size_t count = 0;
    if (client->wait.kind == PN_WAIT_ATTEMPTS)
        count = pn_connector_polls(&client->connector, polls);
    else
        polls[count++] =
            (struct pollfd){.fd = pn_stream_descriptor(client->stream),
                            .events = client->wait.events};
    polls[count++] = (struct pollfd){.fd = pn_wake_descriptor(&client->wake),
                                     .events = POLLIN};
    /* whatever it says, the next step finds out */
    (void)poll(polls, (nfds_t)count, poll_ms(client->wait.deadline_ms));
}

static pneu_status take_step(pneu_client *client)
{
    pneu_status status = client->step(client);
    if (status != PNEU_AGAIN)
        client->step = NULL;
    return status;
}

pneu_status pn_call_run(pneu_client *client, pn_step *step,
                        const pneu_reply **reply)
{
    client->step = step;
    pneu_status status = take_step(client);
    while (status == PNEU_AGAIN && !client->settings.non_blocking) {
        wait_here(client);
        status = take_step(client);
    }
    if (status != PNEU_AGAIN && reply != NULL && client->has_reply)
        *reply = &client->reply;
    return status;
}

static unsigned public_events(short events)
{
    unsigned set = 0;
    if ((events & POLLIN) != 0)
        set |= PNEU_WAIT_READ;
    if ((events & POLLOUT) != 0)
        set |= PNEU_WAIT_WRITE;
    return set;
}

/* The system gives the number of a closed descriptor to the next one. */
static void note_change(pneu_client *client, pneu_wait *wait)
{
    size_t number = client->dials * PN_ADDRESSES_MAX + client->connector.begun;
    wait->has_changed = wait->descriptor != client->reported ||
                        number != client->reported_number;
    client->reported = wait->descriptor;
    client->reported_number = number;
}

/* Fills in what an event loop is to wait for. */
static void tell_wait(pneu_client *client, pneu_wait *wait)
{
    const pn_wait *own = &client->wait;
    int64_t now = pn_clock_now_ms();
    int64_t deadline = own->deadline_ms;
    *wait = (pneu_wait){.descriptor = -1};
    if (own->kind == PN_WAIT_ADDRESSES) {
        wait->events = PNEU_WAIT_ADDRESSES;
        client->has_asked_addresses = true;
    } else if (own->kind == PN_WAIT_ATTEMPTS) {
        wait->events = PNEU_WAIT_WRITE;
        wait->descriptor = pn_connector_newest(&client->connector);
        deadline = pn_call_earlier(
            deadline, pn_connector_newest_next_ms(&client->connector, now));
    } else {
        wait->events = public_events(own->events);
        wait->descriptor = pn_stream_descriptor(client->stream);
    }
    if (wait->descriptor < 0)
        wait->events &= PNEU_WAIT_ADDRESSES;
    note_change(client, wait);
    wait->timeout_ms = deadline < 0 ? -1 : deadline > now ? deadline - now : 0;
}

pneu_status pneu_client_go_on(pneu_client *client, pneu_wait *wait)
{
    *wait = (pneu_wait){.descriptor = -1, .timeout_ms = -1};
    client->misuse = (pneu_error){.status = PNEU_OK};
    if (client->step == NULL)
        return pn_fail(&client->misuse, PNEU_MISUSE, "no call is under way");
    pneu_status status = take_step(client);
    if (status == PNEU_AGAIN)
        tell_wait(client, wait);
    return status;
}

const pneu_reply *pneu_client_reply(const pneu_client *client)
{
    return client->has_reply && client->step == NULL ? &client->reply : NULL;
}
