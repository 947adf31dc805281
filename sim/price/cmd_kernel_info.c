/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim kernel info: what is in a kernel's own code. */
#include <inttypes.h>
#include <string.h>

#include "sim/app/output.h"
#include "sim/base/str.h"
#include "sim/price/cmd_kernel.h"
#include "sim/price/subject.h"

struct info_args {
	struct output_args out;
	struct subject_args subject;
	struct arg_list phases;
	bool ops, conds;
};

static const struct arg_row arg_rows[] = {
	SUBJECT_ARG_ROWS(struct info_args, subject),
	{ "--phase", NULL, ARG_LIST, offsetof(struct info_args, phases), "PHASE",
	  .help = "only functions passed in LOAD, ENTER, EXIT, PUT, RUN, HVC or HOST" },
	{ "--ops", NULL, ARG_FLAG, offsetof(struct info_args, ops), .help = "every operation of the functions that are listed" },
	{ "--conds", NULL, ARG_FLAG, offsetof(struct info_args, conds),
	  .help = "the capabilities and static keys that patch code, and what is known of them" },
	OUTPUT_ARG_ROWS(struct info_args, out),
};

static const struct arg_spec spec = {
	.set = &cmd_kernel_set, .name = "info", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows), .min_pos = 1, .max_pos = ARG_ANY,
	.example = "vmlinux --machine machine/neoverse-n1.ini",
	.text = "VMLINUX is the ELF file with symbols that the kernel's build leaves, or a -dbg package holds, or a\n"
		"folder of a kernel's objects. FUNCTION: its operations, wherever it is called from.\n",
};

static int wanted_phases(const struct arg_list *names, unsigned *phases, struct err *e)
{
	const char *all[VML_PHASES];

	for (unsigned i = 0; i < VML_PHASES; i++)
		all[i] = vml_phase_name((enum vml_phase)i);
	*phases = names->n != 0 ? 0 : (1u << VML_PHASES) - 1;
	for (size_t n = 0; n < names->n; n++) {
		unsigned i = 0;

		while (i < VML_PHASES && strcmp(all[i], names->v[n]) != 0)
			i++;
		if (i == VML_PHASES)
			return err_unknown(e, ERR_USAGE, names->v[n], all, VML_PHASES, "want LOAD, ENTER, EXIT, PUT, RUN, HVC or HOST",
					   "--phase %s: no such phase", names->v[n]);
		*phases |= 1u << i;
	}
	return 0;
}

/* --- functions -------------------------------------------------------------------------------- */

static size_t sum_path(const struct info_args *o, const struct vml_path *p, unsigned phases, struct subject_sums *s)
{
	size_t n = 0;

	for (size_t i = 0; i < p->code.n_ops; i++) {
		const struct vml_op *op = &p->code.ops[i];

		if (subject_hides(&o->subject, op->what) || (vml_op_phases(p, op) & phases) == 0)
			continue;
		subject_sum(s, op->what);
		n++;
	}
	return n;
}

static enum vml_phase first_phase(unsigned phases)
{
	unsigned i = 0;

	while (i + 1 < VML_PHASES && !(phases >> i & 1))
		i++;
	return (enum vml_phase)i;
}

static void functions_table(const struct info_args *o, const struct vml_kernel *k, unsigned phases, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "function", "", REP_STR, "", 0, false }, { "phases", "", REP_STR, "", 0, false },
		{ "reads", "", REP_U64, "", 0, true },     { "writes", "", REP_U64, "", 0, true },
		{ "barriers", "", REP_U64, "", 0, true },  { "other", "", REP_U64, "", 0, true },
		{ "words", "instructions", REP_U64, "", 0, false },
		{ "calls", "by way of", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "functions", "Functions with system instructions that a vCPU may pass", cols, 8);

	rep_many(t);
	for (size_t i = 0; i < k->n_paths; i++) {
		const struct vml_path *p = &k->paths[i];
		struct subject_sums s = { 0 };
		struct str text = STR_INIT;

		if ((p->phases & phases) == 0 || sum_path(o, p, phases, &s) == 0)
			continue;
		rep_str(t, k->img->funcs[p->func].name);
		subject_phases(p->phases, &text);
		rep_str(t, str_get(&text));
		rep_u64(t, s.reads);
		rep_u64(t, s.writes);
		rep_u64(t, s.barriers);
		rep_u64(t, s.other);
		rep_u64(t, p->code.words);
		str_reset(&text);
		vml_path_chain(k, p, first_phase(p->phases & phases), 4, &text);
		rep_str(t, str_get(&text));
		str_free(&text);
	}
}

