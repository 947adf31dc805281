/* SPDX-License-Identifier: Apache-2.0 */
/* The points of a results file as numbers, for sim/sweep only. */
#ifndef EL2SIM_SWEEP_SWEEP_DATA_H
#define EL2SIM_SWEEP_SWEEP_DATA_H

#include "models/hyp/kvm/step.h"
#include "sim/document/rep.h"
#include "sim/store/store.h"

#define SWEEP_HEADLINES 6
#define SWEEP_NONE      SIZE_MAX
#define SWEEP_EXIT_CYCLES "per_exit/cycles/each" /* the metric that crossovers are about */

/* Ends of the band of a number; each end is known or not. */
struct sweep_band {
	bool has[2];
	int64_t end[2]; /* low, high */
};

/* What one point comes to: numbers in thousandths. */
struct sweep_point {
	uint64_t number;      /* in the plan */
	const uint32_t *at;   /* value of each axis */
	size_t config;        /* what is compared: index into configs */
	size_t place;         /* the other axes: index into places */
	bool done;            /* ok or no, so there are numbers */
	bool known[SWEEP_HEADLINES];
	int64_t v[SWEEP_HEADLINES];
	struct sweep_band band[SWEEP_HEADLINES];
	bool phases;          /* the report has phases, and there were exits and loads */
	int64_t per_exit;     /* cycles of all phases but load and put: exit, handling, entry, first use */
	int64_t per_load;     /* cycles of a vcpu_load and the vcpu_put after it */
	int64_t loads;        /* vcpu_loads per exit */
	int64_t phase[PHASE_COUNT]; /* cycles per exit */
	struct sweep_band phase_band[PHASE_COUNT];
};

struct sweep_data {
	struct store *s;
	size_t n_axis, n;
	struct sweep_point *p;
	uint32_t *at;           /* of all points */
	struct sweep_point *mean; /* over repeats: by place, then configuration */
	size_t n_mean;
	bool *repeat;           /* axis is one of repeats */
	bool *compared;         /* axis is one of what is compared */
	size_t x;               /* axis that curves go over, SWEEP_NONE: none */
	char *headline[SWEEP_HEADLINES], *title[SWEEP_HEADLINES], *unit[SWEEP_HEADLINES];
	size_t n_headline;
	char **config;          /* names of what is compared, in the order of the plan */
	size_t n_config;
	size_t *place;          /* first point of each place */
	size_t n_place;
	size_t n_status[STORE_STATUS_COUNT];
	bool phases;            /* some point has them */
};

/* 0, or -1 with ERR_INPUT; free in both cases. */
int sweep_data_read(struct sweep_data *d, struct store *s, struct err *e);
void sweep_data_free(struct sweep_data *d);

/* The decimal that was added last has this band; nothing if it is not known. */
void sweep_in_band(struct rep_table *t, const struct sweep_band *b, int64_t v);

/* What a configuration comes to at a place, as mean over repeats; NULL if there are no numbers. */
const struct sweep_point *sweep_find(const struct sweep_data *d, size_t config, size_t place);
/* Is an axis one that tells places apart: neither compared nor a repeat? */
bool sweep_is_place(const struct sweep_data *d, size_t axis);
/* The label of a point's value of an axis. */
const char *sweep_label(const struct sweep_data *d, const struct sweep_point *p, size_t axis);
/* "vcpus" of "machine.vcpus". */
const char *sweep_short_name(const char *axis);
/* All labels of an axis as numbers in thousandths; false if one is none. */
bool sweep_number(const char *label, int64_t *thousandths);
/* Is the axis of the curves drawn as logarithms? Whole numbers above 0 are: 1, 8, 64. */
bool sweep_log_x(const struct sweep_data *d);
/* The axis of this name, or SWEEP_NONE. */
size_t sweep_axis(const struct sweep_data *d, const char *name);

#endif
