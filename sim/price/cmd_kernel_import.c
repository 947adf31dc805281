/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim kernel import: a kernel's switch as a model, by executing it. */
#include <inttypes.h>
#include <string.h>

#include "sim/app/config.h"
#include "sim/app/effective.h"
#include "sim/app/output.h"
#include "sim/base/file.h"
#include "sim/price/cmd_kernel.h"
#include "sim/price/importing.h"

struct import_args {
	struct output_args out;
	struct subject_args subject;
	const char *file, *name;
	int mode;
	bool ops;
};

static const char *const modes[] = IMPORT_MODES;

static const struct arg_row arg_rows[] = {
	{ "-o", "--output", ARG_STR, offsetof(struct import_args, file), "FILE", .place = true,
	  .help = "write the model to FILE, whole or not at all: [switch] model = FILE uses it" },
	{ "--machine", NULL, ARG_STR, offsetof(struct import_args, subject) + offsetof(struct subject_args, machine), "CONFIG",
	  .required = true, .help = "the machine that the kernel runs on: a configuration with [machine], such as machine/neoverse-n1.ini" },
	{ "--mode", NULL, ARG_ENUM, offsetof(struct import_args, mode), .names = modes,
	  .help = "how KVM runs (kvm-arm.mode): auto is vhe where the machine has it" },
	{ "--dmesg", NULL, ARG_STR, offsetof(struct import_args, subject) + offsetof(struct subject_args, dmesg), "FILE",
	  .help = "capabilities as a kernel's log says (\"CPU features: detected: ...\"); wins over --machine" },
	{ "--assume", NULL, ARG_LIST, offsetof(struct import_args, subject) + offsetof(struct subject_args, assume), "NAME=STATE",
	  .help = "one capability or static key (part of its name will do): on or off" },
	{ "--name", NULL, ARG_STR, offsetof(struct import_args, name), "NAME", .help = "what reports call the model, instead of release and mode" },
	{ "--ops", NULL, ARG_FLAG, offsetof(struct import_args, ops), .help = "list every op with its function and address" },
	{ "--format", NULL, ARG_ENUM, offsetof(struct import_args, out) + offsetof(struct output_args, format), .names = output_formats,
	  .place = true, .help = "format of the report" },
	VIEW_ARG_ROWS(struct import_args, out.view),
	{ NULL, NULL, ARG_INPUTS, offsetof(struct import_args, out) + offsetof(struct output_args, inputs), .help = "" },
	{ NULL, NULL, ARG_WORDS, offsetof(struct import_args, out) + offsetof(struct output_args, words), .help = "" },
};

static const struct arg_spec spec = {
	.set = &cmd_kernel_set, .name = "import", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows), .min_pos = 1, .max_pos = 1,
	.example = "vmlinux --machine machine/neoverse-n1.ini -o my.kernel",
	.text = "VMLINUX is the ELF file with symbols and BTF that the kernel's build leaves, or a -dbg package holds.\n"
		"Its functions are executed: vcpu_load, entry, exit, vcpu_put, under the conditions that matter.\n",
};

/* --- the report ------------------------------------------------------------------------------- */

struct sums {
	uint64_t reads, writes, barriers, others;
};

static void add_sum(struct sums *s, const struct ws_step *step)
{
	switch (ws_opcode_row((enum ws_opcode)step->opcode)->counter) {
	case CNT_read: s->reads++; break;
	case CNT_write: s->writes++; break;
	case CNT_isb:
	case CNT_dsb:
	case CNT_sb: s->barriers++; break;
	default: s->others++; break;
	}
}

static void phases_table(const struct kernel_model *k, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "phase", "", REP_STR, "", 0, false },    { "reads", "", REP_U64, "", 0, true },
		{ "writes", "", REP_U64, "", 0, true },    { "barriers", "ISB, DSB, SB", REP_U64, "", 0, true },
		{ "others", "", REP_U64, "", 0, true },    { "conditional", "with conditions", REP_U64, "ops", 0, false },
		{ "runs", "", REP_U64, "", 0, false },     { "insns", "instructions", REP_U64, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "phases", "Phases: ops without conditions, and instructions of the plainest execution", cols, 8);

	for (unsigned p = PHASE_LOAD; p <= PHASE_LAZY; p++) {
		struct sums s = { 0 };
		uint64_t conditional = 0, runs = 0, insns = UINT64_MAX;

		for (size_t i = 0; i < k->n; i++) {
			const struct ws_guard *g = &k->step[i].guard;

			if (k->step[i].comp != k->model.phase[p] || k->step[i].opcode == OP_ANCHOR)
				continue;
			if (g->on != 0 || g->off != 0 || g->fixed_on != 0 || g->fixed_off != 0)
				conditional++;
			else
				add_sum(&s, &k->step[i]);
		}
		for (size_t i = 0; i < k->n_run; i++)
			if (k->run[i].phase == p) {
				runs++;
				insns = k->run[i].insns < insns ? k->run[i].insns : insns;
			}
		if (runs == 0)
			continue;
		rep_str(t, phase_name((enum ws_phase)p));
		rep_u64(t, s.reads);
		rep_u64(t, s.writes);
		rep_u64(t, s.barriers);
		rep_u64(t, s.others);
		rep_u64(t, conditional);
		rep_u64(t, runs);
		rep_u64(t, insns);
	}
}

