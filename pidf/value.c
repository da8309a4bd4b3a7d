/* value.c: one small check for each simple type, and a table that finds it.
 *
 * A check sees the value without the blanks around it and may replace it by a better one. The
 * checks are a little stricter than the schemas where the schemas' tools differ. */
#include "value_internal.h"

#include <assert.h>
#include <libxml/tree.h>
#include <libxml/uri.h>

/* Takes the longest run of digits off the front. */
static struct bytes take_digits(struct bytes *rest)
{
    size_t count = 0;
    while (count < rest->length && rest->at[count] >= '0' && rest->at[count] <= '9')
        count++;
    struct bytes digits = bytes_first(*rest, count);
    *rest = bytes_skip(*rest, count);
    return digits;
}

/* Takes two digits off the front; false when they are not there or above `most`. */
static bool take_pair(struct bytes *rest, unsigned most, unsigned *value)
{
    uint32_t number;
    if (!bytes_to_u32(bytes_first(*rest, 2), &number) || rest->length < 2 || number > most)
        return false;
    *rest = bytes_skip(*rest, 2);
    *value = number;
    return true;
}

static bool take_char(struct bytes *rest, char wanted)
{
    if (bytes_empty(*rest) || rest->at[0] != wanted)
        return false;
    *rest = bytes_skip(*rest, 1);
    return true;
}

