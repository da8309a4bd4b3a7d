/* names.c: the names of methods and the phrases of status codes: two tables. */
#include <assert.h>

#include "sip/message.h"

static const struct bytes methods[SIP_METHOD_COUNT] = {
    [SIP_METHOD_OTHER] = {"", 0},
    [SIP_INVITE] = {"INVITE", 6},
    [SIP_ACK] = {"ACK", 3},
    [SIP_BYE] = {"BYE", 3},
    [SIP_CANCEL] = {"CANCEL", 6},
    [SIP_OPTIONS] = {"OPTIONS", 7},
    [SIP_REGISTER] = {"REGISTER", 8},
    [SIP_PUBLISH] = {"PUBLISH", 7},
    [SIP_SUBSCRIBE] = {"SUBSCRIBE", 9},
    [SIP_NOTIFY] = {"NOTIFY", 6},
    [SIP_MESSAGE] = {"MESSAGE", 7},
    [SIP_INFO] = {"INFO", 4},
    [SIP_PRACK] = {"PRACK", 5},
    [SIP_UPDATE] = {"UPDATE", 6},
    [SIP_REFER] = {"REFER", 5},
};

/* The only known method that can begin so, or one of two; the whole name decides. */
static enum sip_method candidate(char first, char second)
{
    switch (first) {
    case 'A':
        return SIP_ACK;
    case 'B':
        return SIP_BYE;
    case 'C':
        return SIP_CANCEL;
    case 'I':
        return SIP_INVITE;
    case 'M':
        return SIP_MESSAGE;
    case 'N':
        return SIP_NOTIFY;
    case 'O':
        return SIP_OPTIONS;
    case 'P':
        return second == 'U' ? SIP_PUBLISH : SIP_PRACK;
    case 'R':
        return SIP_REGISTER;
    case 'S':
        return SIP_SUBSCRIBE;
    case 'U':
        return SIP_UPDATE;
    default:
        return SIP_METHOD_OTHER;
    }
}

enum sip_method sip_method_of(struct bytes name)
{
    if (name.length < 3)
        return SIP_METHOD_OTHER;
    enum sip_method method = candidate(name.at[0], name.at[1]);
    if (method == SIP_INVITE && name.length == methods[SIP_INFO].length)
        method = SIP_INFO;
    if (method == SIP_REGISTER && name.length == methods[SIP_REFER].length)
        method = SIP_REFER;
    return bytes_equal(name, methods[method]) ? method : SIP_METHOD_OTHER;
}

const char *sip_method_name(enum sip_method method)
{
    assert(method >= 0 && method < SIP_METHOD_COUNT);
    return methods[method].at;
}

/* RFC 3261 21; others as noted. */
static const char *const phrases[700] = {
    [100] = "Trying",
    [180] = "Ringing",
    [181] = "Call Is Being Forwarded",
    [182] = "Queued",
    [183] = "Session Progress",
    [199] = "Early Dialog Terminated", /* RFC 6228 */
    [200] = "OK",
    [202] = "Accepted",        /* RFC 6665 8.3.1 */
    [204] = "No Notification", /* RFC 5839 */
    [300] = "Multiple Choices",
    [301] = "Moved Permanently",
    [302] = "Moved Temporarily",
    [305] = "Use Proxy",
    [380] = "Alternative Service",
    [400] = "Bad Request",
    [401] = "Unauthorized",
    [402] = "Payment Required",
    [403] = "Forbidden",
    [404] = "Not Found",
    [405] = "Method Not Allowed",
    [406] = "Not Acceptable",
    [407] = "Proxy Authentication Required",
    [408] = "Request Timeout",
    [410] = "Gone",
    [412] = "Conditional Request Failed", /* RFC 3903 11.2.1 */
    [413] = "Request Entity Too Large",
    [414] = "Request-URI Too Long",
    [415] = "Unsupported Media Type",
    [416] = "Unsupported URI Scheme",
    [420] = "Bad Extension",
    [421] = "Extension Required",
    [423] = "Interval Too Brief",
    [430] = "Flow Failed",                      /* RFC 5626 11.5 */
    [439] = "First Hop Lacks Outbound Support", /* RFC 5626 11.6 */
    [440] = "Max-Breadth Exceeded",             /* RFC 5393 */
    [469] = "Bad Info Package",                 /* RFC 6086 */
    [480] = "Temporarily Unavailable",
    [481] = "Call/Transaction Does Not Exist",
    [482] = "Loop Detected",
    [483] = "Too Many Hops",
    [484] = "Address Incomplete",
    [485] = "Ambiguous",
    [486] = "Busy Here",
    [487] = "Request Terminated",
    [488] = "Not Acceptable Here",
    [489] = "Bad Event", /* RFC 6665 8.3.2 */
    [491] = "Request Pending",
    [493] = "Undecipherable",
    [494] = "Security Agreement Required", /* RFC 3329 */
    [500] = "Server Internal Error",
    [501] = "Not Implemented",
    [502] = "Bad Gateway",
    [503] = "Service Unavailable",
    [504] = "Server Time-out",
    [505] = "Version Not Supported",
    [513] = "Message Too Large",
    [555] = "Push Notification Service Not Supported", /* RFC 8599 8.1 */
    [580] = "Precondition Failure",                    /* RFC 3312 */
    [600] = "Busy Everywhere",
    [603] = "Decline",
    [604] = "Does Not Exist Anywhere",
    [606] = "Not Acceptable",
};

const char *sip_status_phrase(unsigned status)
{
    /* An unknown code means what x00 of its class means (RFC 3261 8.1.3.2). */
    static const char *const classes[7] = {
        "", "Trying", "OK", "Redirection", "Request Failure", "Server Failure", "Global Failure"};
    assert(status >= 100 && status < 700);
    return phrases[status] != NULL ? phrases[status] : classes[status / 100];
}
