/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/abi_dump.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/hyp/abi/abi_kernel.h"
#include "sim/base/str.h"

#define IDS_MAX   4096
#define DEPTH_MAX 16

/* A number as cpu-template-helper writes it: 0x hexadecimal or 0b binary, "_" between digits. */
static bool parse_id(const char *s, uint64_t *id)
{
	if (strncmp(s, "0b", 2) != 0)
		return strncmp(s, "0x", 2) == 0 && str_u64(s, id);
	*id = 0;
	for (s += 2; *s == '0' || *s == '1' || *s == '_'; s++)
		if (*s != '_')
			*id = *id << 1 | (uint64_t)(*s - '0');
	return *s == '\0';
}

/* The value of one register's object; a template may have "x" for bits that it leaves alone. */
static bool parse_value(const json_t *object, uint64_t *value)
{
	const char *text = json_string_value(json_object_get(object, "bitmap"));

	return text != NULL && parse_id(text, value);
}

static void add(struct abi_dump *d, uint64_t id, const json_t *object)
{
	struct abi_dump_reg *r = &d->reg[d->n++];

	*r = (struct abi_dump_reg){ .id = id };
	r->known = parse_value(object, &r->value);
}

/* Every "addr" or "id" of the document: templates, fingerprints and our own lists alike. -1: too many. */
static int collect(struct abi_dump *d, const json_t *j, unsigned depth)
{
	const char *key;
	json_t *value;
	size_t i;
	uint64_t id;

	if (depth > DEPTH_MAX)
		return 0;
	json_array_foreach(j, i, value)
		if (collect(d, value, depth + 1) != 0)
			return -1;
	json_object_foreach((json_t *)(uintptr_t)j, key, value) {
		bool addr = strcmp(key, "addr") == 0, text = json_is_string(value);

		if (text && strcmp(key, "kernel_version") == 0 && d->kernel[0] == '\0')
			(void)snprintf(d->kernel, sizeof(d->kernel), "%s", json_string_value(value));
		if (text && (addr || strcmp(key, "id") == 0) && parse_id(json_string_value(value), &id)) {
			if (d->n == IDS_MAX)
				return -1;
			d->tool = d->tool || addr;
			add(d, id, j);
		} else if (collect(d, value, depth + 1) != 0) {
			return -1;
		}
	}
	return 0;
}

static int by_id(const void *a, const void *b)
{
	uint64_t x = ((const struct abi_dump_reg *)a)->id, y = ((const struct abi_dump_reg *)b)->id;

	return (x > y) - (x < y);
}

static void sort(struct abi_dump *d)
{
	size_t n = 0;

	qsort(d->reg, d->n, sizeof(*d->reg), by_id);
	for (size_t i = 0; i < d->n; i++)
		if (n == 0 || d->reg[n - 1].id != d->reg[i].id)
			d->reg[n++] = d->reg[i];
	d->n = n;
}

static int check(struct abi_dump *d, int rc, const char *path, struct err *e)
{
	if (rc != 0)
		return err_set(e, ERR_INPUT, "%s: more than %d registers: want the dump of one vCPU", path, IDS_MAX);
	if (d->n == 0)
		return err_set(e, ERR_INPUT, "%s: no register in it: want objects with \"addr\" (or \"id\") as 0x... strings, as "
			       "in reg_modifiers", path);
	if (!abi_kernel_parse(d->kernel, &d->version))
		d->version = 0;
	sort(d);
	return 0;
}

int abi_dump_load(struct abi_dump *d, const char *path, struct err *e)
{
	json_error_t je;
	json_t *root = json_load_file(path, 0, &je);
	int rc;

	*d = (struct abi_dump){ 0 };
	if (root == NULL)
		return err_set(e, ERR_INPUT, "%s:%d: %s: want the JSON that cpu-template-helper dumps", path,
			       je.line > 0 ? je.line : 0, je.text);
	d->reg = xcalloc(IDS_MAX, sizeof(*d->reg));
	rc = check(d, collect(d, root, 0), path, e);
	json_decref(root);
	if (rc != 0)
		abi_dump_free(d);
	return rc;
}

void abi_dump_free(struct abi_dump *d)
{
	free(d->reg);
	*d = (struct abi_dump){ 0 };
}

const struct abi_dump_reg *abi_dump_find(const struct abi_dump *d, uint64_t id)
{
	struct abi_dump_reg key = { .id = id };

	return bsearch(&key, d->reg, d->n, sizeof(key), by_id);
}
