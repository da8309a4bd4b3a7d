/* password.h: asks the operator for a password. It is never an argument of a command, where every
 * process of the machine could read it. */
#ifndef SERVER_PASSWORD_H
#define SERVER_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

enum { PASSWORD_SIZE = 256 };

/* Fills `password` (PASSWORD_SIZE bytes): the first line of standard input, or, when that is a
 * terminal, what was typed twice without echo. False with a message for the operator in `why` when
 * it is empty, too long or was typed differently. The caller wipes it with explicit_bzero. */
bool password_ask(char *password, char *why, size_t why_size);

#endif
