/* SPDX-License-Identifier: Apache-2.0 */
/* The native file's writer; the layout is in native.h. */
#include "traces/writer.h"

#include <string.h>
#include <zstd.h>

#include "sim/base/file.h"
#include "sim/base/pool.h"
#include "traces/native.h"
#include "traces/pairs.h"
#include "traces/strtab.h"

_Static_assert(TW_STRING_MAX == NAT_STRING_MAX, "one limit");

struct block {
	uint64_t bytes, first_ts;
	uint32_t events;
};

/* Bytes that are to be packed, and what comes out. */
struct packing {
	struct pool_task task;
	ZSTD_CCtx *packer;
	unsigned char *raw; /* NAT_RAW_MAX */
	size_t raw_len, packed_len, room;
	unsigned char *packed;
	uint32_t events;
	uint64_t first_ts;
};

struct tw {
	struct outfile out;
	uint64_t offset;       /* bytes written */
	struct strtab strings; /* every text that was asked for */
	uint32_t *file_id;     /* strings -> number in the file, 0 = not used yet */
	uint32_t file_ids;     /* length of file_id */
	uint32_t *order;       /* numbers in the file -> strings */
	uint32_t used;         /* numbers in the file, 0 included */
	struct tr_info info;
	unsigned char cpu_seen[TR_CPU_MAX / 8];
	struct pairs pairs;
	struct block *blocks;
	size_t nblocks, blocks_cap;
	struct nat_state st;
	struct pool *pool;
	struct packing *packing; /* a ring: those that are being packed, the open block behind them */
	unsigned n_packing, open, busy; /* of the ring; the open one; how many before it are being packed */
};

static int put(struct tw *w, const void *p, size_t n, struct err *e)
{
	if (fwrite(p, 1, n, w->out.f) != n)
		return err_set(e, ERR_IO,
			       "%s: cannot write %zu bytes at offset %llu: is the disk full?",
			       w->out.path != NULL ? w->out.path : "standard output", n,
			       (unsigned long long)w->offset);
	w->offset += n;
	return 0;
}

static int put_header(struct tw *w, struct err *e)
{
	unsigned char h[NAT_HEADER_LEN];

	memcpy(h, NAT_MAGIC, NAT_MAGIC_LEN);
	nat_put_u16(h + 8, NAT_VERSION);
	nat_put_u16(h + 10, NAT_HEADER_LEN);
	nat_put_u32(h + 12, nat_crc(0, h, 12));
	return put(w, h, sizeof(h), e);
}

/* Pack the raw bytes. */
static void pack(void *ctx)
{
	struct packing *x = ctx;
	size_t bound = ZSTD_compressBound(x->raw_len);

	if (x->packer == NULL) {
		x->packer = ZSTD_createCCtx();
		BUG_ON(x->packer == NULL);
	}
	if (x->room < bound) {
		x->packed = xrealloc(x->packed, bound);
		x->room = bound;
	}
	x->packed_len = ZSTD_compressCCtx(x->packer, x->packed, bound, x->raw, x->raw_len, NAT_LEVEL);
	BUG_ON(ZSTD_isError(x->packed_len) != 0);
}

/* All but the raw bytes. */
static void free_packing(struct packing *x)
{
	(void)ZSTD_freeCCtx(x->packer);
	free(x->packed);
}

/* Write what was packed as a chunk. */
static int put_chunk(struct tw *w, uint32_t tag, const struct packing *x, struct err *e)
{
	unsigned char h[NAT_CHUNK_LEN];

	nat_put_u32(h, tag);
	nat_put_u32(h + 4, (uint32_t)x->packed_len);
	nat_put_u32(h + 8, (uint32_t)x->raw_len);
	nat_put_u32(h + 12, x->events);
	nat_put_u64(h + 16, x->first_ts);
	nat_put_u32(h + 24, nat_crc(nat_crc(0, h, 24), x->packed, x->packed_len));
	return put(w, h, sizeof(h), e) == 0 ? put(w, x->packed, x->packed_len, e) : -1;
}

/* A ring of n blocks; there is no open one. */
static void ring(struct tw *w, unsigned n)
{
	w->packing = xrealloc(w->packing, n * sizeof(*w->packing));
	for (; w->n_packing < n; w->n_packing++)
		w->packing[w->n_packing] = (struct packing){ .raw = xmalloc(NAT_RAW_MAX) };
}

