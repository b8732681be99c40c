/* How much of anything is too much. */
#ifndef PN_WIRE_LIMITS_H
#define PN_WIRE_LIMITS_H

enum {
    PN_REPLY_LINE_MAX = 8192,  /* RFC 5321 4.5.3.1.5 asks for 512 */
    PN_REPLY_MAX = 128 * 1024, /* all lines of one reply */
    PN_REPLY_LINES_MAX = 1024,
    PN_COMMAND_LINE_MAX = 64 * 1024, /* an OAuth token fits */
    PN_CHALLENGES_MAX = 10,          /* in one AUTH exchange */
    PN_CHALLENGE_MAX = 12288,        /* what a server must take (RFC 4954 4) */
    PN_PATH_MAX = 256,               /* RFC 5321 4.5.3.1.3, with <> */
    PN_DOMAIN_MAX = 255,             /* RFC 5321 4.5.3.1.2 */
    PN_TEXT_LINE_MAX = 998           /* RFC 5321 4.5.3.1.6, without CRLF */
};

#endif
