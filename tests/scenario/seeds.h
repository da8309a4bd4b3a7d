/* seeds.h: the frame of a test that lives random lives: PROGRAM [FIRST [SEEDS [ROUNDS]]]. */
#ifndef TESTS_SCENARIO_SEEDS_H
#define TESTS_SCENARIO_SEEDS_H

#include "play.h"

/* Lives each seed from FIRST (1) on, SEEDS of them, for ROUNDS; `run` is false when one failed. The
 * result is main's; what would live nothing is a failure. */
int seeds_main(int count, char **arguments, unsigned seeds, unsigned rounds,
               bool (*run)(uint64_t seed, unsigned rounds));

/* Prints the last of what was on the wire, and why this seed failed. */
void seeds_tell(const struct play *play, uint64_t seed, unsigned round);

#endif
