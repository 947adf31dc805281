/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim kernel diff: what another kernel does otherwise on a vCPU's path. */
#include <inttypes.h>
#include <string.h>

#include "sim/app/output.h"
#include "sim/base/str.h"
#include "sim/price/cmd_kernel.h"
#include "sim/price/subject.h"

struct diff_args {
	struct output_args out;
	struct subject_args subject;
};

static const struct arg_row arg_rows[] = {
	SUBJECT_ARG_ROWS(struct diff_args, subject),
	OUTPUT_ARG_ROWS(struct diff_args, out),
};

static const struct arg_spec spec = {
	.set = &cmd_kernel_set, .name = "diff", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows), .min_pos = 2, .max_pos = 2,
	.example = "vmlinux.old vmlinux.new --machine machine/neoverse-n1.ini",
	.text = "A and B are vmlinux, the ELF files with symbols that a kernel's build leaves, or a -dbg package holds, or\n"
		"folders of a kernel's objects. Parts that the compiler made of a function (.cold, .isra.0) are compared as the function.\n",
};

/* An operation as it is compared. */
struct item {
	const char *func;  /* its name without the compiler's endings: func_len bytes */
	size_t func_len;
	struct vml_what what;
	uint8_t phases;
	char *needs;       /* conditions that are not known */
	size_t order;      /* in its kernel */
	const struct vml_path *path;
};

struct side {
	struct vml_kernel kernel;
	size_t unknown_lines;
	struct item *items; /* by function, then in the order of the code */
	size_t n_items;
};

static size_t base_len(const char *name)
{
	static const char *const endings[] = { ".isra.", ".constprop.", ".part.", ".cold", ".llvm." };
	size_t n = strlen(name);

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		const char *at = strstr(name, endings[i]);

		if (at != NULL && at != name && (size_t)(at - name) < n)
			n = (size_t)(at - name);
	}
	return n;
}

static int by_func_text(const struct item *x, const struct item *y)
{
	size_t n = x->func_len < y->func_len ? x->func_len : y->func_len;
	int d = memcmp(x->func, y->func, n);

	return d != 0 ? d : x->func_len < y->func_len ? -1 : x->func_len > y->func_len;
}

static int by_func(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int d = by_func_text(x, y);

	return d != 0 ? d : x->order < y->order ? -1 : x->order > y->order;
}

/* What the operation is, wherever it stands. */
static int by_what(const struct item *x, const struct item *y)
{
	int d = (int)x->what.kind - (int)y->what.kind;

	if (d == 0)
		d = (int)x->what.enc - (int)y->what.enc;
	return d != 0 ? d : strcmp(x->needs, y->needs);
}

static int by_func_what(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int d = by_func_text(x, y);

	if (d == 0)
		d = by_what(x, y);
	return d != 0 ? d : x->order < y->order ? -1 : x->order > y->order;
}

static void take_items(struct side *s, const struct subject_args *a)
{
	const struct vml_kernel *k = &s->kernel;
	size_t cap = 0;

	for (size_t i = 0; i < k->n_paths; i++)
		cap += k->paths[i].code.n_ops;
	s->items = xcalloc(cap + 1, sizeof(*s->items));
	for (size_t i = 0; i < k->n_paths; i++) {
		const struct vml_path *p = &k->paths[i];
		const char *name = k->img->funcs[p->func].name;

		for (size_t n = 0; n < p->code.n_ops; n++) {
			const struct vml_op *op = &p->code.ops[n];
			struct str needs = STR_INIT;

			if (subject_hides(a, op->what) || vml_op_phases(p, op) == 0)
				continue;
			vml_guards_text(&k->patches, &op->guards, true, &needs);
			s->items[s->n_items] = (struct item){ name, base_len(name), op->what, vml_op_phases(p, op),
							      xstrdup(str_get(&needs)), s->n_items, p };
			s->n_items++;
			str_free(&needs);
		}
	}
	qsort(s->items, s->n_items, sizeof(*s->items), by_func);
}

static void side_free(struct side *s)
{
	for (size_t i = 0; i < s->n_items; i++)
		free(s->items[i].needs);
	free(s->items);
	vml_kernel_close(&s->kernel);
}

