/*
 * Makes the calls of the blocking client that standard input tells, a line
 * each, words apart by tabs, and prints what each returned: name, status,
 * code, text, apart by tabs. Options are the arguments, as name=value.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pneu/pneu.h>

enum {
    WORDS_MAX = 64,
    LINE_SIZE = 8192,
    TEXT_SIZE = 4096
};

typedef struct words {
    const char *at[WORDS_MAX + 1];
    size_t count;
} words;

typedef void call_function(pneu_client *client, const words *given);

typedef struct call {
    const char *name;
    call_function *run;
} call;

static volatile sig_atomic_t pipe_signals;

static void count_pipe_signal(int number)
{
    (void)number;
    pipe_signals++;
}

static const char *word(const words *given, size_t i)
{
    return i < given->count && *given->at[i] ? given->at[i] : NULL;
}

static void report(const words *given, pneu_status status,
                   const pneu_reply *reply)
{
    char text[TEXT_SIZE] = "";

    if (reply)
        pneu_reply_escape(reply->text, reply->text_length, " / ", text,
                          sizeof text);
    printf("%s\t%s\t%d\t%s\n", given->at[0], pneu_status_name(status),
           reply ? reply->code : 0, text);
}

#define PLAIN_CALL(name)                                         \
    static void name(pneu_client *client, const words *given)    \
    {                                                            \
        const pneu_reply *reply = NULL;                          \
        pneu_status status = pneu_client_##name(client, &reply); \
                                                                 \
        report(given, status, reply);                            \
    }

PLAIN_CALL(connect)
PLAIN_CALL(ehlo)
PLAIN_CALL(helo)
PLAIN_CALL(starttls)
PLAIN_CALL(rset)
PLAIN_CALL(noop)
PLAIN_CALL(quit)

static void open_all(pneu_client *client, const words *given)
{
    report(given, pneu_client_open(client), NULL);
}

static void login(pneu_client *client, const words *given)
{
    const pneu_reply *reply = NULL;
    pneu_status status =
        pneu_client_login(client, word(given, 1), word(given, 2), &reply);

    report(given, status, reply);
}

static void has_extension(pneu_client *client, const words *given)
{
    const char *parameters = pneu_client_extension(client, given->at[1]);

    printf("%s\t%s\t%d\t%s\n", given->at[0], given->at[1],
           pneu_client_has_extension(client, given->at[1]),
           parameters ? parameters : "(none)");
}

static void mail(pneu_client *client, const words *given)
{
    const pneu_reply *reply = NULL;
    const char *raw = word(given, 2);
    pneu_status status = pneu_client_mail(
        client, given->at[1], PNEU_MAIL_PARAMETERS(.raw = raw), &reply);

    report(given, status, reply);
}

static void rcpt(pneu_client *client, const words *given)
{
    const pneu_reply *reply = NULL;
    pneu_status status =
        pneu_client_rcpt(client, given->at[1], word(given, 2), &reply);

    report(given, status, reply);
}

static void data(pneu_client *client, const words *given)
{
    const pneu_reply *reply = NULL;
    pneu_status status =
        pneu_client_data(client, given->at[1], strlen(given->at[1]), &reply);

    report(given, status, reply);
}

/* big, octets: DATA with a message of so many octets, in short lines. */
static void big(pneu_client *client, const words *given)
{
    size_t length = strtoul(given->at[1], NULL, 10);
    char *content = malloc(length);
    const pneu_reply *reply = NULL;
    pneu_status status;

    if (!content)
        exit(3);
    for (size_t i = 0; i < length; i++)
        content[i] = i % 64 == 63 ? '\n' : 'x';
    status = pneu_client_data(client, content, length, &reply);
    report(given, status, reply);
    free(content);
}

static void verify(pneu_client *client, const words *given)
{
    const pneu_reply *reply = NULL;
    pneu_status status = pneu_client_verify(client, given->at[1], &reply);

    report(given, status, reply);
}

static void command(pneu_client *client, const words *given)
{
    const pneu_reply *reply = NULL;
    pneu_status status = pneu_client_command(client, given->at[1], &reply);

    report(given, status, reply);
}

static void show_outcome(const pneu_outcome *outcome)
{
    char text[TEXT_SIZE];

    pneu_reply_escape(outcome->text, strlen(outcome->text), " / ", text,
                      sizeof text);
    printf("outcome\t%s\t%s\t%s\t%d\t%s\n", outcome->recipient,
           pneu_outcome_name(outcome->kind),
           pneu_command_name(outcome->command), outcome->code, text);
}

/* sendmail, sender, MAIL's parameters, RCPT's parameters, message,
 * recipients… */
static void sendmail(pneu_client *client, const words *given)
{
    const pneu_delivery *result = NULL;
    pneu_status status = pneu_client_sendmail(
        client,
        PNEU_ENVELOPE(.sender = given->at[1], .mail_parameters = word(given, 2),
                      .rcpt_parameters = word(given, 3),
                      .recipients = given->at + 5,
                      .recipient_count = given->count - 5),
        PNEU_MESSAGE(.data = given->at[4], .length = strlen(given->at[4])),
        &result);

    report(given, status, NULL);
    for (size_t i = 0; result && i < pneu_delivery_count(result); i++)
        show_outcome(pneu_delivery_outcome(result, i));
}

