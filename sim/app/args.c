/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/args_impl.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "models/hyp/ws/ws_patch.h"
#include "sim/app/complete.h"
#include "sim/base/file.h"
#include "sim/base/opt.h"
#include "sim/base/str.h"

/* --- parsing ---------------------------------------------------------------------------------- */

struct parser {
	struct args *a;
	char **argv; /* what is still to be read */
	uint64_t seen;
	struct arg_list words;	/* those that are no place */
	struct arg_list inputs; /* values of options that name a file to be read */
	struct err *e;
};

static void list_add(struct arg_list *l, const char *s)
{
	l->v = xrealloc(l->v, (l->n + 1) * sizeof(*l->v));
	l->v[l->n++] = s;
}

static void list_free(struct arg_list *l)
{
	free(l->v);
	*l = (struct arg_list){ NULL, 0 };
}

static void *member(const struct args *a, const struct arg_row *r)
{
	return (char *)a->base + r->offset;
}

/* Is word the option name, alone (*value NULL) or as name=value? */
static bool is_option(const char *word, const char *name, const char **value)
{
	size_t n = name != NULL ? strlen(name) : 0;

	if (n == 0 || strncmp(word, name, n) != 0)
		return false;
	*value = word[n] == '=' ? word + n + 1 : NULL;
	return word[n] == '\0' || (word[n] == '=' && name[1] == '-');
}

static const struct arg_row *find_row(const struct arg_spec *spec, const char *word,
				      const char **value)
{
	for (size_t i = 0; i < spec->n_rows; i++)
		if (is_option(word, spec->rows[i].name, value) ||
		    is_option(word, spec->rows[i].alias, value))
			return &spec->rows[i];
	return NULL;
}

static int unknown_option(const struct arg_spec *spec, const char *word, struct err *e)
{
	const char **names = xcalloc(2 * spec->n_rows + 2, sizeof(*names));
	int bare = (int)strcspn(word, "=");
	struct str name = STR_INIT;
	char otherwise[160];
	size_t n = 0;

	for (size_t i = 0; i < spec->n_rows; i++) {
		if (args_is_listing(&spec->rows[i]))
			continue;
		names[n++] = spec->rows[i].name;
		if (spec->rows[i].alias != NULL)
			names[n++] = spec->rows[i].alias;
	}
	names[n++] = "--help";
	if (spec->overrides)
		names[n++] = ARGS_PATCH;
	str_addn(&name, word, (size_t)bare);
	(void)snprintf(otherwise, sizeof(otherwise), "\"%s %s --help\" lists the options", args_prog_of(spec), spec->name);
	(void)err_unknown(e, ERR_USAGE, str_get(&name), names, n, otherwise, "unknown option \"%s\"", str_get(&name));
	str_free(&name);
	free(names);
	return -1;
}

static int store_enum(int *v, const struct arg_row *r, const char *text, struct err *e)
{
	struct str known = STR_INIT;
	size_t n;

	for (n = 0; r->names[n] != NULL; n++) {
		if (strcmp(r->names[n], text) == 0) {
			*v = (int)n;
			return 0;
		}
	}
	args_names_joined(&known, r->names, ", ");
	(void)str_add_near(&known, "; ", text, r->names, n);
	err_set(e, ERR_USAGE, "%s %s: want one of %s", r->name, text, str_get(&known));
	str_free(&known);
	return -1;
}

static int store_u64(uint64_t *v, const struct arg_row *r, const char *text, struct err *e)
{
	uint64_t got;
	bool seconds = r->value != NULL && strcmp(r->value, "SECONDS") == 0;

	if (!(str_u64(text, &got) || (seconds && opt_time(text, "s", &got))) || got < r->min || got > r->max)
		return err_set(e, ERR_USAGE, "%s %s: want a whole number%s in %" PRIu64 "..%" PRIu64, r->name, text,
			       seconds ? " of seconds (or with ns, us, ms, s)" : "", r->min, r->max);
	*v = got;
	return 0;
}

