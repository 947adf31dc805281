/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of traces share: whole traces, and when two records count as the same. */
#ifndef EL2SIM_TESTS_TRACES_UTIL_H
#define EL2SIM_TESTS_TRACES_UTIL_H

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/files.h"
#include "tests/traces_twice.h"
#include "traces/trace.h"

#define DATA   EL2SIM_SOURCE_DIR "/tests/data/traces/"
#define SAMPLE EL2SIM_SOURCE_DIR "/traces/samples/linux-6.12-vhe-mixed-4v2p.e2t"

/* A trace in memory. */
struct whole {
	struct tr_reader *r;
	struct tr_event *ev;
	size_t n;
};

static inline struct whole load(const char *path)
{
	struct err e = { 0 };
	struct whole w = { tr_open(path, &e), NULL, 0 };
	int got = 1;

	ck_assert_msg(w.r != NULL, "%s", e.text);
	w.ev = xcalloc((size_t)tr_info(w.r)->events + 1, sizeof(*w.ev));
	while (w.n <= tr_info(w.r)->events && (got = tr_next(w.r, &w.ev[w.n], &e)) == 1)
		w.n++;
	ck_assert_msg(got == 0, "%s", e.text);
	ck_assert_uint_eq(w.n, tr_info(w.r)->events);
	return w;
}

static inline void unload(struct whole *w)
{
	tr_close(w->r);
	free(w->ev);
}

/* Import a file and load the result. */
static inline struct whole import(const char *in, const char *from)
{
	char *out = scratch("import.e2t");
	const struct import_opts opts = { .in = in, .out = out, .from = from };
	struct import_result res;
	struct err e = { 0 };
	struct whole w;

	ck_assert_msg(import_twice(&opts, NULL, &res, &e) == 0, "%s", e.text);
	ck_assert_str_eq(res.warning, "");
	import_free(&res);
	w = load(out);
	ck_assert_int_eq(remove(out), 0);
	free(out);
	return w;
}

/* How a text shortens times. */
enum shorten { TS_EXACT, TS_ROUND, TS_CUT };

static inline uint64_t shorten(uint64_t ns, enum shorten how)
{
	return how == TS_EXACT ? ns : how == TS_ROUND ? (ns + 500) / 1000 : ns / 1000;
}

/*
 * The rule for one recording in two formats: CPU, task, event and time are the same (time as far as
 * both have it), and so is every field that neither lacks. Returns what differs, NULL if nothing
 * does.
 */
static inline const char *differ(const struct whole *a, size_t i, const struct whole *b, size_t j,
				 enum shorten how)
{
	const struct tr_event *x = &a->ev[i], *y = &b->ev[j];
	enum tr_type type = (enum tr_type)x->type;
	const char *cx = tr_string(a->r, x->comm), *cy = tr_string(b->r, y->comm);

	if (x->type != y->type)
		return "type";
	if (x->cpu != y->cpu || x->pid != y->pid)
		return "cpu or pid";
	if (shorten(x->ts_ns, how) != shorten(y->ts_ns, how))
		return "time";
	if (*cx != '\0' && *cy != '\0' && strcmp(cx, cy) != 0 && x->pid != 0)
		return "comm"; /* the idle task is <idle> or swapper */
	for (unsigned f = 0; f < tr_field_count(type); f++) {
		if (((x->absent | y->absent) >> f & 1) != 0)
			continue;
		if (tr_field_kind(type, f) != TRF_STR
			    ? x->arg[f] != y->arg[f]
			    : strcmp(tr_string(a->r, (uint32_t)x->arg[f]),
				     tr_string(b->r, (uint32_t)y->arg[f])) != 0)
			return tr_field_name(type, f);
	}
	return NULL;
}

/* b is a part of a that starts with record `first` of a. */
static inline void assert_same(const struct whole *a, size_t first, const struct whole *b,
			       enum shorten how, const char *what)
{
	ck_assert_msg(first + b->n <= a->n, "%s: %zu records", what, b->n);
	for (size_t i = 0; i < b->n; i++) {
		const char *field = differ(a, first + i, b, i, how);

		ck_assert_msg(field == NULL, "%s: record %zu (%s): %s differs", what, i,
			      tr_type_name((enum tr_type)b->ev[i].type), field);
	}
}

/* Import text to the native file `out`. */
static inline void import_text(const struct str *text, const char *out)
{
	char *in = scratch("text.txt");
	const struct import_opts opts = { .in = in, .out = out };
	struct import_result res;
	struct err e = { 0 };

	spill(in, text->s, text->len);
	ck_assert_msg(import_twice(&opts, NULL, &res, &e) == 0, "%s", e.text);
	import_free(&res);
	ck_assert_int_eq(remove(in), 0);
	free(in);
}

#endif
