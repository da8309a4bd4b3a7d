/* dns_internal.h: the c-ares channel of a loop. Questions go out here; the raw answers are read
 * (records_internal.h) and handed to the loop's resolver. */
#ifndef NET_DNS_INTERNAL_H
#define NET_DNS_INTERNAL_H

#include "net/names_internal.h"

struct loop;
struct dns;

/* Opens nothing before the first question: c-ares costs memory that many servers never need. */
struct dns *dns_new(struct loop *loop);
/* Questions under way are forgotten. */
void dns_free(struct dns **dns);

/* A names_ask_fn; `context` is the loop. */
void dns_ask(void *context, const char *name, enum record_type type, struct name_entry *entry);

#endif
