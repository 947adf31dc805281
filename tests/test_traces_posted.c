/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Traces as people post them (tests/data/traces/posted): each comes out as blessed beside it, record by record with what
 * the trace says of itself, or is refused in the blessed words; strictly and leniently. EL2SIM_BLESS=1 blesses anew.
 */
#include <sys/stat.h>

#include "tests/suite.h"
#include "tests/traces_util.h"
#include "traces/dump.h"

#define POSTED DATA "posted/"

static const struct {
	const char *file;
	const char *buffer, *prefix;
	const char *name; /* of the blessed text; NULL: the file's */
} posted[] = {
	{ .file = "entry-exit-only.txt" },
	{ .file = "overwritten.txt" },
	{ .file = "quoted-wrapped.txt" },
	{ .file = "quoted.txt" },
	{ .file = "quoted.txt", .prefix = "none", .name = "quoted-kept" },
	{ .file = "quoted.txt", .prefix = "3", .name = "quoted-columns" },
	{ .file = "prose-between.txt" },
	{ .file = "two-files.txt" },
	{ .file = "two-files.txt", .buffer = "h1.dat", .name = "two-files-one" },
	{ .file = "two-files.txt", .buffer = "all", .name = "two-files-all" },
	{ .file = "two-files.txt", .buffer = "h2.dat", .name = "two-files-none" },
	{ .file = "two-hosts.txt" },
	{ .file = "reports-cat.txt" },
	{ .file = "repeated.txt" },
	{ .file = "ts-diff.txt" },
	{ .file = "wakeup-latency.txt" },
	{ .file = "latency-format.txt" },
	{ .file = "fields.txt" },
	{ .file = "function-graph.txt" },
	{ .file = "function-graph-bare.txt" },
	{ .file = "atrace.txt" },
	{ .file = "el2.txt" },
	{ .file = "el2-and-host.txt" },
	{ .file = "perf-no-cpu.txt" },
	{ .file = "perf-chain.txt" },
	{ .file = "perf-trace.txt" },
	{ .file = "perf-prof.txt" },
	{ .file = "perf-header.txt" },
	{ .file = "vendor.txt" },
	{ .file = "linux-4.8.dat" },
	{ .file = "raw-old-kernel.txt" },
	{ .file = "ptrval.txt" },
	{ .file = "unknown-words.txt" },
	{ .file = "bom.txt" },
	{ .file = "tabs.txt" },
	{ .file = "far-cpu.txt" },
	{ .file = "shortened.txt" },
	{ .file = "counter-clock.txt" },
	{ .file = "other-events.txt" },
	{ .file = "kvm-stat-report.txt" },
	{ .file = "x86.txt" },
	{ .file = "riscv.txt" },
	{ .file = "perf-header-x86.txt" },
	{ .file = "deltas.txt" },
	{ .file = "hosts-cat.txt" },
	{ .file = "remarks.txt" },
	{ .file = "mail-base64.txt" },
	{ .file = "unknown-before.txt" },
	{ .file = "kernel-log-between.txt" },
	{ .file = "perf-lost.txt" },
	{ .file = "lazy-flags.txt" },
	{ .file = "lazy-flags-latency.txt" },
	{ .file = "irq-info-off.txt" },
	{ .file = "task-names.txt" },
	{ .file = "oops.txt" },
	{ .file = "code-spans.txt" },
	{ .file = "code-fences.txt" },
	{ .file = "perf-tod.txt" },
	{ .file = "perf-no-tid.txt" },
	{ .file = "cut-number.txt" },
	{ .file = "cut-value.txt" },
	{ .file = "cut-list.txt" },
	{ .file = "cut-word.txt" },
	{ .file = "cut-short-word.txt" },
	{ .file = "no-newline.txt" },
	{ .file = "cut-columns.txt" },
	{ .file = "old-mac.txt" },
	{ .file = "hosts-merged.txt" },
	{ .file = "pods.txt" },
	{ .file = "linux-3.txt" },
	{ .file = "scheduler-only.txt" },
	{ .file = "wrapped-87.txt" },
	{ .file = "perf-dump.txt" },
	{ .file = "lfs.txt" },
	{ .file = "unknown-before.txt", .prefix = "18", .name = "unknown-before-columns" },
	{ .file = "hosts-cat.txt", .buffer = "all", .name = "hosts-cat-all" },
};

#define COUNT (sizeof(posted) / sizeof(posted[0]))

