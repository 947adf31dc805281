/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The native file's reader; the layout is in native.h. Nothing in the file is believed: a chunk's
 * checksum is verified before it is unpacked, every size before memory is taken, every number
 * before it is used as an index.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zstd.h>

#include "sim/base/progress.h"
#include "sim/base/share.h"
#include "sim/base/str.h"
#include "traces/native.h"
#include "traces/trace.h"

#define SOME 64 /* events read at a time */

struct block {
	uint64_t offset, first_ts;
	uint32_t events;
	uint32_t raw_len;
	unsigned char *raw; /* kept: verified and unpacked; NULL: not */
};

struct tr_reader {
	FILE *f;
	char *path;
	uint64_t size; /* bytes of the file */
	struct tr_info info;
	struct nat_type types[NAT_TYPES_MAX];
	unsigned ntypes;
	struct block *blocks;
	size_t nblocks, next_block;
	char **strings;    /* from 1; 0 is "" */
	uint64_t nstrings; /* 0 included */
	char *importer, *origin;
	char *notes[TR_NOTES_MAX];
	unsigned char *packed, *raw; /* one block */
	ZSTD_DCtx *unpack;
	bool keep;                   /* unpacked blocks, up to TR_KEEP_MAX */
	uint64_t kept;               /* bytes of those */
	struct nat_in in;            /* what is left of an unpacked block */
	uint32_t left;               /* records left in the block */
	uint64_t block_offset;
	uint64_t last_ts;
	struct nat_state st;
	struct progress bar; /* blocks */
	struct tr_event some[SOME];  /* read, and not all given out */
	unsigned n_some, given;
};

struct chunk {
	uint32_t packed, raw, events, crc;
	uint64_t first_ts;
	unsigned char h[NAT_CHUNK_LEN];
};

static int corrupt(const struct tr_reader *r, uint64_t offset, const char *what, struct err *e)
{
	return err_set(e, ERR_INPUT, "%s: offset %llu: %s: the file is corrupt, import it again",
		       r->path, (unsigned long long)offset, what);
}

static int read_at(struct tr_reader *r, uint64_t offset, void *p, size_t n, const char *what,
		   struct err *e)
{
	if (offset > r->size || n > r->size - offset)
		return err_set(
			e, ERR_INPUT,
			"%s: offset %llu: %s needs %zu bytes, the file has %llu: it is truncated",
			r->path, (unsigned long long)offset, what, n, (unsigned long long)r->size);
	if (fseeko(r->f, (off_t)offset, SEEK_SET) != 0 || fread(p, 1, n, r->f) != n)
		return err_set(e, ERR_INPUT, "%s: offset %llu: %s cannot be read: %s", r->path,
			       (unsigned long long)offset, what,
			       ferror(r->f) != 0 ? strerror(errno) : "the file became shorter");
	return 0;
}

static int read_header(struct tr_reader *r, struct err *e)
{
	unsigned char h[NAT_HEADER_LEN] = { 0 };
	size_t n = r->size < sizeof(h) ? (size_t)r->size : sizeof(h);

	if (read_at(r, 0, h, n, "the header", e) != 0)
		return -1;
	if (n < NAT_MAGIC_LEN || memcmp(h, NAT_MAGIC, NAT_MAGIC_LEN) != 0)
		return err_set(
			e, ERR_INPUT,
			"%s: not a native el2sim trace (no E2T magic at offset 0): convert it "
			"with `el2sim trace import %s -o FILE.e2t`",
			r->path, r->path);
	if (n < sizeof(h))
		return err_set(
			e, ERR_INPUT,
			"%s: offset %zu: the file ends within its %u-byte header: it is truncated",
			r->path, n, NAT_HEADER_LEN);
	if (nat_u32(h + 12) != nat_crc(0, h, 12))
		return corrupt(r, 0, "the checksum of the header is wrong", e);
	r->info.old = nat_u16(h + 8) == NAT_VERSION_OLD;
	if (nat_u16(h + 8) != NAT_VERSION && !r->info.old)
		return err_set(
			e, ERR_INPUT,
			"%s: offset 8: trace format version %u, this el2sim reads version %d: "
			"use a newer el2sim or import the trace again",
			r->path, nat_u16(h + 8), NAT_VERSION);
	return 0;
}

/* Read a chunk's header and check its claims against the file and the limits. */
static int read_chunk_header(struct tr_reader *r, uint64_t offset, uint32_t tag, uint32_t raw_max,
			     struct chunk *c, struct err *e)
{
	const char *what = tag == NAT_BLOCK ? "a block" : "the footer";

