/* SPDX-License-Identifier: Apache-2.0 */
/* Records of the native file read: one with care, or many in one go; see native.h. */
#include <string.h>

#include "traces/native.h"

_Static_assert(TR_ARG_MAX <= 8, "steps and fields fit in a byte");

/* A step: a number or a text into a field, or so many fields passed over. */
enum { STEP_NUMBER = 0, STEP_TEXT = 0x10, STEP_PASS = 0x20, STEP_ARG = 0x0f };

void nat_look(struct nat_type *t, bool wanted, uint8_t fields)
{
	unsigned pass = 0;

	t->wanted = wanted;
	t->fields_wanted = fields;
	t->steps = 0;
	for (unsigned i = 0; i < t->fields && wanted; i++) {
		if ((fields >> i & 1) == 0) {
			pass++;
			continue;
		}
		if (pass != 0)
			t->step[t->steps++] = (uint8_t)(STEP_PASS | pass);
		pass = 0;
		t->step[t->steps++] = (uint8_t)((t->kind[i] == TRF_STR ? STEP_TEXT : STEP_NUMBER) | i);
	}
}

/* ---- many ---- */

#define QUICK_ROOM ((ptrdiff_t)NAT_EVENT_MAX + 8) /* eight bytes are read at a time */
#define EACH(byte) ((uint64_t)(byte) * UINT64_C(0x0101010101010101))

/* The eight bytes at p, the first lowest. */
static inline uint64_t eight_bytes(const unsigned char *p)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t x;

	memcpy(&x, p, sizeof(x));
	return x;
#else
	return nat_u64(p);
#endif
}

/* A varint of nine or ten bytes; NULL: it is none. */
static __attribute__((noinline, cold)) const unsigned char *longest_varint(const unsigned char *p, uint64_t *v)
{
	*v = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		const uint64_t b = *p++;

		if (shift == 63 && b > 1)
			return NULL;
		*v |= (b & 0x7f) << shift;
		if (b < 0x80)
			return p;
	}
	return NULL;
}

/* A varint where ten bytes, and eight at a time, can be read; NULL: it is none. */
static inline const unsigned char *long_varint(const unsigned char *p, uint64_t *v)
{
	uint64_t x = eight_bytes(p), last = ~x & EACH(0x80) /* a bit per byte that ends one */, longest;

	if (last == 0) {
		p = longest_varint(p, &longest);
		*v = longest;
		return p;
	}
	p += (unsigned)__builtin_ctzll(last) / 8 + 1;
	x &= (last ^ (last - 1)) & EACH(0x7f);
	x = (x & UINT64_C(0x7f007f007f007f00)) >> 1 | (x & UINT64_C(0x007f007f007f007f));
	x = (x & UINT64_C(0x3fff00003fff0000)) >> 2 | (x & UINT64_C(0x00003fff00003fff));
	*v = (x & UINT64_C(0x0fffffff00000000)) >> 4 | (x & UINT64_C(0x000000000fffffff));
	return p;
}

/* The same where up to four bytes are likely. */
static inline const unsigned char *short_varint(const unsigned char *p, uint64_t *v)
{
	uint32_t x = (uint32_t)eight_bytes(p), last = ~x & UINT32_C(0x80808080);

	if (last == 0)
		return long_varint(p, v);
	p += (unsigned)__builtin_ctz(last) / 8 + 1;
	x &= last ^ (last - 1);
	*v = (x & UINT32_C(0x7f)) | (x >> 1 & UINT32_C(0x3f80)) | (x >> 2 & UINT32_C(0x1fc000)) | (x >> 3 & UINT32_C(0xfe00000));
	return p;
}

/* The same where one byte is likely. */
static inline const unsigned char *quick_varint(const unsigned char *p, uint64_t *v)
{
	if (p[0] >= 0x80)
		return long_varint(p, v);
	*v = p[0];
	return p + 1;
}

/* Bytes up to which so many varints end at least get their top bit from it. */
#define ENDS(n) EACH(0x80 - (n))
static const uint64_t at_least[] = { ENDS(0), ENDS(1), ENDS(2), ENDS(3), ENDS(4),  ENDS(5),  ENDS(6),
				     ENDS(7), ENDS(8), ENDS(9), ENDS(10), ENDS(11), ENDS(12) };