static int store(const struct args *a, const struct arg_row *r, const char *text, struct err *e)
{
	void *p = member(a, r);

	switch (r->type) {
	case ARG_FLAG:
		*(bool *)p = true;
		return 0;
	case ARG_STR:
		*(const char **)p = text;
		return 0;
	case ARG_U64:
		return store_u64(p, r, text, e);
	case ARG_ENUM:
		return store_enum(p, r, text, e);
	case ARG_LIST:
		list_add(p, text);
		return 0;
	case ARG_INPUTS:
	case ARG_WORDS:
		break;
	}
	BUG("unknown type of argument row");
}

/* Values are called by what they are; "-o" is written, whatever it is called. */
static bool names_input(const struct arg_row *r)
{
	return r->value != NULL && !r->place && strcmp(r->name, "-o") != 0 &&
	       (strcmp(r->value, "FILE") == 0 || strcmp(r->value, "TRACE") == 0 || strcmp(r->value, "DUMP.json") == 0 ||
		strcmp(r->value, "LOG") == 0 || strcmp(r->value, "PATH") == 0);
}

/* "-" where a file is read: standard input, which has a name, too. */
static int from_stdin(const char **name, struct err *e)
{
	if (strcmp(*name, "-") != 0 && strcmp(*name, FILE_STDIN) != 0)
		return 0;
	*name = FILE_STDIN;
	return file_spool_stdin(e);
}

static int parse_option(struct parser *p, const struct arg_row *r, const char *word,
			const char *value)
{
	uint64_t bit = UINT64_C(1) << (r - p->a->spec->rows);

	if ((p->seen & bit) != 0 && r->type != ARG_LIST)
		return err_set(p->e, ERR_USAGE, "%s is given twice: give it once", r->name);
	p->seen |= bit;
	if (r->type == ARG_FLAG && value != NULL)
		return err_set(p->e, ERR_USAGE, "%s: %s takes no value", word, r->name);
	if (r->bare != 0 && value == NULL && (*p->argv == NULL || **p->argv == '-')) {
		*(bool *)((char *)p->a->base + r->bare - 1) = true;
		return 0;
	}
	if (r->type != ARG_FLAG && value == NULL) {
		value = *p->argv;
		if (value == NULL)
			return err_set(p->e, ERR_USAGE, "%s needs a value: %s %s", word, r->name,
				       r->type == ARG_ENUM ? "NAME" : r->value);
		p->argv++;
	}
	if (names_input(r)) {
		if (from_stdin(&value, p->e) != 0)
			return -1;
		list_add(&p->inputs, value);
	}
	for (const struct arg_row *same = r + 1; same != p->a->spec->rows + p->a->spec->n_rows; same++)
		if (r->type == ARG_FLAG && same->type == ARG_FLAG && strcmp(r->name, same->name) == 0)
			(void)store(p->a, same, value, p->e);
	return store(p->a, r, value, p->e);
}

/* --section.key=value: a dot in the name, and a value. */
static bool is_override(const char *word)
{
	size_t name = strcspn(word, "=");

	return strncmp(word, "--", 2) == 0 && word[name] == '=' && memchr(word, '.', name) != NULL;
}

/* "-j2": the value right behind an option of one letter. */
static const struct arg_row *find_glued(const struct arg_spec *spec, const char *word, const char **value)
{
	const char name[3] = { '-', word[1], '\0' };
	const struct arg_row *r;

	if (word[1] == '-' || word[1] == '\0' || word[2] == '\0')
		return NULL;
	r = find_row(spec, name, value);
	if (r == NULL || (r->type != ARG_U64 && r->type != ARG_STR))
		return NULL;
	*value = word + 2;
	return r;
}