	if (read_at(r, offset, c->h, sizeof(c->h), what, e) != 0)
		return -1;
	if (nat_u32(c->h) != tag)
		return corrupt(
			r, offset,
			tag == NAT_BLOCK ? "there is no block here" : "there is no footer here", e);
	c->packed = nat_u32(c->h + 4);
	c->raw = nat_u32(c->h + 8);
	c->events = nat_u32(c->h + 12);
	c->first_ts = nat_u64(c->h + 16);
	c->crc = nat_u32(c->h + 24);
	if (c->raw > raw_max || c->packed > ZSTD_compressBound(raw_max))
		return err_set(
			e, ERR_INPUT,
			"%s: offset %llu: %s claims %u bytes (%u packed), at most %u are allowed: "
			"the file is corrupt, import it again",
			r->path, (unsigned long long)offset, what, c->raw, c->packed, raw_max);
	return 0;
}

/* Read, verify and unpack what follows a chunk header. */
static int read_chunk(struct tr_reader *r, uint64_t offset, const struct chunk *c,
		      unsigned char *packed, unsigned char *raw, struct err *e)
{
	if (read_at(r, offset + NAT_CHUNK_LEN, packed, c->packed, "the packed data", e) != 0)
		return -1;
	if (nat_crc(nat_crc(0, c->h, 24), packed, c->packed) != c->crc)
		return corrupt(r, offset, "the checksum is wrong", e);
	if (r->unpack == NULL)
		r->unpack = ZSTD_createDCtx();
	if (r->unpack == NULL || ZSTD_decompressDCtx(r->unpack, raw, c->raw, packed, c->packed) != c->raw)
		return corrupt(r, offset, "the packed data cannot be unpacked", e);
	return 0;
}

/* A text; NULL when the footer ends. */
static char *get_text(struct nat_in *in)
{
	uint64_t n;
	char *s;

	if (!nat_get_varint(in, &n) || n > (uint64_t)(in->end - in->p) || n > NAT_STRING_MAX ||
	    memchr(in->p, '\0', (size_t)n) != NULL)
		return NULL;
	s = xmalloc((size_t)n + 1);
	memcpy(s, in->p, (size_t)n);
	s[n] = '\0';
	in->p += n;
	return s;
}

static bool same_class(enum tr_field_kind a, enum tr_field_kind b)
{
	return (a == TRF_STR) == (b == TRF_STR);
}

static bool get_field(struct nat_in *in, struct nat_type *t, unsigned i)
{
	char *name = get_text(in);
	unsigned char kind = 0;
	bool ok = name != NULL && nat_get_byte(in, &kind) && kind <= TRF_STR;

	t->to[i] = -1;
	t->kind[i] = kind;
	for (unsigned k = 0; ok && t->type >= 0 && k < tr_field_count((enum tr_type)t->type); k++) {
		if (strcmp(name, tr_field_name((enum tr_type)t->type, k)) == 0 &&
		    same_class(tr_field_kind((enum tr_type)t->type, k), (enum tr_field_kind)kind))
			t->to[i] = (int8_t)k;
	}
	free(name);
	return ok;
}

static bool get_type(struct nat_in *in, struct nat_type *t, struct tr_info *info)
{
	char *name = get_text(in);
	enum tr_type type;
	uint64_t n;

	if (name == NULL)
		return false;
	t->type = tr_type_by_name(name, &type) ? (int)type : -1;
	free(name);
	if (!nat_get_varint(in, &n) || n > TR_ARG_MAX)
		return false;
	t->fields = (unsigned)n;
	for (unsigned i = 0; i < t->fields; i++) {
		if (!get_field(in, t, i))
			return false;
	}
	t->odd = t->type >= 0 && t->fields == tr_field_count((enum tr_type)t->type) ? 0 : NAT_ODD;
	for (unsigned i = 0; i < t->fields; i++)
		t->odd |= t->to[i] == (int)i ? 0 : NAT_ODD;
	nat_look(t, true, UINT8_MAX);
	if (!nat_get_varint(in, &t->count))
		return false;
	if (t->type >= 0) {
		info->per_type[t->type] += t->count;
		info->events += t->count;
	} else {
		info->skipped_unknown += t->count;
	}
	return true;
}

