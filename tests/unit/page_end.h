/* Inputs laid against the end of a mapped page: reading one octet too far
 * ends the test with a fault, whatever the compiler and the tools. */
#ifndef TESTS_PAGE_END_H
#define TESTS_PAGE_END_H

#include "base/span.h"

/* A copy of at most 256 KiB whose last octet is the last of its page. It is
 * valid until the next call. */
pn_span page_end_lay(pn_span octets);

#endif