/* --patch FILE, or an edit in one word: an option of every configuration. */
static int parse_patch(struct parser *p, const char *word, const char *value)
{
	struct str b = STR_INIT;

	if (p->a->patch != NULL)
		return err_set(p->e, ERR_USAGE, ARGS_PATCH " is given twice: give it once (a file has an edit a line, one word several between "
			       "semicolons)");
	if (value == NULL && (value = *p->argv) != NULL)
		p->argv++;
	if (value == NULL)
		return err_set(p->e, ERR_USAGE, "%s needs a value: " ARGS_PATCH " " ARGS_PATCH_VALUE, word);
	if (from_stdin(&value, p->e) != 0)
		return -1;
	str_addf(&b, "--patch.%s=%s", (ws_patch_is_edit(value) || strpbrk(value, " \t;") != NULL) && access(value, F_OK) != 0 ? "edits" : "file", value);
	p->a->patch = xstrdup(str_get(&b));
	list_add(&p->a->overrides, p->a->patch);
	str_free(&b);
	return 0;
}

static int parse_dashed(struct parser *p, const char *word)
{
	const struct arg_spec *spec = p->a->spec;
	const char *value = NULL;
	const struct arg_row *r = find_row(spec, word, &value);

	if (r == NULL)
		r = find_glued(spec, word, &value);
	if (r != NULL)
		return parse_option(p, r, word, value);
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
		args_help(spec, stdout);
		return err_set(p->e, ERR_NONE, "%s", "");
	}
	if (spec->overrides && is_option(word, ARGS_PATCH, &value))
		return parse_patch(p, word, value);
	if (spec->overrides && is_override(word)) {
		list_add(&p->a->overrides, word);
		return 0;
	}
	if (spec->overrides && strchr(word, '.') != NULL && strchr(word, '=') == NULL)
		return err_set(p->e, ERR_USAGE, "%s has no value: want --section.key=value", word);
	return unknown_option(spec, word, p->e);
}

static bool is_place(const struct arg_spec *spec, const char *word)
{
	const char *value;
	const struct arg_row *r = NULL;

	if (word[0] == '-' && word[1] != '\0')
		r = find_row(spec, word, &value);
	if (r == NULL && word[0] == '-')
		r = find_glued(spec, word, &value);
	return r != NULL && r->place;
}

static int parse_words(struct parser *p)
{
	bool ended = false;

	while (*p->argv != NULL) {
		char **from = p->argv;
		const char *word = *p->argv++;

		if (ended || word[0] != '-' || word[1] == '\0') {
			if (!p->a->spec->streams && from_stdin(&word, p->e) != 0)
				return -1;
			list_add(&p->a->pos, word);
		} else if (strcmp(word, "--") == 0) {
			ended = true;
		} else if (parse_dashed(p, word) != 0) {
			return -1;
		}
		if (ended || !is_place(p->a->spec, word))
			for (; from != p->argv; from++)
				list_add(&p->words, *from);
	}
	return 0;
}

int args_missing(const struct arg_spec *spec, struct err *e, const char *fmt, ...)
{
	struct str what = STR_INIT;
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	str_add(&what, text);
	if (spec->example != NULL)
		str_addf(&what, ", such as: %s %s %s", args_prog_of(spec), spec->name, spec->example);
	(void)err_set(e, ERR_USAGE, "%s", str_get(&what));
	str_free(&what);
	return -1;
}

static int check_counts(const struct parser *p)
{
	const struct arg_spec *spec = p->a->spec;
	const struct cmd *row = args_row_of(spec);
	size_t n = p->a->pos.n;

	for (size_t i = 0; i < spec->n_rows; i++)
		if (spec->rows[i].required && (p->seen & (UINT64_C(1) << i)) == 0)
			return args_missing(spec, p->e, "%s %s needs %s %s: give it", args_prog_of(spec), spec->name,
					    spec->rows[i].name, spec->rows[i].value);
	if (n < spec->min_pos)
		return args_missing(spec, p->e, "too few operands (%zu): want %s %s %s", n, args_prog_of(spec), row->name, row->args);
	if (n > spec->max_pos)
		return err_set(p->e, ERR_USAGE, "operand \"%s\" is one too many: want %s %s%s%s",
			       p->a->pos.v[spec->max_pos], args_prog_of(spec), row->name,
			       row->args[0] != '\0' ? " " : "", row->args);
	return 0;
}

