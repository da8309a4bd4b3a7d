/* operations.h: what the process offers to those who operate it: its configuration, its
 * certificates, its backups. Filled by the composition; web/ only asks. */
#ifndef WEB_OPERATIONS_H
#define WEB_OPERATIONS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct web_setting {
    const char *key, *help;
    const char *file; /* that says so; NULL: it is the default */
    unsigned line;
    const json_t *value; /* without secrets; borrowed */
    bool live;           /* a reload takes it over */
    bool waits;          /* it was changed, which needs a restart */
};

/* Why a configuration is refused. */
struct web_fault {
    char why[1024];
    unsigned line; /* 0: nowhere in it */
};

/* A certificate that is in use, as it was when it was taken. */
struct web_certificate {
    const char *use; /* "sip" or "https" */
    const char *file;
    const char *subject;
    const char *names;              /* separated by blanks */
    uint64_t begins_ms, expires_ms; /* wall clock */
};

struct web_operations {
    void *context;
    const char *data_folder, *backup_folder; /* constant */

    /* On a web thread. False: *fault says why. `text` NULL: the file as it is now. */
    bool (*check)(void *context, const char *text, struct web_fault *fault);

    /* On the reactor's thread. */
    void (*settings)(void *context, void (*visit)(void *visitor, const struct web_setting *setting),
                     void *visitor);
    /* Reads the file again. False: nothing was taken over. Else `changed` is told of each key that
     * says otherwise than before: that counts now, or needs a restart. */
    bool (*reload)(void *context, struct web_fault *fault,
                   void (*changed)(void *visitor, const char *key, bool live), void *visitor);
    /* NULL behind the last one. */
    const struct web_certificate *(*certificate)(void *context, size_t index);
};

#endif
