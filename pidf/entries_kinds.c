/* entries_kinds.c: the formats: RFC 4235 4, RFC 3680 5, RFC 4575 5. */
#include "entries_internal.h"

static void put(struct text *out, const char *text)
{
    text_put(out, bytes_of(text));
}

/* Dialogs. */

/* RFC 4235 4.3: what is not said again stays as it was. */
static void dialog_gone(struct text *out, const struct piece *dialog)
{
    struct piece state;
    if (piece_find(dialog->content, "state", &state) &&
        bytes_equal(state.content, BYTES("terminated")))
        return;
    text_put(out, dialog->tag);
    put(out, "<state>terminated</state></dialog>");
}

const struct entries_kind entries_dialogs = {
    .root = "dialog-info",
    .name_space = DIALOGS_NAMESPACE,
    .space = SPACE_DIALOGS,
    .has_entity = true,
    .lists_part = true, /* PBXs publish one dialog at a time */
    .renames = true,
    .sections = {{"dialog", &rule_dialog, false}},
    .entry = "dialog",
    .key = "id",
    .rule = &rule_dialog,
    .fault = "a dialog has no id, or no state that RFC 4235 knows",
    .gone = dialog_gone,
};

/* Contacts. */

/* RFC 3680 5.1: the id has to stay, and there is but this one. */
static void open_registration(struct text *out, struct bytes entity, bool partial,
                              enum entries_life life)
{
    static const char *const states[] = {
        [ENTRIES_NONE] = "init", [ENTRIES_ENDED] = "terminated", [ENTRIES_ALIVE] = "active"};
    (void)partial;
    put(out, "<registration aor=\"");
    text_put(out, entity);
    put(out, "\" id=\"r1\" state=\"");
    put(out, states[life]);
    put(out, "\">");
}

static void put_attribute(struct text *out, struct bytes tag, const char *name)
{
    struct bytes value = piece_attribute(tag, name);
    if (bytes_empty(value))
        return;
    text_char(out, ' ');
    put(out, name);
    put(out, "=\"");
    text_put(out, value);
    text_char(out, '"');
}

/* How long it would have lasted is no matter any more. */
static void contact_gone(struct text *out, const struct piece *contact)
{
    static const char *const kept[] = {"id", "q", "callid", "cseq"};
    struct piece uri;
    if (bytes_equal(piece_attribute(contact->tag, "state"), BYTES("terminated")))
        return;
    put(out, "<contact");
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        put_attribute(out, contact->tag, kept[i]);
    put(out, " state=\"terminated\" event=\"unregistered\">");
    if (piece_find(contact->content, "uri", &uri))
        text_put(out, uri.whole);
    put(out, "</contact>");
}

/* Without what the time alone changes, and the last temporary GRUU, of which each is another. The
 * attributes stand there in this order (registrar/reg.c), and the element behind them. */
static void put_timeless(struct text *out, struct bytes contact)
{
    static const char *const times[] = {" duration-registered=\"", " expires=\""};
    static const char gruu[] = "<gr:temp-gruu ";
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        ptrdiff_t end = bytes_index(contact, '>');
        const char *at = memmem(contact.at, end >= 0 ? (size_t)end : 0, times[i], strlen(times[i]));
        if (at == NULL)
            continue;
        size_t before = (size_t)(at - contact.at);
        text_put(out, bytes_first(contact, before));
        contact = bytes_skip(contact, before + strlen(times[i]));
        ptrdiff_t quote = bytes_index(contact, '"');
        contact = bytes_skip(contact, (size_t)quote + 1);
    }
    const char *end = memmem(contact.at, contact.length, gruu, sizeof(gruu) - 1);
    text_put(out, end != NULL ? bytes_first(contact, (size_t)(end - contact.at)) : contact);
}

static bool same_contact(struct bytes a, struct bytes b)
{
    struct text one = {0}, other = {0};
    put_timeless(&one, a);
    put_timeless(&other, b);
    bool same = bytes_equal(text_bytes(&one), text_bytes(&other));
    text_release(&one);
    text_release(&other);
    return same;
}

const struct entries_kind entries_contacts = {
    .root = "reginfo",
    .name_space = CONTACTS_NAMESPACE,
    .space = SPACE_CONTACTS,
    .sections = {{"registration", NULL, false}},
    .wrapper = "registration",
    .wrapper_entity = "aor",
    .entry = "contact",
    .key = "id",
    .rule = &rule_contact_entry,
    .fault = "a contact lacks its id, URI, state or event",
    .open = open_registration,
    .gone = contact_gone,
    .same = same_contact,
};

/* Users of a conference. */

static void open_users(struct text *out, struct bytes entity, bool partial, enum entries_life life)
{
    (void)entity;
    (void)life;
    put(out, partial ? "<users state=\"partial\">" : "<users>");
}

/* RFC 4575 4.6 */
static void user_gone(struct text *out, const struct piece *user)
{
    put(out, "<user");
    put_attribute(out, user->tag, "entity");
    put(out, " state=\"deleted\"/>");
}

const struct entries_kind entries_users = {
    .root = "conference-info",
    .name_space = CONFERENCE_NAMESPACE,
    .space = SPACE_CONFERENCE,
    .has_entity = true,
    .sections = {{"conference-description", &rule_conference_description, true}, /* 5.2 */
                 {"host-info", &rule_host_info, false},
                 {"conference-state", &rule_conference_state, false},
                 {"users", NULL, true},
                 {"sidebars-by-ref", &rule_sidebars_by_ref, false},
                 {"sidebars-by-val", &rule_sidebars_by_val, false}},
    .place = 3,
    .wrapper = "users",
    .wrapper_entity = "entity",
    .entry = "user",
    .key = "entity",
    .rule = &rule_user,
    .fault = "a user of the conference has no entity",
    .open = open_users,
    .gone = user_gone,
};
