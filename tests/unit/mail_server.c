#include "mail_server.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

/* What it is to be. */
typedef struct role {
    mail_answers *answers;
    SSL_CTX *tls; /* NULL: none */
    bool is_implicit;
} role;

typedef struct line {
    int descriptor;
    SSL *ssl; /* NULL: in the clear */
    unsigned number;
    const role *role;
    mail_log *log;
    bool in_message;
    bool is_over;
} line;

static const char *usual(const char *said)
{
    static const struct {
        const char *verb;
        const char *answer;
    } KNOWN[] = {
        {"+", "220 mail.example\r\n"},
        {"EHLO", "250-mail.example\r\n250 AUTH PLAIN\r\n"},
        {"AUTH", "235 2.7.0 in\r\n"},
        {"STARTTLS", "220 go on\r\n"},
        {"DATA", "354 go on\r\n"},
        {".", "250 2.0.0 queued\r\n"},
        {"QUIT", "!221 bye\r\n"},
    };
    for (size_t i = 0; i < sizeof(KNOWN) / sizeof(KNOWN[0]); i++) {
        if (strncmp(said, KNOWN[i].verb, strlen(KNOWN[i].verb)) == 0)
            return KNOWN[i].answer;
    }
    return "250 2.0.0 ok\r\n";
}

static bool receive(const line *on, char *octet)
{
    if (on->ssl != NULL)
        return SSL_read(on->ssl, octet, 1) == 1;
    return read(on->descriptor, octet, 1) == 1;
}

static void transmit(const line *on, const char *text)
{
    if (on->ssl != NULL)
        (void)SSL_write(on->ssl, text, (int)strlen(text));
    else
        (void)send(on->descriptor, text, strlen(text), MSG_NOSIGNAL);
}

static void begin_tls(line *on)
{
    on->ssl = SSL_new(on->role->tls);
    SSL_set_fd(on->ssl, on->descriptor);
    on->is_over = SSL_accept(on->ssl) != 1;
}

static bool offers_tls(const line *on)
{
    return on->role->tls != NULL && on->ssl == NULL;
}

static const char *choose(const line *on, const char *said)
{
    const char *text = NULL;
    if (on->role->answers != NULL)
        text = on->role->answers(on->number, said);
    if (text == NULL && offers_tls(on) && strncmp(said, "EHLO", 4) == 0)
        text = "250-mail.example\r\n250 STARTTLS\r\n";
    return text != NULL ? text : usual(said);
}

static void answer(line *on, const char *said)
{
    const char *text = choose(on, said);
    on->is_over = text[0] == '!';
    text += on->is_over;
    on->in_message = strcmp(said, "DATA") == 0 && strncmp(text, "354", 3) == 0;
    on->log->mails += strncmp(said, "MAIL", 4) == 0;
    on->log->taken += strcmp(said, ".") == 0 && text[0] == '2';
    transmit(on, text);
    if (offers_tls(on) && strcmp(said, "STARTTLS") == 0)
        begin_tls(on);
}

static void note(mail_log *log, const char *said)
{
    size_t length = strlen(said);
    if (log->length + length + 2 > sizeof(log->heard))
        return;
    memcpy(log->heard + log->length, said, length);
    log->heard[log->length + length] = '\n';
    log->length += length + 1;
}

static void serve(line *on)
{
    char said[8192];
    size_t length = 0;
    if (on->role->is_implicit)
        begin_tls(on);
    if (!on->is_over)
        answer(on, "+");
    while (!on->is_over && length < sizeof(said) - 1 &&
           receive(on, said + length)) {
        if (said[length++] != '\n')
            continue;
        said[length - (length > 1 ? 2 : 1)] = '\0';
        length = 0;
        note(on->log, said);
        if (!on->in_message || strcmp(said, ".") == 0)
            answer(on, said);
    }
    SSL_free(on->ssl);
    close(on->descriptor);
}

/* Until the test's process is gone, by whichever way, and its end of the pipe
 * with it. */
static bool is_wanted(int listener, int parent)
{
    struct pollfd either[] = {{.fd = listener, .events = POLLIN},
                              {.fd = parent, .events = POLLIN}};
    return poll(either, 2, -1) > 0 && either[1].revents == 0;
}

static void run(int listener, int parent, const role *as, mail_log *log)
{
    const int at_once = 1;
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes plainly */
    while (is_wanted(listener, parent)) {
        int descriptor = accept(listener, NULL, NULL);
        line on = {.descriptor = descriptor, .role = as, .log = log};
        if (descriptor < 0)
            _exit(1);
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &at_once,
                   sizeof(at_once));
        log->open++;
        on.number = ++log->connections;
        serve(&on);
        log->open--;
    }
    _exit(0);
}

mail_server mail_server_start_tls(mail_answers *answers, SSL_CTX *tls,
                                  bool is_implicit)
{
    const role as = {answers, tls, is_implicit};
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    mail_server it = {0};
    int ends[2];
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(
        bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener, 8), 0);
    getsockname(listener, (struct sockaddr *)&address, &length);
    it.port = ntohs(address.sin_port);
    it.log = mmap(NULL, sizeof(*it.log), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(it.log != MAP_FAILED);
    assert_int_equal(pipe(ends), 0);
    it.process = fork();
    assert_true(it.process >= 0);
    if (it.process == 0) {
        close(ends[1]);
        run(listener, ends[0], &as, it.log);
    }
    close(ends[0]);
    close(listener);
    it.life = ends[1];
    return it;
}

mail_server mail_server_start(mail_answers *answers)
{
    return mail_server_start_tls(answers, NULL, false);
}

void mail_server_stop(mail_server *it)
{
    kill(it->process, SIGKILL);
    waitpid(it->process, NULL, 0);
    close(it->life);
    munmap(it->log, sizeof(*it->log));
}

void mail_server_settle(const mail_server *it)
{
    const struct timespec shortly = {.tv_nsec = 200 * 1000};
    for (int i = 0; it->log->open > 0 && i < 20000; i++)
        nanosleep(&shortly, NULL);
    assert_int_equal(it->log->open, 0);
}

size_t open_descriptors(void)
{
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}
