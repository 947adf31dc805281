/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/complete.h"

#include <string.h>

#include "sim/app/args_impl.h"
#include "sim/app/config.h"
#include "sim/base/share.h"
#include "sim/base/str.h"

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static void offer(const char *word, const char *candidate, const char *help)
{
	if (candidate != NULL && begins(candidate, word))
		printf("%s%s%s\n", candidate, help[0] != '\0' ? "\t" : "", help);
}

static void offer_files(void)
{
	(void)puts(":files");
}

/* --- options of the command ------------------------------------------------------------------- */

static bool wants_value(const struct arg_row *r)
{
	return r->type == ARG_STR || r->type == ARG_U64 || r->type == ARG_ENUM || r->type == ARG_LIST;
}

static const struct arg_row *row_named(const struct arg_spec *spec, const char *word, size_t n)
{
	for (size_t i = 0; i < spec->n_rows; i++) {
		const struct arg_row *r = &spec->rows[i];
		const char *const names[] = { r->name, r->alias };

		for (size_t k = 0; wants_value(r) && k < 2; k++)
			if (names[k] != NULL && strlen(names[k]) == n && strncmp(names[k], word, n) == 0)
				return r;
	}
	return NULL;
}

/* Before a value: "" or "--format=". */
static void offer_values(const struct arg_row *r, const char *before, const char *word)
{
	struct str whole = STR_INIT;

	if (r->type == ARG_U64)
		return;
	if (r->type != ARG_ENUM) {
		offer_files();
		return;
	}
	for (size_t i = 0; r->names[i] != NULL; i++) {
		str_reset(&whole);
		str_addf(&whole, "%s%s", before, r->names[i]);
		offer(word, str_get(&whole), "");
	}
	str_free(&whole);
}

/* --- options of the configuration ------------------------------------------------------------- */

static void offer_setting(const struct opt_row *r, const char *word)
{
	static const char *const yes_no[] = { "yes", "no", NULL };
	const char *const *names = r->type == OPT_ENUM || r->type == OPT_FLAGS || r->type == OPT_NAMED ? r->names : r->type == OPT_BOOL ? yes_no : NULL;
	struct str s = STR_INIT;

	str_addf(&s, "--%s.%s=", r->section, r->key);
	if (!begins(word, str_get(&s))) {
		offer(word, str_get(&s), r->help);
	} else if (r->type == OPT_PATH) {
		offer_files();
	} else {
		size_t n = s.len;

		for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
			s.len = n;
			s.s[n] = '\0';
			str_add(&s, names[i]);
			offer(word, str_get(&s), "");
		}
	}
	str_free(&s);
}

/* Is the i-th option the first of its section? */
static bool is_first(const struct opt_set *set, size_t i)
{
	const char *section = opt_at(set, i).row->section;

	for (size_t k = 0; k < i; k++)
		if (strcmp(opt_at(set, k).row->section, section) == 0)
			return false;
	return true;
}

/* Five hundred options are too many for a screen: their sections first. */
static void offer_settings(const char *word)
{
	struct str section = STR_INIT;
	struct config c;

	config_init(&c);
	for (size_t i = 0; i < opt_count(c.set); i++) {
		if (strchr(word, '.') != NULL) {
			offer_setting(opt_at(c.set, i).row, word);
		} else if (is_first(c.set, i)) {
			str_reset(&section);
			str_addf(&section, "--%s.", opt_at(c.set, i).row->section);
			offer(word, str_get(&section), "options of the configuration");
		}
	}
	str_free(&section);
	config_free(&c);
}

/* --- operands --------------------------------------------------------------------------------- */

static void offer_shipped(const char *pattern, const char *word)
{
	struct str at = STR_INIT;
	glob_t g;
	size_t skip;

	share_dir(&at, "");
	skip = at.len;
	str_add(&at, pattern);
	if (share_glob(str_get(&at), &g) == 0)
		for (size_t i = 0; i < g.gl_pathc; i++)
			offer(word, g.gl_pathv[i] + skip, "");
	globfree(&g);
	str_free(&at);
}

static void offer_operands(const struct arg_spec *spec, const char *word)
{
	const struct cmd *row = cmd_row(spec->set != NULL ? spec->set : &cmd_top_set, spec->name);

	if (spec->max_pos == 0)
		return;
	if (strstr(row->args, "CONFIG") != NULL)
		offer_shipped("configs/*/*.ini", word);
	offer_files();
}

void complete_words(const struct arg_spec *spec, int n, char **words)
{
	const char *word = n > 0 ? words[n - 1] : "", *before = n > 1 ? words[n - 2] : "";
	const struct arg_row *r = row_named(spec, before, strlen(before));
	size_t name = strcspn(word, "=");
	bool ended = false;

	for (int i = 0; i + 1 < n; i++)
		ended = ended || strcmp(words[i], "--") == 0;
	if (!ended && r != NULL) {
		offer_values(r, "", word);
	} else if (ended || word[0] != '-') {
		offer_operands(spec, word);
	} else if (word[name] == '=' && (r = row_named(spec, word, name)) != NULL) {
		struct str prefix = STR_INIT;

		str_addn(&prefix, word, name + 1);
		offer_values(r, str_get(&prefix), word);
		str_free(&prefix);
	} else {
		for (size_t i = 0; i < spec->n_rows; i++) {
			const struct arg_row *o = &spec->rows[i];

			if (o->type == ARG_FLAG || wants_value(o)) {
				offer(word, o->name, o->help);
				offer(word, o->alias, o->help);
			}
		}
		offer(word, "--help", "print the command's help");
		if (spec->overrides) {
			offer(word, ARGS_PATCH, ARGS_PATCH_HELP);
			offer_settings(word);
		}
	}
}
