/* sending.c: saying something as a user, or as a service.
 *
 *   body --judged--> letter --judged as a MESSAGE would be, stored (im_send)--> 202 when durable
 *
 * With an Idempotency-Key the message's Call-ID is made of caller, sides, text and key. Within one
 * life of the server the same request is answered as before (web/repeats.c); in the next one `file`
 * finds what the request has made already, for KEY_KEPT_MS. */
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "im/im.h"
#include "sip/digest.h"
#include "sip/fields.h"
#include "store/messages.h"
#include "web/api/give_internal.h"
#include "web/api/given_internal.h"
#include "web/api/messages.h"

enum { KEY_KEPT_MS = 3600000, TYPE_MAX_BYTES = 255, HASH_SIZE = 32, TAG_LENGTH = 16 };

struct order {
    struct people_aor from, to;
    struct bytes text, subject, content_type; /* of the call's body */
    char name[IM_NAME_LENGTH + 1];            /* "": any */
    uint64_t received, sent;                  /* serials of what was made before; 0: nothing was */
};

/* What a body says. */

static const char *type_fault(struct bytes type)
{
    struct sip_media media;
    bool good = type.length <= TYPE_MAX_BYTES && verdict_ok(sip_media_parse(type, &media));
    for (size_t i = 0; good && i < type.length; i++)
        good = type.at[i] >= ' ' && type.at[i] < 0x7f;
    return good ? NULL : "a media type is wanted, like text/plain;charset=utf-8";
}

static void take_side(struct web_call *call, const struct given *given, const char *name,
                      const char *pointer, struct people_aor *side)
{
    struct bytes text = BYTES("");
    (void)given_text(given, name, NULL, &text);
    enum people_fault fault = people_find_anybody(web_domains(call), text, side);
    if (fault != PEOPLE_GOOD)
        given_name_fault(call, given->faults, pointer, fault);
}

/* A service without a name speaks for the first domain. */
static void take_service(struct web_call *call, const struct given *given, struct people_aor *from)
{
    struct bytes text = BYTES("");
    if (!given_text(given, "from", NULL, &text) || bytes_empty(text)) {
        from->domain = domains_first(web_domains(call));
        snprintf(from->text, sizeof(from->text), "%s", from->domain->name);
        return;
    }
    enum people_fault fault = people_find_user(web_domains(call), text, from);
    if (fault != PEOPLE_GOOD)
        given_name_fault(call, given->faults, "/from", fault);
}

static bool read_order(struct web_call *call, bool service, struct order *order)
{
    static const char *const known[] = {"from", "to", "text", "content_type", "subject", NULL};
    struct faults faults = {NULL};
    struct given given;
    if (!given_object(call, &faults, &given))
        return false;
    given_only(&given, service ? known : known + 1);
    if (service)
        take_service(call, &given, &order->from);
    take_side(call, &given, "to", "/to", &order->to);
    order->content_type = BYTES("text/plain;charset=utf-8");
    (void)given_text(&given, "content_type", type_fault, &order->content_type);
    (void)given_text(&given, "subject", people_name_fault, &order->subject);
    if (!json_is_string(json_object_get(given.object, "text")))
        fault_add(&faults, "/text", "a text is wanted: what is to be said");
    else
        (void)given_text(&given, "text", NULL, &order->text);
    if (bytes_empty(order->content_type))
        order->content_type = BYTES("text/plain;charset=utf-8");
    return !faults_answer(call, &faults);
}

/* What was made before. */

/* Nobody makes the same one who does not know the key. */
static void name_order(struct bytes key, struct order *order)
{
    unsigned char hash[HASH_SIZE];
    const struct bytes parts[] = {bytes_of(order->from.text), bytes_of(order->to.text),
                                  order->content_type, order->subject, order->text};
    struct buffer out = buffer_over(order->name, IM_NAME_LENGTH);
    struct digest_engine *engine = digest_engine_new();
    digest_hmac(engine, BYTES("Idempotency-Key"), key, hash);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        unsigned char link[HASH_SIZE];
        digest_hmac(engine, bytes_from(hash, sizeof(hash)), parts[i], link);
        memcpy(hash, link, sizeof(hash));
    }
    digest_engine_free(&engine);
    buffer_hex(&out, hash, IM_NAME_LENGTH / 2);
    order->name[out.length] = '\0';
}

static enum err trace(struct account_file *file, const struct people_aor *log,
                      const struct order *order, uint64_t *serial)
{
    const struct store_trail trail = {.aor = give_aor(log),
                                      .call_id = bytes_of(order->name),
                                      .from_tag = bytes_from(order->name, TAG_LENGTH)};
    enum err err = account_trace_recent(file, &trail, KEY_KEPT_MS, serial);
    return err == ERR_NOT_FOUND ? ERR_NONE : err;
}