/* What an import gives: the dump, or the refusal without the folder. */
static void outcome(struct str *got, const struct import_opts *opts)
{
	struct import_result res;
	struct err e = { 0 };
	int rc = import_run(opts, NULL, &res, &e);
	const char *at;

	if (rc != 0) {
		ck_assert_int_eq(e.code, ERR_INPUT);
		at = strstr(e.text, POSTED);
		ck_assert_msg(at == e.text, "%s", e.text);
		str_addf(got, "refused: %s\n", e.text + strlen(POSTED));
	} else {
		struct tr_reader *r = tr_open(opts->out, &e);
		char *p = NULL;
		size_t n = 0;
		FILE *f = open_memstream(&p, &n);

		ck_assert_msg(r != NULL && f != NULL, "%s", e.text);
		ck_assert(tr_info(r)->events != 0);
		ck_assert_int_eq(dump_write(r, f, DUMP_PLAIN, UINT64_MAX, NULL, &e), 0);
		tr_close(r);
		(void)fclose(f);
		str_addn(got, p, n);
		free(p);
		ck_assert_int_eq(remove(opts->out), 0);
	}
	import_free(&res);
}

START_TEST(a_posted_trace_is_read_or_refused_as_blessed)
{
	struct str in = STR_INIT, want = STR_INIT, strict = STR_INIT, lenient = STR_INIT;
	char *out = scratch("posted.e2t");
	struct import_opts opts = { .out = out, .buffer = posted[_i].buffer, .strip_prefix = posted[_i].prefix };

	str_addf(&in, POSTED "%s", posted[_i].file);
	str_addf(&want, POSTED "%s.want", posted[_i].name != NULL ? posted[_i].name : posted[_i].file);
	opts.in = str_get(&in);
	outcome(&strict, &opts);
	opts.lenient = true;
	outcome(&lenient, &opts);
	if (strcmp(str_get(&strict), str_get(&lenient)) != 0)
		str_addf(&strict, "--- with --lenient\n%s", str_get(&lenient));
	same_as_blessed(str_get(&want), &strict, posted[_i].file);
	str_free(&in);
	str_free(&want);
	str_free(&strict);
	str_free(&lenient);
	free(out);
}
END_TEST

/* The program perf itself, where it may record: its file, its text, and el2sim's reading of both. */
START_TEST(a_recording_of_the_real_perf_is_read)
{
	char *data = scratch("real.perf.data"), *out = scratch("real.e2t");
	const struct import_opts opts = { .in = data, .out = out };
	struct str run = STR_INIT;
	struct import_result res;
	struct err e = { 0 };

	str_addf(&run, "perf record -q -a -e sched:sched_switch -o %s -- sleep 0.01 >/dev/null 2>&1", data);
	if (system(str_get(&run)) != 0) {
		(void)printf("skipped: perf is not installed, or may not record tracepoints here\n");
	} else {
		ck_assert_int_eq(import_run(&opts, NULL, &res, &e), -1); /* without KVM it shows nothing */
		ck_assert_msg(strstr(e.text, " sched_switch and none of KVM") != NULL, "%s", e.text);
		ck_assert_uint_ge(res.info.per_type[TR_sched_switch], 1);
		ck_assert_int_eq(res.info.enabled[TR_kvm_exit], TRE_OFF);
		import_free(&res);
	}
	(void)remove(data);
	str_free(&run);
	free(data);
	free(out);
}
END_TEST

/* A program `perf` in front of the others: what it does stands in the script. */
static void fake_perf(const char *script)
{
	char *dir = scratch("perf-bin");
	struct str path = STR_INIT, search = STR_INIT;

	ck_assert_int_eq(mkdir(dir, 0755), 0);
	str_addf(&path, "%s/perf", dir);
	if (script != NULL) {
		spill(str_get(&path), script, strlen(script));
		ck_assert_int_eq(chmod(str_get(&path), 0755), 0);
		str_addf(&search, "%s:%s", dir, getenv("PATH"));
	} else {
		str_add(&search, dir);
	}
	ck_assert_int_eq(setenv("PATH", str_get(&search), 1), 0);
	str_free(&path);
	str_free(&search);
	free(dir);
}

static void remove_perf(void)
{
	char *dir = scratch("perf-bin");
	struct str path = STR_INIT;

	str_addf(&path, "%s/perf", dir);
	(void)remove(str_get(&path));
	(void)remove(dir);
	str_free(&path);
	free(dir);
}

