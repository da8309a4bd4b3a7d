/* message_summary.c: message waiting (RFC 3842): simple-message-summary in and out.
 *
 *     Messages-Waiting: yes                 any source says so
 *     Message-Account: sip:vm@example.org   the first that is said
 *     Voice-Message: 2/8 (0/2)              a line a class: the sums of all sources
 *                                           an empty line, and the header fields of one message
 *     From: <sip:bob@example.org>           each
 *
 * The header fields tell of new messages: the first NOTIFY has none, a later one only those that
 * its watcher has not been told (3.5). So the whole state is the summary without them, and the
 * difference between two states is the summary with the messages that only the later one has. */
#include <assert.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "packages_internal.h"

enum {
    CLASSES_MAX = 16,          /* of one summary */
    NAME_MAX_BYTES = 64,       /* of a class */
    ACCOUNT_MAX_BYTES = 1024,  /* of an account's URI */
    MESSAGES_MAX_BYTES = 16384 /* of the header fields in one NOTIFY */
};

/* New and old ones, and of these the urgent ones. */
enum { NEW, OLD, NEW_URGENT, OLD_URGENT, COUNTS };

struct tally {
    struct bytes name; /* of the class */
    uint32_t counts[COUNTS];
    bool urgent; /* the latter two were said */
};

/* A document of this package, in one allocation. */
struct summary {
    bool waiting;
    struct bytes account; /* empty: not said */
    size_t class_count;
    struct tally classes[CLASSES_MAX];
    struct bytes messages; /* as they are written: each begins with an empty line */
    char text[];
};

struct package_workshop {
    size_t body_max_bytes;
    char *headers; /* the fields of messages that are told: "From, Subject" */
};

static struct package_workshop *summary_workshop_new(const struct package_limits *limits)
{
    struct package_workshop *workshop = memory_new(sizeof(*workshop));
    workshop->body_max_bytes = limits->body_max_bytes;
    workshop->headers =
        memory_copy(bytes_of(limits->message_headers != NULL ? limits->message_headers : ""));
    return workshop;
}

static void summary_workshop_free(struct package_workshop **workshop)
{
    assert(workshop != NULL);
    if (*workshop != NULL)
        free((*workshop)->headers);
    free(*workshop);
    *workshop = NULL;
}

/* Reading. */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct bytes skip_blanks(struct bytes text)
{
    while (text.length > 0 && is_blank(text.at[0]))
        text = bytes_skip(text, 1);
    return text;
}

/* The next line with its folds (RFC 3261 7.3.1), without its end; false: there is none. */
static bool next_line(struct bytes *rest, struct bytes *line)
{
    size_t end = 0;
    if (rest->length == 0)
        return false;
    do {
        const char *newline = memchr(rest->at + end, '\n', rest->length - end);
        end = newline != NULL ? (size_t)(newline - rest->at) + 1 : rest->length;
    } while (end > 2 && end < rest->length && (rest->at[end] == ' ' || rest->at[end] == '\t'));
    *line = bytes_first(*rest, end);
    *rest = bytes_skip(*rest, end);
    while (line->length > 0 &&
           (line->at[line->length - 1] == '\n' || line->at[line->length - 1] == '\r'))
        line->length--;
    return true;
}

static bool is_token(struct bytes text)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            (c == '\0' || strchr("-.!%*_+`'~", c) == NULL))
            return false;
    }
    return text.length > 0;
}

/* "name : value" */
static bool split(struct bytes line, struct bytes *name, struct bytes *value)
{
    const char *colon = line.length > 0 ? memchr(line.at, ':', line.length) : NULL;
    if (colon == NULL)
        return false;
    *name = bytes_trim(bytes_first(line, (size_t)(colon - line.at)));
    *value = bytes_trim(bytes_skip(line, (size_t)(colon - line.at) + 1));
    return is_token(*name);
}

/* The digits at the beginning; what is larger than a count may be is the largest (3.5). */
static bool take_count(struct bytes *text, uint32_t *count)
{
    uint64_t value = 0;
    size_t digits = 0;
    *text = skip_blanks(*text);
    for (; digits < text->length && text->at[digits] >= '0' && text->at[digits] <= '9'; digits++)
        value = value > UINT32_MAX ? value : value * 10 + (uint64_t)(text->at[digits] - '0');
    *count = value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
    *text = skip_blanks(bytes_skip(*text, digits));
    return digits > 0;
}

static bool take_char(struct bytes *text, char c)
{
    if (text->length == 0 || text->at[0] != c)
        return false;
    *text = bytes_skip(*text, 1);
    return true;
}

