/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of vCPU flags: a program, the flags of a vCPU, and what was reported of them. */
#ifndef EL2SIM_TESTS_VFLAGS_BENCH_H
#define EL2SIM_TESTS_VFLAGS_BENCH_H

#include <check.h>
#include <string.h>

#include "models/hyp/ws/runner.h"
#include "tests/ws_fixture.h"

#define N1 EL2SIM_SOURCE_DIR "/configs/machine/neoverse-n1.ini"

/* A program, a vCPU's flags, and what was reported of them. */
struct bench {
	struct fixture_machine machine;
	struct ws_prog *prog;
	struct vflags v;
	struct vflag_sink sink;
	struct watch watch; /* of a runner; the same */
	unsigned n;
	struct vflag_violation x;
};

static inline void take(void *self, const struct vflag_violation *x)
{
	struct bench *b = self;

	b->n++;
	b->x = *x;
}

static inline void setup(struct bench *b, const char *model, uint64_t vcpu)
{
	memset(b, 0, sizeof(*b));
	fixture_machine_from(&b->machine, N1, "machine.clock=1GHz");
	b->prog = fixture_compile(ws_model_by_name(model), &b->machine.m, vcpu);
	b->sink = (struct vflag_sink){ take, b };
	vflags_init(&b->v, b->prog->known, b->prog->config.model->version, 0, 7, &b->sink);
}

static inline void teardown(struct bench *b)
{
	ws_free(b->prog);
	opt_free(b->machine.set);
}

static inline struct vflag_who kernel(void)
{
	return (struct vflag_who){ VFSIDE_KERNEL, VFP_ACCESSOR, VFR_NONE, 7, "here" };
}

static inline struct vflag_who hyp(void)
{
	return (struct vflag_who){ VFSIDE_HYP, VFP_ACCESSOR, VFR_NONE, 7, "there" };
}

#endif
