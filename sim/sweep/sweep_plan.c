/* SPDX-License-Identifier: Apache-2.0 */
/* The plan of a sweep: axes, wheels, points, the command line of each. */
#include "sim/sweep/sweep.h"

#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <string.h>

#define BLANKS " \t"

static const char *const kinds[] = { [SWEEP_OPTION] = "option", [SWEEP_FILE] = "include", [SWEEP_REPEAT] = "repeat" };

/* --- axes ------------------------------------------------------------------------------------- */

static bool is_include(const char *key)
{
	return strncmp(key, SWEEP_INCLUDE, strlen(SWEEP_INCLUDE)) == 0;
}

/* Columns of the view `points` beside the axes. */
static bool is_taken(const char *name)
{
	return strcmp(name, "point") == 0 || strcmp(name, "status") == 0 || strcmp(name, "error") == 0;
}

static struct sweep_axis *new_axis(struct sweep_plan *p, const char *key, const char *origin, struct err *e)
{
	struct sweep_axis *a = &p->axis[p->n_axis];
	const struct opt_row *row = NULL;

	if (p->n_axis == SWEEP_AXES_MAX) {
		err_set(e, ERR_CONFIG, "more than %d axes: want fewer", SWEEP_AXES_MAX);
		return NULL;
	}
	if (!is_include(key)) {
		row = opt_row_named(p->experiment.set, key, e);
		if (row == NULL)
			return NULL;
		if (strcmp(row->section, "sweep") == 0) {
			err_set(e, ERR_CONFIG, "%s: an option of the sweep itself cannot be an axis", key);
			return NULL;
		}
	}
	if (row == NULL && is_taken(key + strlen(SWEEP_INCLUDE))) {
		err_set(e, ERR_CONFIG, "%s: this name is a column of the results already: want another", key);
		return NULL;
	}
	p->n_axis++;
	*a = (struct sweep_axis){ .kind = row != NULL ? SWEEP_OPTION : SWEEP_FILE, .key = xstrdup(key), .row = row };
	a->s.name = xstrdup(row != NULL ? key : key + strlen(SWEEP_INCLUDE));
	a->s.kind = xstrdup(kinds[a->kind]);
	a->s.unit = xstrdup(row != NULL ? row->unit : "");
	a->s.help = xstrdup(row != NULL ? row->help : "file that is included");
	a->s.origin = xstrdup(origin);
	return a;
}

/* The file of "file:line". */
static int at_origin(struct err *e, const char *origin)
{
	const char *colon = strrchr(origin, ':');
	char *file = xstrdup(origin);
	uint64_t line = 0;

	if (colon != NULL && str_u64(colon + 1, &line))
		file[colon - origin] = '\0';
	(void)err_at(e, file, (unsigned long)line);
	free(file);
	return -1;
}

static int add_axis(struct sweep_plan *p, const char *key, const char *text, const char *dir, const char *origin,
		    struct err *e)
{
	struct sweep_axis *a = new_axis(p, key, origin, e);

	return a != NULL ? sweep_axis_values(a, p->experiment.set, text, dir, e) : -1;
}

/* --vary: instead of the axis of that name, or one more. */
static int vary(struct sweep_plan *p, const char *text, struct err *e)
{
	const char *eq = strchr(text, '=');
	char *key;
	int rc;

	if (eq == NULL || eq[1] == '\0')
		return err_set(e, ERR_USAGE, "--vary %s: want SECTION.KEY=VALUES, such as machine.vcpus=1..64*2", text);
	key = strndup(text, (size_t)(eq - text));
	BUG_ON(key == NULL);
	rc = add_axis(p, key, eq + 1, "", "command line", e);
	free(key);
	return rc == 0 ? 0 : err_at(e, "--vary", 0);
}

static bool varied(const struct arg_list *list, const char *key)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < list->n; i++)
		if (strncmp(list->v[i], key, n) == 0 && list->v[i][n] == '=')
			return true;
	return false;
}

/* run.seed, run.seed + 1, ... as the last axis. */
static int add_repeats(struct sweep_plan *p, struct err *e)
{
	int64_t n = p->experiment.sweep.repeats, seed = p->experiment.smp.seed;
	char text[64];
	struct sweep_axis *a;
	int rc;

	if (n == 1)
		return 0;
	for (size_t i = 0; i < p->n_axis; i++)
		if (strcmp(p->axis[i].key, "run.seed") == 0)
			return err_set(e, ERR_CONFIG, "[sweep] repeats = %" PRId64 ": run.seed is an axis already: want one of "
				       "them", n);
	(void)snprintf(text, sizeof(text), "%" PRId64 "..%" PRId64, seed, seed + n - 1);
	rc = add_axis(p, "run.seed", text, "", "repeats", e);
	a = &p->axis[p->n_axis - 1];
	if (rc == 0) {
		a->kind = SWEEP_REPEAT;
		free(a->s.kind);
		a->s.kind = xstrdup(kinds[SWEEP_REPEAT]);
	}
	return rc;
}

