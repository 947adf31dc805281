/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim config: effective values and where each came from; --doc: the reference of all options. */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "sim/cmd/cmd.h"
#include "sim/app/config.h"
#include "sim/app/effective.h"
#include "sim/app/output.h"
#include "sim/base/share.h"
#include "sim/base/str.h"

struct config_args {
	struct output_args out;
	bool doc, all, list;
};

static const struct arg_row arg_rows[] = {
	OUTPUT_ARG_ROWS(struct config_args, out),
	{ "--doc", NULL, ARG_FLAG, offsetof(struct config_args, doc), .help = "print every option with its default, range, unit and meaning" },
	{ "--list", NULL, ARG_FLAG, offsetof(struct config_args, list), .help = "print the shipped configurations and traces: every command takes these names, in any folder" },
	{ "--all", NULL, ARG_FLAG, offsetof(struct config_args, all), .help = "print also what nobody set" },
};

static const struct arg_spec spec = { .name = "config", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows),
				      .min_pos = 0, .max_pos = 1, .overrides = true };

/* "0..100000 cycles", the names of an enumeration, or nothing. */
static const char *range_text(const struct opt_row *r, struct str *b)
{
	str_reset(b);
	if (r->names != NULL) {
		for (size_t i = 0; r->names[i] != NULL; i++)
			str_addf(b, "%s%s", i != 0 ? ", " : "", r->names[i]);
	} else if (r->type == OPT_INT) {
		str_addf(b, "%lld..%lld", (long long)r->min, (long long)r->max);
	} else if (r->type == OPT_FIXED) {
		str_addf(b, "%lld.%03lld..%lld.%03lld", (long long)(r->min / 1000),
			 (long long)(r->min % 1000), (long long)(r->max / 1000), (long long)(r->max % 1000));
	} else if (r->type == OPT_BOOL) {
		str_add(b, "yes, no");
	}
	return str_get(b);
}

static void doc_table(const struct config *c, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "key", "option", REP_STR, "", 0, false },	{ "default", "", REP_STR, "", 0, false },
		{ "unit", "", REP_STR, "", 0, false },		{ "range", "", REP_STR, "", 0, false },
		{ "help", "meaning", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "options", "Options", cols, 5);
	struct str b = STR_INIT;

	for (size_t i = 0; i < opt_count(c->set); i++) {
		struct opt_view v = opt_at(c->set, i);

		rep_strf(t, "%s.%s", v.row->section, v.row->key);
		rep_str(t, v.row->def != NULL ? v.row->def : "(must be set)");
		rep_str(t, v.row->unit);
		rep_str(t, range_text(v.row, &b));
		rep_str(t, v.row->help);
	}
	str_free(&b);
}

static void syntax_table(struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "form", "in [sweep]", REP_STR, "", 0, false },
		{ "meaning", "", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "sweep", "Axes of a sweep", cols, 2);
	const struct sweep_syntax *rows;
	size_t n;

	rows = sweep_syntax_rows(&n);
	for (size_t i = 0; i < n; i++) {
		rep_str(t, rows[i].form);
		rep_str(t, rows[i].meaning);
	}
}

/* What the table of a path profile holds: columns and rows. */
static void profile_tables(struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "column", "", REP_STR, "", 0, false }, { "unit", "", REP_STR, "", 0, false },
		{ "help", "meaning, per exit", REP_STR, "", 0, false },
	};
	static const struct rep_col kinds[] = {
		{ "kind", "", REP_STR, "", 0, false }, { "help", "meaning", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "profile", "Columns of [profile] table, after kind and source", cols, 3);

	for (enum path_item i = 0; i < PATH_ITEM_COUNT; i++) {
		rep_str(t, path_item_name(i));
		rep_str(t, path_item_unit(i));
		rep_str(t, path_item_help(i));
	}
	t = rep_table(r, "profile_kinds", "Kinds of [profile] table", kinds, 2);
	for (enum path_kind k = 0; k < PATH_KIND_COUNT; k++) {
		rep_str(t, path_kind_name(k));
		rep_str(t, path_kind_help(k));
	}
}

