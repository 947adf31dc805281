/* SPDX-License-Identifier: Apache-2.0 */
/* A long text imported by threads: the same trace. The build with ThreadSanitizer runs this (CMakePresets.json: tsan). */
#include "sim/base/pool.h"
#include "tests/suite.h"
#include "tests/traces_util.h"
#include "traces/dump.h"
#include "traces/writer.h"

#define COPIES 4 /* of the sample: more blocks than a ring of two threads has */

/* The sample again and again, time going on, as text of tracefs with a line in it that is none. */
static void write_text(const char *path)
{
	char *native = scratch("long.e2t");
	struct tr_info info = { .importer = "test", .origin = "sample" };
	struct err e = { .text = "" };
	struct tw *w = tw_create(native, &e);
	struct tr_reader *r;
	uint64_t shift = 0;
	FILE *f;

	ck_assert_msg(w != NULL, "%s", e.text);
	for (unsigned k = 0; k < COPIES; k++) {
		struct tr_event ev;

		r = tr_open(SAMPLE, &e);
		ck_assert_msg(r != NULL, "%s", e.text);
		while (tr_next(r, &ev, &e) == 1) {
			ev.ts_ns += shift;
			ck_assert_msg(tw_copy(w, r, &ev, &e) == 0, "%s", e.text);
		}
		shift += tr_info(r)->last_ns - tr_info(r)->first_ns + 1000;
		tr_close(r);
	}
	ck_assert_msg(tw_finish(w, &info, NULL, &e) == 0, "%s", e.text);
	r = tr_open(native, &e);
	f = fopen(path, "w");
	ck_assert(r != NULL && f != NULL);
	ck_assert_msg(dump_write(r, f, DUMP_TRACEFS, UINT64_MAX, NULL, &e) == 0, "%s", e.text);
	ck_assert_int_ge(fprintf(f, "what is this?\n"), 0);
	tr_close(r);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(remove(native), 0);
	free(native);
}

static struct str imported(const char *in, const char *out, unsigned threads, size_t piece)
{
	const struct import_opts opts = { .in = in, .out = out, .lenient = true, .pool = pool_new(threads), .piece = piece };
	struct import_result res;
	struct err e = { .text = "" };
	struct str b;

	ck_assert_msg(import_run(&opts, NULL, &res, &e) == 0, "%s", e.text);
	ck_assert_uint_gt(res.info.events, 100000);
	import_free(&res);
	pool_free(opts.pool);
	b = slurp(out);
	ck_assert_int_eq(remove(out), 0);
	return b;
}

START_TEST(a_long_text_is_the_same_trace_at_any_number_of_threads)
{
	static const struct {
		unsigned threads;
		size_t piece;
	} rows[] = { { 2, 0 }, { 3, 1000 }, { 5, 0 } };
	char *in = scratch("long.txt"), *out = scratch("threads.e2t");
	struct str alone;

	write_text(in);
	alone = imported(in, out, 1, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str b = imported(in, out, rows[i].threads, rows[i].piece);

		ck_assert_msg(b.len == alone.len && memcmp(b.s, alone.s, b.len) == 0, "%u threads, pieces of %zu bytes", rows[i].threads,
			      rows[i].piece);
		str_free(&b);
	}
	str_free(&alone);
	ck_assert_int_eq(remove(in), 0);
	free(in);
	free(out);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("threads");
	TCase *t = tcase_create("threads");

	tcase_add_test(t, a_long_text_is_the_same_trace_at_any_number_of_threads);
	suite_add_tcase(s, t);
	return suite_status(s);
}
