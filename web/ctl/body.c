/* body.c: files are read whole: the request says how long its body is. */
#include "web/ctl/body.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

enum { WHY_SIZE = 512, BODY_MAX_BYTES = 256 << 20, PIECE = 1 << 16 };

/* Errno has what went wrong. */
static char *read_all(FILE *file, size_t *length)
{
    char *text = memory_new(PIECE + 1);
    size_t size = PIECE, got;
    *length = 0;
    while ((got = fread(text + *length, 1, size - *length, file)) > 0) {
        *length += got;
        if (*length < size)
            continue;
        if (size >= BODY_MAX_BYTES)
            break;
        text = memory_resize(text, (size *= 2) + 1);
    }
    bool good = !ferror(file) && *length < BODY_MAX_BYTES;
    if (!ferror(file) && !good)
        errno = EFBIG;
    text[*length] = '\0';
    if (good)
        return text;
    free(text);
    return NULL;
}

char *ctl_body_read(const char *path, size_t *length, char *why)
{
    const bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "re");
    char *text = file != NULL ? read_all(file, length) : NULL;
    if (text == NULL)
        snprintf(why, WHY_SIZE, "%.300s cannot be read: %s", standard ? "standard input" : path,
                 strerror(errno));
    if (file != NULL && !standard)
        fclose(file);
    return text;
}

static bool find(const char *forms, const char *name, struct ctl_form *form)
{
    while (ctl_form_next(&forms, form))
        if (strcasecmp(form->name, name) == 0)
            return true;
    return false;
}

bool ctl_form_choose(const char *forms, const char *name, const char *path, struct ctl_form *form,
                     char *why)
{
    const char *end = path != NULL ? strrchr(path, '.') : NULL, *rest = forms;
    if (name != NULL && find(forms, name, form))
        return true;
    if (name == NULL && end != NULL && find(forms, end + 1, form))
        return true;
    if (name == NULL)
        return ctl_form_next(&rest, form);
    size_t length = (size_t)snprintf(why, WHY_SIZE, "there is no form %.100s; there are", name);
    while (ctl_form_next(&rest, form) && length < WHY_SIZE)
        length += (size_t)snprintf(why + length, WHY_SIZE - length, " %s", form->name);
    return false;
}
