/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the two files of a recording, and comparing what both of them count. */
#include "models/hyp/path_import.h"

#include <inttypes.h>
#include <string.h>

#include "models/hyp/softreg.h"
#include "traces/csv.h"

enum totals_type { TEXT, COUNT, FRACTION };

static const char *const columns[TOT_COUNT] = {
#define X(name, type) #name,
	TOTALS_COLUMNS(X)
#undef X
};

static const enum totals_type types[TOT_COUNT] = {
#define X(name, type) type,
	TOTALS_COLUMNS(X)
#undef X
};

void path_import_free(struct path_import *im)
{
	free(im->kernel);
	free(im->cpu);
	free(im->mode);
	free(im->tag);
}

static int find_kind(const char *name, enum path_kind *kind, struct err *e)
{
	const char *names[PATH_KIND_COUNT], *near;

	if (path_kind_by_name(name, kind))
		return 0;
	for (size_t i = 0; i < PATH_KIND_COUNT; i++)
		names[i] = path_kind_name((enum path_kind)i);
	near = str_nearest(name, names, PATH_KIND_COUNT);
	if (near != NULL)
		return err_set(e, ERR_INPUT, "unknown exit kind \"%.40s\": did you mean \"%s\"?",
			       name, near);
	return err_set(e, ERR_INPUT,
		       "unknown exit kind \"%.40s\": add the row PATH_KIND(%.40s, \"...\") "
		       "to path_kinds.def, or drop its rows",
		       name, name);
}

/* --- totals ----------------------------------------------------------------------------------- */

static int take_numbers(const struct csv *c, uint64_t *total, struct err *e)
{
	for (size_t i = 0; i < TOT_COUNT; i++) {
		if (types[i] == COUNT && csv_u64(c, i, PATH_VALUE_MAX, &total[i], e) != 0)
			return -1;
		if (types[i] == FRACTION && csv_fraction(c, i, e) != 0)
			return -1;
	}
	return 0;
}

/* The rows of a file carry one tag. */
static int take_tag(struct path_import *im, const char *tag, struct err *e)
{
	if (im->tag == NULL)
		im->tag = xstrdup(tag);
	if (strcmp(im->tag, tag) == 0)
		return 0;
	return err_set(e, ERR_INPUT, "tag = \"%.40s\" after \"%.40s\": want one recording per file",
		       tag, im->tag);
}

static int take_totals(struct path_import *im, const struct csv *c, const char *const *fields,
		       unsigned long line, struct err *e)
{
	uint64_t total[TOT_COUNT] = { 0 };
	struct path_recorded *rec;
	enum path_kind kind;

	if (take_numbers(c, total, e) != 0)
		return -1;
	if (take_tag(im, fields[TOT_tag], e) != 0 || find_kind(fields[TOT_kind], &kind, e) != 0)
		return csv_at(c, e);
	if (total[TOT_cfg] != im->cfg)
		return 0;
	rec = &im->kind[kind];
	if (rec->pair != 0) {
		err_set(e, ERR_INPUT, "%s with cfg %u for the second time: want it once",
			fields[TOT_kind], im->cfg);
		return csv_at(c, e);
	}
	rec->pair = im->pairs;
	rec->line = line;
	memcpy(rec->total, total, sizeof(total));
	return 0;
}

static int read_totals(struct path_import *im, const char *path, struct err *e)
{
	struct csv *c = csv_open(path, columns, TOT_COUNT, e);
	const char *const *fields;
	unsigned long line = 1;
	int r;

	if (c == NULL)
		return -1;
	while ((r = csv_next(c, &fields, e)) == 1) {
		if (take_totals(im, c, fields, ++line, e) != 0) {
			r = -1;
			break;
		}
	}
	csv_close(c);
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
	    find_kind(row->exit, &kind, e) != 0)
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
				       path_kind_name(kind), im->cfg, columns[s->column], want, got,
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