static bool take_pair(struct bytes *text, uint32_t *counts)
{
    return take_count(text, &counts[0]) && take_char(text, '/') && take_count(text, &counts[1]);
}

/* "2/8 (0/2)" */
static bool read_counts(struct bytes value, struct tally *tally)
{
    if (!take_pair(&value, &tally->counts[NEW]))
        return false;
    tally->urgent = take_char(&value, '(');
    if (tally->urgent &&
        (!take_pair(&value, &tally->counts[NEW_URGENT]) || !take_char(&value, ')')))
        return false;
    return bytes_empty(skip_blanks(value));
}

static struct tally *find_class(struct summary *summary, struct bytes name)
{
    for (size_t i = 0; i < summary->class_count; i++)
        if (bytes_equal_nocase(summary->classes[i].name, name))
            return &summary->classes[i];
    return NULL;
}

#define REFUSED(why) ((struct verdict){400, why, 0})

static struct verdict read_class(struct summary *summary, struct bytes name, struct bytes value,
                                 char **at)
{
    struct tally *tally = &summary->classes[summary->class_count];
    if (name.length > NAME_MAX_BYTES || summary->class_count == CLASSES_MAX)
        return REFUSED("There are too many classes of messages, or one has too long a name");
    if (find_class(summary, name) != NULL)
        return REFUSED("A class of messages stands there twice");
    if (!read_counts(value, tally))
        return REFUSED("The counts of a class of messages are not like 2/8 or 2/8 (0/2)");
    tally->name = bytes_pack(at, name);
    summary->class_count++;
    return VERDICT_OK;
}

/* It stands there without angle brackets (3.5); some write them all the same. */
static struct verdict read_account(struct summary *summary, struct bytes value, char **at)
{
    if (value.length >= 2 && value.at[0] == '<' && value.at[value.length - 1] == '>')
        value = bytes_first(bytes_skip(value, 1), value.length - 2);
    bool good = value.length > 0 && value.length <= ACCOUNT_MAX_BYTES &&
                memchr(value.at, ':', value.length) != NULL;
    for (size_t i = 0; i < value.length; i++)
        good = good && (unsigned char)value.at[i] > ' ' && value.at[i] != 0x7f;
    if (!good)
        return REFUSED("Message-Account is no URI");
    summary->account = bytes_pack(at, value);
    return VERDICT_OK;
}

static struct verdict read_line(struct summary *summary, struct bytes line, char **at)
{
    struct bytes name, value;
    if (!split(line, &name, &value))
        return REFUSED("A line of the message summary is not like \"Voice-Message: 2/8\"");
    if (!bytes_equal_nocase(name, BYTES("Message-Account")))
        return read_class(summary, name, value, at);
    if (!bytes_empty(summary->account))
        return REFUSED("Message-Account stands there twice");
    return read_account(summary, value, at);
}

static struct verdict read_status(struct summary *summary, struct bytes *rest)
{
    struct bytes line, name, value;
    if (!next_line(rest, &line) || !split(line, &name, &value) ||
        !bytes_equal_nocase(name, BYTES("Messages-Waiting")))
        return REFUSED("A message summary begins with \"Messages-Waiting: yes\" or \"no\"");
    summary->waiting = bytes_equal_nocase(value, BYTES("yes"));
    if (!summary->waiting && !bytes_equal_nocase(value, BYTES("no")))
        return REFUSED("Messages-Waiting is neither yes nor no");
    return VERDICT_OK;
}

/* True when the administrator wants the field told (3.5). */
static bool is_told(struct bytes headers, struct bytes name)
{
    while (headers.length > 0)
        if (bytes_equal_nocase(bytes_trim(bytes_split(&headers, ',')), name))
            return true;
    return false;
}

/* Writes a field as one line: its folds become a blank. False: what it holds may not stand there.
 */
static bool write_field(struct bytes name, struct bytes value, char **at)
{
    *at = mempcpy(*at, name.at, name.length);
    *at = mempcpy(*at, ": ", 2);
    for (size_t i = 0; i < value.length; i++) {
        unsigned char c = (unsigned char)value.at[i];
        bool blank = is_blank((char)c);
        if (blank && (*at)[-1] == ' ')
            continue;
        if ((c < ' ' && !blank) || c == 0x7f)
            return false;
        *(*at)++ = blank ? ' ' : (char)c;
    }
    *at = mempcpy(*at, "\r\n", 2);
    return true;
}

/* The header fields of messages, behind the first empty line. What is left of each is at most as
 * long as it was but for ": ", CR LF and the empty line before it. */
