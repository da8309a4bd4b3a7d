/* who.c: who calls, and may they?
 *
 *     Bearer TOKEN   its digest is looked up; its scopes say what it is good for
 *     Basic, Digest  a user's own password, over TLS or from this host: only for endpoints that
 *                    are marked so, and only for that user's own things (digest.c)
 *
 * Nothing else is looked at, no cookies: a page of another site cannot borrow what a browser
 * knows. Wrong secrets are counted by address: too many, and passwords from there are not looked at
 * (a right token is: it cannot be guessed). A write scope is good for reading, too. */
#include <assert.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <strings.h>

#include "front/domains.h"
#include "web/scopes.h"
#include "web/web_internal.h"

enum { HOUR_MS = 3600000, SECRET_MAX = 1024 };

struct bytes who_name(struct web_call *call, struct bytes user)
{
    struct sip_uri uri;
    bool scheme = bytes_starts_with(user, BYTES("sip:"));
    bool whole = bytes_index(user, '@') >= 0;
    const char *first = domains_first(web_domains(call))->name;
    size_t room = user.length + strlen(first) + 6;
    struct buffer text = buffer_over(arena_alloc(&call->arena, room), room);
    buffer_format(&text, "%s%.*s%s%s", scheme ? "" : "sip:", BYTES_ARGS(user), whole ? "" : "@",
                  whole ? "" : first);
    if (text.overflow || !verdict_ok(sip_uri_parse(buffer_bytes(&text), &uri)) || !uri.has_user ||
        !bytes_empty(uri.password) || uri.port != 0 || !bytes_empty(uri.parameters) ||
        !bytes_empty(uri.headers))
        return BYTES("");
    struct buffer aor = buffer_over(arena_alloc(&call->arena, WEB_NAME_SIZE), WEB_NAME_SIZE);
    if (domains_write_aor(web_domains(call), &uri, &aor) == NULL || aor.overflow)
        return BYTES("");
    return buffer_bytes(&aor);
}

/* May a password be told here? */
static bool is_private(const struct web_call *call)
{
    return call->secure || net_address_is_loopback(&call->from);
}

enum offer { OFFER_USUAL, OFFER_FRESH /* a nonce, to who knows the password */ };

static void challenge(struct web_call *call, const char *error, enum offer offer)
{
    char text[128];
    snprintf(text, sizeof(text), "Bearer realm=\"herald\"%s%s%s", error != NULL ? ", error=\"" : "",
             error != NULL ? error : "", error != NULL ? "\"" : "");
    web_answer_field(call, "WWW-Authenticate", bytes_of(text));
    if (offer == OFFER_FRESH || (call->endpoint->own && is_private(call)))
        web_digest_challenge(call, offer == OFFER_FRESH);
    if (call->endpoint->own && is_private(call))
        web_answer_field(call, "WWW-Authenticate",
                         BYTES("Basic realm=\"herald\", charset=\"UTF-8\""));
}

/* `error`: of a token (RFC 6750 3.1), or NULL. */
static void refuse_wrong(struct web_call *call, const char *error, const char *what)
{
    if (!limits_allow_guess(call))
        return;
    limits_failed(call);
    web_problem(call, 401, "unauthorized", "Authorization", "%s", what);
    challenge(call, error, OFFER_USUAL);
}

/* Tokens. */

struct holder {
    struct web_call *call;
    char id[64], scopes[512];
    uint64_t expires_ms, used_ms;
};

static void take_token(void *context, const struct store_token *token)
{
    struct holder *holder = context;
    snprintf(holder->id, sizeof(holder->id), "%.*s", BYTES_ARGS(token->id));
    snprintf(holder->scopes, sizeof(holder->scopes), "%.*s", BYTES_ARGS(token->scopes));
    holder->expires_ms = token->expires_ms;
    holder->used_ms = token->used_ms;
}

static void judge_scopes(struct web_call *call, const struct holder *holder)
{
    char wanted[64], text[160];
    scope_write(call->endpoint->area, web_is_read(call), wanted);
    if (scope_allows(bytes_of(holder->scopes), call->endpoint->area, web_is_read(call)))
        return;
    web_problem(call, 403, "scope", NULL,
                "the token lacks the scope %s (it has: %s); make one that has it: herald token add "
                "NAME %s",
                wanted, holder->scopes, wanted);
    snprintf(text, sizeof(text),
             "Bearer realm=\"herald\", error=\"insufficient_scope\", scope=\"%s\"", wanted);
    web_answer_field(call, "WWW-Authenticate", bytes_of(text));
}