_Static_assert(TR_ARG_MAX + 4 < sizeof(at_least) / sizeof(at_least[0]), "all numbers of a record");

/* pass_varints when fewer than n end in the first eight bytes. */
static const unsigned char *pass_more(const unsigned char *p, unsigned n)
{
	const unsigned char *const end = p + 10 * n;

	for (; p < end; p += 8) {
		const uint64_t ends = (~eight_bytes(p) >> 7 & EACH(1)) * EACH(1), there = (ends + at_least[n]) & EACH(0x80);

		if (there != 0)
			return p + (unsigned)__builtin_ctzll(there) / 8 + 1;
		n -= (unsigned)(ends >> 56);
	}
	return NULL;
}

/* Behind n varints, n from 1 to 12, where ten bytes for each can be read; NULL: they are longer. */
static inline const unsigned char *pass_varints(const unsigned char *p, unsigned n)
{
	/* how many end up to each byte; a bit per byte that n end up to */
	const uint64_t ends = (~eight_bytes(p) >> 7 & EACH(1)) * EACH(1), there = (ends + at_least[n]) & EACH(0x80);

	return there != 0 ? p + (unsigned)__builtin_ctzll(there) / 8 + 1 : pass_more(p, n);
}

/* The time of a head, into st; NULL: it makes no sense. */
static inline const unsigned char *quick_time(const unsigned char *p, struct nat_state *st)
{
	uint64_t v;

	p = short_varint(p, &v);
	if (p == NULL || v > UINT64_MAX - st->ts)
		return NULL;
	st->ts += v;
	return p;
}

/* All of a head but its time, as flagged, into st; NULL: it makes no sense. */
static inline const unsigned char *quick_head(const unsigned char *p, struct nat_state *st, unsigned flags, uint64_t strings)
{
	uint64_t v;

	if ((flags & NAT_CPU) != 0) {
		if ((p = quick_varint(p, &v)) == NULL || v >= TR_CPU_MAX)
			return NULL;
		st->cpu = (uint16_t)v;
	}
	if ((flags & NAT_PID) != 0) {
		if ((p = quick_varint(p, &v)) == NULL)
			return NULL;
		v = nat_unzigzag(v) + (uint64_t)st->pid;
		if (v != (uint64_t)(int32_t)(uint32_t)v)
			return NULL;
		st->pid = (int32_t)(uint32_t)v;
	}
	if ((flags & NAT_COMM) != 0) {
		if ((p = quick_varint(p, &v)) == NULL || v >= strings)
			return NULL;
		st->comm = (uint32_t)v;
	}
	return p;
}

/* The fields that are wanted, of a record that has all; false: they make no sense. */
static inline bool quick_fields(const unsigned char *p, const struct nat_type *t, uint64_t *last, uint64_t strings, uint64_t *arg)
{
	const uint8_t *step = t->step, *const end = step + t->steps;

	for (; step < end; step++) {
		const unsigned at = *step & STEP_ARG;
		uint64_t v;

		p = (*step & STEP_PASS) != 0 ? pass_varints(p, at) : quick_varint(p, &v);
		if (p == NULL)
			return false;
		if ((*step & STEP_PASS) != 0)
			continue;
		if ((*step & STEP_TEXT) == 0)
			v = nat_unzigzag(v) + last[at];
		else if (v >= strings)
			return false;
		arg[at] = last[at] = v;
	}
	return true;
}

/* Numbers before the fields, by the flags. */
static const uint8_t head_numbers[NAT_ABSENT] = { 1, 2, 2, 3, 2, 3, 3, 4 };

unsigned nat_get_events(struct nat_in *in, struct nat_state *st, const struct nat_type *types, uint64_t strings,
			struct tr_event *ev, unsigned room, uint32_t *left)
{
	const unsigned char *p = in->p, *const stop = in->end - p >= QUICK_ROOM ? in->end - QUICK_ROOM : NULL;
	const unsigned records = room < *left ? room : *left;
	const struct tr_event *const first = ev;
	unsigned n = 0;

