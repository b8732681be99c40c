#include "sink/domains.h"

#include "wire/limits.h"

void pn_sink_domains_init(pn_sink_domains *domains, uint64_t max)
{
    *domains = (pn_sink_domains){.max = max};
    pn_buffer_init(&domains->text, (size_t)max * (PN_DOMAIN_MAX + 1));
}

void pn_sink_domains_finish(pn_sink_domains *domains)
{
    pn_buffer_finish(&domains->text);
}

static pn_span domain_of(pn_span address)
{
    size_t start = address.length;
    while (start > 0 && address.data[start - 1] != '@')
        start--;
    if (start == 0)
        return (pn_span){address.data, 0};
    return (pn_span){address.data + start, address.length - start};
}

static bool is_there(const pn_sink_domains *domains, pn_span domain)
{
    pn_span all = pn_buffer_span(&domains->text);
    for (size_t at = 0; at < all.length;) {
        pn_span known = pn_span_of(all.data + at);
        if (pn_span_equal_nocase(known, domain))
            return true;
        at += known.length + 1;
    }
    return false;
}

bool pn_sink_domains_add(pn_sink_domains *domains, pn_span address)
{
    pn_span domain = domain_of(address);
    if (domains->max == 0 || domain.length == 0 || is_there(domains, domain))
        return true;
    size_t before = pn_buffer_length(&domains->text);
    if (domains->count >= domains->max ||
        pn_buffer_append(&domains->text, domain) != PNEU_OK)
        return false;
    if (pn_buffer_append_char(&domains->text, '\0') != PNEU_OK) {
        pn_buffer_cut(&domains->text, before);
        return false;
    }
    domains->count++;
    return true;
}
