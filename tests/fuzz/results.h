/* SPDX-License-Identifier: Apache-2.0 */
/* A small results file. */
#ifndef EL2SIM_TESTS_FUZZ_RESULTS_H
#define EL2SIM_TESTS_FUZZ_RESULTS_H

#include <stdio.h>
#include <string.h>
#include <zstd.h>

#include "sim/store/store.h"

#define RESULTS_POINTS 6

static inline void results_must(int rc, const struct err *e)
{
	if (rc != 0)
		BUG(e->text);
}

static inline void results_put(struct store *s, const char *hash, unsigned point)
{
	static const char json[] = "{\"schema\": \"el2sim.run/1\", \"title\": \"t\", \"facts\": {}, \"tables\": {}}";
	struct store_metric m[] = { { "per_exit/cycles/each", "cycles", false, { .i = 100 + point } },
				    { "per_exit/loads/each", "", true, { .d = 0.25 * point } },
				    { "phases/enter/cycles", "cycles", false, { .i = 40 } } };
	bool failed = point == RESULTS_POINTS - 1;
	char packed[256];
	size_t n = ZSTD_compress(packed, sizeof(packed), json, strlen(json), 3);
	struct store_result r = { hash, failed ? STORE_FAILED : STORE_OK, failed ? 3 : 0, failed ? "a sentence" : "",
				  failed ? NULL : packed, failed ? 0 : n, 10, 9, 8, m, failed ? 0 : 3 };
	struct err e = { ERR_NONE, "" };

	results_must(store_put_result(s, &r, &e), &e);
}

/* Two axes, six points, one of them failed. */
static inline void results_make(const char *path)
{
	static char *policy[] = { "eager", "deferred" }, *vcpus[] = { "1", "2", "4" };
	const struct store_axis axes[] = { { "policy.el1", "option", "", "h", "a.ini:3", 0, policy, policy, 2 },
					   { "machine.vcpus", "option", "", "", "a.ini:4", 0, vcpus, vcpus, 3 } };
	static const char *const meta[][2] = { { "title", "t" }, { "command", "run" }, { "config", "a.ini" },
					       { "headline", "per_exit/cycles/each" } };
	struct err e = { ERR_NONE, "" };
	struct store *s = store_open(path, STORE_WRITE, &e);
	bool needed;

	results_must(s != NULL ? 0 : -1, &e);
	results_must(store_plan_begin(s, "plan", &needed, &e), &e);
	for (size_t i = 0; i < sizeof(meta) / sizeof(meta[0]); i++)
		results_must(store_put_meta(s, meta[i][0], meta[i][1], &e), &e);
	for (size_t i = 0; i < 2; i++)
		results_must(store_put_axis(s, &axes[i], &e), &e);
	results_must(store_put_setting(s, 0, &(struct store_setting){ "run.seed", "7", "", "a.ini:9", "" }, &e), &e);
	for (unsigned i = 0; i < RESULTS_POINTS; i++) {
		uint32_t ordinal[] = { i / 3, i % 3 };
		struct store_point p = { .command = "el2sim run a.ini", .ordinal = ordinal };

		(void)snprintf(p.hash, sizeof(p.hash), "%064u", i + 1);
		results_must(store_put_point(s, i, &p, &e), &e);
	}
	results_must(store_plan_end(s, &e), &e);
	for (unsigned i = 0; i < RESULTS_POINTS; i++) {
		char hash[65];

		(void)snprintf(hash, sizeof(hash), "%064u", i + 1);
		results_put(s, hash, i);
	}
	store_close(s);
}

#endif
