/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hash of a point: what decides its result. Command, every effective option, the content of every file that an
 * option or the command names (not the folder it is in), and the program itself.
 */
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <string.h>

#include "sim/sweep/sweep.h"

/* --- files ------------------------------------------------------------------------------------ */

struct file {
	char digest[DIGEST_TEXT];
	char path[];
};

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

/* A file that cannot be read now would make this the hash of another point: sweep_hash fails. */
static int take_digest(struct sweep_plan *p, const char *path, char digest[static DIGEST_TEXT])
{
	int rc = digest_file(path, digest);

	if (rc < 0 && p->unread[0] == '\0')
		(void)snprintf(p->unread, sizeof(p->unread), "%s: cannot be read: %s", path, strerror(errno));
	return rc;
}

/* Digest of a file's content, read once; "" if there is none. */
static const char *file_digest(struct sweep_plan *p, const char *path)
{
	size_t n = strlen(path) + 1;
	struct file *key = xmalloc(sizeof(*key) + n), **found;

	memcpy(key->path, path, n);
	found = tsearch(key, &p->files, by_path);
	BUG_ON(found == NULL);
	if (*found == key)
		take_digest(p, path, key->digest);
	else
		free(key);
	return (*found)->digest;
}

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* --- bases ------------------------------------------------------------------------------------ */

static bool is_sweep(const struct opt_row *row)
{
	return strcmp(row->section, "sweep") == 0;
}

/* Options as they are with these overrides. */
static int snapshot(struct sweep_base *b, const char *config, const struct arg_list *overrides, struct err *e)
{
	struct config c;
	int rc = config_load(&c, config, overrides, e);

	for (size_t i = 0; rc == 0 && i < opt_count(c.set); i++) {
		struct opt_view v = opt_at(c.set, i);
		struct str name = STR_INIT;

		if (is_sweep(v.row))
			continue;
		str_addf(&name, "%s.%s", v.row->section, v.row->key);
		b->v = xrealloc(b->v, (b->n + 1) * sizeof(*b->v));
		b->v[b->n++] = (struct store_setting){ name.s, xstrdup(v.value), xstrdup(v.row->unit), xstrdup(v.origin),
						       xstrdup(v.source) };
	}
	config_free(&c);
	return rc;
}

size_t sweep_base_of(const struct sweep_plan *p, const uint32_t *ordinal)
{
	size_t base = 0;

	for (size_t i = 0; i < p->n_axis; i++)
		if (p->axis[i].kind == SWEEP_FILE)
			base = base * p->axis[i].s.n + ordinal[i];
	return base;
}

/* One base per combination that a point has; the others stay empty. */
static int make_base(struct sweep_plan *p, const uint32_t *ordinal, struct err *e)
{
	struct sweep_base *b = &p->base[sweep_base_of(p, ordinal)];
	struct arg_list all = { xcalloc(p->overrides->n + p->n_axis + 1, sizeof(*all.v)), 0 };
	struct str text[SWEEP_AXES_MAX];
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < p->overrides->n; i++)
		all.v[all.n++] = p->overrides->v[i];
	for (size_t i = 0; i < p->n_axis; i++) {
		if (p->axis[i].kind != SWEEP_FILE)
			continue;
		text[n] = STR_INIT;
		str_addf(&text[n], "el2sim.include=%s", p->axis[i].s.value[ordinal[i]]);
		all.v[all.n++] = str_get(&text[n++]);
	}
	rc = snapshot(b, p->config, &all, e);
	for (size_t i = 0; i < n; i++)
		str_free(&text[i]);
	free(all.v);
	return rc;
}

/* --- hashes ----------------------------------------------------------------------------------- */

/* What is the same of an option at every point. */
struct trait {
	const struct opt_row *row;
	size_t axis; /* that sets it; SIZE_MAX: none */
};

/* Called for every option of every point: no formats. */
static void add_option(struct sweep_plan *p, const char *name, const char *value, bool path, struct str *b)
{
	str_add(b, name);
	str_addc(b, '=');
	if (path && value[0] != '\0') {
		str_add(b, file_name(value));
		str_addc(b, ' ');
		str_add(b, file_digest(p, value));
	} else {
		str_add(b, value);
	}
	str_addc(b, '\n');
}

