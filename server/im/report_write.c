/* report_write.c: notifications as messages.
 *
 * An IMDN is a message/cpim (RFC 5438 7.2.1.1), which says in its own header what the message's
 * header said, turned round:
 *
 *   of the message                      of the IMDN
 *   From, To ........................... To, From
 *   imdn.IMDN-Record-Route ............. imdn.IMDN-Route, all of them in their order
 *   imdn.Message-ID, DateTime, To,
 *   imdn.Original-To ................... the elements of the document
 */
#include <assert.h>
#include <time.h>

#include "base/date.h"
#include "im/cpim.h"
#include "report_internal.h"
#include "sip/write.h"

enum { ROUTES_MAX = 8, HEAD_MAX = 8192, MOMENT_MAX = 32 };

/* The body. */

/* RFC 3339, in UTC. */
static struct bytes write_moment(uint64_t wall_ms, char *text)
{
    time_t at = (time_t)(wall_ms / 1000);
    struct tm tm = {0};
    gmtime_r(&at, &tm);
    size_t length = strftime(text, MOMENT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return bytes_from(text, length);
}

/* When the message was sent: by its own word, or as far as anybody knows. */
static struct bytes sent_at(const struct im *im, const struct report_imdn *imdn,
                            struct bytes date_time, char *text)
{
    uint64_t wall_ms = im->parts->world->wall_ms;
    if (!bytes_empty(date_time))
        return date_time;
    (void)date_parse(sip_message_value(imdn->message, SIP_DATE), &wall_ms);
    return write_moment(wall_ms, text);
}

static struct bytes either(struct bytes value, struct bytes otherwise)
{
    return bytes_empty(value) ? otherwise : value;
}

static struct blob *write_document(const struct im *im, const struct report_imdn *imdn,
                                   const struct content *content, const struct cpim *cpim)
{
    char moment[MOMENT_MAX];
    const struct imdn document = {
        .message_id = content->message_id,
        .date_time = sent_at(im, imdn, content->date_time, moment),
        .recipient = either(content->cpim_to, imdn->receiver),
        .original_recipient = cpim_uri(cpim_value(cpim, CPIM_IMDN, "Original-To")),
        .status = imdn->status,
    };
    return imdn_write(&document);
}

static void write_address(struct buffer *out, const char *name, struct bytes uri)
{
    char text[REPORT_URI_MAX + 2];
    struct buffer value = buffer_over(text, sizeof(text));
    buffer_char(&value, '<');
    buffer_put(&value, uri);
    buffer_char(&value, '>');
    out->overflow |= value.overflow;
    cpim_copy(out, "", name, buffer_bytes(&value));
}

static void write_routes(struct buffer *out, const struct cpim *cpim)
{
    struct cpim_walk walk = cpim_headers(cpim);
    struct cpim_header header;
    unsigned count = 0;
    while (cpim_next(&walk, &header)) {
        if (!bytes_equal(header.space, BYTES(CPIM_IMDN)) ||
            !bytes_equal(header.name, BYTES("IMDN-Record-Route")))
            continue;
        out->overflow |= ++count > ROUTES_MAX;
        cpim_copy(out, "imdn", "IMDN-Route", header.value);
    }
}

bool report_write_imdn(const struct im *im, const struct report_imdn *imdn, struct buffer *out)
{
    char moment[MOMENT_MAX];
    struct cpim cpim;
    struct content content = content_read(&im->settings, imdn->message);
    if (bytes_empty(content.message_id) || !cpim_parse(imdn->message->body, &cpim))
        return false;
    struct blob *document = write_document(im, imdn, &content, &cpim);
    write_address(out, "From", either(content.cpim_to, imdn->receiver));
    write_address(out, "To", either(content.cpim_from, imdn->sender));
    cpim_write(out, "", "DateTime", write_moment(im->parts->world->wall_ms, moment));
    buffer_text(out, "NS: imdn <" CPIM_IMDN ">\r\n");
    cpim_write(out, "imdn", "Message-ID", imdn->name);
    write_routes(out, &cpim);
    buffer_text(out, "\r\nContent-Disposition: notification\r\n");
    sip_write_body(out, BYTES("message/imdn+xml"), blob_bytes(document));
    blob_unref(&document);
    return !out->overflow;
}

/* The message. */

static void write_uri(struct buffer *out, struct bytes aor)
{
    buffer_text(out, "sip:");
    buffer_put(out, aor);
}

static void write_party(struct buffer *out, const char *name, struct bytes aor)
{
    buffer_text(out, name);
    buffer_text(out, ": <");
    write_uri(out, aor);
    buffer_char(out, '>');
}

static void write_head(const struct im *im, const struct report_letter *letter, struct buffer *out)
{
    struct date date = {0};
    buffer_text(out, "MESSAGE ");
    if (bytes_empty(letter->target))
        write_uri(out, letter->sender);
    else
        sip_write_unfolded(out, letter->target);
    buffer_text(out, " SIP/2.0\r\nMax-Forwards: 70\r\n");
    write_party(out, "From", letter->from);
    buffer_format(out, ";tag=%.16s\r\n", letter->name.text);
    write_party(out, "To", letter->sender);
    buffer_format(out, "\r\nCall-ID: %s\r\nCSeq: 1 MESSAGE\r\n", letter->name.text);
    sip_write_field(out, "Date", date_text(&date, im->parts->world->wall_ms));
    sip_write_field(out, "Auto-Submitted", BYTES("auto-replied"));
    sip_write_head_end(out, letter->content_type, letter->body.length);
}

struct store_change report_post(struct im *im, const struct report_letter *letter, bool *refused)
{
    char head[HEAD_MAX];
    struct buffer out = buffer_over(head, sizeof(head));
    bool words = !bytes_equal(letter->content_type, BYTES("message/cpim"));
    uint64_t lasts_s = words ? im->settings.offline_s : im->settings.notice_s;
    *refused = false;
    assert(!bytes_empty(letter->owner) && !bytes_empty(letter->sender));
    write_head(im, letter, &out);
    if (out.overflow)
        return STORE_NOTHING;
    const struct im_post post = {
        .owner = letter->owner,
        .kind = STORE_NOTICE,
        .peer = letter->goes_out ? letter->sender : letter->from,
        .goes_out = letter->goes_out,
        .origin = {.call_id = bytes_of(letter->name.text), .cseq = 1},
        .from_tag = bytes_from(letter->name.text, 16),
        .content_type = letter->content_type,
        .head = buffer_bytes(&out),
        .body = letter->body,
        .expires_ms = im->parts->world->wall_ms + lasts_s * 1000,
    };
    struct store_change change = im_post(im, &post, refused);
    metrics_count(im->parts->metrics, *refused ? METRIC_reports_refused : METRIC_reports_sent);
    return change;
}
