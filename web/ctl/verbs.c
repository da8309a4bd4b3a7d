/* verbs.c: the one table of words. */
#include "web/ctl/verbs.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define U "/api/v1/users/{user}"
#define ROSTER_FORMS "json=application/json csv=text/csv vcf=text/vcard"
#define RULES_FORMS "xml=application/auth-policy+xml json=application/json"

const struct ctl_verb ctl_verbs[] = {
    {"server", "health", "GET", "/api/v1/health", "", "", "does it answer?"},
    {"server", "ready", "GET", "/api/v1/ready", "", "", "does it take requests?"},
    {"server", "status", "GET", "/api/v1/status", "", "", "what it is at"},
    {"server", "metrics", "GET", "/metrics", "", "", "what it has counted (OpenMetrics)"},
    {"server", "openapi", "GET", "/api/v1/openapi.json", "", "", "the description of its API"},
    {"config", "list", "GET", "/api/v1/config", "", "key value source line live needs_restart",
     "every key of the configuration, and who says so"},
    {"config", "check", "POST", "/api/v1/config/check", "", "",
     "is the file fine that a reload would read?"},
    {"config", "try", "POST", "/api/v1/config/check", "", "",
     "would the server take this configuration?", .takes = "conf=text/plain"},
    {"config", "reload", "POST", "/api/v1/config/reload", "", "", "reads the file again"},
    {"backup", "list", "GET", "/api/v1/backups", "", "name bytes time", "those that are kept"},
    {"backup", "show", "GET", "/api/v1/backups/{backup}", "", "", "one of them, by its name"},
    {"backup", "make", "POST", "/api/v1/backups", "", "", "copies the database, while it serves",
     .slow = true},
    {"log", "show", "GET", "/api/v1/log", "", "", "the level of the log"},
    {"log", "set", "PUT", "/api/v1/log", "level!", "",
     "error, warning, info or debug, until the next reload"},
    {"certificate", "list", "GET", "/api/v1/certificates", "", "use subject names expires file",
     "the certificates in use"},
    {"token", "list", "GET", "/api/v1/tokens", "", "id name scopes expires used", "all tokens"},
    {"token", "show", "GET", "/api/v1/tokens/{token}", "", "", "one, by its id"},
    {"token", "add", "POST", "/api/v1/tokens", "name! scopes!* expires_in_s#", "",
     "makes one, shown this once; scopes are like live:read, rosters:write, or * for all"},
    {"token", "revoke", "DELETE", "/api/v1/tokens/{token}", "", "", "ends one, by its id"},
    {"domain", "list", "GET", "/api/v1/domains", "", "domain source",
     "the domains that are served"},
    {"domain", "show", "GET", "/api/v1/domains/{domain}", "", "", "one of them"},
    {"domain", "add", "PUT", "/api/v1/domains/{domain}", "aliases/alias*", "",
     "makes one, or gives it these other names"},
    {"domain", "remove", "DELETE", "/api/v1/domains/{domain}", "", "",
     "takes out one that was made so and has no users"},
    {"user", "list", "GET", "/api/v1/users", "search limit#", "user display_name disabled",
     "all users, or those who have these words in their names"},
    {"user", "show", "GET", U, "", "", "one user"},
    {"user", "add", "POST", "/api/v1/users", "user! display_name disabled? password$", "",
     "makes an account; the password is read from standard input"},
    {"user", "replace", "PUT", U, "display_name disabled? password$~", "",
     "makes an account, or says all of one anew; without --password it keeps the one it has"},
    {"user", "change", "PATCH", U, "display_name disabled?", "", "changes what is given"},
    {"user", "passwd", "PATCH", U, "password$", "",
     "changes the password, which is read from standard input"},
    {"user", "delete", "DELETE", U, "", "", "erases a user and all that is the user's"},
    {"alias", "list", "GET", U "/aliases", "", "alias", "the other names of a user"},
    {"alias", "show", "GET", U "/aliases/{alias}", "", "", "one of them"},
    {"alias", "add", "PUT", U "/aliases/{alias}", "", "", "gives a user another name"},
    {"alias", "remove", "DELETE", U "/aliases/{alias}", "", "", "takes one away"},
    {"setting", "list", "GET", U "/settings", "", "name value help", "what a user has chosen"},
    {"setting", "show", "GET", U "/settings/{name}", "", "", "one of them"},
    {"setting", "change", "PATCH", U "/settings", "settings!=", "",
     "several at once; NAME= is as usual again"},
    {"setting", "set", "PUT", U "/settings/{name}", "value!", "", "chooses something for a user"},
    {"setting", "clear", "DELETE", U "/settings/{name}", "", "", "as usual again"},
    {"roster", "list", "GET", U "/roster", "limit#", "uri display_name groups notes",
     "a user's roster"},
    {"roster", "show", "GET", U "/roster/{buddy}", "", "", "one of them"},
    {"roster", "add", "PUT", U "/roster/{buddy}", "display_name/name groups/group* notes position#",
     "", "puts somebody into it, or anew"},
    {"roster", "change", "PATCH", U "/roster/{buddy}",
     "display_name/name groups/group* notes position#", "", "changes what is given"},
    {"roster", "remove", "DELETE", U "/roster/{buddy}", "", "", "takes somebody out"},
    {"roster", "clear", "DELETE", U "/roster", "", "", "takes everybody out"},
    {"roster", "export", "GET", U "/roster", "", "", "the whole of it, for another program",
     .gives = ROSTER_FORMS},
    {"roster", "import", "POST", U "/roster", "", "",
     "adds and changes those who are named: all of them or none", .takes = ROSTER_FORMS},
    {"roster", "replace", "PUT", U "/roster", "", "",
     "who is not named is in it no more: all of it or nothing", .takes = ROSTER_FORMS},
    {"group", "list", "GET", U "/groups", "", "name position members", "the groups of a roster"},
    {"group", "show", "GET", U "/groups/{group}", "", "", "one of them"},
    {"group", "add", "PUT", U "/groups/{group}", "position# members/member*", "",
     "makes one of people who are in the roster, or anew"},
    {"group", "change", "PATCH", U "/groups/{group}", "name/rename position# members/member*", "",
     "changes what is given"},
    {"group", "remove", "DELETE", U "/groups/{group}", "", "",
     "ends one; who was in it stays in the roster"},
    {"shared", "list", "GET", "/api/v1/groups", "limit#", "name title members watchers",
     "groups that appear in many rosters"},
    {"shared", "show", "GET", "/api/v1/groups/{group}", "", "", "one of them"},
    {"shared", "add", "PUT", "/api/v1/groups/{group}", "title members/member* watchers/watcher*",
     "", "makes one, or anew"},
    {"shared", "change", "PATCH", "/api/v1/groups/{group}",
     "title members/member* watchers/watcher*", "", "changes what is given"},
    {"shared", "remove", "DELETE", "/api/v1/groups/{group}", "", "", "ends one"},
    {"rule", "list", "GET", U "/rules", "", "who handling", "who sees a user, and how"},
    {"rule", "show", "GET", U "/rules/{who}", "", "", "one of them"},
    {"rule", "set", "PUT", U "/rules/{who}", "handling!", "",
     "allow, confirm, polite-block or block: how somebody sees a user"},
    {"rule", "clear", "DELETE", U "/rules/{who}", "", "", "as usual again"},
    {"rule", "reset", "DELETE", U "/rules", "", "", "all of a user's: as the domain has it again"},
    {"rule", "export", "GET", U "/rules", "", "", "the document (RFC 5025)", .gives = RULES_FORMS},
    {"rule", "replace", "PUT", U "/rules", "", "", "another document (RFC 5025) in its place",
     .takes = RULES_FORMS},
    {"presence", "show", "GET", U "/presence", "as", "", "what comes of all publications"},
    {"presence", "export", "GET", U "/presence", "as", "", "as phones get it (PIDF)",
     .gives = "xml=application/pidf+xml"},
    {"presence", "set", "PUT", U "/presence", "basic! note activities/activity* until", "",
     "open or closed: puts a state in, behind what clients publish"},
    {"presence", "clear", "DELETE", U "/presence", "", "", "takes it out"},
    {"lamp", "show", "GET", U "/message-summary", "", "", "what a message-waiting lamp shows"},
    {"lamp", "export", "GET", U "/message-summary", "", "", "as phones get it (RFC 3842)",
     .gives = "txt=application/simple-message-summary"},
    {"lamp", "set", "PUT", U "/message-summary",
     "waiting? account voice% video% fax% pager% multimedia% text% none%", "",
     "lights it or puts it out: --waiting yes, or --voice '{\"new\": 2, \"old\": 1}'"},
    {"lamp", "clear", "DELETE", U "/message-summary", "", "", "as usual again"},
    {"registration", "list", "GET", "/api/v1/registrations", "limit#",
     "id user contact expires user_agent", "all contacts"},
    {"registration", "of", "GET", U "/registrations", "", "id contact expires user_agent",
     "those of a user"},
    {"registration", "show", "GET", U "/registrations/{registration}", "", "", "one, by its id"},
    {"registration", "end", "DELETE", U "/registrations/{registration}", "", "",
     "ends one, by its id, and the presence that came of it"},
    {"registration", "clear", "DELETE", U "/registrations", "", "", "ends all of a user"},
    {"publication", "of", "GET", U "/publications", "event",
     "id event life content_type changed expires", "what a user's clients publish"},
    {"publication", "show", "GET", U "/publications/{publication}", "", "", "one, by its id"},
    {"publication", "end", "DELETE", U "/publications/{publication}", "", "",
     "ends one, by its id"},
    {"publication", "clear", "DELETE", U "/publications", "", "",
     "ends all that clients publish for a user"},
    {"call", "of", "GET", U "/calls", "", "state direction remote_uri since", "a user's calls"},
    {"connection", "list", "GET", "/api/v1/connections", "limit#", "id flow open idle_ms",
     "the streams that there are"},
    {"connection", "show", "GET", "/api/v1/connections/{connection}", "", "", "one, by its id"},
    {"connection", "close", "DELETE", "/api/v1/connections/{connection}", "", "",
     "closes one, by its id"},
    {"subscription", "list", "GET", "/api/v1/subscriptions", "watcher presentity event limit#",
     "id watcher presentity event state expires", "who watches whom"},
    {"subscription", "of", "GET", U "/subscriptions", "event limit#",
     "id presentity event state expires", "what a user watches"},
    {"subscription", "end", "DELETE", "/api/v1/subscriptions/{subscription}", "reason", "",
     "ends one, by its id"},
    {"watcher", "list", "GET", U "/watchers", "event limit#",
     "id watcher event state cause expires", "who watches a user"},
    {"message", "list", "GET", U "/messages", "since until with search limit#",
     "id time direction peer state text", "what a user said and was told, the newest first"},
    {"message", "show", "GET", U "/messages/{message}", "", "", "one, by its id"},
    {"message", "send", "POST", U "/messages", "to! text! content_type subject", "",
     "says something as a user"},
    {"message", "notify", "POST", "/api/v1/messages", "to! text! from content_type subject", "",
     "says something as a service"},
    {"message", "waiting", "GET", U "/messages/waiting", "limit#", "id time direction peer text",
     "what somebody is still owed of a user's messages"},
    {"message", "owed", "GET", U "/messages/waiting/{message}", "", "", "one of those, by its id"},
    {"message", "end", "DELETE", U "/messages/waiting/{message}", "", "",
     "delivers one no more, by its id"},
    {"explain", "why", "GET", "/api/v1/explain", "watcher! presentity! event", "",
     "why one sees of the other what it sees"},
    {"transaction", "list", "GET", "/api/v1/transactions", "kind limit#",
     "id kind state method call_id flow age_ms", "transactions under way (--kind server|client)"},
    {"transaction", "show", "GET", "/api/v1/transactions/{transaction}", "", "", "one, by its id"},
    {"transaction", "end", "DELETE", "/api/v1/transactions/{transaction}", "", "",
     "ends one, by its id: answered 500 or 487, cancelled, or as timed out"},
    {"dialog", "list", "GET", "/api/v1/dialogs", "kind limit#",
     "id kind state call_id from to event since", "dialogs (--kind call|subscription)"},
    {"dialog", "show", "GET", "/api/v1/dialogs/{dialog}", "", "", "one, by its id"},
    {"dialog", "end", "DELETE", "/api/v1/dialogs/{dialog}", "reason", "",
     "ends one, by its id; a call that was answered is forgotten, and its lamps go out"},
    {"trace", "", "GET", "/api/v1/trace/ladder", "call_id!", "", "a conversation as a ladder"},
    {"trace", "of", "GET", "/api/v1/trace/ladder", "user!", "", "likewise all of a user's"},
    {"trace", "list", "GET", "/api/v1/trace", "call_id user full limit#",
     "id time direction remote method status call_id", "the latest SIP messages"},
    {"trace", "show", "GET", "/api/v1/trace/{message}", "", "", "one of them, whole, by its id"},
    {"webhook", "list", "GET", "/api/v1/webhooks", "", "id url active pending",
     "whom events are posted to"},
    {"webhook", "show", "GET", "/api/v1/webhooks/{webhook}", "", "", "one, by its id"},
    {"webhook", "add", "POST", "/api/v1/webhooks", "url! types/type* user active? secret$~", "",
     "posts events to URL; its secret is shown this once"},
    {"webhook", "change", "PATCH", "/api/v1/webhooks/{webhook}",
     "url types/type* user active? secret$~", "", "changes what is given, by its id"},
    {"webhook", "remove", "DELETE", "/api/v1/webhooks/{webhook}", "", "", "ends one, by its id"},
    {.noun = NULL},
};