static unsigned days_of_month(unsigned year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* YYYY-MM-DD. */
static bool take_date(struct bytes *rest)
{
    unsigned century, year, month, day;
    if (!take_pair(rest, 99, &century) || !take_pair(rest, 99, &year) || !take_char(rest, '-') ||
        !take_pair(rest, 12, &month) || !take_char(rest, '-') || !take_pair(rest, 31, &day))
        return false;
    year += century * 100;
    return year > 0 && month > 0 && day > 0 && day <= days_of_month(year, month);
}

/* hh:mm:ss, perhaps with a fraction. */
static bool take_time(struct bytes *rest)
{
    unsigned hour, minute, second;
    if (!take_pair(rest, 23, &hour) || !take_char(rest, ':') || !take_pair(rest, 59, &minute) ||
        !take_char(rest, ':') || !take_pair(rest, 59, &second))
        return false;
    if (!take_char(rest, '.'))
        return true;
    struct bytes fraction = take_digits(rest);
    return fraction.length > 0 && fraction.length <= 9;
}

/* Nothing, Z, or a distance of less than 14 hours. */
static bool take_zone(struct bytes *rest)
{
    unsigned hour, minute;
    if (bytes_empty(*rest) || take_char(rest, 'Z'))
        return true;
    if (!take_char(rest, '+') && !take_char(rest, '-'))
        return false;
    return take_pair(rest, 14, &hour) && take_char(rest, ':') && take_pair(rest, 59, &minute) &&
           (hour < 14 || minute == 0);
}

static bool is_date_time(struct bytes value)
{
    return take_date(&value) && take_char(&value, 'T') && take_time(&value) && take_zone(&value) &&
           bytes_empty(value);
}

/* Minutes since midnight in UTC of a good date and time, modulo a day. */
static unsigned utc_minutes(struct bytes value)
{
    enum { DAY = 24 * 60, TIME_AT = 11, ZONE_LENGTH = 6 };
    unsigned hour, minute, zone_hour, zone_minute;
    struct bytes time = bytes_skip(value, TIME_AT);
    struct bytes zone = bytes_skip(value, value.length - ZONE_LENGTH);
    bool good =
        take_pair(&time, 23, &hour) && take_char(&time, ':') && take_pair(&time, 59, &minute);
    assert(good);
    bool ahead = take_char(&zone, '+');
    if (!ahead && !take_char(&zone, '-'))
        return hour * 60 + minute;
    good = take_pair(&zone, 14, &zone_hour) && take_char(&zone, ':') &&
           take_pair(&zone, 59, &zone_minute);
    assert(good);
    unsigned away = zone_hour * 60 + zone_minute;
    return (hour * 60 + minute + (ahead ? DAY - away : away)) % DAY;
}

/* RFC 3339 5.6 and 5.7 know leap seconds, at the end of a day in UTC; the schema's dateTime does
 * not: they become the second before. */
static bool repair_date_time(struct bytes *value, struct text *scratch)
{
    enum { SECONDS_AT = 17, LAST_MINUTE = 24 * 60 - 1 };
    if (!bytes_starts_with(bytes_skip(*value, SECONDS_AT), BYTES("60")))
        return is_date_time(*value);
    scratch->length = 0;
    text_put(scratch, *value);
    memcpy(scratch->at + SECONDS_AT, "59", 2);
    *value = text_bytes(scratch);
    return is_date_time(*value) && utc_minutes(*value) == LAST_MINUTE;
}

/* One of two words, whatever its case. */
static bool repair_word(struct bytes *value, struct bytes one, struct bytes other)
{
    if (!bytes_equal_nocase(*value, one) && !bytes_equal_nocase(*value, other))
        return false;
    *value = bytes_equal_nocase(*value, one) ? one : other;
    return true;
}

static bool repair_basic(struct bytes *value)
{
    return repair_word(value, BYTES("open"), BYTES("closed"));
}

static bool repair_active_idle(struct bytes *value)
{
    return repair_word(value, BYTES("active"), BYTES("idle"));
}

static bool repair_space(struct bytes *value)
{
    return repair_word(value, BYTES("default"), BYTES("preserve"));
}

static bool repair_boolean(struct bytes *value)
{
    return bytes_equal(*value, BYTES("0")) || bytes_equal(*value, BYTES("1")) ||
           repair_word(value, BYTES("false"), BYTES("true"));
}

/* The schema has no bound on digits, but its tools have. */
static bool repair_integer(struct bytes *value)
{
    struct bytes rest = *value;
    if (!take_char(&rest, '-'))
        take_char(&rest, '+');
    struct bytes digits = take_digits(&rest);
    return bytes_empty(rest) && digits.length > 0 && digits.length <= 18;
}

static bool repair_positive(struct bytes *value)
{
    uint64_t number;
    return value->length <= 18 && bytes_to_u64(*value, &number) && number > 0;
}

static bool repair_unsigned(struct bytes *value)
{
    uint32_t number;
    return bytes_to_u32(*value, &number);
}

static bool repair_long(struct bytes *value)
{
    uint64_t number;
    return bytes_to_u64(*value, &number);
}

static bool repair_code(struct bytes *value)
{
    uint32_t number;
    return value->length == 3 && bytes_to_u32(*value, &number) && number >= 100 && number <= 699;
}

/* RFC 3863 4.4: 0 to 1 with at most three decimals. */
static bool repair_priority(struct bytes *value)
{
    struct bytes rest = *value;
    bool one = take_char(&rest, '1');
    if (!one && !take_char(&rest, '0'))
        return false;
    if (bytes_empty(rest))
        return true;
    if (!take_char(&rest, '.'))
        return false;
    struct bytes decimals = take_digits(&rest);
    if (!bytes_empty(rest) || decimals.length < 1 || decimals.length > 3)
        return false;
    return !one || bytes_equal(decimals, bytes_first(BYTES("000"), decimals.length));
}

static bool is_letter(char c)
{
    return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

/* Subtags of one to eight letters, digits as well after the first; empty: no language. */
static bool repair_language(struct bytes *value)
{
    struct bytes rest = *value;
    for (bool first = true; !bytes_empty(rest); first = false) {
        struct bytes tag = bytes_split(&rest, '-');
        if (bytes_empty(tag) || tag.length > 8)
            return false;
        for (size_t i = 0; i < tag.length; i++)
            if (!is_letter(tag.at[i]) && (first || tag.at[i] < '0' || tag.at[i] > '9'))
                return false;
    }
    return bytes_empty(*value) || value->at[value->length - 1] != '-';
}

static bool repair_languages(struct bytes *value)
{
    for (struct bytes rest = *value; !bytes_empty(rest);) {
        struct bytes language = bytes_split(&rest, ' ');
        if (!repair_language(&language))
            return false;
    }
    return true;
}

/* The schema's anyURI follows RFC 2396 and 2732, where a SIP URI may have an IPv6 address in
 * brackets; libxml2 follows RFC 3986, where it may not: hide the brackets from it. */
static bool repair_uri(struct bytes *value, struct text *scratch)
{
    scratch->length = 0;
    text_uri(scratch, *value);
    text_char(scratch, '\0');
    size_t probe = scratch->length;
    text_uri(scratch, *value);
    text_char(scratch, '\0');
    for (char *at = scratch->at + probe; *at != '\0'; at++)
        if (*at == '[' || *at == ']')
            *at = '_';
    xmlURI *uri = xmlParseURI(scratch->at + probe);
    bool good = uri != NULL && probe > 1;
    xmlFreeURI(uri);
    *value = bytes_from(scratch->at, probe - 1);
    return good;
}

static bool is_name_char(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

/* xs:ID is a name without colons; phones send bare numbers. The repair always makes the same of the
 * same, so that watchers see an id that stays. */
static bool repair_id(struct bytes *value, struct text *scratch)
{
    if (bytes_empty(*value))
        return false;
    scratch->length = 0;
    text_put(scratch, *value);
    text_char(scratch, '\0');
    if (xmlValidateNCName((const xmlChar *)scratch->at, 0) == 0)
        return true;
    scratch->length = 0;
    if (!is_letter(value->at[0]) && value->at[0] != '_')
        text_char(scratch, '_');
    for (size_t i = 0; i < value->length; i++)
        text_char(scratch, is_name_char(value->at[i]) ? value->at[i] : '_');
    *value = text_bytes(scratch);
    return true;
}

static bool (*const plain_repairs[])(struct bytes *) = {
    [VALUE_BASIC] = repair_basic,
    [VALUE_ACTIVE_IDLE] = repair_active_idle,
    [VALUE_INTEGER] = repair_integer,
    [VALUE_POSITIVE] = repair_positive,
    [VALUE_PRIORITY] = repair_priority,
    [VALUE_LANGUAGE] = repair_language,
    [VALUE_BOOLEAN] = repair_boolean,
    [VALUE_SPACE] = repair_space,
    [VALUE_UNSIGNED] = repair_unsigned,
    [VALUE_LONG] = repair_long,
    [VALUE_CODE] = repair_code,
    [VALUE_LANGUAGES] = repair_languages,
    [VALUE_TYPES] = NULL,
};

bool value_repair(enum value_type type, struct bytes raw, struct text *scratch, struct bytes *good)
{
    assert(type != VALUE_NONE && type < VALUE_TYPES);
    if (type == VALUE_TEXT) {
        *good = raw;
        return true;
    }
    struct bytes value = type == VALUE_EMPTY ? BYTES("") : bytes_trim(raw);
    bool fine = true;
    if (type == VALUE_URI)
        fine = repair_uri(&value, scratch);
    else if (type == VALUE_ID)
        fine = repair_id(&value, scratch);
    else if (type == VALUE_DATE_TIME)
        fine = repair_date_time(&value, scratch);
    else if (type >= VALUE_DIALOG_STATE)
        fine = value_repair_words(type, &value);
    else if (type != VALUE_EMPTY)
        fine = plain_repairs[type](&value);
    if (fine)
        *good = value;
    return fine;
}
