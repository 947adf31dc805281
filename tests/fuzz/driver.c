/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target: every file of some folders, then mutations of them.
 *
 *	fuzz_opt N FOLDER...        N mutations (0: the files alone)
 *	fuzz_opt FILE...            feeds these files only
 *
 * In front: --seed S (0: mutation i depends on i and what was fed before alone), --seconds S (no more than that, by the clock),
 * --keep FOLDER (files there are fed, too, and an input that reached code which nothing before it reached becomes one),
 * --least FOLDER (files that did so, fed from the smallest on, are copied there). In a build with coverage (cover.c) such an input is mutated further. The input of which a process dies is left in a file.
 *
 * The target is LLVMFuzzerTestOneInput of fuzz_<name>.c, as libFuzzer and AFL++ know it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "sim/base/err.h"
#include "sim/base/str.h"
#include "tests/fuzz/cover.h"

#define SIZE_MAX_BYTES 65536 /* of a mutated input */
#define EDITS_MAX      8
#define KEPT_BYTES     (64u << 20) /* of inputs that are mutated further */
#define HANG_S         60	   /* CPU time of one input */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Of the sanitizers; absent in a build without them. */
void __sanitizer_set_death_callback(void (*f)(void)) __attribute__((weak));

struct seeds {
	struct str *v;
	size_t n, bytes;
};

struct fuzz {
	struct seeds seeds;
	const char *keep;  /* folder, NULL: none */
	const char *least; /* folder for the fed files that reached something new, smallest first; NULL: none */
	uint64_t seed, seconds;
	size_t edges, kept;
};

/* What is being fed: for the last words of a dying process only. */
static const uint8_t *fed;
static size_t fed_size;

static void last_words(void)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/tmp/%.24s-%ld.died", program_invocation_short_name, (long)getpid());
	fd = fed != NULL ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
	if (fd < 0 || write(fd, fed, fed_size) != (ssize_t)fed_size)
		(void)fprintf(stderr, "fuzz: died of %zu bytes that could not be kept\n", fed_size);
	else
		(void)fprintf(stderr, "fuzz: died of %s\n", path);
}

static void on_signal(int sig)
{
	last_words();
	(void)signal(sig, SIG_DFL);
	(void)raise(sig);
}

/* --- seeds ------------------------------------------------------------------------------------ */

static void add(struct seeds *s, struct str text)
{
	s->v = xrealloc(s->v, (s->n + 1) * sizeof(*s->v));
	s->v[s->n++] = text;
	s->bytes += text.len;
}

static void add_file(struct seeds *s, const char *path)
{
	FILE *f = fopen(path, "rb");
	struct str text = STR_INIT;
	char part[4096];
	size_t n;

	if (f == NULL)
		return;
	while ((n = fread(part, 1, sizeof(part), f)) != 0)
		str_addn(&text, part, n);
	(void)fclose(f);
	add(s, text);
}

static void add_folder(struct seeds *s, const char *folder)
{
	struct dirent **found;
	int n = scandir(folder, &found, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		struct str path = STR_INIT;
		struct stat st;

		str_addf(&path, "%s/%s", folder, found[i]->d_name);
		if (stat(str_get(&path), &st) == 0 && S_ISREG(st.st_mode))
			add_file(s, str_get(&path));
		str_free(&path);
		free(found[i]);
	}
	if (n >= 0)
		free(found);
}

static void seeds_free(struct seeds *s)
{
	for (size_t i = 0; i < s->n; i++)
		str_free(&s->v[i]);
	free(s->v);
}

/* --- mutations -------------------------------------------------------------------------------- */

/* splitmix64 (Steele, Lea, Flood 2014): any state will do, also consecutive ones. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static size_t below(uint64_t *state, size_t n)
{
	return n != 0 ? (size_t)(next_random(state) % n) : 0;
}

/* Replace cut bytes at place by add bytes of with. */
static void edit(struct str *b, size_t place, size_t cut, const char *with, size_t add)
{
	struct str old = *b;

	*b = STR_INIT;
	str_addn(b, str_get(&old), place);
	str_addn(b, with, add);
	str_addn(b, str_get(&old) + place + cut, old.len - place - cut);
	str_free(&old);
}

