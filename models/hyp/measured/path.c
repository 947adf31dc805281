/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/measured/path.h"

#include <string.h>

#include "sim/base/err.h"

static const char *const kind_names[PATH_KIND_COUNT] = {
#define PATH_KIND(name, help) #name,
#include "models/hyp/measured/path_kinds.def"
#undef PATH_KIND
};

static const char *const kind_helps[PATH_KIND_COUNT] = {
#define PATH_KIND(name, help) help,
#include "models/hyp/measured/path_kinds.def"
#undef PATH_KIND
};

struct item_row {
	const char *name, *unit, *help;
};

static const struct item_row items[PATH_ITEM_COUNT] = {
#define X(kind, key, unit, column, help) { #key, unit, help },
	PATH_ITEMS(X, )
#undef X
};

static const char *const vcpu_features[] = {
#define KCOND(id, help)
#define VCOND(id, key, help) key,
#define SCOND(id, key, help)
#include "models/hyp/kvm/conds.def"
#undef KCOND
#undef VCOND
#undef SCOND
	NULL
};

#define MEMBER(m) offsetof(struct path_profile, m)
#define ITEM(kind, key)                                                                             \
	(MEMBER(item) +                                                                             \
	 (PATH_KIND_##kind * (size_t)PATH_ITEM_COUNT + PATH_##key) * sizeof(int64_t))

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
	  "where the numbers of all [path.*] sections come from" },
#define X(kind, key, unit, column, help)                                                            \
	{ "path." #kind, #key, OPT_INT, ITEM(kind, key), "-1", PATH_NOT_MEASURED, PATH_VALUE_MAX,    \
	  unit, NULL, help " (-1 = not measured)" },
#define PATH_KIND(name, help) PATH_ITEMS(X, name)
#include "models/hyp/measured/path_kinds.def"
#undef PATH_KIND
#undef X
};

const struct opt_row *path_opt_rows(size_t *n)
{
	*n = sizeof(rows) / sizeof(rows[0]);
	return rows;
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
