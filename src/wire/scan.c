#include "wire/scan.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum {
    BLOCK = 64 /* octets; one bit of a mask each, the first is bit 0 */
};

/* Compiled anew for each path, with the instructions of that path. */
#define IN_EVERY_PATH static inline __attribute__((always_inline))

/* What is known of the lines up to a block. */
typedef struct walk {
    const char *line; /* the one that has not ended yet */
    size_t lines;     /* that ended */
    size_t longest;
    size_t longest_number;
    uint64_t alone;    /* how many CRs and LFs are no CRLF */
    uint64_t after_cr; /* 1 if a CR stands before the next block */
    bool is_8bit;
    bool has_nul;
    bool has_dots;
} walk;

struct pn_scan_path {
    /* takes that many blocks, and last in place of what is behind them */
    void (*walk)(walk *state, const char *data, size_t blocks,
                 const char *last);
    /* how many of the blocks are without a place; the marks are those of the
     * one behind these. end is that of the part. */
    size_t (*seek)(pn_places *places, const char *data, size_t blocks,
                   const char *end);
};

IN_EVERY_PATH size_t first_bit(uint64_t mask)
{
    return (size_t)__builtin_ctzll(mask);
}

IN_EVERY_PATH void end_line(walk *state, const char *end)
{
    size_t length = (size_t)(end - state->line);
    state->lines++;
    if (length > state->longest) {
        state->longest = length;
        state->longest_number = state->lines;
    }
    if (*state->line == '.')
        state->has_dots = true;
}

/*
 * That a CR stands alone is known one octet later. So a line ends at each LF,
 * and before each octet that follows a CR and is no LF; and what stands alone
 * has one bit in which the two masks differ.
 */
IN_EVERY_PATH void walk_odd_ends(walk *state, uint64_t after_cr, uint64_t lf,
                                 const char *place)
{
    state->alone += (uint64_t)__builtin_popcountll(lf ^ after_cr);
    for (uint64_t ends = lf | after_cr; ends != 0; ends &= ends - 1) {
        size_t bit = first_bit(ends);
        const char *here = place + bit;
        end_line(state, here - (after_cr >> bit & 1));
        state->line = here + (lf >> bit & 1);
    }
}

/* place is where the block lies in the content. */
IN_EVERY_PATH void walk_block(walk *state, uint64_t cr, uint64_t lf,
                              const char *place)
{
    uint64_t after_cr = cr << 1 | state->after_cr;
    state->after_cr = cr >> (BLOCK - 1);
    if (lf != after_cr)
        walk_odd_ends(state, after_cr, lf, place);
    else
        for (; lf != 0; lf &= lf - 1) {
            const char *end = place + first_bit(lf);
            end_line(state, end - 1);
            state->line = end + 1;
        }
}

/* The marks of a block; next is the octet behind it, if that is not end. */
IN_EVERY_PATH uint64_t mark_block(pn_places *places, uint64_t cr, uint64_t lf,
                                  uint64_t dot, const char *next,
                                  const char *end)
{
    uint64_t after_cr = cr << 1 | places->after_cr;
    uint64_t after_end = (cr | lf) << 1 | places->after_end;
    uint64_t before_lf = lf >> 1;
    places->after_cr = cr >> (BLOCK - 1);
    places->after_end = (cr | lf) >> (BLOCK - 1);
    if (places->after_cr != 0 && next < end && *next == '\n')
        before_lf |= UINT64_C(1) << (BLOCK - 1);
    return (lf & ~after_cr) | (cr & ~before_lf) |
           (dot & after_end & places->dots);
}

/* Plain words of eight octets. */

#define EACH_OCTET(octet) (UINT64_C(0x0101010101010101) * (octet))

