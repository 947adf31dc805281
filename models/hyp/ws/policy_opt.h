/* SPDX-License-Identifier: Apache-2.0 */
/* Options of the switch: [switch], [vcpu], [policy], [run]. */
#ifndef EL2SIM_HYP_POLICY_OPT_H
#define EL2SIM_HYP_POLICY_OPT_H

#include <stdbool.h>

#include "models/hyp/ws/wswitch.h"
#include "sim/base/opt.h"

/* When the guest uses FP/SIMD, which no trace event shows. */
enum fp_use { FP_NEVER, FP_EACH_LOAD };

/* Where an SGI goes that neither woke nor interrupted a vCPU (replay_sgi.c). */
enum sgi_target { SGI_ANY, SGI_OTHERS, SGI_SELF };

struct switch_options {
	const char *model;     /* of ws_models(), or a file that config_done reads into own */
	const struct ws_model *own; /* model from data; NULL: a built-in one */
	const struct ws_patch *patch; /* edits of the program, of config_done; NULL: none */
	uint64_t vcpu;         /* bit i: i-th VCOND row */
	int group[GRP_COUNT];  /* enum ws_policy */
	int reg[SR_COUNT];     /* enum ws_policy */
	const char *title;
	const char *trace;
	bool counting;
	int fp_use;            /* enum fp_use */
	int sgi_target;        /* enum sgi_target */
	const char *from_marker, *to_marker;
};

/* Rows for struct switch_options, expanded from the tables; free() them after the option set. */
struct opt_row *switch_opt_rows(size_t *n);

/* Give the vCPU these features, too: CND(V*) bits. */
void switch_add_vcpu(struct switch_options *o, uint64_t features);

/* What ws_compile wants, from the options and a machine (which must outlive the program). */
void switch_config(const struct switch_options *o, const struct machine *m, struct ws_config *c);

#endif
