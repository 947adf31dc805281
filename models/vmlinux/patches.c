// SPDX-License-Identifier: Apache-2.0
/* Tables of the image that say what is patched, and what decides. */
#include "models/vmlinux/patches.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/str.h"

/*
 * struct alt_instr: s32 place and replacement, both relative to themselves; u16 capability (bit 15: callback); u8 lengths in
 * bytes. struct jump_entry: s32 place and target, s64 key, relative to themselves; before that was so, three u64.
 */
enum { ALT_BYTES = 12, ALT_CAP_MASK = 0x7fff, JUMP_BYTES = 16, JUMP_BYTES_ABS = 24, CAPS_MAX = 4096 };

/* Initial members of struct arm64_cpu_capabilities: desc, u16 capability, u16 type, matches. */
enum { CAP_AT_NUMBER = 8, CAP_AT_MATCHES = 16, CAP_BYTES_MIN = 24, CAP_BYTES_MAX = 512 };

static const char *string_at(const struct vml_image *img, uint64_t addr)
{
	const uint8_t *p;

	for (uint64_t n = 1; n <= 256; n++) {
		p = vml_at(img, addr, n);
		if (p == NULL)
			return NULL;
		if (p[n - 1] == '\0')
			return n > 1 ? (const char *)p : NULL;
	}
	return NULL;
}

static uint64_t relative(const struct vml_image *img, uint64_t at, unsigned bytes)
{
	uint64_t v = 0;

	(void)vml_read(img, at, bytes, &v);
	return at + (bytes == 4 ? (uint64_t)(int64_t)(int32_t)v : v);
}

/* --- capabilities ----------------------------------------------------------------------------- */

/* Does a row of the table, if rows have that many bytes, look like one? The last is all zero. */
static bool row_fits(const struct vml_image *img, uint64_t row)
{
	uint64_t desc, number, matches;

	if (!vml_read(img, row, 8, &desc) || !vml_read(img, row + CAP_AT_NUMBER, 8, &number) ||
	    !vml_read(img, row + CAP_AT_MATCHES, 8, &matches))
		return false;
	if (desc == 0 && number == 0 && matches == 0)
		return true;
	return (desc == 0 || string_at(img, desc) != NULL) && (number & 0xffff) < CAPS_MAX && number >> 32 == 0 &&
	       vml_is_code(img, matches);
}

static uint64_t row_bytes(const struct vml_image *img, const struct vml_symbol *table)
{
	for (uint64_t bytes = CAP_BYTES_MIN; bytes <= CAP_BYTES_MAX; bytes += 8) {
		uint64_t at = 0;

		if (table->size % bytes != 0)
			continue;
		while (at < table->size && row_fits(img, table->addr + at))
			at += bytes;
		if (at >= table->size)
			return bytes;
	}
	return 0;
}

static uint32_t cap_cond(struct vml_patches *p, unsigned number)
{
	while (p->n_caps <= number) {
		p->conds = xrealloc(p->conds, (p->n_caps + 1) * sizeof(*p->conds));
		p->conds[p->n_caps] = (struct vml_cond){ .cap = (uint16_t)p->n_caps };
		p->n_caps++;
	}
	p->n_conds = p->n_caps;
	return number;
}

static void cap_row(const struct vml_image *img, struct vml_patches *p, uint64_t row)
{
	uint64_t desc = 0, number = 0, matches = 0;
	struct str name = STR_INIT;
	const char *text;
	struct vml_cond *c;
	uint32_t cond;
	long f;

	(void)vml_read(img, row, 8, &desc);
	(void)vml_read(img, row + CAP_AT_NUMBER, 2, &number);
	(void)vml_read(img, row + CAP_AT_MATCHES, 8, &matches);
	if (matches == 0)
		return;
	cond = cap_cond(p, (unsigned)number);
	c = &p->conds[cond];
	c->row = p->rows = true;
	c->addr = row;
	text = string_at(img, desc);
	if (text != NULL) {
		p->descs = xrealloc(p->descs, (p->n_descs + 1) * sizeof(*p->descs));
		p->descs[p->n_descs++] = (struct vml_desc){ text, cond };
	}
	if (text != NULL && !c->described) {
		free(c->name);
		c->name = xstrdup(text);
		c->described = true;
	}
	f = vml_func_at(img, matches);
	if (c->name == NULL && f >= 0) {
		str_addf(&name, "(%s)", img->funcs[f].name);
		c->name = xstrdup(str_get(&name));
	}
	str_free(&name);
}

