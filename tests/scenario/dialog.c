/* dialog.c: found by Call-ID and both tags.
 *
 *     caller: route set = Record-Route of the answer, the last first (RFC 3261 12.1.2)
 *     callee: route set = Record-Route of the request, as it stands (12.1.1)
 *
 * An answer to the request that began the dialog sets both route set and remote target again (RFC
 * 3261 13.2.2.4: the 2xx behind a 180); inside the dialog a 2xx moves the remote target alone
 * (12.2). */
#include "dialog.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/memory.h"

static void dialog_free(struct party *party, struct dialog *dialog)
{
    DL_DELETE(party->dialogs, dialog);
    free(dialog->call_id);
    free(dialog->local_tag);
    free(dialog->remote_tag);
    free(dialog->local);
    free(dialog->remote);
    free(dialog->target);
    free(dialog->rack);
    page_release(&dialog->routes);
    free(dialog);
}

void dialogs_release(struct party *party)
{
    while (party->dialogs != NULL)
        dialog_free(party, party->dialogs);
}

static bool is(struct bytes text, const char *word)
{
    return bytes_equal(text, bytes_of(word));
}

bool dialog_begins(struct bytes method)
{
    return is(method, "INVITE") || is(method, "SUBSCRIBE") || is(method, "REFER");
}

bool dialog_refreshes(struct bytes method)
{
    return is(method, "INVITE") || is(method, "UPDATE") || is(method, "SUBSCRIBE");
}

/* What the answer to a request says of the dialog, seen from one side. */
struct news {
    const struct sip_message *request, *response;
    const struct sip_message *peer; /* what came from the other side */
    struct bytes local_tag, remote_tag, local, remote;
    bool caller;
};

static struct news news_of(const struct sip_message *request, const struct sip_message *response,
                           bool caller)
{
    struct bytes from = sip_message_value(response, SIP_FROM);
    struct bytes to = sip_message_value(response, SIP_TO);
    struct news news = {request, response, request, .caller = caller};
    news.local_tag = caller ? response->from.tag : response->to.tag;
    news.remote_tag = caller ? response->to.tag : response->from.tag;
    news.local = caller ? from : to;
    news.remote = caller ? to : from;
    if (caller)
        news.peer = response;
    return news;
}

static struct dialog *dialog_find(const struct party *party, struct bytes call_id,
                                  struct bytes local_tag, struct bytes remote_tag)
{
    struct dialog *dialog;
    DL_FOREACH(party->dialogs, dialog)
    {
        if (bytes_equal(bytes_of(dialog->call_id), call_id) &&
            bytes_equal(bytes_of(dialog->local_tag), local_tag) &&
            bytes_equal(bytes_of(dialog->remote_tag), remote_tag))
            return dialog;
    }
    return NULL;
}

static struct dialog *dialog_new(struct party *party, const struct news *news)
{
    struct dialog *dialog = memory_new(sizeof(*dialog));
    dialog->call_id = memory_copy(news->response->call_id);
    dialog->local_tag = memory_copy(news->local_tag);
    dialog->remote_tag = memory_copy(news->remote_tag);
    dialog->local = memory_copy(news->local);
    dialog->remote = memory_copy(news->remote);
    DL_APPEND(party->dialogs, dialog);
    return dialog;
}

static void set_routes(struct dialog *dialog, const struct news *news)
{
    struct sip_values values = sip_values_of(news->peer, SIP_RECORD_ROUTE);
    struct bytes value;
    page_clear(&dialog->routes);
    while (sip_values_next(&values, &value)) {
        struct page all = {0};
        if (!news->caller)
            page_put(&all, page_bytes(&dialog->routes));
        page_format(&all, "%.*s\n", BYTES_ARGS(value));
        if (news->caller)
            page_put(&all, page_bytes(&dialog->routes));
        page_release(&dialog->routes);
        dialog->routes = all;
    }
}

static void set_target(struct dialog *dialog, const struct news *news)
{
    struct sip_address contact;
    struct bytes value = sip_message_value(news->peer, SIP_CONTACT);
    if (!bytes_empty(value) && verdict_ok(sip_address_parse(value, &contact)))
        page_replace(&dialog->target, contact.uri.text);
}

static void set_rack(struct dialog *dialog, const struct sip_message *response)
{
    struct page rack = {0};
    for (int i = 0; i < response->count; i++) {
        if (!bytes_equal_nocase(response->fields[i].name, BYTES("RSeq")))
            continue;
        page_format(&rack, "%.*s %u %.*s", BYTES_ARGS(response->fields[i].value), response->cseq,
                    BYTES_ARGS(response->cseq_method));
        page_replace(&dialog->rack, page_bytes(&rack));
    }
    page_release(&rack);
}

void dialog_learn(struct party *party, const struct sip_message *request,
                  const struct sip_message *response, bool caller)
{
    const struct news news = news_of(request, response, caller);
    if (response->status <= 100 || response->status >= 300 || bytes_empty(response->to.tag))
        return;
    struct dialog *dialog = dialog_find(party, response->call_id, news.local_tag, news.remote_tag);
    bool begins = bytes_empty(request->to.tag) || dialog == NULL;
    if (dialog == NULL && dialog_begins(response->cseq_method))
        dialog = dialog_new(party, &news);
    if (dialog == NULL)
        return;
    if (begins)
        set_routes(dialog, &news);
    if (begins || (response->status >= 200 && dialog_refreshes(response->cseq_method)))
        set_target(dialog, &news);
    set_rack(dialog, response);
}

/* Labels. */

struct dialog *dialog_of(const struct party *party, struct bytes label)
{
    const struct sent *sent = party_sent(party, label);
    const struct arrival *seen = party_seen(party, label);
    const struct sip_message *message = seen != NULL ? &seen->message : NULL;
    if (sent != NULL && sent->response != NULL)
        message = &sent->response->message;
    if (message == NULL)
        return NULL;
    if (!message->request)
        return dialog_find(party, message->call_id, message->from.tag, message->to.tag);
    struct bytes tag = bytes_empty(message->to.tag) ? bytes_of(seen->to_tag) : message->to.tag;
    return dialog_find(party, message->call_id, tag, message->from.tag);
}

const struct sent *dialog_invite(const struct party *party, const struct dialog *dialog)
{
    const struct sent *sent, *found = NULL;
    DL_FOREACH(party->sent, sent)
    {
        const struct sip_message *message = &sent->message;
        if (message->method == SIP_INVITE &&
            bytes_equal(message->call_id, bytes_of(dialog->call_id)) &&
            bytes_equal(message->from.tag, bytes_of(dialog->local_tag)) &&
            (bytes_empty(message->to.tag) ||
             bytes_equal(message->to.tag, bytes_of(dialog->remote_tag))))
            found = sent;
    }
    return found;
}
