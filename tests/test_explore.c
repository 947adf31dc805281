/* SPDX-License-Identifier: Apache-2.0 */
/* The explorer: sound programs have no violation, broken ones a shortest story, and its reductions change neither. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "models/hyp/explore/explore_impl.h"
#include "models/hyp/explore/story.h"
#include "models/hyp/check/ws_lint.h"
#include "tests/command.h"
#include "tests/explore_util.h"
#include "tests/suite.h"

static void no_violation(const struct explore *x, const char *model, const char *where)
{
	size_t n;
	const struct xviolation *v = explore_violations(x, &n);

	ck_assert_msg(n == 0, "%s on %s: %s (after %u events)", model, where, n != 0 ? v[0].text : "", n != 0 ? v[0].length : 0);
}

/* ---- sound programs ---- */

START_TEST(every_shipped_model_is_clean_at_any_depth_with_one_vcpu_and_to_a_depth_with_two)
{
	const struct golden_case *c = &gs.c[_i];
	struct ws_prog *p;
	struct explore_options o;
	struct explore *x;

	if ((size_t)_i >= gs.n)
		return;
	p = golden_compile(c, SIZE_MAX);
	o = bounded(2, 2, 4);
	x = explore_new(p, &o);
	ck_assert_int_eq(explore_run(x), XEND_DEPTH);
	no_violation(x, c->model->name, c->core);
	ck_assert_uint_gt(explore_stats(x)->states, 300);
	explore_free(x);
	o = bounded(1, 1, 0);
	o.states = strcmp(c->core, "neoverse-n1") == 0 && c->model->version == 612 ? XS_EACH : XS_NONE; /* each: 100,000 on some */
	x = explore_new(p, &o);
	ck_assert_int_eq(explore_run(x), XEND_CLOSED);
	no_violation(x, c->model->name, c->core);
	ck_assert_uint_gt(explore_stats(x)->depth, 8);
	explore_free(x);
	ws_free(p);
}
END_TEST

/* Policies that lint accepts, one group each. */
START_TEST(every_policy_that_lint_accepts_is_clean)
{
	const struct golden_case *c = &gs.c[_i];
	struct explore_options o = bounded(2, 1, 4);
	unsigned accepted = 0;

	o.states = XS_NONE; /* others: test_oracle, by chance */
	if ((size_t)_i >= gs.n || strcmp(c->core, "neoverse-n1") != 0)
		return;
	for (unsigned g = 0; g < GRP_COUNT * (POL_COUNT - 1U); g++) {
		struct ws_config wc;
		struct ws_prog *p;
		struct explore *x;
		struct err e = { ERR_NONE, "" };
		char where[96];

		ws_config_init(&wc);
		wc.model = c->model;
		wc.machine = c->m;
		wc.vcpu = c->vcpu;
		wc.group_policy[g / (POL_COUNT - 1U)] = (uint8_t)(1 + g % (POL_COUNT - 1U));
		p = ws_compile(&wc, &e);
		if (p == NULL || ws_lint_err(p, &e) != 0) {
			ws_free(p);
			continue;
		}
		accepted++;
		(void)snprintf(where, sizeof(where), "%s, policy.%s=%s", c->core, group_name((enum sr_group)(g / (POL_COUNT - 1U))),
			       ws_policy_names[1 + g % (POL_COUNT - 1U)]);
		x = explore_new(p, &o);
		(void)explore_run(x);
		no_violation(x, c->model->name, where);
		explore_free(x);
		ws_free(p);
	}
	ck_assert_uint_gt(accepted, 10);
}
END_TEST

/* ---- random walks ---- */

static unsigned random_of(uint64_t *seed, size_t n)
{
	*seed ^= *seed << 13; /* xorshift64 */
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (unsigned)((*seed >> 33) % n);
}

static struct xevent random_event(const struct xworld *w, uint64_t *seed)
{
	struct xevent ev[XEVENTS_MAX];

	return ev[random_of(seed, xworld_events(w, ev))];
}

