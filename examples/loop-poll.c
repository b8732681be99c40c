/* Sends a short letter from an event loop of one's own, made of poll():
 * loop-poll HOST PORT FROM TO [CA-FILE [SECONDS]]
 * With CA-FILE it insists on STARTTLS; SECONDS is how long it waits for each
 * answer. */
#include <pneu/pneu.h>

#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The client never looks a name up by itself: it asks, again for each new
 * connection. */
static void look_up(pneu_client *client)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char address[NI_MAXHOST];

    if (getaddrinfo(pneu_client_lookup_name(client), NULL, &hints, &found) != 0)
        return; /* without addresses the client says what is missing */
    for (struct addrinfo *it = found; it != NULL; it = it->ai_next) {
        if (getnameinfo(it->ai_addr, it->ai_addrlen, address, sizeof(address),
                        NULL, 0, NI_NUMERICHOST) == 0)
            pneu_client_add_address(client, address);
    }
    freeaddrinfo(found);
}

/* A real loop would wait for other things in the same poll(). */
static void wait_for(const pneu_wait *wait)
{
    struct pollfd one = {.fd = wait->descriptor};

    if (wait->events & PNEU_WAIT_READ)
        one.events |= POLLIN;
    if (wait->events & PNEU_WAIT_WRITE)
        one.events |= POLLOUT;
    poll(&one, 1, (int)wait->timeout_ms);
}

/* Takes a call that has just begun to its end. */
static pneu_status finish(pneu_client *client, pneu_status status)
{
    pneu_wait wait;

    while (status == PNEU_AGAIN) {
        status = pneu_client_go_on(client, &wait);
        if (status != PNEU_AGAIN)
            break;
        if (wait.events & PNEU_WAIT_ADDRESSES)
            look_up(client);
        else
            wait_for(&wait);
    }
    return status;
}

static int report(const pneu_client *client, pneu_status status)
{
    const pneu_delivery *result = pneu_client_result(client);

    if (status != PNEU_OK)
        fprintf(stderr, "loop-poll: %s\n", pneu_client_error(client)->message);
    for (size_t i = 0; result != NULL && i < pneu_delivery_count(result); i++) {
        const pneu_outcome *outcome = pneu_delivery_outcome(result, i);
        char words[256];
        pneu_reply_escape(outcome->text, strlen(outcome->text), " ", words,
                          sizeof(words));
        printf("%s: %s: %s\n", outcome->recipient,
               pneu_outcome_name(outcome->kind), words);
    }
    return status == PNEU_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const char LETTER[] = "Subject: From a loop\n\nNobody waited.\n";
    pneu_client *client;
    pneu_error error;

    if (argc < 5) {
        fprintf(stderr, "usage: loop-poll HOST PORT FROM TO "
                        "[CA-FILE [SECONDS]]\n");
        return 64;
    }
    /* 0 is the default: minutes, as RFC 5321 4.5.3.2 says */
    int64_t seconds = argc > 6 ? (int64_t)strtoul(argv[6], NULL, 10) : 0;
    if (pneu_client_new(
            &client,
            PNEU_CLIENT_OPTIONS(
                    .host = argv[1],
                    .port = (uint16_t)strtoul(argv[2], NULL, 10),
                    .tls = argc > 5 ? PNEU_TLS_STARTTLS : PNEU_TLS_AUTO,
                    .tls_options = PNEU_TLS_OPTIONS(.ca_file = argv[5]),
                    .timeout_ms = seconds * 1000, .non_blocking = true),
            &error) != PNEU_OK) {
        fprintf(stderr, "loop-poll: %s\n", error.message);
        return 1;
    }

    /* what a call is given must stay until it is over */
    const char *to = argv[4];
    pneu_envelope envelope = {.size = sizeof(envelope),
                              .sender = argv[3],
                              .recipients = &to,
                              .recipient_count = 1};
    pneu_status status = pneu_client_sendmail(
        client, &envelope,
        PNEU_MESSAGE(.data = LETTER, .length = strlen(LETTER)), NULL);
    status = finish(client, status);
    int result = report(client, status);
    if (status == PNEU_OK)
        finish(client, pneu_client_quit(client, NULL));
    pneu_client_free(client);
    return result;
}
