/* script.c: one pass over the lines of a file. */
#include "script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

enum { FILE_MAX = 1 << 20 };

static bool read_file(const char *path, struct bytes *whole)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        fprintf(stderr, "%s: cannot be opened: %s\n", path, strerror(errno));
        return false;
    }
    char *memory = memory_new(FILE_MAX);
    *whole = bytes_from(memory, fread(memory, 1, FILE_MAX, file));
    bool complete = feof(file) != 0;
    fclose(file);
    if (complete)
        return true;
    fprintf(stderr, "%s: cannot be read, or is longer than %d bytes\n", path, FILE_MAX);
    free(memory);
    return false;
}

static struct bytes without_comment(struct bytes text)
{
    for (size_t i = 0; i + 2 < text.length; i++)
        if (memcmp(text.at + i, "  #", 3) == 0)
            text = bytes_first(text, i);
    return bytes_trim(text);
}

static bool is_blank(struct bytes text)
{
    return bytes_empty(bytes_trim(text));
}

static size_t indentation(struct bytes text)
{
    size_t spaces = 0;
    while (spaces < text.length && text.at[spaces] == ' ')
        spaces++;
    return spaces;
}

/* The lines under a step: all indented ones, and the blank ones between them. */
static void take_block(struct script_step *step, const struct script_line *lines, size_t count)
{
    step->block = lines;
    for (size_t i = 0; i < count; i++) {
        if (is_blank(lines[i].text))
            continue;
        if (indentation(lines[i].text) == 0)
            return;
        step->count = i + 1;
    }
}

/* Takes the indentation of the first line away from all. */
static void dedent(struct script_line *lines, size_t count)
{
    size_t spaces = count > 0 ? indentation(lines[0].text) : 0;
    for (size_t i = 0; i < count; i++) {
        size_t own = indentation(lines[i].text);
        bool blank = is_blank(lines[i].text);
        lines[i].text = bytes_skip(lines[i].text, own < spaces ? own : spaces);
        if (blank)
            lines[i].text.length = 0;
    }
}

static size_t split_lines(struct script *script, struct bytes whole)
{
    size_t count = 0;
    script->lines = memory_new((whole.length + 1) * sizeof(*script->lines));
    while (!bytes_empty(whole)) {
        struct bytes text = bytes_split(&whole, '\n');
        script->lines[count] = (struct script_line){(unsigned)count + 1, text};
        count++;
    }
    return count;
}

bool script_load(struct script *script, const char *path)
{
    struct bytes whole;
    *script = (struct script){.path = path};
    if (!read_file(path, &whole))
        return false;
    script->memory = (char *)(uintptr_t)whole.at;
    size_t count = split_lines(script, whole);
    script->steps = memory_new((count + 1) * sizeof(*script->steps));
    for (size_t i = 0; i < count; i++) {
        struct script_line *line = &script->lines[i];
        struct script_step *step = &script->steps[script->count];
        if (is_blank(line->text) || *line->text.at == '#')
            continue;
        *step = (struct script_step){.line = {line->number, without_comment(line->text)}};
        take_block(step, line + 1, count - i - 1);
        dedent(line + 1, step->count);
        script->count++;
        i += step->count;
    }
    return true;
}

void script_release(struct script *script)
{
    free(script->steps);
    free(script->lines);
    free(script->memory);
    *script = (struct script){0};
}

struct script_step script_step_of(struct bytes text)
{
    return (struct script_step){.line = {0, text}};
}

/* Words. */

static bool take_word(struct bytes *rest, struct bytes *word)
{
    bool quoted = *rest->at == '"';
    char end = quoted ? '"' : ' ';
    struct bytes from = bytes_skip(*rest, quoted);
    ptrdiff_t length = bytes_index(from, end);
    if (quoted && length < 0)
        return false;
    *word = length < 0 ? from : bytes_first(from, (size_t)length);
    *rest = bytes_skip(from, word->length + (quoted || length >= 0));
    return true;
}

bool words_split(struct words *words, struct bytes text)
{
    words->count = words->at = 0;
    for (text = bytes_trim(text); !bytes_empty(text); text = bytes_trim(text)) {
        if (words->count == WORDS_MAX || !take_word(&text, &words->word[words->count]))
            return false;
        words->count++;
    }
    if (words->count > 0) { /* a colon before the block is for the eye */
        struct bytes *last = &words->word[words->count - 1];
        last->length -= last->length > 1 && last->at[last->length - 1] == ':';
    }
    return true;
}

struct bytes words_take(struct words *words)
{
    return words->at < words->count ? words->word[words->at++] : BYTES("");
}

bool words_are(struct words *words, const char *expected)
{
    struct bytes rest = bytes_of(expected);
    size_t at = words->at;
    while (!bytes_empty(rest)) {
        struct bytes word = bytes_split(&rest, ' ');
        if (at == words->count || !bytes_equal(words->word[at++], word))
            return false;
    }
    words->at = at;
    return true;
}

bool words_end(const struct words *words)
{
    return words->at == words->count;
}
