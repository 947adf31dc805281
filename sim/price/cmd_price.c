/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim price: what a kernel's switch costs more or less than another's. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/hyp/check/patch_check.h"
#include "models/cal/band.h"
#include "models/hyp/ws/runner.h"
#include "models/hyp/ws/ws_explain.h"
#include "sim/app/config.h"
#include "sim/app/effective.h"
#include "sim/app/output.h"
#include "sim/price/cmd_price.h"
#include "sim/price/importing.h"
#include "sim/report/oracle_report.h"

struct price_args {
	struct output_args out;
	struct subject_args subject;
	int mode;
	bool all;
	uint64_t fail_above;
};

#define NO_LIMIT UINT64_MAX

static const char *const modes[] = IMPORT_MODES;

static const struct arg_row arg_rows[] = {
	{ "--machine", NULL, ARG_STR, offsetof(struct price_args, subject) + offsetof(struct subject_args, machine), "CONFIG",
	  .required = true, .help = "the machine that both run on: a configuration with [machine], such as machine/neoverse-n1.ini" },
	{ "--mode", NULL, ARG_ENUM, offsetof(struct price_args, mode), .names = modes,
	  .help = "of a vmlinux: how KVM runs (kvm-arm.mode): auto is vhe where the machine has it" },
	{ "--dmesg", NULL, ARG_STR, offsetof(struct price_args, subject) + offsetof(struct subject_args, dmesg), "FILE",
	  .help = "of a vmlinux: capabilities as a kernel's log says; wins over --machine" },
	{ "--assume", NULL, ARG_LIST, offsetof(struct price_args, subject) + offsetof(struct subject_args, assume), "NAME=STATE",
	  .help = "of a vmlinux: one capability or static key, on or off" },
	{ "--all", NULL, ARG_FLAG, offsetof(struct price_args, all), .help = "exit kinds and phases that cost the same, too" },
	{ "--fail-above", NULL, ARG_U64, offsetof(struct price_args, fail_above), "PERCENT", .max = 1000000,
	  .help = "exit status 1 if an exit kind costs more than that many percent more cycles" },
	OUTPUT_ARG_ROWS(struct price_args, out),
};

static const struct arg_spec spec = {
	.name = "price", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows), .min_pos = 1, .max_pos = 2, .overrides = true,
	.example = "vmlinux.base vmlinux.patched --machine machine/neoverse-n1.ini",
	.text = "BASE and PATCHED: a vmlinux with symbols and BTF, a file that el2sim kernel import wrote, or a built-in\n"
		"switch model (linux-6.12-vhe). With --patch, PATCHED is edited, and may be left out: then it is BASE with the edits.\n",
};

/* --- one side --------------------------------------------------------------------------------- */

struct side {
	struct importing import;
	struct kernel_model *file;
	const struct kernel_model *data; /* of import or file; NULL: a built-in model */
	struct ws_prog *p;
	struct ws_totals kind[EXIT_COUNT], phase[PHASE_LAZY + 1];
	struct band_form kind_form[EXIT_COUNT], phase_form[PHASE_LAZY + 1]; /* which costs make their cycles */
};

static bool is_model_file(const char *path)
{
	char head[sizeof(KERNEL_MODEL_MAGIC) - 1];
	FILE *f = fopen(path, "re");
	size_t n = f != NULL ? fread(head, 1, sizeof(head), f) : 0;

	if (f != NULL)
		(void)fclose(f);
	return n == sizeof(head) && memcmp(head, KERNEL_MODEL_MAGIC, n) == 0;
}

/* c: the machine that both sides run on; it must last. */
static int open_side(struct side *s, const char *what, bool patched, const struct price_args *o, const struct config *c, struct err *e)
{
	const struct ws_model *model = ws_model_by_name(what);
	struct ws_prog *base;
	struct ws_config wc;

	config_switch(c, &wc);
	if (!patched)
		wc.patch = NULL;
	if (model == NULL && is_model_file(what)) {
		s->file = kernel_model_read(what, e);
		if (s->file == NULL)
			return -1;
		s->data = s->file;
	} else if (model == NULL) {
		if (importing_run(&s->import, what, &o->subject, &c->machine, o->mode, NULL, what, e) != 0)
			return -1;
		s->data = s->import.model;
	}
	wc.model = model != NULL ? model : &s->data->model;
	s->p = ws_compile(&wc, e);
	if (s->p == NULL)
		return -1;
	if (wc.patch != NULL) {
		wc.patch = NULL;
		base = ws_compile(&wc, e);
		s->p->fault = base != NULL ? ws_patch_fault(&s->p->config, base) : NULL;
		ws_free(base);
	}
	return 0;
}

