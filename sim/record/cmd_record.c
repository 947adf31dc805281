// SPDX-License-Identifier: Apache-2.0
/* el2sim record: what a user's kernel executes at each kind of exit. */
#include "sim/record/cmd_record.h"

#include <inttypes.h>
#include <string.h>

#include <jansson.h>

#include "sim/app/output.h"
#include "sim/base/digest.h"
#include "sim/base/file.h"
#include "sim/record/rec.h"

struct record_args {
	struct output_args out; /* of the report; the files are named by stem */
	const char *stem, *cpu, *kinds, *vcpu, *qemu, *symbols, *append, *console;
	int mode;
	uint64_t timeout;
	bool list;
};

#define AT(member) offsetof(struct record_args, member)

static const struct arg_row arg_rows[] = {
	{ "-o", "--output", ARG_STR, AT(stem), "FILE", .place = true, .endings = "csv",
	  .help = "write the reference to FILE, a CSV, and what belongs to it beside it, all of it or nothing; default KERNEL-CPU-MODE.csv" },
	{ "--symbols", NULL, ARG_STR, AT(symbols), "FILE",
	  .help = "the kernel's functions: its vmlinux, its System.map, or a copy of its /proc/kallsyms" },
	{ "--cpu", NULL, ARG_STR, AT(cpu), "NAME", .help = "n1, a57, max, ..., or any CPU of QEMU's with its properties; default n1" },
	{ "--mode", NULL, ARG_ENUM, AT(mode), .names = rec_mode_names, .help = "how KVM runs, default vhe" },
	{ "--kinds", NULL, ARG_STR, AT(kinds), "LIST", .help = "only these exit kinds: names or patterns, hvc_*,s2_exec" },
	{ "--vcpu", NULL, ARG_STR, AT(vcpu), "LIST",
	  .help = "what the vCPU has: plain (cfg 0), pmu (1), full (2: PMU, SVE and PtrAuth where the CPU has them), or several; default all three" },
	{ "--qemu", NULL, ARG_STR, AT(qemu), "PATH", .help = "QEMU with plugins, default qemu-system-aarch64" },
	{ "--append", NULL, ARG_STR, AT(append), "WORDS", .help = "more words for the kernel's command line" },
	{ "--console", NULL, ARG_STR, AT(console), "FILE", .place = true, .help = "keep what the kernel writes on its console" },
	{ "--timeout", NULL, ARG_U64, AT(timeout), "SECONDS", .min = 1, .max = 86400, .help = "give up a recording after so long, default 600" },
	{ "--list", NULL, ARG_FLAG, AT(list), .help = "the exit kinds that are recorded, and how often" },
	{ "--format", NULL, ARG_ENUM, AT(out) + offsetof(struct output_args, format), .names = output_formats, .place = true,
	  .help = "format of the report" },
	VIEW_ARG_ROWS(struct record_args, out.view),
	{ NULL, NULL, ARG_INPUTS, AT(out) + offsetof(struct output_args, inputs), .help = "" },
	{ NULL, NULL, ARG_WORDS, AT(out) + offsetof(struct output_args, words), .help = "" },
};

static const struct arg_spec spec = {
	.name = "record", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows), .min_pos = 0, .max_pos = 1,
	.example = "Image --symbols vmlinux --cpu n1 --mode vhe",
	.text = "IMAGE is what boots: arch/arm64/boot/Image, or a package's vmlinuz. It is booted twice, with one process,\n"
		"a VMM of ours, and both recordings must be equal. docs/record.md says what is done and written.\n",
};

/* --- the list --------------------------------------------------------------------------------- */