/* --- what a file's name says ------------------------------------------------------------------ */

/* What follows the last dot of the name without its folder; NULL: nothing. */
static const char *ending_of(const char *file)
{
	const char *slash = strrchr(file, '/'), *name = slash != NULL ? slash + 1 : file, *dot = strrchr(name, '.');

	return dot != NULL && dot != name && dot[1] != '\0' ? dot + 1 : NULL;
}

/* ".txt" is the ending of text, which is the first name. */
static int format_by_ending(const struct args *a, const struct arg_row *r, struct err *e)
{
	const char *file = *(const char *const *)((const char *)a->base + r->by_ending - 1);
	const char *ending = file != NULL ? ending_of(file) : NULL;
	struct str known = STR_INIT;

	if (ending == NULL)
		return 0;
	if (strcasecmp(ending, "txt") == 0) {
		*(int *)member(a, r) = 0;
		return 0;
	}
	for (int i = 0; r->names[i] != NULL; i++) {
		if (strcasecmp(ending, r->names[i]) == 0) {
			*(int *)member(a, r) = i;
			return 0;
		}
	}
	str_add(&known, ".txt");
	for (int i = 1; r->names[i] != NULL; i++)
		str_addf(&known, ", .%s", r->names[i]);
	err_set(e, ERR_USAGE, "%s: .%s is no format: want a name that ends in %s, or %s", file, ending, str_get(&known),
		r->name);
	str_free(&known);
	return -1;
}

static bool listed(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *w = words; *w != '\0'; w += strspn(w, " ")) {
		size_t n = strcspn(w, " ");

		if (n == len && strncasecmp(w, word, n) == 0)
			return true;
		w += n;
	}
	return false;
}

static int check_ending(const struct args *a, const struct arg_row *r, struct err *e)
{
	const char *file = *(const char **)member(a, r), *ending = file != NULL ? ending_of(file) : NULL;

	if (ending == NULL || listed(r->endings, ending))
		return 0;
	return err_set(e, ERR_USAGE, "%s %s: .%s is not what it will be: want a name that ends in .%.*s", r->name, file, ending,
		       (int)strcspn(r->endings, " "), r->endings);
}

static int check_endings(const struct parser *p)
{
	const struct arg_row *rows = p->a->spec->rows;

	for (size_t i = 0; i < p->a->spec->n_rows; i++) {
		if (rows[i].by_ending != 0 && (p->seen & (UINT64_C(1) << i)) == 0 && format_by_ending(p->a, &rows[i], p->e) != 0)
			return -1;
		if (rows[i].endings != NULL && check_ending(p->a, &rows[i], p->e) != 0)
			return -1;
	}
	return 0;
}

/* --- outputs that would destroy ---------------------------------------------------------------- */

/* The file that a row says to write; NULL: none, or standard output. */
static const char *written_by(const struct args *a, const struct arg_row *r)
{
	const char *file;

	if (r->type != ARG_STR || (!r->place && strcmp(r->name, "-o") != 0))
		return NULL;
	file = *(const char *const *)((const char *)a->base + r->offset);
	return file != NULL && strcmp(file, "-") != 0 ? file : NULL;
}

bool args_same_file(const char *a, const char *b)
{
	struct stat x, y;
	bool has = stat(a, &x) == 0;

	if (has != (stat(b, &y) == 0))
		return false;
	return has ? S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino : strcmp(a, b) == 0;
}