static void phases_table(const struct info_args *o, const struct vml_kernel *k, unsigned phases, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "phase", "", REP_STR, "", 0, false },    { "functions", "", REP_U64, "", 0, false },
		{ "reads", "", REP_U64, "", 0, true },     { "writes", "", REP_U64, "", 0, true },
		{ "barriers", "", REP_U64, "", 0, true },  { "other", "", REP_U64, "", 0, true },
		{ "what", "", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "phases", "Phases: places in code that may be passed", cols, 7);

	for (unsigned phase = 0; phase < VML_PHASES; phase++) {
		struct subject_sums s = { 0 };
		uint64_t n = 0;

		for (size_t i = 0; i < k->n_paths; i++)
			if (k->paths[i].phases >> phase & 1) {
				n++;
				(void)sum_path(o, &k->paths[i], 1u << phase, &s);
			}
		if (n == 0 || !(phases >> phase & 1))
			continue;
		rep_str(t, vml_phase_name((enum vml_phase)phase));
		rep_u64(t, n);
		rep_u64(t, s.reads);
		rep_u64(t, s.writes);
		rep_u64(t, s.barriers);
		rep_u64(t, s.other);
		rep_str(t, vml_phase_help((enum vml_phase)phase));
	}
}

/* --- operations ------------------------------------------------------------------------------- */

static struct rep_table *ops_table(struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "function", "", REP_STR, "", 0, false }, { "address", "", REP_HEX, "", 0, false },
		{ "op", "", REP_STR, "", 0, false },       { "register", "", REP_STR, "", 0, false },
		{ "phases", "", REP_STR, "", 0, false },   { "needs", "", REP_STR, "", 0, false },
	};

	return rep_table(r, "ops", "Operations in the order of the code", cols, 6);
}

static void add_ops(const struct info_args *o, const struct vml_kernel *k, size_t func, const struct vml_code *c,
		    const struct vml_path *path, unsigned phases, struct rep_table *t)
{
	for (size_t i = 0; i < c->n_ops; i++) {
		const struct vml_op *op = &c->ops[i];
		struct str text = STR_INIT;
		char buf[VML_WHAT_NAME];

		if (subject_hides(&o->subject, op->what) || (path != NULL && (vml_op_phases(path, op) & phases) == 0))
			continue;
		rep_str(t, k->img->funcs[func].name);
		rep_u64(t, op->addr);
		rep_str(t, vml_kind_name((enum vml_kind)op->what.kind));
		rep_str(t, vml_what_name(op->what, buf));
		if (path != NULL)
			subject_phases(vml_op_phases(path, op), &text);
		rep_str(t, str_get(&text));
		str_reset(&text);
		vml_guards_text(&k->patches, &op->guards, false, &text);
		rep_str(t, str_get(&text));
		str_free(&text);
	}
}

static void callbacks_note(const struct vml_kernel *k, size_t func, const struct vml_code *c, struct rep *r)
{
	struct str text = STR_INIT;

	for (size_t i = 0; i < c->n_callbacks; i++)
		str_addf(&text, "%s%s", i != 0 ? ", " : "", c->callbacks[i]);
	if (c->n_callbacks != 0)
		rep_note(r, "%s: code is made at start by %s; what is listed is as linked", k->img->funcs[func].name, str_get(&text));
	str_free(&text);
}

/* All functions of a name: static ones of several files may share it. */
static int add_named(const struct info_args *o, const struct vml_kernel *k, const char *name, struct rep_table *t, struct rep *r,
		     struct err *e)
{
	long one = vml_func_named(k->img, name);
	bool any = false;