static void judge_token(struct web_call *call, struct account_file *file, struct bytes token)
{
    struct holder holder = {.call = call};
    unsigned char digest[EVP_MAX_MD_SIZE];
    char who[80];
    uint64_t now_ms = web_wall_ms();
    EVP_Digest(token.at, token.length, digest, NULL, EVP_sha256(), NULL);
    enum err err = token_find(file, bytes_from(digest, WEB_DIGEST_BYTES), take_token, &holder);
    if (err == ERR_NOT_FOUND ||
        (err == ERR_NONE && holder.expires_ms != 0 && holder.expires_ms <= now_ms)) {
        refuse_wrong(call, "invalid_token",
                     err == ERR_NONE
                         ? "the token has expired; make a new one: herald token add"
                         : "there is no such token (it may have been revoked); herald token "
                           "list shows those that there are");
        return;
    }
    if (err != ERR_NONE) {
        web_problem(call, 503, "database", NULL, "the tokens cannot be read: %s; try again",
                    err_name(err));
        return;
    }
    if (now_ms / HOUR_MS != holder.used_ms / HOUR_MS)
        (void)!token_used(file, bytes_of(holder.id), now_ms - now_ms % HOUR_MS);
    snprintf(who, sizeof(who), "token %s", holder.id);
    call->who = arena_copy(&call->arena, bytes_of(who));
    call->scopes = arena_copy(&call->arena, bytes_of(holder.scopes));
    call->proof = arena_copy(&call->arena, bytes_from(digest, WEB_DIGEST_BYTES));
    judge_scopes(call, &holder);
}

/* Passwords. */

struct ha1 {
    enum digest_algorithm algorithm;
    struct digest_hex hex; /* empty: there is none */
};

static void take_ha1(void *context, const struct store_account *account)
{
    struct ha1 *ha1 = context;
    if (!account->disabled)
        snprintf(ha1->hex.text, sizeof(ha1->hex.text), "%.*s",
                 BYTES_ARGS(account->ha1[ha1->algorithm]));
}

/* As long for a user who is not there. A disabled account's password opens nothing. */
static bool is_password(struct web_call *call, struct account_file *file, struct bytes aor,
                        struct bytes password)
{
    struct ha1 known = {.algorithm = DIGEST_SHA256};
    struct bytes domain = sip_aor_domain(aor);
    struct bytes user = bytes_first(aor, aor.length - domain.length - 1);
    struct digest_engine *engine = digest_engine_new();
    struct digest_hex given = digest_ha1(engine, DIGEST_SHA256, user, domain, password);
    digest_engine_free(&engine);
    bool found = account_visit(file, aor, take_ha1, &known) == ERR_NONE && *known.hex.text != '\0';
    bool same = digest_equal(bytes_of(given.text), bytes_of(found ? known.hex.text : given.text));
    call->proof = arena_copy(&call->arena, bytes_of(given.text));
    call->proof_of = DIGEST_SHA256;
    return found && same;
}

/* "user:password" of the base64 (RFC 7617 2); false: it is none. */
static bool read_basic(struct web_call *call, struct bytes text, struct bytes *user,
                       struct bytes *password)
{
    if (text.length == 0 || text.length % 4 != 0 || text.length > SECRET_MAX)
        return false;
    unsigned char *out = arena_alloc(&call->arena, text.length);
    int length = EVP_DecodeBlock(out, (const unsigned char *)text.at, (int)text.length);
    if (length < 0)
        return false;
    for (size_t i = text.length; i > text.length - 2 && text.at[i - 1] == '='; i--)
        length--;
    *password = bytes_from(out, (size_t)length);
    ptrdiff_t colon = bytes_index(*password, ':');
    if (colon <= 0)
        return false;
    *user = bytes_first(*password, (size_t)colon);
    *password = bytes_skip(*password, (size_t)colon + 1);
    return true;
}

