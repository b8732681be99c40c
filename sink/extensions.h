/* The extensions that the sink can offer in its EHLO reply. */
#ifndef PN_SINK_EXTENSIONS_H
#define PN_SINK_EXTENSIONS_H

/* A set of these says what is offered. */
enum {
    PN_SINK_PIPELINING = 1 << 0,          /* RFC 2920 */
    PN_SINK_SIZE = 1 << 1,                /* RFC 1870 */
    PN_SINK_8BITMIME = 1 << 2,            /* RFC 6152 */
    PN_SINK_SMTPUTF8 = 1 << 3,            /* RFC 6531 */
    PN_SINK_DSN = 1 << 4,                 /* RFC 3461 */
    PN_SINK_ENHANCEDSTATUSCODES = 1 << 5, /* RFC 2034 */
    PN_SINK_STARTTLS = 1 << 6,            /* RFC 3207 */
    PN_SINK_AUTH = 1 << 7,                /* RFC 4954 */
    PN_SINK_CHUNKING = 1 << 8,            /* RFC 3030, and the next one */
    PN_SINK_BINARYMIME = 1 << 9,
    PN_SINK_DELIVERBY = 1 << 10,     /* RFC 2852 */
    PN_SINK_FUTURERELEASE = 1 << 11, /* RFC 4865 */
    PN_SINK_MT_PRIORITY = 1 << 12,   /* RFC 6710 */
    PN_SINK_REQUIRETLS = 1 << 13,    /* RFC 8689 */
    PN_SINK_LIMITS = 1 << 14,        /* RFC 9422 */
    PN_SINK_ETRN = 1 << 15,          /* RFC 1985 */
    PN_SINK_XCLIENT = 1 << 16,       /* Postfix's XCLIENT_README */
    PN_SINK_VRFY = 1 << 17,          /* RFC 5321 3.5, 4.1.1.8 */
    PN_SINK_EXPN = 1 << 18,
    PN_SINK_HELP = 1 << 19,
    PN_SINK_ALL_EXTENSIONS = (1 << 20) - 1
};

/* The flag of a keyword in any case, 0 for an unknown one. */
unsigned pn_sink_extension_flag(const char *keyword);

/* The keyword of number i, in the order of the EHLO reply; NULL past the
 * last. The flag of number i is 1 << i. */
const char *pn_sink_extension_keyword(unsigned i);

/* The known keyword nearest to this one, NULL if none is near. */
const char *pn_sink_extension_suggest(const char *keyword);

#endif
