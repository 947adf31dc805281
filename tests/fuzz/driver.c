/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target without a fuzzer: every file of some folders, then N mutations of them.
 *
 *	fuzz_opt N FOLDER...        the bounded test; mutation i depends on i and the files alone
 *	fuzz_opt FILE...            feeds these files only
 *	fuzz_opt =I OUT FOLDER...   writes mutation I to OUT, to look at what a failing run printed
 *
 * The target is LLVMFuzzerTestOneInput of fuzz_<name>.c, as libFuzzer and AFL++ know it.
 */
#include <dirent.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/base/err.h"
#include "sim/base/str.h"

#define SIZE_MAX_BYTES 65536 /* of a mutated input */
#define EDITS_MAX      8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Of the sanitizers; absent in a build without them. */
void __sanitizer_set_death_callback(void (*f)(void)) __attribute__((weak));

struct seeds {
	struct str *v;
	size_t n;
};

/* What is being fed: for the last words of a dying process only. */
static const char *fed_what = "nothing";
static uint64_t fed_number;

static void last_words(void)
{
	(void)fprintf(stderr, "fuzz: died of %s %" PRIu64 "\n", fed_what, fed_number);
}

static void on_signal(int sig)
{
	last_words();
	(void)signal(sig, SIG_DFL);
	(void)raise(sig);
}

/* --- seeds ------------------------------------------------------------------------------------ */

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
	s->v = xrealloc(s->v, (s->n + 1) * sizeof(*s->v));
	s->v[s->n++] = text;
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

static void mutate(struct str *b, const struct seeds *s, uint64_t number)
{
	uint64_t r = number;
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

/* A copy of exactly that size, so that the sanitizer sees one byte too far. */
static void feed(const char *what, uint64_t number, const struct str *b)
{
	uint8_t *copy = xmalloc(b->len);

	fed_what = what;
	fed_number = number;
	memcpy(copy, str_get(b), b->len);
	(void)LLVMFuzzerTestOneInput(copy, b->len);
	free(copy);
}

static int write_mutation(const struct seeds *s, uint64_t number, const char *path)
{
	FILE *f = fopen(path, "wb");
	struct str b = STR_INIT;
	bool ok = f != NULL;

	mutate(&b, s, number);
	ok = ok && fwrite(str_get(&b), 1, b.len, f) == b.len;
	ok = f != NULL && fclose(f) == 0 && ok;
	str_free(&b);
	return ok ? 0 : 1;
}

static int usage(void)
{
	(void)fputs("usage: fuzz_NAME N FOLDER... | FILE... | =I OUT FOLDER...\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	bool one = argc > 3 && argv[1][0] == '=';
	uint64_t count = 0;
	bool bounded = argc > 2 && str_u64(argv[1], &count);
	struct seeds s = { NULL, 0 };
	struct str b = STR_INIT;
	int r = 0;

	if (argc < 2 || (one && !str_u64(argv[1] + 1, &count)))
		return usage();
	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(last_words);
	(void)signal(SIGABRT, on_signal);
	for (int i = one ? 3 : bounded ? 2 : 1; i < argc; i++)
		(one || bounded ? add_folder : add_file)(&s, argv[i]);
	if (s.n == 0)
		return usage();
	if (one)
		r = write_mutation(&s, count, argv[2]);
	for (size_t i = 0; !one && i < s.n; i++)
		feed("file", i, &s.v[i]);
	for (uint64_t i = 0; bounded && i < count; i++) {
		mutate(&b, &s, i);
		feed("mutation", i, &b);
	}
	if (!one)
		printf("fuzz: %zu files, %" PRIu64 " mutations\n", s.n, count);
	str_free(&b);
	seeds_free(&s);
	return r;
}
