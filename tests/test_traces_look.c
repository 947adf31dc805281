/* SPDX-License-Identifier: Apache-2.0 */
/* Who looks at a part of a trace's events and fields sees them as who looks at all. */
#include "tests/suite.h"
#include "tests/traces_random.h"
#include "tests/traces_util.h"

/* What a look leaves of an event; false: nothing. */
static bool looked_at(const struct tr_look *look, const struct tr_event *ev, struct tr_event *left)
{
	*left = *ev;
	for (unsigned f = 0; f < TR_ARG_MAX; f++)
		left->arg[f] = (look->fields[ev->type] >> f & 1) != 0 ? ev->arg[f] : 0;
	return (look->types >> ev->type & 1) != 0;
}

static void assert_same_event(const struct tr_event *have, const struct tr_event *want)
{
	ck_assert_uint_eq(have->ts_ns, want->ts_ns);
	ck_assert_int_eq(have->pid, want->pid);
	ck_assert_uint_eq(have->cpu, want->cpu);
	ck_assert_uint_eq(have->type, want->type);
	ck_assert_uint_eq(have->absent, want->absent);
	ck_assert_uint_eq(have->comm, want->comm);
	ck_assert_mem_eq(have->arg, want->arg, sizeof(want->arg));
}

/* Read with a look from the beginning, some at a time or one by one in turns. */
static void assert_looked_at(const struct whole *w, const struct tr_look *look)
{
	const struct tr_event *some = NULL;
	struct tr_event one, want;
	struct err e = { 0 };
	unsigned n = 0, given = 0;
	size_t k = 0;

	for (size_t i = 0; i < w->n; i++) {
		if (!looked_at(look, &w->ev[i], &want))
			continue;
		if (given == 0 && k++ % 3 == 0) {
			ck_assert_int_eq(tr_next(w->r, &one, &e), 1);
			some = &one;
			given = n = 1;
		} else if (given == 0) {
			ck_assert_int_eq(tr_some(w->r, &some, &n, &e), 1);
			given = n;
		}
		assert_same_event(&some[n - given], &want);
		given--;
	}
	ck_assert_int_eq(tr_some(w->r, &some, &n, &e), 0);
	ck_assert_uint_eq(n, 0);
}

START_TEST(a_look_gives_its_events_and_fields_and_no_others)
{
	char *path = scratch("look.e2t");
	struct tr_look all = { .types = UINT64_MAX }, none = { .types = 0 };

	memset(all.fields, 0xff, sizeof(all.fields));
	write_random(path, 17, 140000);
	for (unsigned k = 0; k < 2; k++) {
		struct whole w = load(k == 0 ? SAMPLE : path);
		uint64_t x = 99 + k;

		for (unsigned round = 0; round < 8; round++) {
			struct tr_look look;

			if (round == 2)
				tr_keep(w.r);
			look.types = next_random(&x);
			for (unsigned t = 0; t < TR_TYPE_COUNT; t++)
				look.fields[t] = (uint8_t)next_random(&x);
			tr_look(w.r, &look);
			assert_looked_at(&w, &look);
		}
		tr_look(w.r, &none);
		assert_looked_at(&w, &none);
		tr_look(w.r, NULL);
		assert_looked_at(&w, &all);
		unload(&w);
	}
	(void)remove(path);
	free(path);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("traces_look");
	TCase *tc = tcase_create("look");

	tcase_add_test(tc, a_look_gives_its_events_and_fields_and_no_others);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
