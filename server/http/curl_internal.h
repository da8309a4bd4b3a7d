/* curl_internal.h: the carrier that really sends: a thread with libcurl. */
#ifndef HTTP_CURL_INTERNAL_H
#define HTTP_CURL_INTERNAL_H

#include "http/http.h"

struct curl_thread;

/* Starts the thread. NULL when the system refuses, with a message in `why`. */
struct curl_thread *curl_thread_open(char *why, size_t why_size);

/* Ends the transfers under way and the thread. False when that hangs for seconds: then it is left
 * to itself, and keeps all tries that it was sent; the process is about to end. */
bool curl_thread_close(struct curl_thread **thread);

/* Takes a try over. */
void curl_thread_send(struct curl_thread *thread, struct http_try *try);

#endif