/* Each exit kind once in the steady state: a vCPU that has run before. */
static void count_side(struct side *s)
{
	uint64_t *before = xcalloc(s->p->n + 1, sizeof(*before)), *exec = xcalloc(s->p->n + 1, sizeof(*exec));

	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		struct runner *r = runner_new(s->p, true);
		struct runner_vcpu *v = runner_vcpu(r, "vm");

		if (exit_row((enum exit_kind)k)->n != 0 && exit_row((enum exit_kind)k)->step[0].is_phase)
			runner_kind(r, v, EXIT_FOR_first_run, NULL);
		runner_kind(r, v, (enum exit_kind)k, NULL);
		memset(before, 0, s->p->n * sizeof(*before));
		memset(exec, 0, s->p->n * sizeof(*exec));
		runner_exec(r, before);
		runner_kind(r, v, (enum exit_kind)k, &s->kind[k]);
		runner_exec(r, exec);
		for (size_t i = 0; i < s->p->n; i++)
			exec[i] -= before[i];
		band_of_all(s->p, exec, &s->kind_form[k]);
		runner_free(r);
	}
	for (unsigned ph = 0; ph <= PHASE_LAZY; ph++) {
		struct ws_counting *c = ws_counting_new(s->p);

		s->phase[ph] = *ws_count(c, ws_phase_comp(s->p, (enum ws_phase)ph), CND(SYNC) | CND(LOADED), 0);
		memset(exec, 0, s->p->n * sizeof(*exec));
		ws_counting_exec(c, exec);
		band_of_all(s->p, exec, &s->phase_form[ph]);
		ws_counting_free(c);
	}
	free(before);
	free(exec);
}

static void close_side(struct side *s)
{
	ws_free(s->p);
	importing_free(&s->import);
	kernel_model_free(s->file);
}

/* --- tables ----------------------------------------------------------------------------------- */

static uint64_t barriers(const struct ws_totals *t)
{
	return t->n[CNT_isb] + t->n[CNT_dsb] + t->n[CNT_sb] + t->n[CNT_esb];
}

static uint64_t exceptions(const struct ws_totals *t)
{
	return t->n[CNT_exc] + t->n[CNT_svc] + t->n[CNT_hvc] + t->n[CNT_eret];
}

/* Accesses and the rest differ? */
static bool differs(const struct ws_totals *a, const struct ws_totals *b)
{
	return memcmp(a->n, b->n, sizeof(a->n)) != 0 || a->cycles != b->cycles || a->milli != b->milli;
}

#define COST_COLS                                                                                   \
	{ "reads", "", REP_U64, "", 0, false },                                                     \
	{ "reads_change", "change", REP_I64, "", 0, false },                                        \
	{ "writes", "", REP_U64, "", 0, false },                                                    \
	{ "writes_change", "change", REP_I64, "", 0, false },                                       \
	{ "barriers", "", REP_U64, "", 0, false },                                                  \
	{ "barriers_change", "change", REP_I64, "", 0, false },                                     \
	{ "exceptions", "", REP_U64, "", 0, false },                                                \
	{ "exceptions_change", "change", REP_I64, "", 0, false },                                   \
	{ "cycles", "", REP_U64, "cycles", 0, false },                                              \
	{ "cycles_change", "change", REP_I64, "cycles", 0, false },                                 \
	{ "ns", "time", REP_FIX, "ns", 1, false },                                                  \
	{ "ns_change", "change", REP_FIX, "ns", 1, false }

static void pair(struct rep_table *t, uint64_t a, uint64_t b)
{
	rep_u64(t, a);
	rep_i64(t, (int64_t)(b - a));
}

static double exact_cycles(const struct ws_totals *t)
{
	return (double)t->cycles + (double)t->milli / 1000.0;
}

/* The machine that both run on: how far its costs may be off, and its clock. */
struct pricing {
	struct band_dev dev;
	double ghz;
};

static void in_range(struct rep_table *t, double low, double high)
{
	rep_band(t, (int64_t)floor(low * 1000), (int64_t)ceil(high * 1000));
}

