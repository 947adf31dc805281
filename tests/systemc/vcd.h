/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A strict reader of VCD (IEEE 1364, 18): declarations, then times that only grow, and values of
 * declared variables that are no wider than they are.
 */
#ifndef EL2SIM_TESTS_VCD_H
#define EL2SIM_TESTS_VCD_H

#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define VCD_VARS   64
#define VCD_VALUES 16

struct vcd_var {
	char id[8], name[64];
	unsigned width;
	bool known;
	unsigned value;
	uint64_t since, changes;
	uint64_t time[VCD_VALUES]; /* spent with each value */
};

struct vcd {
	char *text, *at; /* the file, cut into words */
	char comments[1024];
	char scope[64];
	struct vcd_var var[VCD_VARS];
	unsigned n;
	uint64_t now, times;
	bool in_dump, ps;
};

static inline char *vcd_word(struct vcd *v)
{
	char *w;

	v->at += strspn(v->at, " \t\n");
	w = v->at;
	v->at += strcspn(v->at, " \t\n");
	if (*v->at != '\0')
		*v->at++ = '\0';
	return w;
}

/* The words up to $end. */
static inline void vcd_skip(struct vcd *v, char *to, size_t max)
{
	for (char *w = vcd_word(v); strcmp(w, "$end") != 0; w = vcd_word(v)) {
		ck_assert_msg(w[0] != '\0', "a section without $end");
		if (to != NULL) {
			ck_assert_uint_lt(strlen(to) + strlen(w) + 2, max);
			strcat(strcat(to, w), " ");
		}
	}
}

static inline void vcd_declare(struct vcd *v)
{
	struct vcd_var *x = &v->var[v->n++];
	char *type = vcd_word(v), *width = vcd_word(v), *id = vcd_word(v), *name = vcd_word(v);

	ck_assert_uint_lt(v->n, VCD_VARS);
	ck_assert_msg(strcmp(type, "wire") == 0, "%s", type);
	ck_assert(strlen(id) < sizeof(x->id) && strlen(name) < sizeof(x->name));
	x->width = (unsigned)strtoul(width, NULL, 10);
	ck_assert(x->width >= 1 && x->width <= 4);
	strcpy(x->id, id);
	strcpy(x->name, name);
	for (unsigned i = 0; i + 1 < v->n; i++)
		ck_assert_str_ne(v->var[i].id, id);
	vcd_skip(v, NULL, 0); /* [3:0] */
}

static inline void vcd_value(struct vcd *v, const char *bits, size_t n, const char *id)
{
	struct vcd_var *x = NULL;
	unsigned value = 0;

	for (unsigned i = 0; i < v->n; i++) {
		if (strcmp(v->var[i].id, id) == 0)
			x = &v->var[i];
	}
	ck_assert_msg(x != NULL, "no variable %s", id);
	ck_assert_msg(n <= x->width, "%s: %zu bits", x->name, n);
	for (size_t i = 0; i < n; i++) {
		ck_assert_msg(bits[i] == '0' || bits[i] == '1', "%s: bit %c", x->name, bits[i]);
		value = value * 2 + (bits[i] == '1');
	}
	if (x->known) {
		ck_assert_msg(x->value != value || v->in_dump, "%s does not change", x->name);
		x->time[x->value] += v->now - x->since;
		x->changes++;
	}
	x->known = true;
	x->value = value;
	x->since = v->now;
}

static inline void vcd_time(struct vcd *v, const char *digits)
{
	char *end;
	uint64_t t = strtoull(digits, &end, 10);

	ck_assert_msg(*digits != '\0' && *end == '\0', "time #%s", digits);
	ck_assert_msg(v->times == 0 || t > v->now, "time #%s after #%llu", digits,
		      (unsigned long long)v->now);
	v->now = t;
	v->times++;
}

static inline void vcd_header(struct vcd *v)
{
	for (char *w = vcd_word(v);; w = vcd_word(v)) {
		char unit[16] = "";

		if (strcmp(w, "$timescale") == 0) {
			vcd_skip(v, unit, sizeof(unit));
			v->ps = strcmp(unit, "1 ps ") == 0;
		} else if (strcmp(w, "$comment") == 0) {
			vcd_skip(v, v->comments, sizeof(v->comments));
		} else if (strcmp(w, "$scope") == 0) {
			ck_assert_str_eq(vcd_word(v), "module");
			strncpy(v->scope, vcd_word(v), sizeof(v->scope) - 1);
			vcd_skip(v, NULL, 0);
		} else if (strcmp(w, "$var") == 0) {
			vcd_declare(v);
		} else if (strcmp(w, "$enddefinitions") == 0) {
			vcd_skip(v, NULL, 0);
			return;
		} else {
			ck_assert_msg(strcmp(w, "$date") == 0 || strcmp(w, "$version") == 0 ||
					      strcmp(w, "$upscope") == 0,
				      "section %s", w);
			vcd_skip(v, NULL, 0);
		}
	}
}

/* Read it all; text is changed. */
static inline void vcd_read(struct vcd *v, char *text)
{
	memset(v, 0, sizeof(*v));
	v->text = v->at = text;
	vcd_header(v);
	for (char *w = vcd_word(v); *w != '\0'; w = vcd_word(v)) {
		if (w[0] == '#')
			vcd_time(v, w + 1);
		else if (strcmp(w, "$dumpvars") == 0)
			v->in_dump = true;
		else if (strcmp(w, "$end") == 0)
			v->in_dump = false;
		else if (strcmp(w, "$comment") == 0)
			vcd_skip(v, v->comments, sizeof(v->comments));
		else if (w[0] == 'b')
			vcd_value(v, w + 1, strlen(w + 1), vcd_word(v));
		else
			vcd_value(v, w, 1, w + 1);
	}
	for (unsigned i = 0; i < v->n; i++)
		ck_assert_msg(v->var[i].known, "%s has no value", v->var[i].name);
}

#endif
