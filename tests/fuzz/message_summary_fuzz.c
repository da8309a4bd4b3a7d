/* message_summary_fuzz.c: any body may be published as message-summary (RFC 3842). */
#include "package_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = exact_copy(data, size);
    fuzz_package("message-summary", true, bytes_from(text, size));
    free(text);
    return 0;
}