/* The items of one function: [from, to). */
static size_t func_end(const struct side *s, size_t from)
{
	size_t to = from;

	while (to < s->n_items && by_func_text(&s->items[to], &s->items[from]) == 0)
		to++;
	return to;
}

/* --- the table of functions ------------------------------------------------------------------- */

struct totals {
	uint64_t functions, differ; /* functions that are passed with operations in one of both; that differ */
	uint64_t gone, fresh;       /* operations of A only, of B only */
	uint8_t phases;             /* of those */
};

static void row(struct rep_table *t, const struct side *s, const struct item *x, const char *change, uint64_t before, uint64_t after)
{
	struct str text = STR_INIT;
	char buf[VML_WHAT_NAME];
	unsigned phase = 0;

	rep_strf(t, "%.*s", (int)x->func_len, x->func);
	subject_phases(x->phases, &text);
	rep_str(t, str_get(&text));
	rep_str(t, change);
	rep_str(t, vml_kind_name((enum vml_kind)x->what.kind));
	rep_str(t, vml_what_name(x->what, buf));
	rep_u64(t, before);
	rep_u64(t, after);
	rep_str(t, x->needs);
	while (phase + 1 < VML_PHASES && !(x->path->phases >> phase & 1))
		phase++;
	str_reset(&text);
	vml_path_chain(&s->kernel, x->path, (enum vml_phase)phase, 4, &text);
	rep_str(t, str_get(&text));
	str_free(&text);
}

static struct item *sorted(const struct side *s, size_t from, size_t n)
{
	struct item *v = xcalloc(n + 1, sizeof(*v));

	if (n != 0)
		memcpy(v, s->items + from, n * sizeof(*v));
	qsort(v, n, sizeof(*v), by_func_what);
	return v;
}

static size_t run_of(const struct item *v, size_t i, size_t n)
{
	size_t j = i;

	while (j < n && by_what(&v[j], &v[i]) == 0)
		j++;
	return j - i;
}

/* Rows of a function whose operations are others; returns how many. */
static size_t compare_sets(const struct side *a, const struct item *x, size_t nx, const struct side *b, const struct item *y, size_t ny,
			   struct rep_table *t, struct totals *sum)
{
	size_t i = 0, j = 0, rows = 0;

	while (i < nx || j < ny) {
		int d = i == nx ? 1 : j == ny ? -1 : by_what(&x[i], &y[j]);
		size_t p = d <= 0 ? run_of(x, i, nx) : 0, q = d >= 0 ? run_of(y, j, ny) : 0;

		if (p != q) {
			if (q > p)
				row(t, b, &y[j], "more", p, q);
			else
				row(t, a, &x[i], "fewer", p, q);
			sum->phases |= (uint8_t)((p != 0 ? x[i].phases : 0) | (q != 0 ? y[j].phases : 0));
			sum->gone += p > q ? p - q : 0;
			sum->fresh += q > p ? q - p : 0;
			rows++;
		}
		i += p;
		j += q;
	}
	return rows;
}

/* The first operation that stands elsewhere, or in other phases; both have the same. */
static bool compare_order(const struct side *a, size_t from_a, const struct side *b, size_t from_b, size_t n, struct rep_table *t,
			  struct totals *sum)
{
	for (size_t i = 0; i < n; i++) {
		const struct item *x = &a->items[from_a + i], *y = &b->items[from_b + i];
		bool other = by_what(x, y) != 0;

		if (!other && x->phases == y->phases)
			continue;
		row(t, b, y, other ? "order" : "phases", 1, 1);
		sum->phases |= x->phases | y->phases;
		return true;
	}
	return false;
}

static void compare_function(const struct side *a, size_t i, size_t nx, const struct side *b, size_t j, size_t ny, struct rep_table *t,
			     struct totals *sum)
{
	struct item *x = sorted(a, i, nx), *y = sorted(b, j, ny);
	bool differ = compare_sets(a, x, nx, b, y, ny, t, sum) != 0;

	if (!differ)
		differ = compare_order(a, i, b, j, nx, t, sum);
	sum->functions++;
	sum->differ += differ;
	free(x);
	free(y);
}