static bool get_types(struct tr_reader *r, struct nat_in *in)
{
	uint64_t n;

	if (!nat_get_varint(in, &n) || n > NAT_TYPES_MAX)
		return false;
	for (r->ntypes = 0; r->ntypes < n; r->ntypes++) {
		if (!get_type(in, &r->types[r->ntypes], &r->info))
			return false;
	}
	for (unsigned i = r->ntypes; i < NAT_TYPES_MAX; i++)
		r->types[i].odd = NAT_ODD;
	return true;
}

/* Block list: every block follows the one before, the last ends where the footer starts. */
static bool get_blocks(struct tr_reader *r, struct nat_in *in, uint64_t footer)
{
	uint64_t n, offset = NAT_HEADER_LEN, ts = 0;

	if (!nat_get_varint(in, &n) || n > r->size / NAT_CHUNK_LEN)
		return false;
	r->blocks = xcalloc((size_t)n, sizeof(*r->blocks));
	for (r->nblocks = 0; r->nblocks < n; r->nblocks++) {
		uint64_t bytes, step, events;

		if (!nat_get_varint(in, &bytes) || !nat_get_varint(in, &step) ||
		    !nat_get_varint(in, &events) || bytes > footer - offset ||
		    step > UINT64_MAX - ts || events > NAT_BLOCK_EVENTS)
			return false;
		ts += step;
		r->blocks[r->nblocks] = (struct block){ .offset = offset, .first_ts = ts, .events = (uint32_t)events };
		offset += bytes;
	}
	return offset == footer;
}

static bool get_strings(struct tr_reader *r, struct nat_in *in)
{
	uint64_t n;

	if (!nat_get_varint(in, &n) || n >= NAT_STRINGS_MAX || n > (uint64_t)(in->end - in->p))
		return false;
	r->strings = xcalloc((size_t)n + 1, sizeof(*r->strings));
	for (r->nstrings = 1; r->nstrings <= n; r->nstrings++) {
		r->strings[r->nstrings] = get_text(in);
		if (r->strings[r->nstrings] == NULL)
			return false;
	}
	return true;
}

/* One fact; its key and value are checked, a key of a newer program is passed over. */
static bool take_fact(struct tr_reader *r, const char *key, char *value)
{
	struct tr_info *info = &r->info;
	enum nat_fact fact;

	if (!nat_fact_by_key(key, strlen(key), &fact))
		return true;
	if (nat_fact_kind(fact) != NAT_TEXT)
		return nat_get_fact(fact, value, info);
	if (info->n_notes < TR_NOTES_MAX)
		r->notes[info->n_notes++] = xstrdup(value);
	return true;
}

static bool get_facts(struct tr_reader *r, struct nat_in *in)
{
	struct tr_info *info = &r->info;
	uint64_t n = 0;
	bool ok = true;

	if (!info->old && (!nat_get_varint(in, &n) || n > NAT_FACTS_MAX))
		return false;
	for (uint64_t i = 0; ok && i < n; i++) {
		char *key = get_text(in), *value = key != NULL ? get_text(in) : NULL;

		ok = value != NULL && take_fact(r, key, value);
		free(key);
		free(value);
	}
	for (unsigned t = 0; t < TR_TYPE_COUNT; t++) {
		if (info->per_type[t] != 0)
			info->enabled[t] = TRE_ON;
	}
	info->notes = (const char *const *)r->notes;
	return ok;
}

static bool get_footer(struct tr_reader *r, struct nat_in *in, uint64_t footer)
{
	struct tr_info *info = &r->info;
	uint64_t unknown, cpus;

	if (!get_types(r, in) || !nat_get_varint(in, &unknown) ||
	    !nat_get_varint(in, &info->skipped_lines) || !nat_get_varint(in, &info->lost) ||
	    !nat_get_varint(in, &cpus) || cpus > TR_CPU_MAX ||
	    !nat_get_varint(in, &info->first_ns) || !nat_get_varint(in, &info->last_ns))
		return false;
	info->skipped_unknown += unknown;
	info->cpus = (uint32_t)cpus;
	if (!get_blocks(r, in, footer) || !get_strings(r, in))
		return false;
	r->importer = get_text(in);
	r->origin = get_text(in);
	info->importer = r->importer;
	info->origin = r->origin;
	return r->importer != NULL && r->origin != NULL && get_facts(r, in) && in->p == in->end;
}

