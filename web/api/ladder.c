/* ladder.c: a conversation as a picture of letters.
 *
 *              udp 127.0.0.2:5060                udp 127.0.0.1:5060
 *                                                     herald
 *     +0.000  |----------- SUBSCRIBE 1 ---------->|  presence, expires 3600
 *     +0.001  |<--------- 200 SUBSCRIBE 1 --------|  OK, expires 3600
 *     +0.003  |<----------- NOTIFY 2 -------------|  presence, active;expires=3600
 *
 * The first address that speaks with us stands left, we beside it, all others right of us; with
 * more of them the arrows cross. Nothing but printable ASCII is written: a terminal shows it, and a
 * stranger wrote it. */
#include "web/api/ladder_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

enum {
    LEFT = 12, /* of the first column, behind the time */
    GAP = 36,  /* from one column to the next */
    LABEL_MAX = GAP - 8,
    AGAIN_BACK = 32 /* messages before one that it may be a retransmission of */
};

struct party {
    enum net_protocol protocol;
    struct net_address address;
};

struct rung {
    struct trace_message kept;
    unsigned column; /* of the peer */
    bool again;      /* the same bytes went the same way before */
};

struct ladder {
    const struct trace *trace;
    struct party parties[LADDER_COLUMNS_MAX]; /* [1] is ours */
    unsigned columns;
    bool many;       /* the last column is several addresses */
    bool many_of_us; /* so is ours */
    struct rung rungs[LADDER_MESSAGES_MAX];
    size_t count;
};

/* Gathering. */

struct ladder *ladder_new(const struct trace *trace)
{
    struct ladder *ladder = memory_new(sizeof(*ladder));
    assert(trace != NULL);
    ladder->trace = trace;
    return ladder;
}

void ladder_free(struct ladder **ladder)
{
    free(*ladder);
    *ladder = NULL;
}

static bool is_party(const struct party *party, enum net_protocol protocol,
                     const struct net_address *address)
{
    return party->protocol == protocol && net_address_equal(&party->address, address);
}

enum { OURS = 1 };

static unsigned column_of(struct ladder *ladder, const struct net_flow *flow)
{
    for (unsigned i = 0; i < ladder->columns; i++)
        if (i != OURS && is_party(&ladder->parties[i], flow->protocol, &flow->remote))
            return i;
    if (ladder->columns == LADDER_COLUMNS_MAX) {
        ladder->many = true;
        return LADDER_COLUMNS_MAX - 1;
    }
    if (ladder->columns == 0) {
        ladder->parties[OURS] = (struct party){flow->protocol, flow->local};
        ladder->columns = 2;
        ladder->parties[0] = (struct party){flow->protocol, flow->remote};
        return 0;
    }
    ladder->parties[ladder->columns] = (struct party){flow->protocol, flow->remote};
    return ladder->columns++;
}

static bool is_again(const struct ladder *ladder, const struct rung *rung)
{
    size_t first = ladder->count > AGAIN_BACK ? ladder->count - AGAIN_BACK : 0;
    for (size_t i = first; i < ladder->count; i++) {
        const struct rung *other = &ladder->rungs[i];
        if (other->column == rung->column && other->kept.sent == rung->kept.sent &&
            other->kept.size == rung->kept.size && /* which both may be cut */
            bytes_equal(other->kept.text, rung->kept.text))
            return true;
    }
    return false;
}

void ladder_add(struct ladder *ladder, uint64_t id)
{
    struct rung rung;
    if (ladder->count == LADDER_MESSAGES_MAX || !trace_find(ladder->trace, id, &rung.kept))
        return;
    const struct net_flow *flow = &rung.kept.flow;
    rung.column = column_of(ladder, flow);
    rung.again = is_again(ladder, &rung);
    ladder->many_of_us =
        ladder->many_of_us || !is_party(&ladder->parties[OURS], flow->protocol, &flow->local);
    ladder->rungs[ladder->count++] = rung;
}

/* Writing. */

struct line {
    char text[LADDER_LINE_MAX];
    size_t width;
};

static size_t place_of(unsigned column)
{
    return LEFT + (size_t)column * GAP;
}

static void line_clear(struct line *line, size_t width)
{
    assert(width < LADDER_LINE_MAX);
    memset(line->text, ' ', sizeof(line->text));
    line->width = width;
}

/* What is not printable becomes '?'; what does not fit is cut. */
static void line_put(struct line *line, size_t at, struct bytes text)
{
    for (size_t i = 0; i < text.length && at + i < line->width; i++) {
        unsigned char c = (unsigned char)text.at[i];
        line->text[at + i] = c >= 0x20 && c < 0x7f ? (char)c : '?';
    }
}

static void line_write(const struct line *line, struct buffer *out)
{
    size_t length = line->width;
    while (length > 0 && line->text[length - 1] == ' ')
        length--;
    buffer_put(out, bytes_from(line->text, length));
    buffer_char(out, '\n');
}

