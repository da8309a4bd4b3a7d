/* pattern.c: tries the shortest filling of each hole first. */
#include "pattern.h"

static bool fill(struct match_context *match, struct bytes name, struct bytes rest,
                 struct bytes text)
{
    for (size_t length = 0; length <= text.length; length++) {
        size_t count = match->count;
        if (!bytes_empty(name) && count < CAPTURES_MAX)
            match->captures[match->count++] = (struct capture){name, bytes_first(text, length)};
        if (pattern_match(match, rest, bytes_skip(text, length)))
            return true;
        match->count = count;
    }
    return false;
}

/* What the name stands for, learned in this very match or before. */
static bool lookup(const struct match_context *match, struct bytes name, struct bytes *value)
{
    for (size_t i = 0; i < match->count; i++) {
        if (bytes_equal(match->captures[i].name, name)) {
            *value = match->captures[i].value;
            return true;
        }
    }
    const char *known = bytes_empty(name) ? NULL : match->known(match->context, name);
    *value = bytes_of(known);
    return known != NULL;
}

bool pattern_match(struct match_context *match, struct bytes pattern, struct bytes text)
{
    if (bytes_equal(pattern, BYTES("...")))
        return true;
    ptrdiff_t open = bytes_index(pattern, '{');
    size_t plain = open >= 0 ? (size_t)open : pattern.length;
    if (open < 0 && pattern.length > 3 &&
        bytes_equal(bytes_skip(pattern, pattern.length - 3), BYTES("...")))
        return bytes_starts_with(text, bytes_first(pattern, pattern.length - 3));
    if (!bytes_starts_with(text, bytes_first(pattern, plain)))
        return false;
    text = bytes_skip(text, plain);
    if (open < 0)
        return bytes_empty(text);
    struct bytes rest = bytes_skip(pattern, plain + 1), value;
    struct bytes name = bytes_split(&rest, '}');
    if (!lookup(match, name, &value))
        return fill(match, name, rest, text);
    return bytes_starts_with(text, value) &&
           pattern_match(match, rest, bytes_skip(text, value.length));
}
