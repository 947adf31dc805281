// SPDX-License-Identifier: Apache-2.0
#include "models/switchcode/btf.h"

#include <inttypes.h>
#include <string.h>

#include "sim/base/err.h"

/* Kinds, and bytes behind the 12 of each type: fixed, and per member. */
enum { BTF_ARRAY = 3, BTF_STRUCT = 4, BTF_UNION = 5, BTF_ENUM = 6, BTF_TYPEDEF = 8, BTF_VOLATILE = 9, BTF_CONST = 10,
       BTF_RESTRICT = 11, BTF_TYPE_TAG = 18, BTF_ENUM64 = 19, BTF_PTR = 2, BTF_KINDS = 20 };
static const struct {
	uint8_t fixed, each;
} behind[BTF_KINDS] = {
	[1] = { 4, 0 },           [BTF_ARRAY] = { 12, 0 }, [BTF_STRUCT] = { 0, 12 }, [BTF_UNION] = { 0, 12 }, [BTF_ENUM] = { 0, 8 },
	[13] = { 0, 8 },          [14] = { 4, 0 },         [15] = { 0, 12 },         [17] = { 4, 0 },         [BTF_ENUM64] = { 0, 12 },
};
enum { BTF_MAGIC = 0xeb9f, BTF_HEADER = 24, BTF_TYPE = 12, BTF_DEPTH = 32 };

struct btf {
	const uint8_t *types, *strings;
	uint32_t n_types_bytes, n_strings;
	uint32_t *at; /* of each type: bytes from `types`; type 0 is void */
	uint32_t n;
};

static uint32_t u32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

struct type {
	uint32_t name, kind, vlen, ref; /* ref: size or type */
	bool kflag;
	const uint8_t *more;
};

static bool type_of(const struct btf *b, uint32_t id, struct type *t)
{
	const uint8_t *p;

	if (id == 0 || id >= b->n)
		return false;
	p = b->types + b->at[id];
	*t = (struct type){ u32(p), u32(p + 4) >> 24 & 31, u32(p + 4) & 0xffff, u32(p + 8), (u32(p + 4) >> 31) != 0, p + BTF_TYPE };
	return true;
}

static const char *name_at(const struct btf *b, uint32_t at)
{
	return at < b->n_strings ? (const char *)b->strings + at : "";
}

/* Fills b->at; false: broken. */
static bool index_types(struct btf *b)
{
	uint32_t at = 0, cap = 0;

	b->n = 1;
	while (at < b->n_types_bytes) {
		uint32_t info, kind;
		uint64_t next;

		if (b->n_types_bytes - at < BTF_TYPE)
			return false;
		info = u32(b->types + at + 4);
		kind = info >> 24 & 31;
		if (kind == 0 || kind >= BTF_KINDS)
			return false;
		next = (uint64_t)at + BTF_TYPE + behind[kind].fixed + (uint64_t)behind[kind].each * (info & 0xffff);
		if (next > b->n_types_bytes)
			return false;
		if (b->n >= cap) {
			cap = cap * 2 + 4096;
			b->at = xrealloc(b->at, cap * sizeof(*b->at));
			b->at[0] = 0;
		}
		b->at[b->n++] = at;
		at = (uint32_t)next;
	}
	return b->n > 1;
}

struct btf *btf_open(const struct vml_image *img, struct err *e)
{
	const struct vml_symbol *from = vml_symbol(img, "__start_BTF"), *to = vml_symbol(img, "__stop_BTF");
	uint64_t size = from != NULL && to != NULL && to->addr > from->addr ? to->addr - from->addr : 0;
	const uint8_t *p = size >= BTF_HEADER && size <= UINT32_MAX ? vml_at(img, from->addr, size) : NULL;
	uint64_t header, types, strings;
	struct btf *b;

	if (p == NULL) {
		(void)err_set(e, ERR_INPUT, "%s: has no BTF, which says where members of struct kvm_vcpu are: want a kernel with "
			      "CONFIG_DEBUG_INFO_BTF=y", img->path);
		return NULL;
	}
	b = xcalloc(1, sizeof(*b));
	header = u32(p + 4);
	types = header + u32(p + 8);
	strings = header + u32(p + 16);
	b->n_types_bytes = u32(p + 12);
	b->n_strings = u32(p + 20);
	if ((u32(p) & 0xffff) != BTF_MAGIC || types > size || b->n_types_bytes > size - types || strings > size ||
	    b->n_strings > size - strings || b->n_strings == 0 || p[strings + b->n_strings - 1] != 0) {
		(void)err_set(e, ERR_INPUT, "%s: its BTF is broken: the header does not fit its %" PRIu64 " bytes", img->path, size);
		free(b);
		return NULL;
	}
	b->types = p + types;
	b->strings = p + strings;
	if (!index_types(b)) {
		(void)err_set(e, ERR_INPUT, "%s: its BTF is broken: type %" PRIu32 " is none that is known", img->path, b->n);
		btf_free(b);
		return NULL;
	}
	return b;
}