/* A number where limits are, in 1, 2, 4 or 8 little-endian bytes. */
static void put_number(struct str *b, uint64_t *r)
{
	static const uint64_t odd[] = { 0,          1,          0x7f,      0x80,
					0xff,       0x7fff,     0xffff,    0x7fffffff,
					0x80000000, 0xffffffff, INT64_MAX, UINT64_C(1) << 63,
					UINT64_MAX };
	uint64_t v = odd[below(r, sizeof(odd) / sizeof(odd[0]))];
	size_t n = (size_t)1 << below(r, 4), place = below(r, b->len + 1);
	char bytes[8];

	for (size_t i = 0; i < 8; i++)
		bytes[i] = (char)(v >> (8 * i));
	edit(b, place, n < b->len - place ? n : b->len - place, bytes, n);
}

static void put_word(struct str *b, uint64_t *r)
{
	static const char *const words[] = { "\n",   "=",    "[",           "]",  ".",  "-",  ";",
					     "\r\n", "0x",   "99999999999", "{",  "}",  "\"", ",",
					     "%s",   "\xff", "\xc3",        "  ", "\t", "1e9" };
	const char *w = words[below(r, sizeof(words) / sizeof(words[0]))];

	edit(b, below(r, b->len + 1), 0, w, strlen(w));
}

static void mutate_once(struct str *b, const struct seeds *s, uint64_t *r)
{
	const struct str *other = &s->v[below(r, s->n)];
	size_t from = below(r, b->len), n = below(r, b->len - from + 1);

	switch (below(r, 8)) {
	case 0: /* a bit */
		if (b->len != 0)
			b->s[from] = (char)(b->s[from] ^ (1 << below(r, 8)));
		return;
	case 1: /* a byte */
		if (b->len != 0)
			b->s[from] = (char)next_random(r);
		return;
	case 2:
		put_number(b, r);
		return;
	case 3:
		put_word(b, r);
		return;
	case 4: /* a hole */
		edit(b, from, n, "", 0);
		return;
	case 5: /* truncated */
		edit(b, from, b->len - from, "", 0);
		return;
	case 6: { /* a part twice */
		struct str part = STR_INIT;

		str_addn(&part, str_get(b) + from, n);
		edit(b, from, 0, str_get(&part), n);
		str_free(&part);
		return;
	}
	default: /* the end of another one */
		n = below(r, other->len);
		edit(b, from, b->len - from, str_get(other) + n, other->len - n);
		return;
	}
}

static void mutate(struct str *b, const struct seeds *s, uint64_t salt, uint64_t number)
{
	uint64_t r = salt * UINT64_C(0xd1b54a32d192ed03) + number;
	const struct str *seed = &s->v[below(&r, s->n)];
	size_t edits = 1 + below(&r, EDITS_MAX);

	str_reset(b);
	str_addn(b, str_get(seed), seed->len);
	for (size_t i = 0; i < edits; i++) {
		mutate_once(b, s, &r);
		if (b->len > SIZE_MAX_BYTES)
			edit(b, SIZE_MAX_BYTES, b->len - SIZE_MAX_BYTES, "", 0);
	}
}

/* --- running ---------------------------------------------------------------------------------- */

/* A name by content (FNV-1a), so that the same input is the same file. */
static void keep_file(const char *folder, const struct str *b)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	struct str path = STR_INIT;
	FILE *f;

	for (size_t i = 0; i < b->len; i++)
		hash = (hash ^ (uint8_t)str_get(b)[i]) * UINT64_C(0x100000001b3);
	str_addf(&path, "%s/%016" PRIx64, folder, hash);
	f = fopen(str_get(&path), "wb");
	if (f == NULL || fwrite(str_get(b), 1, b->len, f) != b->len || fclose(f) != 0) {
		(void)fprintf(stderr, "fuzz: %s: %s\n", str_get(&path), strerror(errno));
		exit(2);
	}
	str_free(&path);
}

