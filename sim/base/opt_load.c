/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of options. inih splits lines into section, key and value; it also cuts long names and lines
 * silently, takes an indented line for a continuation and ':' for '=', and ignores what follows ']'.
 * So each line is checked here before inih gets it. One load gathers the entries of all files and
 * applies them only when every file was good; a failed load leaves the set as it was.
 */
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/base/file.h"
#include "sim/base/opt_impl.h"
#include "sim/base/share.h"

#define FILE_MAX_BYTES (4UL << 20)
#define NAME_MAX_BYTES 49  /* inih keeps so much of a section or key */
#define DEPTH_MAX      8   /* includes in includes */
#define FILES_MAX      256 /* of one load: includes can fan out */

/* --- what a load gathers ---------------------------------------------------------------------- */

struct entry {
	struct opt_slot *slot; /* NULL: gathered, value has its text */
	char *key, *dir;       /* of what is gathered */
	unsigned long line;    /* the same */
	bool is_source;
	struct opt_value value; /* is_source: its text only */
	char *origin;
};

struct include {
	char *path;
	unsigned long line;
};

struct entries {
	struct entry *v;
	size_t n, cap;
};

struct load {
	struct opt_set *set;
	struct entries all; /* in the order in which they are applied */
	unsigned files;
	struct err *e;
};

/* A file being read, and those that include it. */
struct file {
	struct load *load;
	const struct file *parent;
	unsigned depth;
	const char *path;
	char *dir;
	struct stat st; /* device and inode tell a loop whatever the spelling */
	unsigned long serial;
	/* the reading */
	const char *next, *end;
	unsigned long line;
	bool in_section, failed;
	struct entries values, sources;
	struct include *includes;
	size_t n_includes;
};

static struct entry *entry_add(struct entries *l)
{
	if (l->n == l->cap) {
		l->cap = l->cap * 2 + 16;
		l->v = xrealloc(l->v, l->cap * sizeof(*l->v));
	}
	l->v[l->n] = (struct entry){ .value = { .text = STR_INIT } };
	return &l->v[l->n++];
}

static void entries_free(struct entries *l)
{
	for (size_t i = 0; i < l->n; i++) {
		str_free(&l->v[i].value.text);
		free(l->v[i].origin);
		free(l->v[i].key);
		free(l->v[i].dir);
	}
	free(l->v);
	*l = (struct entries){ NULL, 0, 0 };
}

/* Move all of from to the end of l. */
static void entries_take(struct entries *l, struct entries *from)
{
	for (size_t i = 0; i < from->n; i++)
		*entry_add(l) = from->v[i];
	from->n = 0;
}

static void entries_apply(struct opt_set *set, struct entries *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct entry *en = &l->v[i];

		if (en->slot == NULL)
			opt_gather_put(set, en->key, str_get(&en->value.text), en->origin, en->dir);
		else if (en->is_source)
			opt_store_source(en->slot, str_get(&en->value.text));
		else
			opt_store(en->slot, &en->value, en->origin);
	}
}

/* The reading stops here; the sentence is in *e already. */
static int failed_here(struct file *f)
{
	f->failed = true;
	return err_at(f->load->e, f->path, f->line);
}

/* --- one line --------------------------------------------------------------------------------- */

static const char *skip_blanks(const char *s)
{
	return s + strspn(s, " \t");
}

static int check_name(const char *kind, const char *name, size_t n, struct err *e)
{
	if (n == 0)
		return err_set(e, ERR_CONFIG, "%s without a name: want %s", kind,
			       kind[0] == 's' ? "\"[section]\"" : "\"key = value\"");
	if (n > NAME_MAX_BYTES)
		return err_set(e, ERR_CONFIG, "%s \"%.*s...\" of %zu bytes: want at most %d", kind,
			       20, name, n, NAME_MAX_BYTES);
	return 0;
}

/*
 * What stands before the first section is not quoted: the file may be none of options but what an include of somebody else's
 * file led to, and what it says nobody's business.
 */
static int check_section(struct file *f, const char *s)
{
	struct err *e = f->load->e;
	size_t n = strcspn(s + 1, "]");
	const char *after = s + 1 + n, *near;
	char name[NAME_MAX_BYTES + 1];

	if (*after == '\0' && !f->in_section)
		return err_set(e, ERR_CONFIG, "a \"[\" without \"]\": want \"[section]\"");
	if (*after == '\0')
		return err_set(e, ERR_CONFIG, "\"%.60s\" has no \"]\": want \"[section]\"", s);
	after = skip_blanks(after + 1);
	if (*after != '\0' && *after != ';' && *after != '#' && !f->in_section)
		return err_set(e, ERR_CONFIG, "text after \"]\": want one thing per line");
	if (*after != '\0' && *after != ';' && *after != '#')
		return err_set(e, ERR_CONFIG, "\"%.60s\" after \"]\": want one thing per line",
			       after);
	if (check_name("section", s + 1, n, e) != 0)
		return -1;
	memcpy(name, s + 1, n);
	name[n] = '\0';
	f->in_section = true;
	if (opt_section_make(f->load->set, name, e) != 0)
		return -1;
	if (strcmp(name, "el2sim") == 0 || strcmp(name, "source") == 0 ||
	    opt_has_section(f->load->set, name))
		return 0;
	near = opt_near_section(f->load->set, name);
	return err_unknown(e, ERR_CONFIG, name, &near, near != NULL, "\"el2sim config --doc\" lists the sections",
			   "unknown section [%s]", name);
}

