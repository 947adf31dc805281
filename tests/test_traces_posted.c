/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Traces as people post them (tests/data/traces/posted): each comes out as blessed beside it, record by record with what
 * the trace says of itself, or is refused in the blessed words; strictly and leniently. EL2SIM_BLESS=1 blesses anew.
 */
#include <sys/stat.h>
#include <zlib.h>

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
	{ .file = "perf-ended-task.txt" },
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
	{ .file = "printk-dropped.txt" },
	{ .file = "perf-terms.txt" },
	{ .file = "trace-printk.txt" },
	{ .file = "diff.txt" },
	{ .file = "grep-context.txt" },
	{ .file = "unknown-before.txt", .prefix = "18", .name = "unknown-before-columns" },
	{ .file = "hosts-cat.txt", .buffer = "all", .name = "hosts-cat-all" },
};

#define COUNT (sizeof(posted) / sizeof(posted[0]))

/* What an import gives: the dump, or the refusal without the folder. */
static void outcome(struct str *got, const struct import_opts *opts)
{
	struct import_result res;
	struct err e = { 0 };
	int rc = import_twice(opts, NULL, &res, &e);
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
		ck_assert_int_eq(import_twice(&opts, NULL, &res, &e), -1); /* without KVM it shows nothing */
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
	rc = import_twice(&opts, NULL, &res, &e);
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

/* What atrace -z writes: its words, and the text of tracefs as a zlib stream; cut, it is damaged. */
START_TEST(a_compressed_atrace_is_the_trace)
{
	static const char words[] = "capturing trace... done\nTRACE:\n";
	struct str text = slurp(DATA "posted/lazy-flags.txt");
	uLongf n = compressBound(text.len);
	unsigned char *packed = xmalloc(sizeof(words) + n);
	char *in = scratch("atrace"), *out = scratch("atrace.e2t");
	const struct import_opts opts = { .in = in, .out = out };
	struct whole plain = import(DATA "posted/lazy-flags.txt", NULL), got;
	struct import_result res;
	struct err e = { 0 };

	memcpy(packed, words, sizeof(words) - 1);
	ck_assert_int_eq(compress(packed + sizeof(words) - 1, &n, (const unsigned char *)text.s, text.len), Z_OK);
	spill(in, (const char *)packed, sizeof(words) - 1 + n);
	got = import(in, NULL);
	assert_same(&plain, 0, &got, TS_EXACT, "atrace");
	ck_assert_str_eq(tr_info(got.r)->notes[0], "unpacked: zlib");
	unload(&got);
	spill(in, (const char *)packed, sizeof(words) - 1 + n / 2);
	ck_assert_int_eq(import_twice(&opts, NULL, &res, &e), -1);
	ck_assert_msg(strstr(e.text, "the zlib stream is damaged (truncated zlib input)") != NULL, "%s", e.text);
	import_free(&res);
	unload(&plain);
	(void)remove(in);
	str_free(&text);
	free(packed);
	free(in);
	free(out);
}
END_TEST

/* An LTTng folder, or its metadata, where libbabeltrace2 was there when el2sim was built; a sentence where it was not. */
START_TEST(a_ctf_trace_is_read_or_refused_with_a_sentence)
{
	static const char *const inputs[] = { DATA "ctf", DATA "ctf/metadata" };
	char *out = scratch("ctf.e2t");
	const struct import_opts opts = { .in = inputs[_i], .out = out };
	struct import_result res;
	struct err e = { 0 };

	if (import_twice(&opts, NULL, &res, &e) != 0) {
		ck_assert_int_eq(e.code, ERR_INPUT);
		ck_assert_msg(strstr(e.text, "built without libbabeltrace2: install libbabeltrace2-dev") != NULL, "%s", e.text);
		(void)printf("skipped: built without libbabeltrace2\n");
	} else {
		struct whole w = load(out);

		ck_assert_str_eq(res.info.importer, "ctf");
		ck_assert_uint_eq(res.info.events, 5);
		ck_assert_uint_eq(res.info.skipped_unknown, 1);
		ck_assert_uint_eq(res.info.first_ns, 1207500010000);
		ck_assert_int_eq(res.info.enabled[TR_kvm_exit], TRE_ON);
		ck_assert_int_eq(res.info.enabled[TR_kvm_mmio], TRE_OFF);
		ck_assert_uint_eq(w.ev[1].type, TR_kvm_exit);
		ck_assert_uint_eq(w.ev[1].arg[TRA_kvm_exit_ret], 2);
		ck_assert_uint_eq(w.ev[1].arg[TRA_kvm_exit_esr_ec], 0x24);
		ck_assert_uint_eq(w.ev[1].arg[TRA_kvm_exit_vcpu_pc], 0x80081240);
		ck_assert_uint_eq(w.ev[1].cpu, 4);
		ck_assert_int_eq(w.ev[1].pid, 3310);
		ck_assert_str_eq(tr_string(w.r, w.ev[1].comm), "vmm-cpu0");
		ck_assert_str_eq(tr_string(w.r, (uint32_t)w.ev[4].arg[TRA_sched_switch_next_comm]), "swapper/4");
		ck_assert_uint_eq(w.ev[4].arg[TRA_sched_switch_prev_pid], 3310);
		ck_assert_uint_eq(w.ev[4].absent, 0);
		unload(&w);
		ck_assert_int_eq(remove(out), 0);
	}
	import_free(&res);
	free(out);
}
END_TEST

/* Whatever is wrong with the files of the folder, there is a sentence. */
START_TEST(a_damaged_ctf_trace_is_refused)
{
	char *dir = scratch("ctf"), *out = scratch("ctf.e2t");
	const struct import_opts opts = { .in = dir, .out = out };
	struct str meta = slurp(DATA "ctf/metadata"), stream = slurp(DATA "ctf/channel0_4"), name[2] = { STR_INIT, STR_INIT };
	struct import_result res;
	struct err e = { 0 };

	ck_assert_int_eq(mkdir(dir, 0755), 0);
	str_addf(&name[0], "%s/metadata", dir);
	str_addf(&name[1], "%s/channel0_4", dir);
	spill(str_get(&name[0]), meta.s, _i == 0 ? meta.len / 2 : meta.len);
	spill(str_get(&name[1]), stream.s, _i == 1 ? 70 : stream.len);
	if (_i == 2)
		spill(str_get(&name[1]), "junk", 4);
	ck_assert_int_eq(import_twice(&opts, NULL, &res, &e), -1);
	ck_assert_int_eq(e.code, ERR_INPUT);
	ck_assert_str_ne(e.text, "");
	import_free(&res);
	(void)remove(str_get(&name[0]));
	(void)remove(str_get(&name[1]));
	(void)remove(dir);
	for (unsigned i = 0; i < 2; i++)
		str_free(&name[i]);
	str_free(&meta);
	str_free(&stream);
	free(dir);
	free(out);
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
	tcase_add_test(tc, a_compressed_atrace_is_the_trace);
	tcase_add_loop_test(tc, a_ctf_trace_is_read_or_refused_with_a_sentence, 0, 2);
	tcase_add_loop_test(tc, a_damaged_ctf_trace_is_refused, 0, 3);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