static void read_caps(const struct vml_image *img, struct vml_patches *p)
{
	static const char *const tables[] = { "arm64_features", "arm64_errata" };

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		const struct vml_symbol *t = vml_symbol(img, tables[i]);
		uint64_t bytes = t != NULL ? row_bytes(img, t) : 0;

		for (uint64_t at = 0; bytes != 0 && at < t->size; at += bytes)
			cap_row(img, p, t->addr + at);
	}
}

/* --- alternatives ----------------------------------------------------------------------------- */

static int alt_by_addr(const void *a, const void *b)
{
	const struct vml_alt *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->with < y->with ? -1 : x->with > y->with;
}

static int read_alts(const struct vml_image *img, struct vml_patches *p, struct err *e)
{
	const struct vml_symbol *from = vml_symbol(img, "__alt_instructions"), *to = vml_symbol(img, "__alt_instructions_end");
	uint64_t n = from != NULL && to != NULL && to->addr >= from->addr ? (to->addr - from->addr) / ALT_BYTES : 0;

	if (n != 0 && vml_at(img, from->addr, n * ALT_BYTES) == NULL)
		return err_set(e, ERR_INPUT, "%s: __alt_instructions to __alt_instructions_end, %" PRIu64
			       " alternatives, are not in the file", img->path, n);
	p->alts = xcalloc(n + 1, sizeof(*p->alts));
	for (uint64_t i = 0; i < n; i++) {
		uint64_t at = from->addr + i * ALT_BYTES, cap = 0, lengths = 0;
		struct vml_alt *a = &p->alts[p->n_alts];
		long f;

		(void)vml_read(img, at + 8, 2, &cap);
		(void)vml_read(img, at + 10, 2, &lengths);
		*a = (struct vml_alt){ .at = relative(img, at, 4), .with = relative(img, at + 4, 4),
				       .words = (uint8_t)((lengths & 0xff) / 4), .with_words = (uint8_t)((lengths >> 8) / 4) };
		if (!vml_is_code(img, a->at) || !vml_is_code(img, a->with) || (cap & ALT_CAP_MASK) >= CAPS_MAX)
			return err_set(e, ERR_INPUT, "%s: alternative %" PRIu64 " of %" PRIu64
				       " is not for code: want struct alt_instr of 12 bytes", img->path, i, n);
		a->cond = cap_cond(p, (unsigned)(cap & ALT_CAP_MASK));
		p->conds[a->cond].uses++;
		f = a->with_words == 0 ? vml_func_at(img, a->with) : -1;
		if (a->with_words == 0)
			a->callback = f >= 0 ? img->funcs[f].name : "unknown";
		p->n_alts++;
	}
	qsort(p->alts, p->n_alts, sizeof(*p->alts), alt_by_addr);
	return 0;
}

/* --- static keys ------------------------------------------------------------------------------ */

