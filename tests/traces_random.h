/* SPDX-License-Identifier: Apache-2.0 */
/* Traces of random records, the same for the same seed. */
#ifndef EL2SIM_TESTS_TRACES_RANDOM_H
#define EL2SIM_TESTS_TRACES_RANDOM_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "traces/writer.h"

static inline uint64_t next_random(uint64_t *state) /* xorshift64* */
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 2685821657736338717u;
}

/* Small numbers, big ones and repeated ones. */
static inline uint64_t number(uint64_t *rnd)
{
	uint64_t v = next_random(rnd);

	return v >> (next_random(rnd) % 64);
}

static inline uint32_t name(struct tw *w, uint64_t *rnd)
{
	static const char *const some[] = {
		"", "vmm", "a b", "caf\303\251", "line\nbreak", "\"quoted\\\"", "kworker/0:1"
	};
	char other[24];
	uint64_t k = next_random(rnd) % 9;
	int n;

	if (k < 7)
		return tw_string(w, some[k], strlen(some[k]));
	n = snprintf(other, sizeof(other), "n%u", (unsigned)(next_random(rnd) % 100));
	return tw_string(w, other, (size_t)n);
}

static inline struct tr_event record(struct tw *w, uint64_t *rnd, uint64_t ts)
{
	enum tr_type type = (enum tr_type)(next_random(rnd) % TR_TYPE_COUNT);
	struct tr_event ev = { .ts_ns = ts, .type = (uint8_t)type };

	ev.pid = (int32_t)(uint32_t)(next_random(rnd) % 3 == 0 ? number(rnd) : 7);
	ev.cpu = (uint16_t)(next_random(rnd) % 3 == 0 ? next_random(rnd) % TR_CPU_MAX : 1);
	ev.comm = name(w, rnd);
	for (unsigned i = 0; i < tr_field_count(type); i++) {
		if (next_random(rnd) % 8 == 0)
			ev.absent |= (uint8_t)(1u << i);
		else
			ev.arg[i] = tr_field_kind(type, i) == TRF_STR ? name(w, rnd) : number(rnd);
	}
	return ev;
}

/* As many random records as wanted: the same for the same seed. */
struct source {
	uint64_t rnd, ts;
};

static inline struct tr_event next_record(struct source *s, struct tw *w)
{
	if (next_random(&s->rnd) % 4 != 0)
		s->ts += next_random(&s->rnd) % 100000;
	return record(w, &s->rnd, s->ts);
}

static inline void write_random_with(const char *path, uint64_t seed, size_t n, struct pool *pool)
{
	struct tr_info info = { .importer = "test",
				.origin = "random",
				.lost = 3,
				.skipped_lines = 2,
				.skipped_unknown = 1 };
	struct source s = { seed, seed };
	struct err e = { 0 };
	struct tw *w = tw_create(path, &e);

	ck_assert_msg(w != NULL, "%s", e.text);
	tw_use_pool(w, pool);
	for (size_t i = 0; i < n; i++) {
		struct tr_event ev = next_record(&s, w);

		ck_assert_msg(tw_add(w, &ev, &e) == 0, "%s", e.text);
	}
	ck_assert_msg(tw_finish(w, &info, NULL, &e) == 0, "%s", e.text);
}

static inline void write_random(const char *path, uint64_t seed, size_t n)
{
	write_random_with(path, seed, n, NULL);
}

#endif
