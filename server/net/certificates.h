/* certificates.h: what a loop proves to its TLS peers, and whom it believes (RFC 5922).
 *
 * A domain's certificate is presented to clients that name one of its hosts (SNI), and to servers
 * that ask us for one when the domain has something to say there; the first one to all others.
 * Files are PEM. Nothing here keeps the texts that it is given. */
#ifndef NET_CERTIFICATES_H
#define NET_CERTIFICATES_H

#include "net/loop.h"

struct net_certificate {
    const char *const *names; /* the domain, and its other names */
    size_t name_count;
    const char *file; /* the certificate, and those between it and its authority */
    const char *key;  /* NULL: in the same file */
};

struct net_certificates {
    const struct net_certificate *list;
    size_t count;
    const char *authorities; /* a file of those who are believed; NULL: the system's */
    const char *revoked;     /* a file of lists of what authorities have revoked (RFC 5280 5); NULL:
                                none. With it, nobody is believed whose authority has no list there */
    enum net_asking asking;  /* of listeners that do not say themselves; browsers (WSS) are then not
                                asked. As usual: nothing */
};

/* Takes the certificates in use, at the start and whenever the files have changed: connections that
 * there are go on with what they have. Without certificates (count 0) we connect, but cannot be
 * connected to. On failure all stays as it was, and `why` names the file, the fault and the way
 * out: ERR_IO a file that cannot be read, ERR_PARSE one that is of no use. */
enum err loop_use_certificates(struct loop *loop, const struct net_certificates *certificates,
                               char *why, size_t why_size) __attribute__((warn_unused_result));

/* Makes sure that there is a file with a key and a certificate for these names, signed by itself:
 * makes one when there is none, or one that lacks a name or is over; `*made` says so. Only its
 * owner can read it. ERR_IO with a message. */
enum err certificate_ensure(const char *path, const char *const *names, size_t count, bool *made,
                            char *why, size_t why_size) __attribute__((warn_unused_result));

/* What the first certificate of a PEM file says, and when the others are over. False: there is none
 * to be read. */
struct certificate_look {
    char subject[256];           /* "CN=example.org" */
    char names[1024];            /* separated by blanks: hosts, addresses, URIs */
    uint64_t begins_ms, ends_ms; /* wall clock */
    uint64_t chain_ends_ms;      /* of the others, the first to end; UINT64_MAX: it is alone */
};
bool certificate_look(const char *path, struct certificate_look *look);
/* True when one of the names is this domain's: of a SIP server (`sip:` URI, or DNS name without
 * them, RFC 5922 7.1), or, `https`, of a web server (RFC 6125 with its wildcards). */
bool certificate_names(const char *path, const char *domain, bool https);

/* Whether who believes these authorities (a PEM file; NULL: the system's) believes the first
 * certificate of a file, helped by the others in it, leaving its time and its names aside. `why`:
 * what is wrong, in OpenSSL's words. */
enum certificate_trust {
    CERTIFICATE_BELIEVED,
    CERTIFICATE_SIGNS_ITSELF,
    CERTIFICATE_CUT,    /* who signed the last one is not known */
    CERTIFICATE_DOUBTED /* something else, or there is none to be read */
};
enum certificate_trust certificate_trust(const char *path, const char *authorities, char *why,
                                         size_t why_size);

#endif