static int read_footer(struct tr_reader *r, uint64_t offset, struct err *e)
{
	unsigned char *packed, *raw;
	struct nat_in in;
	struct chunk c;
	int rc;

	if (read_chunk_header(r, offset, NAT_FOOTER, NAT_FOOTER_MAX, &c, e) != 0)
		return -1;
	if (c.packed != r->size - NAT_TRAILER_LEN - NAT_CHUNK_LEN - offset)
		return corrupt(r, offset, "the footer does not end where the trailer starts", e);
	packed = xmalloc(c.packed);
	raw = xmalloc(c.raw);
	rc = read_chunk(r, offset, &c, packed, raw, e);
	in = (struct nat_in){ raw, raw + c.raw };
	if (rc == 0 && !get_footer(r, &in, offset))
		rc = corrupt(r, offset, "the footer makes no sense", e);
	free(packed);
	free(raw);
	return rc;
}

static int read_trailer(struct tr_reader *r, struct err *e)
{
	unsigned char t[NAT_TRAILER_LEN];
	uint64_t offset;

	if (r->size < NAT_HEADER_LEN + NAT_CHUNK_LEN + NAT_TRAILER_LEN)
		return err_set(e, ERR_INPUT,
			       "%s: the file has %llu bytes and no trailer: it is truncated, "
			       "import it again",
			       r->path, (unsigned long long)r->size);
	offset = r->size - NAT_TRAILER_LEN;
	if (read_at(r, offset, t, sizeof(t), "the trailer", e) != 0)
		return -1;
	if (memcmp(t + 24, NAT_MAGIC, NAT_MAGIC_LEN) != 0)
		return err_set(e, ERR_INPUT,
			       "%s: offset %llu: no trailer at the end: the file is truncated, "
			       "import it again",
			       r->path, (unsigned long long)offset);
	if (nat_u32(t + 16) != nat_crc(0, t, 16) || nat_u32(t + 20) != 0)
		return corrupt(r, offset, "the checksum of the trailer is wrong", e);
	if (nat_u64(t + 8) != r->size || nat_u64(t) < NAT_HEADER_LEN ||
	    nat_u64(t) > offset - NAT_CHUNK_LEN)
		return corrupt(r, offset, "the trailer does not fit the size of the file", e);
	return read_footer(r, nat_u64(t), e);
}

static int no_file(const struct tr_reader *r, struct err *e)
{
	const char *why = strerror(errno);
	struct str hint = STR_INIT;

	share_hint(&hint);
	(void)err_set(e, ERR_INPUT, "%s: cannot be opened: %s; %s", r->path, why, str_get(&hint));
	str_free(&hint);
	return -1;
}

static int open_file(struct tr_reader *r, struct err *e)
{
	off_t size;

	r->f = fopen(r->path, "rb");
	if (r->f == NULL)
		return no_file(r, e);
	if (fseeko(r->f, 0, SEEK_END) != 0 || (size = ftello(r->f)) < 0)
		return err_set(e, ERR_INPUT, "%s: cannot be read at random: want an ordinary file",
			       r->path);
	r->size = (uint64_t)size;
	if (read_header(r, e) != 0)
		return -1;
	return read_trailer(r, e);
}

struct tr_reader *tr_open(const char *path, struct err *e)
{
	struct tr_reader *r = xcalloc(1, sizeof(*r));
	struct str found = STR_INIT;

	(void)share_find(&found, path);
	r->path = found.s;
	if (open_file(r, e) != 0) {
		tr_close(r);
		return NULL;
	}
	r->packed = xmalloc(ZSTD_compressBound(NAT_RAW_MAX));
	r->raw = xmalloc(NAT_RAW_MAX);
	return r;
}

/* Where a block is unpacked to: memory of its own if it is kept. */
static unsigned char *room_for(struct tr_reader *r, struct block *b, uint32_t len)
{
	if (!r->keep || r->kept + len > TR_KEEP_MAX)
		return r->raw;
	r->kept += len;
	b->raw_len = len;
	b->raw = xmalloc(len);
	return b->raw;
}

static int read_block(struct tr_reader *r, struct block *b, struct err *e)
{
	unsigned char *raw;
	struct chunk c;

	if (read_chunk_header(r, b->offset, NAT_BLOCK, NAT_RAW_MAX, &c, e) != 0)
		return -1;
	if (c.events != b->events || c.first_ts != b->first_ts || c.first_ts < r->last_ts)
		return corrupt(r, b->offset, "the block does not fit the index", e);
	raw = room_for(r, b, c.raw);
	if (read_chunk(r, b->offset, &c, r->packed, raw, e) != 0) {
		r->keep = false;
		free(b->raw);
		b->raw = NULL;
		return -1;
	}
	r->in = (struct nat_in){ raw, raw + c.raw };
	return 0;
}

