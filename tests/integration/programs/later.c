/* Loaded before a program, it makes it later: by so many seconds as the file
 * PNEU_TEST_LATER says at that moment. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
    const char *path = getenv("PNEU_TEST_LATER");
    long seconds = 0;
    FILE *file = path != NULL ? fopen(path, "r") : NULL;

    if (file != NULL) {
        if (fscanf(file, "%ld", &seconds) != 1)
            seconds = 0;
        fclose(file);
    }
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    now->tv_sec += seconds;
    return result;
}
