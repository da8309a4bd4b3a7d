/* draft.h: a request that is written once and sent many times.
 *
 * The parts that differ each time have a fixed width and are patched in place: `marks` remembers
 * where they stand. */
#ifndef BENCH_DRAFT_H
#define BENCH_DRAFT_H

#include "base/buffer.h"

enum { DRAFT_SIZE = 4096, MARKS_MAX = 12 };

/* What stands at a mark. */
enum stamp {
    STAMP_NONE,
    STAMP_SEQUENCE, /* the request's number, 8 hex digits */
    STAMP_CSEQ,     /* the same as a CSeq, 10 digits */
    STAMP_DIALOG,   /* the dialog's number, 8 hex digits */
    STAMP_NC,       /* of the digest: 8 hex digits */
    STAMP_RESPONSE, /* of the digest */
    STAMP_ETAG      /* in SIP-If-Match */
};

struct mark {
    enum stamp stamp;
    unsigned at, length;
};

struct draft {
    struct buffer out; /* DRAFT_SIZE bytes on the heap, made at the first use; length 0: not
                          written yet */
    unsigned mark_count;
    struct mark marks[MARKS_MAX];
};

/* Empties the draft, to be written anew. */
void draft_begin(struct draft *draft);
void draft_release(struct draft *draft);

/* Appends `length` zeros that are to be patched. */
void draft_mark(struct draft *draft, enum stamp stamp, unsigned length);

/* Patches all marks of the stamp; the value must have their length. */
void draft_patch(struct draft *draft, enum stamp stamp, struct bytes value);
void draft_patch_hex(struct draft *draft, enum stamp stamp, uint32_t number);
void draft_patch_decimal(struct draft *draft, enum stamp stamp, uint32_t number);

/* The length of the first mark of that stamp; 0: there is none. */
unsigned draft_mark_length(const struct draft *draft, enum stamp stamp);

#endif
