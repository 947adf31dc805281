/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim doctor: what is in a recording, what is missing, what to record; of foreign files, too. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/file.h"
#include "sim/base/share.h"
#include "sim/app/args.h"
#include "sim/cmd/cmd.h"
#include "sim/app/output.h"
#include "sim/trace/trace_tally.h"
#include "sim/report/sight_report.h"
#include "traces/import/import.h"
#include "traces/native.h"

struct doctor_args {
	struct output_args out;
	const char *from;
};

static const struct arg_row rows[] = {
	{ "--from", NULL, ARG_STR, offsetof(struct doctor_args, from), "NAME",
	  .help = "format of a foreign file, as el2sim trace import has it; without it the first lines tell" },
	OUTPUT_ARG_ROWS(struct doctor_args, out),
};

static const struct arg_spec spec = { .name = "doctor", .rows = rows, .n_rows = ARG_ROWS(rows), .min_pos = 1, .max_pos = 1,
	.example = "traces/samples/linux-6.12-vhe-mixed-4v2p.e2t" };

/* What is looked at: a native trace, or one that was made of the file for the time being. */
struct patient {
	const char *file; /* as given */
	struct str native; /* a temporary file; none: the file itself */
	bool imported;
	struct import_result res;
	struct tr_reader *trace;
};

static bool is_native(const char *path)
{
	char magic[NAT_MAGIC_LEN] = { 0 };
	FILE *f = share_open(path, "rb");
	bool same = f != NULL && fread(magic, 1, sizeof(magic), f) == sizeof(magic) &&
		    memcmp(magic, NAT_MAGIC, sizeof(magic)) == 0;

	if (f != NULL)
		(void)fclose(f);
	return same;
}

/* Import what is foreign into a file that nobody sees. */
static int open_patient(struct patient *p, const struct doctor_args *a, struct err *e)
{
	struct import_opts opts = { .in = p->file, .from = a->from, .lenient = true };

	if (a->from == NULL && is_native(p->file)) {
		p->trace = tr_open(p->file, e);
		return p->trace != NULL ? 0 : -1;
	}
	if (file_temporary(&p->native, e) != 0)
		return -1;
	opts.out = str_get(&p->native);
	p->imported = true;
	if (import_run(&opts, NULL, &p->res, e) != 0)
		return -1;
	p->trace = tr_open(str_get(&p->native), e);
	return p->trace != NULL ? 0 : -1;
}

static void close_patient(struct patient *p)
{
	tr_close(p->trace);
	if (p->imported)
		import_free(&p->res);
	file_temporary_end(&p->native);
}

static int count(struct tallies *t, struct patient *p, struct err *e)
{
	static const enum trace_key by[] = { KEY_VCPU, KEY_REASON };
	struct tr_event ev;
	int got;

	tallies_begin(t, p->trace, by, 2, false);
	while ((got = tr_next(p->trace, &ev, e)) == 1)
		tallies_event(t, &ev);
	tallies_end(t);
	tr_seek(p->trace, 0);
	return got;
}

/* "name 12, other 3" of the most frequent rows, by one of their keys; at most so many. */
static void most(struct str *b, const struct tally *t, unsigned key, unsigned n)
{
	size_t shown = 0, names = 0;
	bool *done = xcalloc(t->n + 1, sizeof(*done));

	for (;;) {
		uint64_t best = 0;
		size_t at = 0;

		for (size_t i = 0; i < t->n; i++) {
			uint64_t sum = 0;

			for (size_t k = i; k < t->n && !done[i]; k++)
				sum += t->line[k].key[key] == t->line[i].key[key] ? t->line[k].n : 0;
			at = sum > best ? i : at;
			best = sum > best ? sum : best;
		}
		if (best == 0)
			break;
		for (size_t i = 0; i < t->n; i++)
			done[i] |= t->line[i].key[key] == t->line[at].key[key];
		names++;
		if (shown == n)
			continue;
		str_addf(b, "%s%s %" PRIu64, shown++ != 0 ? ", " : "", t->line[at].name[key], best);
	}
	if (names > n)
		str_addf(b, ", %zu more", names - n);
	free(done);
}