static void costs(struct rep_table *t, const struct pricing *x, const struct ws_totals *a, const struct ws_totals *b,
		  const struct band_form *fa, const struct band_form *fb)
{
	const struct band_range r = band_difference(&x->dev, fa, fb);
	const double by = exact_cycles(b) - exact_cycles(a);

	pair(t, a->n[CNT_read], b->n[CNT_read]);
	pair(t, a->n[CNT_write], b->n[CNT_write]);
	pair(t, barriers(a), barriers(b));
	pair(t, exceptions(a), exceptions(b));
	rep_u64(t, a->cycles);
	rep_band_factor(t, band_factor(&x->dev, fa));
	rep_i64(t, (int64_t)(b->cycles - a->cycles));
	in_range(t, fmin(r.low, (double)(int64_t)(b->cycles - a->cycles)), fmax(r.high, (double)(int64_t)(b->cycles - a->cycles)));
	rep_fix(t, llround(exact_cycles(a) / x->ghz * 1000));
	rep_band_factor(t, band_factor(&x->dev, fa));
	rep_fix(t, llround(by / x->ghz * 1000));
	in_range(t, fmin(r.low, by) / x->ghz, fmax(r.high, by) / x->ghz);
}

/* Instructions of the plainest execution that was seen of a phase: no condition but that the exit is synchronous. */
static bool plain_insns(const struct kernel_model *k, unsigned phase, uint64_t *insns)
{
	bool found = false;

	for (size_t i = 0; k != NULL && i < k->n_run; i++) {
		const struct kernel_run *run = &k->run[i];

		if (run->phase != phase || (run->state.on & ~CND(SYNC)) != 0 || run->state.fixed_on != 0)
			continue;
		if (phase == PHASE_EXIT && (run->state.on & CND(SYNC)) == 0)
			continue;
		*insns = found && *insns < run->insns ? *insns : run->insns;
		found = true;
	}
	return found;
}

static void phases_table(const struct pricing *x, const struct side *a, const struct side *b, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "phase", "", REP_STR, "", 0, false }, COST_COLS, { "insns", "instructions", REP_U64, "", 0, false },
		{ "insns_change", "change", REP_I64, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "phases", "Phases of the switch: of BASE, and what PATCHED changes", cols, 15);

	for (unsigned ph = 0; ph <= PHASE_LAZY; ph++) {
		uint64_t before = 0, after = 0;

		rep_str(t, phase_name((enum ws_phase)ph));
		costs(t, x, &a->phase[ph], &b->phase[ph], &a->phase_form[ph], &b->phase_form[ph]);
		if (plain_insns(a->data, ph, &before) && plain_insns(b->data, ph, &after)) {
			pair(t, before, after);
		} else {
			rep_none(t);
			rep_none(t);
		}
	}
}

/* Change in thousandths of a percent of the cycles before. */
static int64_t permille_of(uint64_t before, uint64_t after)
{
	return before == 0 ? 0 : (int64_t)(((double)after - (double)before) * 100000.0 / (double)before);
}

static void kinds_table(const struct price_args *o, const struct pricing *x, const struct side *a, const struct side *b, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "kind", "exit kind", REP_STR, "", 0, false }, COST_COLS, { "percent", "change", REP_FIX, "%", 0, false },
	};
	struct rep_table *t = rep_table(r, "kinds", "Exit kinds: modelled ops of BASE, and what PATCHED changes", cols, 14);

	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		if (!o->all && !differs(&a->kind[k], &b->kind[k]))
			continue;
		rep_str(t, exit_row((enum exit_kind)k)->name);
		costs(t, x, &a->kind[k], &b->kind[k], &a->kind_form[k], &b->kind_form[k]);
		rep_fix(t, permille_of(a->kind[k].cycles, b->kind[k].cycles));
	}
}

static void ops_table(const struct side *a, const struct side *b, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "change", "", REP_STR, "", 0, false },   { "op", "", REP_STR, "", 0, false },      { "object", "", REP_STR, "", 0, false },
		{ "phase_a", "in BASE", REP_STR, "", 0, false }, { "function_a", "function", REP_STR, "", 0, false },
		{ "phase_b", "in PATCHED", REP_STR, "", 0, false }, { "function_b", "function", REP_STR, "", 0, false },
		{ "when", "", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "ops", "Ops that did it", cols, 8);
	struct ws_diff *d = ws_diff_new(a->p, b->p);

	for (size_t i = 0; i < d->n; i++) {
		const struct ws_diff_row *row = &d->row[i];
		const struct ws_op *op = row->a != NULL ? row->a : row->b;
		char object[40], guard[200];

		if (row->kind == DIFF_SAME || op->phase > PHASE_LAZY)
			continue;
		rep_str(t, row->kind == DIFF_ONLY_A ? "gone" : row->kind == DIFF_ONLY_B ? "new" : ws_diff_name(row->kind));
		rep_str(t, ws_opcode_row((enum ws_opcode)op->opcode)->name);
		rep_str(t, ws_diff_object(op, object));
		rep_str(t, row->a != NULL ? phase_name((enum ws_phase)row->a->phase) : "");
		rep_str(t, row->a != NULL ? row->a->step->function : "");
		rep_str(t, row->b != NULL ? phase_name((enum ws_phase)row->b->phase) : "");
		rep_str(t, row->b != NULL ? row->b->step->function : "");
		rep_str(t, ws_guard_text(&(row->b != NULL ? row->b : row->a)->guard, guard, sizeof(guard)));
	}
	ws_diff_free(d);
}

