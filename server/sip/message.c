/* message.c: one pass over a message.
 *
 *     [ CR LF ... ]  start line  *( field line )  CR LF  body
 *
 * The start line is read, then every field line is noted with its id and chained to the one before
 * it with the same id. Then the fields that all messages need are read from their places. The first
 * fault is the verdict; the pass goes on behind it where it can, because the answer to a broken
 * request needs its Via, From, To, Call-ID and CSeq. */
#include "sip/message.h"

#include <assert.h>

#include "lex_internal.h"

struct parser {
    struct sip_message *message;
    struct verdict verdict;     /* of the first fault */
    const char *start;          /* offsets count from here */
    const char *body;           /* behind the empty line; NULL: it did not come */
    int last[SIP_HEADER_COUNT]; /* end of the chain, where there is a first */
};

/* What duplicates of single-value fields and missing fields are called. */
static const char *const twice[SIP_HEADER_COUNT] = {
#define TWICE(id, name, compact, single) \
    [SIP_##id] = "There is more than one " name " header field",
    SIP_HEADERS(TWICE)
#undef TWICE
};
static const char *const missing[SIP_HEADER_COUNT] = {
#define MISSING(id, name, compact, single) [SIP_##id] = "There is no " name " header field",
    SIP_HEADERS(MISSING)
#undef MISSING
};

static void fail(struct parser *parser, unsigned status, const char *reason, const char *at)
{
    if (verdict_ok(parser->verdict))
        parser->verdict = verdict(status, reason, (size_t)(at - parser->start));
}

/* A fault found inside of a slice. */
static void fail_within(struct parser *parser, struct verdict v, struct bytes slice)
{
    if (!verdict_ok(v))
        fail(parser, v.status, v.reason, slice.at + v.offset);
}

/* "SIP/2.0" to the end of the line. */
static void judge_version(struct parser *parser, struct lexer *lexer)
{
    struct bytes version = lex_rest(lexer), rest = bytes_skip(version, 4);
    uint64_t number;
    if (lex_is(version, "SIP/2.0"))
        return;
    struct bytes major = bytes_split(&rest, '.');
    if (lex_is(bytes_first(version, 4), "SIP/") && lex_number(major, 1, &number) &&
        lex_number(rest, 1, &number))
        fail(parser, 505, NULL, lexer->at);
    else
        fail(parser, 400, "The start line does not end with SIP/2.0", lexer->at);
}

static bool is_visible(struct bytes text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.at[i] <= ' ' || text.at[i] > '~')
            return false;
    return text.length > 0;
}

/* Method SP Request-URI SP SIP-Version (RFC 3261 7.1) */
static void read_request_line(struct parser *parser, struct lexer *lexer)
{
    struct sip_message *message = parser->message;
    message->request = true;
    message->method_name = lex_take(lexer, LEX_TOKEN);
    message->method = sip_method_of(message->method_name);
    if (bytes_empty(message->method_name) || !lex_char(lexer, ' ')) {
        fail(parser, 400, "The start line does not begin with a method", lexer->at);
        return;
    }
    struct bytes rest = lex_rest(lexer);
    message->request_uri = bytes_split(&rest, ' ');
    if (!is_visible(message->request_uri)) {
        fail(parser, 400, "The start line has no Request-URI or a malformed one", lexer->at);
        return;
    }
    *lexer = lex_over(rest);
    if (lex_end(lexer))
        fail(parser, 400, "The start line has no SIP version", message->request_uri.at);
    else
        judge_version(parser, lexer);
}

/* SIP-Version SP 3DIGIT [ SP Reason-Phrase ] (RFC 3261 7.2; the last SP is often forgotten) */
static void read_status_line(struct parser *parser, struct lexer *lexer)
{
    struct sip_message *message = parser->message;
    struct bytes rest = lex_rest(lexer), version = bytes_split(&rest, ' ');
    struct lexer version_lexer = lex_over(version);
    judge_version(parser, &version_lexer);
    struct bytes code = bytes_split(&rest, ' ');
    uint32_t status = 0;
    if (code.length != 3 || !bytes_to_u32(code, &status) || status < 100 || status > 699)
        fail(parser, 400, "The status code is not 100 to 699", version.at + version.length);
    else
        message->status = status;
    message->reason = rest;
}

