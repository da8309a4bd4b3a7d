/* features_internal.h: what a REGISTER says beside its Contacts: the extensions that its client
 * supports, and the proxies on its way. */
#ifndef REGISTRAR_FEATURES_INTERNAL_H
#define REGISTRAR_FEATURES_INTERNAL_H

#include "registrar/registrar.h"
#include "sip/message.h"

enum { FEATURES_PATH_MAX = 8192 };

struct features {
    bool path, gruu, outbound; /* option tags in Supported */
    bool direct;               /* it came from the client itself: one Via */
    bool edge;                 /* the first hop's Path value says "ob" (RFC 5626 5.1) */
    size_t path_length;
    char path_text[FEATURES_PATH_MAX]; /* the values of Path as one, without folds */
};

/* Reads them: 400 with the reason when Path is malformed or too long; 420 when there is one and the
 * client does not support it (RFC 3327 5.3). */
struct verdict features_read(const struct sip_message *request,
                             const struct registrar_settings *settings, struct features *features);

static inline struct bytes features_path(const struct features *features)
{
    return bytes_from(features->path_text, features->path_length);
}

#endif