/* A copy of exactly that size, so that the sanitizer sees one byte too far. True if it reached something new. */
static bool feed(struct fuzz *z, const struct str *b)
{
	const struct itimerval limit = { .it_value = { .tv_sec = HANG_S } };
	uint8_t *copy = xmalloc(b->len);
	size_t found;

	memcpy(copy, str_get(b), b->len);
	fed = copy;
	fed_size = b->len;
	(void)setitimer(ITIMER_PROF, &limit, NULL);
	cover_begin();
	(void)LLVMFuzzerTestOneInput(copy, b->len);
	found = cover_end();
	fed = NULL;
	free(copy);
	z->edges += found;
	return found != 0;
}

static void feed_mutation(struct fuzz *z, uint64_t number, struct str *b)
{
	mutate(b, &z->seeds, z->seed, number);
	if (!feed(z, b) || z->seeds.bytes + b->len > KEPT_BYTES)
		return;
	z->kept++;
	if (z->keep != NULL)
		keep_file(z->keep, b);
	add(&z->seeds, *b);
	*b = STR_INIT;
}

static int by_size(const void *a, const void *b)
{
	size_t n = ((const struct str *)a)->len, k = ((const struct str *)b)->len;

	return (n > k) - (n < k);
}

static bool time_is_over(const struct fuzz *z, time_t began)
{
	return z->seconds != 0 && (uint64_t)(time(NULL) - began) >= z->seconds;
}

static int usage(void)
{
	(void)fputs("usage: fuzz_NAME [--seed S] [--seconds S] [--keep FOLDER] [--least FOLDER] N FOLDER... | FILE...\n", stderr);
	return 2;
}

/* Options in front; returns the index of the first word behind them, 0 if they are wrong. */
static int options(struct fuzz *z, int argc, char **argv)
{
	int i = 1;

	for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
		if (strcmp(argv[i], "--keep") == 0)
			z->keep = argv[i + 1];
		else if (strcmp(argv[i], "--least") == 0)
			z->least = argv[i + 1];
		else if (!str_u64(argv[i + 1], strcmp(argv[i], "--seed") == 0 ? &z->seed : &z->seconds) ||
			 (strcmp(argv[i], "--seed") != 0 && strcmp(argv[i], "--seconds") != 0))
			return 0;
	}
	return i;
}

int main(int argc, char **argv)
{
	struct fuzz z = { .keep = NULL };
	int first = options(&z, argc, argv);
	uint64_t count = 0, i = 0;
	bool bounded = first != 0 && argc > first + 1 && str_u64(argv[first], &count);
	time_t began = time(NULL);
	struct str b = STR_INIT;
	size_t files;

	if (first == 0 || argc <= first)
		return usage();
	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(last_words);
	(void)signal(SIGABRT, on_signal);
	(void)signal(SIGPROF, on_signal);
	for (int k = first + bounded; k < argc; k++)
		(bounded ? add_folder : add_file)(&z.seeds, argv[k]);
	if (z.keep != NULL)
		add_folder(&z.seeds, z.keep);
	files = z.seeds.n;
	if (files == 0)
		return usage();
	if (z.least != NULL)
		qsort(z.seeds.v, files, sizeof(*z.seeds.v), by_size);
	for (size_t k = 0; k < files; k++)
		if (feed(&z, &z.seeds.v[k]) && z.least != NULL)
			keep_file(z.least, &z.seeds.v[k]);
	for (; i < count && !time_is_over(&z, began); i++)
		feed_mutation(&z, i, &b);
	printf("fuzz: %s: seed %" PRIu64 ": %zu files, %" PRIu64 " mutations, %zu edges, %zu kept\n", program_invocation_short_name,
	       z.seed, files, i, z.edges, z.kept);
	str_free(&b);
	seeds_free(&z.seeds);
	return 0;
}