/* Where inih would split the line: at the first '=' or ':' before an inline comment. */
static size_t key_length(const char *s)
{
	size_t i;

	for (i = 0; s[i] != '\0' && s[i] != '=' && s[i] != ':'; i++)
		if (s[i] == ';' && i > 0 && (s[i - 1] == ' ' || s[i - 1] == '\t'))
			break;
	return i;
}

static int check_key(struct file *f, const char *s)
{
	struct err *e = f->load->e;
	size_t n = key_length(s);
	char split = s[n];

	if (!f->in_section)
		return err_set(e, ERR_CONFIG, "%s stands before the first section: want \"[section]\" above it",
			       split == '=' ? "an option" : "text that is no option");
	if (split != '=')
		return err_set(e, ERR_CONFIG, "\"%.60s\" has no \"=\"%s: want \"key = value\"", s,
			       split == ':' ? " before \":\"" : "");
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	return check_name("key", s, n, e);
}

/* Give inih the line, which is cut to nothing if it is a comment. max: bytes with the terminator. */
static int take_line(struct file *f, const char *raw, size_t n, char *line, size_t max)
{
	struct err *e = f->load->e;

	if (opt_text_check(raw, n, e) != 0)
		return -1;
	for (; n > 0 && (*raw == ' ' || *raw == '\t'); n--)
		raw++;
	if (n == 0 || raw[0] == '#' || raw[0] == ';')
		n = 0;
	if (n >= max)
		return err_set(e, ERR_CONFIG,
			       "line of %zu bytes: want at most %zu (comment lines may be longer)",
			       n, max - 1);
	memcpy(line, raw, n);
	line[n] = '\0';
	if (n == 0)
		return 0;
	return line[0] == '[' ? check_section(f, line) : check_key(f, line);
}

/* ini_reader: the next line. */
static char *next_line(char *line, int max, void *stream)
{
	struct file *f = stream;
	const char *raw = f->next, *stop;
	size_t n;

	if (f->failed || raw == f->end)
		return NULL;
	stop = memchr(raw, '\n', (size_t)(f->end - raw));
	n = (size_t)((stop != NULL ? stop : f->end) - raw);
	f->next = stop != NULL ? stop + 1 : f->end;
	f->line++;
	if (f->line == 1 && n >= 3 && memcmp(raw, "\xef\xbb\xbf", 3) == 0) { /* byte order mark */
		raw += 3;
		n -= 3;
	}
	if (n > 0 && raw[n - 1] == '\r')
		n--;
	if (take_line(f, raw, n, line, (size_t)max) == 0)
		return line;
	(void)failed_here(f);
	return NULL;
}

/* --- one key ---------------------------------------------------------------------------------- */

/* Note that this file says it here; an error if it said it before. */
static int mark(const struct file *f, struct opt_mark *m, const char *section, const char *key)
{
	if (m->file == f->serial)
		return err_set(f->load->e, ERR_CONFIG,
			       "[%s] %s is set twice, first in line %lu: keep one of them", section,
			       key, m->line);
	*m = (struct opt_mark){ f->serial, f->line };
	return 0;
}

static int unknown_key(const struct file *f, const char *section, const char *key)
{
	const char *near = opt_near_key(f->load->set, section, key);

	return err_unknown(f->load->e, ERR_CONFIG, key, &near, near != NULL, "\"el2sim config --doc\" lists the keys",
			   "unknown key \"%s\" in [%s]", key, section);
}

static int take_include(struct file *f, const char *key, const char *text)
{
	static const char *const keys[] = { "include" };

	if (strcmp(key, keys[0]) != 0)
		return err_unknown(f->load->e, ERR_CONFIG, key, keys, 1, "want include", "unknown key \"%s\" in [el2sim]", key);
	if (text[0] == '\0')
		return err_set(f->load->e, ERR_CONFIG, "[el2sim] include: no value: want a path");
	f->includes = xrealloc(f->includes, (f->n_includes + 1) * sizeof(*f->includes));
	f->includes[f->n_includes++] = (struct include){ xstrdup(text), f->line };
	return 0;
}

