#include "failing_memory.h"

/* The names are the linker's: __real_x is x as it was, __wrap_x is called in
 * its place. */
void *__real_pn_memory_new(size_t count, size_t size);
void *__real_pn_memory_resize(void *memory, size_t count, size_t size);
char *__real_pn_memory_copy_text(const char *text, size_t length);
void *__wrap_pn_memory_new(size_t count, size_t size);
void *__wrap_pn_memory_resize(void *memory, size_t count, size_t size);
char *__wrap_pn_memory_copy_text(const char *text, size_t length);

static size_t countdown;
static bool has_failed;

void failing_memory_start(size_t nth)
{
    countdown = nth;
    has_failed = false;
}

bool failing_memory_stop(void)
{
    countdown = 0;
    return has_failed;
}

static bool is_to_fail(void)
{
    if (countdown == 0 || --countdown > 0)
        return false;
    has_failed = true;
    return true;
}

void *__wrap_pn_memory_new(size_t count, size_t size)
{
    return is_to_fail() ? NULL : __real_pn_memory_new(count, size);
}

void *__wrap_pn_memory_resize(void *memory, size_t count, size_t size)
{
    return is_to_fail() ? NULL : __real_pn_memory_resize(memory, count, size);
}

char *__wrap_pn_memory_copy_text(const char *text, size_t length)
{
    return is_to_fail() ? NULL : __real_pn_memory_copy_text(text, length);
}