/* Two outputs on one standard output would be neither. */
static int check_stdout(const struct parser *p)
{
	const struct arg_spec *spec = p->a->spec;
	const char *first = NULL;

	for (size_t i = 0; i < spec->n_rows; i++) {
		const struct arg_row *r = &spec->rows[i];
		bool report = strcmp(r->name != NULL ? r->name : "", "-o") == 0;
		const char *file;

		if (r->type != ARG_STR || (!r->place && !report))
			continue;
		file = *(const char *const *)((const char *)p->a->base + r->offset);
		if (file == NULL ? !report || r->required : strcmp(file, "-") != 0)
			continue;
		if (first != NULL)
			return err_set(p->e, ERR_USAGE, "%s -: %s goes to standard output, too: want -o FILE, or another name than \"-\"",
				       report ? first : r->name, report ? "the report" : first);
		first = r->name;
	}
	return 0;
}

static int check_outputs(const struct parser *p)
{
	const struct arg_spec *spec = p->a->spec;

	if (check_stdout(p) != 0)
		return -1;
	for (size_t i = 0; i < spec->n_rows; i++) {
		const char *file = written_by(p->a, &spec->rows[i]);

		for (size_t k = 0; file != NULL && k < p->a->pos.n + p->inputs.n; k++) {
			const char *input = k < p->a->pos.n ? p->a->pos.v[k] : p->inputs.v[k - p->a->pos.n];

			if (access(input, F_OK) == 0 && args_same_file(file, input))
				return err_set(p->e, ERR_USAGE, "%s %s: is %s, which is read: want another file to write",
					       spec->rows[i].name, file, input);
		}
		for (size_t k = 0; file != NULL && k < i; k++) {
			const char *other = written_by(p->a, &spec->rows[k]);

			if (other != NULL && args_same_file(file, other))
				return err_set(p->e, ERR_USAGE, "%s %s: is what %s writes, too: want another file",
					       spec->rows[i].name, file, spec->rows[k].name);
		}
	}
	return 0;
}

/* "el2sim", "trace", "stat", and what was parsed. */
static void command_line(struct arg_list *l, const struct arg_spec *spec, const struct arg_list *words)
{
	list_add(l, cmd_top_set.prog);
	if (args_set_of(spec) != &cmd_top_set)
		list_add(l, strrchr(spec->set->prog, ' ') + 1);
	list_add(l, spec->name);
	for (size_t i = 0; i < words->n; i++)
		list_add(l, words->v[i]);
}

int args_parse(struct args *a, const struct arg_spec *spec, int argc, char **argv, void *base,
	       struct err *e)
{
	struct parser p = { .a = a, .argv = argv + 1, .e = e };

	BUG_ON(argc < 1 || spec->n_rows > 64);
	if (cmd_asked(argc, argv)) {
		complete_words(spec, argc - 2, argv + 2);
		return err_set(e, ERR_NONE, "%s", "");
	}
	*a = (struct args){ .spec = spec, .base = base };
	if (parse_words(&p) != 0 || check_endings(&p) != 0 || check_counts(&p) != 0 || check_outputs(&p) != 0) {
		list_free(&p.words);
		list_free(&p.inputs);
		args_free(a);
		return -1;
	}
	for (size_t i = 0; i < spec->n_rows; i++) {
		if (spec->rows[i].type == ARG_WORDS)
			command_line(member(a, &spec->rows[i]), spec, &p.words);
		if (spec->rows[i].type != ARG_INPUTS)
			continue;
		for (size_t k = 0; k < a->pos.n; k++)
			list_add(member(a, &spec->rows[i]), a->pos.v[k]);
		for (size_t k = 0; k < p.inputs.n; k++)
			list_add(member(a, &spec->rows[i]), p.inputs.v[k]);
	}
	list_free(&p.words);
	list_free(&p.inputs);
	return 0;
}

void args_free(struct args *a)
{
	list_free(&a->pos);
	list_free(&a->overrides);
	free(a->patch);
	for (size_t i = 0; i < a->spec->n_rows; i++)
		if (a->spec->rows[i].type == ARG_LIST || args_is_listing(&a->spec->rows[i]))
			list_free(member(a, &a->spec->rows[i]));
}
