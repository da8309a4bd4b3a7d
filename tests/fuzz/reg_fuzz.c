/* reg_fuzz.c: any body may be published as reg (RFC 3680). */
#include "package_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = exact_copy(data, size);
    fuzz_package("reg", false, bytes_from(text, size));
    free(text);
    return 0;
}
