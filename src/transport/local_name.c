#include "transport/local_name.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/span.h"
#include "transport/socket.h"

static bool is_full_name(const char *name)
{
    size_t dots = 0;
    size_t length = strlen(name);
    for (size_t i = 0; i < length; i++) {
        if (!pn_ascii_is_alnum(name[i]) && name[i] != '-' && name[i] != '.')
            return false;
        dots += name[i] == '.' && i > 0 && i + 1 < length;
    }
    return dots > 0;
}

void pn_local_name(int descriptor, char *name, size_t size)
{
    char host[256] = "";
    char address[64];
    struct sockaddr_storage near = {.ss_family = AF_UNIX};
    socklen_t length = sizeof(near);
    if (gethostname(host, sizeof(host) - 1) == 0 && is_full_name(host)) {
        snprintf(name, size, "%s", host);
        return;
    }
    if (getsockname(descriptor, (struct sockaddr *)&near, &length) != 0)
        near.ss_family = AF_UNIX;
    pn_socket_address_text((const struct sockaddr *)&near, address,
                           sizeof(address));
    if (near.ss_family == AF_INET)
        snprintf(name, size, "[%s]", address);
    else if (near.ss_family == AF_INET6)
        snprintf(name, size, "[IPv6:%s]", address);
    else
        snprintf(name, size, "localhost");
}
