/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/measured/path.h"

#include <stdio.h>
#include <string.h>

#include "sim/base/err.h"

static const char *const kind_names[PATH_KIND_COUNT] = {
#define PATH_KIND(name, help) #name,
#include "models/hyp/measured/path_kinds.def"
};

static const char *const kind_helps[PATH_KIND_COUNT] = {
#define PATH_KIND(name, help) help,
#include "models/hyp/measured/path_kinds.def"
};

struct item_row {
	const char *name, *unit, *help;
};

static const struct item_row items[PATH_ITEM_COUNT] = {
#define PATH_ITEM(key, unit, column, help) { #key, unit, help },
#include "models/hyp/measured/path.def"
};

static const char *const vcpu_features[] = {
#define VCOND(id, key, help) key,
#include "models/hyp/kvm/conds.def"
	NULL
};

#define MEMBER(m) offsetof(struct path_profile, m)

static const struct opt_row rows[] = {
	{ "profile", "kernel", OPT_STR, MEMBER(kernel), "", 0, 0, "", NULL,
	  "kernel that was recorded: version and what else names it" },
	{ "profile", "machine", OPT_STR, MEMBER(machine), "", 0, 0, "", NULL,
	  "CPU that was recorded" },
	{ "profile", "mode", OPT_STR, MEMBER(mode), "", 0, 0, "", NULL,
	  "mode of KVM that was recorded: vhe, nvhe, hvhe, protected" },
	{ "profile", "vcpu", OPT_FLAGS, MEMBER(vcpu), "none", 0, 0, "", vcpu_features,
	  "features of the vCPU that was recorded" },
	{ "profile", "recorded_with", OPT_STR, MEMBER(recorded_with), "", 0, 0, "", NULL,
	  "how it was recorded" },
	{ "profile", "source", OPT_STR, MEMBER(source), "", 0, 0, "", NULL,
	  "where the numbers of the table come from" },
	{ "profile", "table", OPT_PATH, MEMBER(table), "", 0, 0, "", NULL,
	  "the numbers: a CSV file with a row per exit kind, as el2sim import-profile writes it" },
};

/* Files of before path profiles were tables. */
static int refuse_section(struct opt_set *set, const char *section, void *ctx, struct err *e)
{
	(void)set;
	(void)ctx;
	return err_set(e, ERR_CONFIG, "[%s]: the numbers of a path profile are a table: want [profile] table = FILE.csv; "
		       "import the recording again (el2sim import-profile)", section);
}

void path_opt_add(struct opt_set *set, struct path_profile *p)
{
	opt_add(set, rows, sizeof(rows) / sizeof(rows[0]), p);
	opt_sections(set, "path", refuse_section, NULL);
}

const char *const *path_vcpu_names(void)
{
	return vcpu_features;
}

bool path_has(const struct path_profile *p, enum path_kind kind)
{
	BUG_ON(kind >= PATH_KIND_COUNT);
	for (size_t i = 0; i < PATH_ITEM_COUNT; i++)
		if (p->item[kind][i] != PATH_NOT_MEASURED)
			return true;
	return false;
}

uint64_t path_get(const struct path_profile *p, enum path_kind kind, enum path_item item)
{
	BUG_ON(kind >= PATH_KIND_COUNT || item >= PATH_ITEM_COUNT);
	return p->item[kind][item] > 0 ? (uint64_t)p->item[kind][item] : 0;
}

const char *path_kind_name(enum path_kind kind)
{
	BUG_ON(kind >= PATH_KIND_COUNT);
	return kind_names[kind];
}

const char *path_kind_help(enum path_kind kind)
{
	BUG_ON(kind >= PATH_KIND_COUNT);
	return kind_helps[kind];
}

bool path_kind_by_name(const char *name, enum path_kind *kind)
{
	for (size_t i = 0; i < PATH_KIND_COUNT; i++) {
		if (strcmp(kind_names[i], name) == 0) {
			*kind = (enum path_kind)i;
			return true;
		}
	}
	return false;
}

int path_kind_find(const char *name, enum path_kind *kind, struct err *e)
{
	char row[160];

	if (path_kind_by_name(name, kind))
		return 0;
	(void)snprintf(row, sizeof(row), "add the row PATH_KIND(%.40s, \"...\") to path_kinds.def, or drop its rows", name);
	return err_unknown(e, ERR_INPUT, name, kind_names, PATH_KIND_COUNT, row, "unknown exit kind \"%.40s\"", name);
}

const char *path_item_name(enum path_item item)
{
	BUG_ON(item >= PATH_ITEM_COUNT);
	return items[item].name;
}

const char *path_item_unit(enum path_item item)
{
	BUG_ON(item >= PATH_ITEM_COUNT);
	return items[item].unit;
}

const char *path_item_help(enum path_item item)
{
	BUG_ON(item >= PATH_ITEM_COUNT);
	return items[item].help;
}