/* Reads the start line; false when it does not end. */
static bool read_start_line(struct parser *parser, struct lexer *lexer)
{
    struct lex_line line;
    const char *start = lexer->at;
    if (!lex_line(lexer, &line)) {
        fail(parser, 400, "The start line does not end", start);
        return false;
    }
    if (line.fault != NULL)
        fail(parser, 400, line.fault, start);
    struct lexer text = lex_over(line.text);
    if (lex_is(bytes_first(line.text, 4), "SIP/"))
        read_status_line(parser, &text);
    else
        read_request_line(parser, &text);
    return true;
}

/* The fields by which everybody on the way knows a message. The duplicates of others are the
 * business of those who read them: a proxy reads few (RFC 3261 16.3 step 1). */
static bool stands_once(enum sip_header id)
{
    switch (id) {
    case SIP_FROM:
    case SIP_TO:
    case SIP_CALL_ID:
    case SIP_CSEQ:
    case SIP_MAX_FORWARDS:
    case SIP_CONTENT_LENGTH:
        return true;
    default:
        return false;
    }
}

/* Notes a field and chains it to the last one with its id. */
static void add_field(struct parser *parser, struct bytes name, struct bytes value)
{
    struct sip_message *message = parser->message;
    int index = message->count++;
    enum sip_header id = sip_header_of(name);
    message->fields[index] = (struct sip_field){id, name, value, -1};
    if (message->first[id] < 0) {
        message->first[id] = index;
    } else {
        if (stands_once(id))
            fail(parser, 400, twice[id], name.at);
        message->fields[parser->last[id]].next = index;
    }
    parser->last[id] = index;
}

static void read_fields(struct parser *parser, struct lexer *lexer)
{
    struct lex_line line;
    const char *at = lexer->at;
    for (; lex_line(lexer, &line); at = lexer->at) {
        struct bytes name, value;
        if (line.end) {
            parser->body = lexer->at;
            return;
        }
        const char *fault = lex_field(line.text, &name, &value);
        if (line.fault != NULL)
            fail(parser, 400, line.fault, at);
        if (fault != NULL) {
            fail(parser, 400, fault, at);
        } else if (parser->message->count == SIP_FIELDS_MAX) {
            fail(parser, 400, "There are too many header fields", at);
            return;
        } else {
            add_field(parser, name, value);
        }
    }
    fail(parser, 400, "The header does not end with an empty line", at);
}

/* The topmost element is in the first field; all are counted. */
static void read_via(struct parser *parser)
{
    struct sip_message *message = parser->message;
    struct sip_values values = sip_values_of(message, SIP_VIA);
    struct bytes element;
    if (values.field < 0) {
        fail(parser, 400, missing[SIP_VIA], parser->start);
        return;
    }
    if (!sip_list_next(&values.rest, &element)) {
        fail(parser, 400, "Via is empty", sip_message_value(message, SIP_VIA).at);
        return;
    }
    fail_within(parser, sip_via_parse(element, &message->via), element);
    for (unsigned count = 1; sip_values_next(&values, &element); count++) {
        if (count == SIP_VIAS_MAX) {
            fail(parser, 400, "There are too many Via header field values", element.at);
            return;
        }
    }
}

/* From and To */
static void read_address(struct parser *parser, enum sip_header id, struct sip_address *address)
{
    const struct sip_field *field = sip_message_field(parser->message, id);
    if (field == NULL) {
        fail(parser, 400, missing[id], parser->start);
        return;
    }
    fail_within(parser, sip_address_parse(field->value, address), field->value);
    if (address->star)
        fail(parser, 400, "From or To is a *", field->value.at);
}

static void read_call_id(struct parser *parser)
{
    const struct sip_field *field = sip_message_field(parser->message, SIP_CALL_ID);
    if (field == NULL) {
        fail(parser, 400, missing[SIP_CALL_ID], parser->start);
        return;
    }
    if (is_visible(field->value))
        parser->message->call_id = field->value;
    else
        fail(parser, 400, "Call-ID is empty or malformed", field->value.at);
}

