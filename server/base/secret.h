/* secret.h: asks the operator for a password or another secret. It is never an argument of a
 * command, where every process of the machine could read it. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

enum { SECRET_SIZE = 256 };

/* Fills `secret` (SECRET_SIZE bytes): the next line of standard input, or, when that is a terminal,
 * what was typed twice without echo. `what` it is: "password". False with a message for the
 * operator in `why` when it is empty, too long or was typed differently. The caller wipes it with
 * explicit_bzero. */
bool secret_ask(const char *what, char *secret, char *why, size_t why_size);

#endif
