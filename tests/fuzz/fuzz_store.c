/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Damage to a results file: refused with a sentence, or reported and read point by point. The first four bytes are where
 * the file ends (0: it is whole), each further four a place (three bytes, little-endian) and what stands there.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "sim/base/str.h"
#include "sim/sweep/sweep_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define POINTS 6

static char path[] = "/tmp/el2sim-fuzz-XXXXXX";
static struct str whole; /* the file without damage */

static void must(int rc, const struct err *e)
{
	if (rc != 0)
		BUG(e->text);
}

static void put_result(struct store *s, const char *hash, unsigned point)
{
	static const char json[] = "{\"schema\": \"el2sim.run/1\", \"title\": \"t\", \"facts\": {}, \"tables\": {}}";
	struct store_metric m[] = { { "per_exit/cycles/each", "cycles", false, { .i = 100 + point } },
				    { "per_exit/loads/each", "", true, { .d = 0.25 * point } },
				    { "phases/enter/cycles", "cycles", false, { .i = 40 } } };
	bool failed = point == POINTS - 1;
	char packed[256];
	size_t n = ZSTD_compress(packed, sizeof(packed), json, strlen(json), 3);
	struct store_result r = { hash, failed ? STORE_FAILED : STORE_OK, failed ? 3 : 0, failed ? "a sentence" : "",
				  failed ? NULL : packed, failed ? 0 : n, 10, 9, 8, m, failed ? 0 : 3 };
	struct err e = { ERR_NONE, "" };

	must(store_put_result(s, &r, &e), &e);
}

/* Two axes, six points, one of them failed. */
static void make(void)
{
	static char *policy[] = { "eager", "deferred" }, *vcpus[] = { "1", "2", "4" };
	const struct store_axis axes[] = { { "policy.el1", "option", "", "h", "a.ini:3", 0, policy, policy, 2 },
					   { "machine.vcpus", "option", "", "", "a.ini:4", 0, vcpus, vcpus, 3 } };
	static const char *const meta[][2] = { { "title", "t" }, { "command", "run" }, { "config", "a.ini" },
					       { "headline", "per_exit/cycles/each" } };
	struct err e = { ERR_NONE, "" };
	struct store *s = store_open(path, STORE_WRITE, &e);
	bool needed;

	must(s != NULL ? 0 : -1, &e);
	must(store_plan_begin(s, "plan", &needed, &e), &e);
	for (size_t i = 0; i < sizeof(meta) / sizeof(meta[0]); i++)
		must(store_put_meta(s, meta[i][0], meta[i][1], &e), &e);
	for (size_t i = 0; i < 2; i++)
		must(store_put_axis(s, &axes[i], &e), &e);
	must(store_put_setting(s, 0, &(struct store_setting){ "run.seed", "7", "", "a.ini:9", "" }, &e), &e);
	for (unsigned i = 0; i < POINTS; i++) {
		uint32_t ordinal[] = { i / 3, i % 3 };
		struct store_point p = { .command = "el2sim run a.ini", .ordinal = ordinal };

		(void)snprintf(p.hash, sizeof(p.hash), "%064u", i + 1);
		must(store_put_point(s, i, &p, &e), &e);
	}
	must(store_plan_end(s, &e), &e);
	for (unsigned i = 0; i < POINTS; i++) {
		char hash[65];

		(void)snprintf(hash, sizeof(hash), "%064u", i + 1);
		put_result(s, hash, i);
	}
	store_close(s);
}

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
	make();
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

	for (size_t i = 0; i < store_points(s) && i < POINTS; i++) {
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
