/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole run against its exact totals: the events of a recording are replayed, every register's accesses
 * are added up and compared with what the recorder counted, function by function, in the same run.
 *
 * Not all of a run is in its events. What is not (unseen.def) is counted from the reference's functions, costed
 * by the model's components, and shown apart: simulated, unseen, and what is left.
 */
#ifndef EL2SIM_HYP_VERIFY_RUN_H
#define EL2SIM_HYP_VERIFY_RUN_H

#include "models/hyp/replay/replay.h"
#include "models/hyp/ws/outcome.h"
#include "models/hyp/measured/verify.h"

enum unseen {
#define UNSEEN(kind, ...) UNSEEN_##kind,
#include "models/hyp/measured/unseen.def"
	UNSEEN_COUNT
};

struct run_item {
	struct verify_item it;  /* ref and sim are totals of the run */
	uint64_t unseen;        /* what unseen.def explains */
	enum sr_group group;    /* of the register; GRP_COUNT for barriers and the like */
	bool covered;           /* the program has ops of this kind */
};

struct verify_run {
	struct run_item *item;
	size_t n;
	uint64_t times[UNSEEN_COUNT];
	uint64_t tries, enters;  /* __guest_enter begun and finished (ISR_EL1 reads, ERETs) */
	uint64_t soft, tracing;  /* accesses left out: soft registers, tracing's own */
};

/* What the reference tells of the FP registers: traps, and exits with them the guest's (0: not told, no SVE). */
struct verify_fp {
	uint64_t traps, owned;
};
int verify_run_fp(const char *path, struct verify_fp *fp, struct err *e);

/*
 * Which vcpu_loads an FP trap follows. entries[i] of n: guest entries after load i. The trace does not tell; chosen are as
 * many loads as there were traps, with together as many entries as there were exits with the guest's FP registers (as
 * near below as a choice comes), or, if that is not known, evenly. trap[i] becomes 1 or 0. Returns how many.
 */
size_t verify_fp_place(const struct verify_fp *fp, const uint32_t *entries, size_t n, uint8_t *trap);

/* Replay a trace for verify_run, with FP traps placed if the reference has some and opt->fp is never. As replay_run. */
struct outcome *verify_run_replay(const struct ws_prog *p, struct tr_reader *trace, const struct replay_options *opt,
				  const char *reference, struct err *e);

/* Compare a finished replay with `<run>-run.csv`. ERR_INPUT. Free with verify_run_free. */
int verify_run(struct verify_run *v, const struct outcome *r, const char *path, struct err *e);
void verify_run_free(struct verify_run *v);

/* Difference that is left, in thousandths of the reference; INT64_MAX when the reference has none. */
int64_t verify_run_residual(const struct run_item *i);

const char *unseen_reason(enum unseen u);
/* Why a register's count is not met, as far as the functions of the reference tell; "" if they do not. */
const char *verify_run_why(const struct run_item *i);

#endif
