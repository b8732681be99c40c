#include "sink/path_argument.h"

#include <string.h>

/* RFC 5321 4.1.1.3: a source route is to be taken, and ignored */
static pn_span without_route(pn_span path)
{
    if (path.length == 0 || path.data[0] != '@')
        return path;
    const char *colon = memchr(path.data, ':', path.length);
    if (colon == NULL)
        return path;
    size_t skip = (size_t)(colon - path.data) + 1;
    return (pn_span){path.data + skip, path.length - skip};
}

/* Where the > that ends the path is: one inside a quoted local part does not
 * end it. NULL if there is none. */
static const char *path_end(pn_span text)
{
    bool quoted = false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (c == '>' && !quoted)
            return text.data + i;
    }
    return NULL;
}

bool pn_sink_path_parse(pn_span argument, pn_span keyword, pn_sink_path *path)
{
    if (argument.length < keyword.length + 2 ||
        !pn_span_starts_nocase(argument, keyword) ||
        argument.data[keyword.length] != '<')
        return false;
    pn_span rest = {argument.data + keyword.length + 1,
                    argument.length - keyword.length - 1};
    const char *end = path_end(rest);
    if (end == NULL)
        return false;
    size_t length = (size_t)(end - rest.data);
    path->address = without_route((pn_span){rest.data, length});
    path->parameters = (pn_span){end + 1, rest.length - length - 1};
    if (path->parameters.length > 0 && path->parameters.data[0] != ' ')
        return false;
    path->parameters = pn_span_trim(path->parameters);
    return true;
}