static void close_line(pneu_client *client, const words *given)
{
    pneu_client_close(client);
    report(given, PNEU_OK, NULL);
}

static void connected(pneu_client *client, const words *given)
{
    printf("%s\t\t%d\t\n", given->at[0], pneu_client_is_connected(client));
}

static void protection(pneu_client *client, const words *given)
{
    printf("%s\t\t%d\t\n", given->at[0], (int)pneu_client_protection(client));
}

static void error(pneu_client *client, const words *given)
{
    const pneu_error *failure = pneu_client_error(client);

    printf("%s\t%s\t%d\t%s\n", given->at[0], pneu_status_name(failure->status),
           failure->reply_code, failure->message);
}

static void signals(pneu_client *client, const words *given)
{
    struct sigaction now;

    (void)client;
    sigaction(SIGPIPE, NULL, &now);
    printf("%s\t%s\t%d\t\n", given->at[0],
           now.sa_handler == count_pipe_signal ? "untouched" : "changed",
           (int)pipe_signals);
}

static const call calls[] = {
    {"connect", connect},
    {"open", open_all},
    {"ehlo", ehlo},
    {"helo", helo},
    {"starttls", starttls},
    {"login", login},
    {"has", has_extension},
    {"mail", mail},
    {"rcpt", rcpt},
    {"data", data},
    {"big", big},
    {"rset", rset},
    {"noop", noop},
    {"verify", verify},
    {"command", command},
    {"sendmail", sendmail},
    {"quit", quit},
    {"close", close_line},
    {"connected", connected},
    {"protection", protection},
    {"error", error},
    {"signals", signals},
};

static void make_call(pneu_client *client, const words *given)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (!strcmp(calls[i].name, given->at[0])) {
            calls[i].run(client, given);
            fflush(stdout);
            return;
        }
    fprintf(stderr, "%s: no such call\n", given->at[0]);
    exit(2);
}

/* "\n" in a word stands for a line break. */
static void unescape(char *text)
{
    char *to = text;

    for (const char *from = text; *from; from++)
        if (from[0] == '\\' && from[1] == 'n') {
            *to++ = '\n';
            from++;
        } else {
            *to++ = *from;
        }
    *to = '\0';
}

static void split(char *line, words *out)
{
    char *tab;

    out->count = 0;
    line[strcspn(line, "\n")] = '\0';
    do {
        tab = strchr(line, '\t');
        if (tab)
            *tab = '\0';
        unescape(line);
        out->at[out->count++] = line;
        line = tab ? tab + 1 : NULL;
    } while (line && out->count < WORDS_MAX);
    for (size_t i = out->count; i <= WORDS_MAX; i++)
        out->at[i] = "";
}

static void show_log(void *context, pneu_log_kind kind, const char *line)
{
    static const char marks[] = "*><~";

    (void)context;
    fprintf(stderr, "%c %s\n", marks[kind], line);
}

static void set_option(pneu_client_options *options, const char *name,
                       const char *value)
{
    if (!strcmp(name, "host"))
        options->host = value;
    else if (!strcmp(name, "port"))
        options->port = (uint16_t)strtoul(value, NULL, 10);
    else if (!strcmp(name, "tls"))
        options->tls = (pneu_tls_mode)strtoul(value, NULL, 10);
    else if (!strcmp(name, "ca_file"))
        options->ca_file = value;
    else if (!strcmp(name, "user"))
        options->user = value;
    else if (!strcmp(name, "password"))
        options->password = value;
    else if (!strcmp(name, "mechanism"))
        options->mechanism = value;
    else if (!strcmp(name, "lmtp"))
        options->lmtp = true;
    else if (!strcmp(name, "timeout_ms"))
        options->timeout_ms = strtol(value, NULL, 10);
    else
        exit(2);
}

static pneu_client *client_from(int argc, char **argv)
{
    pneu_client_options options = {.size = sizeof options, .log = show_log};
    pneu_client *client;
    pneu_error failure;

    for (int i = 1; i < argc; i++) {
        char *value = strchr(argv[i], '=');

        if (!value)
            exit(2);
        *value = '\0';
        set_option(&options, argv[i], value + 1);
    }
    if (pneu_client_new(&client, &options, &failure) == PNEU_OK)
        return client;
    printf("new\t%s\t0\t%s\n", pneu_status_name(failure.status),
           failure.message);
    exit(1);
}

int main(int argc, char **argv)
{
    struct sigaction mine = {.sa_handler = count_pipe_signal};
    char line[LINE_SIZE];
    words given;
    pneu_client *client;

    sigaction(SIGPIPE, &mine, NULL);
    client = client_from(argc, argv);
    while (fgets(line, sizeof line, stdin)) {
        split(line, &given);
        make_call(client, &given);
    }
    pneu_client_free(client);
    return 0;
}
