/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim_bench, traces: replayed and imported events per second, and what bounds them. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench_run.h"
#include "models/hyp/check/oracle.h"
#include "models/hyp/replay/replay.h"
#include "sim/base/pool.h"
#include "traces/dump.h"
#include "traces/import/import.h"
#include "traces/writer.h"

#define SAMPLE EL2SIM_SOURCE_DIR "/traces/samples/linux-6.12-vhe-mixed-4v2p.e2t"
#define COPIES 35 /* of the sample in the long trace: about a million events */

static const struct rep_col event_cols[] = {
	{ .key = "what", .type = REP_STR },
	{ .key = "events", .type = REP_U64 },
	{ .key = "rate", .title = "events", .type = REP_U64, .unit = "per second" },
	{ .key = "relative", .title = "relative to the first", .type = REP_FIX, .decimals = 2 },
};

static void event_row(struct rep_table *t, const char *what, uint64_t events, double seconds, double *first)
{
	double each = events != 0 ? seconds / (double)events : 0;

	*first = *first != 0 ? *first : each;
	rep_str(t, what);
	rep_u64(t, events);
	rep_u64(t, bench_per_second(events, seconds));
	rep_fix(t, bench_ratio(*first, each));
}

/* The sample over and over, time going on: a native trace of about a million events. */
static int write_long(const char *path, struct err *e)
{
	struct tw *w = tw_create(path, e);
	struct tr_info info = { .importer = "", .origin = "bench" };
	uint64_t shift = 0;
	int rc = w != NULL ? 0 : -1;

	for (unsigned i = 0; rc == 0 && i < COPIES; i++) {
		struct tr_reader *r = tr_open(SAMPLE, e);
		struct tr_event ev;
		int more = 1;

		while (r != NULL && rc == 0 && (more = tr_next(r, &ev, e)) == 1) {
			ev.ts_ns += shift;
			rc = tw_copy(w, r, &ev, e);
		}
		rc = r == NULL || more < 0 ? -1 : rc;
		if (r != NULL) {
			shift += tr_info(r)->last_ns - tr_info(r)->first_ns + 1000;
			tr_close(r);
		}
	}
	if (rc == 0)
		return tw_finish(w, &info, NULL, e);
	if (w != NULL)
		tw_abort(w);
	return -1;
}

static int write_text(const char *native, const char *path, struct err *e)
{
	struct tr_reader *r = tr_open(native, e);
	FILE *f = fopen(path, "w");
	int rc = -1;

	if (r != NULL && f != NULL)
		rc = dump_write(r, f, DUMP_TRACEFS, UINT64_MAX, NULL, e);
	if (f == NULL || fclose(f) != 0)
		rc = err_set(e, ERR_IO, "%s cannot be written", path);
	if (r != NULL)
		tr_close(r);
	return rc;
}

/* ---- a trace.dat of about a million events ---- */

#define PAGE       4096
#define DAT_COPIES 1100 /* of the tree's trace.dat */

/* All of a file; NULL: it cannot be read. */
static unsigned char *read_file(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	unsigned char *p = NULL;
	long size = -1;

	if (f != NULL && fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) > 0 && fseek(f, 0, SEEK_SET) == 0) {
		p = xmalloc((size_t)size);
		if (fread(p, 1, (size_t)size, f) != (size_t)size) {
			free(p);
			p = NULL;
		}
	}
	if (f != NULL)
		(void)fclose(f);
	*n = p != NULL ? (size_t)size : 0;
	return p;
}

/* The pages of a CPU, of which each begins with its time, over and over, time going on. */
static bool write_pages(FILE *f, unsigned char *page, uint64_t bytes, uint64_t step)
{
	bool good = true;

	for (unsigned k = 0; good && k < DAT_COPIES; k++) {
		good = fwrite(page, (size_t)bytes, 1, f) == 1;
		for (uint64_t at = 0; at < bytes; at += PAGE) {
			uint64_t ts;

			memcpy(&ts, page + at, sizeof(ts));
			ts += step;
			memcpy(page + at, &ts, sizeof(ts));
		}
	}
	return good;
}

/*
 * A file of trace-cmd's version 6, not packed: the number of CPUs before its options, and behind "flyrecord" where the pages of
 * each CPU are, and how many bytes. false: it is none.
 */
