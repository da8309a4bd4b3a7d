/* play.h: a scenario as it is played: the stage, the parties, the variables, and the first fault.
 *
 * README.md in this folder says what the steps mean. */
#ifndef TESTS_SCENARIO_PLAY_H
#define TESTS_SCENARIO_PLAY_H

#include "check.h"
#include "party.h"
#include "script.h"
#include "stage.h"

struct variable {
    struct variable *prev, *next;
    char *name, *value;
};

/* An answer to a NOTIFY that a party gives by itself, in the next turn. */
struct errand {
    struct errand *prev, *next;
    struct party *party;
    char *response;
    struct net_flow flow;
};

struct play {
    const char *path;
    const struct script_step *step;
    unsigned line; /* of the file, for faults */
    struct stage stage;
    struct check *check;
    struct party *parties;
    struct variable *variables;
    struct errand *errands;
    struct net_address server; /* where parties send when they say nothing else */
    char *domain;
    bool set;          /* the stage stands, configuration is over */
    char *users;       /* that were named before the stage stood: "user password\n" */
    struct page fault; /* empty: none */
};

/* A play of a file (the path is for its faults alone), and its end. */
bool play_init(struct play *play, const char *path, uint64_t seed);
void play_release(struct play *play);

/* Plays one step; false after a fault. */
bool play_step(struct play *play, const struct script_step *step);
/* One step from a text, for tests that write their own. */
bool play_say(struct play *play, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same with one line as its block; NULL: none. */
bool play_say_with(struct play *play, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* At the end: nobody has a message that was not looked at. */
bool play_end(struct play *play);

/* Notes a fault, the first one counts; always false. */
bool play_fault(struct play *play, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct party *play_party(struct play *play, struct bytes name);
const char *play_variable(const struct play *play, struct bytes name);
void play_set_variable(struct play *play, struct bytes name, struct bytes value);
/* The text with its {variables} replaced; false: one is not known. */
bool play_expand(struct play *play, struct bytes text, struct page *out);

/* Builds the stage when it does not stand yet. */
bool play_set_up(struct play *play);

void play_answer_later(struct play *play, struct party *party, const struct arrival *arrival);
/* Whoever answers by himself does so, until all is quiet. */
void play_run_errands(struct play *play);

/* Steps of parties: `words` stands behind the verb. */
bool play_sends(struct play *play, struct party *party, struct words *words);
bool play_answers(struct play *play, struct party *party, struct words *words);
bool play_expects(struct play *play, struct party *party, struct words *words);
bool play_expects_word(struct play *play, struct party *party, struct words *words);
/* Steps about who may see whom, and what users want: `words` stands behind "rules", "rule",
 * "roster" and "setting". */
bool play_rules(struct play *play, struct words *words);
bool play_rule(struct play *play, struct words *words);
bool play_roster(struct play *play, struct words *words);
bool play_setting(struct play *play, struct words *words);
/* A call of the HTTP API: `words` stands behind "api" (api.c). */
bool play_api(struct play *play, struct words *words);
/* Steps about what is posted by HTTP: `words` stands behind "the gateway" (gateway.c). And: a fault
 * when something was posted that nobody expected. */
bool play_gateway(struct play *play, struct words *words);
bool gateway_is_quiet(struct play *play);
bool play_duration(struct play *play, struct bytes text, uint64_t *ms);
/* Lets time pass while whoever answers by himself does so. */
void play_pass(struct play *play, uint64_t ms);
/* The same to the next event alone, or to that time. False: it has come, or there was a fault. */
bool play_advance(struct play *play, uint64_t until_ms);
/* A fault unless all transactions and forks of the server have ended. */
bool play_work_is_done(struct play *play);
/* Until when somebody waits for what he expects: in fair weather not at all. */
uint64_t play_patience_ms(const struct play *play);

#endif