static int take_source(struct file *f, const char *key, const char *text)
{
	struct opt_slot *slot = opt_slot_named(f->load->set, key);
	const char *near;
	struct entry *en;

	if (slot == NULL) {
		near = opt_near_name(f->load->set, key);
		return err_unknown(f->load->e, ERR_CONFIG, key, &near, near != NULL, "want section.key",
				   "unknown option \"%s\" in [source]", key);
	}
	if (mark(f, &slot->source_mark, "source", key) != 0)
		return -1;
	en = entry_add(&f->sources);
	en->slot = slot;
	en->is_source = true;
	str_add(&en->value.text, text);
	return 0;
}

static int take_value(struct file *f, struct opt_slot *slot, const char *text)
{
	struct opt_value v;
	struct str origin = STR_INIT;
	struct entry *en;

	if (mark(f, &slot->value_mark, slot->row->section, slot->row->key) != 0 ||
	    opt_value_parse(slot->row, text, f->dir, &v, f->load->e) != 0)
		return -1;
	str_addf(&origin, "%s:%lu", f->path, f->line);
	en = entry_add(&f->values);
	en->slot = slot;
	en->value = v;
	en->origin = origin.s;
	return 0;
}

static bool is_gathered(const struct opt_set *set, const char *section, const char *key)
{
	return set->gather_section != NULL && strcmp(section, set->gather_section) == 0 && strchr(key, '.') != NULL;
}

static int take_gathered(struct file *f, const char *key, const char *text)
{
	const struct opt_set *set = f->load->set;
	size_t prefix = strlen(set->gather_prefix);
	struct str origin = STR_INIT;
	struct entry *en;

	if ((strncmp(key, set->gather_prefix, prefix) != 0 || key[prefix] == '\0') &&
	    opt_row_named(set, key, f->load->e) == NULL)
		return -1;
	for (size_t i = 0; i < f->values.n; i++)
		if (f->values.v[i].slot == NULL && strcmp(f->values.v[i].key, key) == 0)
			return err_set(f->load->e, ERR_CONFIG, "[%s] %s is set twice, first in line %lu: keep one of them",
				       set->gather_section, key, f->values.v[i].line);
	str_addf(&origin, "%s:%lu", f->path, f->line);
	en = entry_add(&f->values);
	en->key = xstrdup(key);
	en->dir = xstrdup(f->dir);
	en->line = f->line;
	en->origin = origin.s;
	str_add(&en->value.text, text);
	return 0;
}

/* ini_handler: returns nonzero if all is well. */
static int take_key(void *user, const char *section, const char *key, const char *text)
{
	struct file *f = user;
	struct opt_slot *slot;
	int r;

	if (f->failed)
		return 0;
	slot = opt_slot_in(f->load->set, section, key);
	if (slot != NULL)
		r = take_value(f, slot, text);
	else if (strcmp(section, "el2sim") == 0)
		r = take_include(f, key, text);
	else if (strcmp(section, "source") == 0)
		r = take_source(f, key, text);
	else if (is_gathered(f->load->set, section, key))
		r = take_gathered(f, key, text);
	else
		r = unknown_key(f, section, key);
	if (r != 0)
		(void)failed_here(f);
	return r == 0;
}

/* --- files ------------------------------------------------------------------------------------ */

/* The folder of path: "" if it names none. */
static char *dir_of(const char *path)
{
	const char *slash = strcmp(path, FILE_STDIN) != 0 ? strrchr(path, '/') : NULL; /* it stands where we are */
	struct str b = STR_INIT;

	str_addn(&b, path, slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path));
	return b.s;
}

static int unreadable(const char *path, const char *why, struct err *e)
{
	err_set(e, ERR_CONFIG, "could not be read: %s: want a file with options", why);
	return err_at(e, path, 0);
}

static int read_all(const char *path, struct str *text, struct err *e)
{
	FILE *in = fopen(path, "rbe");
	const char *why = NULL;
	char part[8192];
	size_t n;

	if (in == NULL)
		return unreadable(path, strerror(errno), e);
	while (why == NULL && (n = fread(part, 1, sizeof(part), in)) != 0) {
		str_addn(text, part, n);
		if (text->len > FILE_MAX_BYTES)
			why = "longer than 4 MiB";
	}
	if (ferror(in) != 0)
		why = strerror(errno);
	(void)fclose(in);
	return why == NULL ? 0 : unreadable(path, why, e);
}

static int load_path(struct load *l, const struct file *parent, const char *path,
		     const struct stat *st);

