/* EHLO, LHLO, HELO and STARTTLS: what is offered, and when. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "sink/commands.h"
#include "sink/moment.h"

enum {
    PARAMETERS_SIZE = 200 /* all mechanisms, with blanks before them */
};

/* The mechanisms that may be used on this line now, each after a blank. */
static void list_mechanisms(const pn_sink_session *session, char *list,
                            size_t size)
{
    size_t used = 0;
    const pn_sink_mechanism *mechanism;
    list[0] = '\0';
    for (size_t i = 0; (mechanism = pn_sink_mechanism_at(i)) != NULL; i++) {
        if (!pn_sink_mechanism_is_offered(mechanism, session->options,
                                          session->tls != NULL,
                                          session->certificate[0] != '\0'))
            continue;
        int added = snprintf(list + used, size - used, " %s", mechanism->name);
        used += (size_t)added;
    }
}

/* What this session can be offered now. */
static unsigned offer(const pn_sink_session *session)
{
    unsigned offered = session->options->extensions;
    char mechanisms[PARAMETERS_SIZE];
    if ((offered & PN_SINK_CHUNKING) == 0) /* RFC 3030 3 */
        offered &= ~(unsigned)PN_SINK_BINARYMIME;
    if (session->tls == NULL) /* RFC 8689 2 */
        offered &= ~(unsigned)PN_SINK_REQUIRETLS;
    if (!pn_sink_limits_any(&session->options->limits))
        offered &= ~(unsigned)PN_SINK_LIMITS;
    if (session->options->lists.count == 0)
        offered &= ~(unsigned)PN_SINK_EXPN;
    if (session->options->lmtp)
        offered &= ~(unsigned)PN_SINK_ETRN;
    if (!session->options->xclient || session->options->lmtp)
        offered &= ~(unsigned)PN_SINK_XCLIENT;
    /* RFC 3207 4.2: not once TLS is on */
    if (session->shared->tls == NULL || session->tls != NULL)
        offered &= ~(unsigned)PN_SINK_STARTTLS;
    list_mechanisms(session, mechanisms, sizeof(mechanisms));
    if (mechanisms[0] == '\0')
        offered &= ~(unsigned)PN_SINK_AUTH;
    return offered;
}

/* RFC 4865 3: how long, and until when, a message may be held */
static void describe_hold(uint64_t hold_max, char *text, size_t size)
{
    char moment[PN_SINK_MOMENT_SIZE];
    pn_sink_moment_format((int64_t)time(NULL) + (int64_t)hold_max, moment);
    snprintf(text, size, " %" PRIu64 " %s", hold_max, moment);
}

/* What follows a keyword, with a blank before it. */
static void describe(const pn_sink_session *session, unsigned extension,
                     char *text, size_t size)
{
    const pn_sink_options *options = session->options;
    const pn_sink_limits *limits = &options->limits;
    text[0] = '\0';
    switch (extension) {
    case PN_SINK_AUTH:
        list_mechanisms(session, text, size);
        break;
    case PN_SINK_SIZE:
        snprintf(text, size, " %" PRIu64, options->size);
        break;
    case PN_SINK_DELIVERBY:
        if (limits->deliver_by_min > 0)
            snprintf(text, size, " %" PRIu64, limits->deliver_by_min);
        break;
    case PN_SINK_FUTURERELEASE:
        describe_hold(limits->hold_max, text, size);
        break;
    case PN_SINK_LIMITS:
        pn_sink_limits_describe(limits, text, size);
        break;
    case PN_SINK_XCLIENT:
        snprintf(text, size, "%s", PN_SINK_XCLIENT_NAMES);
        break;
    default:
        break;
    }
}

static void say_extension(pn_sink_session *session, unsigned i, bool last)
{
    char parameters[PARAMETERS_SIZE];
    describe(session, 1U << i, parameters, sizeof(parameters));
    pn_sink_say_part(session, "250", last, pn_sink_extension_keyword(i),
                     parameters);
}

static bool is_name(pn_span name)
{
    for (size_t i = 0; i < name.length; i++) {
        if ((unsigned char)name.data[i] <= 32 || name.data[i] == 127)
            return false;
    }
    return name.length > 0;
}

/* False, and that was said, for a name that is none. */
static bool begin(pn_sink_session *session, pn_span name)
{
    if (!is_name(pn_span_trim(name))) {
        pn_sink_say(session, "501 5.5.4", "Say who you are: one host name");
        return false;
    }
    pn_sink_session_reset(session); /* RFC 5321 4.1.4 */
    return true;
}

void pn_sink_run_ehlo(pn_sink_session *session, pn_span argument)
{
    if (!begin(session, argument))
        return;
    session->hello = PN_SINK_HELLO_EHLO;
    session->offered = offer(session);
    unsigned left = session->offered;
    pn_sink_say_part(session, "250", left == 0, session->options->host_name,
                     "");
    for (unsigned i = 0; left != 0; i++) {
        if ((left & 1U << i) == 0)
            continue;
        left &= ~(1U << i);
        say_extension(session, i, left == 0);
    }
}

void pn_sink_run_helo(pn_sink_session *session, pn_span argument)
{
    if (!begin(session, argument))
        return;
    session->hello = PN_SINK_HELLO_HELO;
    session->offered = 0;
    pn_sink_say_part(session, "250", true, session->options->host_name, "");
}

/* RFC 3207 4 */
void pn_sink_run_starttls(pn_sink_session *session, pn_span argument)
{
    (void)argument;
    if (session->tls != NULL) {
        pn_sink_say(session, "503 5.5.1", "TLS is on already");
        return;
    }
    if ((session->offered & PN_SINK_STARTTLS) == 0) {
        pn_sink_say(session, "502 5.5.1", "STARTTLS is not offered");
        return;
    }
    pn_sink_say(session, "220 2.0.0", "Ready to start TLS");
    session->phase = PN_SINK_PHASE_TLS;
}
