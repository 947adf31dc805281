/* SPDX-License-Identifier: Apache-2.0 */
/* One of the two that `price` compares: a kernel, an import, a built-in model or a recording, and what each exit kind of it costs. */
#ifndef EL2SIM_PRICE_SIDE_H
#define EL2SIM_PRICE_SIDE_H

#include "models/cal/band.h"
#include "models/hyp/measured/verify.h"
#include "sim/app/config.h"
#include "sim/price/importing.h"

struct side_kind {
	const char *name;
	struct ws_totals totals;
	struct band_form form;    /* which costs make their cycles */
	bool has_insns;
	uint64_t insns;           /* of host and hypervisor, per exit; 0 unless has_insns */
	struct verify_case items; /* of a recording, and of what is compared with one: counted as a recorder does */
};

struct side {
	struct importing import;
	struct kernel_model *file;
	const struct kernel_model *data; /* of import or file; NULL: a built-in model, or a recording */
	struct ws_prog *p;               /* NULL: a recording */
	struct verify recorded;
	bool as_recorded;                /* counted by side_count_recorded */
	struct str name;
	struct side_kind *kind;
	size_t n;
	struct ws_totals phase[PHASE_LAZY + 1]; /* of a model */
	struct band_form phase_form[PHASE_LAZY + 1];
	size_t left_out;          /* recorded kinds without a usual path */
	bool no_totals;           /* a recording that has no totals beside it */
	struct str unknown;       /* recorded registers that el2sim has no cost of */
};

struct side_args {
	const struct subject_args *subject;
	int mode;     /* of a vmlinux: enum of importing.h */
	unsigned cfg; /* vCPU configuration of a recording */
};

/* Is the file a recorded reference: a CSV with its header, or one that is compressed? */
bool side_is_recording(const char *path);

/*
 * Opens what is named; patched: the edits of c's [patch] are made. c: the machine that both run on; it must last. ERR_INPUT, ERR_CONFIG,
 * ERR_MODEL. Free with side_close, also after a failure.
 */
int side_open(struct side *s, const char *what, bool patched, const struct side_args *o, const struct config *c, struct err *e);
void side_close(struct side *s);

/* Counts each kind and phase of a model. */
void side_count(struct side *s);
/* The same of a recording (s->p is NULL) or of what is compared with one (other), as recorders count: kinds that both have. */
void side_count_recorded(struct side *s, const struct side *other, const struct machine *m);

const struct side_kind *side_kind(const struct side *s, const char *name);
/*
 * vcpu_load and vcpu_put: of a model its phases; of a recording KVM_RUN that returns at once, less an ioctl that does nothing. False:
 * the recording has not both.
 */
bool side_loads(const struct side *s, struct side_kind *loads);
/* Adds a kind's instructions beside the counted ops to its cycles. Where both sides have them. */
void side_add_path(struct side_kind *k, const struct machine *m);

/* side_open of a recording, with the totals beside it. */
int side_recording_open(struct side *s, const char *path, unsigned cfg, struct err *e);

#endif