START_TEST(long_random_walks_find_nothing_in_a_sound_program)
{
	const struct golden_case *c = &gs.c[_i];
	uint64_t seed = 4711 + (uint64_t)_i;
	struct ws_prog *p;
	struct xworld *w;
	size_t n;

	if ((size_t)_i >= gs.n)
		return;
	p = golden_compile(c, SIZE_MAX);
	w = xworld_new(p, 4, 3, 2, XS_ALL);
	for (unsigned i = 0; i < 3000; i++) {
		struct xevent ev = random_event(w, &seed);

		xworld_do(w, ev);
		(void)xworld_violations(w, &n);
		ck_assert_msg(n == 0, "%s on %s, step %u: %s", c->model->name, c->core, i, xworld_violations(w, &n)[0].text);
	}
	xworld_free(w);
	ws_free(p);
}
END_TEST

/* Two worlds, one of which is made from its own bytes again after each event, stay the same. */
START_TEST(a_world_made_from_its_bytes_goes_on_as_the_world_that_they_came_from)
{
	const struct golden_case *c = &gs.c[_i];
	struct ws_prog *p;
	struct xworld *w, *other;
	uint64_t seed = 99 + (uint64_t)_i;
	uint8_t *a, *b, *scratch;
	struct xname name;
	size_t size, n, m;

	if ((size_t)_i >= gs.n)
		return;
	p = golden_compile(c, SIZE_MAX);
	w = xworld_new(p, 3, 2, 1, XS_ALL);
	other = xworld_new(p, 3, 2, 1, XS_ALL);
	size = xstate_size(w);
	a = xmalloc(size);
	b = xmalloc(size);
	scratch = xmalloc(2 * size);
	for (unsigned i = 0; i < 400; i++) {
		struct xevent ev = random_event(w, &seed), same = ev;

		xstate_encode(other, false, b, scratch, &name);
		xstate_decode(other, b);
		if (same.row == XE_migrate && !xworld_possible(other, same))
			same.row = XE_load; /* where a thread was last is not kept */
		ck_assert(xworld_possible(other, same));
		xworld_do(w, ev);
		xworld_do(other, same);
		(void)xworld_violations(w, &n);
		(void)xworld_violations(other, &m);
		ck_assert_uint_eq(n, m);
		xstate_encode(w, true, a, scratch, &name);
		xstate_encode(other, true, b, scratch, &name);
		ck_assert_msg(memcmp(a, b, size) == 0, "%s on %s differs after step %u (%s)", c->model->name, c->core, i,
			      xevent_name((enum xevent_row)ev.row));
	}
	free(a);
	free(b);
	free(scratch);
	xworld_free(w);
	xworld_free(other);
	ws_free(p);
}
END_TEST

/* ---- reductions ---- */

static struct explore *searched(const struct ws_prog *p, struct explore_options o, bool no_symmetry, bool no_order)
{
	struct explore *x;

	o.no_symmetry = no_symmetry;
	o.no_order = no_order;
	x = explore_new(p, &o);
	(void)explore_run(x);
	return x;
}

START_TEST(reduced_and_full_search_see_the_same_states)
{
	const struct golden_case *c = &gs.c[_i];
	struct ws_prog *p;
	uint64_t *want = NULL, *got;
	size_t n_want = 0, n_got;

	if ((size_t)_i >= gs.n || strcmp(c->core, "neoverse-n1") != 0)
		return;
	p = golden_compile(c, SIZE_MAX);
	for (unsigned how = 0; how < 4; how++) {
		struct explore_options o = bounded(2, 2, 5);
		struct explore *x;

		o.states = XS_NONE;
		x = searched(p, o, (how & 1) == 0, (how & 2) == 0);
		got = explore_digests(x, &n_got);
		if (how == 0) {
			want = got;
			n_want = n_got;
			ck_assert_uint_gt(n_want, 400);
			ck_assert_uint_gt(explore_stats(x)->states, n_want); /* names do differ without the reduction */
		} else {
			ck_assert_msg(n_got == n_want && memcmp(got, want, n_got * sizeof(*got)) == 0,
				      "%s on %s: %zu states, %zu without reduction", c->model->name, c->core, n_got, n_want);
			free(got);
		}
		explore_free(x);
	}
	free(want);
	ws_free(p);
}
END_TEST

static bool is_it(const struct xviolation *v, size_t i)
{
	return strcmp(xviolation_rule(v), faults[i].rule) == 0 && strcmp(v->what, faults[i].what) == 0;
}

