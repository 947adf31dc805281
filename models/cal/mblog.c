/* SPDX-License-Identifier: Apache-2.0 */
#include "models/cal/mblog.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line of a log. */
struct place {
	const char *path;
	unsigned long line;
	bool table;           /* behind the heading */
	bool seen[BENCH_COUNT];
	unsigned rows;
};

static int no(const struct place *at, struct err *e)
{
	return err_at(e, at->path, at->line);
}

static bool says(const char *line, const char *word)
{
	size_t n = strlen(word);

	for (; *line != '\0'; line++) {
		if (strncasecmp(line, word, n) == 0)
			return true;
	}
	return false;
}

/* "name total ns avg ns" */
static int heading(struct place *at, const char *line, struct err *e)
{
	if (!says(line, "name") || !says(line, "avg"))
		return 0;
	if (!says(line, "total ns") || !says(line, "avg ns")) {
		(void)err_set(e, ERR_INPUT, "heading \"%.60s\": want the columns \"total ns\" and \"avg ns\": times in another unit are "
			      "not read, run a micro-bench that prints nanoseconds", line + strspn(line, " \t"));
		return no(at, e);
	}
	at->table = true;
	return 0;
}

/* A time as micro-bench prints it: digits, a point, digits, blanks. */
static bool number(char **s, double *v)
{
	char *end;

	*s += strspn(*s, " \t");
	if (!isdigit((unsigned char)**s) && **s != '-')
		return false;
	*v = strtod(*s, &end);
	if (end == *s || (*end != '\0' && !isspace((unsigned char)*end)))
		return false;
	*s = end;
	return true;
}

/* A line of the table, or anything else. */
static int entry(struct place *at, char *line, struct mblog *l, struct err *e)
{
	char *name = line + strspn(line, " \t"), *rest = name + strcspn(name, " \t");
	double total, avg;
	enum cal_bench b;
	char word[40];

	if ((size_t)(rest - name) >= sizeof(word))
		return 0;
	memcpy(word, name, (size_t)(rest - name));
	word[rest - name] = '\0';
	if (!cal_bench_by_name(word, &b))
		return 0;
	if (says(rest, "skipped") || says(rest, "timed out") || says(rest, "timeout"))
		return 0; /* a row that is not there */
	if (!number(&rest, &total) || !number(&rest, &avg) || rest[strspn(rest, " \t")] != '\0') {
		(void)err_set(e, ERR_INPUT, "%s: \"%.40s\": want two times, total and average, in ns", word, name + strlen(word) +
			      strspn(name + strlen(word), " \t"));
		return no(at, e);
	}
	if (!at->table) {
		(void)err_set(e, ERR_INPUT, "%s stands before the heading: want a line \"name total ns avg ns\" above it, for the unit", word);
		return no(at, e);
	}
	if (!(total > 0) || !(avg > 0) || !isfinite(total)) {
		(void)err_set(e, ERR_INPUT, "%s: total %.0f ns, average %.0f ns: want times above 0: the test did not run, or its counter "
			      "does not", word, total, avg);
		return no(at, e);
	}
	if (avg > total) {
		(void)err_set(e, ERR_INPUT, "%s: average %.0f ns above the total of %.0f ns: want both in ns", word, avg, total);
		return no(at, e);
	}
	if (at->seen[b]) {
		(void)err_set(e, ERR_INPUT, "%s a second time: want one run in a file; give each run's file", word);
		return no(at, e);
	}
	at->seen[b] = true;
	at->rows++;
	l->row[b].sum += avg;
	l->row[b].squares += avg * avg;
	l->row[b].times = total / avg;
	l->row[b].n++;
	return 0;
}

static int line_of(struct place *at, char *line, struct mblog *l, struct err *e)
{
	line[strcspn(line, "\r\n")] = '\0';
	if (line[0] == '#')
		return 0; /* a note */
	if (!l->gicv2 && (says(line, "gicv2") || says(line, "gic-version=2"))) {
		(void)err_set(e, ERR_INPUT, "the guest has a GICv2, and the machine's features have none: want gicv2 in the machine's features, or "
			      "a run with a GICv3");
		return no(at, e);
	}
	if (!at->table && heading(at, line, e) != 0)
		return -1;
	return entry(at, line, l, e);
}

int mblog_read(const char *path, struct mblog *l, struct err *e)
{
	struct place at = { .path = path };
	FILE *f = fopen(path, "r");
	size_t room = 0;
	char *line = NULL;
	int rc = 0;

	if (f == NULL) {
		(void)err_set(e, ERR_INPUT, "could not be read: %s: want the output of kvm-unit-tests' micro-bench", strerror(errno));
		return err_at(e, path, 0);
	}
	while (rc == 0 && getline(&line, &room, f) != -1) {
		at.line++;
		rc = line_of(&at, line, l, e);
	}
	if (rc == 0 && ferror(f) != 0) {
		(void)err_set(e, ERR_INPUT, "cannot be read: %s", strerror(errno));
		rc = err_at(e, path, 0);
	}
	if (rc == 0 && at.rows == 0) {
		(void)err_set(e, ERR_INPUT, "no row of micro-bench: want its table, a heading \"name total ns avg ns\" and lines such as \"hvc "
			      "20054016.0 306.0\"");
		rc = err_at(e, path, 0);
	}
	free(line);
	(void)fclose(f);
	l->n += rc == 0;
	return rc;
}

double mblog_mean(const struct mblog *l, enum cal_bench b, double *noise)
{
	const struct mblog_row *r = &l->row[b];
	double mean = r->n != 0 ? r->sum / r->n : 0, var;

	*noise = 0;
	if (r->n < 2)
		return mean;
	var = (r->squares - r->n * mean * mean) / (r->n - 1);
	*noise = var > 0 ? sqrt(var / r->n) / mean : 0;
	return mean;
}

size_t mblog_obs(const struct mblog *l, double ghz, struct cal_obs o[BENCH_COUNT])
{
	size_t n = 0;

	for (unsigned b = 0; b < BENCH_COUNT; b++) {
		double noise, mean = mblog_mean(l, (enum cal_bench)b, &noise);

		if (mean > 0)
			o[n++] = (struct cal_obs){ (enum cal_bench)b, mean * ghz, noise, false };
	}
	return n;
}
