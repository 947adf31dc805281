/* SPDX-License-Identifier: Apache-2.0 */
/* The pool: every piece once, whatever the number of threads; what pieces wrote is seen by who waited. */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/err.h"
#include "sim/base/pool.h"
#include "tests/suite.h"

static const unsigned threads[] = { 1, 2, 3, 7, 64 };
#define N_THREADS (sizeof(threads) / sizeof(threads[0]))

struct run {
	uint64_t *cell;       /* per piece */
	uint64_t *at_a_time;  /* per thread: pieces that run on it now */
	unsigned threads;
};

static void piece(void *ctx, size_t i, unsigned thread)
{
	struct run *r = ctx;
	uint64_t x = i;

	if (thread >= r->threads || r->at_a_time[thread]++ != 0)
		abort();
	for (unsigned k = 0; k < 200; k++)
		x = x * UINT64_C(6364136223846793005) + 1;
	r->cell[i] += x;
	r->at_a_time[thread]--;
}

static uint64_t sum(const struct run *r, size_t n)
{
	uint64_t s = 0;

	for (size_t i = 0; i < n; i++)
		s = s * 31 + r->cell[i];
	return s;
}

START_TEST(each_piece_runs_once_and_is_seen)
{
	static const size_t sizes[] = { 0, 1, 2, 5, 1000 };
	struct pool *p = pool_new(threads[_i]);
	struct run r = { .threads = pool_threads(p) }, alone = { .threads = 1 };

	ck_assert_uint_eq(r.threads, threads[_i]);
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		r.cell = xcalloc(sizes[s] + 1, sizeof(*r.cell));
		r.at_a_time = xcalloc(r.threads, sizeof(*r.at_a_time));
		alone.cell = xcalloc(sizes[s] + 1, sizeof(*alone.cell));
		alone.at_a_time = xcalloc(1, sizeof(*alone.at_a_time));
		for (unsigned round = 0; round < 20; round++) {
			pool_run(p, sizes[s], piece, &r);
			pool_run(NULL, sizes[s], piece, &alone);
			ck_assert_uint_eq(sum(&r, sizes[s]), sum(&alone, sizes[s]));
		}
		free(r.cell);
		free(r.at_a_time);
		free(alone.cell);
		free(alone.at_a_time);
	}
	pool_free(p);
}
END_TEST

struct job {
	struct pool_task task;
	uint64_t in, out;
	unsigned runs;
};

static void one(void *ctx)
{
	struct job *j = ctx;

	for (unsigned k = 0; k < 1000; k++)
		j->out = (j->out + j->in) * UINT64_C(6364136223846793005) + 1;
	j->runs++;
}

/* Any order of finishing, and pool_run in between. */
START_TEST(each_task_runs_once_and_is_seen)
{
	enum { N = 50 };
	struct pool *p = pool_new(threads[_i]);
	struct job job[N] = { 0 }, alone = { 0 };
	struct run r = { .threads = pool_threads(p) };

	r.cell = xcalloc(N, sizeof(*r.cell));
	r.at_a_time = xcalloc(r.threads, sizeof(*r.at_a_time));
	pool_finish(p, &job[0].task); /* never begun */
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 0; i < N; i++) {
			job[i] = (struct job){ .in = i };
			pool_begin(p, &job[i].task, one, &job[i]);
		}
		if (round % 4 == 0)
			pool_run(p, N, piece, &r);
		for (unsigned k = 0; k < N; k++) {
			const unsigned i = round % 2 != 0 ? k : k * 7 % N;

			pool_finish(p, &job[i].task);
			pool_finish(p, &job[i].task);
			alone = (struct job){ .in = i };
			one(&alone);
			ck_assert_uint_eq(job[i].out, alone.out);
			ck_assert_uint_eq(job[i].runs, 1);
		}
	}
	free(r.cell);
	free(r.at_a_time);
	pool_free(p);
}
END_TEST

START_TEST(by_default_there_are_as_many_threads_as_cpus)
{
	struct pool *p = pool_new(0);

	ck_assert_uint_ge(pool_cpus(), 1);
	ck_assert_uint_le(pool_cpus(), POOL_MAX);
	ck_assert_uint_eq(pool_threads(p), pool_cpus());
	ck_assert_uint_eq(pool_threads(NULL), 1);
	pool_free(p);
	p = pool_new(POOL_MAX + 1);
	ck_assert_uint_eq(pool_threads(p), POOL_MAX);
	pool_free(p);
	pool_free(NULL);
}
END_TEST

/* The fewer of the two; what is no number says nothing. */
START_TEST(the_environment_says_how_many_cpus_at_most)
{
	const unsigned all = pool_cpus();
	static const char *const unread[] = { "", "0", "-1", "x", "100000" };

	ck_assert_int_eq(setenv(POOL_CPUS_ENV, "1", 1), 0);
	ck_assert_uint_eq(pool_cpus(), 1);
	for (size_t i = 0; i < sizeof(unread) / sizeof(unread[0]); i++) {
		ck_assert_int_eq(setenv(POOL_CPUS_ENV, unread[i], 1), 0);
		ck_assert_uint_eq(pool_cpus(), all);
	}
	ck_assert_int_eq(unsetenv(POOL_CPUS_ENV), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pool");
	TCase *t = tcase_create("pool");

	tcase_add_loop_test(t, each_piece_runs_once_and_is_seen, 0, (int)N_THREADS);
	tcase_add_loop_test(t, each_task_runs_once_and_is_seen, 0, (int)N_THREADS);
	tcase_add_test(t, by_default_there_are_as_many_threads_as_cpus);
	tcase_add_test(t, the_environment_says_how_many_cpus_at_most);
	suite_add_tcase(s, t);
	return suite_status(s);
}