static const char *object_text(const struct ws_step *s, char buf[static 24])
{
	switch ((enum ws_operand)ws_opcode_row((enum ws_opcode)s->opcode)->operand) {
	case OPND_REG: return sysreg_name((enum sysreg)s->operand);
	case OPND_GRP: return group_name((enum sr_group)s->operand);
	case OPND_COMP: return comp_name((enum ws_comp)s->operand);
	default: (void)snprintf(buf, 24, "%u", s->operand); return buf;
	}
}

static void ops_table(const struct kernel_model *k, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "phase", "", REP_STR, "", 0, false },   { "op", "", REP_STR, "", 0, false },      { "object", "", REP_STR, "", 0, false },
		{ "side", "", REP_STR, "", 0, false },    { "when", "", REP_STR, "", 0, false },    { "function", "", REP_STR, "", 0, false },
		{ "address", "", REP_HEX, "", 0, false }, { "insns", "instructions", REP_U64, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "ops", "Ops in the order of their execution", cols, 8);

	for (size_t i = 0; i < k->n; i++) {
		const struct ws_step *s = &k->step[i];
		char buf[24], guard[256];
		unsigned p = 0;

		if (s->opcode == OP_ANCHOR)
			continue;
		while (p < PHASE_LAZY && k->model.phase[p] != s->comp)
			p++;
		rep_str(t, phase_name((enum ws_phase)p));
		rep_str(t, ws_opcode_row((enum ws_opcode)s->opcode)->name);
		rep_str(t, object_text(s, buf));
		rep_str(t, side_name((enum ws_side)s->side));
		rep_str(t, ws_guard_text(&s->guard, guard, sizeof(guard)));
		rep_str(t, s->function);
		rep_u64(t, k->address[i]);
		rep_u64(t, k->insns[i]);
	}
}

/* Capabilities and keys of which nobody knew, and which patch the functions that were passed: taken as off, or as linked. */
static void unknown_note(const struct swc *w, struct rep *r)
{
	struct str text = STR_INIT;
	uint64_t n = 0;

	for (size_t i = 0; i < w->k->patches.n_conds; i++)
		if (w->state[i] == VML_UNKNOWN && w->k->patches.conds[i].uses != 0) {
			str_addf(&text, "%s%s", n != 0 ? "; " : "", w->k->patches.conds[i].name);
			n++;
		}
	if (n != 0)
		rep_note(r, "%" PRIu64 " capabilities and static keys are not known of this machine, and are as linked (--dmesg, --assume): %s", n,
			 str_get(&text));
	str_free(&text);
}

static void fill(const struct import_args *o, const struct swc *w, const struct swc_model *m, const struct kernel_model *k, struct rep *r)
{
	uint64_t ops = 0;

	for (size_t i = 0; i < k->n; i++)
		ops += k->step[i].opcode != OP_ANCHOR;
	if (m->failed != 0)
		rep_alarm(r, "%" PRIu64 " of %" PRIu64 " scenes did not come to their end: ops that only they show are missing (notes)", m->failed,
			  m->scenes);
	rep_verdict(r, "%s on %s: %" PRIu64 " ops, of which %zu instructions have no row and are left out%s%s", k->model.name, w->m->name, ops,
		    k->left, o->file != NULL ? "; written to " : "", o->file != NULL ? o->file : "");
	rep_fact(r, "release", "kernel", "%s", k->release);
	rep_fact(r, "machine", "machine", "%s", w->m->name);
	phases_table(k, r);
	if (o->ops)
		ops_table(k, r);
	for (size_t i = 0; i < w->n_notes; i++)
		rep_note(r, "%s (%" PRIu64 " times)", w->notes[i].text, w->notes[i].times);
	if (m->hidden != 0)
		rep_note(r, "%" PRIu64 " ops are executed or not under the same conditions: something else decides, and they are left out (lines "
			    "\"left\" of the file)", m->hidden);
	if (m->split != 0)
		rep_note(r, "%" PRIu64 " ops have conditions that are no conjunction: they are rows of their own, which exclude each other", m->split);
	unknown_note(w, r);
}

/* --- the command ------------------------------------------------------------------------------ */

static int write_model(const char *path, const struct str *text, struct err *e)
{
	struct outfile f;

	if (file_create(&f, path, e) != 0)
		return -1;
	(void)fwrite(str_get(text), 1, text->len, f.f);
	return file_commit(&f, e);
}

int cmd_kernel_import(int argc, char **argv, struct err *e)
{
	struct import_args o = { .mode = IMPORT_AUTO };
	const struct arg_list none = { 0 };
	struct importing x = { .text = STR_INIT };
	struct config c;
	struct args a;
	struct rep *r;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	r = rep_new("kernel-import", "A kernel's switch as a model");
	rc = config_load_one(&c, o.subject.machine, &none, e);
	if (rc == 0)
		rc = importing_run(&x, a.pos.v[0], &o.subject, &c.machine, o.mode, o.name, o.file != NULL ? o.file : "model", e);
	if (rc == 0 && o.file != NULL)
		rc = write_model(o.file, &x.text, e);
	if (rc == 0) {
		fill(&o, x.w, &x.m, x.model, r);
		effective_source(&c, r);
		rc = output_write(&o.out, r, e);
	}
	rep_free(r);
	importing_free(&x);
	config_free(&c);
	args_free(&a);
	return rc;
}