static struct verdict read_messages(const struct package_workshop *workshop,
                                    struct summary *summary, struct bytes rest, char **at)
{
    char *begin = *at;
    bool begins = true;
    struct bytes line, name, value;
    while (next_line(&rest, &line)) {
        if (bytes_empty(line)) {
            begins = true;
            continue;
        }
        if (!split(line, &name, &value))
            return REFUSED("What describes a message is no header field");
        if (!is_told(bytes_of(workshop->headers), name))
            continue;
        if (begins)
            *at = mempcpy(*at, "\r\n", 2);
        begins = false;
        if (!write_field(name, value, at))
            return REFUSED("What describes a message has control characters");
    }
    summary->messages = bytes_from(begin, (size_t)(*at - begin));
    return VERDICT_OK;
}

static struct verdict read_summary(const struct package_workshop *workshop, struct bytes rest,
                                   struct summary *summary)
{
    char *at = summary->text;
    struct bytes line;
    struct verdict v = read_status(summary, &rest);
    while (verdict_ok(v) && next_line(&rest, &line)) {
        if (bytes_empty(line))
            return read_messages(workshop, summary, rest, &at);
        v = read_line(summary, line, &at);
    }
    return v;
}

static struct verdict summary_accept(struct package_workshop *workshop, struct bytes body,
                                     const struct entity_check *entity, struct document **document)
{
    assert(workshop != NULL && document != NULL);
    (void)entity; /* the account is the messaging system's, not the user's */
    *document = NULL;
    if (body.length > workshop->body_max_bytes)
        return (struct verdict){413, "The message summary is too long", 0};
    /* a field "a:\n" of 3 bytes becomes "\r\na: \r\n" of 7 at most */
    struct summary *summary = memory_new(sizeof(*summary) + 3 * body.length);
    struct verdict v = read_summary(workshop, body, summary);
    if (verdict_ok(v))
        *document = (struct document *)summary;
    else
        free(summary);
    return v;
}

static void summary_document_free(struct document **document)
{
    assert(document != NULL);
    free(*document);
    *document = NULL;
}

/* One messaging system speaks of one account. */
static bool summary_same_things(const struct document *a, const struct document *b)
{
    return bytes_equal(((const struct summary *)a)->account, ((const struct summary *)b)->account);
}

/* Writing. */

/* RFC 3458 6.2 and RFC 3938, in the order in which they are told. */
static const char *const usual_names[] = {
    "Voice-Message",      "Video-Message", "Fax-Message", "Pager-Message",
    "Multimedia-Message", "Text-Message",  "None",
};
enum { USUAL = sizeof(usual_names) / sizeof(usual_names[0]), TALLIES_MAX = USUAL + CLASSES_MAX };

/* What all sources say together. */
struct totals {
    struct tally tallies[TALLIES_MAX]; /* the usual classes first */
    bool said[TALLIES_MAX];
    size_t count;
};

static size_t find_total(const struct totals *totals, struct bytes name)
{
    size_t i = 0;
    while (i < totals->count && !bytes_equal_nocase(totals->tallies[i].name, name))
        i++;
    return i;
}