static int list_kinds(const struct record_args *o, struct err *e)
{
	static const struct rep_col cols[] = {
		{ "kind", "", REP_STR, "", 0, false }, { "turns", "", REP_STR, "", 0, false },
		{ "needs", "", REP_STR, "", 0, false }, { "what", "", REP_STR, "", 0, false },
	};
	static const char *const needs[] = { "", "a PMU (pmu, full)", "PtrAuth (full)", "SVE (full)" };
	struct rep *r = rep_new("record-list", "Exit kinds that are recorded");
	struct rep_table *t = rep_table(r, "kinds", "", cols, 4);
	int rc;

	for (unsigned k = 0; k < RECORD_KINDS; k++) {
		rep_str(t, rec_kinds[k].name);
		if (rec_kinds[k].class == REC_PICK)
			rep_strf(t, "of %s", rec_kinds[rec_kinds[k].of].name);
		else if (rec_kinds[k].times == 0)
			rep_str(t, "each register");
		else
			rep_strf(t, "%u", rec_kinds[k].times);
		rep_str(t, needs[rec_kinds[k].needs]);
		rep_str(t, rec_kind_help(k));
	}
	rc = output_write(&o->out, r, e);
	rep_free(r);
	return rc;
}

/* --- one recording ---------------------------------------------------------------------------- */

struct job {
	const struct record_args *o;
	struct rec_machine machine;
	struct rec_image image;
	struct rec_symbols symbols;
	struct str cpu, model;
};

static int record(struct job *j, const char *what, struct rec_take *t, struct rec_result *r, struct rec_files *f, struct err *e)
{
	rec_take_begin(t);
	if (rec_machine_run(&j->machine, t, what, e) != 0)
		return -1;
	rec_count(r, t, &j->symbols, &j->image, j->machine.mode);
	return rec_files_make(f, r, j->image.version, str_get(&j->cpu), e);
}

/* Where two texts differ first, as kind and configuration of that line of the totals, or the file's name. */
static int differ(const struct rec_result *a, const struct rec_result *b, struct err *e)
{
	for (unsigned cfg = 0; cfg < REC_CFGS; cfg++)
		for (unsigned k = 0; k < RECORD_KINDS; k++) {
			const struct rec_counts *x = &a->of[cfg][k], *y = &b->of[cfg][k];

			for (unsigned i = 0; i < TOT_COUNT; i++)
				if (x->v[i] != y->v[i])
					return err_set(e, ERR_INPUT, "two recordings are not equal: %s (%s) has %" PRIu64 " and %" PRIu64 " as %s",
						       rec_kinds[k].name, rec_cfg_names[cfg], x->v[i], y->v[i],
						       totals_column_name((enum totals_column)i));
		}
	return err_set(e, ERR_INPUT, "two recordings are not equal: the same totals, but other functions or another order");
}

static int compare(const struct rec_files *f, const struct rec_files *g, const struct rec_result *a, const struct rec_result *b, struct err *e)
{
	for (unsigned i = 0; i < REC_FILE_PROVENANCE; i++)
		if (f->text[i].len != g->text[i].len || memcmp(str_get(&f->text[i]), str_get(&g->text[i]), f->text[i].len) != 0)
			return differ(a, b, e);
	return 0;
}

/* --- provenance and report ---------------------------------------------------------------------- */

static void provenance(const struct job *j, struct str *text)
{
	const struct rec_machine *m = &j->machine;
	char symbols[DIGEST_TEXT];
	json_t *kinds = json_array(), *cfgs = json_array(), *root;
	char *s;

	for (unsigned k = 0; k < RECORD_KINDS; k++)
		if (m->kinds >> k & 1)
			json_array_append_new(kinds, json_string(rec_kinds[k].name));
	for (unsigned c = 0; c < REC_CFGS; c++)
		if (m->cfgs >> c & 1)
			json_array_append_new(cfgs, json_string(rec_cfg_names[c]));
	(void)digest_file(j->o->symbols, symbols);
	root = json_pack("{s:s, s:s, s:{s:s, s:s, s:s}, s:{s:s, s:s}, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:i}", "schema", "el2sim.recording/1",
			 "el2sim", EL2SIM_VERSION, "image", "file", j->image.path, "sha256", j->image.sha256, "release", j->image.release, "symbols",
			 "file", j->o->symbols, "sha256", symbols, "cpu", str_get(&j->model), "mode", rec_modes[m->mode].name, "qemu",
			 str_get(&m->version), "command", str_get(&m->line), "plugin_sha256", m->plugin_sha256, "vmm_sha256", m->vmm_sha256, "vcpu",
			 cfgs, "kinds", kinds, "recordings", 2);
	s = json_dumps(root, JSON_INDENT(1));
	str_add(text, s != NULL ? s : "");
	str_addc(text, '\n');
	free(s);
	json_decref(root);
}

