/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/golden/verify: what recorded kernels executed. <combination>.csv holds counts,
 * <combination>-order.csv ops in order; the columns before op are empty where they are those of the
 * row before. A kind that is nearly like an earlier one names it (like) and has the rows that
 * differ only.
 */
#ifndef EL2SIM_TESTS_VERIFY_GOLDEN_H
#define EL2SIM_TESTS_VERIFY_GOLDEN_H

#include <glob.h>

#include "models/hyp/check/inject.h"
#include "models/hyp/measured/recpath.h"
#include "models/hyp/measured/verify.h"
#include "models/hyp/measured/verify_combo.h"
#include "tests/ws_fixture.h"
#include "traces/csv.h"

#define VG_DIR    "tests/golden/verify"

#define UNUSED_OK __attribute__((unused))

/* One combination of kernel, CPU and mode. */
struct vg {
	char name[48];   /* 6.12-n1-vhe-ipi */
	struct verify v; /* expected counts; free with vg_free */
	struct fixture_machine machine;
	const struct ws_model *model;
};

/* "6.12-n1-vhe-ipi" to its parts, machine and model. */
UNUSED_OK static void vg_open(struct vg *g, const char *name)
{
	struct str path = STR_INIT;
	struct err e = { ERR_NONE, "" };

	memset(g, 0, sizeof(*g));
	(void)snprintf(g->name, sizeof(g->name), "%s", name);
	ck_assert_int_eq(sscanf(name, "%15[^-]-%15[^-]-%15[^-]", g->v.kernel, g->v.cpu, g->v.mode),
			 3);
	g->model = combo_model(g->v.kernel, g->v.mode, &e);
	str_add(&path, EL2SIM_SOURCE_DIR "/configs/machine/");
	ck_assert_msg(g->model != NULL && combo_profile(&path, g->v.cpu, &e) == 0, "%s", e.text);
	fixture_machine_from(&g->machine, str_get(&path), NULL);
	str_free(&path);
}

UNUSED_OK static void vg_free(struct vg *g)
{
	verify_free(&g->v);
	opt_free(g->machine.set);
}

UNUSED_OK static struct ws_prog *vg_compile(const struct vg *g, unsigned cfg, size_t skip)
{
	struct ws_config wc;
	struct err e = { ERR_NONE, "" };
	struct ws_prog *p;

	ws_config_init(&wc);
	wc.model = g->model;
	wc.machine = &g->machine.m;
	wc.vcpu = verify_cfg_features(cfg, wc.machine);
	p = ws_compile(&wc, &e);
	ck_assert_msg(p != NULL, "%s: %s", g->name, e.text);
	if (skip != SIZE_MAX)
		(void)ws_drop_row(p, skip);
	return p;
}

static enum ref_op vg_op(const char *name)
{
	for (unsigned i = 0; i < REF_OP_COUNT; i++) {
		if (strcmp(name, ref_op_name((enum ref_op)i)) == 0)
			return (enum ref_op)i;
	}
	ck_abort_msg("no op %s", name);
	return REF_OP_COUNT;
}

static struct verify_case *vg_case(struct verify *v, unsigned cfg, const char *exit)
{
	struct verify_case *c;
	enum exit_kind k;

	v->c = xrealloc(v->c, (v->n + 1) * sizeof(*v->c));
	c = &v->c[v->n++];
	memset(c, 0, sizeof(*c));
	(void)snprintf(c->exit, sizeof(c->exit), "%s", exit);
	c->cfg = cfg;
	c->modelled = exit_by_name(exit, &k);
	return c;
}

static struct verify_item *vg_find(const struct verify_case *c, enum ref_op op, const char *name)
{
	for (size_t i = 0; i < c->n; i++) {
		if (c->item[i].op == op && strcmp(c->item[i].name, name) == 0)
			return &c->item[i];
	}
	return NULL;
}

