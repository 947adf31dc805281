/* SPDX-License-Identifier: Apache-2.0 */
/* Shipped machines, the vCPU features they allow, and programs of the shipped models on them. */
#ifndef EL2SIM_TESTS_WS_FIXTURE_H
#define EL2SIM_TESTS_WS_FIXTURE_H

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "models/cal/options.h"
#include "models/hyp/host/smp.h"
#include "models/hyp/ws/wswitch.h"
#include "sim/base/opt.h"

struct fixture_machine {
	char file[64]; /* neoverse-n1 */
	struct machine m;
	struct cal_options cal; /* what a fitted profile has beside */
	struct smp_options smp;
	struct opt_set *set;
};

#define FIXTURE_MACHINES_MAX 32

struct fixture {
	struct fixture_machine machine[FIXTURE_MACHINES_MAX];
	size_t n;
};

__attribute__((unused)) static void fixture_machine_from(struct fixture_machine *f,
							 const char *path, const char *override)
{
	struct err e = { ERR_NONE, "" };
	size_t n;
	const struct opt_row *rows = machine_opt_rows(&n);

	f->set = opt_new();
	opt_add(f->set, rows, n, &f->m);
	rows = cal_opt_rows(&n);
	opt_add(f->set, rows, n, &f->cal);
	rows = smp_opt_rows(&n);
	opt_add(f->set, rows, n, &f->smp);
	ck_assert_msg((path == NULL || opt_load(f->set, path, &e) == 0) &&
			      (override == NULL || opt_override(f->set, override, &e) == 0) &&
			      opt_done(f->set, &e) == 0,
		      "%s", e.text);
}

/* All of configs/machine/. */
__attribute__((unused)) static void fixture_load(struct fixture *f)
{
	glob_t g;

	f->n = 0;
	ck_assert_int_eq(glob(EL2SIM_SOURCE_DIR "/configs/machine/*.ini", 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		struct fixture_machine *m = &f->machine[f->n++];
		const char *base = strrchr(g.gl_pathv[i], '/') + 1;

		ck_assert_uint_lt(i, FIXTURE_MACHINES_MAX);
		(void)snprintf(m->file, sizeof(m->file), "%.*s", (int)(strlen(base) - 4), base);
		fixture_machine_from(m, g.gl_pathv[i], NULL);
	}
	globfree(&g);
}

__attribute__((unused)) static void fixture_free(struct fixture *f)
{
	for (size_t i = 0; i < f->n; i++)
		opt_free(f->machine[i].set);
}

/* A machine that is none of the shipped ones; free with opt_free(f->set). */
__attribute__((unused)) static void fixture_features(struct fixture_machine *f,
						     const char *features)
{
	char override[400];

	(void)snprintf(f->file, sizeof(f->file), "test");
	(void)snprintf(override, sizeof(override), "machine.features=%s", features);
	fixture_machine_from(f, NULL, override);
}

/* Feature sets of a vCPU; those that the machine can not have are left out of the bits. */
enum fixture_vcpu { VCPU_PLAIN, VCPU_PMU, VCPU_ALL, VCPU_AARCH32, VCPU_COUNT };

static const char *const fixture_vcpu_names[VCPU_COUNT] = { "plain", "pmu", "all", "aarch32" };

/* False if the machine can not run such a vCPU, or if it would equal another set. */
__attribute__((unused)) static bool fixture_vcpu(const struct machine *m, enum fixture_vcpu v,
						 uint64_t *bits)
{
	bool pmu = machine_has(m, FEAT_PMUV3);
	bool more = machine_has(m, FEAT_SVE) || machine_has(m, FEAT_PAUTH);

	*bits = v != VCPU_PLAIN && pmu ? CND(VPMU) : 0;
	if (v == VCPU_AARCH32)
		*bits |= CND(VAARCH32);
	if (v == VCPU_ALL)
		*bits |= (machine_has(m, FEAT_SVE) ? CND(VSVE) : 0) |
			 (machine_has(m, FEAT_PAUTH) ? CND(VPAUTH) : 0);
	return v == VCPU_PLAIN || (v == VCPU_PMU && pmu) || (v == VCPU_ALL && more) ||
	       (v == VCPU_AARCH32 && machine_has(m, FEAT_AARCH32_EL1));
}

__attribute__((unused)) static bool fixture_runs(const struct ws_model *model,
						 const struct machine *m)
{
	return !ws_mode_e2h(model->mode) || machine_has(m, FEAT_VHE);
}

__attribute__((unused)) static struct ws_prog *
fixture_compile(const struct ws_model *model, const struct machine *m, uint64_t vcpu)
{
	struct ws_config c;
	struct err e = { ERR_NONE, "" };
	struct ws_prog *p;

	ws_config_init(&c);
	c.model = model;
	c.machine = m;
	c.vcpu = vcpu;
	p = ws_compile(&c, &e);
	ck_assert_msg(p != NULL, "%s", e.text);
	return p;
}

#endif