	for (; n < records && p <= stop; n++) {
		const unsigned char *q = p + 2, *next;
		const struct nat_type *t = &types[p[0]];
		uint64_t *last = st->arg[p[0]];
		const unsigned flags = p[1];

		if ((flags | t->odd) >= NAT_ABSENT)
			break;
		/* where the next one is does not wait for what this one says */
		next = pass_varints(q, head_numbers[flags] + t->fields);
		p = NULL;
		if (next == NULL || (q = quick_time(q, st)) == NULL || (flags != 0 && (q = quick_head(q, st, flags, strings)) == NULL))
			break;
		if (t->wanted) {
			ev->ts_ns = st->ts;
			ev->pid = st->pid;
			ev->cpu = st->cpu;
			ev->type = (uint8_t)t->type;
			ev->absent = 0;
			ev->comm = st->comm;
			memset(ev->arg, 0, sizeof(ev->arg)); /* member by member: the whole at once would be a slow string instruction */
			if (t->steps != 0 && !quick_fields(q, t, last, strings, ev->arg))
				break;
			ev++;
		}
		p = next;
	}
	in->p = p != NULL ? p : in->end;
	*left -= n;
	return (unsigned)(ev - first);
}

/* ---- one ---- */

/* What stands before the fields, into st. */
static bool get_head(struct nat_in *in, struct nat_state *st, unsigned flags, uint64_t strings,
		     unsigned char *absent)
{
	uint64_t v;

	if (flags > NAT_FLAGS || !nat_get_varint(in, &v) || v > UINT64_MAX - st->ts)
		return false;
	st->ts += v;
	if ((flags & NAT_CPU) != 0) {
		if (!nat_get_varint(in, &v) || v >= TR_CPU_MAX)
			return false;
		st->cpu = (uint16_t)v;
	}
	if ((flags & NAT_PID) != 0) {
		if (!nat_get_varint(in, &v))
			return false;
		v = nat_unzigzag(v) + (uint64_t)st->pid;
		if (v != (uint64_t)(int32_t)(uint32_t)v)
			return false;
		st->pid = (int32_t)(uint32_t)v;
	}
	if ((flags & NAT_COMM) != 0) {
		if (!nat_get_varint(in, &v) || v >= strings)
			return false;
		st->comm = (uint32_t)v;
	}
	return (flags & NAT_ABSENT) == 0 || nat_get_byte(in, absent);
}

int nat_get_event(struct nat_in *in, struct nat_state *st, const struct nat_type *types, unsigned ntypes, uint64_t strings,
		  struct tr_event *ev)
{
	unsigned char number, flags, absent = 0;
	const struct nat_type *t;

	if (!nat_get_byte(in, &number) || number >= ntypes || !nat_get_byte(in, &flags) ||
	    !get_head(in, st, flags, strings, &absent))
		return -1;
	t = &types[number];
	if (absent >> t->fields != 0)
		return -1;
	*ev = (struct tr_event){
		.ts_ns = st->ts, .pid = st->pid, .cpu = st->cpu, .comm = st->comm
	};
	if (t->type >= 0) {
		ev->type = (uint8_t)t->type;
		ev->absent = (uint8_t)((1u << tr_field_count((enum tr_type)t->type)) - 1);
	}
	for (unsigned i = 0; i < t->fields; i++) {
		uint64_t *last = &st->arg[number][i], v;

		if ((absent >> i & 1) != 0)
			continue;
		if (!nat_get_varint(in, &v) || (t->kind[i] == TRF_STR && v >= strings))
			return -1;
		*last = t->kind[i] == TRF_STR ? v : nat_unzigzag(v) + *last;
		if (t->to[i] < 0)
			continue;
		ev->absent &= (uint8_t) ~(1u << t->to[i]);
		if ((t->fields_wanted >> t->to[i] & 1) != 0)
			ev->arg[t->to[i]] = *last;
	}
	return t->type >= 0 && t->wanted ? 1 : 0;
}