/* Set a count. */
static void vg_item(struct verify_case *c, enum ref_op op, const char *name, uint64_t count)
{
	struct verify_item *it = vg_find(c, op, name);

	if (it == NULL) {
		c->item = xrealloc(c->item, (c->n + 1) * sizeof(*c->item));
		it = &c->item[c->n++];
		memset(it, 0, sizeof(*it));
		it->op = (uint8_t)op;
		(void)snprintf(it->name, sizeof(it->name), "%s", name);
	}
	it->ref = count;
}

static void vg_count_lrs(struct verify_case *c)
{
	for (size_t i = 0; i < c->n; i++) {
		unsigned lr = verify_lr_of((enum ref_op)c->item[i].op, c->item[i].name);

		if (c->item[i].ref != 0 && lr > c->lrs)
			c->lrs = lr;
	}
}

static const struct verify_case *vg_by_exit(const struct verify *v, unsigned cfg, const char *exit)
{
	for (size_t i = 0; i < v->n; i++) {
		if (v->c[i].cfg == cfg && strcmp(v->c[i].exit, exit) == 0)
			return &v->c[i];
	}
	ck_abort_msg("no kind %s before", exit);
	return NULL;
}

/* The kinds of a row's second column, each with the counts of the kind that they are like. */
static void vg_add_cases(struct verify *v, unsigned cfg, const char *exits, const char *like)
{
	char *copy = xstrdup(exits);

	for (char *w = strtok(copy, " "); w != NULL; w = strtok(NULL, " ")) {
		struct verify_case *c = vg_case(v, cfg, w);
		const struct verify_case *from = like[0] != '\0' ? vg_by_exit(v, cfg, like) : NULL;

		for (size_t i = 0; from != NULL && i < from->n; i++)
			vg_item(c, (enum ref_op)from->item[i].op, from->item[i].name,
				from->item[i].ref);
	}
	free(copy);
}

/* The counts that are kept for a combination. */
UNUSED_OK static void vg_read(struct vg *g, const char *name)
{
	static const char *const columns[] = { "cfg", "exits", "like", "op", "register", "count" };
	struct err e = { ERR_NONE, "" };
	const char *const *f;
	size_t first = 0;
	char path[200];
	struct csv *csv;
	int rc;

	vg_open(g, name);
	(void)snprintf(path, sizeof(path), VG_DIR "/%s.csv", name);
	csv = csv_open(path, columns, 6, &e);
	ck_assert_msg(csv != NULL, "%s", e.text);
	while ((rc = csv_next(csv, &f, &e)) == 1) {
		uint64_t count, cfg;

		if (f[0][0] != '\0') {
			first = g->v.n;
			ck_assert(str_u64(f[0], &cfg));
			vg_add_cases(&g->v, (unsigned)cfg, f[1], f[2]);
		}
		if (f[3][0] == '\0')
			continue;
		ck_assert(str_u64(f[5], &count) && first < g->v.n);
		for (size_t i = first; i < g->v.n; i++)
			vg_item(&g->v.c[i], vg_op(f[3]), f[4], count);
	}
	for (size_t i = 0; i < g->v.n; i++)
		vg_count_lrs(&g->v.c[i]);
	ck_assert_msg(rc == 0, "%s", e.text);
	csv_close(csv);
}

/* Names in VG_DIR, in order; those of orders, if told. Free with globfree; name with vg_name. */
UNUSED_OK static void vg_list(glob_t *g, bool order)
{
	ck_assert_int_eq(glob(order ? VG_DIR "/*-order.csv" : VG_DIR "/*[!r].csv", 0, NULL, g), 0);
}

UNUSED_OK static const char *vg_name(const char *path, char buf[static 64])
{
	const char *base = strrchr(path, '/') + 1;
	size_t n = strlen(base) - 4;

	if (n > 6 && strncmp(base + n - 6, "-order", 6) == 0)
		n -= 6;
	(void)snprintf(buf, 64, "%.*s", (int)n, base);
	return buf;
}

