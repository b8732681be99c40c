#include "page_end.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "unit.h"

enum {
    ROOM = 256 * 1024
};

static char *map_room(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *room = mmap(NULL, ROOM + page, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(room, MAP_FAILED);
    assert_int_equal(ROOM % page, 0);
    assert_int_equal(mprotect(room + ROOM, page, PROT_NONE), 0);
    return room;
}

pn_span page_end_lay(pn_span octets)
{
    static char *room;
    if (room == NULL)
        room = map_room();
    assert_true(octets.length <= ROOM);
    char *place = room + ROOM - octets.length;
    if (octets.length > 0)
        memmove(place, octets.data, octets.length);
    return (pn_span){place, octets.length};
}
