/* XCLIENT (Postfix's XCLIENT_README): what a proxy says about the client that
 * it speaks for. */
#ifndef PN_SINK_XCLIENT_H
#define PN_SINK_XCLIENT_H

#include "base/span.h"

enum {
    PN_SINK_XCLIENT_LOGIN = 5, /* the number of this attribute */
    PN_SINK_XCLIENT_COUNT = 8
};

typedef struct pn_sink_xclient {
    bool said;                           /* there was one */
    char *values[PN_SINK_XCLIENT_COUNT]; /* decoded; NULL: not known */
} pn_sink_xclient;

void pn_sink_xclient_finish(pn_sink_xclient *xclient);

/* The name of attribute i, in the order of the EHLO reply. */
const char *pn_sink_xclient_name(size_t i);

/* All of them, each with a blank before it. */
extern const char *const PN_SINK_XCLIENT_NAMES;

/*
 * Takes "NAME=value …" in, on top of what was said before. NULL if it is
 * right; else nothing is changed, and it is the code of the reply, with its
 * words in text.
 */
const char *pn_sink_xclient_take(pn_sink_xclient *xclient, pn_span list,
                                 const char **text);

#endif