START_TEST(the_story_of_a_fault_is_as_short_as_without_reductions)
{
	struct ws_inject inject;
	struct ws_prog *p = broken(faults[_i].inject, &inject);

	for (unsigned how = 0; how < 4; how++) {
		struct explore *x = searched(p, bounded(2, 2, 8), (how & 1) != 0, (how & 2) != 0);
		size_t n, i;
		const struct xviolation *v = explore_violations(x, &n);

		if (how != 0 && faults[_i].length > 5) { /* tens of seconds without */
			explore_free(x);
			break;
		}
		for (i = 0; i < n && !is_it(&v[i], (size_t)_i); i++)
			;
		ck_assert_msg(i < n, "%s: %s %s is not found", faults[_i].inject, faults[_i].rule, faults[_i].what);
		ck_assert_msg(v[i].length == faults[_i].length, "%s: a story of %u events, %u expected", faults[_i].inject,
			      v[i].length, faults[_i].length);
		explore_free(x);
	}
	ws_free(p);
}
END_TEST

static bool has(const struct explore *x, const struct xviolation *v)
{
	size_t n;
	const struct xviolation *in = explore_violations(x, &n);

	for (size_t i = 0; i < n; i++) {
		if (in[i].flag == v->flag && in[i].rule == v->rule && in[i].phase == v->phase && in[i].op == v->op &&
		    in[i].length == v->length && strcmp(in[i].what, v->what) == 0)
			return true;
	}
	return false;
}

START_TEST(reduced_and_full_search_find_the_same_violations)
{
	struct ws_inject inject;
	struct ws_prog *p = broken(faults[_i].inject, &inject);
	struct explore_options o = bounded(2, 2, 4);
	struct explore *full, *reduced;
	size_t n, m;
	const struct xviolation *v, *w;

	o.all = true;
	full = searched(p, o, true, true);
	reduced = searched(p, o, false, false);
	v = explore_violations(full, &n);
	w = explore_violations(reduced, &m);
	ck_assert_msg(n == m, "%s: %zu violations without reductions, %zu with", faults[_i].inject, n, m);
	for (size_t i = 0; i < n; i++) {
		ck_assert_msg(has(reduced, &v[i]), "%s: not with reductions: %s", faults[_i].inject, v[i].text);
		ck_assert_msg(has(full, &w[i]), "%s: not without: %s", faults[_i].inject, w[i].text);
	}
	explore_free(full);
	explore_free(reduced);
	ws_free(p);
}
END_TEST

START_TEST(all_combinations_of_conditions_find_no_shorter_story)
{
	struct ws_inject inject;
	struct ws_prog *p = broken(faults[_i].inject, &inject);
	struct explore_options o = bounded(1, 1, 8);
	struct explore *each, *all;
	size_t n, m;

	each = searched(p, o, false, false);
	o.states = XS_ALL;
	all = searched(p, o, false, false);
	(void)explore_violations(each, &n);
	(void)explore_violations(all, &m);
	ck_assert_int_eq(n != 0, m != 0);
	if (n != 0)
		ck_assert_uint_eq(explore_violations(each, &n)->length, explore_violations(all, &m)->length);
	explore_free(each);
	explore_free(all);
	ws_free(p);
}
END_TEST

/* ---- stories ---- */

