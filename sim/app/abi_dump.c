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

#define ARM64(id) ((id) >> 56 == 0x60)

/* The value of one register's object; a template has "x" for bits that it leaves alone. false: no such text. */
static bool parse_value(const json_t *object, struct abi_dump_reg *r)
{
	const char *text = json_string_value(json_object_get(object, "bitmap"));

	if (text == NULL || (strncmp(text, "0b", 2) == 0 && strspn(text + 2, "01xX_") == strlen(text + 2) && strpbrk(text, "xX") != NULL))
		return true;
	return r->known = parse_id(text, &r->value);
}

static int add(struct abi_dump *d, const char *path, const char *addr, const json_t *object, struct err *e)
{
	struct abi_dump_reg r = { .id = 0 };

	if (d->n == IDS_MAX)
		return err_set(e, ERR_INPUT, "%s: more than %d registers: want the dump of one vCPU", path, IDS_MAX);
	if (!parse_id(addr, &r.id))
		return err_set(e, ERR_INPUT, "%s: addr = \"%.40s\": want the id of a register, such as 0x603000000013c030", path, addr);
	if (!ARM64(r.id))
		return err_set(e, ERR_INPUT, "%s: addr = %.40s is no register of an arm64 vCPU (their ids begin with 0x60): want a dump of an "
			       "arm64 host", path, addr);
	if (!parse_value(object, &r))
		return err_set(e, ERR_INPUT, "%s: bitmap of %.40s: want 0b and the digits 0, 1 or x", path, addr);
	d->reg[d->n++] = r;
	return 0;
}

/* Every "addr" or "id" of the document: templates, fingerprints and our own lists alike. */
static int collect(struct abi_dump *d, const char *path, const json_t *j, unsigned depth, struct err *e)
{
	const char *key;
	json_t *value;
	size_t i;
	uint64_t id;

	if (depth > DEPTH_MAX)
		return 0;
	json_array_foreach(j, i, value)
		if (collect(d, path, value, depth + 1, e) != 0)
			return -1;
	json_object_foreach((json_t *)(uintptr_t)j, key, value) {
		bool addr = strcmp(key, "addr") == 0, text = json_is_string(value);

		if (text && strcmp(key, "kernel_version") == 0 && d->kernel[0] == '\0')
			(void)snprintf(d->kernel, sizeof(d->kernel), "%s", json_string_value(value));
		if (text && (addr || (strcmp(key, "id") == 0 && parse_id(json_string_value(value), &id)))) {
			d->tool = d->tool || addr;
			if (add(d, path, json_string_value(value), j, e) != 0)
				return -1;
		} else if (collect(d, path, value, depth + 1, e) != 0) {
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

static int check(struct abi_dump *d, const char *path, struct err *e)
{
	size_t n = 0;

	if (d->n == 0)
		return err_set(e, ERR_INPUT, "%s: no register in it: want objects with \"addr\" (or \"id\") as 0x... strings, as "
			       "in reg_modifiers", path);
	if (!abi_kernel_parse(d->kernel, &d->version))
		d->version = 0;
	qsort(d->reg, d->n, sizeof(*d->reg), by_id);
	for (size_t i = 0; i < d->n; i++) {
		if (n == 0 || d->reg[n - 1].id != d->reg[i].id)
			d->reg[n++] = d->reg[i];
		else if (d->tool)
			return err_set(e, ERR_INPUT, "%s: register %#llx is in it twice: want the dump of one vCPU", path,
				       (unsigned long long)d->reg[i].id);
	}
	d->n = n;
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
	rc = collect(d, path, root, 0, e);
	if (rc == 0)
		rc = check(d, path, e);
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