/* --- the answer ------------------------------------------------------------------------------- */

static void say(struct str *b, const char *name, const struct pricing *p, const struct ws_totals *x, const struct ws_totals *y,
		const struct band_form *fx, const struct band_form *fy)
{
	const struct band_range r = band_difference(&p->dev, fx, fy);
	int64_t percent = permille_of(x->cycles, y->cycles);

	str_addf(b, "%s: %+" PRId64 " reads, %+" PRId64 " writes, %+" PRId64 " barriers, %+" PRId64 " exceptions, %+" PRId64 " cycles (%s%" PRId64
		 ".%" PRId64 " %%)", name, (int64_t)(y->n[CNT_read] - x->n[CNT_read]), (int64_t)(y->n[CNT_write] - x->n[CNT_write]),
		 (int64_t)(barriers(y) - barriers(x)), (int64_t)(exceptions(y) - exceptions(x)), (int64_t)(y->cycles - x->cycles),
		 percent < 0 ? "-" : "+", (percent < 0 ? -percent : percent) / 1000, (percent < 0 ? -percent : percent) / 100 % 10);
	if (differs(x, y))
		str_addf(b, " [%+.0f to %+.0f by the costs' deviations%s]", r.low, r.high, r.apart ? "" : ": inside the band, not told apart");
}

/* Change of the forms, and of the cycles that they are of. */
struct moved {
	struct band_form form;
	double cycles;
	bool apart;
};

static struct moved moved(const struct pricing *p, const struct ws_totals *x, const struct ws_totals *y, const struct band_form *fx,
			  const struct band_form *fy)
{
	struct moved m = { *fy, exact_cycles(y) - exact_cycles(x), band_difference(&p->dev, fx, fy).apart };

	band_add(&m.form, fx, -1);
	return m;
}

static void loads_per_exit(const struct pricing *p, const char *what, const struct moved *exit, const struct moved *load, struct str *b)
{
	const double even = fabs(exit->cycles / load->cycles);

	str_addf(b, "; %s %.2f loads per exit", what, even);
	if (exit->apart && load->apart) {
		const double factor = band_quotient_factor(&p->dev, &exit->form, &load->form);

		str_addf(b, " (%.2f to %.2f)", even / factor, even * factor);
	}
}

/* An exit that KVM handles itself against vcpu_load and vcpu_put: from how many loads per exit on is PATCHED cheaper? */
static void pays_back(const struct pricing *p, const struct moved *e, const struct moved *l, struct str *b)
{
	const double exit = e->cycles, load = l->cycles;

	if ((exit != 0 && !e->apart) || (load != 0 && !l->apart))
		str_add(b, "; which is cheaper is not told");
	else if (exit > 0 && load < 0)
		loads_per_exit(p, "pays back from", e, l, b);
	else if (exit < 0 && load > 0)
		loads_per_exit(p, "pays up to", e, l, b);
	else if (exit > 0 || load > 0)
		str_add(b, "; dearer however often vCPUs are loaded");
	else if (exit < 0 || load < 0)
		str_add(b, "; cheaper however often vCPUs are loaded");
}

/* Returns how many kinds cost more than the limit. */
static unsigned above(const struct price_args *o, const struct side *a, const struct side *b, struct rep *r)
{
	unsigned n = 0;

	for (unsigned k = 0; o->fail_above != NO_LIMIT && k < EXIT_COUNT; k++)
		if (a->kind[k].cycles != 0 && permille_of(a->kind[k].cycles, b->kind[k].cycles) > (int64_t)o->fail_above * 1000) {
			if (n++ == 0)
				rep_alarm(r, "%s costs %+.1f %% cycles: more than --fail-above %" PRIu64, exit_row((enum exit_kind)k)->name,
					  (double)permille_of(a->kind[k].cycles, b->kind[k].cycles) / 1000.0, o->fail_above);
		}
	return n;
}

