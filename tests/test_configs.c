/* SPDX-License-Identifier: Apache-2.0 */
/* Every shipped machine profile loads, says where each of its values comes from, and runs the models it can. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/cal/options.h"
#include "models/hyp/host/smp.h"
#include "models/hyp/ws/wswitch.h"
#include "sim/base/opt.h"
#include "tests/suite.h"

#define MACHINES EL2SIM_SOURCE_DIR "/configs/machine"

struct profile {
	struct machine machine;
	struct cal_options cal; /* what a fitted profile has beside */
	struct smp_options smp;
	struct opt_set *set;
	size_t n_machine; /* of its options, the first ones */
};

static void load(struct profile *p, const char *file)
{
	char path[512];
	const struct opt_row *rows;
	struct err e;
	size_t n;

	memset(p, 0, sizeof(*p));
	memset(&e, 0, sizeof(e));
	rows = machine_opt_rows(&n);
	p->set = opt_new();
	opt_add(p->set, rows, n, &p->machine);
	p->n_machine = n;
	rows = cal_opt_rows(&n);
	opt_add(p->set, rows, n, &p->cal);
	rows = smp_opt_rows(&n);
	opt_add(p->set, rows, n, &p->smp);
	(void)snprintf(path, sizeof(path), "%s/%s", MACHINES, file);
	ck_assert_msg(opt_load(p->set, path, &e) == 0, "%s", e.text);
	ck_assert_msg(opt_done(p->set, &e) == 0, "%s: %s", file, e.text);
}

static int is_ini(const struct dirent *d)
{
	size_t len = strlen(d->d_name);

	return len > 4 && strcmp(d->d_name + len - 4, ".ini") == 0;
}

typedef void profile_test(const char *file, const struct profile *p);

static void each_profile(profile_test *test)
{
	struct dirent **list;
	int n = scandir(MACHINES, &list, is_ini, alphasort);

	ck_assert_int_gt(n, 0);
	for (int i = 0; i < n; i++) {
		struct profile p;

		load(&p, list[i]->d_name);
		test(list[i]->d_name, &p);
		opt_free(p.set);
		free(list[i]);
	}
	free(list);
}

/* The first word of a source says what kind it is. */
static bool has_label(const char *source)
{
	static const char *const labels[] = { "READ", "READ-2nd", "RECALLED", "DERIVED", "ASSUMED" };
	size_t len = strcspn(source, ":, ");

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (strlen(labels[i]) == len && strncmp(source, labels[i], len) == 0)
			return true;
	}
	return false;
}

static void check_sources(const char *file, const struct profile *p)
{
	for (size_t i = 0; i < opt_count(p->set); i++) {
		struct opt_view v = opt_at(p->set, i);
		bool free_text = strcmp(v.row->key, "name") == 0 || strcmp(v.row->key, "calibration") == 0;

		/* What a fit adds, and the host, are not every profile's; what it says of itself is its source. */
		if (i >= p->n_machine && (v.is_default || strcmp(v.row->section, "fit") == 0))
			continue;
		/* A guest that executes: nothing is known of a core's classes yet beyond the defaults, which are assumed. */
		if (v.is_default && (strncmp(v.row->key, "insn_", 5) == 0 || strcmp(v.row->key, "guest_core") == 0))
			continue;
		ck_assert_msg(!v.is_default, "%s: [%s] %s is not set", file, v.row->section, v.row->key);
		ck_assert_msg(v.source[0] != '\0', "%s: [%s] %s has no [source]", file, v.row->section,
			      v.row->key);
		ck_assert_msg(free_text || has_label(v.source), "%s: source of [%s] %s: \"%s\": want READ, "
			      "READ-2nd, RECALLED, DERIVED or ASSUMED first", file, v.row->section,
			      v.row->key, v.source);
	}
}

START_TEST(a_profile_sets_every_value_and_says_where_it_comes_from)
{
	each_profile(check_sources);
}
END_TEST

static void check_name(const char *file, const struct profile *p)
{
	ck_assert_uint_eq(strlen(p->machine.name) + 4, strlen(file));
	ck_assert_int_eq(strncmp(p->machine.name, file, strlen(p->machine.name)), 0);
}

START_TEST(a_profile_is_named_after_its_file)
{
	each_profile(check_name);
}
END_TEST

static void check_compiles(const char *file, const struct profile *p)
{
	size_t n;
	const struct ws_model *models = ws_models(&n);

	for (size_t i = 0; i < n; i++) {
		struct ws_config c;
		struct ws_prog *prog;
		struct err e;

		ws_config_init(&c);
		c.model = &models[i];
		c.machine = &p->machine;
		prog = ws_compile(&c, &e);
		ck_assert_msg((prog != NULL) == (!ws_mode_e2h(models[i].mode) || machine_has(&p->machine, FEAT_VHE)),
			      "%s with %s", file, models[i].name);
		ws_free(prog);
	}
}

START_TEST(a_profile_runs_vhe_models_if_and_only_if_it_has_vhe)
{
	each_profile(check_compiles);
}
END_TEST

/*
 * Recorded: unmodified Debian 6.12.117 on QEMU 7.2 TCG, an HVC that KVM does not know, exit to next entry.
 * The emulated A57 is the profile of the real one: no feature that a switch looks at differs.
 */
static const struct {
	const char *file, *model;
	unsigned read, write, isb;
} recorded[] = {
	{ "qemu-n1.ini", "linux-6.12-vhe", 11, 13, 3 },
	{ "qemu-n1.ini", "linux-6.12-nvhe", 64, 74, 2 },
	{ "qemu-max.ini", "linux-6.12-vhe", 13, 13, 2 },
	{ "cortex-a57.ini", "linux-6.12-nvhe", 64, 75, 9 },
};

START_TEST(features_give_the_counts_that_were_recorded)
{
	struct ws_totals t = { .cycles = 0 };
	struct ws_counting *count;
	struct profile p;
	struct ws_config c;
	struct ws_prog *prog;
	struct err e;

	load(&p, recorded[_i].file);
	ws_config_init(&c);
	c.model = ws_model_by_name(recorded[_i].model);
	c.machine = &p.machine;
	prog = ws_compile(&c, &e);
	ck_assert_ptr_nonnull(prog);
	count = ws_counting_new(prog);
	ws_totals_add(&t, ws_count(count, ws_phase_comp(prog, PHASE_EXIT), CND(SYNC), 0), 1);
	ws_totals_add(&t, ws_count(count, ws_phase_comp(prog, PHASE_ENTER), CND(SYNC), 0), 1);
	ck_assert_uint_eq(t.n[CNT_read], recorded[_i].read);
	ck_assert_uint_eq(t.n[CNT_write], recorded[_i].write);
	ck_assert_uint_eq(t.n[CNT_isb], recorded[_i].isb);
	ws_counting_free(count);
	ws_free(prog);
	opt_free(p.set);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("configs");
	TCase *tc = tcase_create("machine");

	tcase_add_test(tc, a_profile_sets_every_value_and_says_where_it_comes_from);
	tcase_add_test(tc, a_profile_is_named_after_its_file);
	tcase_add_test(tc, a_profile_runs_vhe_models_if_and_only_if_it_has_vhe);
	tcase_add_loop_test(tc, features_give_the_counts_that_were_recorded, 0,
			    (int)(sizeof(recorded) / sizeof(recorded[0])));
	suite_add_tcase(s, tc);
	return suite_status(s);
}
