/* people.c: names are read as URIs, so that what is stored is what requests are compared with. */
#include "front/people.h"

#include <assert.h>

/* Parses "alice", "alice@example.org", "sip:alice@example.org" as a URI. */
static bool parse(const struct domains *domains, struct bytes name, struct buffer *whole,
                  struct sip_uri *uri)
{
    if (!bytes_starts_with(name, BYTES("sip:")))
        buffer_text(whole, "sip:");
    buffer_put(whole, name);
    if (bytes_index(name, '@') < 0) {
        buffer_char(whole, '@');
        buffer_text(whole, domains_first(domains)->name);
    }
    return !whole->overflow && verdict_ok(sip_uri_parse(buffer_bytes(whole), uri)) &&
           uri->has_user && bytes_empty(uri->password) && uri->port == 0 &&
           bytes_empty(uri->parameters) && bytes_empty(uri->headers);
}

typedef const struct domain *(*write_aor_fn)(const struct domains *domains,
                                             const struct sip_uri *uri, struct buffer *out);

static enum people_fault find(const struct domains *domains, struct bytes name, write_aor_fn write,
                              struct people_aor *aor)
{
    assert(domains != NULL && domains_first(domains) != NULL);
    char text[PEOPLE_AOR_MAX + 8];
    struct buffer whole = buffer_over(text, sizeof(text));
    struct buffer out = buffer_over(aor->text, PEOPLE_AOR_MAX);
    struct sip_uri uri = {.has_user = false};
    *aor = (struct people_aor){.domain = NULL};
    if (!parse(domains, name, &whole, &uri))
        return whole.overflow ? PEOPLE_TOO_LONG : PEOPLE_NO_NAME;
    aor->domain = write(domains, &uri, &out);
    if (aor->domain == NULL)
        sip_uri_write_aor(&uri, &out);
    aor->text[out.length] = '\0'; /* an alias may have been longer */
    return out.overflow ? PEOPLE_TOO_LONG : PEOPLE_GOOD;
}

enum people_fault people_find_anybody(const struct domains *domains, struct bytes name,
                                      struct people_aor *aor)
{
    return find(domains, name, domains_write_aor, aor);
}

static enum people_fault find_ours(const struct domains *domains, struct bytes name,
                                   write_aor_fn write, struct people_aor *aor)
{
    enum people_fault fault = find(domains, name, write, aor);
    if (fault != PEOPLE_GOOD || aor->domain != NULL)
        return fault;
    struct bytes domain = sip_aor_domain(bytes_of(aor->text));
    memmove(aor->text, domain.at, domain.length + 1);
    return PEOPLE_ELSEWHERE;
}

enum people_fault people_find_user(const struct domains *domains, struct bytes name,
                                   struct people_aor *aor)
{
    return find_ours(domains, name, domains_write_aor, aor);
}

enum people_fault people_find_alias(const struct domains *domains, struct bytes name,
                                    struct people_aor *aor)
{
    return find_ours(domains, name, domains_write_own, aor);
}

bool people_is_service(struct bytes aor, struct bytes user)
{
    return !bytes_empty(user) && aor.length > user.length && bytes_starts_with(aor, user) &&
           (aor.at[user.length] == '@' || aor.at[user.length] == '+');
}

static bool is_printed(char c)
{
    return (unsigned char)c >= ' ' && c != 0x7f;
}

static bool is_line(struct bytes text)
{
    bool good = bytes_is_utf8(text);
    for (size_t i = 0; good && i < text.length; i++)
        good = is_printed(text.at[i]);
    return good;
}

static bool is_dots(struct bytes name)
{
    return bytes_equal(name, BYTES(".")) || bytes_equal(name, BYTES(".."));
}

const char *people_made_fault(struct bytes aor)
{
    ptrdiff_t end = bytes_index(aor, '@');
    return end >= 0 && is_dots(bytes_first(aor, (size_t)end))
               ? "\".\" and \"..\" name nobody: clients fold them out of a path; take another name"
               : NULL;
}

const char *people_group_fault(struct bytes group)
{
    bool good = !bytes_empty(group) && group.length <= PEOPLE_GROUP_MAX_BYTES && is_line(group) &&
                bytes_equal(bytes_trim(group), group);
    if (!good)
        return "one line of UTF-8 is wanted to name a group, at most 100 bytes, no blanks around "
               "it";
    return is_dots(group) ? "\".\" and \"..\" name no group: clients fold them out of a path; take "
                            "another name"
                          : NULL;
}

const char *people_name_fault(struct bytes name)
{
    if (name.length > PEOPLE_NAME_MAX_BYTES)
        return "a name has at most 256 bytes";
    return is_line(name) ? NULL : "a name is one line of UTF-8";
}

const char *people_notes_fault(struct bytes notes)
{
    if (notes.length > PEOPLE_NOTES_MAX_BYTES)
        return "notes have at most 4096 bytes";
    bool good = bytes_is_utf8(notes);
    for (size_t i = 0; good && i < notes.length; i++)
        good = is_printed(notes.at[i]) || notes.at[i] == '\n' || notes.at[i] == '\t';
    return good ? NULL : "notes are text in UTF-8, whose lines end by a line feed alone";
}

const char *people_password_fault(struct bytes password)
{
    if (bytes_empty(password))
        return "the password is empty";
    if (password.length > PEOPLE_PASSWORD_MAX_BYTES)
        return "the password is too long; use at most 255 bytes";
    return bytes_index(password, '\0') < 0 && bytes_index(password, '\n') < 0
               ? NULL
               : "the password has a line's end or a zero byte in it";
}

/* A label of a host name: letters and digits, hyphens between them. */
static bool is_label(struct bytes label)
{
    bool good = !bytes_empty(label) && label.length <= 63 && label.at[0] != '-' &&
                label.at[label.length - 1] != '-';
    for (size_t i = 0; good && i < label.length; i++) {
        char c = label.at[i];
        good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    }
    return good;
}

/* RFC 3261 25.1: the last label begins with a letter, so that no address is a name. */
static bool is_host_name(struct bytes name)
{
    struct bytes label = BYTES("");
    bool good = true;
    while (good && !bytes_empty(name)) {
        bool last = bytes_index(name, '.') < 0;
        label = bytes_split(&name, '.');
        good = is_label(label) && last == bytes_empty(name);
    }
    return good && !bytes_empty(label) && label.at[0] >= 'a';
}

const char *people_domain_fault(struct bytes name, char canonical[PEOPLE_DOMAIN_MAX_BYTES + 1])
{
    if (name.length > 1 && name.at[name.length - 1] == '.')
        name.length--; /* a fully qualified name */
    canonical[0] = '\0';
    if (name.length > PEOPLE_DOMAIN_MAX_BYTES)
        return "a domain's name has at most 253 bytes";
    for (size_t i = 0; i < name.length; i++)
        canonical[i] = ascii_lower(name.at[i]);
    canonical[name.length] = '\0';
    return is_host_name(bytes_from(canonical, name.length))
               ? NULL
               : "a domain is a host name like example.org; addresses are the configuration's";
}
