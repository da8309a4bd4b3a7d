/* err.h: what went wrong, for us and for the operator. What a peer is told is a struct verdict. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err {
    ERR_NONE = 0,
    ERR_PARSE,     /* bytes that do not follow their grammar */
    ERR_LIMIT,     /* a configured or built-in bound was reached */
    ERR_NOT_FOUND, /* no such thing */
    ERR_CONFLICT,  /* it is there already, or somebody else changed it */
    ERR_DENIED,    /* a missing right */
    ERR_BUSY,      /* an address or a file is in use */
    ERR_IO,        /* the system or the network refused */
    ERR_DB,        /* the database refused */
    ERR_TIMEOUT,
    ERR_CLOSED,
    ERR_COUNT
};

/* The name of an error in plain words, for the log. */
const char *err_name(enum err err);

#endif
