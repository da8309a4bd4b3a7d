/* scan_internal.h: a look at the bytes of a document before libxml2 gets them. */
#ifndef PIDF_SCAN_INTERNAL_H
#define PIDF_SCAN_INTERNAL_H

#include "base/bytes.h"

/* Where the first start tag with more than `most` attributes begins, or -1. libxml2 compares every
 * attribute of an element with every other, which 64 KB of attributes turn into a tenth of a
 * second. The encoding must be one that agrees with ASCII. */
ptrdiff_t scan_attributes(struct bytes body, unsigned most);

/* Where line `line`, counted from 1, begins; the length when there are fewer. */
size_t scan_line(struct bytes body, size_t line);

#endif