static int next_block(struct tr_reader *r, struct err *e)
{
	struct block *b = &r->blocks[r->next_block];

	if (b->raw != NULL)
		r->in = (struct nat_in){ b->raw, b->raw + b->raw_len };
	else if (read_block(r, b, e) != 0)
		return -1;
	if (r->bar.what == NULL)
		progress_begin(&r->bar, "trace", r->nblocks);
	progress_at(&r->bar, r->next_block++);
	r->block_offset = b->offset;
	r->left = b->events;
	memset(&r->st, 0, sizeof(r->st));
	r->st.ts = b->first_ts;
	return 0;
}

/* Read some events. 1 = there are, 0 = the end, -1 = *e. */
static int read_some(struct tr_reader *r, struct err *e)
{
	uint32_t before;
	int got;

	r->n_some = r->given = 0;
	for (;;) {
		if (r->left == 0) {
			if (r->in.p != r->in.end)
				return corrupt(r, r->block_offset,
					       "the block is longer than its records", e);
			if (r->next_block == r->nblocks) {
				progress_end(&r->bar);
				return 0;
			}
			if (next_block(r, e) != 0)
				return -1;
			continue;
		}
		before = r->left;
		r->n_some = nat_get_events(&r->in, &r->st, r->types, r->nstrings, r->some, SOME, &r->left);
		if (r->left == before) {
			got = nat_get_event(&r->in, &r->st, r->types, r->ntypes, r->nstrings, r->some);
			if (got < 0)
				return corrupt(r, r->block_offset, "a record of the block makes no sense",
					       e);
			r->left--;
			r->n_some = (unsigned)got;
		}
		r->last_ts = r->st.ts;
		if (r->n_some != 0)
			return 1;
	}
}

int tr_some(struct tr_reader *r, const struct tr_event **ev, unsigned *n, struct err *e)
{
	int rc = r->given < r->n_some ? 1 : read_some(r, e);

	*ev = r->some + r->given;
	*n = r->n_some - r->given;
	r->given = r->n_some;
	return rc;
}

int tr_next(struct tr_reader *r, struct tr_event *ev, struct err *e)
{
	int rc = r->given < r->n_some ? 1 : read_some(r, e);

	if (rc == 1)
		*ev = r->some[r->given++];
	return rc;
}

void tr_seek(struct tr_reader *r, uint64_t ts_ns)
{
	size_t lo = 0, hi = r->nblocks;

	while (lo < hi) { /* first block that starts at or after ts_ns */
		size_t mid = lo + (hi - lo) / 2;

		if (r->blocks[mid].first_ts < ts_ns)
			lo = mid + 1;
		else
			hi = mid;
	}
	r->next_block = lo > 0 ? lo - 1 : 0;
	r->left = 0;
	r->in.p = r->in.end;
	r->last_ts = 0;
	r->n_some = r->given = 0;
}

void tr_look(struct tr_reader *r, const struct tr_look *look)
{
	for (unsigned i = 0; i < r->ntypes; i++) {
		struct nat_type *t = &r->types[i];

		if (look == NULL || t->type < 0)
			nat_look(t, true, UINT8_MAX);
		else
			nat_look(t, (look->types >> t->type & 1) != 0, look->fields[t->type]);
	}
	tr_seek(r, 0);
}

void tr_keep(struct tr_reader *r)
{
	r->keep = true;
}

const char *tr_string(const struct tr_reader *r, uint32_t id)
{
	return id != 0 && id < r->nstrings ? r->strings[id] : "";
}

const struct tr_info *tr_info(const struct tr_reader *r)
{
	return &r->info;
}

void tr_close(struct tr_reader *r)
{
	if (r == NULL)
		return;
	progress_end(&r->bar);
	if (r->f != NULL)
		(void)fclose(r->f);
	for (uint64_t i = 1; i < r->nstrings; i++)
		free(r->strings[i]);
	free(r->strings);
	for (size_t i = 0; i < r->nblocks; i++)
		free(r->blocks[i].raw);
	free(r->blocks);
	free(r->importer);
	free(r->origin);
	for (unsigned i = 0; i < r->info.n_notes; i++)
		free(r->notes[i]);
	free(r->packed);
	free(r->raw);
	(void)ZSTD_freeDCtx(r->unpack);
	free(r->path);
	free(r);
}
