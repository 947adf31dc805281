/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/explore/story.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/file.h"
#include "sim/base/str.h"

#define HEADER   "# el2sim story 1"
#define LINE_MAX_ 512
#define STORY_MAX 100000 /* events; a search never has so many */

/* ---- life ---- */

static void free_list(char **v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(v[i]);
	free(v);
}

void story_free(struct story *s)
{
	free(s->path);
	free(s->config);
	free_list(s->set, s->n_set);
	free_list(s->inject, s->n_inject);
	free(s->ev);
	memset(s, 0, sizeof(*s));
}

static void add_word(char ***v, size_t *n, const char *word)
{
	*v = xrealloc(*v, (*n + 1) * sizeof(**v));
	(*v)[(*n)++] = xstrdup(word);
}

static struct story_line *add_line(struct story *s)
{
	s->ev = xrealloc(s->ev, (s->n + 1) * sizeof(*s->ev));
	memset(&s->ev[s->n], 0, sizeof(*s->ev));
	return &s->ev[s->n++];
}

/* ---- read ---- */

static int event_unknown(const char *word, struct err *e)
{
	const char *names[XE_COUNT];

	for (unsigned i = 0; i < XE_COUNT; i++)
		names[i] = xevent_name((enum xevent_row)i);
	return err_unknown(e, ERR_INPUT, word, names, XE_COUNT, "want a row of el2sim explore --doc", "unknown event \"%.40s\"", word);
}

static int read_event(struct story *s, const char *text, unsigned line, struct err *e)
{
	struct story_line *ev;
	char word[32], with[96] = "";
	enum xevent_row row;
	unsigned vcpu, pcpu;
	int end = 0, n = sscanf(text, "%31s vcpu %1u pcpu %1u%n with %95s %n", word, &vcpu, &pcpu, &end, with, &end);

	if (n < 1 || !xevent_by_name(word, &row))
		return event_unknown(n < 1 ? text : word, e);
	if (n < 3 || text[end + (int)strspn(text + end, " \t")] != '\0')
		return err_set(e, ERR_INPUT, "\"%.80s\": want EVENT vcpu N pcpu N [with WORDS]", text);
	if (s->vcpus == 0)
		return err_set(e, ERR_INPUT, "the event stands before \"machine N vcpus N pcpus N vms\"");
	if (vcpu >= s->vcpus || pcpu >= s->pcpus)
		return err_set(e, ERR_INPUT, "vCPU %u on pCPU %u: want a vCPU below %u and a pCPU below %u", vcpu, pcpu, s->vcpus,
			       s->pcpus);
	if (s->n == STORY_MAX)
		return err_set(e, ERR_INPUT, "more than %d events", STORY_MAX);
	ev = add_line(s);
	*ev = (struct story_line){ .row = (uint8_t)row, .vcpu = (uint8_t)vcpu, .pcpu = (uint8_t)pcpu, .line = line };
	memcpy(ev->with, with, sizeof(with));
	return 0;
}

static int read_machine(struct story *s, const char *text, struct err *e)
{
	int end = 0;

	if (s->vcpus != 0)
		return err_set(e, ERR_INPUT, "a second line \"machine\"");
	if (sscanf(text, "%1u vcpus %1u pcpus %1u vms %n", &s->vcpus, &s->pcpus, &s->vms, &end) != 3 || end == 0 ||
	    text[end] != '\0' || s->vcpus == 0 || s->vcpus > EXPLORE_MAX || s->pcpus == 0 || s->pcpus > EXPLORE_MAX ||
	    s->vms == 0 || s->vms > s->vcpus) {
		s->vcpus = 0;
		return err_set(e, ERR_INPUT, "\"machine %.80s\": want \"machine N vcpus N pcpus N vms\", each 1..%d, and no more "
			       "VMs than vCPUs", text, EXPLORE_MAX);
	}
	return 0;
}

/* Text after a word and blanks; NULL: another word. */
static const char *after(const char *text, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(text, word, n) != 0 || (text[n] != ' ' && text[n] != '\t'))
		return NULL;
	return text + n + strspn(text + n, " \t");
}

static int read_line(struct story *s, const char *text, unsigned line, struct err *e)
{
	const char *rest;

	if (text[0] == '\0' || text[0] == '#')
		return 0;
	if ((rest = after(text, "config")) != NULL) {
		free(s->config);
		s->config = xstrdup(rest);
		return 0;
	}
	if ((rest = after(text, "set")) != NULL)
		return add_word(&s->set, &s->n_set, rest), 0;
	if ((rest = after(text, "inject")) != NULL)
		return add_word(&s->inject, &s->n_inject, rest), 0;
	if ((rest = after(text, "machine")) != NULL)
		return read_machine(s, rest, e);
	if ((rest = after(text, "finds")) != NULL) {
		if (sscanf(rest, "%31s %47s", s->rule, s->what) != 2)
			return err_set(e, ERR_INPUT, "\"finds %.80s\": want finds RULE REGISTER", rest);
		return 0;
	}
	return read_event(s, text, line, e);
}

