/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, records and facts of the native file; see native.h. */
#include "traces/native.h"

#include <inttypes.h>
#include <string.h>

static const struct {
	const char *key;
	enum nat_fact_kind kind;
} facts[NAT_FACT_COUNT] = {
#define X(id, key, kind) { key, kind },
	NAT_FACTS(X)
#undef X
};

const char *nat_fact_key(enum nat_fact fact)
{
	return facts[fact].key;
}

enum nat_fact_kind nat_fact_kind(enum nat_fact fact)
{
	return facts[fact].kind;
}

bool nat_fact_by_key(const char *key, size_t n, enum nat_fact *fact)
{
	for (unsigned i = 0; i < NAT_FACT_COUNT; i++) {
		if (strlen(facts[i].key) == n && memcmp(facts[i].key, key, n) == 0) {
			*fact = (enum nat_fact)i;
			return true;
		}
	}
	return false;
}

static uint64_t fact_number(enum nat_fact fact, const struct tr_info *info)
{
	return fact == NAT_LOST_PLACES ? info->lost_places
	       : fact == NAT_GAPS      ? info->gaps
	       : fact == NAT_MIXED     ? info->mixed
				       : info->cpus_used;
}

static enum tr_enabled fact_state(enum nat_fact fact)
{
	return fact == NAT_ENABLED ? TRE_ON : TRE_OFF;
}

void nat_put_fact(struct str *b, enum nat_fact fact, const struct tr_info *info)
{
	const char *blank = "";

	if (facts[fact].kind == NAT_NUMBER && fact_number(fact, info) != 0)
		str_addf(b, "%" PRIu64, fact_number(fact, info));
	for (unsigned t = 0; facts[fact].kind == NAT_EVENTS && t < TR_TYPE_COUNT; t++) {
		if (info->enabled[t] != fact_state(fact))
			continue;
		str_addf(b, "%s%s", blank, tr_type_name((enum tr_type)t));
		blank = " ";
	}
}

static bool get_fact_number(enum nat_fact fact, const char *value, struct tr_info *info)
{
	uint64_t v;

	if (!str_u64(value, &v) || (fact == NAT_CPUS_USED && v > TR_CPU_MAX))
		return false;
	if (fact == NAT_LOST_PLACES)
		info->lost_places = v;
	else if (fact == NAT_GAPS)
		info->gaps = v;
	else if (fact == NAT_MIXED)
		info->mixed = v;
	else
		info->cpus_used = (uint32_t)v;
	return true;
}

bool nat_get_fact(enum nat_fact fact, const char *value, struct tr_info *info)
{
	enum tr_type type;
	char name[64];

	if (facts[fact].kind == NAT_NUMBER)
		return get_fact_number(fact, value, info);
	while (*value != '\0') {
		size_t n = strcspn(value, " ");

		if (n != 0 && n < sizeof(name)) {
			memcpy(name, value, n);
			name[n] = '\0';
			if (tr_type_by_name(name, &type))
				info->enabled[type] = (uint8_t)fact_state(fact);
		}
		value += n + (value[n] == ' ');
	}
	return true;
}

void nat_put_u16(unsigned char *p, uint16_t v)
{
	p[0] = (unsigned char)v;
	p[1] = (unsigned char)(v >> 8);
}

void nat_put_u32(unsigned char *p, uint32_t v)
{
	nat_put_u16(p, (uint16_t)v);
	nat_put_u16(p + 2, (uint16_t)(v >> 16));
}

void nat_put_u64(unsigned char *p, uint64_t v)
{
	nat_put_u32(p, (uint32_t)v);
	nat_put_u32(p + 4, (uint32_t)(v >> 32));
}

size_t nat_put_varint(unsigned char *p, uint64_t v)
{
	size_t n = 0;

	while (v >= 0x80) {
		p[n++] = (unsigned char)(v | 0x80);
		v >>= 7;
	}
	p[n++] = (unsigned char)v;
	return n;
}

bool nat_get_varint(struct nat_in *in, uint64_t *v)
{
	*v = 0;
	for (unsigned shift = 0; shift < 64 && in->p < in->end; shift += 7) {
		unsigned char b = *in->p++;

		if (shift == 63 && b > 1)
			return false;
		*v |= (uint64_t)(b & 0x7f) << shift;
		if (b < 0x80)
			return true;
	}
	return false;
}

bool nat_get_byte(struct nat_in *in, unsigned char *v)
{
	if (in->p >= in->end)
		return false;
	*v = *in->p++;
	return true;
}

static unsigned flags_of(const struct nat_state *st, const struct tr_event *ev, uint32_t comm)
{
	return (ev->cpu != st->cpu ? (unsigned)NAT_CPU : 0) |
	       (ev->pid != st->pid ? (unsigned)NAT_PID : 0) |
	       (comm != st->comm ? (unsigned)NAT_COMM : 0) |
	       (ev->absent != 0 ? (unsigned)NAT_ABSENT : 0);
}

static inline unsigned char *put(unsigned char *p, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		*p++ = (unsigned char)(v | 0x80);
	*p = (unsigned char)v;
	return p + 1;
}

/* The fields of a record that has all, and no text. */
static inline unsigned char *put_numbers(unsigned char *to, uint64_t *last, const uint64_t *arg, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const uint64_t v = arg[i];

		to = put(to, nat_zigzag(v - last[i]));
		last[i] = v;
	}
	return to;
}

size_t nat_put_event(unsigned char *p, struct nat_state *st, const struct tr_event *ev, const uint32_t *id)
{
	enum tr_type type = (enum tr_type)ev->type;
	uint32_t comm = ev->comm != 0 ? id[ev->comm] : 0;
	unsigned flags = flags_of(st, ev, comm), n_fields = tr_field_count(type), texts = tr_text_fields(type);
	unsigned char *to = p;
	uint64_t *last = st->arg[type];
	const uint64_t ago = ev->ts_ns - st->ts;

	*to++ = ev->type;
	*to++ = (unsigned char)flags;
	to = put(to, ago);
	if ((flags & NAT_CPU) != 0)
		to = put(to, ev->cpu);
	if ((flags & NAT_PID) != 0)
		to = put(to, nat_zigzag((uint64_t)((int64_t)ev->pid - st->pid)));
	if ((flags & NAT_COMM) != 0)
		to = put(to, comm);
	if ((flags & NAT_ABSENT) != 0)
		*to++ = ev->absent;
	if ((texts | ev->absent) == 0) {
		to = put_numbers(to, last, ev->arg, n_fields);
		n_fields = 0;
	}
	for (unsigned i = 0; i < n_fields; i++) {
		uint64_t v = ev->arg[i];

		if ((ev->absent >> i & 1) != 0)
			continue;
		if ((texts >> i & 1) != 0) {
			to = put(to, v != 0 ? id[(uint32_t)v] : 0);
			continue;
		}
		to = put(to, nat_zigzag(v - last[i]));
		last[i] = v;
	}
	st->ts = ev->ts_ns;
	st->cpu = ev->cpu;
	st->pid = ev->pid;
	st->comm = comm;
	return (size_t)(to - p);
}