static uint32_t add(uint32_t a, uint32_t b)
{
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

/* A class for which there is no room any more is left out. */
static void add_class(struct totals *totals, const struct tally *tally)
{
    size_t i = find_total(totals, tally->name);
    if (i == TALLIES_MAX)
        return;
    if (i == totals->count)
        totals->tallies[totals->count++] = (struct tally){.name = tally->name};
    for (size_t j = 0; j < COUNTS; j++)
        totals->tallies[i].counts[j] = add(totals->tallies[i].counts[j], tally->counts[j]);
    totals->tallies[i].urgent = totals->tallies[i].urgent || tally->urgent;
    totals->said[i] = true;
}

static void write_class(const struct tally *tally, struct buffer *out)
{
    const uint32_t *counts = tally->counts;
    buffer_put(out, tally->name);
    buffer_format(out, ": %u/%u", counts[NEW], counts[OLD]);
    if (tally->urgent)
        buffer_format(out, " (%u/%u)", counts[NEW_URGENT], counts[OLD_URGENT]);
    buffer_text(out, "\r\n");
}

static void write_totals(const struct document_source *sources, size_t count, struct buffer *out)
{
    struct totals totals = {.count = USUAL};
    for (size_t i = 0; i < USUAL; i++)
        totals.tallies[i].name = bytes_of(usual_names[i]);
    for (size_t i = 0; i < count; i++) {
        const struct summary *summary = (const struct summary *)sources[i].document;
        for (size_t j = 0; j < summary->class_count; j++)
            add_class(&totals, &summary->classes[j]);
    }
    for (size_t i = 0; i < totals.count; i++)
        if (totals.said[i])
            write_class(&totals.tallies[i], out);
}

static void write_status(const struct document_source *sources, size_t count, struct buffer *out)
{
    struct bytes account = BYTES("");
    bool waiting = false;
    for (size_t i = 0; i < count; i++) {
        const struct summary *summary = (const struct summary *)sources[i].document;
        waiting = waiting || summary->waiting;
        if (bytes_empty(account))
            account = summary->account;
    }
    buffer_text(out, waiting ? "Messages-Waiting: yes\r\n" : "Messages-Waiting: no\r\n");
    if (bytes_empty(account))
        return;
    buffer_text(out, "Message-Account: ");
    buffer_put(out, account);
    buffer_text(out, "\r\n");
}

static struct blob *summary_compose(struct bytes entity, const struct document_source *sources,
                                    size_t count)
{
    enum { SUMMARY_MAX = 2 * ACCOUNT_MAX_BYTES + TALLIES_MAX * (NAME_MAX_BYTES + 60) };
    char text[SUMMARY_MAX + MESSAGES_MAX_BYTES];
    struct buffer out = buffer_over(text, sizeof(text));
    size_t told = 0;
    (void)entity;
    write_status(sources, count, &out);
    write_totals(sources, count, &out);
    for (size_t i = 0; i < count; i++) {
        struct bytes messages = ((const struct summary *)sources[i].document)->messages;
        if (sources[i].stale || told + messages.length > MESSAGES_MAX_BYTES)
            continue;
        told += messages.length;
        buffer_put(&out, messages);
    }
    assert(!out.overflow);
    return blob_new(buffer_bytes(&out));
}

/* Watchers. */

/* A composed state in two: the summary, and what describes messages, from its empty line on. */
static struct bytes split_messages(struct bytes *state)
{
    const char *at = memmem(state->at, state->length, "\r\n\r\n", 4);
    size_t end = at != NULL ? (size_t)(at - state->at) + 2 : state->length;
    struct bytes messages = bytes_skip(*state, end);
    *state = bytes_first(*state, end);
    return messages;
}

/* The next message with the empty line before it; false: there is none. */
static bool next_message(struct bytes *rest, struct bytes *message)
{
    if (rest->length < 2)
        return false;
    const char *at = memmem(rest->at, rest->length, "\r\n\r\n", 4);
    size_t end = at != NULL ? (size_t)(at - rest->at) + 2 : rest->length;
    *message = bytes_first(*rest, end);
    *rest = bytes_skip(*rest, end);
    return true;
}

static bool has_message(struct bytes messages, struct bytes wanted)
{
    struct bytes message;
    while (next_message(&messages, &message))
        if (bytes_equal(message, wanted))
            return true;
    return false;
}

static void summary_whole(struct package_workshop *workshop, const struct blob *body,
                          struct package_parts *parts)
{
    struct bytes state = blob_bytes(body);
    (void)workshop;
    (void)split_messages(&state);
    *parts = (struct package_parts){.head = blob_new(state)};
}

static bool summary_difference(struct package_workshop *workshop, const struct blob *before,
                               const struct blob *now, struct package_parts *parts)
{
    struct bytes old = blob_bytes(before), state = blob_bytes(now), message;
    struct bytes known = split_messages(&old), messages = split_messages(&state);
    char *text = memory_new(blob_bytes(now).length);
    struct buffer out = buffer_over(text, blob_bytes(now).length);
    (void)workshop;
    buffer_put(&out, state);
    while (next_message(&messages, &message))
        if (!has_message(known, message))
            buffer_put(&out, message);
    *parts = (struct package_parts){.head = blob_new(buffer_bytes(&out))};
    free(text);
    return true;
}

#define SUMMARY "application/simple-message-summary"

static const struct package_partials partials = {
    .type = SUMMARY,
    .whole = summary_whole,
    .difference = summary_difference,
};

static const char *const types[] = {SUMMARY, NULL};

const struct event_package message_summary_package = {
    .name = "message-summary",
    .spec = "RFC 3842",
    .notify_types = types, /* RFC 3842 3.5 */
    .publish_types = types,
    .subscribe = {.least = 60, .usual = 3600, .most = 604800}, /* RFC 3842 3.4 */
    .publish = {.least = 60, .usual = 3600, .most = 604800},
    .audience = AUDIENCE_BY_OWN_RULES,
    .workshop_new = summary_workshop_new,
    .workshop_free = summary_workshop_free,
    .accept = summary_accept,
    .document_free = summary_document_free,
    .same_things = summary_same_things,
    .compose = summary_compose,
    .partials = &partials,
    .unsolicited = "mwi",
};