static int read_lines(struct story *s, FILE *f, struct err *e)
{
	char text[LINE_MAX_];
	unsigned line = 0;

	while (fgets(text, sizeof(text), f) != NULL) {
		size_t n = strlen(text);

		line++;
		if (n == sizeof(text) - 1 && text[n - 1] != '\n') {
			(void)err_set(e, ERR_INPUT, "a line over %d bytes", LINE_MAX_ - 2);
			return err_at(e, s->path, line);
		}
		while (n > 0 && strchr("\r\n \t", text[n - 1]) != NULL)
			text[--n] = '\0';
		if (line == 1 && strcmp(text, HEADER) != 0) {
			(void)err_set(e, ERR_INPUT, "no story: want the first line \"" HEADER "\"");
			return err_at(e, s->path, line);
		}
		if (read_line(s, text + strspn(text, " \t"), line, e) != 0)
			return err_at(e, s->path, line);
	}
	return 0;
}

int story_read(const char *path, struct story *s, struct err *e)
{
	FILE *f = fopen(path, "r");
	int rc;

	memset(s, 0, sizeof(*s));
	if (f == NULL)
		return err_set(e, ERR_INPUT, "%s: %s", path, strerror(errno));
	s->path = xstrdup(path);
	rc = read_lines(s, f, e);
	if (rc == 0 && ferror(f) != 0)
		rc = err_set(e, ERR_INPUT, "%s: cannot be read", path);
	if (rc == 0 && s->n == 0)
		rc = err_set(e, ERR_INPUT, "%s: no event in it", path);
	(void)fclose(f);
	if (s->config == NULL)
		s->config = xstrdup("");
	return rc;
}

/* ---- write ---- */

/* A story is read line by line: what has a line end in it cannot be told. */
static int one_line(const char *what, const char *text, struct err *e)
{
	if (strpbrk(text, "\r\n") == NULL)
		return 0;
	return err_set(e, ERR_INPUT, "a story cannot hold %s \"%.80s\": it has a line end in it", what, text);
}

static int check_lines(const struct story *s, struct err *e)
{
	int rc = one_line("the configuration's name", s->config, e);

	for (size_t i = 0; rc == 0 && i < s->n_set; i++)
		rc = one_line("the option", s->set[i], e);
	for (size_t i = 0; rc == 0 && i < s->n_inject; i++)
		rc = one_line("the fault", s->inject[i], e);
	return rc;
}

int story_write(const struct story *s, const char *path, struct err *e)
{
	struct outfile out;

	if (check_lines(s, e) != 0)
		return -1;
	if (file_create(&out, path, e) != 0)
		return -1;
	(void)fprintf(out.f, HEADER "\n# el2sim run %s --story FILE\nconfig %s\n", s->config, s->config);
	for (size_t i = 0; i < s->n_set; i++)
		(void)fprintf(out.f, "set %s\n", s->set[i]);
	for (size_t i = 0; i < s->n_inject; i++)
		(void)fprintf(out.f, "inject %s\n", s->inject[i]);
	(void)fprintf(out.f, "machine %u vcpus %u pcpus %u vms\n", s->vcpus, s->pcpus, s->vms);
	if (s->rule[0] != '\0')
		(void)fprintf(out.f, "finds %s %s\n", s->rule, s->what);
	for (size_t i = 0; i < s->n; i++)
		(void)fprintf(out.f, "%s vcpu %u pcpu %u%s%s\n", xevent_name((enum xevent_row)s->ev[i].row), s->ev[i].vcpu,
			      s->ev[i].pcpu, s->ev[i].with[0] != '\0' ? " with " : "", s->ev[i].with);
	return file_commit(&out, e);
}

/* ---- events ---- */

static int fits(const struct story *s, const struct story_line *l, const struct xworld *w, struct xevent *ev, struct err *e)
{
	const char *name = xevent_name((enum xevent_row)l->row);

	*ev = (struct xevent){ l->row, l->vcpu, l->pcpu, 0 };
	if (!xworld_arg_parse(w, l->with, ev))
		(void)err_set(e, ERR_INPUT, "the story does not fit this configuration: %s with \"%s\": no such choice in its program",
			      name, l->with);
	else if (!xworld_possible(w, *ev))
		(void)err_set(e, ERR_INPUT, "the story does not fit: %s of vCPU %u on pCPU %u is not possible here: %s", name,
			      l->vcpu, l->pcpu, xworld_why_not(w, *ev));
	else
		return 0;
	return err_at(e, s->path, l->line);
}

struct xevent *story_events(const struct story *s, const struct ws_prog *p, struct err *e)
{
	struct xworld *w = xworld_new(p, s->vcpus, s->pcpus, s->vms, XS_ALL);
	struct xevent *ev = xcalloc(s->n, sizeof(*ev));
	int rc = 0;

	for (size_t i = 0; i < s->n && rc == 0; i++) {
		rc = fits(s, &s->ev[i], w, &ev[i], e);
		if (rc == 0)
			xworld_do(w, ev[i]);
	}
	xworld_free(w);
	if (rc == 0)
		return ev;
	free(ev);
	return NULL;
}

void story_take(struct story *s, const struct xworld *w, const struct xevent *ev, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct story_line *l = add_line(s);

		l->row = ev[i].row;
		l->vcpu = ev[i].vcpu;
		l->pcpu = ev[i].pcpu;
		(void)xworld_arg(w, ev[i], l->with, sizeof(l->with));
	}
}

const char *xviolation_rule(const struct xviolation *v)
{
	return v->flag ? vflag_rule_name((enum vflag_rule)v->rule) : oracle_rule_name((enum oracle_rule)v->rule);
}

const struct xviolation *story_found(const struct story *s, const struct xviolation *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(xviolation_rule(&v[i]), s->rule) == 0 && strcmp(v[i].what, s->what) == 0)
			return &v[i];
	}
	return NULL;
}