static size_t vcpus(const struct tallies *t)
{
	return t->n_vcpu;
}

static void facts(const struct patient *p, const struct tallies *t, const struct sight *s, struct rep *r)
{
	const struct tr_info *info = tr_info(p->trace);
	char text[SIGHT_TEXT];
	struct str b = STR_INIT;

	rep_fact(r, "file", "file", "%s: %s", p->file,
		 p->imported ? info->importer : info->importer[0] != '\0' ? "native trace, once imported" : "native trace");
	rep_fact(r, "holds", "holds", "%" PRIu64 " events in %" PRIu64 ".%06" PRIu64 " s: %" PRIu64 " kvm_entry, %" PRIu64
		 " kvm_exit; %zu vCPU threads on %" PRIu32 " CPUs", info->events, (info->last_ns - info->first_ns) / 1000000000,
		 (info->last_ns - info->first_ns) % 1000000000 / 1000, info->per_type[TR_kvm_entry], info->per_type[TR_kvm_exit],
		 vcpus(t), tallies_cpus_used(t));
	most(&b, &t->by, 1, 6);
	rep_fact(r, "exits", "exits", "%s", b.len != 0 ? str_get(&b) : "none with an entry before");
	str_reset(&b);
	most(&b, &t->irq, 0, 6);
	rep_fact(r, "interrupts", "interrupts", "%s", b.len != 0 ? str_get(&b) : "none recorded");
	str_free(&b);
	rep_fact(r, "missing", "missing", "%s", sight_missing(s, text)[0] != '\0' ? text : "nothing that a figure needs");
	rep_fact(r, "lost", "lost", "%s", sight_losses(s, text)[0] != '\0' ? text : "nothing");
	for (unsigned i = 0; sight_record(i) != NULL; i++)
		rep_fact(r, i == 0 ? "record" : "record_perf", i == 0 ? "record it" : "or", "%s", sight_record(i));
}

static void verdict(const struct tr_info *info, const struct sight *s, struct rep *r)
{
	if (info->per_type[TR_kvm_entry] == 0 || info->per_type[TR_kvm_exit] == 0)
		rep_verdict(r, "nothing to replay: kvm_entry and kvm_exit are the least that is needed");
	else if (sight_lossy(s))
		rep_verdict(r, "el2sim run replays it; every count is a lower bound, for events were lost");
	else if (!sight_all(s))
		rep_verdict(r, "el2sim run replays it; what the missing events show is left out, or a bound "
			       "(el2sim trace info says which)");
	else
		rep_verdict(r, "el2sim run replays it: counts are exact for the model, cycles are as good as the machine's profile");
}

static int report(struct patient *p, const struct doctor_args *a, struct err *e)
{
	struct rep *r = rep_new("doctor", "");
	struct tallies *t = xcalloc(1, sizeof(*t));
	struct sight s;
	uint64_t gaps = 0;
	int rc = count(t, p, e);

	if (rc == 0 && tr_check_usable(tr_info(p->trace), e) != 0)
		rc = err_at(e, p->file, 0);
	if (rc == 0 && tr_info(p->trace)->old)
		rc = sight_count_gaps(p->trace, &gaps, e);
	if (rc == 0) {
		sight_of(tr_info(p->trace), gaps, &s);
		facts(p, t, &s, r);
		verdict(tr_info(p->trace), &s, r);
		rc = output_write(&a->out, r, e);
	}
	tallies_free(t);
	free(t);
	rep_free(r);
	return rc;
}

int cmd_doctor(int argc, char **argv, struct err *e)
{
	struct doctor_args a = { .out = { .format = REP_TEXT } };
	struct patient p = { 0 };
	struct args args;
	int rc;

	if (args_parse(&args, &spec, argc, argv, &a, e) != 0)
		return -1;
	p.file = args.pos.v[0];
	rc = open_patient(&p, &a, e);
	if (rc == 0)
		rc = report(&p, &a, e);
	close_patient(&p);
	args_free(&args);
	return rc;
}