/* --- writing ---------------------------------------------------------------------------------- */

static int vg_by_name(const void *a, const void *b)
{
	const struct verify_item *x = a, *y = b;
	int d = (int)x->op - (int)y->op;

	return d != 0 ? d : strcmp(x->name, y->name);
}

/* Add the rows of c that from (NULL = nothing) has not; what only that has is 0. Returns their
 * number. */
static size_t vg_rows(const struct verify_case *c, const struct verify_case *from, struct str *out)
{
	size_t rows = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct verify_item *it = &c->item[i], *have = NULL;

		if (from != NULL)
			have = vg_find(from, (enum ref_op)it->op, it->name);
		if (have != NULL && have->ref == it->ref)
			continue;
		str_addf(out, "%s%s,%s,%llu\n", rows++ == 0 ? "" : ",,,",
			 ref_op_name((enum ref_op)it->op), it->name, (unsigned long long)it->ref);
	}
	for (size_t i = 0; from != NULL && i < from->n; i++) {
		const struct verify_item *it = &from->item[i];

		if (vg_find(c, (enum ref_op)it->op, it->name) == NULL)
			str_addf(out, "%s%s,%s,0\n", rows++ == 0 ? "" : ",,,",
				 ref_op_name((enum ref_op)it->op), it->name);
	}
	return rows;
}

static bool vg_is_written(const struct verify *v, const bool *done, size_t i, unsigned cfg)
{
	return done[i] && v->c[i].cfg == cfg;
}

/* The earlier kind that c differs least from; NULL when none is near. */
static const struct verify_case *vg_like(const struct verify *v, const bool *done,
					 const struct verify_case *c)
{
	const struct verify_case *best = NULL;
	size_t least = c->n / 2;
	struct str rows = STR_INIT;

	for (size_t i = 0; i < v->n; i++) {
		size_t n =
			vg_is_written(v, done, i, c->cfg) ? vg_rows(c, &v->c[i], &rows) : SIZE_MAX;

		if (n < least) {
			least = n;
			best = &v->c[i];
		}
	}
	str_free(&rows);
	return best;
}

/* A reference as the text of its golden; kinds without a usual path are left out. */
UNUSED_OK static void vg_text(struct verify *v, struct str *out)
{
	bool *done = xcalloc(v->n + 1, sizeof(*done));

	str_add(out, "cfg,exits,like,op,register,count\n");
	for (size_t i = 0; i < v->n; i++)
		qsort(v->c[i].item, v->c[i].n, sizeof(*v->c[i].item), vg_by_name);
	for (size_t i = 0; i < v->n; i++) {
		const struct verify_case *c = &v->c[i], *like = vg_like(v, done, c);
		struct str rows = STR_INIT;

		if (done[i] || c->left_out || c->n == 0)
			continue;
		str_addf(out, "%u,%s", c->cfg, c->exit);
		done[i] = true;
		for (size_t k = i + 1; k < v->n; k++) {
			if (v->c[k].left_out || done[k] || v->c[k].cfg != c->cfg ||
			    vg_rows(&v->c[k], c, &rows) != 0)
				continue;
			done[k] = true;
			str_addf(out, " %s", v->c[k].exit);
		}
		str_reset(&rows);
		(void)vg_rows(c, like, &rows);
		str_addf(out, ",%s,%s", like != NULL ? like->exit : "",
			 rows.len != 0 ? str_get(&rows) : ",,\n");
		str_free(&rows);
	}
	free(done);
}

UNUSED_OK static void vg_order_text(const struct recpath *o, struct str *out)
{
	for (size_t i = 0; i < o->n; i++) {
		if (i == 0)
			str_addf(out, "%u,%s,", o->cfg, o->exit);
		else
			str_add(out, ",,");
		str_addf(out, "%s,%s\n", ref_op_name((enum ref_op)o->op[i].op), o->op[i].name);
	}
}

#endif
