/* SPDX-License-Identifier: Apache-2.0 */
/* The set of options: rows, lookup by name, overrides, defaults, views. */
#include "sim/base/opt.h"

#include <string.h>

#include "sim/base/opt_impl.h"

struct opt_set *opt_new(void)
{
	return xcalloc(1, sizeof(struct opt_set));
}

static void free_slot(struct opt_slot *slot)
{
	free(slot->name);
	free(slot->value);
	free(slot->origin);
	free(slot->source);
	free(slot);
}

void opt_free(struct opt_set *set)
{
	if (set == NULL)
		return;
	for (size_t i = 0; i < set->n; i++)
		free_slot(set->slots[i]);
	for (size_t i = 0; i < set->n_gathered; i++) {
		free(set->gathered[i].key);
		free(set->gathered[i].text);
		free(set->gathered[i].origin);
		free(set->gathered[i].dir);
	}
	free(set->gathered);
	free(set->kinds);
	free(set->slots);
	free(set->sorted);
	for (unsigned long i = 0; i < set->files; i++)
		free(set->file[i]);
	free(set->file);
	free(set);
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct opt_slot *const *)a)->name, (*(struct opt_slot *const *)b)->name);
}

static char *joined(const char *section, const char *key)
{
	struct str b = STR_INIT;

	str_addf(&b, "%s.%s", section, key);
	return b.s;
}

void opt_add(struct opt_set *set, const struct opt_row *rows, size_t n, void *base)
{
	if (n == 0)
		return;
	set->slots = xrealloc(set->slots, (set->n + n) * sizeof(struct opt_slot *));
	set->sorted = xrealloc(set->sorted, (set->n + n) * sizeof(struct opt_slot *));
	for (size_t i = 0; i < n; i++) {
		struct opt_slot *slot = xcalloc(1, sizeof(*slot));

		slot->row = &rows[i];
		slot->base = base;
		slot->name = joined(rows[i].section, rows[i].key);
		set->slots[set->n++] = slot;
	}
	memcpy(set->sorted, set->slots, set->n * sizeof(struct opt_slot *));
	qsort(set->sorted, set->n, sizeof(struct opt_slot *), by_name);
	for (size_t i = 1; i < set->n; i++)
		if (strcmp(set->sorted[i - 1]->name, set->sorted[i]->name) == 0)
			BUG("two option rows have the same section.key");
}

/* --- lookup ----------------------------------------------------------------------------------- */