/* 1*DIGIT LWS Method, below 2^31 (RFC 3261 8.1.1.5) */
static void read_cseq(struct parser *parser)
{
    struct sip_message *message = parser->message;
    const struct sip_field *field = sip_message_field(message, SIP_CSEQ);
    if (field == NULL) {
        fail(parser, 400, missing[SIP_CSEQ], parser->start);
        return;
    }
    struct lexer lexer = lex_over(field->value);
    struct bytes digits = lex_take(&lexer, LEX_TOKEN);
    uint64_t number = 0;
    if (!lex_number(digits, UINT32_MAX, &number) || !lex_space(&lexer)) {
        fail(parser, 400, "CSeq is not a number and a method", field->value.at);
        return;
    }
    if (number > INT32_MAX)
        fail(parser, 400, "The number of CSeq is not below 2^31", field->value.at);
    else
        message->cseq = (uint32_t)number;
    message->cseq_method = lex_take(&lexer, LEX_TOKEN);
    if (bytes_empty(message->cseq_method) || !lex_end(&lexer))
        fail(parser, 400, "CSeq has no method or a malformed one", lexer.at);
    else if (!message->request)
        message->method = sip_method_of(message->cseq_method);
    else if (!bytes_equal(message->cseq_method, message->method_name))
        fail(parser, 400, "The method of CSeq is not that of the request", lexer.at);
}

/* Cuts the body (RFC 3261 18.3, 20.14). */
static void read_body(struct parser *parser, const char *end, bool stream)
{
    struct sip_message *message = parser->message;
    if (parser->body == NULL)
        return;
    size_t rest = (size_t)(end - parser->body);
    message->body = bytes_from(parser->body, rest);
    const struct sip_field *field = sip_message_field(message, SIP_CONTENT_LENGTH);
    uint64_t length = 0;
    if (field == NULL) {
        if (stream)
            fail(parser, 400, missing[SIP_CONTENT_LENGTH], parser->start);
        return;
    }
    if (!lex_number(field->value, UINT32_MAX, &length))
        fail(parser, 400, "Content-Length is no number", field->value.at);
    else if (length > rest)
        fail(parser, 400, "Content-Length is larger than the body", field->value.at);
    else
        message->body.length = (size_t)length;
}

static void read_essentials(struct parser *parser)
{
    struct sip_message *message = parser->message;
    read_via(parser);
    read_address(parser, SIP_FROM, &message->from);
    read_address(parser, SIP_TO, &message->to);
    read_call_id(parser);
    read_cseq(parser);
}

/* Clears all but the array of fields, which is filled as far as it is used. */
static void clear(struct sip_message *message, struct bytes raw)
{
    memset(message, 0, offsetof(struct sip_message, first));
    for (int id = 0; id < SIP_HEADER_COUNT; id++)
        message->first[id] = -1;
    message->raw = raw;
}

struct verdict sip_message_parse(struct bytes raw, bool stream, struct sip_message *message)
{
    struct lexer lexer = lex_over(raw);
    struct parser parser;
    parser.message = message;
    parser.verdict = VERDICT_OK;
    parser.start = lexer.at;
    parser.body = NULL;
    memset(parser.last, 0,
           sizeof(parser.last)); /* read only where `first` is set; analyzers cannot tell */
    clear(message, raw);
    while (lexer.end - lexer.at >= 2 && lexer.at[0] == '\r' && lexer.at[1] == '\n')
        lexer.at += 2;
    const char *start = lexer.at;
    if (!read_start_line(&parser, &lexer))
        return parser.verdict;
    read_fields(&parser, &lexer);
    read_essentials(&parser);
    read_body(&parser, lexer.end, stream);
    if (verdict_ok(parser.verdict))
        message->raw = bytes_from(start, (size_t)(message->body.at + message->body.length - start));
    return parser.verdict;
}

bool sip_message_answerable(const struct sip_message *message)
{
    return message->request && !bytes_empty(message->method_name) && message->method != SIP_ACK &&
           !bytes_empty(message->via.host) && message->first[SIP_FROM] >= 0 &&
           message->first[SIP_TO] >= 0 && !bytes_empty(message->call_id) &&
           message->first[SIP_CSEQ] >= 0;
}

