/* inspect.h: looks at everything around a server that can be wrong, and says how to mend it. */
#ifndef SERVER_INSPECT_H
#define SERVER_INSPECT_H

/* Prints a line for each finding: "ok", "note" or "fault", the part, what was found, and the mend.
 * Beside a running server or without one; changes nothing. EXIT_FAILURE when there is a fault. */
int check_all(const char *config_path);

#endif