static const struct {
	const char *script; /* NULL: there is no perf */
	const char *error;  /* NULL: two events, three kinds switched on */
} perfs[] = {
	{ "#!/bin/sh\n"
	  "case \"$*\" in 'script --force --header --ns --show-lost-events -F comm,tid,cpu,time,event,trace -i '*) ;; *) exit 3 ;; "
	  "esac\n"
	  "[ -s \"$9\" ] || exit 4\n"
	  "echo '# event : name = kvm:kvm_entry, , id = { 1 }'\n"
	  "echo '# event : name = kvm:kvm_exit, , id = { 2 }'\n"
	  "echo '# event : name = kvm:kvm_mmio, , id = { 3 }'\n"
	  "echo '        vmm-cpu1  3311 [005]  1207.500010500: kvm:kvm_entry: PC: 0x0000000080081234'\n"
	  "echo '        vmm-cpu1  3311 [005]  1207.500034500: kvm:kvm_exit: IRQ: HSR_EC: 0x0000 (UNKNOWN), PC: 0x80081234'\n",
	  NULL },
	{ NULL, "perf is not installed: install it" },
	{ "#!/bin/sh\necho 'incompatible file format (rerun with -v to learn more)' >&2\nexit 255\n",
	  "perf script cannot read it: incompatible file format" },
	{ "#!/bin/sh\necho \"Samples for 'kvm:kvm_entry' event do not have CPU attribute set. Cannot print 'cpu' field.\" >&2\n"
	  "exit 255\n",
	  "its samples have no CPU: record with -a or --sample-cpu" },
	{ "#!/bin/sh\nexit 9\n", "it ended without a word" },
	{ "#!/bin/sh\nexit 0\n", "unknown trace format" },
};

/* perf.data itself is perf's to read; with it or without, the outcome is a trace or a sentence. */
START_TEST(a_perf_data_is_read_through_perf)
{
	char *in = scratch("perf.data"), *out = scratch("perf.e2t");
	const struct import_opts opts = { .in = in, .out = out };
	struct import_result res;
	struct err e = { 0 };
	int rc;

	spill(in, "PERFILE2 and more", 17);
	fake_perf(perfs[_i].script);
	rc = import_run(&opts, NULL, &res, &e);
	remove_perf();
	if (perfs[_i].error == NULL) {
		ck_assert_msg(rc == 0, "%s", e.text);
		ck_assert_str_eq(res.info.importer, "perf.data");
		ck_assert_uint_eq(res.info.events, 2);
		ck_assert_uint_eq(res.info.first_ns, 1207500010500);
		ck_assert_int_eq(res.info.enabled[TR_kvm_mmio], TRE_ON);
		ck_assert_int_eq(res.info.enabled[TR_kvm_userspace_exit], TRE_OFF);
	} else {
		ck_assert_int_eq(rc, -1);
		ck_assert_int_eq(e.code, ERR_INPUT);
		ck_assert_msg(strstr(e.text, perfs[_i].error) != NULL, "%s", e.text);
	}
	ck_assert_int_eq(remove(out), rc);
	ck_assert_int_eq(remove(in), 0);
	import_free(&res);
	free(in);
	free(out);
}
END_TEST

/* Compressed by the usual programs, where they are. */
static const struct {
	const char *program, *name;
} packers[] = { { "gzip", "gzip" }, { "bzip2", "bzip2" }, { "xz", "xz" }, { "zstd", "zstd" } };

START_TEST(a_compressed_trace_is_the_trace)
{
	static const char *const files[] = { DATA "posted/quoted.txt", DATA "mixed-4v2p.dat" };

	for (size_t i = 0; i < 2; i++) {
		struct str cmd = STR_INIT, note = STR_INIT;
		struct whole plain = import(files[i], NULL), got;
		char *packed = scratch("packed");
		unsigned last;

		str_addf(&cmd, "%s -qc '%s' >'%s' 2>/dev/null", packers[_i].program, files[i], packed);
		if (system(str_get(&cmd)) != 0) {
			printf("skipped: no %s\n", packers[_i].program);
		} else {
			got = import(packed, NULL);
			ck_assert_uint_eq(got.n, plain.n);
			assert_same(&plain, 0, &got, TS_EXACT, packers[_i].program);
			last = tr_info(got.r)->n_notes;
			str_addf(&note, "unpacked: %s", packers[_i].name);
			ck_assert_uint_gt(last, 0);
			ck_assert_str_eq(tr_info(got.r)->notes[0], str_get(&note));
			unload(&got);
		}
		unload(&plain);
		(void)remove(packed);
		str_free(&cmd);
		str_free(&note);
		free(packed);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("traces_posted");
	TCase *tc = tcase_create("posted");

	tcase_add_loop_test(tc, a_posted_trace_is_read_or_refused_as_blessed, 0, (int)COUNT);
	tcase_add_test(tc, a_recording_of_the_real_perf_is_read);
	tcase_add_loop_test(tc, a_perf_data_is_read_through_perf, 0, (int)(sizeof(perfs) / sizeof(perfs[0])));
	tcase_add_loop_test(tc, a_compressed_trace_is_the_trace, 0, (int)(sizeof(packers) / sizeof(packers[0])));
	suite_add_tcase(s, tc);
	return suite_status(s);
}