/* Place of the first name that is not before this one. */
static size_t lower_bound(const struct opt_set *set, const char *name)
{
	size_t low = 0, high = set->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(set->sorted[mid]->name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct opt_slot *opt_slot_named(const struct opt_set *set, const char *name)
{
	size_t i = lower_bound(set, name);

	return i < set->n && strcmp(set->sorted[i]->name, name) == 0 ? set->sorted[i] : NULL;
}

struct opt_slot *opt_slot_in(const struct opt_set *set, const char *section, const char *key)
{
	char *name = joined(section, key);
	struct opt_slot *slot = opt_slot_named(set, name);

	free(name);
	return slot != NULL && strcmp(slot->row->section, section) == 0 ? slot : NULL;
}

bool opt_has_section(const struct opt_set *set, const char *section)
{
	char *prefix = joined(section, "");
	size_t n = strlen(prefix);
	bool found = false;

	for (size_t i = lower_bound(set, prefix); !found && i < set->n; i++) {
		if (strncmp(set->sorted[i]->name, prefix, n) != 0)
			break;
		found = strcmp(set->sorted[i]->row->section, section) == 0;
	}
	free(prefix);
	return found;
}

void opt_sections(struct opt_set *set, const char *prefix, opt_section_fn *make, void *ctx)
{
	set->kinds = xrealloc(set->kinds, (set->n_kinds + 1) * sizeof(*set->kinds));
	set->kinds[set->n_kinds++] = (struct opt_kind){ prefix, make, ctx };
}

int opt_section_make(struct opt_set *set, const char *section, struct err *e)
{
	for (size_t i = 0; i < set->n_kinds; i++) {
		const struct opt_kind *k = &set->kinds[i];
		size_t n = strlen(k->prefix);

		if (strncmp(section, k->prefix, n) == 0 && section[n] == '.')
			return opt_has_section(set, section) ? 0 : k->make(set, section, k->ctx, e);
	}
	return 0;
}

/* The section of "section.key", which may have a dot itself. */
static int make_section_of(struct opt_set *set, const char *name, struct err *e)
{
	const char *dot = strrchr(name, '.');
	struct str section = STR_INIT;
	int rc = 0;

	if (dot != NULL) {
		str_addn(&section, name, (size_t)(dot - name));
		rc = opt_section_make(set, str_get(&section), e);
	}
	str_free(&section);
	return rc;
}

/* Nearest of the words that pick returns for each slot; pick may return NULL for "not this one". */
static const char *nearest(const struct opt_set *set, const char *word, const char *section,
			   const char *(*pick)(const struct opt_slot *, const char *))
{
	const char **names = xcalloc(set->n + 2, sizeof(*names));
	const char *near;
	size_t n = 0;

	for (size_t i = 0; i < set->n; i++) {
		const char *name = pick(set->slots[i], section);

		if (name != NULL && (n == 0 || strcmp(names[n - 1], name) != 0))
			names[n++] = name;
	}
	near = str_nearest(word, names, n);
	free(names);
	return near;
}

static const char *pick_section(const struct opt_slot *slot, const char *section)
{
	(void)section;
	return slot->row->section;
}

static const char *pick_key(const struct opt_slot *slot, const char *section)
{
	return strcmp(slot->row->section, section) == 0 ? slot->row->key : NULL;
}

static const char *pick_name(const struct opt_slot *slot, const char *section)
{
	(void)section;
	return slot->name;
}

const char *opt_near_section(const struct opt_set *set, const char *section)
{
	return nearest(set, section, NULL, pick_section);
}

const char *opt_near_key(const struct opt_set *set, const char *section, const char *key)
{
	return nearest(set, key, section, pick_key);
}

const char *opt_near_name(const struct opt_set *set, const char *name)
{
	return nearest(set, name, NULL, pick_name);
}

/* --- storing ---------------------------------------------------------------------------------- */

static void replace(char **old, const char *text)
{
	char *copy = xstrdup(text);

	free(*old);
	*old = copy;
}

static void write_member(struct opt_slot *slot, const struct opt_value *v)
{
	void *p = (char *)slot->base + slot->row->offset;

	switch (slot->row->type) {
	case OPT_INT:
	case OPT_FIXED:
		*(int64_t *)p = v->num;
		return;
	case OPT_BOOL:
		*(bool *)p = v->num != 0;
		return;
	case OPT_ENUM:
		*(int *)p = (int)v->num;
		return;
	case OPT_FLAGS:
		*(uint64_t *)p = v->bits;
		return;
	case OPT_STR:
	case OPT_NAMED:
	case OPT_PATH:
		*(const char **)p = slot->value;
		return;
	}
	BUG("unknown type of option row");
}

static void store(struct opt_slot *slot, struct opt_value *v, const char *origin)
{
	replace(&slot->value, str_get(&v->text));
	replace(&slot->origin, origin);
	write_member(slot, v);
	str_free(&v->text);
}

void opt_store(struct opt_slot *slot, struct opt_value *v, const char *origin)
{
	store(slot, v, origin);
	free(slot->source);
	slot->source = NULL;
	slot->is_set = true;
}

void opt_store_source(struct opt_slot *slot, const char *text)
{
	replace(&slot->source, text);
}

/* --- command line ----------------------------------------------------------------------------- */

static char *trimmed(const char *s, size_t n)
{
	struct str b = STR_INIT;

	for (; n > 0 && (*s == ' ' || *s == '\t'); n--)
		s++;
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	str_addn(&b, s, n);
	return b.s;
}

static int override(struct opt_set *set, const char *name, const char *text, struct err *e)
{
	struct opt_slot *slot;
	const char *near;
	struct opt_value v;

	if (opt_text_check(text, strlen(text), e) != 0 || make_section_of(set, name, e) != 0)
		return -1;
	slot = opt_slot_named(set, name);
	if (slot == NULL) {
		near = opt_near_name(set, name);
		return err_unknown(e, ERR_CONFIG, name, &near, near != NULL, "\"el2sim config --doc\" lists them",
				   "unknown option \"%.100s\"", name);
	}
	if (opt_value_parse(slot->row, text, "", &v, e) != 0)
		return -1;
	opt_store(slot, &v, "command line");
	return 0;
}

int opt_override(struct opt_set *set, const char *assignment, struct err *e)
{
	const char *s = strncmp(assignment, "--", 2) == 0 ? assignment + 2 : assignment;
	const char *eq = strchr(s, '=');
	char *name, *text;
	int r;

	if (eq == NULL)
		return err_set(e, ERR_USAGE,
			       "command line: \"%.100s\" has no value: want section.key=value", s);
	name = trimmed(s, (size_t)(eq - s));
	text = trimmed(eq + 1, strlen(eq + 1));
	r = override(set, name, text, e);
	free(name);
	free(text);
	return r == 0 ? 0 : err_at(e, "command line", 0);
}

/* --- values that are not stored ---------------------------------------------------------------- */

const struct opt_row *opt_row_named(const struct opt_set *set, const char *name, struct err *e)
{
	const struct opt_slot *slot = opt_slot_named(set, name);
	const char *near;

	if (slot != NULL)
		return slot->row;
	near = opt_near_name(set, name);
	(void)err_unknown(e, ERR_CONFIG, name, &near, near != NULL, "\"el2sim config --doc\" lists them",
			  "unknown option \"%.100s\"", name);
	return NULL;
}

int opt_check(const struct opt_set *set, const char *name, const char *text, const char *dir, struct str *b,
	      int64_t *num, struct err *e)
{
	const struct opt_row *row = opt_row_named(set, name, e);
	struct opt_value v;

	str_reset(b);
	if (row == NULL || opt_text_check(text, strlen(text), e) != 0 || opt_value_parse(row, text, dir, &v, e) != 0)
		return -1;
	str_add(b, str_get(&v.text));
	if (num != NULL)
		*num = v.num;
	str_free(&v.text);
	return 0;
}

void opt_gather(struct opt_set *set, const char *section, const char *prefix)
{
	set->gather_section = section;
	set->gather_prefix = prefix;
}

void opt_gather_put(struct opt_set *set, const char *key, const char *text, const char *origin, const char *dir)
{
	struct opt_gather *g = NULL;

	for (size_t i = 0; g == NULL && i < set->n_gathered; i++)
		if (strcmp(set->gathered[i].key, key) == 0)
			g = &set->gathered[i];
	if (g == NULL) {
		set->gathered = xrealloc(set->gathered, (set->n_gathered + 1) * sizeof(*set->gathered));
		g = &set->gathered[set->n_gathered++];
		*g = (struct opt_gather){ .key = xstrdup(key) };
	}
	replace(&g->text, text);
	replace(&g->origin, origin);
	replace(&g->dir, dir);
}

size_t opt_gathered_count(const struct opt_set *set)
{
	return set->n_gathered;
}

struct opt_gathered opt_gathered_at(const struct opt_set *set, size_t i)
{
	const struct opt_gather *g = &set->gathered[i];

	BUG_ON(i >= set->n_gathered);
	return (struct opt_gathered){ g->key, g->text, g->origin, g->dir };
}

/* --- defaults and views ----------------------------------------------------------------------- */

int opt_done(struct opt_set *set, struct err *e)
{
	for (size_t i = 0; i < set->n; i++) {
		struct opt_slot *slot = set->slots[i];
		struct opt_value v;

		if (slot->is_set)
			continue;
		if (slot->row->def == NULL)
			return err_set(e, ERR_CONFIG,
				       "[%s] %s is not set and has no default: set it (%s)",
				       slot->row->section, slot->row->key, slot->row->help);
		if (opt_value_parse(slot->row, slot->row->def, "", &v, e) != 0)
			return err_at(e, "default", 0);
		store(slot, &v, "default");
	}
	return 0;
}

size_t opt_files(const struct opt_set *set)
{
	return set->files;
}

const char *opt_file_at(const struct opt_set *set, size_t i)
{
	return set->file[i];
}

size_t opt_count(const struct opt_set *set)
{
	return set->n;
}

static struct opt_view view(const struct opt_slot *slot)
{
	return (struct opt_view){
		.row = slot->row,
		.value = slot->value != NULL ? slot->value : "",
		.origin = slot->origin != NULL ? slot->origin : "default",
		.source = slot->source != NULL ? slot->source : "",
		.is_default = !slot->is_set,
	};
}

struct opt_view opt_at(const struct opt_set *set, size_t i)
{
	BUG_ON(i >= set->n);
	return view(set->slots[i]);
}

bool opt_find(const struct opt_set *set, const char *section, const char *key, struct opt_view *v)
{
	const struct opt_slot *slot = opt_slot_in(set, section, key);

	if (slot == NULL)
		return false;
	*v = view(slot);
	return true;
}

int opt_blame(const struct opt_set *set, const char *section, const char *key, struct err *e)
{
	struct str place = STR_INIT;
	struct opt_view v;

	BUG_ON(!opt_find(set, section, key, &v));
	str_addf(&place, "%s: [%s] %s", v.origin, section, key);
	e->code = ERR_CONFIG;
	(void)err_at(e, str_get(&place), 0);
	str_free(&place);
	return -1;
}