static void kinds_table(const struct rec_result *r, struct rep *rep)
{
	static const struct rep_col cols[] = {
		{ "kind", "", REP_STR, "", 0, false },    { "vcpu", "vCPU", REP_STR, "", 0, false },
		{ "turns", "", REP_U64, "", 0, false },   { "usual", "of them so", REP_U64, "", 0, false },
		{ "reads", "", REP_U64, "", 0, true },    { "writes", "", REP_U64, "", 0, true },
		{ "isb", "ISB", REP_U64, "", 0, true },   { "dsb", "DSB", REP_U64, "", 0, true },
		{ "eret", "ERET", REP_U64, "", 0, true }, { "insns", "instructions", REP_U64, "", 0, true },
	};
	struct rep_table *t = rep_table(rep, "kinds", "The commonest way of each exit kind: the host's part, without reads of current, per-CPU base, DAIF",
					cols, 10);

	for (unsigned cfg = 0; cfg < REC_CFGS; cfg++)
		for (unsigned k = 0; k < RECORD_KINDS; k++) {
			const uint64_t *v = r->of[cfg][k].v;

			if (r->of[cfg][k].way == NULL)
				continue;
			rep_str(t, rec_kinds[k].name);
			rep_str(t, rec_cfg_names[cfg]);
			rep_u64(t, v[TOT_nseg]);
			rep_u64(t, v[TOT_modal]);
			rep_u64(t, v[TOT_read] - v[TOT_soft_read]);
			rep_u64(t, v[TOT_write] - v[TOT_soft_write]);
			rep_u64(t, v[TOT_isb]);
			rep_u64(t, v[TOT_dsb]);
			rep_u64(t, v[TOT_eret]);
			rep_u64(t, v[TOT_insn_host] + v[TOT_insn_hyp]);
		}
}

static int report(const struct job *j, const struct rec_result *r, const char *stem, struct err *e)
{
	struct rep *rep = rep_new("record", "Recording of a kernel");
	size_t cases = 0, unusual = 0, unknown = 0;
	int rc;

	for (unsigned cfg = 0; cfg < REC_CFGS; cfg++)
		for (unsigned k = 0; k < RECORD_KINDS; k++) {
			const struct rec_counts *c = &r->of[cfg][k];

			cases += c->way != NULL;
			unusual += c->way != NULL && 2 * c->v[TOT_modal] < c->v[TOT_nseg];
			for (size_t i = 0; i < c->n_function; i++)
				unknown += strcmp(r->name[c->function[i].name], "unknown") == 0;
		}
	rep_verdict(rep, "Linux %s on %s, %s: %zu row%s (exit kind and vCPU), recorded twice, equal: %s.csv", j->image.release,
		    str_get(&j->cpu), rec_modes[j->machine.mode].name, cases, cases == 1 ? "" : "s", stem);
	rep_fact(rep, "kernel", "kernel", "%s", j->image.release);
	rep_fact(rep, "qemu", "QEMU", "%s", str_get(&j->machine.version));
	rep_fact(rep, "cpu", "CPU", "%s", str_get(&j->model));
	rep_fact(rep, "mode", "mode", "%s", rec_modes[j->machine.mode].name);
	rep_fact(rep, "files", "files", "%s{.csv,-totals.csv,-functions.csv,-order.tar,-provenance.json}", stem);
	kinds_table(r, rep);
	if (unusual != 0)
		rep_note(rep, "%zu kinds have no usual way (less than half of the turns went so): read their means in %s-totals.csv", unusual, stem);
	if (unknown != 0)
		rep_note(rep, "code that is not in the image was executed: it is of the function \"unknown\"");
	rep_note(rep, "compare it: el2sim verify --reference %s.csv --totals %s-totals.csv --order %s-order.tar", stem, stem, stem);
	rc = output_write(&j->o->out, rep, e);
	rep_free(rep);
	return rc;
}