static void judge_own(struct web_call *call)
{
    struct bytes user = web_part(call, "user");
    struct bytes whose = bytes_empty(user) ? user : who_name(call, user);
    if (call->endpoint->own && bytes_equal(whose, call->caller))
        return;
    web_problem(call, 403, "not-own", NULL,
                "the password of %.*s opens only that user's own things; this needs a token",
                BYTES_ARGS(call->caller));
}

/* False: it is answered. */
static bool takes_passwords(struct web_call *call)
{
    if (is_private(call))
        return limits_allow_guess(call);
    web_problem(call, 403, "not-private", "Authorization",
                "a password is taken over HTTPS or from this host only");
    return false;
}

static void judge_password(struct web_call *call, struct account_file *file, struct bytes text)
{
    struct bytes user, password;
    if (!takes_passwords(call))
        return;
    if (!read_basic(call, text, &user, &password)) {
        refuse_wrong(call, NULL, "Authorization is no Basic credentials (RFC 7617)");
        return;
    }
    struct bytes aor = who_name(call, user);
    bool right = !bytes_empty(aor) && is_password(call, file, aor, password);
    if (!right) {
        refuse_wrong(call, NULL, "there is no such user, or that is not the password");
        return;
    }
    call->caller = call->who = aor;
    judge_own(call);
}

/* A digest is good once; when the body has come, the account must still be what it was. */
static void judge_digest_again(struct web_call *call, struct account_file *file)
{
    if (!who_stands(call, file))
        refuse_wrong(call, NULL, "the password was changed, or the user disabled, meanwhile");
}

static void judge_digest(struct web_call *call, struct account_file *file)
{
    struct bytes aor;
    const char *why;
    if (!takes_passwords(call))
        return;
    switch (web_digest_judge(call, file, &aor, &why)) {
    case WEB_DIGEST_RIGHT:
        call->by_digest = true;
        call->caller = call->who = aor;
        judge_own(call);
        break;
    case WEB_DIGEST_STALE:
        web_problem(call, 401, "stale", "Authorization",
                    "the nonce is too old, or its count (nc) was used; answer this challenge");
        challenge(call, NULL, OFFER_FRESH);
        break;
    case WEB_DIGEST_ELSEWHERE:
        web_problem(call, 400, "bad-digest", "Authorization", "%s", why);
        break;
    case WEB_DIGEST_WRONG:
        refuse_wrong(call, NULL, why);
        break;
    }
}

static void judge_credentials(struct web_call *call, struct account_file *file)
{
    struct bytes value = bytes_trim(web_field(call, "Authorization"));
    struct bytes scheme = bytes_split(&value, ' ');
    value = bytes_trim(value);
    if (bytes_equal_nocase(scheme, BYTES("Bearer")) && value.length <= SECRET_MAX) {
        judge_token(call, file, value);
    } else if (bytes_equal_nocase(scheme, BYTES("Basic"))) {
        judge_password(call, file, value);
    } else if (call->by_digest) {
        judge_digest_again(call, file);
    } else if (bytes_equal_nocase(scheme, BYTES("Digest"))) {
        judge_digest(call, file);
    } else {
        web_problem(call, 401, "unauthorized", "Authorization",
                    "a token is wanted: Authorization: Bearer TOKEN; herald token add makes one");
        challenge(call, NULL, OFFER_USUAL);
    }
}

void who_judge(struct web_call *call, struct account_file *file)
{
    if (call->endpoint->area == WEB_OPEN)
        return;
    judge_credentials(call, file);
    if (call->status == 401)
        web_count(call->web, WEB_COUNT_UNKNOWN);
}

/* Still. */

bool who_stands(const struct web_call *call, struct account_file *file)
{
    struct holder holder = {.expires_ms = 0};
    struct ha1 known = {.algorithm = call->proof_of};
    enum err err;
    if (bytes_empty(call->caller)) {
        err = token_find(file, call->proof, take_token, &holder);
        return (err != ERR_NONE && err != ERR_NOT_FOUND) ||
               (err == ERR_NONE && (holder.expires_ms == 0 || holder.expires_ms > web_wall_ms()));
    }
    err = account_visit(file, call->caller, take_ha1, &known);
    return (err != ERR_NONE && err != ERR_NOT_FOUND) ||
           (err == ERR_NONE && bytes_equal(bytes_of(known.hex.text), call->proof));
}
