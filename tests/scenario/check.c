/* check.c: the dialogs that were told of, with the CSeq of their last NOTIFY; the branches of
 * requests, with their bytes. What the server only relays is its sender's business. */
#include "check.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <libxml/parser.h>
#include <libxml/xmlschemas.h>

#include "base/memory.h"
#include "base/table.h"
#include "im/cpim.h"
#include "sip/multipart.h"

enum { FAULT_MAX = 1024 };

struct known_dialog {
    UT_hash_handle hh;
    uint32_t cseq;
    bool informed; /* of watchers, by a document of this version */
    uint32_t version;
    char *rest; /* of the last NOTIFY, without its Via */
    char name[];
};

struct known_branch {
    UT_hash_handle hh;
    char *bytes;
    size_t length;
    char name[];
};

/* What is valid by which schema. */
static const struct {
    const char *type, *schema;
} documents[] = {
    {"application/pidf+xml", SOURCE_DIR "/schemas/pidf.xsd"},
    {"application/pidf-diff+xml", SOURCE_DIR "/schemas/pidf-diff.xsd"},
    {"application/watcherinfo+xml", SOURCE_DIR "/schemas/watcherinfo.xsd"},
    {"message/imdn+xml", SOURCE_DIR "/schemas/imdn.xsd"},
    {"application/resource-lists+xml", SOURCE_DIR "/schemas/resource-lists.xsd"},
    {"application/dialog-info+xml", SOURCE_DIR "/schemas/dialog-info.xsd"},
    {"application/reginfo+xml", SOURCE_DIR "/schemas/reginfo.xsd"},
    {"application/conference-info+xml", SOURCE_DIR "/schemas/conference-info.xsd"},
};
enum { DOCUMENTS = sizeof(documents) / sizeof(documents[0]) };

struct check {
    struct known_dialog *dialogs;
    struct known_branch *branches;
    xmlSchema *schemas[DOCUMENTS];
    char fault[FAULT_MAX];
};

static void ignore(void *context, const char *format, ...)
{
    (void)context;
    (void)format;
}

static xmlSchema *read_schema(const char *path)
{
    xmlSchemaParserCtxt *reader = xmlSchemaNewParserCtxt(path);
    xmlSchema *schema = xmlSchemaParse(reader);
    xmlSchemaFreeParserCtxt(reader);
    if (schema == NULL) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(EXIT_FAILURE);
    }
    return schema;
}

struct check *check_new(void)
{
    struct check *check = memory_new(sizeof(*check));
    for (size_t i = 0; i < DOCUMENTS; i++)
        check->schemas[i] = read_schema(documents[i].schema);
    return check;
}

static void free_dialogs(struct known_dialog **dialogs)
{
    struct known_dialog *next, *dialog = *dialogs;
    HASH_CLEAR(hh, *dialogs);
    for (; dialog != NULL; dialog = next) {
        next = dialog->hh.next;
        free(dialog->rest);
        free(dialog);
    }
}

static void free_branches(struct known_branch **branches)
{
    struct known_branch *next, *branch = *branches;
    HASH_CLEAR(hh, *branches);
    for (; branch != NULL; branch = next) {
        next = branch->hh.next;
        free(branch->bytes);
        free(branch);
    }
}

void check_free(struct check **check)
{
    struct check *old = *check;
    free_dialogs(&old->dialogs);
    free_branches(&old->branches);
    for (size_t i = 0; i < DOCUMENTS; i++)
        xmlSchemaFree(old->schemas[i]);
    free(old);
    *check = NULL;
}

static const char *fault_of(struct check *check, const char *what, struct bytes which)
{
    snprintf(check->fault, sizeof(check->fault), "%s: %.*s", what, BYTES_ARGS(which));
    return check->fault;
}

/* Documents. */

static void keep_error(void *context, xmlError *error)
{
    struct check *check = context;
    snprintf(check->fault, sizeof(check->fault), "the document is not valid: line %d: %s",
             error->line, error->message);
}

static const char *check_document(struct check *check, xmlSchema *schema, struct bytes body)
{
    const int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
    xmlDoc *document = xmlReadMemory(body.at, (int)body.length, NULL, NULL, options);
    if (document == NULL)
        return fault_of(check, "the document is not well formed", body);
    xmlSchemaValidCtxt *validator = xmlSchemaNewValidCtxt(schema);
    check->fault[0] = '\0';
    xmlSchemaSetValidErrors(validator, ignore, ignore, NULL);
    xmlSchemaSetValidStructuredErrors(validator, keep_error, check);
    int result = xmlSchemaValidateDoc(validator, document);
    xmlSchemaFreeValidCtxt(validator);
    xmlFreeDoc(document);
    if (result == 0)
        return NULL;
    return check->fault[0] != '\0' ? check->fault : "the document is not valid";
}

