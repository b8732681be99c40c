/* Sends a short letter from a libuv loop, which goes on ticking meanwhile:
 * loop-uv HOST PORT FROM TO [CA-FILE [SECONDS]]
 * With CA-FILE it insists on STARTTLS; SECONDS is how long it waits for each
 * answer. */
#include <pneu/pneu.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

typedef struct sender {
    pneu_client *client;
    uv_loop_t *loop;
    uv_poll_t *poll; /* of the client's descriptor; NULL: none */
    uv_timer_t timer;
    uv_getaddrinfo_t lookup;
    bool is_quitting;
    pneu_status status;
} sender;

static void go_on(sender *self);

static void free_poll(uv_handle_t *handle)
{
    free(handle);
}

static void drop_poll(sender *self)
{
    if (self->poll == NULL)
        return;
    uv_poll_stop(self->poll);
    uv_close((uv_handle_t *)self->poll, free_poll);
    self->poll = NULL;
}

static void is_ready(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    go_on(poll->data);
}

static void is_time(uv_timer_t *timer)
{
    go_on(timer->data);
}

static void has_found(uv_getaddrinfo_t *lookup, int status,
                      struct addrinfo *found)
{
    sender *self = lookup->data;
    char address[64];

    (void)status; /* without addresses the client says what is missing */
    for (struct addrinfo *it = found; it != NULL; it = it->ai_next) {
        int result = it->ai_family == AF_INET
                         ? uv_ip4_name((const struct sockaddr_in *)it->ai_addr,
                                       address, sizeof(address))
                         : uv_ip6_name((const struct sockaddr_in6 *)it->ai_addr,
                                       address, sizeof(address));
        if (result == 0)
            pneu_client_add_address(self->client, address);
    }
    uv_freeaddrinfo(found);
    go_on(self);
}

static void look_up(sender *self)
{
    static const struct addrinfo HINTS = {.ai_socktype = SOCK_STREAM};

    self->lookup.data = self;
    uv_getaddrinfo(self->loop, &self->lookup, has_found,
                   pneu_client_lookup_name(self->client), NULL, &HINTS);
}

/* Waits for what the client wants; then go_on() is called again. */
static void wait_for(sender *self, const pneu_wait *wait)
{
    int events = 0;

    if (wait->has_changed)
        drop_poll(self);
    if (wait->events & PNEU_WAIT_READ)
        events |= UV_READABLE;
    if (wait->events & PNEU_WAIT_WRITE)
        events |= UV_WRITABLE;
    if (wait->descriptor >= 0 && self->poll == NULL) {
        self->poll = calloc(1, sizeof(*self->poll));
        if (self->poll == NULL)
            abort();
        uv_poll_init(self->loop, self->poll, wait->descriptor);
        self->poll->data = self;
    }
    if (self->poll != NULL)
        uv_poll_start(self->poll, events, is_ready);
    if (wait->events & PNEU_WAIT_ADDRESSES)
        look_up(self);
    else if (wait->timeout_ms >= 0)
        uv_timer_start(&self->timer, is_time, (uint64_t)wait->timeout_ms, 0);
    else
        uv_timer_stop(&self->timer);
}

static void report(const sender *self)
{
    const pneu_delivery *result = pneu_client_result(self->client);

    if (self->status != PNEU_OK)
        fprintf(stderr, "loop-uv: %s\n",
                pneu_client_error(self->client)->message);
    for (size_t i = 0; result != NULL && i < pneu_delivery_count(result); i++) {
        const pneu_outcome *outcome = pneu_delivery_outcome(result, i);
        printf("%s: %s\n", outcome->recipient,
               pneu_outcome_name(outcome->kind));
    }
}

/* The descriptor is about to be closed, or the work is done. */
static void stop(sender *self)
{
    drop_poll(self);
    uv_timer_stop(&self->timer);
    uv_close((uv_handle_t *)&self->timer, NULL);
}

/* It was over before it had to wait. */
static void stop_with_report(sender *self)
{
    report(self);
    stop(self);
}

static void go_on(sender *self)
{
    pneu_wait wait;
    pneu_status status = pneu_client_go_on(self->client, &wait);

    if (status != PNEU_AGAIN && !self->is_quitting) {
        self->is_quitting = true;
        self->status = status;
        report(self);
        if (status == PNEU_OK &&
            pneu_client_quit(self->client, NULL) == PNEU_AGAIN)
            status = pneu_client_go_on(self->client, &wait);
    }
    if (status == PNEU_AGAIN)
        wait_for(self, &wait);
    else
        stop(self);
}

int main(int argc, char **argv)
{
    static const char LETTER[] = "Subject: From a loop\n\nNobody waited.\n";
    uv_loop_t loop;
    sender self = {.loop = &loop};
    pneu_error error;

    if (argc < 5) {
        fprintf(stderr, "usage: loop-uv HOST PORT FROM TO "
                        "[CA-FILE [SECONDS]]\n");
        return 64;
    }
    /* 0 is the default: minutes, as RFC 5321 4.5.3.2 says */
    int64_t seconds = argc > 6 ? (int64_t)strtoul(argv[6], NULL, 10) : 0;
    if (pneu_client_new(
            &self.client,
            PNEU_CLIENT_OPTIONS(
                    .host = argv[1],
                    .port = (uint16_t)strtoul(argv[2], NULL, 10),
                    .tls = argc > 5 ? PNEU_TLS_STARTTLS : PNEU_TLS_AUTO,
                    .tls_options = PNEU_TLS_OPTIONS(.ca_file = argv[5]),
                    .timeout_ms = seconds * 1000, .non_blocking = true),
            &error) != PNEU_OK) {
        fprintf(stderr, "loop-uv: %s\n", error.message);
        return 1;
    }
    uv_loop_init(&loop);
    uv_timer_init(&loop, &self.timer);
    self.timer.data = &self;

    /* what a call is given must stay until it is over */
    const char *to = argv[4];
    pneu_envelope envelope = {.size = sizeof(envelope),
                              .sender = argv[3],
                              .recipients = &to,
                              .recipient_count = 1};
    pneu_status status = pneu_client_sendmail(
        self.client, &envelope,
        PNEU_MESSAGE(.data = LETTER, .length = strlen(LETTER)), NULL);
    self.status = status;
    if (status == PNEU_AGAIN)
        go_on(&self);
    else
        stop_with_report(&self);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    pneu_client_free(self.client);
    return self.status == PNEU_OK ? 0 : 1;
}
