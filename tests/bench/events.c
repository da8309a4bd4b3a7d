/* events.c: PUBLISH, SUBSCRIBE with its NOTIFY, and the fan-out of one PUBLISH.
 *
 * A user publishes in a chain: each request waits for the entity-tag of the one before (RFC
 * 3903 4.1). The document is of the size and kind that softphones send. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "kinds.h"

enum { DOCUMENT_SIZE = 1024 };

static struct user *user_of(const struct load *load, const struct actor *actor)
{
    return &load->session->users[actor->user];
}

/* PUBLISH. */

static struct bytes write_document(const struct user *user, char *text)
{
    struct buffer out = buffer_over(text, DOCUMENT_SIZE);
    buffer_format(&out,
                  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\""
                  " xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\""
                  " xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"sip:%s\">\n"
                  "<tuple id=\"t%.*s\"><status><basic>open</basic></status>"
                  "<contact priority=\"0.8\">sip:%s</contact>"
                  "<timestamp>2024-05-01T12:00:00Z</timestamp></tuple>\n"
                  "<dm:person id=\"p%.*s\"><rpid:activities><rpid:busy/></rpid:activities>"
                  "<dm:note>On the phone (########)</dm:note></dm:person>\n"
                  "</presence>\n",
                  user->aor, (int)user->name_length, user->aor, user->aor, (int)user->name_length,
                  user->aor);
    assert(!out.overflow);
    return buffer_bytes(&out);
}

static void write_publish_head(struct load *load, struct actor *actor)
{
    const struct user *user = user_of(load, actor);
    snprintf(actor->uri, sizeof(actor->uri), "sip:%s", user->aor);
    actor->method = "PUBLISH";
    const struct draft_head head = {
        .method = actor->method,
        .uri = actor->uri,
        .from = user->aor,
        .to = user->aor,
        .family = 'p',
        .call = actor->user,
        .actor = actor->number,
        .flow = actor->flow,
    };
    draft_write_head(&actor->draft, load->session, &head);
    buffer_text(&actor->draft.out, "Event: presence\r\n");
    if (user->etag[0] == '\0')
        return;
    buffer_text(&actor->draft.out, "SIP-If-Match: ");
    draft_mark(&actor->draft, STAMP_ETAG, (unsigned)strlen(user->etag));
    draft_patch(&actor->draft, STAMP_ETAG, bytes_of(user->etag));
    buffer_text(&actor->draft.out, "\r\n");
}

static void write_publish(struct load *load, struct actor *actor)
{
    char document[DOCUMENT_SIZE];
    const struct user *user = user_of(load, actor);
    struct draft *draft = &actor->draft;
    write_publish_head(load, actor);
    buffer_text(&draft->out, "Expires: 3600\r\n");
    draft_write_credentials(draft, user, actor->uri);
    draft_write_body(draft, "application/pidf+xml", write_document(user, document));
}

/* The user's next modification. */
static bool next_publish(struct load *load, struct actor *actor)
{
    struct draft *draft = &actor->draft;
    struct bytes etag = bytes_of(user_of(load, actor)->etag);
    if (draft_mark_length(draft, STAMP_ETAG) != etag.length)
        draft->out.length = 0;
    else if (etag.length > 0)
        draft_patch(draft, STAMP_ETAG, etag);
    return true;
}

static bool published(struct load *load, struct actor *actor, const struct sip_message *answer)
{
    struct user *user = user_of(load, actor);
    struct bytes etag = sip_message_value(answer, SIP_SIP_ETAG);
    if (bytes_empty(etag) || etag.length >= sizeof(user->etag))
        return false;
    memcpy(user->etag, etag.at, etag.length);
    user->etag[etag.length] = '\0';
    return true;
}

const struct kind publish_kind = {
    .name = "publish",
    .unit = "PUBLISH",
    .of_users = true,
    .next = next_publish,
    .write = write_publish,
    .answered = published,
};

/* First publications and removals (`toggle`: it is removed) in turn. */

static bool next_publish_new(struct load *load, struct actor *actor)
{
    actor->toggle = user_of(load, actor)->etag[0] != '\0';
    actor->draft.out.length = 0;
    return true;
}

static void write_publish_new(struct load *load, struct actor *actor)
{
    struct draft *draft = &actor->draft;
    if (!actor->toggle) {
        write_publish(load, actor);
        return;
    }
    write_publish_head(load, actor);
    buffer_text(&draft->out, "Expires: 0\r\n");
    draft_write_credentials(draft, user_of(load, actor), actor->uri);
    draft_write_body(draft, NULL, BYTES(""));
}

static bool published_new(struct load *load, struct actor *actor, const struct sip_message *answer)
{
    if (!actor->toggle)
        return published(load, actor, answer);
    user_of(load, actor)->etag[0] = '\0';
    return true;
}

const struct kind publish_new_kind = {
    .name = "publish-new",
    .unit = "PUBLISH",
    .of_users = true,
    .next = next_publish_new,
    .write = write_publish_new,
    .answered = published_new,
};

/* The removal of every publication that there is. */
static bool next_unpublish(struct load *load, struct actor *actor)
{
    const struct session *session = load->session;
    uint32_t users = session->options->users;
    while (load->cursor < users && session->users[load->cursor].etag[0] == '\0')
        load->cursor++;
    if (load->cursor == users)
        return false;
    actor->user = load->cursor++;
    actor->flow = actor->user % session->options->flows;
    return next_publish_new(load, actor);
}