void tw_use_pool(struct tw *w, struct pool *pool)
{
	BUG_ON(w->busy != 0);
	w->pool = pool;
	if (pool_threads(pool) > 1)
		ring(w, pool_threads(pool) + 1);
}

struct tw *tw_create(const char *path, struct err *e)
{
	struct tw *w = xcalloc(1, sizeof(*w));

	if (file_create(&w->out, path, e) != 0) {
		free(w);
		return NULL;
	}
	w->used = 1;
	ring(w, 1);
	if (put_header(w, e) != 0) {
		tw_abort(w);
		return NULL;
	}
	return w;
}

uint32_t tw_string(struct tw *w, const char *s, size_t n)
{
	BUG_ON(n > TW_STRING_MAX);
	return strtab_add(&w->strings, s, n);
}

const char *tw_text(const struct tw *w, uint32_t id)
{
	return strtab_get(&w->strings, id);
}

/* The file numbers texts by first use, so that equal records make equal files. */
static bool number_string(struct tw *w, uint32_t id)
{
	BUG_ON(id >= w->strings.count);
	if (id >= w->file_ids) {
		uint32_t n = w->strings.count * 2;

		w->file_id = xrealloc(w->file_id, n * sizeof(*w->file_id));
		w->order = xrealloc(w->order, n * sizeof(*w->order));
		memset(w->file_id + w->file_ids, 0, (n - w->file_ids) * sizeof(*w->file_id));
		w->file_ids = n;
	}
	if (w->file_id[id] == 0) {
		if (w->used >= NAT_STRINGS_MAX)
			return false;
		w->order[w->used] = id;
		w->file_id[id] = w->used++;
	}
	return true;
}

static inline bool use_string(struct tw *w, uint32_t id)
{
	return id == 0 || (id < w->file_ids && w->file_id[id] != 0) || number_string(w, id);
}

/* Write the oldest block that is being packed. */
static int put_block(struct tw *w, struct err *e)
{
	struct packing *x = &w->packing[(w->open + w->n_packing - w->busy) % w->n_packing];
	uint64_t before = w->offset;

	w->busy--;
	pool_finish(w->pool, &x->task);
	if (put_chunk(w, NAT_BLOCK, x, e) != 0)
		return -1;
	if (w->nblocks == w->blocks_cap) {
		w->blocks_cap = w->blocks_cap * 2 + 16;
		w->blocks = xrealloc(w->blocks, w->blocks_cap * sizeof(*w->blocks));
	}
	w->blocks[w->nblocks++] = (struct block){ w->offset - before, x->first_ts, x->events };
	return 0;
}

/* The open block is whole: another is. */
static int end_block(struct tw *w, struct err *e)
{
	struct packing *x = &w->packing[w->open];

	if (x->events == 0)
		return 0;
	pool_begin(w->pool, &x->task, pack, x);
	w->busy++;
	w->open = (w->open + 1) % w->n_packing;
	if (w->busy == w->n_packing && put_block(w, e) != 0)
		return -1;
	w->packing[w->open].events = 0;
	w->packing[w->open].raw_len = 0;
	memset(&w->st, 0, sizeof(w->st));
	return 0;
}

/* All blocks are in the file. */
static int end_blocks(struct tw *w, struct err *e)
{
	if (end_block(w, e) != 0)
		return -1;
	while (w->busy != 0) {
		if (put_block(w, e) != 0)
			return -1;
	}
	return 0;
}

/* Its texts have numbers in the file; false: there are too many. */
static bool use_strings(struct tw *w, const struct tr_event *ev)
{
	unsigned texts = tr_text_fields((enum tr_type)ev->type) & ~(unsigned)ev->absent;
	bool ok = use_string(w, ev->comm);

	for (; ok && texts != 0; texts &= texts - 1)
		ok = use_string(w, (uint32_t)ev->arg[__builtin_ctz(texts)]);
	return ok;
}