const struct sip_field *sip_message_field(const struct sip_message *message, enum sip_header id)
{
    assert(id >= 0 && id < SIP_HEADER_COUNT);
    return message->first[id] < 0 ? NULL : &message->fields[message->first[id]];
}

struct bytes sip_message_value(const struct sip_message *message, enum sip_header id)
{
    const struct sip_field *field = sip_message_field(message, id);
    return field != NULL ? field->value : (struct bytes){NULL, 0};
}

struct verdict sip_message_once(const struct sip_message *message, enum sip_header id)
{
    const struct sip_field *field = sip_message_field(message, id);
    assert(sip_header_single(id));
    if (field == NULL || field->next < 0)
        return VERDICT_OK;
    const char *second = message->fields[field->next].name.at;
    return verdict(400, twice[id], (size_t)(second - message->raw.at));
}

struct sip_values sip_values_of(const struct sip_message *message, enum sip_header id)
{
    const struct sip_field *field = sip_message_field(message, id);
    if (field == NULL)
        return (struct sip_values){message, -1, {NULL, 0}};
    return (struct sip_values){message, message->first[id], field->value};
}

/* True when a comma in the field separates values: not in challenges and credentials (RFC 3261
 * 7.3.1), nor in fields that hold one value or whose grammar we do not know. */
static bool is_list(enum sip_header id)
{
    switch (id) {
    case SIP_HEADER_OTHER:
    case SIP_AUTHORIZATION:
    case SIP_PROXY_AUTHENTICATE:
    case SIP_PROXY_AUTHORIZATION:
    case SIP_WWW_AUTHENTICATE:
        return false;
    default:
        return !sip_header_single(id);
    }
}

/* Takes the next value out of what is left of the field. */
static bool take_value(struct sip_values *values, struct bytes *value)
{
    if (is_list(values->message->fields[values->field].id))
        return sip_list_next(&values->rest, value);
    *value = values->rest;
    values->rest = (struct bytes){NULL, 0};
    return !bytes_empty(*value);
}

bool sip_values_next(struct sip_values *values, struct bytes *value)
{
    while (values->field >= 0) {
        if (take_value(values, value))
            return true;
        values->field = values->message->fields[values->field].next;
        if (values->field >= 0)
            values->rest = values->message->fields[values->field].value;
    }
    *value = (struct bytes){NULL, 0};
    return false;
}

/* Retry-After may go on with a comment and parameters (RFC 3261 20.33). */
static struct bytes number_part(enum sip_header id, struct bytes value)
{
    size_t digits = 0;
    if (id != SIP_RETRY_AFTER)
        return value;
    while (digits < value.length && value.at[digits] >= '0' && value.at[digits] <= '9')
        digits++;
    struct lexer rest = lex_over(bytes_skip(value, digits));
    bool space = lex_space(&rest);
    bool ends = lex_end(&rest) || *rest.at == ';' || (space && *rest.at == '(');
    return ends ? bytes_first(value, digits) : value;
}

bool sip_message_is_relayed(const struct sip_message *message)
{
    struct sip_values vias = sip_values_of(message, SIP_VIA);
    struct bytes via;
    return sip_values_next(&vias, &via) && sip_values_next(&vias, &via);
}

struct verdict sip_message_number(const struct sip_message *message, enum sip_header id,
                                  bool *present, uint32_t *number)
{
    const struct sip_field *field = sip_message_field(message, id);
    *present = field != NULL;
    *number = 0;
    if (field == NULL)
        return VERDICT_OK;
    uint64_t value;
    if (!lex_number(number_part(id, field->value), UINT32_MAX, &value))
        return verdict(400, "A header field that must be a number is none",
                       (size_t)(field->value.at - message->raw.at));
    *number = (uint32_t)value;
    return VERDICT_OK;
}

bool sip_message_lists(const struct sip_message *message, enum sip_header id, struct bytes token)
{
    struct sip_values values = sip_values_of(message, id);
    struct bytes value;
    while (sip_values_next(&values, &value))
        if (lex_equal(bytes_trim(bytes_split(&value, ';')), token))
            return true;
    return false;
}
