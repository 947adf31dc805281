/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calibration: what a test of micro-bench takes on a machine, from few parameters; their fit; and how far to trust them.
 *
 *	cycles = scale * switch + bhb_loop * loops + cpi * (path + vmm * exits to the VMM)   exits, by their kinds' counts
 *		 + scale, cpi * the guest's interrupt handler (ipi, lpi, timer)
 *		 times cold (timer)  +  kick_latency (ipi, lpi)  +  lpi * mmio_read_vgic (lpi)
 *
 * Counts come from the switch program and the path profile: they are no parameters. Classes of registers can't be told apart by
 * such rows, so their costs keep the proportions of the machine's table and one scale is fitted.
 */
#ifndef EL2SIM_CAL_CAL_H
#define EL2SIM_CAL_CAL_H

#include <stdbool.h>
#include <stdint.h>

#include "models/cpu/machine.h"
#include "models/hyp/measured/path.h"
#include "models/hyp/ws/policy_opt.h"

enum cal_bench {
#define BENCH(id, ...) BENCH_##id,
#include "models/cal/benches.def"
	BENCH_COUNT
};

#define CAL_WITH_VMM  1U /* vmm.insns */
#define CAL_WITH_KICK 2U /* host.kick_latency */
#define CAL_WITH_LPI  4U /* cost.lpi exits to the vGIC */
#define CAL_WITH_COLD 8U /* cost.cold */

enum cal_guest {
#define GUEST_IRQ(id, ...) GUEST_##id,
#include "models/cal/guest.def"
	GUEST_COUNT
};

enum cal_role { CAL_FIT, CAL_HOLD, CAL_NONE };

struct cal_bench_row {
	const char *name, *help;
	unsigned kind, more;             /* enum exit_kind; EXIT_COUNT: none */
	unsigned kind_milli, more_milli; /* how often, thousandths */
	enum cal_guest guest;            /* what the guest executes of it */
	unsigned with;                   /* CAL_WITH_* */
	enum cal_role role;
	double noise;                    /* least relative deviation of a row */
};
const struct cal_bench_row *cal_bench_row(enum cal_bench b);
/* False if there is none of that name. */
bool cal_bench_by_name(const char *name, enum cal_bench *b);

enum cal_param {
#define CAL_PARAM(id, ...) PAR_##id,
#include "models/cal/params.def"
	PAR_COUNT
};

struct cal_param_row {
	const char *option; /* "cost.scale" */
	enum cal_bench row; /* that tells it */
	double median, sd;  /* prior: median, deviation of the logarithm */
	double min, max;
	const char *unit, *help;
};
const struct cal_param_row *cal_param_row(enum cal_param p);

/* What one iteration of a test executes; of a machine, a kernel and its mode. */
struct cal_count {
	bool known;
	const char *why; /* unknown: the reason */
	double sw;       /* cycles of the switch with cost.scale = 1, without the branch history loop */
	double loops;    /* branch history loops */
	double insns;    /* of the kernel's C code */
	double modelled; /* instructions that the switch stands for, none of insns */
	double user;     /* exits to the VMM */
	double guest_sw, guest_insns; /* the same two of the guest's interrupt handler (guest.def) */
};

struct cal_counts {
	struct cal_count of[BENCH_COUNT];
	double ghz;      /* of the core */
	double bhb_loop; /* cycles */
};

/* Count. ERR_MODEL: the model cannot run on the machine, or the path profile is of a kernel that no model is of. */
int cal_counts_of(const struct machine *m, const struct switch_options *sw, const struct path_profile *path,
		  struct cal_counts *c, struct err *e);

/* Cycles of a test; 0 if its count is not known. */
double cal_predict(const struct cal_counts *c, enum cal_bench b, const double par[PAR_COUNT]);

/* Prior of each parameter: median, and deviation of the logarithm. */
struct cal_prior {
	double median[PAR_COUNT], sd[PAR_COUNT];
};
/* Of params.def. */
void cal_prior_shipped(struct cal_prior *p);

/* A measured row. */
struct cal_obs {
	enum cal_bench bench;
	double cycles; /* > 0 */
	double noise;  /* relative deviation of it; the bench's own at least is taken */
	bool study;    /* fit it although its role is CAL_HOLD: for studies of what a fit could do, never for a profile */
};

struct cal_fit {
	double par[PAR_COUNT]; /* maximum a posteriori */
	double sd[PAR_COUNT];  /* posterior deviation of its logarithm */
	bool learnt[PAR_COUNT];
	double correlation;    /* of the deviations of scale and cpi; 0 unless both are learnt */
	size_t steps;          /* evaluations */
};

/*
 * Fit the parameters to rows whose role is CAL_FIT; those of others are looked at by nobody. Parameters without a row stay at
 * their prior. ERR_INPUT: a count is not known, or the result is outside what params.def allows.
 */
int cal_fit(const struct cal_counts *c, const struct cal_obs *o, size_t n, const struct cal_prior *prior, struct cal_fit *f,
	    struct err *e);

/*
 * Values that the rows of CAL_HOLD tell of a machine whose other parameters are fitted: for the priors of *other* cores only.
 * 0: there is no such row, or nothing is left.
 */
double cal_tell_vmm(const struct cal_counts *c, const double par[PAR_COUNT], double user_cycles);
double cal_tell_lpi(const struct cal_counts *c, double ipi_cycles, double lpi_cycles, double vgic_cycles);

#endif