/* Dialogs. */

static void name_dialog(char *name, size_t size, struct bytes call_id, struct bytes tag)
{
    snprintf(name, size, "%.*s %.*s", BYTES_ARGS(call_id), BYTES_ARGS(tag));
}

/* A dialog that the server tells of in its 2xx. */
static void learn_dialog(struct check *check, const struct sip_message *response)
{
    char name[1024];
    struct known_dialog *dialog;
    name_dialog(name, sizeof(name), response->call_id, response->to.tag);
    TABLE_FIND(check->dialogs, name, strlen(name), 0, dialog);
    if (dialog != NULL)
        return;
    dialog = memory_new(sizeof(*dialog) + strlen(name) + 1);
    memcpy(dialog->name, name, strlen(name));
    TABLE_ADD(check->dialogs, dialog->name, strlen(name), 0, dialog);
}

/* What stands behind the Via, which is another one when the request takes another way. */
static struct bytes behind_via(const struct sip_message *message)
{
    const char *from = message->via.text.at + message->via.text.length;
    return bytes_from(from, (size_t)(message->raw.at + message->raw.length - from));
}

/* RFC 3858 4: versions go up; what a partial document changes is the state of the version before.
 */
static const char *check_version(struct check *check, struct known_dialog *dialog,
                                 const struct sip_message *notify)
{
    unsigned version;
    char state[8], text[200];
    struct bytes type = sip_message_value(notify, SIP_CONTENT_TYPE);
    if (bytes_empty(notify->body) || !sip_media_is(type, "application/watcherinfo+xml"))
        return NULL;
    snprintf(text, sizeof(text), "%.*s", BYTES_ARGS(notify->body));
    const char *at = strstr(text, "watcherinfo\" version=");
    if (at == NULL ||
        sscanf(at, "watcherinfo\" version=\"%u\" state=\"%7[a-z]", &version, state) != 2)
        return fault_of(check, "watcher information without a version", notify->body);
    bool next = dialog->informed && version == dialog->version + 1;
    if (dialog->informed && version <= dialog->version)
        return fault_of(check, "the version goes backwards", notify->body);
    if (!next && strcmp(state, "full") != 0)
        return fault_of(check, "a partial document after nothing", notify->body);
    dialog->informed = true;
    dialog->version = version;
    return NULL;
}

static const char *check_order(struct check *check, const struct sip_message *notify)
{
    char name[1024];
    struct known_dialog *dialog;
    if (bytes_empty(notify->to.tag)) /* in none, and it begins none */
        return bytes_starts_with(sip_message_value(notify, SIP_SUBSCRIPTION_STATE),
                                 BYTES("terminated"))
                   ? NULL
                   : "a NOTIFY outside a dialog that does not say that it is terminated";
    name_dialog(name, sizeof(name), notify->call_id, notify->from.tag);
    TABLE_FIND(check->dialogs, name, strlen(name), 0, dialog);
    if (dialog == NULL)
        return fault_of(check, "a NOTIFY in a dialog that no 2xx has told of", bytes_of(name));
    if (notify->cseq < dialog->cseq)
        return fault_of(check, "the CSeq goes backwards in the dialog", bytes_of(name));
    struct bytes rest = behind_via(notify);
    if (dialog->rest != NULL && notify->cseq == dialog->cseq &&
        !bytes_equal(rest, bytes_of(dialog->rest)))
        return fault_of(check, "two different NOTIFYs have the same CSeq", bytes_of(name));
    const char *fault = NULL;
    if (dialog->rest == NULL || notify->cseq > dialog->cseq)
        fault = check_version(check, dialog, notify);
    dialog->cseq = notify->cseq;
    free(dialog->rest);
    dialog->rest = memory_copy(rest);
    return fault;
}

static const char *check_notify(const struct sip_message *notify)
{
    struct bytes state = sip_message_value(notify, SIP_SUBSCRIPTION_STATE), value;
    if (bytes_empty(sip_message_value(notify, SIP_EVENT)) || bytes_empty(state) ||
        bytes_empty(sip_message_value(notify, SIP_CONTACT)) ||
        bytes_empty(sip_message_value(notify, SIP_MAX_FORWARDS)))
        return "a NOTIFY lacks Event, Subscription-State, Contact or Max-Forwards";
    struct bytes parameters = state;
    struct bytes word = bytes_split(&parameters, ';');
    parameters = bytes_skip(state, word.length);
    if (bytes_equal(word, BYTES("active")) && !sip_parameter(parameters, "expires", &value))
        return "an active Subscription-State has no expires";
    if (bytes_equal(word, BYTES("terminated")) && !sip_parameter(parameters, "reason", &value))
        return "a terminated Subscription-State has no reason";
    return NULL;
}

