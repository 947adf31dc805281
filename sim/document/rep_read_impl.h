/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the reader of reports: rep_read.c (the whole), rep_read_table.c (tables), rep_read_value.c (what a value may be). */
#ifndef EL2SIM_DOCUMENT_REP_READ_IMPL_H
#define EL2SIM_DOCUMENT_REP_READ_IMPL_H

#include <jansson.h>

#include "sim/document/rep_doc.h"

#define RD_HINT "want the JSON that a command writes with --format json"

struct rd {
	struct rep *r;
	const char *path;
	struct err *e;
};

/* ERR_INPUT with the file's name; returns -1. */
int rd_wrong(const struct rd *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The text with each number turned into a string that begins with MARK. */
struct str rd_with_marks(const char *s, size_t n);
/* NULL if the value is no string, or has what no report has. */
const char *rd_string_of(const json_t *v);
/* The text of a number, NULL if the value is none. */
const char *rd_number_of(const json_t *v);
bool rd_u64_of(const json_t *v, uint64_t *n);
bool rd_hex_of(const json_t *v, uint64_t *n);
bool rd_i64_of(const json_t *v, int64_t *n);
/* "-12.35" to -12350: digits, a point, one to three decimals. */
bool rd_fix_of(const json_t *v, int64_t *thousandths);
/* A string member of an object that must be there; NULL with *e filled. */
const char *rd_text_at(const struct rd *d, const json_t *o, const char *place, const char *key);
/* A member of the kind that is asked for; NULL with *e filled. */
const json_t *rd_member_at(const struct rd *d, const json_t *o, const char *place, const char *key, json_type type);
/* The bound that a word says; REP_BOUND_COUNT: none. */
enum rep_bound rd_bound_of(const json_t *v);

/* All tables of a report. 0, or -1 with *d->e filled. */
int rd_tables(const struct rd *d, const json_t *top);

#endif