/* Write, read, replay. */
static void tell_again(const struct explore *x, size_t i, const struct ws_prog *p, const char *inject)
{
	struct story s = { .vcpus = 2, .pcpus = 2, .vms = 1 }, back;
	struct xworld *w = xworld_new(p, 2, 2, 1, XS_EACH), *again = xworld_new(p, 2, 2, 1, XS_ALL);
	char path[] = "/tmp/el2sim-story-XXXXXX";
	struct err e = { ERR_NONE, "" };
	struct xviolation told;
	struct xevent *ev, *same;
	size_t n, n_found;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	explore_told(x, i, &told);
	ev = explore_path(x, i, &n);
	ck_assert_uint_eq(n, told.length);
	s.config = xstrdup("some.ini");
	story_take(&s, w, ev, n);
	(void)snprintf(s.rule, sizeof(s.rule), "%s", xviolation_rule(&told));
	(void)snprintf(s.what, sizeof(s.what), "%s", told.what);
	ck_assert_int_eq(story_write(&s, path, &e), 0);
	ck_assert_msg(story_read(path, &back, &e) == 0, "%s", e.text);
	ck_assert_str_eq(back.config, s.config);
	ck_assert_uint_eq(back.n, n);
	same = story_events(&back, p, &e);
	ck_assert_msg(same != NULL, "%s: %s", inject, e.text);
	for (size_t k = 0; k < n; k++) {
		ck_assert_uint_eq(same[k].row, ev[k].row);
		ck_assert_uint_eq(same[k].vcpu, ev[k].vcpu);
		ck_assert_uint_eq(same[k].pcpu, ev[k].pcpu);
		xworld_do(again, same[k]);
		(void)xworld_violations(again, &n_found);
		ck_assert_msg((n_found != 0) == (k + 1 == n), "%s: event %zu of %zu", inject, k + 1, n);
	}
	ck_assert_ptr_nonnull(story_found(&back, xworld_violations(again, &n_found), n_found));
	(void)close(fd);
	(void)unlink(path);
	story_free(&s);
	story_free(&back);
	free(ev);
	free(same);
	xworld_free(w);
	xworld_free(again);
}

START_TEST(each_violation_is_found_again_by_its_story)
{
	struct ws_inject inject;
	struct ws_prog *p = broken(faults[_i].inject, &inject);
	struct explore_options o = bounded(2, 2, faults[_i].length < 5 ? 5 : 6);
	struct explore *x;
	size_t n;

	o.all = true;
	x = searched(p, o, false, false);
	(void)explore_violations(x, &n);
	ck_assert_uint_gt(n, 0);
	for (size_t i = 0; i < n && i < 3; i++)
		tell_again(x, i, p, faults[_i].inject);
	explore_free(x);
	ws_free(p);
}
END_TEST

START_TEST(a_fixed_program_tells_the_story_without_a_violation)
{
	struct ws_inject inject;
	struct ws_prog *p = broken(faults[_i].inject, &inject), *fixed = golden_compile(&gs.c[0], SIZE_MAX);
	struct explore *x = searched(p, bounded(2, 2, 6), false, false);
	struct xworld *w;
	struct xevent *ev;
	size_t n, n_found;

	ws_free(fixed);
	fixed = NULL;
	for (size_t i = 0; i < gs.n && fixed == NULL; i++) {
		if (gs.c[i].m == p->config.machine && gs.c[i].model == p->config.model)
			fixed = golden_compile(&gs.c[i], SIZE_MAX);
	}
	ck_assert_ptr_nonnull(fixed);
	ev = explore_path(x, 0, &n);
	w = xworld_new(fixed, 2, 2, 1, XS_EACH);
	for (size_t k = 0; k < n; k++) {
		ck_assert(xworld_possible(w, ev[k]));
		xworld_do(w, ev[k]);
		(void)xworld_violations(w, &n_found);
		ck_assert_uint_eq(n_found, 0);
	}
	free(ev);
	xworld_free(w);
	explore_free(x);
	ws_free(fixed);
	ws_free(p);
}
END_TEST

/* The answers of a report: its lines "=> ...", and "!! ..." of what must not be overlooked. */
static struct str answers(const char *line)
{
	struct str out = STR_INIT, got = STR_INIT;
	struct err e = { ERR_NONE, "" };

	ck_assert_int_eq(run_command(line, &out, &e), -1);
	ck_assert_msg(e.code == ERR_ANSWER_NO, "%s: %s", line, e.text);
	for (char *s = out.s, *end; s != NULL && (end = strchr(s, '\n')) != NULL; s = end + 1) {
		if (strncmp(s, "=> ", 3) == 0 || strncmp(s, "!! ", 3) == 0)
			str_addn(&got, s, (size_t)(end - s));
	}
	str_free(&out);
	return got;
}

