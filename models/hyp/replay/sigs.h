/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting a replay by signatures. What a vCPU runs from one exit to the next entry is a row of steps in states that the trace
 * tells; there are few such rows, and what one does to a vCPU in a given state of its own is always the same. So a replay that
 * nobody watches does not run programs: it walks a tree of rows, adds one to a counter at each exit, and multiplies out in the end.
 *
 * It may be so if a first FP use has no phase but LAZY, and no step but a phase is vcpu_load. The tree does not depend on programs,
 * so several are counted in one pass: a column each.
 */
#ifndef EL2SIM_HYP_SIGS_H
#define EL2SIM_HYP_SIGS_H

#include "models/hyp/replay/replay.h"
#include "models/hyp/ws/runner.h"

struct sigs;

/* first: the first column's runner. The columns must last. Free with sigs_free. */
struct sigs *sigs_new(const struct replay_column *col, size_t n, struct runner *first);
void sigs_free(struct sigs *s);
/* One more vCPU: the first column's, of the VM of that name. */
void sigs_vcpu(struct sigs *s, struct runner_vcpu *first, const char *vm);
/* Does a column ask for FP traps? */
bool sigs_fp_traps(const struct sigs *s);

/*
 * vCPU v runs a step: in a state without what a program decides or list registers say, with so many interrupts waiting for
 * list registers (at most 16).
 */
void sigs_step(struct sigs *s, size_t v, const struct exit_step *step, uint64_t state, unsigned lines);
/* The steps since the last such call are of an exit of this kind; counting the exit itself is the caller's. */
void sigs_settle(struct sigs *s, size_t v, enum exit_kind kind);
/* They are a first FP use, in columns that ask for it where it traps; in others they did not happen. */
void sigs_first_fp(struct sigs *s, size_t v);
/* At the end: they are of this kind if they have any instructions; then that many counts are added, too. */
void sigs_settle_rest(struct sigs *s, size_t v, enum exit_kind kind, uint64_t more_scheds, uint64_t guest_ns);
/* Lay aside the steps that wait for the kind of their exit; take them up again, nothing else waiting. */
void sigs_suspend(struct sigs *s, size_t v);
void sigs_resume(struct sigs *s, size_t v);

/* From now on it counts; steps that wait for a kind belong to none. */
void sigs_mark(struct sigs *s);
/*
 * The end: fill the columns' outcomes. The first one's holds what does not depend on programs, so the others get that from there
 * before.
 */
void sigs_end(struct sigs *s);
/* A rule of flags was broken in the column, so its outcome is not filled: who did it first, only the order of events tells. */
bool sigs_broken(const struct sigs *s, size_t column);

#endif
