/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/measured/reference.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "models/cpu/sysreg.h"
#include "sim/base/str.h"
#include "traces/csv.h"

enum column {
#define REF_COLUMN(name) COL_##name,
#include "models/hyp/measured/reference.def"
	COL_COUNT
};

static const char *const columns[COL_COUNT] = {
#define REF_COLUMN(name) #name,
#include "models/hyp/measured/reference.def"
};

static const char *const ops[REF_OP_COUNT] = {
#define REF_OP(id, help) #id,
#include "models/hyp/measured/reference.def"
};

static const char *const regions[REF_REGION_COUNT] = {
#define REF_REGION(id, help) #id,
#include "models/hyp/measured/reference.def"
};

const char *ref_op_name(enum ref_op op)
{
	BUG_ON(op >= REF_OP_COUNT);
	return ops[op];
}

const char *ref_region_name(enum ref_region region)
{
	BUG_ON(region >= REF_REGION_COUNT);
	return regions[region];
}

struct ref {
	struct csv *csv;
	char effective[REF_REGISTER]; /* of the row that was read last, if it had a generic name */
};

struct ref *ref_open(const char *path, struct err *e)
{
	struct csv *csv = csv_open(path, columns, COL_COUNT, e);
	struct ref *r;

	if (csv == NULL)
		return NULL;
	r = xmalloc(sizeof(*r));
	r->csv = csv;
	return r;
}

void ref_close(struct ref *r)
{
	if (r == NULL)
		return;
	csv_close(r->csv);
	free(r);
}

int ref_at(const struct ref *r, struct err *e)
{
	return csv_at(r->csv, e);
}

static int unknown_word(const struct csv *c, const char *text, const char *column, const char *const *names,
			size_t n, struct err *e)
{
	struct str known = STR_INIT;

	for (size_t i = 0; i < n; i++)
		str_addf(&known, "%s%s", i != 0 ? ", " : "", names[i]);
	err_set(e, ERR_INPUT, "%s = \"%.40s\": want one of %s", column, text,
		str_get(&known));
	str_free(&known);
	return csv_at(c, e);
}

static int word(const struct csv *c, const char *text, const char *column, const char *const *names, size_t n,
		uint8_t *v, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(text, names[i]) == 0) {
			*v = (uint8_t)i;
			return 0;
		}
	}
	return unknown_word(c, text, column, names, n, e);
}

int ref_op_field(const struct csv *c, const char *text, uint8_t *op, struct err *e)
{
	return word(c, text, "op", ops, REF_OP_COUNT, op, e);
}

int ref_region_field(const struct csv *c, const char *text, uint8_t *region, struct err *e)
{
	return word(c, text, "region", regions, REF_REGION_COUNT, region, e);
}

const char *ref_register(const char *name, char buf[static REF_REGISTER])
{
	bool generic = name[0] == 's' && isdigit((unsigned char)name[1]) != 0;
	enum sysreg reg = generic ? sysreg_by_name(name) : SR_NONE;

	if (reg == SR_NONE)
		return name;
	(void)snprintf(buf, REF_REGISTER, "%s", sysreg_name(reg));
	for (char *c = buf; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return buf;
}

static int small(const struct csv *c, enum column col, uint64_t max, uint8_t *v, struct err *e)
{
	uint64_t n;

	if (csv_u64(c, col, max, &n, e) != 0)
		return -1;
	*v = (uint8_t)n;
	return 0;
}

int ref_next(struct ref *r, struct ref_row *row, struct err *e)
{
	const struct csv *c = r->csv;
	const char *const *f;
	int got = csv_next(r->csv, &f, e);

	if (got <= 0)
		return got;
	*row = (struct ref_row){
		.kernel = f[COL_kernel],
		.cpu = f[COL_cpu],
		.mode = f[COL_mode],
		.exit = f[COL_exit],
		.reg = f[COL_register],
		.effective = ref_register(f[COL_effective_register], r->effective),
		.function = f[COL_function],
	};
	if (small(c, COL_cfg, REF_CFG_MAX, &row->cfg, e) != 0 ||
	    ref_op_field(c, f[COL_op], &row->op, e) != 0 ||
	    small(c, COL_el, 3, &row->el, e) != 0 ||
	    ref_region_field(c, f[COL_region], &row->region, e) != 0 ||
	    csv_u64(c, COL_count, REF_COUNT_MAX, &row->count, e) != 0)
		return -1;
	return 1;
}

const char *ref_plain_function(const char *function)
{
	static const char prefix[] = "__kvm_nvhe_";
	size_t n = sizeof(prefix) - 1;

	return strncmp(function, prefix, n) == 0 ? function + n : function;
}