static void compare(const struct side *a, const struct side *b, struct rep_table *t, struct totals *sum)
{
	size_t i = 0, j = 0;

	while (i < a->n_items || j < b->n_items) {
		int d = i == a->n_items ? 1 : j == b->n_items ? -1 : by_func_text(&a->items[i], &b->items[j]);
		size_t nx = d <= 0 ? func_end(a, i) - i : 0, ny = d >= 0 ? func_end(b, j) - j : 0;

		compare_function(a, i, nx, b, j, ny, t, sum);
		i += nx;
		j += ny;
	}
}

/* --- the table of phases ---------------------------------------------------------------------- */

static struct subject_sums sums_of(const struct side *s, unsigned phase)
{
	struct subject_sums sums = { 0 };

	for (size_t i = 0; i < s->n_items; i++)
		if (s->items[i].phases >> phase & 1)
			subject_sum(&sums, s->items[i].what);
	return sums;
}

static void phases_table(const struct side *a, const struct side *b, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "phase", "", REP_STR, "", 0, false },
		{ "reads", "", REP_U64, "", 0, true },           { "reads_change", "change", REP_I64, "", 0, true },
		{ "writes", "", REP_U64, "", 0, true },          { "writes_change", "change", REP_I64, "", 0, true },
		{ "barriers", "", REP_U64, "", 0, true },        { "barriers_change", "change", REP_I64, "", 0, true },
		{ "other", "", REP_U64, "", 0, true },           { "other_change", "change", REP_I64, "", 0, true },
		{ "what", "", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "phases", "Phases: places in A's code that may be passed, and what B changes", cols, 10);

	for (unsigned phase = 0; phase < VML_PHASES; phase++) {
		struct subject_sums x = sums_of(a, phase), y = sums_of(b, phase);

		if (x.reads + x.writes + x.barriers + x.other + y.reads + y.writes + y.barriers + y.other == 0)
			continue;
		rep_str(t, vml_phase_name((enum vml_phase)phase));
		rep_u64(t, x.reads);
		rep_i64(t, (int64_t)(y.reads - x.reads));
		rep_u64(t, x.writes);
		rep_i64(t, (int64_t)(y.writes - x.writes));
		rep_u64(t, x.barriers);
		rep_i64(t, (int64_t)(y.barriers - x.barriers));
		rep_u64(t, x.other);
		rep_i64(t, (int64_t)(y.other - x.other));
		rep_str(t, vml_phase_help((enum vml_phase)phase));
	}
}

/* Code that is made at start is compared as linked: who makes it, and in how many functions, where that differs. */
static void makers_table(const struct side *a, const struct side *b, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "callback", "", REP_STR, "", 0, false },
		{ "before", "in A", REP_U64, "functions", 0, false },
		{ "after", "in B", REP_U64, "functions", 0, false },
	};
	struct rep_table *t = NULL;
	struct subject_maker *x, *y;
	size_t nx = subject_makers(&a->kernel, &x), ny = subject_makers(&b->kernel, &y), i = 0, j = 0;

	while (i < nx || j < ny) {
		int d = i == nx ? 1 : j == ny ? -1 : strcmp(x[i].name, y[j].name);
		uint64_t p = d <= 0 ? x[i].functions : 0, q = d >= 0 ? y[j].functions : 0;

		if (p != q) {
			if (t == NULL)
				t = rep_table(r, "callbacks", "Code that the kernel makes when it starts, by whom", cols, 3);
			rep_str(t, d <= 0 ? x[i].name : y[j].name);
			rep_u64(t, p);
			rep_u64(t, q);
		}
		i += d <= 0;
		j += d >= 0;
	}
	free(x);
	free(y);
}

#define KEYS_NAMED 4 /* in a sentence */

static bool has_key(const struct vml_patches *p, const char *name)
{
	for (size_t i = p->n_caps; i < p->n_conds; i++)
		if (strcmp(p->conds[i].name, name) == 0)
			return true;
	return false;
}

/* Is the key of a place that a vCPU may pass? */
static bool is_passed(const struct vml_kernel *k, size_t cond)
{
	for (size_t i = 0; i < k->patches.n_jumps; i++) {
		long f = k->patches.jumps[i].cond == cond ? vml_func_at(k->img, k->patches.jumps[i].at) : -1;

		if (f >= 0 && vml_path_of(k, (size_t)f) != NULL)
			return true;
	}
	return false;
}

