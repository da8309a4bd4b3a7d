/* certificates.h: the certificates of the configured domains, those made by ourselves included. */
#ifndef SERVER_CERTIFICATES_H
#define SERVER_CERTIFICATES_H

#include "config.h"

/* Reads the configured certificates into the loop, at the start and at SIGHUP. Where TLS is
 * listened on, domains without one share a certificate that signs itself, in the data folder:
 * `make` makes it, when it is needed and not there. False with a message for the operator; the loop
 * then keeps what it has. */
bool certificates_use(struct loop *loop, const struct config *config, bool make, struct log *log,
                      char *why, size_t why_size);

/* Visits the files in use: "sip" for TLS and secure WebSocket, "https" for the HTTP API. */
void certificates_each(const struct config *config,
                       void (*visit)(void *context, const char *use, const char *file),
                       void *context);

#endif