const struct ctl_other ctl_others[] = {
    {"request", "METHOD PATH [BODY]", "GET PUT POST PATCH DELETE", "anything that the API has"},
    {"watch", "[--types TYPE,TYPE] [--user USER]", "--types --user",
     "what happens, as it happens: events of the types presence, messages, registrations and "
     "subscriptions"},
    {"check", "[--config FILE] [--herald PROGRAM]", "--config --herald",
     "looks at configuration, certificates, DNS, ports, clock and disk, and says what to mend"},
    {.word = NULL},
};

const struct ctl_verb *ctl_verb_find(const char *noun, const char *verb)
{
    for (const struct ctl_verb *at = ctl_verbs; at->noun != NULL; at++)
        if (strcmp(at->noun, noun) == 0 && strcmp(at->verb, verb) == 0)
            return at;
    return NULL;
}

static size_t take_name(const char *text, char *name, size_t size)
{
    size_t length = 0;
    while (isalnum((unsigned char)text[length]) || text[length] == '_')
        length++;
    size_t kept = length < size ? length : size - 1;
    memcpy(name, text, kept);
    name[kept] = '\0';
    return length;
}

bool ctl_member_next(const char **rest, struct ctl_member *member)
{
    const char *at = *rest + strspn(*rest, " ");
    if (*at == '\0')
        return false;
    *member = (struct ctl_member){.kind = TEXT};
    at += take_name(at, member->name, sizeof(member->name));
    take_name(member->name, member->option, sizeof(member->option));
    if (*at == '/')
        at += 1 + take_name(at + 1, member->option, sizeof(member->option));
    for (char *c = member->option; *c != '\0'; c++)
        if (*c == '_')
            *c = '-';
    for (; *at != '\0' && *at != ' '; at++) {
        member->word = member->word || *at == '!';
        if (*at == '*')
            member->kind = LIST;
        else if (*at == '#')
            member->kind = NUMBER;
        else if (*at == '?')
            member->kind = TRUTH;
        else if (*at == '$')
            member->kind = SECRET;
        else if (*at == '=')
            member->kind = PAIRS;
        else if (*at == '%')
            member->kind = JSON;
        member->wished = member->wished || *at == '~';
    }
    *rest = at;
    return true;
}

bool ctl_form_next(const char **rest, struct ctl_form *form)
{
    const char *at = *rest + strspn(*rest, " ");
    const size_t name = strcspn(at, "="), whole = strcspn(at, " ");
    if (*at == '\0')
        return false;
    assert(name < sizeof(form->name) && name < whole && whole - name <= sizeof(form->type));
    snprintf(form->name, sizeof(form->name), "%.*s", (int)name, at);
    snprintf(form->type, sizeof(form->type), "%.*s", (int)(whole - name - 1), at + name + 1);
    *rest = at + whole;
    return true;
}