int tw_add(struct tw *w, const struct tr_event *ev, struct err *e)
{
	struct tr_info *info = &w->info;
	struct packing *x;

	BUG_ON(ev->type >= TR_TYPE_COUNT || ev->cpu >= TR_CPU_MAX);
	BUG_ON(info->events != 0 && ev->ts_ns < info->last_ns);
	BUG_ON(ev->absent >> tr_field_count((enum tr_type)ev->type) != 0);
	if (!use_strings(w, ev))
		return err_set(e, ERR_INPUT,
			       "more than %u different names in one trace: cut it in pieces",
			       NAT_STRINGS_MAX);
	x = &w->packing[w->open];
	if (x->events == NAT_BLOCK_EVENTS || x->raw_len + NAT_EVENT_MAX > NAT_RAW_MAX) {
		if (end_block(w, e) != 0)
			return -1;
		x = &w->packing[w->open];
	}
	if (x->events++ == 0)
		x->first_ts = w->st.ts = ev->ts_ns;
	x->raw_len += nat_put_event(x->raw + x->raw_len, &w->st, ev, w->file_id);
	if (info->events++ == 0)
		info->first_ns = ev->ts_ns;
	info->last_ns = ev->ts_ns;
	info->per_type[ev->type]++;
	if (ev->cpu >= info->cpus)
		info->cpus = ev->cpu + 1u;
	w->cpu_seen[ev->cpu / 8] |= (unsigned char)(1u << ev->cpu % 8);
	pairs_see(&w->pairs, ev);
	return 0;
}

int tw_copy(struct tw *w, const struct tr_reader *r, const struct tr_event *ev, struct err *e)
{
	enum tr_type type = (enum tr_type)ev->type;
	struct tr_event out = *ev;
	const char *s = tr_string(r, ev->comm);

	out.comm = tw_string(w, s, strlen(s));
	for (unsigned i = 0; i < tr_field_count(type); i++) {
		if (tr_field_kind(type, i) != TRF_STR)
			continue;
		s = tr_string(r, (uint32_t)ev->arg[i]);
		out.arg[i] = tw_string(w, s, strlen(s));
	}
	return tw_add(w, &out, e);
}

static void add_varint(struct str *b, uint64_t v)
{
	unsigned char p[10];

	str_addn(b, (const char *)p, nat_put_varint(p, v));
}

static void add_text(struct str *b, const char *s)
{
	add_varint(b, strlen(s));
	str_add(b, s);
}

static void add_types(struct str *b, const struct tr_info *info)
{
	add_varint(b, TR_TYPE_COUNT);
	for (unsigned t = 0; t < TR_TYPE_COUNT; t++) {
		enum tr_type type = (enum tr_type)t;

		add_text(b, tr_type_name(type));
		add_varint(b, tr_field_count(type));
		for (unsigned i = 0; i < tr_field_count(type); i++) {
			add_text(b, tr_field_name(type, i));
			str_addc(b, (char)tr_field_kind(type, i));
		}
		add_varint(b, info->per_type[t]);
	}
}

static void add_facts(struct str *b, const struct tr_info *info)
{
	struct str values = STR_INIT, value = STR_INIT;
	uint64_t n = info->n_notes;

	for (unsigned f = 0; f < NAT_NOTE; f++) {
		str_reset(&value);
		nat_put_fact(&value, (enum nat_fact)f, info);
		if (value.len == 0)
			continue;
		n++;
		add_text(&values, nat_fact_key((enum nat_fact)f));
		add_text(&values, str_get(&value));
	}
	add_varint(b, n);
	str_addn(b, str_get(&values), values.len);
	for (unsigned i = 0; i < info->n_notes; i++) {
		add_text(b, nat_fact_key(NAT_NOTE));
		add_text(b, info->notes[i]);
	}
	str_free(&values);
	str_free(&value);
}

static void add_footer(struct str *b, const struct tw *w)
{
	const struct tr_info *info = &w->info;
	const uint64_t numbers[] = {
		info->skipped_unknown, info->skipped_lines, info->lost, info->cpus,
		info->first_ns,        info->last_ns,       w->nblocks
	};
	uint64_t ts = 0;

	add_types(b, info);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		add_varint(b, numbers[i]);
	for (size_t i = 0; i < w->nblocks; i++) {
		add_varint(b, w->blocks[i].bytes);
		add_varint(b, w->blocks[i].first_ts - ts);
		add_varint(b, w->blocks[i].events);
		ts = w->blocks[i].first_ts;
	}
	add_varint(b, w->used - 1);
	for (uint32_t i = 1; i < w->used; i++)
		add_text(b, strtab_get(&w->strings, w->order[i]));
	add_text(b, info->importer);
	add_text(b, info->origin);
	add_facts(b, info);
}