	if (one < 0)
		return err_set(e, ERR_USAGE, "%s: no function %s", k->img->path, name);
	for (size_t f = 0; f < k->img->n_funcs; f++) {
		struct vml_code c;

		if (f != (size_t)one && strcmp(k->img->funcs[f].name, name) != 0)
			continue;
		vml_code_read(k->img, &k->patches, f, &c);
		add_ops(o, k, f, &c, vml_path_of(k, f), (1u << VML_PHASES) - 1, t);
		callbacks_note(k, f, &c, r);
		any |= c.n_ops != 0;
		vml_code_free(&c);
	}
	if (!any)
		rep_note(r, "%s: no system instruction", name);
	return 0;
}

static void add_all_ops(const struct info_args *o, const struct vml_kernel *k, unsigned phases, struct rep *r)
{
	struct rep_table *t = ops_table(r);

	for (size_t i = 0; i < k->n_paths; i++)
		if ((k->paths[i].phases & phases) != 0)
			add_ops(o, k, k->paths[i].func, &k->paths[i].code, &k->paths[i], phases, t);
}

/* --- conditions ------------------------------------------------------------------------------- */

static void conds_table(const struct vml_kernel *k, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "condition", "", REP_STR, "", 0, false }, { "kind", "", REP_STR, "", 0, false },
		{ "number", "", REP_ID, "", 0, false },     { "places", "", REP_U64, "", 0, true },
		{ "state", "", REP_STR, "", 0, false },     { "says", "", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "conds", "Capabilities and static keys that patch code", cols, 6);

	for (size_t i = 0; i < k->patches.n_conds; i++) {
		const struct vml_cond *c = &k->patches.conds[i];

		if (c->uses == 0)
			continue;
		rep_str(t, c->name);
		rep_str(t, c->key ? "static key" : "capability");
		if (c->key)
			rep_none(t);
		else
			rep_u64(t, c->cap);
		rep_u64(t, c->uses);
		rep_str(t, vml_state_name((enum vml_state)c->state));
		rep_str(t, c->why != NULL ? c->why : "");
	}
}

static void facts(const struct vml_kernel *k, struct rep *r)
{
	struct str version = STR_INIT;

	subject_version(k, &version);
	rep_fact(r, "kernel", "kernel", "%s", str_get(&version));
	rep_fact_u64(r, "functions", "functions", k->img->n_funcs, "");
	rep_fact_u64(r, "alternatives", "alternatives", k->patches.n_alts, "");
	rep_fact_u64(r, "jump_labels", "places of static keys", k->patches.n_jumps, "");
	rep_fact_u64(r, "passed", "functions that a vCPU may pass", k->n_paths, "");
	str_free(&version);
}

static int fill(const struct info_args *o, const struct args *a, const struct vml_kernel *k, unsigned phases, struct rep *r,
		struct err *e)
{
	facts(k, r);
	if (a->pos.n > 1) {
		struct rep_table *t = ops_table(r);

		for (size_t i = 1; i < a->pos.n; i++)
			if (add_named(o, k, a->pos.v[i], t, r, e) != 0)
				return -1;
	} else if (!o->conds) {
		phases_table(o, k, phases, r);
		functions_table(o, k, phases, r);
	}
	if (o->ops && a->pos.n == 1)
		add_all_ops(o, k, phases, r);
	if (o->conds)
		conds_table(k, r);
	return 0;
}

int cmd_kernel_info(int argc, char **argv, struct err *e)
{
	struct info_args o = { 0 };
	struct vml_kernel k = { 0 };
	size_t unknown_lines = 0;
	unsigned phases = 0;
	struct args a;
	struct rep *r;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	r = rep_new("kernel-info", "System instructions of a kernel");
	rc = wanted_phases(&o.phases, &phases, e);
	if (rc == 0)
		rc = subject_open(&k, a.pos.v[0], &o.subject, &unknown_lines, e);
	if (rc == 0)
		rc = fill(&o, &a, &k, phases, r, e);
	if (rc == 0) {
		subject_source(&k, r);
		subject_notes(&k, &o.subject, unknown_lines, r);
		rc = output_write(&o.out, r, e);
	}
	rep_free(r);
	vml_kernel_close(&k);
	args_free(&a);
	return rc;
}
