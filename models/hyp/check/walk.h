/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A random walk: a short synthetic run under the oracle, 3 vCPUs on 2 CPUs in any order, with all registers and all
 * run-time states. Quick, and finds most of what is wrong; what it does not find is for the explorer.
 *
 * It steps the oracle itself, without a runner: run-time states are drawn at random, also those that no flag of a vCPU
 * would give, so that a component meets states in which a kernel with another mistake would run it.
 */
#ifndef EL2SIM_HYP_WALK_H
#define EL2SIM_HYP_WALK_H

#include "models/hyp/check/oracle.h"

/* So many random steps; the same program, steps and seed give the same run. Free with oracle_free. */
struct oracle *oracle_walk(const struct ws_prog *p, unsigned steps, uint64_t seed);

#endif
