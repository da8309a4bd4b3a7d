/* rules.h: presence authorization rules (application/auth-policy+xml: RFC 4745, RFC 5025), judged
 * once, then asked. */
#ifndef PIDF_RULES_H
#define PIDF_RULES_H

#include "base/blob.h"
#include "base/buffer.h"
#include "base/verdict.h"
#include "pidf/rights.h"

/* Immutable, one owner. */
struct rules;

struct rules_limits {
    size_t size_bytes; /* of a document; 65536 */
    unsigned rules, conditions,
        members; /* in all: 1000, of one rule: 20, identities in all: 5000 */
};
struct rules_limits rules_limits_default(void);

/* Writes a URI of a rule ("sip:Bob@EXAMPLE.org") as identities are written ("bob@example.org");
 * false: it names nobody, and never matches. */
struct rules_names {
    bool (*write)(void *context, struct bytes uri, struct buffer *out);
    void *context;
};

/* Judges a document. On success *rules is new; else 400 with reason and line (what RFC 4745 or 5025
 * does not allow), 413 over a limit. What an extension added is passed over as RFC 4745 says: an
 * unknown condition never matches, unknown actions and transformations permit nothing. */
struct verdict rules_parse(struct bytes document, const struct rules_limits *limits,
                           const struct rules_names *names, struct rules **rules);
void rules_free(struct rules **rules);

/* RFC 5025 3.2.1, in the order in which they win when several rules match. */
enum sub_handling { SUB_BLOCK, SUB_CONFIRM, SUB_POLITE_BLOCK, SUB_ALLOW };

struct rules_case {
    struct bytes identity; /* as names write it; empty: not proved, matches no identity condition */
    struct bytes sphere;   /* of the presentity now; empty: undefined */
    uint64_t now_ms;       /* wall clock */
};

struct rules_decision {
    bool matched; /* some rule; else the rest says nothing */
    enum sub_handling handling;
    struct rights *rights; /* a reference for the caller; NULL: everything (only after allow) */
    uint64_t until_ms;     /* when a validity condition next begins or ends; 0: never */
};

/* All rules that match, combined (RFC 4745 10). */
struct rules_decision rules_decide(const struct rules *rules, const struct rules_case *judge);

/* Visits the rules that match, in the order of the document, with what each says alone. */
void rules_each(const struct rules *rules, const struct rules_case *judge,
                void (*visit)(void *context, struct bytes id, enum sub_handling handling),
                void *context);

/* Writes `document` (empty: there is none yet) anew so that `watcher`, a URI, is handled so
 * whatever its other rules say, and keeps all that has nothing to do with it. *edited is new on
 * success; 400 and 413 as above, 409 (with the reason) when a rule for everybody stands against it.
 */
struct verdict rules_set_watcher(struct bytes document, const struct rules_limits *limits,
                                 const struct rules_names *names, struct bytes watcher,
                                 enum sub_handling handling, struct blob **edited);

/* The line of a document, from 1, in which the byte stands. */
unsigned rules_line(struct bytes document, size_t offset);

/* The same so that no rule says a word of this watcher by name any more: not to allow, nor as an
 * exception. A rule that loses its last identity goes. */
struct verdict rules_forget_watcher(struct bytes document, const struct rules_limits *limits,
                                    const struct rules_names *names, struct bytes watcher,
                                    struct blob **edited);

/* A watcher and how it is handled. */
struct rules_entry {
    struct bytes watcher; /* a URI */
    enum sub_handling handling;
};
/* Writes a document that says just this, each watcher once; judged as above. */
struct verdict rules_write(const struct rules_entry *entries, size_t count,
                           const struct rules_limits *limits, const struct rules_names *names,
                           struct blob **document);

/* True when the document says no more than such a list: rules_write of whom it names says the same.
 * False, too, for one that cannot be read, and one with comments: somebody has written it. */
bool rules_are_list(struct bytes document, const struct rules_limits *limits,
                    const struct rules_names *names);

/* Visits each identity that a rule names for itself, in order, with how it is handled at that time
 * when no sphere is known. */
void rules_each_named(const struct rules *rules, uint64_t now_ms,
                      void (*visit)(void *context, struct bytes identity,
                                    enum sub_handling handling),
                      void *context);

/* "block", "confirm", "polite-block", "allow"; false: the word is none of them. */
const char *rules_handling_word(enum sub_handling handling);
bool rules_read_handling(struct bytes word, enum sub_handling *handling);

/* True when a condition asks for the sphere: who decides then asks again when it changes. */
bool rules_use_sphere(const struct rules *rules);

#endif
