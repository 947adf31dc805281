/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/effective.h"

#include <stdio.h>
#include <string.h>

#include "sim/base/digest.h"
#include "sim/base/str.h"

/* The file of an origin "file:line", as length. */
static int file_of(const char *origin)
{
	const char *colon = strrchr(origin, ':');

	return (int)(colon != NULL ? (size_t)(colon - origin) : strlen(origin));
}

/* --- one -------------------------------------------------------------------------------------- */

/* Said by the file itself, not by what it includes, or on the command line. */
static bool is_own(const struct config *c, const struct opt_view *v)
{
	size_t n = (size_t)file_of(v->origin);

	return !v->is_default && (strcmp(v->origin, "command line") == 0 ||
				  (n == strlen(c->path) && strncmp(v->origin, c->path, n) == 0));
}

static void own_table(const struct config *c, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "key", "option", REP_STR, "", 0, false }, { "value", "", REP_STR, "", 0, false },
		{ "unit", "", REP_STR, "", 0, false },	    { "default", "", REP_STR, "", 0, false },
		{ "origin", "", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, REP_ASKED, "Set by this configuration itself", cols, 5);

	rep_detail(t);
	for (size_t i = 0; i < opt_count(c->set); i++) {
		struct opt_view v = opt_at(c->set, i);

		if (!is_own(c, &v))
			continue;
		rep_strf(t, "%s.%s", v.row->section, v.row->key);
		rep_str(t, v.value);
		rep_str(t, v.row->unit);
		if (v.row->def != NULL)
			rep_str(t, v.row->def);
		else
			rep_none(t);
		rep_str(t, v.origin);
	}
}

/* --- several ---------------------------------------------------------------------------------- */

/* Texts for people: other in every configuration, and no difference. */
static bool is_name(const struct opt_view *v)
{
	return (strcmp(v->row->section, "run") == 0 && strcmp(v->row->key, "title") == 0) ||
	       (strcmp(v->row->section, "profile") == 0 && strcmp(v->row->key, "source") == 0);
}

static bool differs(const struct effective *x, size_t n, const struct opt_view *v)
{
	struct opt_view w;

	for (size_t i = 1; i < n; i++) {
		if (!opt_find(x[i].config->set, v->row->section, v->row->key, &w) || strcmp(v->value, w.value) != 0)
			return true;
	}
	return false;
}

static void difference_table(const struct effective *x, size_t n, struct rep *r)
{
	struct rep_col *cols = xcalloc(n + 2, sizeof(*cols));
	char(*keys)[16] = xcalloc(n, sizeof(*keys));
	struct opt_view v, w;
	struct rep_table *t;

	cols[0] = (struct rep_col){ .key = "key", .title = "option", .type = REP_STR };
	cols[1] = (struct rep_col){ .key = "unit", .type = REP_STR };
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(keys[i], sizeof(keys[i]), "c%zu", i + 1);
		cols[i + 2] = (struct rep_col){ .key = keys[i], .title = x[i].title, .type = REP_STR };
	}
	t = rep_table(r, REP_ASKED, "What differs between the configurations", cols, n + 2);
	rep_detail(t);
	for (size_t k = 0; k < opt_count(x[0].config->set); k++) {
		v = opt_at(x[0].config->set, k);
		if (is_name(&v) || !differs(x, n, &v))
			continue;
		rep_strf(t, "%s.%s", v.row->section, v.row->key);
		rep_str(t, v.row->unit);
		for (size_t i = 0; i < n; i++) {
			if (opt_find(x[i].config->set, v.row->section, v.row->key, &w))
				rep_str(t, w.value);
			else
				rep_none(t);
		}
	}
	free(cols);
	free(keys);
}

/* --- all of it -------------------------------------------------------------------------------- */

static void value_rows(struct rep_table *t, const struct effective *x, bool named)
{
	for (size_t i = 0; i < opt_count(x->config->set); i++) {
		struct opt_view v = opt_at(x->config->set, i);

		if (v.is_default)
			continue;
		if (named)
			rep_str(t, x->title);
		rep_strf(t, "%s.%s", v.row->section, v.row->key);
		rep_str(t, v.value);
		rep_str(t, v.row->unit);
		rep_str(t, v.origin);
		rep_str(t, v.source);
	}
}

/* The file's name: that a folder is called otherwise makes no other configuration. What is in it is an input of its own. */
static const char *bare_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* Provenance of those: each as one hash, and the files that it was read from or names. effective_tables does it, too. */
static void effective_sources(const struct effective *x, size_t n, struct rep *r)
{
	for (size_t k = 0; k < n; k++) {
		const struct opt_set *set = x[k].config->set;
		struct str text = STR_INIT;
		char digest[DIGEST_TEXT];

		for (size_t i = 0; i < opt_files(set); i++)
			rep_source(r, REP_OF_INPUT, opt_file_at(set, i), NULL);
		for (size_t i = 0; i < opt_count(set); i++) {
			struct opt_view v = opt_at(set, i);
			bool path = opt_is_file(v.row, v.value);

			str_addf(&text, "%s.%s=%s\n", v.row->section, v.row->key, path ? bare_name(v.value) : v.value);
			if (path && v.value[0] != '\0')
				rep_source(r, REP_OF_INPUT, v.value, NULL);
		}
		digest_text(str_get(&text), text.len, digest);
		rep_source(r, REP_OF_CONFIG, x[k].title[0] != '\0'	 ? x[k].title
					     : x[k].config->path[0] != '\0' ? x[k].config->path
									      : "defaults and overrides", digest);
		str_free(&text);
	}
}

void effective_source(const struct config *c, struct rep *r)
{
	effective_sources(&(struct effective){ c, "" }, 1, r);
}

void effective_tables(const struct effective *x, size_t n, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "configuration", "", REP_STR, "", 0, false }, { "key", "option", REP_STR, "", 0, false },
		{ "value", "", REP_STR, "", 0, false },		{ "unit", "", REP_STR, "", 0, false },
		{ "origin", "", REP_STR, "", 0, false },	{ "source", "", REP_STR, "", 0, false },
	};
	struct rep_table *t;

	if (n == 1)
		own_table(x[0].config, r);
	else
		difference_table(x, n, r);
	t = rep_table(r, REP_EFFECTIVE, "Effective configuration, without defaults", n == 1 ? cols + 1 : cols,
		      n == 1 ? 5 : 6);
	rep_detail(t);
	for (size_t i = 0; i < n; i++)
		value_rows(t, &x[i], n != 1);
	effective_sources(x, n, r);
}
