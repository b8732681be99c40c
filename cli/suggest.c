#include "cli/suggest.h"

#include <stddef.h>
#include <string.h>

enum {
    WORD_MAX = 32
};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/*
 * Letters to add, drop, change or swap with their neighbour to make b of a
 * (optimal string alignment). Three rows of the table are enough: this one,
 * the one before, and the one before that for swaps.
 */
static size_t distance(const char *a, size_t a_length, const char *b,
                       size_t b_length)
{
    size_t rows[3][WORD_MAX + 1] = {{0}};
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t change = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(change, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], rows[(i - 2) % 3][j - 2] + 1);
        }
    }
    return rows[a_length % 3][b_length];
}

const char *pn_suggest(const char *word, const char *const *candidates)
{
    size_t length = strlen(word);
    if (length == 0 || length > WORD_MAX)
        return NULL;
    const char *best = NULL;
    size_t best_distance = length <= 3 ? 2 : length <= 7 ? 3 : 4;
    for (size_t i = 0; candidates[i] != NULL; i++) {
        size_t other = strlen(candidates[i]);
        if (other > WORD_MAX)
            continue;
        size_t apart = distance(word, length, candidates[i], other);
        if (apart < best_distance) {
            best = candidates[i];
            best_distance = apart;
        }
    }
    /* "ver" is far from "verify", and still means it */
    for (size_t i = 0; best == NULL && candidates[i] != NULL; i++) {
        if (strncmp(candidates[i], word, length) == 0)
            best = candidates[i];
    }
    return best;
}
