/* date.h: points in time as text. */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include "base/bytes.h"

/* A date as SIP and HTTP have it, "Sat, 13 Nov 2010 23:29:00 GMT" (RFC 1123, RFC 3261 20.17), kept
 * for as long as its second lasts. Zeroed at first. */
struct date {
    uint64_t second; /* since 1970, plus 1; 0: nothing is written yet */
    char text[32];
    size_t length;
};

/* The text for a point in time (milliseconds since 1970); good until the next call. */
struct bytes date_text(struct date *date, uint64_t wall_ms);

/* Reads such a date, in whatever case and with or without its weekday, which is not compared;
 * milliseconds since 1970. False when it is none, or before 1970. */
bool date_parse(struct bytes text, uint64_t *wall_ms);

#endif
