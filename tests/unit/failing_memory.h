/*
 * Makes the n-th allocation fail. The linker puts these functions in the
 * place of those of base/memory.h (--wrap); until failing_memory_start() is
 * called they only pass on.
 */
#ifndef TESTS_FAILING_MEMORY_H
#define TESTS_FAILING_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* The nth allocation from now on fails, and it alone; 0: none does. */
void failing_memory_start(size_t nth);

/* Allocations work again. True if one failed since the start. */
bool failing_memory_stop(void);

#endif