static int add_axes(struct sweep_plan *p, const struct arg_list *more, struct err *e)
{
	const struct opt_set *set = p->experiment.set;

	for (size_t i = 0; i < opt_gathered_count(set); i++) {
		struct opt_gathered g = opt_gathered_at(set, i);

		if (!varied(more, g.key) && add_axis(p, g.key, g.text, g.dir, g.origin, e) != 0)
			return at_origin(e, g.origin);
	}
	for (size_t i = 0; i < more->n; i++)
		if (vary(p, more->v[i], e) != 0)
			return -1;
	if (add_repeats(p, e) != 0)
		return -1;
	for (size_t i = 0; i < p->n_axis; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(p->axis[i].s.name, p->axis[k].s.name) == 0)
				return err_set(e, ERR_CONFIG, "two axes are called %s: want names of their own", p->axis[i].s.name);
	if (p->n_axis == 0)
		return err_set(e, ERR_CONFIG, "%s: no axes: want [sweep] with section.key = VALUES, or --vary "
			       "section.key=VALUES", p->config);
	return 0;
}

/* --- wheels ----------------------------------------------------------------------------------- */

/* One group of zip: its axes get the same number. */
static int zip_group(struct sweep_plan *p, char *group, unsigned number, struct err *e)
{
	const struct sweep_axis *first = NULL;
	char *name;

	while ((name = str_item(&group, ",")) != NULL) {
		const struct sweep_axis *found = sweep_axis_named(p, name, e);
		struct sweep_axis *a;

		if (found == NULL)
			return -1;
		a = &p->axis[found - p->axis];
		if (a->s.zip != 0)
			return err_set(e, ERR_CONFIG, "%s stands twice: want each axis in one group", name);
		if (first != NULL && a->s.n != first->s.n)
			return err_set(e, ERR_CONFIG, "%s has %zu values and %s %zu: want as many", first->s.name, first->s.n,
				       a->s.name, a->s.n);
		a->s.zip = number;
		first = first != NULL ? first : a;
	}
	return 0;
}

static int zip_axes(struct sweep_plan *p, struct err *e)
{
	char *copy = xstrdup(p->experiment.sweep.zip), *list = copy, *group;
	unsigned number = 0;
	int rc = 0;

	while (rc == 0 && copy[0] != '\0' && (group = str_item(&list, ";")) != NULL)
		rc = zip_group(p, group, ++number, e);
	free(copy);
	return rc;
}

/* A wheel per axis or group, where its first axis stands. */
static void make_wheels(struct sweep_plan *p)
{
	for (size_t i = 0; i < p->n_axis; i++) {
		struct sweep_axis *a = &p->axis[i];
		size_t k = i;

		if (a->s.zip != 0)
			for (k = 0; p->axis[k].s.zip != a->s.zip;)
				k++;
		if (k == i) {
			a->wheel = p->n_wheel++;
			p->wheel_size[a->wheel] = a->s.n;
		} else {
			a->wheel = p->axis[k].wheel;
		}
	}
}

static int make_points(struct sweep_plan *p, struct err *e)
{
	uint32_t ordinal[SWEEP_AXES_MAX];
	size_t cap = 0;

	p->product = 1;
	for (size_t w = 0; w < p->n_wheel; w++)
		if (__builtin_mul_overflow(p->product, p->wheel_size[w], &p->product) || p->product > SWEEP_PRODUCT_MAX)
			return err_set(e, ERR_CONFIG, "%s: more than %" PRIu64 " combinations: want fewer values", p->config,
				       SWEEP_PRODUCT_MAX);
	for (uint64_t i = 0; i < p->product; i++) {
		sweep_turn(p, i, ordinal);
		if (!sweep_where_keeps(p->where, p, ordinal))
			continue;
		if (p->n_point == SWEEP_POINTS_MAX)
			return err_set(e, ERR_CONFIG, "%s: more than %d points are left of %" PRIu64 " combinations: want fewer values, "
				       "or a [sweep] where that keeps less", p->config, SWEEP_POINTS_MAX, p->product);
		if (p->n_point == cap) {
			cap = cap * 2 + 256;
			p->point = xrealloc(p->point, cap * sizeof(*p->point));
		}
		p->point[p->n_point++] = i;
	}
	if (p->n_point == 0)
		return err_set(e, ERR_CONFIG, "%s: no point is left: [sweep] where = %s keeps none of %" PRIu64 ": want a "
			       "condition that some point meets", p->config, p->experiment.sweep.where, p->product);
	return 0;
}

