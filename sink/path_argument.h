/* What follows MAIL and RCPT: "FROM:<path> parameters" (RFC 5321 4.1.2). */
#ifndef PN_SINK_PATH_ARGUMENT_H
#define PN_SINK_PATH_ARGUMENT_H

#include "sink/session.h"

typedef struct pn_sink_path {
    pn_span address;    /* without <> and source route */
    pn_span parameters; /* what follows, without the blank */
} pn_sink_path;

/* Which command's parameters are meant: a set. */
enum {
    PN_SINK_OF_MAIL = 1 << 0,
    PN_SINK_OF_RCPT = 1 << 1
};

/* What the parameters say. */
typedef struct pn_sink_parameters {
    uint64_t size; /* SIZE=, 0 if it is not there */
    bool smtputf8;
} pn_sink_parameters;

/* Reads "FROM:" or "TO:", <, a path, >; false if it is not that. The address
 * itself is not checked. */
bool pn_sink_path_parse(pn_span argument, pn_span keyword, pn_sink_path *path);

/*
 * Reads and checks the parameters of one command; NULL if they are right,
 * else the code of the reply, "555 5.5.4", with its words in text.
 */
const char *pn_sink_parameters_parse(unsigned command, pn_span list,
                                     unsigned offered,
                                     pn_sink_parameters *parameters,
                                     const char **text);

#endif
