/* multipart_fuzz.c: up to the first line feed a Content-Type, behind it a body. Parts lie inside of
 * the body, one behind the other, and hold no boundary line of their own. */
#include "fuzz.h"
#include "sip/multipart.h"

static void check_header(struct bytes header)
{
    struct bytes rest = header, line, parameter;
    size_t left = header.length;
    while (mime_line(&rest, &line)) {
        insist(rest.length < left);
        left = rest.length;
        insist_inside(line, header);
    }
    struct bytes type = mime_field(header, "Content-Type");
    insist_inside(type, header);
    insist_inside(mime_value(type), header);
    if (mime_parameter(type, "charset", &parameter))
        insist_inside(parameter, header);
}

static void check_parts(struct multipart *multipart, struct bytes body)
{
    struct multipart_part part;
    const char *behind = body.at;
    unsigned count = 0;
    while (multipart_next(multipart, &part)) {
        insist_inside(part.text, body);
        insist_inside(part.header, part.text);
        insist_inside(part.body, part.text);
        insist(part.text.at >= behind);
        behind = part.text.at + part.text.length;
        check_header(part.header);
        count++;
    }
    insist(count <= MULTIPART_PARTS_MAX);
    insist(!multipart_whole(multipart) || count > 0);
    insist(!multipart_next(multipart, &part));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = exact_copy(data, size);
    struct bytes body = bytes_from(text, size), behind;
    struct bytes type = bytes_split(&body, '\n');
    struct multipart multipart;
    check_header(mime_split(body, &behind));
    insist_inside(behind, body);
    if (multipart_open(&multipart, type, body)) {
        insist(multipart.boundary.length > 0);
        insist_inside(multipart.boundary, type);
        check_parts(&multipart, body);
    }
    free(text);
    return 0;
}