/* That files can be written there is found out before, not after a minute. */
static int try_to_write(const char *stem, struct err *e)
{
	struct str path = STR_INIT;
	struct outfile o;
	int rc;

	str_addf(&path, "%s.csv", stem);
	rc = file_create(&o, str_get(&path), e);
	if (rc == 0)
		file_abort(&o);
	str_free(&path);
	return rc;
}

static int record_twice(struct job *j, const char *stem, struct err *e)
{
	struct rec_take *t = xcalloc(2, sizeof(*t));
	struct rec_result r[2] = { 0 };
	struct rec_files f[2] = { 0 };
	int rc = record(j, "first recording", &t[0], &r[0], &f[0], e);

	if (rc == 0)
		rc = record(j, "second recording", &t[1], &r[1], &f[1], e);
	if (rc == 0)
		rc = compare(&f[0], &f[1], &r[0], &r[1], e);
	if (rc == 0) {
		provenance(j, &f[0].text[REC_FILE_PROVENANCE]);
		rc = rec_files_write(&f[0], stem, e);
	}
	if (rc == 0)
		rc = report(j, &r[0], stem, e);
	for (unsigned i = 0; i < 2; i++) {
		rec_files_free(&f[i]);
		rec_result_free(&r[i]);
		rec_take_free(&t[i]);
	}
	free(t);
	return rc;
}

static int run(struct job *j, const char *image, struct err *e)
{
	const struct record_args *o = j->o;
	struct str stem = STR_INIT;
	int rc;

	if (o->symbols == NULL)
		return args_missing(&spec, e, "no --symbols: want the kernel's vmlinux, its System.map, or a copy of its /proc/kallsyms");
	if (rec_parse_kinds(o->kinds, &j->machine.kinds, e) != 0 || rec_parse_cfgs(o->vcpu, &j->machine.cfgs, e) != 0 ||
	    rec_image_open(&j->image, image, e) != 0 || rec_symbols_open(&j->symbols, o->symbols, &j->image, e) != 0)
		return -1;
	rec_cpu_names(o->cpu, &j->cpu, &j->model);
	j->machine.image = &j->image;
	j->machine.model = str_get(&j->model);
	if (o->stem != NULL)
		str_addn(&stem, o->stem, strlen(o->stem) - (strlen(o->stem) > 4 && strcmp(o->stem + strlen(o->stem) - 4, ".csv") == 0 ? 4 : 0));
	else
		str_addf(&stem, "%s-%s-%s", j->image.version, str_get(&j->cpu), rec_modes[o->mode].name);
	rc = try_to_write(str_get(&stem), e);
	if (rc == 0)
		rc = record_twice(j, str_get(&stem), e);
	str_free(&stem);
	return rc;
}

int cmd_record(int argc, char **argv, struct err *e)
{
	struct record_args o = { .cpu = "n1", .kinds = "*", .vcpu = "plain,pmu,full", .qemu = "qemu-system-aarch64", .timeout = 600 };
	struct job j = { .o = &o };
	struct args a;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	if (o.list) {
		rc = list_kinds(&o, e);
	} else if (a.pos.n == 0) {
		rc = args_missing(&spec, e, "no IMAGE: want the kernel that is to be recorded");
	} else {
		j.machine = (struct rec_machine){ .qemu = o.qemu, .append = o.append, .console = o.console, .mode = (enum rec_mode)o.mode,
						  .seconds = o.timeout };
		rc = run(&j, a.pos.v[0], e);
	}
	rec_machine_free(&j.machine);
	rec_symbols_close(&j.symbols);
	rec_image_close(&j.image);
	str_free(&j.cpu);
	str_free(&j.model);
	args_free(&a);
	return rc;
}
