/* wishes.c: what a SUBSCRIBE asks for beside the state.
 *
 * Rates of NOTIFYs (RFC 6446) are parameters of Event, in NOTIFYs a second; here they are times:
 *
 *   max-rate            at least so much between two, at most what the subscription lasts (5.3)
 *   min-rate            at most so much, never less than by max-rate (8) or than every 5 seconds
 *   adaptive-min-rate   the same; a min-rate that is not lower than this one does not count (8)
 *
 * Each SUBSCRIBE says all of them: what it leaves out holds no more (5.1, 6.1, 7.1).
 *
 * A body is a filter (RFC 4660), or parameters of Event are (RFC 4235 3.2), judged later: what it
 * filters is not known yet. */
#include "presence/wishes_internal.h"

#include "presence/packages/package.h"

enum {
    WHOLE_DIGITS = 2,
    FRACTION_DIGITS = 10,
    FORCED_LEAST_MS = 5000, /* between NOTIFYs without news: RFC 3856 6.10 */
};

#define RATE_SCALE UINT64_C(10000000000) /* ten to the FRACTION_DIGITS */
#define MS_SCALED (1000 * RATE_SCALE)

/* Reads digits off the front, one to `most`; false: none, or more. */
static bool take_digits(struct bytes *text, size_t most, uint64_t *value, size_t *count)
{
    *value = 0;
    *count = 0;
    while (!bytes_empty(*text) && text->at[0] >= '0' && text->at[0] <= '9') {
        if (++*count > most)
            return false;
        *value = *value * 10 + (uint64_t)(text->at[0] - '0');
        *text = bytes_skip(*text, 1);
    }
    return *count > 0;
}

/* RFC 6446 9.2: 1*2DIGIT ["." 1*10DIGIT], not zero (5.1); in RATE_SCALEs of a NOTIFY a second. */
static bool parse_rate(struct bytes text, uint64_t *scaled)
{
    uint64_t fraction = 0;
    size_t count;
    if (!take_digits(&text, WHOLE_DIGITS, scaled, &count))
        return false;
    *scaled *= RATE_SCALE;
    if (!bytes_empty(text) && text.at[0] == '.') {
        text = bytes_skip(text, 1);
        if (!take_digits(&text, FRACTION_DIGITS, &fraction, &count))
            return false;
        for (; count < FRACTION_DIGITS; count++)
            fraction *= 10;
    }
    *scaled += fraction;
    return bytes_empty(text) && *scaled > 0;
}

/* The field that a parameter of this name sets; NULL: it is none of a rate's. */
static uint64_t *find_rate(struct rates *rates, struct bytes name)
{
    if (bytes_equal_nocase(name, BYTES("max-rate")))
        return &rates->min_interval_ms;
    if (bytes_equal_nocase(name, BYTES("min-rate")))
        return &rates->max_interval_ms;
    if (bytes_equal_nocase(name, BYTES("adaptive-min-rate")))
        return &rates->adaptive_interval_ms;
    return NULL;
}

/* Times are rounded up: two NOTIFYs may not be closer than max-rate says. */
static struct verdict parse_rates(struct bytes parameters, struct rates *rates)
{
    struct bytes name, value, rest = parameters;
    *rates = (struct rates){0};
    while (sip_parameter_next(&rest, &name, &value)) {
        uint64_t *interval_ms = find_rate(rates, name), scaled;
        if (interval_ms == NULL)
            continue;
        if (*interval_ms != 0 || !parse_rate(value, &scaled))
            return verdict(400, "A rate in Event must be a number above 0 and below 100, and once",
                           0);
        *interval_ms = (MS_SCALED + scaled - 1) / scaled;
    }
    return VERDICT_OK;
}

static uint64_t at_least(uint64_t interval_ms, uint64_t least_ms)
{
    return interval_ms == 0 || interval_ms > least_ms ? interval_ms : least_ms;
}

static void adjust_rates(struct rates *rates, uint32_t expires_s)
{
    uint64_t expires_ms = (uint64_t)expires_s * 1000;
    if (expires_s > 0 && rates->min_interval_ms > expires_ms)
        rates->min_interval_ms = expires_ms;
    uint64_t least_ms = at_least(rates->min_interval_ms, FORCED_LEAST_MS);
    least_ms = least_ms != 0 ? least_ms : FORCED_LEAST_MS;
    rates->max_interval_ms = at_least(rates->max_interval_ms, least_ms);
    rates->adaptive_interval_ms = at_least(rates->adaptive_interval_ms, least_ms);
    if (rates->max_interval_ms <= rates->adaptive_interval_ms)
        rates->max_interval_ms = 0;
}

/* How much the watcher wants a type, in thousandths; 0: not at all. Wildcards take the first type
 * alone: who does not name the others may not know what they are. What it wrote wrongly is passed
 * over. */
