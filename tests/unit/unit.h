/* What every unit test begins with: cmocka, after the headers that it needs,
 * and a comparison of statuses that shows their names. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pneu/status.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define assert_status(actual, wanted) \
    assert_string_equal(pneu_status_name(actual), pneu_status_name(wanted))

#endif