static bool write_long_dat(unsigned char *p, size_t n, const char *path)
{
	unsigned char *options = n != 0 ? memmem(p, n, "options  ", 10) : NULL, *table = n != 0 ? memmem(p, n, "flyrecord", 10) : NULL;
	struct {
		uint64_t at, bytes;
	} cpu[16], out[16];
	uint64_t step = UINT64_C(1000000000);
	uint32_t cpus;
	bool good;
	FILE *f;

	if (options == NULL || table == NULL || options - p < 4)
		return false;
	memcpy(&cpus, options - 4, sizeof(cpus));
	table += 10;
	if (cpus == 0 || cpus > 16 || (size_t)(p + n - table) < sizeof(cpu))
		return false;
	memcpy(cpu, table, cpus * sizeof(cpu[0]));
	for (uint32_t c = 0; c < cpus; c++) {
		if (cpu[c].at % PAGE != 0 || cpu[c].bytes % PAGE != 0 || cpu[c].at > n || cpu[c].bytes > n - cpu[c].at)
			return false;
		out[c].at = c == 0 ? cpu[0].at : out[c - 1].at + out[c - 1].bytes;
		out[c].bytes = cpu[c].bytes * DAT_COPIES;
	}
	memcpy(table, out, cpus * sizeof(out[0]));
	f = fopen(path, "wb");
	good = f != NULL && fwrite(p, (size_t)cpu[0].at, 1, f) == 1;
	for (uint32_t c = 0; good && c < cpus; c++)
		good = write_pages(f, p + cpu[c].at, cpu[c].bytes, step);
	return f != NULL && fclose(f) == 0 && good;
}

/* The trace.dat over and over, if trace-cmd is there to unpack it. */
static bool make_long_dat(const char *dat, const char *plain, const char *path)
{
	const char *const words[] = { "trace-cmd", "convert", "-i", dat, "-o", plain, "--file-version", "6", "--compression", "none", NULL };
	unsigned char *p = NULL;
	double seconds = 0;
	size_t n = 0;
	bool good;

	if (bench_program(words, &seconds))
		p = read_file(plain, &n);
	good = p != NULL && write_long_dat(p, n, path);
	free(p);
	(void)unlink(plain);
	return good;
}

static int time_import(const char *in, const char *out, unsigned threads, uint64_t *events, double *seconds, struct err *e)
{
	struct pool *pool = pool_new(threads);
	const struct import_opts opts = { .in = in, .out = out, .pool = pool };
	int rc = 0;

	for (unsigned k = 0; rc == 0 && k < BENCH_REPEAT; k++) {
		struct import_result res;
		double start = bench_now();

		rc = import_run(&opts, NULL, &res, e);
		*seconds = bench_best(k, *seconds, bench_now() - start);
		*events = res.info.events;
		import_free(&res);
	}
	pool_free(pool);
	return rc;
}

static int time_replay(const struct bench *b, const char *path, bool counting, uint64_t *events, double *seconds,
		       struct err *e)
{
	struct replay_options opt = { .counting = counting, .from = "", .to = "" };
	struct ws_prog *p = bench_compile(b, ws_model_by_name("linux-6.12-vhe"), e);
	struct tr_reader *t = tr_open(path, e);
	struct outcome *r = NULL;
	double start = bench_now();

	if (p != NULL && t != NULL)
		r = replay_run(p, t, &opt, e);
	*seconds = bench_now() - start;
	*events = t != NULL ? tr_info(t)->events : 0;
	if (t != NULL)
		tr_close(t);
	replay_free(r);
	ws_free(p);
	return r != NULL ? 0 : -1;
}

/* Reading the records of a trace and nothing else. */
static int time_decode(const char *path, double *seconds, struct err *e)
{
	for (unsigned k = 0; k < BENCH_REPEAT; k++) {
		double start = bench_now();
		struct tr_reader *t = tr_open(path, e);
		struct tr_event ev;
		int rc = t != NULL ? 1 : -1;

		while (rc == 1)
			rc = tr_next(t, &ev, e);
		tr_close(t);
		if (rc != 0)
			return -1;
		*seconds = bench_best(k, *seconds, bench_now() - start);
	}
	return 0;
}

/* How a trace is replayed. */
enum how { HOW_ALONE, HOW_BY_EVENT, HOW_COLUMNS /* four programs */, HOW_CHECKED };

static int replay_so(const struct bench *b, const char *path, enum how how, double *seconds, struct err *e)
{
	static const char *const models[] = { "linux-6.12-vhe", "linux-4.15-vhe", "linux-6.12-nvhe", "linux-4.15-nvhe" };
	struct ws_prog *p[4] = { NULL };
	struct replay_column more[3];
	struct outcome out[4];
	struct oracle *o = NULL;
	struct tr_reader *t;
	double start;
	bool good = true;

	for (unsigned i = 0; i < 4; i++) {
		p[i] = bench_compile(b, ws_model_by_name(models[i]), e);
		good &= p[i] != NULL;
		outcome_init(&out[i], p[i]);
		if (i != 0)
			more[i - 1] = (struct replay_column){ p[i], FP_NEVER, &out[i] };
	}
	start = bench_now();
	t = good ? tr_open(path, e) : NULL;
	if (t != NULL) {
		struct replay_options opt = { .counting = true, .from = "", .to = "", .out = &out[0], .by_event = how == HOW_BY_EVENT };

		if (how == HOW_COLUMNS) {
			opt.more = more;
			opt.n_more = 3;
		}
		if (how == HOW_CHECKED) {
			o = oracle_new(p[0], 0, 0);
			opt.watch[0] = oracle_watch(o);
		}
		good = replay_run(p[0], t, &opt, e) != NULL;
		oracle_free(o);
	}
	tr_close(t);
	*seconds = bench_now() - start;
	for (unsigned i = 0; i < 4; i++) {
		outcome_free(&out[i]);
		ws_free(p[i]);
	}
	return t != NULL && good ? 0 : -1;
}