static int jump_by_addr(const void *a, const void *b)
{
	const struct vml_jump *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* While they are read, cond is no index: keys are sorted first. */
struct raw_jump {
	uint64_t at, target, key;
};

static int raw_by_key(const void *a, const void *b)
{
	const struct raw_jump *x = a, *y = b;
	uint64_t k = x->key & ~(uint64_t)3, l = y->key & ~(uint64_t)3;

	return k < l ? -1 : k > l;
}

static struct raw_jump raw_at(const struct vml_image *img, uint64_t at, bool absolute)
{
	struct raw_jump j = { 0 };

	if (absolute) {
		(void)vml_read(img, at, 8, &j.at);
		(void)vml_read(img, at + 8, 8, &j.target);
		(void)vml_read(img, at + 16, 8, &j.key);
		return j;
	}
	return (struct raw_jump){ relative(img, at, 4), relative(img, at + 4, 4), relative(img, at + 8, 8) };
}

static bool raw_fits(const struct vml_image *img, const struct raw_jump *j)
{
	return vml_is_code(img, j->at) && vml_is_code(img, j->target) && vml_read(img, j->key & ~(uint64_t)3, 4, &(uint64_t){ 0 });
}

static void add_key(const struct vml_image *img, struct vml_patches *p, uint64_t addr)
{
	const struct vml_symbol *s = vml_symbol_before(img, addr), *end = img->symbols + img->n_symbols;
	struct str name = STR_INIT;
	uint64_t enabled = 0;
	struct vml_cond *c;

	p->conds = xrealloc(p->conds, (p->n_conds + 1) * sizeof(*p->conds));
	c = &p->conds[p->n_conds++];
	/* nVHE's objects have another name for the host's key. */
	while (s != NULL && s + 1 < end && s[1].addr == s->addr && strncmp(s->name, "__kvm_nvhe_", 11) == 0)
		s++;
	(void)vml_read(img, addr, 4, &enabled);
	str_addf(&name, "%s", s != NULL ? s->name : "unknown");
	if (s == NULL || s->addr != addr)
		str_addf(&name, "+%" PRIu64, s != NULL ? addr - s->addr : addr);
	*c = (struct vml_cond){ .name = xstrdup(str_get(&name)), .key = true, .addr = addr, .initial = (int32_t)(uint32_t)enabled > 0 };
	str_free(&name);
}

static int read_jumps(const struct vml_image *img, struct vml_patches *p, struct err *e)
{
	const struct vml_symbol *from = vml_symbol(img, "__start___jump_table"), *to = vml_symbol(img, "__stop___jump_table");
	uint64_t size = from != NULL && to != NULL && to->addr >= from->addr ? to->addr - from->addr : 0, n;
	struct raw_jump *raw, first;
	bool absolute;

	if (size != 0 && vml_at(img, from->addr, size) == NULL)
		return err_set(e, ERR_INPUT, "%s: __start___jump_table to __stop___jump_table are not in the file", img->path);
	first = size != 0 ? raw_at(img, from->addr, false) : (struct raw_jump){ 0 };
	absolute = size != 0 && !raw_fits(img, &first);
	n = size / (absolute ? JUMP_BYTES_ABS : JUMP_BYTES);
	raw = xcalloc(n + 1, sizeof(*raw));
	for (uint64_t i = 0; i < n; i++) {
		raw[i] = raw_at(img, from->addr + i * (absolute ? JUMP_BYTES_ABS : JUMP_BYTES), absolute);
		if (!raw_fits(img, &raw[i])) {
			free(raw);
			return err_set(e, ERR_INPUT, "%s: jump label %" PRIu64 " of %" PRIu64 " is not for code", img->path, i, n);
		}
	}
	qsort(raw, n, sizeof(*raw), raw_by_key);
	p->jumps = xcalloc(n + 1, sizeof(*p->jumps));
	for (uint64_t i = 0; i < n; i++) {
		uint64_t key = raw[i].key & ~(uint64_t)3;

		if (p->n_conds == p->n_caps || p->conds[p->n_conds - 1].addr != key)
			add_key(img, p, key);
		p->conds[p->n_conds - 1].uses++;
		p->jumps[p->n_jumps++] = (struct vml_jump){ raw[i].at, raw[i].target, (uint32_t)(p->n_conds - 1), raw[i].key & 1 };
	}
	free(raw);
	qsort(p->jumps, p->n_jumps, sizeof(*p->jumps), jump_by_addr);
	return 0;
}

static size_t object_name(const char *name)
{
	return strcspn(name, "+");
}

/* The only key of an object is called as the object is: offsets differ between kernels. */
static void short_names(struct vml_patches *p)
{
	for (size_t i = p->n_caps; i < p->n_conds; i++) {
		struct vml_cond *c = &p->conds[i];
		size_t n = object_name(c->name);
		bool before = i > p->n_caps && strncmp(c[-1].name, c->name, n) == 0 && object_name(c[-1].name) == n;
		bool behind = i + 1 < p->n_conds && strncmp(c[1].name, c->name, n) == 0 && object_name(c[1].name) == n;

		if (!before && !behind)
			c->name[n] = '\0';
	}
}

/* Capabilities that are so on every machine: as conds.def says, and off if no row of the tables can find them. */
static void fixed_states(struct vml_patches *p)
{
	for (size_t i = 0; i < p->n_caps; i++) {
		struct vml_cond *c = &p->conds[i];
		struct str name = STR_INIT;
		bool again = false;

#define VML_FIXED(what, words)                                                                      \
		if (strcmp(c->name, words) == 0) {                                                  \
			c->state = VML_##what;                                                      \
			c->why = "kernel";                                                          \
		}
#include "models/vmlinux/conds.def"
		if (!c->row && p->rows) {
			c->state = VML_OFF;
			c->why = "kernel";
		}
		/* Without a description the name is a function that several may share. */
		for (size_t k = 0; k < p->n_caps; k++)
			again |= k != i && !c->described && strcmp(p->conds[k].name, c->name) == 0;
		if (!again || c->state != VML_UNKNOWN)
			continue;
		str_addf(&name, "%s %u", c->name, c->cap);
		free(c->name);
		c->name = xstrdup(str_get(&name));
		str_free(&name);
	}
}

int vml_patches_read(const struct vml_image *img, struct vml_patches *p, struct err *e)
{
	*p = (struct vml_patches){ 0 };
	read_caps(img, p);
	if (read_alts(img, p, e) != 0 || read_jumps(img, p, e) != 0) {
		vml_patches_free(p);
		return -1;
	}
	for (size_t i = 0; i < p->n_conds; i++) {
		struct str name = STR_INIT;

		str_addf(&name, "capability %zu", i);
		if (p->conds[i].name == NULL)
			p->conds[i].name = xstrdup(str_get(&name));
		str_free(&name);
	}
	short_names(p);
	fixed_states(p);
	return 0;
}

void vml_patches_free(struct vml_patches *p)
{
	for (size_t i = 0; i < p->n_conds; i++)
		free(p->conds[i].name);
	free(p->conds);
	free(p->alts);
	free(p->jumps);
	free(p->descs);
	*p = (struct vml_patches){ 0 };
}

/* --- what is known ---------------------------------------------------------------------------- */

const char *vml_state_name(enum vml_state state)
{
	static const char *const names[] = { "unknown", "on", "off" };

	return names[state];
}

static void know(struct vml_cond *c, bool on, const char *why)
{
	c->state = on ? VML_ON : VML_OFF;
	c->why = why;
}

static bool is_in_object(const char *name, const char *object)
{
	size_t n = strlen(object);

	return strncmp(name, object, n) == 0 && (name[n] == '\0' || name[n] == '+');
}

/* A key that the kernel switches when it finds what the machine has: its state in the image says nothing. */
static bool is_set_later(const char *name)
{
#define VML_KEY(feature, symbol)                                                                    \
	if (is_in_object(name, symbol))                                                             \
		return true;
#include "models/vmlinux/conds.def"
	return false;
}

/* Keys of which nobody has said anything are as they are in the image. */
static void keys_of_image(struct vml_patches *p)
{
	for (size_t i = p->n_caps; i < p->n_conds; i++)
		if (p->conds[i].state == VML_UNKNOWN && !is_set_later(p->conds[i].name))
			know(&p->conds[i], p->conds[i].initial, "image");
}

void vml_patches_machine(struct vml_patches *p, const struct machine *m)
{
	keys_of_image(p);
	for (size_t i = 0; i < p->n_conds; i++) {
		struct vml_cond *c = &p->conds[i];

#define VML_CAP(feature, words)                                                                     \
		if (!c->key && strstr(c->name, words) != NULL)                                      \
			know(c, machine_has(m, FEAT_##feature), "machine");
#define VML_KEY(feature, symbol)                                                                    \
		if (c->key && is_in_object(c->name, symbol))                                        \
			know(c, machine_has(m, FEAT_##feature), "machine");
#include "models/vmlinux/conds.def"
	}
}

/* What a line of the log detects, NULL if nothing; the line is cut. */
static const char *detected(char *line)
{
	static const char *const says[] = { "CPU features: detected: ", "CPU features: detected feature: " };

	line[strcspn(line, "\r\n")] = '\0';
	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
		const char *at = strstr(line, says[i]);

		if (at != NULL)
			return at + strlen(says[i]);
	}
	return NULL;
}

/* Later kernels add which CPUs: "... on CPU0-3". */
static bool same_words(const char *line, const char *desc)
{
	size_t n = strlen(desc);

	return strncmp(line, desc, n) == 0 && (line[n] == '\0' || strncmp(line + n, " on CPU", 7) == 0);
}

int vml_patches_dmesg(struct vml_patches *p, const char *path, size_t *unknown, struct err *e)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0, lines = 0;

	if (f == NULL)
		return err_set(e, ERR_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
	keys_of_image(p);
	for (size_t i = 0; i < p->n_caps; i++)
		if (p->conds[i].described)
			know(&p->conds[i], false, "dmesg");
	*unknown = 0;
	while (getline(&line, &cap, f) >= 0) {
		const char *what = detected(line);
		bool found = false;

		if (what == NULL)
			continue;
		lines++;
		for (size_t i = 0; i < p->n_descs; i++)
			if (same_words(what, p->descs[i].text)) {
				know(&p->conds[p->descs[i].cond], true, "dmesg");
				found = true;
			}
		*unknown += !found;
	}
	free(line);
	if (ferror(f) != 0) {
		(void)err_set(e, ERR_INPUT, "%s: cannot be read: %s", path, strerror(errno));
		(void)fclose(f);
		return -1;
	}
	(void)fclose(f);
	if (lines == 0)
		return err_set(e, ERR_INPUT, "%s: no line \"CPU features: detected: ...\": want the kernel's log from its start (dmesg)",
			       path);
	return 0;
}

int vml_patches_set(struct vml_patches *p, const char *assignment, bool *found, struct err *e)
{
	const char *eq = strrchr(assignment, '=');
	int state = -1;
	char *name;
	size_t hits = 0, exact = 0, at = 0;

	for (int i = 0; eq != NULL && i <= VML_OFF; i++)
		if (strcmp(eq + 1, vml_state_name((enum vml_state)i)) == 0)
			state = i;
	if (state < 0)
		return err_set(e, ERR_USAGE, "\"%s\": want a capability or static key, and on, off or unknown: NAME=on", assignment);
	name = xstrdup(assignment);
	name[eq - assignment] = '\0';
	for (size_t i = 0; i < p->n_conds; i++) {
		bool same = strcmp(p->conds[i].name, name) == 0;

		if (same || (exact == 0 && strstr(p->conds[i].name, name) != NULL)) {
			at = i;
			hits++;
			exact += same;
		}
	}
	free(name);
	if (found != NULL)
		*found = hits != 0;
	if (hits == 0 && found != NULL)
		return 0;
	if (hits == 0)
		return err_set(e, ERR_USAGE, "\"%s\": this kernel has no such capability or static key: el2sim kernel info --conds lists them",
			       assignment);
	if (hits > 1 && exact != 1)
		return err_set(e, ERR_USAGE, "\"%s\": %zu capabilities or static keys have that in their name: give more of it (el2sim kernel info --conds)",
			       assignment, hits);
	p->conds[at].state = (uint8_t)state;
	p->conds[at].why = "given";
	return 0;
}