const struct kind unpublish_kind = {
    .name = "unpublish",
    .unit = "PUBLISH",
    .next = next_unpublish,
    .write = write_publish_new,
    .answered = published_new,
};

/* SUBSCRIBE. */

static struct dialog *dialog_of(const struct load *load, const struct actor *actor)
{
    return &load->session->dialogs[actor->dialog];
}

static void take_dialog(struct load *load, struct actor *actor, uint32_t number)
{
    struct dialog *dialog = &load->session->dialogs[number];
    dialog->awaited_by = actor->number;
    actor->dialog = number;
    actor->flow = number % load->session->options->flows;
    actor->user = dialog->watcher;
    actor->wants_notifies = 1;
    actor->draft.out.length = 0;
}

/* A dialog of the next watcher: with the presentity whose turn it is, or spread so that no watcher
 * has two of one presentity before it has one of each. */
static bool next_subscribe(struct load *load, struct actor *actor)
{
    struct session *session = load->session;
    uint32_t number = session->dialog_count, users = session->options->users;
    uint32_t presentity = (number + 1 + number / users) % users;
    if (session->watchers_each > 0)
        presentity = number / session->watchers_each % session->options->presentities;
    take_dialog(load, actor, session_dialog(session, number % users, presentity));
    return true;
}

static void write_subscribe_head(struct load *load, struct actor *actor, const char *uri)
{
    const struct session *session = load->session;
    const struct dialog *dialog = dialog_of(load, actor);
    snprintf(actor->uri, sizeof(actor->uri), "%s", uri);
    actor->method = "SUBSCRIBE";
    const struct draft_head head = {
        .method = actor->method,
        .uri = actor->uri,
        .from = session->users[dialog->watcher].aor,
        .to = session->users[dialog->presentity].aor,
        .to_tag = dialog->tag,
        .family = 's',
        .call_stamp = STAMP_DIALOG,
        .actor = actor->number,
        .flow = actor->flow,
    };
    draft_write_head(&actor->draft, session, &head);
    draft_write_contact(&actor->draft, session, actor->flow, NULL);
    buffer_text(&actor->draft.out, session->lamps
                                       ? "Event: dialog\r\nAccept: application/dialog-info+xml\r\n"
                                       : "Event: presence\r\nAccept: application/pidf+xml\r\n");
}

static void end_subscribe(struct load *load, struct actor *actor, const char *expires)
{
    struct draft *draft = &actor->draft;
    buffer_format(&draft->out, "Expires: %s\r\n", expires);
    draft_write_credentials(draft, user_of(load, actor), actor->uri);
    draft_write_body(draft, NULL, BYTES(""));
    draft_patch_hex(draft, STAMP_DIALOG, actor->dialog);
}

static void write_subscribe(struct load *load, struct actor *actor)
{
    char uri[URI_SIZE];
    const struct dialog *dialog = dialog_of(load, actor);
    snprintf(uri, sizeof(uri), "sip:%s", load->session->users[dialog->presentity].aor);
    write_subscribe_head(load, actor, uri);
    end_subscribe(load, actor, "3600");
}

static bool subscribed(struct load *load, struct actor *actor, const struct sip_message *answer)
{
    struct dialog *dialog = dialog_of(load, actor);
    struct sip_address contact;
    struct bytes value = sip_message_value(answer, SIP_CONTACT);
    if (bytes_empty(answer->to.tag) || !verdict_ok(sip_address_parse(value, &contact)) ||
        contact.uri.text.length >= URI_SIZE)
        return false;
    free(dialog->tag);
    free(dialog->target);
    dialog->tag = memory_copy(answer->to.tag);
    dialog->target = memory_copy(contact.uri.text);
    return true;
}

const struct kind subscribe_kind = {
    .name = "subscribe",
    .unit = "SUBSCRIBE+NOTIFY",
    .next = next_subscribe,
    .write = write_subscribe,
    .answered = subscribed,
};

/* The end of each dialog that stands. */
static bool next_unsubscribe(struct load *load, struct actor *actor)
{
    const struct session *session = load->session;
    while (load->cursor < session->dialog_count && session->dialogs[load->cursor].tag == NULL)
        load->cursor++;
    if (load->cursor == session->dialog_count)
        return false;
    take_dialog(load, actor, load->cursor++);
    return true;
}

static void write_unsubscribe(struct load *load, struct actor *actor)
{
    write_subscribe_head(load, actor, dialog_of(load, actor)->target);
    end_subscribe(load, actor, "0");
}

const struct kind unsubscribe_kind = {
    .name = "unsubscribe",
    .unit = "SUBSCRIBE+NOTIFY",
    .next = next_unsubscribe,
    .write = write_unsubscribe,
};

/* Fan-out: the actors are the presentities, which are the first users. */

unsigned fanout_watchers(const struct session *session)
{
    return session->options->watchers;
}

static bool next_fanout(struct load *load, struct actor *actor)
{
    struct session *session = load->session;
    actor->wants_notifies = fanout_watchers(session);
    for (uint32_t i = 0; load->cursor == 0 && i < session->dialog_count; i++)
        session->dialogs[i].awaited_by = session->dialogs[i].presentity;
    load->cursor = 1; /* once a run */
    return next_publish(load, actor);
}

const struct kind fanout_kind = {
    .name = "fanout",
    .unit = "NOTIFY",
    .of_users = true,
    .next = next_fanout,
    .write = write_publish,
    .answered = published,
};