static unsigned fill(const struct price_args *o, const struct pricing *x, const struct side *a, const struct side *b, struct rep *r)
{
	const struct machine *m = a->p->config.machine;
	struct ws_totals load[2] = { a->phase[PHASE_LOAD], b->phase[PHASE_LOAD] };
	struct band_form load_form[2] = { a->phase_form[PHASE_LOAD], b->phase_form[PHASE_LOAD] };
	struct str text = STR_INIT;
	unsigned n = above(o, a, b, r);
	enum exit_kind hvc;

	BUG_ON(!exit_by_name("hvc_unknown", &hvc));
	ws_totals_sum(&load[0], &a->phase[PHASE_PUT]);
	ws_totals_sum(&load[1], &b->phase[PHASE_PUT]);
	band_add(&load_form[0], &a->phase_form[PHASE_PUT], 1);
	band_add(&load_form[1], &b->phase_form[PHASE_PUT], 1);
	if (!differs(&a->kind[hvc], &b->kind[hvc]) && !differs(&load[0], &load[1])) {
		str_add(&text, "no difference in an exit that KVM handles, and none in vcpu_load and vcpu_put");
	} else {
		const struct moved exit = moved(x, &a->kind[hvc], &b->kind[hvc], &a->kind_form[hvc], &b->kind_form[hvc]);
		const struct moved loads = moved(x, &load[0], &load[1], &load_form[0], &load_form[1]);

		say(&text, "hvc", x, &a->kind[hvc], &b->kind[hvc], &a->kind_form[hvc], &b->kind_form[hvc]);
		str_add(&text, "; ");
		say(&text, "vcpu_load and vcpu_put", x, &load[0], &load[1], &load_form[0], &load_form[1]);
		pays_back(x, &exit, &loads, &text);
	}
	rep_verdict(r, "%s", str_get(&text));
	rep_fact(r, "base", "BASE", "%s", a->p->config.model->name);
	rep_fact(r, "patched", "PATCHED", "%s", b->p->config.model->name);
	unsound_report(b->p, "", r);
	rep_fact(r, "machine", "machine", "%s: cycles %s (%s)", m->name, calibration_name((enum calibration)m->calibration),
		 calibration_help((enum calibration)m->calibration));
	rep_fact_u64(r, "clock_hz", "clock", (uint64_t)m->clock_hz, "Hz");
	phases_table(x, a, b, r);
	kinds_table(o, x, a, b, r);
	ops_table(a, b, r);
	rep_note(r, "uncertainty: cycles \303\227\303\267F are between the figure divided and multiplied by F, " BAND_OF_100 " of 100, and changes in "
		    "their range: all costs together may be off by %.1f %% (%s), a single one by %.0f %% of its share; what both sides have "
		    "cancels from a change", 100 * x->dev.scale, x->dev.fitted[0] ? "[fit] of the machine" : "prior of el2sim calibrate: the machine "
		    "has no fit", 100 * x->dev.single);
	rep_note(r, "cycles are of the modelled ops; instructions of C code around them are in the column of phases where a kernel was executed");
	if ((a->data == NULL) != (b->data == NULL))
		rep_note(r, "a built-in model and an imported one differ in what the tables do not have (PSTATE of local_irq_save, MMIO): price two imports");
	str_free(&text);
	return n;
}

int cmd_price(int argc, char **argv, struct err *e)
{
	struct price_args o = { .mode = IMPORT_AUTO, .fail_above = NO_LIMIT };
	struct side a = { .import = { .text = STR_INIT } }, b = { .import = { .text = STR_INIT } };
	struct config c;
	struct args pos;
	struct rep *r;
	int rc;

	if (args_parse(&pos, &spec, argc, argv, &o, e) != 0)
		return -1;
	r = rep_new("price", "Price of a patch");
	rc = config_load_one(&c, o.subject.machine, &pos.overrides, e);
	if (rc == 0)
		rc = open_side(&a, pos.pos.v[0], false, &o, &c, e);
	if (rc == 0 && pos.pos.n == 1 && c.sw.patch == NULL)
		rc = args_missing(&spec, e, "price: one kernel, and no patch: give PATCHED, or --patch");
	if (rc == 0)
		rc = open_side(&b, pos.pos.v[pos.pos.n - 1], true, &o, &c, e);
	if (rc == 0) {
		struct pricing x = { .ghz = (double)c.machine.clock_hz / 1e9 };
		unsigned n;

		count_side(&a);
		count_side(&b);
		band_dev_of(&c.cal, &c.path_profile, a.p, &x.dev);
		n = fill(&o, &x, &a, &b, r);
		effective_source(&c, r);
		rc = output_write(&o.out, r, e);
		if (rc == 0 && n != 0)
			rc = err_set(e, ERR_ANSWER_NO, "%s", "");
	}
	rep_free(r);
	close_side(&a);
	close_side(&b);
	config_free(&c);
	args_free(&pos);
	return rc;
}
