/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the text of a trace, strictly and leniently: refused with a sentence and without a
 * file, or the native trace dumps to text that imports to the same bytes. trace.dat and perf.data are
 * left out: they are read by other projects' parsers, kept in processes of their own.
 */
/* mutations in ./check: 1000: whole posted traces, each read strictly and leniently; seeds: tests/data/traces/posted. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/base/str.h"
#include "traces/dump.h"
#include "traces/import/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file in memory by its name in /proc. */
static int memory_file(char path[64], const void *p, size_t size)
{
	int fd = memfd_create("trace", 0);

	BUG_ON(fd < 0 || write(fd, p, size) != (ssize_t)size);
	(void)snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

static struct str slurp(const char *path)
{
	struct str b = STR_INIT;
	FILE *f = fopen(path, "rb");
	char part[4096];
	size_t n;

	BUG_ON(f == NULL);
	while ((n = fread(part, 1, sizeof(part), f)) != 0)
		str_addn(&b, part, n);
	(void)fclose(f);
	return b;
}

static int import(const char *in, const char *out, bool lenient)
{
	const struct import_opts opts = { .in = in, .out = out, .lenient = lenient };
	struct import_result res;
	struct err e = { ERR_NONE, "" };
	int rc = import_run(&opts, NULL, &res, &e);

	BUG_ON(rc != 0 && (e.code != ERR_INPUT || e.text[0] == '\0' || access(out, F_OK) == 0));
	import_free(&res);
	return rc;
}

static void round_trip(const char *native, const char *again)
{
	struct str a = slurp(native), b;
	struct err e = { ERR_NONE, "" };
	struct tr_reader *r = tr_open(native, &e);
	char *p = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&p, &n);
	char path[64];
	int fd;

	BUG_ON(r == NULL || f == NULL || dump_write(r, f, DUMP_PLAIN, UINT64_MAX, NULL, &e) != 0);
	tr_close(r);
	(void)fclose(f);
	fd = memory_file(path, p, n);
	BUG_ON(import(path, again, false) != 0);
	b = slurp(again);
	BUG_ON(a.len != b.len || memcmp(a.s, b.s, a.len) != 0);
	(void)close(fd);
	(void)remove(again);
	free(p);
	str_free(&a);
	str_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char native[64], again[64], path[64];
	int fd;

	if (imp_probe_dat((const char *)data, size) || imp_probe_perfdata((const char *)data, size))
		return 0;
	(void)snprintf(native, sizeof(native), "fuzz-trace-%ld.e2t", (long)getpid());
	(void)snprintf(again, sizeof(again), "fuzz-trace-%ld.again.e2t", (long)getpid());
	fd = memory_file(path, data, size);
	for (int lenient = 0; lenient <= 1; lenient++) {
		if (import(path, native, lenient != 0) == 0) {
			round_trip(native, again);
			(void)remove(native);
		}
	}
	(void)close(fd);
	return 0;
}