/* The file that an include means: beside the including file, else a shipped one. */
static int find_include(struct file *f, const char *name, struct str *path, struct stat *st)
{
	struct str shipped = STR_INIT, configs = STR_INIT;
	int r = 0;

	share_dir(&configs, "configs");
	opt_path_join(path, f->dir, name);
	opt_path_join(&shipped, str_get(&configs), name);
	if (stat(str_get(path), st) != 0) {
		r = stat(str_get(&shipped), st);
		if (r != 0)
			r = err_set(f->load->e, ERR_CONFIG,
				    "[el2sim] include = %s: neither %.120s nor %.120s can be found",
				    name, str_get(path), str_get(&shipped));
		str_reset(path);
		str_add(path, str_get(&shipped));
	}
	if (r == 0 && !S_ISREG(st->st_mode))
		r = err_set(f->load->e, ERR_CONFIG,
			    "[el2sim] include = %s: %.120s is not a regular file", name,
			    str_get(path));
	str_free(&shipped);
	str_free(&configs);
	return r;
}

static int check_nesting(const struct file *f, const char *name, const struct stat *st)
{
	struct err *e = f->load->e;

	for (const struct file *up = f; up != NULL; up = up->parent)
		if (up->st.st_ino == st->st_ino && up->st.st_dev == st->st_dev)
			return err_set(
				e, ERR_CONFIG,
				"[el2sim] include = %s: a loop, for %.160s leads here: remove one",
				name, up->path);
	if (f->depth >= DEPTH_MAX)
		return err_set(e, ERR_CONFIG,
			       "[el2sim] include = %s: want includes at most %d deep", name,
			       DEPTH_MAX);
	if (f->load->files >= FILES_MAX)
		return err_set(e, ERR_CONFIG, "[el2sim] include = %s: want at most %d files in all",
			       name, FILES_MAX);
	return 0;
}

static int load_includes(struct file *f)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < f->n_includes; i++) {
		const char *name = f->includes[i].path;
		struct str path = STR_INIT;
		struct stat st;

		f->line = f->includes[i].line;
		if (find_include(f, name, &path, &st) != 0 || check_nesting(f, name, &st) != 0)
			r = failed_here(f);
		else
			r = load_path(f->load, f, str_get(&path), &st);
		str_free(&path);
	}
	return r;
}

static int parse_text(struct file *f, const char *text, size_t n)
{
	int r;

	f->next = text;
	f->end = text + n;
	r = ini_parse_stream(next_line, f, take_key, f);
	if (!f->failed && r != 0) { /* nothing we know of: the checks above see it first */
		f->line = r > 0 ? (unsigned long)r : 0;
		err_set(f->load->e, ERR_CONFIG,
			"not understood: want \"[section]\" or \"key = value\"");
		return failed_here(f);
	}
	return f->failed ? -1 : 0;
}

static void file_free(struct file *f)
{
	entries_free(&f->values);
	entries_free(&f->sources);
	for (size_t i = 0; i < f->n_includes; i++)
		free(f->includes[i].path);
	free(f->includes);
	free(f->dir);
}

static int load_text(struct load *l, const struct file *parent, const char *path,
		     const struct stat *st, const char *text, size_t n)
{
	struct file f = { .load = l, .parent = parent, .path = path, .st = *st };
	int r;

	f.depth = parent != NULL ? parent->depth + 1 : 0;
	l->set->file = xrealloc(l->set->file, (l->set->files + 1) * sizeof(*l->set->file));
	l->set->file[l->set->files++] = xstrdup(path);
	f.serial = l->set->files;
	f.dir = dir_of(path);
	l->files++;
	r = parse_text(&f, text, n);
	if (r == 0)
		r = load_includes(&f);
	if (r == 0) {
		entries_take(&l->all, &f.values);
		entries_take(&l->all, &f.sources);
	}
	file_free(&f);
	return r;
}

static int load_path(struct load *l, const struct file *parent, const char *path,
		     const struct stat *st)
{
	struct str text = STR_INIT;
	int r = read_all(path, &text, l->e);

	if (r == 0)
		r = load_text(l, parent, path, st, str_get(&text), text.len);
	str_free(&text);
	return r;
}

int opt_load(struct opt_set *set, const char *path, struct err *e)
{
	struct load l = { .set = set, .e = e };
	struct stat st;
	int r;

	if (stat(path, &st) != 0)
		return unreadable(path, strerror(errno), e);
	r = load_path(&l, NULL, path, &st);
	if (r == 0)
		entries_apply(set, &l.all);
	entries_free(&l.all);
	return r;
}

int opt_load_text(struct opt_set *set, const char *path, const char *text, size_t n, struct err *e)
{
	struct load l = { .set = set, .e = e };
	struct stat st = { 0 };
	int r = load_text(&l, NULL, path, &st, text, n);

	if (r == 0)
		entries_apply(set, &l.all);
	entries_free(&l.all);
	return r;
}
