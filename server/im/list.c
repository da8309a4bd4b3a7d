/* list.c: a MESSAGE for a list. */
#include "im_internal.h"

void list_handle(struct im *im, struct front_request *request, const struct content *content)
{
    (void)im;
    (void)content;
    front_refuse(request, 501, NULL);
}
