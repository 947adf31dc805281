/* SPDX-License-Identifier: Apache-2.0 */
/* An effective configuration: all layers' options joined, loaded from an INI file and the command line. */
#ifndef EL2SIM_APP_CONFIG_H
#define EL2SIM_APP_CONFIG_H

#include "models/cal/options.h"
#include "models/cpu/machine.h"
#include "models/hyp/abi/abi_price.h"
#include "models/hyp/check/inject.h"
#include "models/hyp/measured/path.h"
#include "models/hyp/ws/policy_opt.h"
#include "models/hyp/ws/ws_patch.h"
#include "models/hyp/host/smp.h"
#include "models/hyp/ws/wswitch.h"
#include "sim/app/args.h"
#include "sim/app/sweep_opt.h"
#include "sim/base/opt.h"
#include "sim/timeline/timeline.h"

/* [compare]: what an experiment file compares. */
struct compare_options {
	const char *configs; /* list of files, "" = this one */
	const char *vary;    /* list of "section.key=a,b,c" */
	int64_t baseline;    /* column, from 1 */
};

/* [inject]: faults that belong to the configuration. */
struct inject_options {
	const char *spec;
};

/* [patch]: a what-if on the switch itself. */
struct patch_options {
	const char *file;  /* PATCH_NONE: none */
	const char *edits; /* between semicolons; "" or PATCH_NONE: none */
};
#define PATCH_NONE "none"

/* [bug]: what a shipped known bug is (configs/bugs). */
struct bug_options {
	const char *title, *fix, *fixes, *versions, *sure, *source, *what; /* in words */
	const char *found, *reg; /* rule of violations.def or of vflags.def, register, barrier or flag */
	const char *fixed;       /* faults that stay when it is fixed */
	int64_t vcpus, pcpus;    /* that the explorer needs */
};

struct config {
	struct opt_set *set;
	struct opt_row *switch_rows, *workload_rows;
	struct machine machine;
	struct cal_options cal;
	struct switch_options sw;
	struct kernel_model *kernel; /* of [switch] model, if that is a file */
	struct path_profile path_profile;
	struct abi_options abi;
	struct compare_options compare;
	struct sweep_options sweep;
	struct timeline_options timeline;
	struct smp_options smp;
	struct workload workload;
	struct inject_options broken;
	struct patch_options patched;
	struct ws_patch patch; /* of [patch], read by config_done */
	struct bug_options bug;
	struct ws_inject *inject; /* of [inject], then of config_inject */
	size_t n_inject;
	const char *path; /* as the user gave it */
};

/*
 * Load an INI file and apply overrides ("section.key=value") in order; path NULL = defaults only. An override
 * "el2sim.include=FILE" reads one more file, whose keys win over what came before. A relative path that does not exist is looked for among the shipped files (configs/).
 * ERR_CONFIG as opt_load. Free with config_free, also after a failure.
 */
int config_load(struct config *c, const char *path, const struct arg_list *overrides, struct err *e);
/* The same in parts: no file yet; the file (path must last); one override; then config_done. */
void config_init(struct config *c);
int config_file(struct config *c, const char *path, struct err *e);
int config_set(struct config *c, const char *assignment, struct err *e);
int config_done(struct config *c, struct err *e);
void config_free(struct config *c);
/*
 * ERR_USAGE when the configuration says what to compare ([compare] configs, vary): it is several, and what it would be
 * without that is not what the file is about. For every command that takes one.
 */
int config_is_one(const struct config *c, struct err *e);
/* As config_load, of a configuration that must be one. */
int config_load_one(struct config *c, const char *path, const struct arg_list *overrides, struct err *e);

/* More faults to build into the program (--inject, in order), after those of [inject]. ERR_USAGE. After config_load. */
int config_inject(struct config *c, const struct arg_list *specs, struct err *e);
/* Faults in one text, between spaces or semicolons: instead of all so far. ERR_USAGE. */
int config_inject_only(struct config *c, const char *specs, struct err *e);

/* Argument row for a member of type struct arg_list. */
#define INJECT_ARG_ROW(type, member)                                                                \
	{ "--inject", NULL, ARG_LIST, offsetof(type, member), "SPEC",                               \
	  .help = "break the program on purpose, such as drop:SCTLR_EL1@exit; repeatable; forms: el2sim lint --doc" }

/* What ws_compile wants; c must last as long as the program. */
void config_switch(const struct config *c, struct ws_config *wc);

/*
 * Compile the program that the configuration describes, and build the faults into it if there are any; else lint it unless
 * force is set. What is wrong by a patch only is no error: the program's fault says so. ERR_MODEL; ERR_CONFIG: an edit of the
 * patch finds nothing to change; ERR_USAGE: a fault finds nothing to change.
 */
struct ws_prog *config_compile(const struct config *c, bool force, struct err *e);

#endif
