/* say.c: steps of tests that write their own, in place of a file. */
#include "play.h"

static bool say(struct play *play, struct script_step *step, const struct page *text)
{
    step->line = script_step_of(page_bytes(text)).line;
    bool fine = play_step(play, step);
    play->step = NULL;
    return fine;
}

bool play_say(struct play *play, const char *format, ...)
{
    struct page text = {0};
    struct script_step step = {0};
    va_list values;
    va_start(values, format);
    page_vformat(&text, format, values);
    va_end(values);
    bool fine = say(play, &step, &text);
    page_release(&text);
    return fine;
}

bool play_say_with(struct play *play, const char *field, const char *format, ...)
{
    struct page text = {0};
    const struct script_line block = {0, bytes_of(field)};
    struct script_step step = {.block = &block, .count = field != NULL};
    va_list values;
    va_start(values, format);
    page_vformat(&text, format, values);
    va_end(values);
    bool fine = say(play, &step, &text);
    page_release(&text);
    return fine;
}
