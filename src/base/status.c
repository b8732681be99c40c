#include "pneu/status.h"

#include <stddef.h>

static const struct {
    pneu_status status;
    const char *name;
    const char *text;
} STATUSES[] = {
#define STATUS_ROW(name, value, text) {PNEU_##name, "PNEU_" #name, text},
    PNEU_STATUS_LIST(STATUS_ROW)
#undef STATUS_ROW
};

enum {
    STATUS_COUNT = sizeof(STATUSES) / sizeof(STATUSES[0])
};

const char *pneu_status_name(pneu_status status)
{
    for (size_t i = 0; i < STATUS_COUNT; i++) {
        if (STATUSES[i].status == status)
            return STATUSES[i].name;
    }
    return "?";
}

const char *pneu_status_text(pneu_status status)
{
    for (size_t i = 0; i < STATUS_COUNT; i++) {
        if (STATUSES[i].status == status)
            return STATUSES[i].text;
    }
    return "?";
}

pneu_fault pneu_status_fault(pneu_status status)
{
    return (pneu_fault)((unsigned)status / 100);
}

const char *pneu_version(void)
{
    return PNEU_VERSION_STRING;
}