/* Around a column, as far as its neighbours leave room. */
static void put_title(struct line *line, unsigned column, struct bytes title)
{
    title = bytes_first(title, GAP - 2);
    size_t half = title.length / 2, place = place_of(column);
    line_put(line, place > half ? place - half : 0, title);
}

static size_t width_of(const struct ladder *ladder)
{
    return LADDER_WIDTH + ((size_t)ladder->columns - 2) * GAP;
}

static void write_titles(const struct ladder *ladder, struct buffer *out)
{
    struct line addresses, names;
    line_clear(&addresses, width_of(ladder));
    line_clear(&names, width_of(ladder));
    for (unsigned i = 0; i < ladder->columns; i++) {
        const struct party *party = &ladder->parties[i];
        bool many = i == OURS ? ladder->many_of_us : ladder->many && i + 1 == ladder->columns;
        char text[96];
        struct buffer title = buffer_over(text, sizeof(text));
        buffer_text(&title, traced_transport(party->protocol));
        buffer_char(&title, ' ');
        net_address_write(&party->address, &title);
        put_title(&addresses, i, many ? BYTES("(several)") : buffer_bytes(&title));
    }
    put_title(&names, OURS, BYTES("herald"));
    line_write(&names, out);
    line_write(&addresses, out);
}

static void put_arrow(struct line *line, unsigned from, unsigned to, struct bytes label)
{
    bool right = from < to;
    size_t left_at = place_of(right ? from : to) + 1, right_at = place_of(right ? to : from) - 1;
    memset(line->text + left_at, '-', right_at - left_at + 1);
    line->text[right ? right_at : left_at] = right ? '>' : '<';
    size_t middle = (left_at + right_at + 1) / 2, half = (label.length + 2) / 2;
    line->text[middle - half] = ' ';
    line_put(line, middle - half + 1, label);
    line->text[middle - half + 1 + label.length] = ' ';
}

static struct bytes label_of(const struct sip_message *message, struct buffer *out)
{
    struct bytes method = message->request ? message->method_name : message->cseq_method;
    if (!message->request && message->status == 0)
        return BYTES("(no SIP message)");
    if (!message->request)
        buffer_format(out, "%u ", message->status);
    buffer_put(out, bytes_first(method, LABEL_MAX - 12));
    buffer_format(out, " %u", message->cseq);
    return bytes_first(buffer_bytes(out), LABEL_MAX);
}

static void add_note(struct buffer *out, const char *before, struct bytes value)
{
    if (bytes_empty(value))
        return;
    if (out->length > 0)
        buffer_text(out, ", ");
    buffer_text(out, before);
    buffer_put(out, bytes_first(value, 80));
}

static void write_note(const struct rung *rung, const struct sip_message *message,
                       struct buffer *out)
{
    bool notify = message->request && message->method == SIP_NOTIFY;
    if (rung->again)
        add_note(out, "", BYTES("again"));
    if (!message->request)
        add_note(out, "", message->reason);
    add_note(out, "", sip_message_value(message, SIP_EVENT));
    add_note(out, "", sip_message_value(message, SIP_SUBSCRIPTION_STATE));
    if (!notify)
        add_note(out, "expires ", sip_message_value(message, SIP_EXPIRES));
    if (message->request && message->method == SIP_MESSAGE)
        add_note(out, "", sip_message_value(message, SIP_CONTENT_TYPE));
}

static void write_rung(const struct ladder *ladder, const struct rung *rung, struct buffer *out)
{
    struct line line;
    struct traced traced;
    char label[160], note[512], time[32];
    struct buffer label_out = buffer_over(label, sizeof(label)),
                  note_out = buffer_over(note, sizeof(note)),
                  time_out = buffer_over(time, sizeof(time));
    uint64_t begun_ms = ladder->rungs[0].kept.wall_ms, now_ms = rung->kept.wall_ms;
    uint64_t after_ms = now_ms > begun_ms ? now_ms - begun_ms : 0;
    traced_read(&rung->kept, &traced);
    line_clear(&line, width_of(ladder));
    buffer_format(&time_out, "+%llu.%03u", (unsigned long long)(after_ms / 1000),
                  (unsigned)(after_ms % 1000));
    line_put(&line, time_out.length < LEFT - 2 ? LEFT - 2 - time_out.length : 0,
             buffer_bytes(&time_out));
    for (unsigned i = 0; i < ladder->columns; i++)
        line.text[place_of(i)] = '|';
    put_arrow(&line, rung->kept.sent ? OURS : rung->column, rung->kept.sent ? rung->column : OURS,
              label_of(&traced.message, &label_out));
    write_note(rung, &traced.message, &note_out);
    line_put(&line, place_of(ladder->columns - 1) + 3, buffer_bytes(&note_out));
    line_write(&line, out);
}

void ladder_write(const struct ladder *ladder, struct buffer *out)
{
    if (ladder->count == 0)
        return;
    write_titles(ladder, out);
    for (size_t i = 0; i < ladder->count; i++)
        write_rung(ladder, &ladder->rungs[i], out);
}
