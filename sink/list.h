/* A list that grows by one item at a time, for what the options name. */
#ifndef PN_SINK_LIST_H
#define PN_SINK_LIST_H

#include <stddef.h>

/* Makes room for one more zeroed item and returns it; NULL, and nothing
 * changed, without memory. *items is the list, *count its length. */
void *pn_sink_list_add(void *items, size_t *count, size_t item_size);

#endif
