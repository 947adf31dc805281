/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Damage to a results file: refused with a sentence, or reported and read point by point. The first four bytes are where
 * the file ends (0: it is whole), each further four a place (three bytes, little-endian) and what stands there.
 */
/* mutations in ./check: 2000: a file and a report each */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/str.h"
#include "sim/sweep/sweep_report.h"
#include "tests/fuzz/results.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[] = "/tmp/el2sim-fuzz-XXXXXX";
static struct str whole; /* the file without damage */

static void drop(void)
{
	(void)unlink(path);
	str_free(&whole);
}

/* Once: a file of a name of its own, and its bytes. */
static void start(void)
{
	int fd = mkstemp(path);
	char part[4096];
	ssize_t n;

	BUG_ON(fd < 0 || unlink(path) != 0 || close(fd) != 0);
	results_make(path);
	fd = open(path, O_RDONLY);
	BUG_ON(fd < 0);
	while ((n = read(fd, part, sizeof(part))) > 0)
		str_addn(&whole, part, (size_t)n);
	BUG_ON(close(fd) != 0 || atexit(drop) != 0);
}

static size_t number(const uint8_t *data)
{
	return (size_t)data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16;
}

static void damage(const uint8_t *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_TRUNC);
	char *copy = xmalloc(whole.len);
	size_t end = size >= 4 && number(data) != 0 ? number(data) % whole.len : whole.len;

	memcpy(copy, str_get(&whole), whole.len);
	for (size_t i = 4; i + 4 <= size; i += 4)
		copy[number(&data[i]) % whole.len] = (char)data[i + 3];
	BUG_ON(fd < 0 || write(fd, copy, end) != (ssize_t)end || close(fd) != 0);
	free(copy);
}

static void no_metric(void *ctx, const struct store_metric *m)
{
	BUG_ON(ctx != NULL || m->name == NULL);
}

static void no_setting(void *ctx, const struct store_setting *o)
{
	BUG_ON(ctx != NULL || o->name == NULL);
}

static void refused(int rc, struct err *e)
{
	BUG_ON(rc != 0 && (e->code != ERR_INPUT || e->text[0] == '\0'));
	*e = (struct err){ ERR_NONE, "" };
}

static void read_points(struct store *s)
{
	struct err e = { ERR_NONE, "" };
	struct str json = STR_INIT;

	for (size_t i = 0; i < store_points(s) && i < RESULTS_POINTS; i++) {
		struct store_point p;
		int rc = store_point(s, i, &p, &e);

		if (rc == 0)
			store_point_free(&p);
		refused(rc, &e);
		refused(store_report(s, i, &json, &e), &e);
		refused(store_each_metric(s, i, no_metric, NULL, &e), &e);
		refused(store_each_setting(s, i, no_setting, NULL, &e), &e);
	}
	str_free(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { ERR_NONE, "" };
	struct store *s;
	struct rep *r;
	FILE *f;

	if (whole.len == 0)
		start();
	damage(data, size);
	s = store_open(path, STORE_READ, &e);
	refused(s != NULL ? 0 : -1, &e);
	if (s == NULL)
		return 0;
	read_points(s);
	r = sweep_report(s, &e);
	refused(r != NULL ? 0 : -1, &e);
	if (r != NULL) {
		f = fopen("/dev/null", "w");
		BUG_ON(f == NULL || rep_write(r, REP_HTML, f, &e) != 0 || fclose(f) != 0);
	}
	rep_free(r);
	store_close(s);
	return 0;
}
