/* align_internal.h: what two sequences have in common. */
#ifndef PIDF_ALIGN_INTERNAL_H
#define PIDF_ALIGN_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A longest common subsequence: partner[i] becomes the place in `b` of what stands at i in `a`, or
 * SIZE_MAX. False when the two differ in too many places to be worth it. */
bool align(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count, size_t *partner);

#endif
