#include "transport/wake.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static bool set_up(int descriptor)
{
    int flags = fcntl(descriptor, F_GETFL);
    return flags >= 0 && fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) >= 0 &&
           fcntl(descriptor, F_SETFD, FD_CLOEXEC) >= 0;
}

bool pn_wake_init(pn_wake *wake)
{
    atomic_init(&wake->is_called, false);
    wake->ends[0] = -1;
    wake->ends[1] = -1;
    if (pipe(wake->ends) != 0)
        return false;
    if (set_up(wake->ends[0]) && set_up(wake->ends[1]))
        return true;
    pn_wake_finish(wake);
    return false;
}

void pn_wake_finish(pn_wake *wake)
{
    for (int i = 0; i < 2; i++) {
        if (wake->ends[i] >= 0)
            close(wake->ends[i]);
        wake->ends[i] = -1;
    }
}

void pn_wake_call(pn_wake *wake)
{
    int saved = errno;
    /* a full pipe wakes as well as one octet does */
    ssize_t written = write(wake->ends[1], "", 1);
    (void)written;
    /* after the octet: who takes the call takes that too, or it would wake
     * for ever */
    atomic_store(&wake->is_called, true);
    errno = saved;
}

bool pn_wake_take(pn_wake *wake)
{
    char octets[16];
    if (!atomic_exchange(&wake->is_called, false))
        return false;
    while (read(wake->ends[0], octets, sizeof(octets)) > 0)
        continue;
    return true;
}

int pn_wake_descriptor(const pn_wake *wake)
{
    return wake->ends[0];
}
