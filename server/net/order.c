/* order.c: RFC 2782, "Usage rules", and RFC 3403 4.1.
 *
 * SRV records of one priority are drawn one after the other: those not yet drawn stand in a row,
 * those with weight 0 first; each takes as much of a line as its weight, and a random point of the
 * line, its ends included, says which is next. */
#include "net/order_internal.h"

#include <assert.h>
#include <stdlib.h>

static int compare(unsigned a, unsigned b)
{
    return (a > b) - (a < b);
}

/* By priority, weight 0 first. The draw makes the rest. */
static int compare_srv(const void *left, const void *right)
{
    const struct dns_record *a = *(const struct dns_record *const *)left;
    const struct dns_record *b = *(const struct dns_record *const *)right;
    int order = compare(a->order, b->order);
    return order != 0 ? order : compare(a->weight != 0, b->weight != 0);
}

static int compare_naptr(const void *left, const void *right)
{
    const struct dns_record *a = *(const struct dns_record *const *)left;
    const struct dns_record *b = *(const struct dns_record *const *)right;
    int order = compare(a->order, b->order);
    return order != 0 ? order : compare(a->weight, b->weight);
}

/* The first at which the running sum of weights reaches the random number. */
static unsigned draw(struct world *world, const struct dns_record *const *list, unsigned count)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < count; i++)
        sum += list[i]->weight;
    uint64_t point = world_random_u64(world) % (sum + 1), running = 0;
    for (unsigned i = 0; i < count; i++) {
        running += list[i]->weight;
        if (running >= point)
            return i;
    }
    assert(false); /* the last running sum is the sum */
    return 0;
}

/* Moves the record at `from` to the front, the others keep their order. */
static void bring_forward(const struct dns_record **list, unsigned from)
{
    const struct dns_record *drawn = list[from];
    for (unsigned i = from; i > 0; i--)
        list[i] = list[i - 1];
    list[0] = drawn;
}

static unsigned same_priority(const struct dns_record *const *list, unsigned count)
{
    unsigned same = 1;
    while (same < count && list[same]->order == list[0]->order)
        same++;
    return same;
}

void order_srv(struct world *world, const struct dns_record **list, unsigned count)
{
    qsort(list, count, sizeof(struct dns_record *), compare_srv);
    while (count > 0) {
        unsigned same = same_priority(list, count);
        for (unsigned i = 0; i + 1 < same; i++)
            bring_forward(list + i, draw(world, list + i, same - i));
        list += same;
        count -= same;
    }
}

void order_naptr(const struct dns_record **list, unsigned count)
{
    qsort(list, count, sizeof(struct dns_record *), compare_naptr);
}
