/* folder.h: the data folder, made when it is missing, and taken away again when the first start
 * fails: nothing is left half-made. */
#ifndef SERVER_FOLDER_H
#define SERVER_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

/* Makes the folder unless it is there; `*made` says whether it is new. False with a message for the
 * operator in `why`. */
bool folder_make(const char *path, bool *made, char *why, size_t why_size);

/* Removes a folder that folder_make has just made, with the files in it. */
void folder_unmake(const char *path);

#endif
