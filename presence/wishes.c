/* wishes.c: what a SUBSCRIBE asks for beside the state.
 *
 * Rates of NOTIFYs (RFC 6446) are parameters of Event, in NOTIFYs a second; here they are times:
 *
 *   max-rate            at least so much between two, at most what the subscription lasts (5.3)
 *   min-rate            at most so much, never less than by max-rate (8) or than every 5 seconds
 *   adaptive-min-rate   the same; a min-rate that is not lower than this one does not count (8)
 *
 * Each SUBSCRIBE says all of them: what it leaves out holds no more (5.1, 6.1, 7.1). */
#include "presence/wishes_internal.h"

#include <assert.h>

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

bool wishes_judge(struct front_request *request, struct bytes event_parameters, uint32_t expires_s,
                  struct wishes *wishes)
{
    *wishes = (struct wishes){0};
    struct verdict v = parse_rates(event_parameters, &wishes->rates);
    if (!verdict_ok(v)) {
        front_refuse_verdict(request, v);
        return false;
    }
    adjust_rates(&wishes->rates, expires_s);
    return true;
}

/* "0.2": as many digits as it needs. */
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
