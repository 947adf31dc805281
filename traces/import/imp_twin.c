/* SPDX-License-Identifier: Apache-2.0 */
/* The text of `el2sim trace dump` (dump.h). */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "sim/base/str.h"
#include "traces/dump.h"
#include "traces/import/import.h"
#include "traces/native.h"

struct twin {
	struct imp *im;
	const char *p;   /* unread part of the line */
	struct str text; /* the quoted text last read */
	uint64_t events; /* as the header says; UINT64_MAX: it does not */
	uint64_t added;
};

bool imp_probe_twin(const char *head, size_t n)
{
	return n >= strlen(DUMP_HEAD) && memcmp(head, DUMP_HEAD, strlen(DUMP_HEAD)) == 0;
}

static bool take(struct twin *t, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(t->p, word, n) != 0)
		return false;
	t->p += n;
	return true;
}

/* A number up to the next space, colon, point or end. */
static bool take_number(struct twin *t, uint64_t *v)
{
	char word[24];
	size_t n = strcspn(t->p, " :.");

	if (n >= sizeof(word))
		return false;
	memcpy(word, t->p, n);
	word[n] = '\0';
	t->p += n;
	if (word[0] == '-') {
		int64_t i;

		if (!str_i64(word, &i))
			return false;
		*v = (uint64_t)i;
		return true;
	}
	return str_u64(word, v);
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* A quoted text into t->text. */
static bool take_text(struct twin *t)
{
	str_reset(&t->text);
	if (!take(t, "\""))
		return false;
	while (*t->p != '"') {
		char c = *t->p++;

		if (c == '\0')
			return false;
		if (c == '\\') {
			int hi, lo;

			if (*t->p++ != 'x' || (hi = hex_digit(t->p[0])) < 0 ||
			    (lo = hex_digit(t->p[1])) < 0 || hi + lo == 0)
				return false;
			c = (char)(hi << 4 | lo);
			t->p += 2;
		}
		str_addc(&t->text, c);
	}
	t->p++;
	return t->text.len <= TW_STRING_MAX;
}

static uint32_t text_id(struct twin *t)
{
	return imp_string(t->im, str_get(&t->text), t->text.len);
}

static void keep_text(struct twin *t, char **where)
{
	free(*where);
	*where = xstrdup(str_get(&t->text));
}

/* The facts of native.h; other keys are passed over. */
static bool fact_line(struct twin *t)
{
	size_t n = strcspn(t->p, ":");
	enum nat_fact fact;

	if (!nat_fact_by_key(t->p, n, &fact) || t->p[n] != ':' || t->p[n + 1] != ' ')
		return true;
	t->p += n + 2;
	if (nat_fact_kind(fact) != NAT_TEXT)
		return nat_get_fact(fact, t->p, &t->im->res->info);
	if (!take_text(t))
		return false;
	imp_note_text(t->im, str_get(&t->text));
	return true;
}

static int head_line(struct twin *t, struct err *e)
{
	struct import_result *res = t->im->res;
	uint64_t v;
	bool ok = true;

	if (take(t, DUMP_HEAD)) {
		ok = take_number(t, &v);
		if (ok && v != DUMP_VERSION)
			return err_set(e, ERR_INPUT,
				       "dump version %" PRIu64 ", this el2sim reads version %d: "
				       "use a newer el2sim",
				       v, DUMP_VERSION);
	} else if (take(t, "# importer: ")) {
		ok = take_text(t);
		keep_text(t, &res->importer);
	} else if (take(t, "# origin: ")) {
		ok = take_text(t);
		if (t->im->opts->origin == NULL)
			keep_text(t, &res->origin);
	} else if (take(t, "# events: ")) {
		ok = take_number(t, &t->events);
	} else if (take(t, "# skipped_unknown: ")) {
		ok = take_number(t, &v);
		res->info.skipped_unknown += ok ? v : 0;
	} else if (take(t, "# skipped_lines: ")) {
		ok = take_number(t, &v);
		res->info.skipped_lines += ok ? v : 0;
	} else if (take(t, "# lost: ")) {
		ok = take_number(t, &v);
		res->info.lost += ok ? v : 0;
	} else if (take(t, "# ")) {
		ok = fact_line(t);
	}
	return ok ? 0
		  : err_set(e, ERR_INPUT,
			    "broken header line: want `# key: value` as el2sim trace dump writes "
			    "it");
}

static bool take_time(struct twin *t, uint64_t *ns)
{
	uint64_t s, frac;
	const char *digits;

	if (!isdigit((unsigned char)*t->p) || !take_number(t, &s) ||
	    s > UINT64_MAX / 1000000000 - 1 || !take(t, "."))
		return false;
	digits = t->p;
	frac = 0;
	while (isdigit((unsigned char)*t->p) && t->p - digits < 9)
		frac = frac * 10 + (uint64_t)(*t->p++ - '0');
	*ns = s * 1000000000 + frac;
	return t->p - digits == 9;
}

static bool take_field(struct twin *t, struct tr_event *ev, unsigned i)
{
	enum tr_type type = (enum tr_type)ev->type;

	if (!take(t, " ") || !take(t, tr_field_name(type, i)) || !take(t, "="))
		return false;
	if (take(t, "?")) {
		ev->absent |= (uint8_t)(1u << i);
		return true;
	}
	if (tr_field_kind(type, i) != TRF_STR)
		return take_number(t, &ev->arg[i]);
	if (!take_text(t))
		return false;
	ev->arg[i] = text_id(t);
	return true;
}

/* The part before the event's fields; the name is left in *name, n bytes. */
static bool take_front(struct twin *t, struct tr_event *ev, const char **name, size_t *n)
{
	uint64_t cpu, pid;

	if (!take_time(t, &ev->ts_ns) || !take(t, " cpu=") || !take_number(t, &cpu) ||
	    cpu >= TR_CPU_MAX || !take(t, " pid=") || !take_number(t, &pid) ||
	    pid != (uint64_t)(int32_t)(uint32_t)pid || !take(t, " comm=") || !take_text(t) ||
	    !take(t, " "))
		return false;
	ev->cpu = (uint16_t)cpu;
	ev->pid = (int32_t)(uint32_t)pid;
	ev->comm = text_id(t);
	*name = t->p;
	*n = strcspn(t->p, ":");
	t->p += *n;
	return take(t, ":");
}

static int event_line(struct twin *t, struct err *e)
{
	struct tr_event ev = { 0 };
	enum tr_type type;
	const char *name;
	char word[64];
	size_t n;

	if (!take_front(t, &ev, &name, &n))
		return err_set(
			e, ERR_INPUT,
			"broken line: want `seconds.nanoseconds cpu=N pid=N comm=\"...\" event: "
			"field=value ...` with CPU 0..%d",
			TR_CPU_MAX - 1);
	if (n >= sizeof(word)) {
		imp_skip(t->im, name, n);
		return 0;
	}
	memcpy(word, name, n);
	word[n] = '\0';
	if (!tr_type_by_name(word, &type)) {
		imp_skip(t->im, name, n);
		return 0;
	}
	ev.type = (uint8_t)type;
	for (unsigned i = 0; i < tr_field_count(type); i++) {
		if (!take_field(t, &ev, i))
			return err_set(e, ERR_INPUT,
				       "broken %s: want field %s=value here: \"%.40s\"", word,
				       tr_field_name(type, i), t->p);
	}
	if (*t->p != '\0')
		return err_set(e, ERR_INPUT, "broken %s: more than its %u fields: \"%.40s\"", word,
			       tr_field_count(type), t->p);
	t->added++;
	return imp_add(t->im, &ev, e);
}

static int read_lines(struct twin *t, struct err *e)
{
	struct imp *im = t->im;
	char *s;
	size_t n;
	int got, rc;

	for (;;) {
		got = lines_next(&im->lines, &s, &n, e);
		if (got == 0)
			return 0;
		rc = got < 0 ? -1 : 0;
		if (got > 0 && n != 0) {
			t->p = s;
			rc = *s == '#' ? head_line(t, e) : event_line(t, e);
		}
		if (rc != 0 && (imp_broken(im, im->lines.line, e) != 0 || im->lines.failed))
			return -1;
		imp_progress(im);
	}
}

int imp_read_twin(struct imp *im, struct err *e)
{
	struct twin t = { .im = im, .events = UINT64_MAX };
	int rc = read_lines(&t, e);

	str_free(&t.text);
	if (rc != 0 || t.events == UINT64_MAX || t.added == t.events || im->opts->lenient)
		return rc;
	(void)err_set(e, ERR_INPUT,
		      "the text ends after %" PRIu64 " events, its header says %" PRIu64
		      ": it was cut (--lenient takes what is there)",
		      t.added, t.events);
	return imp_broken(im, im->lines.line, e);
}
