/* The parameters of MAIL and RCPT: a table row each, checked by the rules of
 * the extension that brings it. */
#ifndef PN_SINK_PARAMETERS_H
#define PN_SINK_PARAMETERS_H

#include "sink/limits.h"

/* Which command's parameters are meant: a set. */
enum {
    PN_SINK_OF_MAIL = 1 << 0,
    PN_SINK_OF_RCPT = 1 << 1
};

/* What the parameters are checked against. */
typedef struct pn_sink_parameter_rules {
    unsigned command; /* PN_SINK_OF_… */
    unsigned offered; /* extensions */
    const pn_sink_limits *limits;
} pn_sink_parameter_rules;

/* What the parameters say, as far as the sink acts on it. */
typedef struct pn_sink_parameters {
    uint64_t size; /* SIZE=, 0 if it is not there */
    bool smtputf8;
    bool binary; /* BODY=BINARYMIME */
} pn_sink_parameters;

/* One of a list that was accepted. */
typedef struct pn_sink_parameter {
    pn_span keyword; /* as the table has it */
    pn_span value;   /* empty if there is none */
    bool xtext;      /* the value is to be decoded, */
    size_t skip;     /* but for so many octets at its start */
} pn_sink_parameter;

enum {
    PN_SINK_PARAMETER_TEXT_SIZE = 160
};

/*
 * Reads and checks the parameters of one command; NULL if they are right,
 * else the code of the reply, "555 5.5.4", with its words in text.
 */
const char *pn_sink_parameters_parse(const pn_sink_parameter_rules *rules,
                                     pn_span list,
                                     pn_sink_parameters *parameters,
                                     char text[PN_SINK_PARAMETER_TEXT_SIZE]);

/* Cuts the next one off a list that was accepted; false past the last. */
bool pn_sink_parameters_next(pn_span *list, pn_sink_parameter *parameter);

#endif
