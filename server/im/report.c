/* report.c: what a sender learns of a message. */
#include "im_internal.h"

void report_stored(struct im *im, const struct report_about *about)
{
    (void)im;
    (void)about;
}

void report_failed(struct im *im, const struct report_about *about, unsigned status,
                   const char *reason)
{
    (void)im;
    (void)about;
    (void)status;
    (void)reason;
}
