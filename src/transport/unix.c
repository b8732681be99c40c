#include "transport/unix.h"

#include <stddef.h>
#include <string.h>
#include <sys/un.h>

#include "base/fail.h"

pneu_status pn_unix_address(const char *path, pn_addresses *addresses,
                            pneu_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length >= sizeof(address.sun_path))
        return pn_fail(error, PNEU_INVALID,
                       "the path of the Unix socket has %zu octets, and the "
                       "system allows %zu",
                       length, sizeof(address.sun_path) - 1);
    memcpy(address.sun_path, path, length + 1);
    memcpy(&addresses->list[0].storage, &address, sizeof(address));
    addresses->list[0].length =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
    addresses->count = 1;
    return PNEU_OK;
}