static unsigned weigh(const struct sip_message *message, const char *type, bool first, bool *named)
{
    struct sip_values ranges = sip_values_of(message, SIP_ACCEPT);
    struct bytes range, value;
    struct sip_media media;
    unsigned any = 0;
    *named = false;
    while (sip_values_next(&ranges, &range)) {
        unsigned weight = 1000;
        if (!verdict_ok(sip_media_parse(range, &media)))
            continue;
        if (sip_parameter(media.parameters, "q", &value) && !sip_q_parse(value, &weight))
            weight = 1000;
        *named = sip_media_names(&media, type);
        if (*named)
            return weight;
        if (first && weight > any && sip_media_accepts(range, type))
            any = weight;
    }
    return any;
}

/* RFC 3261 20.1, RFC 5263 4.3: by q, and of those that are wanted alike the last that is named: who
 * names partial state wants it. Without Accept the first is meant (RFC 6665 4.1.3). */
const char *wishes_accept(const struct sip_message *message, const char *const *types)
{
    const char *chosen = NULL;
    unsigned most = 0;
    if (sip_message_field(message, SIP_ACCEPT) == NULL)
        return types[0];
    for (size_t i = 0; types[i] != NULL; i++) {
        bool named;
        unsigned weight = weigh(message, types[i], i == 0, &named);
        if (weight > most || (weight > 0 && weight == most && named)) {
            chosen = types[i];
            most = weight;
        }
    }
    return chosen;
}

/* RFC 5839 7.3: one entity-tag (a token, RFC 3903 11.3.1) or "*". */
static struct verdict parse_suppress(const struct sip_message *message, struct bytes *suppress)
{
    *suppress = sip_message_value(message, SIP_SUPPRESS_IF_MATCH);
    struct verdict v = sip_message_once(message, SIP_SUPPRESS_IF_MATCH);
    if (!verdict_ok(v) || sip_message_field(message, SIP_SUPPRESS_IF_MATCH) == NULL)
        return v;
    bool one = !bytes_empty(*suppress);
    for (size_t i = 0; one && i < suppress->length; i++)
        one = strchr(" \t\r\n,;\"", suppress->at[i]) == NULL;
    return one ? v : verdict(400, "Suppress-If-Match must have one entity-tag", 0);
}

/* RFC 4660 5.2: a body is a filter, or nothing that we understand. */
static bool check_body(struct front_request *request, const struct event_package *package)
{
    const struct sip_message *message = request->message;
    struct bytes encoding = sip_message_value(message, SIP_CONTENT_ENCODING);
    const char *type = package->filters != NULL ? package->filters->type : NULL;
    if (bytes_empty(message->body))
        return true;
    if (type == NULL || !sip_media_is(sip_message_value(message, SIP_CONTENT_TYPE), type)) {
        front_refuse_listing(request, 415, NULL, "Accept", bytes_of(type));
        return false;
    }
    if (!bytes_empty(encoding) && !bytes_equal_nocase(encoding, BYTES("identity"))) {
        front_refuse_listing(request, 415, NULL, "Accept-Encoding", BYTES("identity"));
        return false;
    }
    return true;
}

bool wishes_judge(struct front_request *request, const struct wishes_place *place,
                  struct wishes *wishes)
{
    const struct package_filters *filters = place->package->filters;
    bool named = filters != NULL && filters->type == NULL;
    *wishes = (struct wishes){.filter = named ? place->event_parameters : request->message->body};
    struct verdict v = parse_rates(place->event_parameters, &wishes->rates);
    if (verdict_ok(v))
        v = parse_suppress(request->message, &wishes->suppress);
    if (!verdict_ok(v)) {
        front_refuse_verdict(request, v);
        return false;
    }
    adjust_rates(&wishes->rates, place->expires_s);
    return check_body(request, place->package);
}

/* "0.2": as many digits as it needs. */
bool wishes_of_answer(const struct sip_message *answer, uint32_t expires_s, struct rates *rates)
{
    struct sip_event event;
    struct bytes value = sip_message_value(answer, SIP_EVENT);
    if (bytes_empty(value) || !verdict_ok(sip_event_parse(value, &event)) ||
        !verdict_ok(parse_rates(event.parameters, rates)))
        return false;
    adjust_rates(rates, expires_s);
    return true;
}

static void write_rate(const char *name, uint64_t interval_ms, struct buffer *out)
{
    if (interval_ms == 0)
        return;
    uint64_t scaled = MS_SCALED / interval_ms, unit = RATE_SCALE;
    buffer_char(out, ';');
    buffer_text(out, name);
    buffer_char(out, '=');
    buffer_number(out, scaled / RATE_SCALE);
    if (scaled % RATE_SCALE != 0)
        buffer_char(out, '.');
    for (uint64_t rest = scaled % RATE_SCALE; rest != 0; rest %= unit) {
        unit /= 10;
        buffer_number(out, rest / unit);
    }
}

void wishes_write_rates(const struct rates *rates, struct buffer *out)
{
    write_rate("max-rate", rates->min_interval_ms, out);
    write_rate("min-rate", rates->max_interval_ms, out);
    write_rate("adaptive-min-rate", rates->adaptive_interval_ms, out);
}