START_TEST(run_tells_the_story_that_explore_wrote)
{
	struct str line = STR_INIT, found, told;
	char path[] = "/tmp/el2sim-story-XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	str_addf(&line, "el2sim explore configs/experiment/linux-6.12-vhe-n1.ini --policy.timer=eager --inject %s --depth 6 --story %s",
		 faults[_i].inject, path);
	found = answers(str_get(&line));
	ck_assert_msg(strncmp(str_get(&found), "!! violation after ", 19) == 0, "%s", str_get(&found));
	str_reset(&line);
	str_addf(&line, "el2sim run configs/experiment/linux-6.12-vhe-n1.ini --story %s", path);
	told = answers(str_get(&line));
	ck_assert_str_eq(str_get(&told), str_get(&found));
	(void)close(fd);
	(void)unlink(path);
	str_free(&line);
	str_free(&found);
	str_free(&told);
}
END_TEST

/* ---- bounds ---- */

static bool three_times(void *self, uint64_t states, unsigned depth)
{
	(void)states;
	(void)depth;
	return ++*(unsigned *)self < 3;
}

START_TEST(a_search_ends_at_its_bounds_and_says_so)
{
	struct ws_prog *p = golden_compile(&gs.c[0], SIZE_MAX);
	struct explore_options o = bounded(2, 2, 0);
	unsigned asked = 0;
	struct explore *x;

	o.memory = 1 << 20;
	x = explore_new(p, &o);
	ck_assert_int_eq(explore_run(x), XEND_MEMORY);
	ck_assert_uint_gt(explore_stats(x)->bytes, 1 << 20);
	ck_assert_uint_lt(explore_stats(x)->bytes, 4 << 20);
	explore_free(x);
	o.memory = 0;
	o.go_on = three_times;
	o.self = &asked;
	x = explore_new(p, &o);
	ck_assert_int_eq(explore_run(x), XEND_STOPPED);
	ck_assert_uint_eq(asked, 3);
	explore_free(x);
	ws_free(p);
}
END_TEST

START_TEST(every_exit_kind_is_tried_or_stands_for_what_events_make)
{
	struct ws_prog *p = golden_compile(&gs.c[0], SIZE_MAX);
	struct xworld *w = xworld_new(p, 1, 1, 1, XS_NONE);
	unsigned tried[EXIT_COUNT] = { 0 };

	for (size_t i = 0; i < xworld_kinds(w); i++) {
		for (enum exit_kind k = EXIT_COUNT; (k = xworld_same_kind(w, i, k)) != EXIT_COUNT;)
			tried[k]++;
	}
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		bool want = exit_is_exit((enum exit_kind)k) && k != EXIT_preempt_sched; /* exit irq, preempt, load */

		ck_assert_msg(tried[k] == want, "%s is tried by %u kinds", exit_row((enum exit_kind)k)->name, tried[k]);
	}
	xworld_free(w);
	ws_free(p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("explore");
	TCase *t = tcase_create("explore");

	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, every_shipped_model_is_clean_at_any_depth_with_one_vcpu_and_to_a_depth_with_two, 0, 40);
	tcase_add_loop_test(t, every_policy_that_lint_accepts_is_clean, 0, 40);
	tcase_add_loop_test(t, long_random_walks_find_nothing_in_a_sound_program, 0, 40);
	tcase_add_loop_test(t, a_world_made_from_its_bytes_goes_on_as_the_world_that_they_came_from, 0, 40);
	tcase_add_loop_test(t, reduced_and_full_search_see_the_same_states, 0, 40);
	tcase_add_loop_test(t, the_story_of_a_fault_is_as_short_as_without_reductions, 0, (int)N_FAULTS);
	tcase_add_loop_test(t, reduced_and_full_search_find_the_same_violations, 0, (int)N_FAULTS);
	tcase_add_loop_test(t, all_combinations_of_conditions_find_no_shorter_story, 0, (int)N_FAULTS);
	tcase_add_loop_test(t, each_violation_is_found_again_by_its_story, 0, (int)N_FAULTS);
	tcase_add_loop_test(t, a_fixed_program_tells_the_story_without_a_violation, 0, (int)N_FAULTS);
	tcase_add_loop_test(t, run_tells_the_story_that_explore_wrote, 0, (int)N_FAULTS);
	tcase_add_test(t, a_search_ends_at_its_bounds_and_says_so);
	tcase_add_test(t, every_exit_kind_is_tried_or_stands_for_what_events_make);
	suite_add_tcase(s, t);
	return suite_status(s);
}