/* Branches. */

static const char *check_branch(struct check *check, const struct sip_message *request, bool *again)
{
    char name[1024];
    struct known_branch *branch;
    if (!bytes_starts_with(request->via.branch, BYTES("z9hG4bK")))
        return fault_of(check, "a branch without the magic cookie", request->via.text);
    /* a CANCEL and the ACK for a failure have the branch of their INVITE (RFC 3261 9.1, 17.1.1.3)
     */
    snprintf(name, sizeof(name), "%.*s %.*s", BYTES_ARGS(request->via.branch),
             BYTES_ARGS(request->method_name));
    TABLE_FIND(check->branches, name, strlen(name), 0, branch);
    *again = branch != NULL;
    if (branch != NULL)
        return bytes_equal(request->raw, bytes_from(branch->bytes, branch->length))
                   ? NULL
                   : fault_of(check, "two different requests have the same branch", bytes_of(name));
    branch = memory_new(sizeof(*branch) + strlen(name) + 1);
    memcpy(branch->name, name, strlen(name));
    branch->bytes = memory_copy(request->raw);
    branch->length = request->raw.length;
    TABLE_ADD(check->branches, branch->name, strlen(name), 0, branch);
    return NULL;
}

/* Messages. */

static const char *check_entity(struct check *check, struct bytes type, struct bytes body)
{
    for (size_t i = 0; i < DOCUMENTS; i++)
        if (sip_media_is(type, documents[i].type))
            return check_document(check, check->schemas[i], body);
    return NULL;
}

/* The entities in a body, or the body itself. */
static const char *check_entities(struct check *check, struct bytes type, struct bytes body)
{
    struct multipart parts;
    struct multipart_part part;
    struct cpim cpim;
    const char *fault = NULL;
    if (sip_media_is(type, "message/cpim") && cpim_parse(body, &cpim))
        return check_entity(check, mime_field(cpim.fields, "Content-Type"), cpim.content);
    if (!multipart_open(&parts, type, body))
        return check_entity(check, type, body);
    while (fault == NULL && multipart_next(&parts, &part))
        fault = check_entity(check, mime_field(part.header, "Content-Type"), part.body);
    return fault;
}

static const char *check_body(struct check *check, const struct sip_message *message,
                              struct bytes raw)
{
    bool present;
    uint32_t length;
    struct verdict v = sip_message_number(message, SIP_CONTENT_LENGTH, &present, &length);
    const char *end = raw.at + raw.length;
    if (!verdict_ok(v) || !present)
        return "a message without a Content-Length";
    if (message->body.at + length != end)
        return "the Content-Length is not what follows the header";
    if (length == 0)
        return NULL;
    struct bytes type = sip_message_value(message, SIP_CONTENT_TYPE);
    if (bytes_empty(type))
        return "a body without a Content-Type";
    return check_entities(check, type, message->body);
}

static const char *check_response(struct check *check, const struct sip_message *response)
{
    if (response->status == 408 && response->method != SIP_INVITE)
        return "a 408 to a non-INVITE request (RFC 4320 4.2)";
    if (response->status > 100 && bytes_empty(response->to.tag))
        return "a response without a To tag";
    if (response->method == SIP_SUBSCRIBE && response->status / 100 == 2)
        learn_dialog(check, response);
    return NULL;
}

static bool is_relayed(const struct sip_message *request)
{
    struct sip_values vias = sip_values_of(request, SIP_VIA);
    struct bytes via;
    return sip_values_next(&vias, &via) && sip_values_next(&vias, &via);
}

static const char *check_request(struct check *check, const struct sip_message *request)
{
    bool again = false;
    const char *fault = check_branch(check, request, &again);
    if (fault != NULL || again || request->method != SIP_NOTIFY || is_relayed(request))
        return fault;
    fault = check_notify(request);
    if (fault == NULL)
        fault = check_order(check, request);
    return fault;
}

/* A refusal repeats Via, From, To, Call-ID and CSeq as they came (RFC 3261 8.2.6.2), and so perhaps
 * what is refused in them. */
static bool is_echo(const struct sip_message *message)
{
    return !message->request && (message->status == 400 || message->status == 505);
}

const char *check_message(struct check *check, struct bytes raw)
{
    assert(check != NULL);
    struct sip_message message;
    struct verdict v = sip_message_parse(raw, true, &message);
    if (!verdict_ok(v) && is_echo(&message))
        return NULL;
    if (!verdict_ok(v))
        return fault_of(check, "it cannot be parsed", bytes_of(v.reason));
    const char *fault = check_body(check, &message, raw);
    if (fault != NULL)
        return fault;
    return message.request ? check_request(check, &message) : check_response(check, &message);
}
