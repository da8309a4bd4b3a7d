/* papers_internal.h: the certificate and key that HTTPS shows, which can be others later on. */
#ifndef WEB_PAPERS_INTERNAL_H
#define WEB_PAPERS_INTERNAL_H

#include <gnutls/abstract.h>
#include <stdbool.h>

struct web_papers;

/* Reads a pair of PEM files. NULL with a message for the operator. */
struct web_papers *papers_read(const char *certificate, const char *key, char *why,
                               size_t why_size);
/* Those behind it, too. */
void papers_free(struct web_papers **papers);

/* Puts newer ones before the old ones, which stay for the handshakes that have them; frees `fresh`
 * when they are the same. */
void papers_replace(struct web_papers **papers, struct web_papers *fresh);

/* What GnuTLS wants to be given. */
void papers_show(struct web_papers *papers, gnutls_pcert_st **certificates, unsigned *count,
                 gnutls_privkey_t *key);

#endif