static void hash_point(struct sweep_plan *p, const struct trait *traits, size_t point, struct str *b)
{
	uint32_t ordinal[SWEEP_AXES_MAX];
	const struct sweep_base *base;

	sweep_ordinals(p, point, ordinal);
	base = &p->base[sweep_base_of(p, ordinal)];
	str_reset(b);
	str_addf(b, "%s\n%s\n%s\n", p->program, p->words_digest, file_name(p->config));
	for (size_t i = 0; i < base->n; i++) {
		size_t axis = traits[i].axis;
		const char *value = axis != SIZE_MAX ? p->axis[axis].s.value[ordinal[axis]] : base->v[i].value;

		add_option(p, base->v[i].name, value, opt_is_file(traits[i].row, value), b);
	}
	digest_text(str_get(b), b->len, p->hash[point]);
}

/* The command, with digests of the files that it names. */
static void hash_words(struct sweep_plan *p)
{
	struct str b = STR_INIT;

	for (size_t i = 0; i < p->n_word; i++) {
		const char *digest = i != 0 ? file_digest(p, p->word[i]) : "";

		str_addf(&b, "%s %s\n", digest[0] != '\0' ? file_name(p->word[i]) : p->word[i], digest);
	}
	str_addf(&b, "%s\n", p->experiment.sweep.metrics); /* what is stored of a report */
	p->words_digest = b.s;
}

static void hash_plan(struct sweep_plan *p)
{
	const struct sweep_options *o = &p->experiment.sweep;
	struct str b = STR_INIT;

	str_addf(&b, "%s\n%s\n%s\n%s\n%s\n", p->config, o->title, o->question, o->headline, o->metrics);
	for (size_t i = 0; i < p->n_axis; i++) {
		const struct store_axis *a = &p->axis[i].s;

		str_addf(&b, "%s %s %u %s\n", a->name, a->kind, a->zip, a->origin);
		for (size_t k = 0; k < a->n; k++)
			str_addf(&b, "%s %s\n", a->label[k], a->value[k]);
	}
	for (size_t i = 0; i < p->n_base; i++)
		for (size_t k = 0; k < p->base[i].n; k++)
			str_addf(&b, "%s %s\n", p->base[i].v[k].origin, p->base[i].v[k].source);
	for (size_t i = 0; i < p->n_point; i++)
		str_addf(&b, "%s\n", p->hash[i]);
	digest_text(str_get(&b), b.len, p->plan);
	str_free(&b);
}

/* Options stand in the same order in every base. */
static struct trait *make_traits(const struct sweep_plan *p)
{
	const struct opt_set *set = p->experiment.set;
	struct trait *traits = xcalloc(opt_count(set) + 1, sizeof(*traits));
	size_t n = 0;

	for (size_t i = 0; i < opt_count(set); i++) {
		const struct opt_row *row = opt_at(set, i).row;

		if (is_sweep(row))
			continue;
		traits[n].row = row;
		traits[n].axis = SIZE_MAX;
		for (size_t k = 0; k < p->n_axis; k++)
			if (p->axis[k].row == row)
				traits[n].axis = k;
		n++;
	}
	return traits;
}

int sweep_hash(struct sweep_plan *p, struct err *e)
{
	uint32_t ordinal[SWEEP_AXES_MAX];
	struct str b = STR_INIT;
	struct trait *traits;

	if (take_digest(p, "/proc/self/exe", p->program) != 1)
		digest_text(EL2SIM_VERSION, strlen(EL2SIM_VERSION), p->program);
	hash_words(p);
	p->n_base = 1;
	for (size_t i = 0; i < p->n_axis; i++)
		if (p->axis[i].kind == SWEEP_FILE)
			p->n_base *= p->axis[i].s.n;
	p->base = xcalloc(p->n_base, sizeof(*p->base));
	p->hash = xcalloc(p->n_point, sizeof(*p->hash));
	for (size_t i = 0; i < p->n_point; i++) {
		sweep_ordinals(p, i, ordinal);
		if (p->base[sweep_base_of(p, ordinal)].n == 0 && make_base(p, ordinal, e) != 0)
			return -1;
	}
	traits = make_traits(p);
	for (size_t i = 0; i < p->n_point; i++)
		hash_point(p, traits, i, &b);
	free(traits);
	str_free(&b);
	hash_plan(p);
	return p->unread[0] == '\0' ? 0 : err_set(e, ERR_INPUT, "%s: want it, for the hash of the points", p->unread);
}