static int time_replay_so(const struct bench *b, const char *path, enum how how, double *seconds, struct err *e)
{
	for (unsigned k = 0; k < BENCH_REPEAT; k++) {
		double once;

		if (replay_so(b, path, how, &once, e) != 0)
			return -1;
		*seconds = bench_best(k, *seconds, once);
	}
	return 0;
}

/* What replays cost an event, against what bounds them: that is measured in the same run, so the ratios hold on any machine. */
static int replay_limits(struct bench *b, const char *native, uint64_t events, struct err *e)
{
	double decode = 0, alone = 0, by_event = 0, columns = 0, checked = 0;

	if (time_decode(native, &decode, e) != 0 || time_replay_so(b, native, HOW_ALONE, &alone, e) != 0 ||
	    time_replay_so(b, native, HOW_BY_EVENT, &by_event, e) != 0 || time_replay_so(b, native, HOW_COLUMNS, &columns, e) != 0 ||
	    time_replay_so(b, native, HOW_CHECKED, &checked, e) != 0)
		return -1;
	bench_figure(&b->figures, "replay", "replay of an event", alone, decode, "decoding it", events);
	bench_figure(&b->figures, "replay_by_event", "the same, exit by exit", by_event, decode, "decoding it", events);
	bench_figure(&b->figures, "compare_4", "four programs in one pass", columns, alone, "one replay", events);
	bench_figure(&b->figures, "check", "under the oracle", checked, alone, "one replay", events);
	return 0;
}

static int replays(struct bench *b, const char *native, struct err *e)
{
	struct rep_table *t = rep_table(b->rep, "replay", "Replay of a native trace, linux-6.12-vhe", event_cols, 4);
	double seconds, first = 0;
	uint64_t events;

	for (unsigned counting = 0; counting < 2; counting++) {
		if (time_replay(b, native, counting != 0, &events, &seconds, e) != 0)
			return -1;
		event_row(t, counting ? "counting" : "detailed", events, seconds, &first);
	}
	return replay_limits(b, native, events, e);
}

static int imports(struct bench *b, const char *native, const char *dat, struct err *e)
{
	struct rep_table *t = rep_table(b->rep, "import", "Import", event_cols, 4);
	char text[96], out[96], plain[96], longer[96];
	double seconds, both, lines = 0, peer = 0, first = 0;
	uint64_t events;
	int rc;

	(void)snprintf(text, sizeof(text), "%s/long.txt", b->dir);
	(void)snprintf(out, sizeof(out), "%s/out.e2t", b->dir);
	rc = write_text(native, text, e);
	if (rc == 0)
		rc = time_import(text, out, 1, &events, &seconds, e);
	if (rc == 0)
		rc = time_import(text, out, 2, &events, &both, e);
	if (rc == 0) {
		event_row(t, "tracefs text", events, seconds, &first);
		event_row(t, "tracefs text, two threads", events, both, &first);
		bench_lines(text, &lines);
		bench_figure(&b->figures, "import_text", "an event of a text, imported", seconds, lines, "finding its line", events);
		bench_figure(&b->figures, "import_text_2", "the same by two threads, both counted", both, seconds, "by one", events);
	}
	(void)snprintf(plain, sizeof(plain), "%s/plain.dat", b->dir);
	(void)snprintf(longer, sizeof(longer), "%s/long.dat", b->dir);
	if (rc == 0 && !b->own_dat && make_long_dat(dat, plain, longer))
		dat = longer;
	if (rc == 0)
		rc = time_import(dat, out, 1, &events, &seconds, e);
	if (rc == 0)
		event_row(t, "trace.dat", events, seconds, &first);
	if (rc == 0 && !b->own_dat && dat != longer)
		rep_note(b->rep, "without trace-cmd, the trace.dat is that of the tree, which is small: starting its reader counts much "
			 "(bench/run FILE.dat measures one of your own)");
	if (rc == 0 && bench_program((const char *const[]){ "trace-cmd", "report", "-i", dat, NULL }, &peer))
		bench_figure(&b->figures, "trace_dat", "an event of a trace.dat, imported", seconds, peer, "trace-cmd report", events);
	(void)unlink(text);
	(void)unlink(out);
	(void)unlink(longer);
	return rc;
}

int bench_traces(struct bench *b, const char *dat, struct err *e)
{
	char native[96];
	int rc;

	(void)snprintf(native, sizeof(native), "%s/long.e2t", b->dir);
	rc = write_long(native, e);
	if (rc == 0)
		rc = replays(b, native, e);
	if (rc == 0)
		rc = imports(b, native, dat, e);
	(void)unlink(native);
	return rc;
}
