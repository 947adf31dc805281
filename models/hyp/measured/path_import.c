/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the two files of a recording, and comparing what both of them count. */
#include "models/hyp/measured/path_import.h"

#include <inttypes.h>
#include <string.h>

#include "models/hyp/measured/softreg.h"

void path_import_free(struct path_import *im)
{
	free(im->kernel);
	free(im->cpu);
	free(im->mode);
	free(im->tag);
}

/* --- totals ----------------------------------------------------------------------------------- */

static int take_totals(struct path_import *im, const struct totals_row *row, struct err *e)
{
	struct path_recorded *rec;
	enum path_kind kind;

	if (im->tag == NULL)
		im->tag = xstrdup(row->tag);
	if (path_kind_find(row->kind, &kind, e) != 0)
		return -1;
	if (row->v[TOT_cfg] != im->cfg)
		return 0;
	rec = &im->kind[kind];
	if (rec->pair != 0)
		return err_set(e, ERR_INPUT, "%s with cfg %u for the second time: want it once", row->kind, im->cfg);
	rec->pair = im->pairs;
	rec->line = row->line;
	memcpy(rec->total, row->v, sizeof(rec->total));
	return 0;
}

static int read_totals(struct path_import *im, const char *path, struct err *e)
{
	struct totals *t = totals_open(path, e);
	struct totals_row row;
	int r;

	if (t == NULL)
		return -1;
	while ((r = totals_next(t, &row, e)) == 1) {
		if (take_totals(im, &row, e) != 0) {
			r = totals_at(t, e);
			break;
		}
	}
	totals_close(t);
	return r;
}

/* --- registers -------------------------------------------------------------------------------- */

static int same(char **have, const char *what, const char *got, struct err *e)
{
	if (*have == NULL)
		*have = xstrdup(got);
	if (strcmp(*have, got) == 0)
		return 0;
	return err_set(e, ERR_INPUT, "%s = \"%.40s\" after \"%.40s\": want one %s in all files",
		       what, got, *have, what);
}

static int take_register(struct path_import *im, const struct ref_row *row, struct err *e)
{
	struct path_recorded *rec;
	enum path_item item;
	enum path_kind kind;

	if (same(&im->kernel, "kernel", row->kernel, e) != 0 ||
	    same(&im->cpu, "cpu", row->cpu, e) != 0 || same(&im->mode, "mode", row->mode, e) != 0 ||
	    path_kind_find(row->exit, &kind, e) != 0)
		return -1;
	if (row->cfg != im->cfg)
		return 0;
	rec = &im->kind[kind];
	if (rec->pair != im->pairs)
		return err_set(e, ERR_INPUT,
			       "exit = %s, cfg = %u is not in the totals: want the files of "
			       "one recording",
			       row->exit, im->cfg);
	if (row->region != REF_REGION_host && row->region != REF_REGION_hyp)
		return 0;
	rec->op[row->op] += row->count;
	if (softreg_item(row->reg, (enum ref_op)row->op, row->function, &item)) {
		rec->soft_op[row->op] += row->count;
		rec->soft[item] += row->count;
	}
	return 0;
}

static int read_registers(struct path_import *im, const char *path, struct err *e)
{
	struct ref *r = ref_open(path, e);
	struct ref_row row;
	int got;

	if (r == NULL)
		return -1;
	while ((got = ref_next(r, &row, e)) == 1) {
		if (take_register(im, &row, e) != 0) {
			got = ref_at(r, e);
			break;
		}
	}
	ref_close(r);
	return got;
}

/* --- do they agree? --------------------------------------------------------------------------- */

/* Columns of the totals that are sums over the registers. */
static const struct sum_row {
	enum totals_column column;
	enum ref_op op;
	bool soft;
} sums[] = {
#define S(name) { TOT_##name, REF_OP_##name, false }
	S(read), S(write), S(isb), S(dsb), S(dmb), S(eret), S(hvc), S(tlbi), S(at), S(dc), S(ic),
	S(dczva), S(sb), S(pstate), S(wfx),
#undef S
	{ TOT_soft_read, REF_OP_read, true },
	{ TOT_soft_write, REF_OP_write, true },
};

static int compare_kind(const struct path_import *im, enum path_kind kind, struct err *e)
{
	const struct path_recorded *rec = &im->kind[kind];

	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		const struct sum_row *s = &sums[i];
		uint64_t want = rec->total[s->column];
		uint64_t got = s->soft ? rec->soft_op[s->op] : rec->op[s->op];

		if (want != got)
			return err_set(e, ERR_INPUT,
				       "%s, cfg %u: %s = %" PRIu64 ", but %" PRIu64
				       " in the registers: want both files of one recording%s",
				       path_kind_name(kind), im->cfg, totals_column_name(s->column), want, got,
				       s->soft ? ", and every soft access in softreg.def"
					       : ", with rows of this cfg");
	}
	return 0;
}

/* Tags are KERNEL-CPU-MODE, or that and "-" and more. */
static int compare_tag(const struct path_import *im, struct err *e)
{
	struct str want = STR_INIT;
	int r = 0;

	str_addf(&want, "%s-%s-%s", im->kernel, im->cpu, im->mode);
	if (strncmp(im->tag, str_get(&want), want.len) != 0 ||
	    (im->tag[want.len] != '\0' && im->tag[want.len] != '-'))
		r = err_set(e, ERR_INPUT,
			    "tag = \"%.40s\" but the registers are of \"%.90s\": want the "
			    "files of one recording",
			    im->tag, str_get(&want));
	str_free(&want);
	return r;
}

static int compare(const struct path_import *im, const char *totals, struct err *e)
{
	unsigned n = 0;

	if (im->tag == NULL || im->kernel == NULL) {
		err_set(e, ERR_INPUT,
			"no rows in the totals or in the registers: want a recording");
		return err_at(e, totals, 0);
	}
	if (compare_tag(im, e) != 0)
		return err_at(e, totals, 2);
	for (size_t i = 0; i < PATH_KIND_COUNT; i++) {
		if (im->kind[i].pair != im->pairs)
			continue;
		n++;
		if (compare_kind(im, (enum path_kind)i, e) != 0)
			return err_at(e, totals, im->kind[i].line);
	}
	if (n != 0)
		return 0;
	err_set(e, ERR_INPUT, "no rows with cfg %u: want --cfg to name one that was recorded",
		im->cfg);
	return err_at(e, totals, 0);
}

int path_import_add(struct path_import *im, const char *totals, const char *registers,
		    struct err *e)
{
	im->pairs++;
	free(im->tag);
	im->tag = NULL;
	if (read_totals(im, totals, e) != 0 || read_registers(im, registers, e) != 0)
		return -1;
	return compare(im, totals, e);
}