void btf_free(struct btf *b)
{
	if (b == NULL)
		return;
	free(b->at);
	free(b);
}

/* Behind typedefs and qualifiers; false: void, or a circle. */
static bool plain(const struct btf *b, uint32_t id, struct type *t)
{
	for (unsigned depth = 0; depth < BTF_DEPTH; depth++) {
		if (!type_of(b, id, t))
			return false;
		if (t->kind != BTF_TYPEDEF && t->kind != BTF_VOLATILE && t->kind != BTF_CONST && t->kind != BTF_RESTRICT &&
		    t->kind != BTF_TYPE_TAG)
			return true;
		id = t->ref;
	}
	return false;
}

static uint64_t size_of(const struct btf *b, uint32_t id, unsigned depth)
{
	struct type t;

	if (depth > BTF_DEPTH || !plain(b, id, &t))
		return 0;
	if (t.kind == BTF_PTR)
		return 8;
	if (t.kind == BTF_ARRAY)
		return size_of(b, u32(t.more), depth + 1) * u32(t.more + 8);
	return t.ref;
}

static uint32_t named(const struct btf *b, const char *name)
{
	struct type t;

	for (uint32_t id = 1; id < b->n; id++)
		if (type_of(b, id, &t) && (t.kind == BTF_STRUCT || t.kind == BTF_UNION || t.kind == BTF_TYPEDEF) &&
		    strcmp(name_at(b, t.name), name) == 0)
			return id;
	return 0;
}

uint64_t btf_size(const struct btf *b, const char *type)
{
	uint32_t id = named(b, type);

	return id != 0 ? size_of(b, id, 0) : 0;
}

/* Member of one name (n bytes) in a struct: its type, and bytes added to *offset. */
static uint32_t member(const struct btf *b, uint32_t id, const char *name, size_t n, uint64_t *offset, unsigned depth)
{
	struct type t, of;

	if (depth > BTF_DEPTH || !plain(b, id, &t) || (t.kind != BTF_STRUCT && t.kind != BTF_UNION))
		return 0;
	for (uint32_t i = 0; i < t.vlen; i++) {
		const uint8_t *m = t.more + 12 * (size_t)i;
		const char *is = name_at(b, u32(m));
		uint32_t bits = t.kflag ? u32(m + 8) & 0xffffff : u32(m + 8), found;
		uint64_t inner = 0;

		if (is[0] == '\0' && plain(b, u32(m + 4), &of)) {
			found = member(b, u32(m + 4), name, n, &inner, depth + 1);
			if (found != 0) {
				*offset += bits / 8 + inner;
				return found;
			}
		}
		if (strncmp(is, name, n) == 0 && is[n] == '\0') {
			if (t.kflag && u32(m + 8) >> 24 != 0 && (bits % 8 != 0 || (u32(m + 8) >> 24) % 8 != 0))
				return 0;
			*offset += bits / 8;
			return u32(m + 4);
		}
	}
	return 0;
}

bool btf_member(const struct btf *b, const char *type, const char *path, uint64_t *offset, uint64_t *size)
{
	uint32_t id = named(b, type);

	*offset = 0;
	while (id != 0 && *path != '\0') {
		size_t n = strcspn(path, ".[");
		struct type t;

		if (n != 0)
			id = member(b, id, path, n, offset, 0);
		path += n;
		while (id != 0 && *path == '[') {
			char *end;
			uint64_t i = strtoull(path + 1, &end, 10);

			if (*end != ']' || !plain(b, id, &t) || t.kind != BTF_ARRAY || i >= u32(t.more + 8))
				return false;
			id = u32(t.more);
			*offset += i * size_of(b, id, 0);
			path = end + 1;
		}
		if (*path == '.')
			path++;
	}
	*size = id != 0 ? size_of(b, id, 0) : 0;
	return id != 0;
}

bool btf_enumerator(const struct btf *b, const char *name, uint64_t *value)
{
	struct type t;

	for (uint32_t id = 1; id < b->n; id++) {
		if (!type_of(b, id, &t) || (t.kind != BTF_ENUM && t.kind != BTF_ENUM64))
			continue;
		for (uint32_t i = 0; i < t.vlen; i++) {
			const uint8_t *v = t.more + (size_t)behind[t.kind].each * i;

			if (strcmp(name_at(b, u32(v)), name) != 0)
				continue;
			*value = u32(v + 4) | (t.kind == BTF_ENUM64 ? (uint64_t)u32(v + 8) << 32 : 0);
			return true;
		}
	}
	return false;
}
