/* SPDX-License-Identifier: Apache-2.0 */
/* What "--help" prints, and what its words are. */
#include <inttypes.h>
#include <string.h>

#include "sim/app/args_impl.h"
#include "sim/app/term.h"
#include "sim/base/wrap.h"

const struct cmd_set *args_set_of(const struct arg_spec *spec)
{
	return spec->set != NULL ? spec->set : &cmd_top_set;
}

const struct cmd *args_row_of(const struct arg_spec *spec)
{
	const struct cmd *row = cmd_row(args_set_of(spec), spec->name);

	BUG_ON(row == NULL);
	return row;
}

const char *args_prog_of(const struct arg_spec *spec)
{
	return args_set_of(spec)->prog;
}

bool args_is_listing(const struct arg_row *r)
{
	return r->type == ARG_WORDS || r->type == ARG_INPUTS;
}

void args_names_joined(struct str *b, const char *const *names, const char *between)
{
	for (size_t i = 0; names[i] != NULL; i++) {
		str_add(b, i != 0 ? between : "");
		str_add(b, names[i]);
	}
}

static void row_synopsis(struct str *b, const struct arg_row *r)
{
	str_add(b, r->name);
	if (r->alias != NULL)
		str_addf(b, ", %s", r->alias);
	if (r->type == ARG_ENUM) {
		str_addc(b, ' ');
		args_names_joined(b, r->names, "|");
	} else if (r->type != ARG_FLAG) {
		str_addf(b, " %s", r->value);
	}
}

#define HELP_LEFT 24 /* columns of an option; what it does is beside it, or below if it is longer */

static void help_line(FILE *f, const char *left, const char *help)
{
	struct str b = STR_INIT, label = STR_INIT;
	size_t width = term_width(f);

	if (strlen(left) > HELP_LEFT) {
		wrap_add(&b, "  ", 4, left, width, false, "", "");
		left = "";
	}
	str_addf(&label, "  %-*s  ", HELP_LEFT, left);
	wrap_add(&b, str_get(&label), HELP_LEFT + 4, help, width, false, "", "");
	(void)fputs(str_get(&b), f);
	str_free(&label);
	str_free(&b);
}

/* Lines as they are, but for what a terminal would break. */
static void help_text(FILE *f, const char *text)
{
	size_t width = term_width(f);
	struct str b = STR_INIT;

	while (*text != '\0') {
		size_t n = strcspn(text, "\n"), blanks = strspn(text, " ");
		struct str line = STR_INIT;

		str_addn(&line, text, n);
		if (width != 0 && wrap_width(text, n) > width)
			wrap_add(&b, "", (blanks < n ? blanks : 0) + 2, str_get(&line), width, false, "", "");
		else
			str_addf(&b, "%s\n", str_get(&line));
		str_free(&line);
		text += n + (text[n] == '\n');
	}
	(void)fputs(str_get(&b), f);
	str_free(&b);
}

static void help_row(FILE *f, const struct arg_row *r)
{
	struct str left = STR_INIT, help = STR_INIT;

	row_synopsis(&left, r);
	str_add(&help, r->help);
	if (r->type == ARG_U64)
		str_addf(&help, " (%" PRIu64 "..%" PRIu64 ")", r->min, r->max);
	if (r->type == ARG_LIST)
		str_add(&help, " (may be repeated)");
	if (r->required)
		str_add(&help, " (required)");
	help_line(f, str_get(&left), str_get(&help));
	str_free(&left);
	str_free(&help);
}

/* An earlier row of the same name tells. */
static bool is_told(const struct arg_spec *spec, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (spec->rows[k].name != NULL && spec->rows[i].name != NULL && strcmp(spec->rows[k].name, spec->rows[i].name) == 0)
			return true;
	return false;
}

void args_help(const struct arg_spec *spec, FILE *f)
{
	const struct cmd *row = args_row_of(spec);
	struct str head = STR_INIT;

	str_addf(&head, "%s %s: %s\n\nUsage: %s %s%s%s [OPTION...]\n", args_prog_of(spec), row->name, row->help, args_prog_of(spec), row->name,
		 row->args[0] != '\0' ? " " : "", row->args);
	if (spec->example != NULL)
		str_addf(&head, "Example: %s %s %s\n", args_prog_of(spec), row->name, spec->example);
	if (spec->text != NULL)
		str_addf(&head, "\n%s", spec->text);
	str_add(&head, "\nOptions:\n");
	help_text(f, str_get(&head));
	for (size_t i = 0; i < spec->n_rows; i++)
		if (!args_is_listing(&spec->rows[i]) && !is_told(spec, i))
			help_row(f, &spec->rows[i]);
	if (spec->overrides) {
		help_line(f, ARGS_PATCH " " ARGS_PATCH_VALUE, ARGS_PATCH_HELP);
		help_line(f, "--section.key=value", "set an option of the configuration (may be repeated)");
	}
	help_line(f, "-h, --help", "print this");
	str_free(&head);
}
