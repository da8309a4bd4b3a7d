/* papers.c: the certificate and key that HTTPS shows.
 *
 * libmicrohttpd asks for them at each handshake (door.c). GnuTLS goes on using what it was given
 * until the handshake is over, so papers that were replaced stay, one behind the other, until the
 * door is closed: some kilobytes for each new certificate. */
#include "web/papers_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { PEM_MAX = 1 << 20, CHAIN_MAX = 16 };

struct web_papers {
    struct web_papers *older;
    char *text; /* of both files */
    gnutls_pcert_st chain[CHAIN_MAX];
    unsigned count;
    gnutls_privkey_t key;
};

static char *read_pem(const char *path, char *why, size_t why_size)
{
    FILE *file = fopen(path, "re");
    char *text = memory_new(PEM_MAX + 1);
    size_t length = file != NULL ? fread(text, 1, PEM_MAX, file) : 0;
    if (file == NULL || ferror(file) != 0 || length == 0) {
        snprintf(why, why_size, "%s cannot be read: %s; correct web.certificate and web.key", path,
                 file != NULL && length == 0 ? "it is empty" : strerror(errno));
        free(text);
        text = NULL;
    }
    if (file != NULL)
        fclose(file);
    return text;
}

static bool refuse(int code, const char *path, char *why, size_t why_size)
{
    if (code >= 0)
        return true;
    snprintf(why, why_size, "%s cannot be used: %s; correct web.certificate and web.key", path,
             gnutls_strerror(code));
    return false;
}

static gnutls_datum_t datum_of(char *text)
{
    return (gnutls_datum_t){(unsigned char *)text, (unsigned)strlen(text)};
}

static bool take_chain(struct web_papers *papers, char *text, const char *path, char *why,
                       size_t why_size)
{
    const gnutls_datum_t pem = datum_of(text);
    unsigned count = CHAIN_MAX;
    int code = gnutls_pcert_list_import_x509_raw(papers->chain, &count, &pem, GNUTLS_X509_FMT_PEM,
                                                 GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
    if (code >= 0)
        papers->count = count;
    return refuse(code, path, why, why_size);
}

static bool take_key(struct web_papers *papers, char *text, const char *path, char *why,
                     size_t why_size)
{
    const gnutls_datum_t pem = datum_of(text);
    int code = gnutls_privkey_init(&papers->key);
    if (code >= 0)
        code = gnutls_privkey_import_x509_raw(papers->key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0);
    return refuse(code, path, why, why_size);
}

static bool same_key(gnutls_pubkey_t a, gnutls_pubkey_t b)
{
    unsigned char one[64], other[64];
    size_t one_size = sizeof(one), other_size = sizeof(other);
    return gnutls_pubkey_get_key_id(a, GNUTLS_KEYID_USE_SHA256, one, &one_size) >= 0 &&
           gnutls_pubkey_get_key_id(b, GNUTLS_KEYID_USE_SHA256, other, &other_size) >= 0 &&
           one_size == other_size && memcmp(one, other, one_size) == 0;
}

static bool is_pair(const struct web_papers *papers, const char *path, char *why, size_t why_size)
{
    gnutls_pubkey_t of_key = NULL;
    bool pair = gnutls_pubkey_init(&of_key) >= 0 &&
                gnutls_pubkey_import_privkey(of_key, papers->key, 0, 0) >= 0 &&
                same_key(of_key, papers->chain[0].pubkey);
    if (of_key != NULL)
        gnutls_pubkey_deinit(of_key);
    if (!pair)
        snprintf(why, why_size,
                 "%s is no pair with its key: web.certificate and web.key belong together", path);
    return pair;
}

static void forget(struct web_papers *papers)
{
    for (unsigned i = 0; i < papers->count; i++)
        gnutls_pcert_deinit(&papers->chain[i]);
    if (papers->key != NULL)
        gnutls_privkey_deinit(papers->key);
    if (papers->text != NULL)
        explicit_bzero(papers->text, strlen(papers->text));
    free(papers->text);
    free(papers);
}

/* What tells these papers from others. */
static void keep_text(struct web_papers *papers, const char *certificate, const char *key)
{
    size_t size = strlen(certificate) + strlen(key) + 1;
    papers->text = memory_new(size);
    snprintf(papers->text, size, "%s%s", certificate, key);
}

struct web_papers *papers_read(const char *certificate, const char *key, char *why, size_t why_size)
{
    struct web_papers *papers = memory_new(sizeof(*papers));
    const char *key_path = key != NULL ? key : certificate;
    char *chain_text = read_pem(certificate, why, why_size);
    char *key_text = chain_text != NULL ? read_pem(key_path, why, why_size) : NULL;
    bool taken = key_text != NULL && take_chain(papers, chain_text, certificate, why, why_size) &&
                 take_key(papers, key_text, key_path, why, why_size) &&
                 is_pair(papers, certificate, why, why_size);
    if (taken)
        keep_text(papers, chain_text, key_text);
    if (key_text != NULL)
        explicit_bzero(key_text, strlen(key_text));
    free(key_text);
    free(chain_text);
    if (taken)
        return papers;
    forget(papers);
    return NULL;
}

void papers_free(struct web_papers **papers)
{
    while (*papers != NULL) {
        struct web_papers *old = *papers;
        *papers = old->older;
        forget(old);
    }
}

void papers_replace(struct web_papers **papers, struct web_papers *fresh)
{
    assert(fresh != NULL);
    if (*papers != NULL && strcmp((*papers)->text, fresh->text) == 0) {
        forget(fresh);
        return;
    }
    fresh->older = *papers;
    *papers = fresh;
}

void papers_show(struct web_papers *papers, gnutls_pcert_st **certificates, unsigned *count,
                 gnutls_privkey_t *key)
{
    *certificates = papers->chain;
    *count = papers->count;
    *key = papers->key;
}
