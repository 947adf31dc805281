/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A story: which events happened to which vCPU on which pCPU, as a file that can be replayed (docs/explore.md).
 *
 *	# el2sim story 1
 *	config configs/experiment/linux-6.12-vhe-n1.ini
 *	set policy.el1=eager
 *	inject drop:SCTLR_EL1@put
 *	machine 2 vcpus 2 pcpus 1 vms
 *	finds lost_write SCTLR_EL1
 *	load vcpu 0 pcpu 0
 *	enter vcpu 0 pcpu 0 with lrs,guest-debug
 *	exit vcpu 0 pcpu 0 with sysreg_vm
 */
#ifndef EL2SIM_EXPLORE_STORY_H
#define EL2SIM_EXPLORE_STORY_H

#include "models/hyp/explore/explore.h"
#include "sim/base/err.h"

struct story_line {
	uint8_t row;     /* enum xevent_row */
	uint8_t vcpu, pcpu;
	char with[96];   /* the argument's word, "" if none */
	unsigned line;   /* of the file */
};

struct story {
	char *path;              /* of the file, for messages */
	char *config;            /* as it was given; "" if none */
	char **set, **inject;    /* section.key=value; --inject */
	size_t n_set, n_inject;
	unsigned vcpus, pcpus, vms;
	char rule[32], what[48]; /* what it finds: rule_name, register or flag */
	struct story_line *ev;
	size_t n;
};

/* ERR_INPUT with file:line. Free with story_free in any case. */
int story_read(const char *path, struct story *s, struct err *e);
void story_free(struct story *s);
/* Write to a file, whole or not at all. ERR_IO. */
int story_write(const struct story *s, const char *path, struct err *e);

/*
 * Events of a story in a world of its program (made with XS_ALL). Each is run, so that each is known to fit.
 * ERR_INPUT: one does not fit any more. Free with free(); NULL on failure.
 */
struct xevent *story_events(const struct story *s, const struct ws_prog *p, struct err *e);
/* The other way: events that happened in a world with these choices of states. */
void story_take(struct story *s, const struct xworld *w, const struct xevent *ev, size_t n);

/* What a violation is called in a story. */
const char *xviolation_rule(const struct xviolation *v);
/* The violation that the story says it finds; NULL: not among these. */
const struct xviolation *story_found(const struct story *s, const struct xviolation *v, size_t n);

#endif
