/* why.c: refusals by status and reason. Both are few, so there is a cell for each pair. */
#include "front/why.h"

#include <assert.h>

#include "front/front_internal.h"

static const char *const words[] = {
#define FRONT_WHY_WORD(name, word) word,
    FRONT_WHYS_LIST(FRONT_WHY_WORD)
#undef FRONT_WHY_WORD
};

/* What a status means when no step of the table says it, and no check says more. */
static enum front_why usual_of(unsigned status)
{
    static const struct {
        unsigned status;
        enum front_why why;
    } usual[] = {
        {400, FRONT_WHY_MALFORMED}, {403, FRONT_WHY_FORBIDDEN},   {404, FRONT_WHY_USER},
        {406, FRONT_WHY_TYPE},      {408, FRONT_WHY_SILENCE},     {412, FRONT_WHY_CHANGED},
        {413, FRONT_WHY_SIZE},      {415, FRONT_WHY_TYPE},        {420, FRONT_WHY_EXTENSION},
        {423, FRONT_WHY_INTERVAL},  {430, FRONT_WHY_FLOW},        {440, FRONT_WHY_BREADTH},
        {470, FRONT_WHY_CONSENT},   {480, FRONT_WHY_UNREACHABLE}, {481, FRONT_WHY_DIALOG},
        {482, FRONT_WHY_LOOP},      {483, FRONT_WHY_LOOP},        {489, FRONT_WHY_EVENT},
        {500, FRONT_WHY_UNABLE},    {503, FRONT_WHY_BUSY},        {513, FRONT_WHY_SIZE},
    };
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        if (usual[i].status == status)
            return usual[i].why;
    return FRONT_WHY_USUAL;
}

static bool is_refusal(unsigned status)
{
    return status >= FRONT_REFUSED_LEAST && status <= FRONT_REFUSED_MOST;
}

void front_count_refusal(struct front *front, unsigned status, enum front_why why)
{
    assert(why < FRONT_WHYS);
    if (is_refusal(status))
        front->refused[why != FRONT_WHY_USUAL ? why : usual_of(status)]
                      [status - FRONT_REFUSED_LEAST]++;
}

void why_count(const struct front_request *request, unsigned status)
{
    struct front *front = request->front;
    if (request->why == FRONT_WHY_USUAL && front->step < FRONT_STEPS && is_refusal(status))
        front->refused[FRONT_WHYS + front->step][status - FRONT_REFUSED_LEAST]++;
    else
        front_count_refusal(front, status, request->why);
}

void front_each_refusal(const struct front *front,
                        void (*visit)(void *context, unsigned status, const char *reason,
                                      uint64_t count),
                        void *context)
{
    for (size_t why = 0; why < FRONT_WHYS + FRONT_STEPS; why++)
        for (unsigned status = FRONT_REFUSED_LEAST; status <= FRONT_REFUSED_MOST; status++) {
            uint64_t count = front->refused[why][status - FRONT_REFUSED_LEAST];
            const char *reason =
                why < FRONT_WHYS ? words[why] : front_steps()[why - FRONT_WHYS]->name;
            if (count > 0)
                visit(context, status, reason, count);
        }
}
