/* The table of options. */
#ifndef PN_SINK_OPTION_ROWS_H
#define PN_SINK_OPTION_ROWS_H

#include "sink/options.h"

typedef pneu_status pn_sink_option_setter(pn_sink_options *options,
                                          const char *value, pneu_error *error);

/* Either a function sets an option, or it is a flag or a text at a place in
 * the options. */
typedef struct pn_sink_option_row {
    const char *name;
    int argument; /* no_argument, required_argument, optional_argument */
    pn_sink_option_setter *set;
    size_t place;
} pn_sink_option_row;

extern const pn_sink_option_row PN_SINK_OPTION_ROWS[];
extern const size_t PN_SINK_OPTION_COUNT;

#endif