static void value_table(const struct config *c, bool all, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "key", "option", REP_STR, "", 0, false },  { "value", "", REP_STR, "", 0, false },
		{ "unit", "", REP_STR, "", 0, false },	     { "origin", "", REP_STR, "", 0, false },
		{ "source", "", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "values", "Effective configuration", cols, 5);

	for (size_t i = 0; i < opt_count(c->set); i++) {
		struct opt_view v = opt_at(c->set, i);

		if (v.is_default && !all)
			continue;
		rep_strf(t, "%s.%s", v.row->section, v.row->key);
		rep_str(t, v.value);
		rep_str(t, v.row->unit);
		rep_str(t, v.origin);
		rep_str(t, v.source);
	}
	if (!all)
		rep_note(r, "options that nobody set are left out; --all prints them with their defaults");
}

/* --- shipped files ---------------------------------------------------------------------------- */

/* First sentence of the comment that a configuration begins with; "" if there is none. */
static int first_comment(const char *path, struct str *b, struct err *e)
{
	FILE *f = fopen(path, "re");
	const char *stop;
	char line[400];

	str_reset(b);
	if (f == NULL)
		return err_set(e, ERR_CONFIG, "%s: cannot be read: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f) != NULL && line[0] == '#') {
		line[strcspn(line, "\r\n")] = '\0';
		str_addf(b, "%s%s", b->len != 0 ? " " : "", line + 1 + strspn(line + 1, " "));
	}
	if (ferror(f) != 0) {
		(void)err_set(e, ERR_CONFIG, "%s: cannot be read: %s", path, strerror(errno));
		(void)fclose(f);
		return -1;
	}
	(void)fclose(f);
	stop = strstr(str_get(b), ". ");
	if (stop != NULL) {
		b->len = (size_t)(stop - b->s);
		b->s[b->len] = '\0';
	}
	return 0;
}

static int list_folder(struct rep_table *t, const char *folder, const char *pattern, bool about,
		       struct err *e)
{
	struct str at = STR_INIT, says = STR_INIT;
	glob_t g = { 0 };
	size_t skip;
	int rc;

	share_dir(&at, folder);
	skip = at.len - strlen(folder);
	str_addf(&at, "/%s", pattern);
	rc = share_glob(str_get(&at), &g);
	if (rc == -1 || rc == GLOB_NOSPACE)
		rc = err_set(e, ERR_CONFIG, "%s: cannot be read: %s", str_get(&at), strerror(errno));
	else
		rc = 0;
	for (size_t i = 0; rc == 0 && i < g.gl_pathc; i++) {
		rc = first_comment(g.gl_pathv[i], &says, e);
		rep_str(t, g.gl_pathv[i] + skip);
		if (about)
			rep_str(t, str_get(&says));
	}
	if (rc == 0 && g.gl_pathc == 0) {
		str_reset(&says);
		share_hint(&says);
		rc = err_set(e, ERR_CONFIG, "no file fits %s; %s", str_get(&at), str_get(&says));
	}
	globfree(&g);
	str_free(&at);
	str_free(&says);
	return rc;
}

static int list_table(struct rep *r, struct err *e)
{
	static const struct rep_col cols[] = {
		{ "file", "", REP_STR, "", 0, false }, { "about", "what it is", REP_STR, "", 0, false },
	};

	if (list_folder(rep_table(r, "configs", "Shipped configurations", cols, 2), "configs", "*/*.ini", true, e) != 0)
		return -1;
	return list_folder(rep_table(r, "traces", "Shipped traces", cols, 1), "traces", "samples/*.e2t", false, e);
}

int cmd_config(int argc, char **argv, struct err *e)
{
	struct config_args o = { 0 };
	struct config c;
	struct args a;
	struct rep *r;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	rc = config_load(&c, a.pos.n != 0 ? a.pos.v[0] : NULL, &a.overrides, e);
	if (rc == 0) {
		r = rep_new("config", o.doc ? "Reference of all options" : o.list ? "Shipped files" : "Configuration");
		if (o.list) {
			rc = list_table(r, e);
		} else if (o.doc) {
			doc_table(&c, r);
			syntax_table(r);
			profile_tables(r);
		} else {
			value_table(&c, o.all, r);
			effective_source(&c, r);
		}
		rc = rc == 0 ? output_write(&o.out, r, e) : rc;
		rep_free(r);
	}
	config_free(&c);
	args_free(&a);
	return rc;
}