/* --- command lines ---------------------------------------------------------------------------- */

static int take_command(struct sweep_plan *p, struct err *e)
{
	char *copy = xstrdup(p->experiment.sweep.command), *list = copy, *word;
	static const char *const refused[] = { "sweep", "merge", "query", "help" };
	const struct cmd *row;

	while ((word = str_word(&list, BLANKS)) != NULL) {
		p->word = xrealloc(p->word, (p->n_word + 1) * sizeof(*p->word));
		p->word[p->n_word++] = xstrdup(word);
	}
	free(copy);
	row = p->n_word != 0 ? cmd_row(&cmd_top_set, p->word[0]) : NULL;
	for (size_t i = 0; row != NULL && i < sizeof(refused) / sizeof(refused[0]); i++)
		if (strcmp(row->name, refused[i]) == 0)
			row = NULL;
	if (row == NULL)
		return err_set(e, ERR_CONFIG, "[sweep] command = %s: want a command that reports on a configuration, such as run, "
			       "compare, verify, abi", p->experiment.sweep.command);
	return 0;
}

static void add_word(struct sweep_words *w, char *word)
{
	w->v = xrealloc(w->v, (w->n + 2) * sizeof(*w->v));
	w->v[w->n++] = word;
	w->v[w->n] = NULL;
}

struct sweep_words sweep_words_of(const struct sweep_plan *p, const uint32_t *ordinal)
{
	struct sweep_words w = { NULL, 0 };

	add_word(&w, xstrdup(p->word[0]));
	add_word(&w, xstrdup(p->config));
	for (size_t i = 1; i < p->n_word; i++)
		add_word(&w, xstrdup(p->word[i]));
	for (size_t i = 0; i < p->overrides->n; i++)
		add_word(&w, xstrdup(p->overrides->v[i]));
	for (int files = 1; files >= 0; files--) /* what is included first: an option of an axis wins */
		for (size_t i = 0; i < p->n_axis; i++) {
			const struct sweep_axis *a = &p->axis[i];
			struct str b = STR_INIT;

			if ((a->kind == SWEEP_FILE) != (files == 1))
				continue;
			str_addf(&b, "--%s=%s", a->kind == SWEEP_FILE ? "el2sim.include" : a->key, a->s.value[ordinal[i]]);
			add_word(&w, b.s);
		}
	return w;
}

void sweep_words_free(struct sweep_words *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->v[i]);
	free(w->v);
	*w = (struct sweep_words){ NULL, 0 };
}

void sweep_words_text(const struct sweep_words *w, struct str *b)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=,:+@%";

	str_add(b, "el2sim");
	for (size_t i = 0; i < w->n; i++) {
		const char *s = w->v[i];

		str_addc(b, ' ');
		if (s[0] != '\0' && s[strspn(s, plain)] == '\0') {
			str_add(b, s);
			continue;
		}
		str_addc(b, '\'');
		for (; *s != '\0'; s++)
			str_addf(b, *s == '\'' ? "'\\''" : "%c", *s);
		str_addc(b, '\'');
	}
}

/* --- the whole -------------------------------------------------------------------------------- */

static int fill(struct sweep_plan *p, const struct arg_list *more, struct err *e)
{
	const char *where;
	struct opt_view v;

	if (config_load(&p->experiment, p->config, p->overrides, e) != 0 || take_command(p, e) != 0 ||
	    (strcmp(p->word[0], "compare") != 0 && config_is_one(&p->experiment, e) != 0) || add_axes(p, more, e) != 0)
		return -1;
	BUG_ON(!opt_find(p->experiment.set, "sweep", "zip", &v));
	if (zip_axes(p, e) != 0) {
		(void)err_at(e, "[sweep] zip", 0);
		return at_origin(e, v.origin);
	}
	make_wheels(p);
	where = p->experiment.sweep.where;
	BUG_ON(!opt_find(p->experiment.set, "sweep", "where", &v));
	if (where[0] != '\0' && (p->where = sweep_where_new(p, where, e)) == NULL) {
		(void)err_at(e, "[sweep] where", 0);
		return at_origin(e, v.origin);
	}
	return make_points(p, e) == 0 ? sweep_hash(p, e) : -1;
}

