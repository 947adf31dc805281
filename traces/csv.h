/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a table of comma-separated values row by row: plain or zstd-compressed (told by its first
 * bytes), a fixed header, fields of printable ASCII without quotes. Memory: two lines and, when
 * compressed, the window of the stream (at most 128 MiB, 8 MiB as usual).
 */
#ifndef EL2SIM_TRACES_CSV_H
#define EL2SIM_TRACES_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/err.h"

#define CSV_COLUMNS_MAX 64

struct csv;

/*
 * Open path, whose first line must be the n column names joined by commas; the names must outlive the
 * reader, path too. NULL and ERR_INPUT ("path:1: ...") when it cannot be read or has another header.
 */
struct csv *csv_open(const char *path, const char *const *columns, size_t n, struct err *e);
void csv_close(struct csv *c);

/*
 * 1 = *fields has the row's n fields, until the next call; 0 = end; -1 = ERR_INPUT with file and line (of
 * the uncompressed text): wrong number of columns, a byte that is not printable, a line over 64 KiB,
 * a damaged stream.
 */
int csv_next(struct csv *c, const char *const **fields, struct err *e);

/* The column of the present row as a decimal number of at most max. ERR_INPUT with file and line. */
int csv_u64(const struct csv *c, size_t column, uint64_t max, uint64_t *v, struct err *e);
/* As a decimal number with a fraction ("54.0"), which is only checked. */
int csv_fraction(const struct csv *c, size_t column, struct err *e);

/* Put the file and the line of the present row before the sentence in *e. Returns -1. */
int csv_at(const struct csv *c, struct err *e);

#endif