/* Static keys of B's paths that A has not, and whose state is taken from the image: what is behind the other state was not compared. */
static void new_keys(const struct vml_kernel *a, const struct vml_kernel *b, struct rep *r)
{
	const struct vml_patches *p = &b->patches;
	struct str names = STR_INIT;
	size_t n = 0;

	for (size_t i = p->n_caps; i < p->n_conds; i++) {
		const struct vml_cond *c = &p->conds[i];
		bool made = strncmp(c->name, "__tracepoint_", 13) == 0 || strncmp(c->name, "__UNIQUE_ID_", 12) == 0;

		if (made || c->state == VML_UNKNOWN || strcmp(c->why, "image") != 0 || has_key(&a->patches, c->name) || !is_passed(b, i))
			continue;
		if (n++ < KEYS_NAMED)
			str_addf(&names, "%s%s (%s)", n > 1 ? ", " : "", c->name, vml_state_name((enum vml_state)c->state));
	}
	if (n > KEYS_NAMED)
		str_addf(&names, " and %zu more", n - KEYS_NAMED);
	if (n != 0)
		rep_verdict(r, "static keys that B alone has are as its image has them: %s; --assume NAME=on or off compares the other way",
			    str_get(&names));
	str_free(&names);
}

static void fill(const struct side *a, const struct side *b, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "function", "", REP_STR, "", 0, false }, { "phases", "", REP_STR, "", 0, false },
		{ "change", "", REP_STR, "", 0, false },   { "op", "", REP_STR, "", 0, false },
		{ "register", "", REP_STR, "", 0, false }, { "before", "in A", REP_U64, "", 0, false },
		{ "after", "in B", REP_U64, "", 0, false }, { "needs", "", REP_STR, "", 0, false },
		{ "calls", "by way of", REP_STR, "", 0, false },
	};
	struct totals sum = { 0 };
	struct str va = STR_INIT, vb = STR_INIT, phases = STR_INIT;
	struct rep_table *t;

	subject_version(&a->kernel, &va);
	subject_version(&b->kernel, &vb);
	rep_fact(r, "a", "A", "%s (%s)", a->kernel.img->path, str_get(&va));
	rep_fact(r, "b", "B", "%s (%s)", b->kernel.img->path, str_get(&vb));
	subject_source(&a->kernel, r);
	subject_source(&b->kernel, r);
	phases_table(a, b, r);
	t = rep_table(r, "functions", "Functions whose operations differ", cols, 9);
	rep_many(t);
	compare(a, b, t, &sum);
	makers_table(a, b, r);
	subject_phases(sum.phases, &phases);
	if (sum.differ == 0)
		rep_verdict(r, "no difference: the %" PRIu64 " functions with system instructions that a vCPU may pass have the same ones, in "
			    "the same order", sum.functions);
	else
		rep_verdict(r, "%" PRIu64 " of %" PRIu64 " functions with system instructions that a vCPU may pass differ, in %s; "
			    "operations: %" PRIu64 " fewer, %" PRIu64 " more", sum.differ, sum.functions, str_get(&phases), sum.gone, sum.fresh);
	new_keys(&a->kernel, &b->kernel, r);
	str_free(&va);
	str_free(&vb);
	str_free(&phases);
}

int cmd_kernel_diff(int argc, char **argv, struct err *e)
{
	struct diff_args o = { 0 };
	struct side a = { 0 }, b = { 0 };
	struct args pos;
	struct rep *r;
	int rc;

	if (args_parse(&pos, &spec, argc, argv, &o, e) != 0)
		return -1;
	r = rep_new("kernel-diff", "Two kernels' system instructions");
	subject_several(&o.subject);
	rc = subject_open(&a.kernel, pos.pos.v[0], &o.subject, &a.unknown_lines, e);
	if (rc == 0)
		rc = subject_open(&b.kernel, pos.pos.v[1], &o.subject, &b.unknown_lines, e);
	rc = subject_all_assumed(&o.subject, rc, e);
	if (rc == 0) {
		take_items(&a, &o.subject);
		take_items(&b, &o.subject);
		fill(&a, &b, r);
		subject_notes(&b.kernel, &o.subject, b.unknown_lines, r);
		rc = output_write(&o.out, r, e);
	}
	rep_free(r);
	side_free(&a);
	side_free(&b);
	args_free(&pos);
	return rc;
}