/* The first octet is the lowest, whatever the machine; one instruction. */
static uint64_t read_word(const char *data)
{
    const unsigned char *at = (const unsigned char *)data;
    return (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 |
           (uint64_t)at[3] << 24 | (uint64_t)at[4] << 32 |
           (uint64_t)at[5] << 40 | (uint64_t)at[6] << 48 |
           (uint64_t)at[7] << 56;
}

/* A bit for each octet of the word that is this one. The multiplication
 * gathers the lowest bits of the octets in the highest octet. */
static uint64_t in_word(uint64_t word, unsigned char octet)
{
    uint64_t unlike = word ^ EACH_OCTET(octet);
    uint64_t low = EACH_OCTET(0x7f);
    uint64_t alike = ~(((unlike & low) + low) | unlike | low);
    return (alike >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

/* True if none of the octets is below that one, which is 128 at most. */
static bool is_above(uint64_t word, unsigned char octet)
{
    return ((word - EACH_OCTET(octet)) & ~word & EACH_OCTET(0x80)) == 0;
}

static void step_plain(walk *state, const char *block, const char *place)
{
    uint64_t any = 0;
    uint64_t nul = 0;
    uint64_t cr = 0;
    uint64_t lf = 0;
    for (unsigned at = 0; at < BLOCK; at += 8) {
        uint64_t word = read_word(block + at);
        any |= word;
        if (is_above(word, '\r' + 1))
            continue;
        nul |= in_word(word, '\0');
        cr |= in_word(word, '\r') << at;
        lf |= in_word(word, '\n') << at;
    }
    state->is_8bit |= (any & EACH_OCTET(0x80)) != 0;
    state->has_nul |= nul != 0;
    walk_block(state, cr, lf, place);
}

static void walk_plain(walk *state, const char *data, size_t blocks,
                       const char *last)
{
    for (; blocks > 0; blocks--, data += BLOCK)
        step_plain(state, data, data);
    step_plain(state, last, data);
}

static size_t seek_plain(pn_places *places, const char *data, size_t blocks,
                         const char *end)
{
    size_t passed = 0;
    for (; passed < blocks; passed++) {
        const char *block = data + passed * BLOCK;
        uint64_t cr = 0;
        uint64_t lf = 0;
        uint64_t dot = 0;
        for (unsigned at = 0; at < BLOCK; at += 8) {
            uint64_t word = read_word(block + at);
            dot |= in_word(word, '.') << at;
            if (is_above(word, '\r' + 1))
                continue;
            cr |= in_word(word, '\r') << at;
            lf |= in_word(word, '\n') << at;
        }
        places->marks = mark_block(places, cr, lf, dot, block + BLOCK, end);
        if (places->marks != 0)
            break;
    }
    return passed;
}

static const pn_scan_path PLAIN = {walk_plain, seek_plain};

#if defined(__x86_64__)

/* Vectors of 16 octets, which all of these machines have. */

typedef struct quarters {
    __m128i a, b, c, d;
} quarters;

IN_EVERY_PATH quarters read_quarters(const char *data)
{
    return (quarters){_mm_loadu_si128((const void *)data),
                      _mm_loadu_si128((const void *)(data + 16)),
                      _mm_loadu_si128((const void *)(data + 32)),
                      _mm_loadu_si128((const void *)(data + 48))};
}

IN_EVERY_PATH uint64_t in_quarter(__m128i quarter, char octet)
{
    __m128i alike = _mm_cmpeq_epi8(quarter, _mm_set1_epi8(octet));
    return (unsigned)_mm_movemask_epi8(alike);
}

IN_EVERY_PATH uint64_t in_quarters(quarters block, char octet)
{
    return in_quarter(block.a, octet) | in_quarter(block.b, octet) << 16 |
           in_quarter(block.c, octet) << 32 | in_quarter(block.d, octet) << 48;
}

/* of each octet of a vector, over all vectors */
typedef struct seen_quarters {
    __m128i any;   /* the bits that were ever set */
    __m128i least; /* the least value */
} seen_quarters;

IN_EVERY_PATH void step_sse2(walk *state, seen_quarters *seen, const char *data,
                             const char *place)
{
    quarters block = read_quarters(data);
    __m128i any = _mm_or_si128(_mm_or_si128(block.a, block.b),
                               _mm_or_si128(block.c, block.d));
    __m128i least = _mm_min_epu8(_mm_min_epu8(block.a, block.b),
                                 _mm_min_epu8(block.c, block.d));
    seen->any = _mm_or_si128(seen->any, any);
    seen->least = _mm_min_epu8(seen->least, least);
    walk_block(state, in_quarters(block, '\r'), in_quarters(block, '\n'),
               place);
}

static void walk_sse2(walk *state, const char *data, size_t blocks,
                      const char *last)
{
    walk local = *state; /* in registers */
    seen_quarters seen = {_mm_setzero_si128(), _mm_set1_epi8(-1)};
    for (; blocks > 0; blocks--, data += BLOCK)
        step_sse2(&local, &seen, data, data);
    step_sse2(&local, &seen, last, data);
    __m128i nul = _mm_cmpeq_epi8(seen.least, _mm_setzero_si128());
    local.is_8bit = _mm_movemask_epi8(seen.any) != 0;
    local.has_nul = _mm_movemask_epi8(nul) != 0;
    *state = local;
}

static size_t seek_sse2(pn_places *places, const char *data, size_t blocks,
                        const char *end)
{
    pn_places local = *places;
    size_t passed = 0;
    for (; passed < blocks; passed++) {
        const char *here = data + passed * BLOCK;
        quarters block = read_quarters(here);
        local.marks = mark_block(&local, in_quarters(block, '\r'),
                                 in_quarters(block, '\n'),
                                 in_quarters(block, '.'), here + BLOCK, end);
        if (local.marks != 0)
            break;
    }
    *places = local;
    return passed;
}

static const pn_scan_path SSE2 = {walk_sse2, seek_sse2};

/* Vectors of 32 octets, which most of them have. */

#define WITH_AVX2 __attribute__((target("avx2,bmi,popcnt")))

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("popcnt");
}

WITH_AVX2 IN_EVERY_PATH __m256i read_half(const char *data)
{
    return _mm256_loadu_si256((const void *)data);
}

WITH_AVX2 IN_EVERY_PATH uint64_t in_halves(__m256i low, __m256i high,
                                           char octet)
{
    __m256i wanted = _mm256_set1_epi8(octet);
    __m256i in_low = _mm256_cmpeq_epi8(low, wanted);
    __m256i in_high = _mm256_cmpeq_epi8(high, wanted);
    return (uint64_t)(uint32_t)_mm256_movemask_epi8(in_high) << 32 |
           (uint32_t)_mm256_movemask_epi8(in_low);
}

typedef struct seen_halves {
    __m256i any;
    __m256i least;
} seen_halves;

WITH_AVX2 IN_EVERY_PATH void step_avx2(walk *state, seen_halves *seen,
                                       const char *data, const char *place)
{
    __m256i low = read_half(data);
    __m256i high = read_half(data + BLOCK / 2);
    seen->any = _mm256_or_si256(seen->any, _mm256_or_si256(low, high));
    seen->least = _mm256_min_epu8(seen->least, _mm256_min_epu8(low, high));
    walk_block(state, in_halves(low, high, '\r'), in_halves(low, high, '\n'),
               place);
}

WITH_AVX2 static void walk_avx2(walk *state, const char *data, size_t blocks,
                                const char *last)
{
    walk local = *state;
    seen_halves seen = {_mm256_setzero_si256(), _mm256_set1_epi8(-1)};
    for (; blocks > 0; blocks--, data += BLOCK)
        step_avx2(&local, &seen, data, data);
    step_avx2(&local, &seen, last, data);
    __m256i nul = _mm256_cmpeq_epi8(seen.least, _mm256_setzero_si256());
    local.is_8bit = _mm256_movemask_epi8(seen.any) != 0;
    local.has_nul = _mm256_movemask_epi8(nul) != 0;
    *state = local;
}

WITH_AVX2 static size_t seek_avx2(pn_places *places, const char *data,
                                  size_t blocks, const char *end)
{
    pn_places local = *places;
    size_t passed = 0;
    for (; passed < blocks; passed++) {
        const char *here = data + passed * BLOCK;
        __m256i low = read_half(here);
        __m256i high = read_half(here + BLOCK / 2);
        local.marks = mark_block(&local, in_halves(low, high, '\r'),
                                 in_halves(low, high, '\n'),
                                 in_halves(low, high, '.'), here + BLOCK, end);
        if (local.marks != 0)
            break;
    }
    *places = local;
    return passed;
}

static const pn_scan_path AVX2 = {walk_avx2, seek_avx2};

#endif

const pn_scan_path *pn_scan_path_nth(size_t n)
{
#if defined(__x86_64__)
    static const pn_scan_path *const PATHS[] = {&AVX2, &SSE2, &PLAIN, NULL};
    size_t first = has_avx2() ? 0 : 1;
#else
    static const pn_scan_path *const PATHS[] = {&PLAIN, NULL};
    size_t first = 0;
#endif
    size_t last = sizeof(PATHS) / sizeof(PATHS[0]) - 1;
    return n < last - first ? PATHS[first + n] : NULL;
}

/* What is behind the last whole block, with blanks behind it: nothing is ever
 * read past the end. */
static void fill_block(char block[BLOCK], const char *data, size_t length)
{
    memset(block, ' ', BLOCK);
    memcpy(block, data, length);
}

pn_scan_facts pn_scan_examine(pn_span content)
{
    return pn_scan_examine_by(pn_scan_path_nth(0), content);
}

pn_scan_facts pn_scan_examine_by(const pn_scan_path *path, pn_span content)
{
    char last[BLOCK];
    walk state = {.line = content.data};
    const char *end = content.data;
    if (content.length > 0) {
        size_t left = content.length % BLOCK;
        end += content.length;
        /* even if nothing is left: the first blank tells of a CR at the end */
        fill_block(last, end - left, left);
        path->walk(&state, content.data, content.length / BLOCK, last);
    }
    bool ends_line = state.line == end;
    if (!ends_line)
        end_line(&state, end);
    return (pn_scan_facts){
        .size = content.length + state.alone + (ends_line ? 0 : 2),
        .longest_line = state.longest,
        .longest_line_number = state.longest_number,
        .is_8bit = state.is_8bit,
        .has_nul = state.has_nul,
        .has_dots = state.has_dots,
        .is_crlf = state.alone == 0,
        .ends_line = ends_line,
    };
}

void pn_places_begin(pn_places *places, bool dots, bool at_line_start)
{
    *places = (pn_places){
        .path = pn_scan_path_nth(0),
        .dots = dots ? UINT64_MAX : 0,
        .after_end = at_line_start,
    };
}

/* Looks for the next block with a place, and says where it begins; at the end
 * of rest if there is none. */
static size_t seek(pn_places *places, pn_span rest)
{
    char block[BLOCK];
    size_t at = places->known;
    const char *end = rest.data + rest.length;
    size_t blocks = (rest.length - at) / BLOCK;
    at += BLOCK * places->path->seek(places, rest.data + at, blocks, end);
    size_t left = rest.length - at;
    places->known = left < BLOCK ? left : BLOCK;
    if (places->marks == 0 && left > 0) {
        fill_block(block, rest.data + at, left);
        places->path->seek(places, block, 1, block + BLOCK);
    }
    if (places->marks != 0)
        return at;
    places->known = 0;
    return rest.length;
}

size_t pn_places_take(pn_places *places, pn_span rest)
{
    size_t at = places->marks != 0 ? 0 : seek(places, rest);
    if (places->marks == 0)
        return at;
    size_t text = first_bit(places->marks);
    places->marks >>= text;
    places->known -= text;
    return at + text;
}

void pn_places_keep(pn_places *places)
{
    places->marks &= ~UINT64_C(1);
}

void pn_places_drop(pn_places *places)
{
    places->marks >>= 1;
    places->known--;
}