static int put_end(struct tw *w, struct err *e)
{
	unsigned char t[NAT_TRAILER_LEN];
	struct packing last = { 0 };
	struct str b = STR_INIT;
	uint64_t footer;
	int rc;

	if (end_blocks(w, e) != 0)
		return -1;
	footer = w->offset;
	add_footer(&b, w);
	if (b.len > NAT_FOOTER_MAX)
		rc = err_set(e, ERR_INPUT,
			     "names and index take %zu bytes, over %u: cut the trace in pieces",
			     b.len, NAT_FOOTER_MAX);
	else {
		last.raw = (unsigned char *)b.s;
		last.raw_len = b.len;
		pack(&last);
		rc = put_chunk(w, NAT_FOOTER, &last, e);
		free_packing(&last);
	}
	str_free(&b);
	if (rc != 0)
		return -1;
	nat_put_u64(t, footer);
	nat_put_u64(t + 8, w->offset + NAT_TRAILER_LEN);
	nat_put_u32(t + 16, nat_crc(0, t, 16));
	nat_put_u32(t + 20, 0);
	memcpy(t + 24, NAT_MAGIC, NAT_MAGIC_LEN);
	return put(w, t, sizeof(t), e);
}

static void free_all(struct tw *w)
{
	strtab_free(&w->strings);
	free(w->file_id);
	free(w->order);
	free(w->blocks);
	for (unsigned i = 0; i < w->n_packing; i++) {
		pool_finish(w->pool, &w->packing[i].task);
		free_packing(&w->packing[i]);
		free(w->packing[i].raw);
	}
	free(w->packing);
	pairs_free(&w->pairs);
	free(w);
}

/* What follows from the records, and what the caller knows beside them. */
static void complete(struct tw *w, const struct tr_info *info)
{
	struct tr_info *to = &w->info;

	to->skipped_unknown = info->skipped_unknown;
	to->skipped_lines = info->skipped_lines;
	to->lost = info->lost;
	to->lost_places = info->lost_places;
	to->importer = info->importer != NULL ? info->importer : "";
	to->origin = info->origin != NULL ? info->origin : "";
	to->n_notes = info->n_notes;
	to->notes = info->notes;
	for (unsigned t = 0; t < TR_TYPE_COUNT; t++)
		to->enabled[t] = to->per_type[t] != 0 ? (uint8_t)TRE_ON : info->enabled[t];
	to->cpus_used = 0;
	for (unsigned i = 0; i < TR_CPU_MAX; i++)
		to->cpus_used += (w->cpu_seen[i / 8] >> i % 8 & 1) != 0;
	to->gaps = to->per_type[TR_kvm_entry] != 0 && to->per_type[TR_kvm_exit] != 0 ? w->pairs.gaps
										     : 0;
	to->mixed = w->pairs.mixed;
}

int tw_finish(struct tw *w, const struct tr_info *info, struct tr_info *done, struct err *e)
{
	int rc;

	complete(w, info);
	if (put_end(w, e) != 0) {
		tw_abort(w);
		return -1;
	}
	rc = file_commit(&w->out, e);
	if (rc == 0 && done != NULL)
		*done = w->info;
	free_all(w);
	return rc;
}

struct tr_reader *tw_read_back(struct tw *w, const struct tr_info *info, struct err *e)
{
	struct tr_reader *r = NULL;

	complete(w, info);
	if (w->out.tmp == NULL)
		(void)err_set(e, ERR_INPUT,
			      "records come out of the order of time, and sorting them needs an "
			      "output that is an ordinary file: "
			      "give one with -o");
	else if (put_end(w, e) == 0) {
		if (fflush(w->out.f) != 0)
			(void)err_set(e, ERR_IO, "%s: cannot be written: is the disk full?",
				      w->out.tmp);
		else
			r = tr_open(w->out.tmp, e);
	}
	tw_abort(w);
	return r;
}

void tw_abort(struct tw *w)
{
	file_abort(&w->out);
	free_all(w);
}