int sweep_plan_make(struct sweep_plan *p, const char *config, const struct arg_list *overrides,
		    const struct arg_list *more, struct err *e)
{
	memset(p, 0, sizeof(*p));
	p->config = config;
	p->overrides = overrides;
	return fill(p, more, e);
}

static void free_base(struct sweep_base *b)
{
	for (size_t i = 0; i < b->n; i++) {
		free((char *)b->v[i].name);
		free((char *)b->v[i].value);
		free((char *)b->v[i].unit);
		free((char *)b->v[i].origin);
		free((char *)b->v[i].source);
	}
	free(b->v);
}

void sweep_plan_free(struct sweep_plan *p)
{
	for (size_t i = 0; i < p->n_axis; i++)
		sweep_axis_free(&p->axis[i]);
	for (size_t i = 0; i < p->n_word; i++)
		free(p->word[i]);
	for (size_t i = 0; i < p->n_base; i++)
		free_base(&p->base[i]);
	tdestroy(p->files, free);
	sweep_where_free(p->where);
	free(p->word);
	free(p->words_digest);
	free(p->base);
	free(p->point);
	free(p->hash);
	config_free(&p->experiment);
	memset(p, 0, sizeof(*p));
}

/* --- into the results file -------------------------------------------------------------------- */

static int store_metas(const struct sweep_plan *p, struct store *s, struct err *e)
{
	const struct sweep_options *o = &p->experiment.sweep;
	struct str again = STR_INIT;
	char n[24];
	int rc = 0;

	(void)snprintf(n, sizeof(n), "%zu", p->n_point);
	str_addf(&again, "el2sim sweep %s", p->config);
	for (size_t i = 0; i < p->overrides->n; i++)
		str_addf(&again, " %s", p->overrides->v[i]);
	for (size_t i = 0; i < p->n_axis; i++)
		if (strcmp(p->axis[i].s.origin, "command line") == 0) {
			str_addf(&again, " --vary '%s=", p->axis[i].key);
			for (size_t k = 0; k < p->axis[i].s.n; k++)
				str_addf(&again, "%s%s", k != 0 ? "," : "", p->axis[i].s.value[k]);
			str_addc(&again, '\'');
		}
	const char *const metas[][2] = {
		{ "title", o->title }, { "question", o->question }, { "headline", o->headline }, { "config", p->config },
		{ "command", o->command }, { "program", "el2sim " EL2SIM_VERSION }, { "program_hash", p->program },
		{ "points", n }, { "reproduce", str_get(&again) },
	};

	for (size_t i = 0; rc == 0 && i < sizeof(metas) / sizeof(metas[0]); i++)
		rc = store_put_meta(s, metas[i][0], metas[i][1], e);
	str_free(&again);
	return rc;
}

static int store_one(const struct sweep_plan *p, size_t i, struct store *s, struct err *e)
{
	uint32_t ordinal[SWEEP_AXES_MAX];
	struct store_point sp = { .ordinal = ordinal };
	struct sweep_words w;
	struct str b = STR_INIT;
	int rc;

	sweep_ordinals(p, i, ordinal);
	w = sweep_words_of(p, ordinal);
	sweep_words_text(&w, &b);
	memcpy(sp.hash, p->hash[i], sizeof(sp.hash));
	sp.config = sweep_base_of(p, ordinal);
	sp.command = b.s;
	rc = store_put_point(s, i, &sp, e);
	sweep_words_free(&w);
	str_free(&b);
	return rc;
}

static int store_all(const struct sweep_plan *p, struct store *s, struct err *e)
{
	if (store_metas(p, s, e) != 0)
		return -1;
	for (size_t i = 0; i < p->n_axis; i++)
		if (store_put_axis(s, &p->axis[i].s, e) != 0)
			return -1;
	for (size_t b = 0; b < p->n_base; b++)
		for (size_t i = 0; i < p->base[b].n; i++)
			if (store_put_setting(s, b, &p->base[b].v[i], e) != 0)
				return -1;
	for (size_t i = 0; i < p->n_point; i++)
		if (store_one(p, i, s, e) != 0)
			return -1;
	return store_plan_end(s, e);
}

int sweep_plan_store(const struct sweep_plan *p, struct store *s, struct err *e)
{
	bool needed;

	if (store_plan_begin(s, p->plan, &needed, e) != 0)
		return -1;
	if (!needed || store_all(p, s, e) == 0)
		return 0;
	store_plan_drop(s);
	return -1;
}