static bool look_back(struct web_call *call, struct account_file *file, struct order *order)
{
    struct bytes key = web_field(call, "Idempotency-Key");
    if (bytes_empty(key))
        return true;
    name_order(key, order);
    enum err err = ERR_NONE;
    if (order->to.domain != NULL)
        err = trace(file, &order->to, order, &order->received);
    if (err == ERR_NONE)
        err = trace(file, &order->from, order, &order->sent);
    if (err != ERR_NONE)
        given_failed(call, err);
    return err == ERR_NONE;
}

static void take_order(struct web_call *call, struct account_file *file, bool service)
{
    struct order *order = memory_new(sizeof(*order));
    web_keep(call, order, free);
    if (service || given_user(call, &order->from))
        (void)(read_order(call, service, order) && look_back(call, file, order));
}

static void take_user_order(struct web_call *call, struct account_file *file)
{
    take_order(call, file, false);
}

static void take_service_order(struct web_call *call, struct account_file *file)
{
    take_order(call, file, true);
}

/* Sending. */

static void refuse(struct web_call *call, const struct im_sent *sent)
{
    static const struct {
        unsigned sip, http;
        const char *kind, *field;
    } answers[] = {
        {400, 400, "bad-message", NULL},
        {403, 403, "refused", "/to"},
        {404, 404, "not-found", "/to"},
        {413, 413, "too-long", "/text"},
        {415, 415, "bad-type", "/content_type"},
        {429, 429, "too-many", NULL},
        {480, 409, "full", "/to"},
        {488, 400, "bad-type", "/content_type"},
    };
    char later[16];
    size_t i = 0;
    while (i < sizeof(answers) / sizeof(answers[0]) && answers[i].sip != sent->status)
        i++;
    if (i == sizeof(answers) / sizeof(answers[0]))
        web_problem(call, 503, "busy", NULL, "%s; try again", sent->reason);
    else
        web_problem(call, answers[i].http, answers[i].kind, answers[i].field, "%s", sent->reason);
    snprintf(later, sizeof(later), "%u", sent->later_s);
    if (sent->later_s > 0)
        web_answer_field(call, "Retry-After", bytes_of(later));
}

/* `log`: of whom the message is to be asked for. */
static void answer_sent(struct web_call *call, const struct im_sent *sent,
                        const struct people_aor *log)
{
    char id[20], text[GIVE_PATH_MAX];
    struct buffer path = buffer_over(text, sizeof(text));
    json_t *item = json_object();
    snprintf(id, sizeof(id), "%016llx", (unsigned long long)sent->serial);
    buffer_text(&path, "/api/v1/users/");
    buffer_percent(&path, give_aor(log));
    buffer_format(&path, "/messages/%s", id);
    web_answer_field(call, "Location", buffer_bytes(&path));
    give_words(item, "id", id);
    give_text(item, "user", give_aor(log));
    give_words(item, "state", "sent");
    web_answer(call, 202, item);
    web_wait(call, sent->change);
}

static void send(struct web_call *call, const struct web_core *core, const struct order *order)
{
    bool service = accounts_find(core->accounts, give_aor(&order->from)) == NULL;
    const struct im_letter letter = {
        .from = give_aor(&order->from),
        .to = give_aor(&order->to),
        .service = service,
        .content_type = order->content_type,
        .subject = order->subject,
        .body = order->text,
        .name = bytes_of(order->name),
        .received = order->received != 0,
        .sent = order->sent != 0,
    };
    if (core->im == NULL) {
        give_busy(call);
        return;
    }
    struct im_sent sent = im_send(core->im, &letter);
    uint64_t before = service ? order->received : order->sent;
    if (before != 0)
        sent.serial = before;
    if (sent.status == 202)
        answer_sent(call, &sent, service ? &order->to : &order->from);
    else
        refuse(call, &sent);
}

static void send_as_user(struct web_call *call, const struct web_core *core)
{
    struct people_aor user;
    if (give_user(call, core, &user))
        send(call, core, web_kept(call));
}

static void send_as_service(struct web_call *call, const struct web_core *core)
{
    send(call, core, web_kept(call));
}

const struct web_endpoint sending_endpoints[] = {
    {WEB_POST, "/api/v1/users/{user}/messages", WEB_MESSAGES, true, WEB_JSON, take_user_order,
     send_as_user},
    {WEB_POST, "/api/v1/messages", WEB_MESSAGES, false, WEB_JSON, take_service_order,
     send_as_service},
    {.path = NULL},
};
