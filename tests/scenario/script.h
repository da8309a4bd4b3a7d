/* script.h: a scenario file, taken apart into steps. What the steps mean is play.h's business.
 *
 * A step is a line that begins in the first column; the indented lines under it are its block, with
 * the indentation of the first one taken away. '#' begins a comment, alone on a line or after two
 * spaces; inside a block everything belongs to the block. */
#ifndef TESTS_SCENARIO_SCRIPT_H
#define TESTS_SCENARIO_SCRIPT_H

#include "base/bytes.h"

struct script_line {
    unsigned number; /* in the file, from 1 */
    struct bytes text;
};

struct script_step {
    struct script_line line;
    const struct script_line *block;
    size_t count;
};

struct script {
    const char *path; /* as given */
    char *memory;
    struct script_line *lines; /* what the blocks point into */
    struct script_step *steps;
    size_t count;
};

/* Reads a file; false (with a line on standard error) when it cannot be read. The path is borrowed.
 */
bool script_load(struct script *script, const char *path);
void script_release(struct script *script);

/* One step from a text without block, for tests that write their steps themselves. */
struct script_step script_step_of(struct bytes text);

/* The words of a step: separated by spaces; "quoted words" are one, without their quotes. */
enum { WORDS_MAX = 48 };
struct words {
    struct bytes word[WORDS_MAX];
    size_t count, at;
};
/* False: too many words, or a quote that does not end. */
bool words_split(struct words *words, struct bytes text);
/* The next word, or the empty slice. */
struct bytes words_take(struct words *words);
/* Takes the next words when they are these ("expects nothing"), and says so. */
bool words_are(struct words *words, const char *expected);
bool words_end(const struct words *words);

#endif
