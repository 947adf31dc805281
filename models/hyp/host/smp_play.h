/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine that plays a recorded trace in simulated time: [host] sched = recorded. The event kernel brings each
 * event at its recorded time, the replay (models/hyp/replay/replay) makes of it what it always does, and
 * what the replay's observers are told becomes states and times of vCPUs and pCPUs. So the counts
 * are the replay's, to the register; times and latencies are those of the recording, and cycles of
 * the modelled phases are part of none of them: the switch is inside the recorded handling and
 * guest time.
 */
#ifndef EL2SIM_HYP_SMP_PLAY_H
#define EL2SIM_HYP_SMP_PLAY_H

#include "models/hyp/replay/replay.h"
#include "models/hyp/host/smp.h"

/*
 * Build the simulated machine that the trace shows: its CPUs, its vCPU threads, a VM per name. o: [host],
 * [run] of the configuration; opt: as for replay_run, but hooks and runner. p and path must last.
 * NULL with ERR_INPUT: not a trace, or no kvm_entry in it; ERR_CONFIG: markers are asked for, it
 * lasts over 213 days. smp_free.
 */
struct smp *smp_new_played(const struct smp_options *o, const char *path, const struct ws_prog *p,
			   const struct replay_options *opt, struct err *e);

/* ---- inside, for smp.c ---- */

uint64_t smp_play_end_time(const struct smp *m);
int smp_play_end(struct smp *m, struct err *e);
void smp_play_free(struct smp_play *s);

#endif
