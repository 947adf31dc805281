/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a native trace, three ways: as they are, with the checksums made right (or nothing
 * behind them would ever be tried), and as the unpacked records of a block. Refused with a
 * sentence, or the records are in order of time and hold only numbers that exist.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/base/str.h"
#include "traces/native.h"
#include "traces/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_event(const struct tr_event *ev, uint64_t last)
{
	BUG_ON(ev->ts_ns < last || ev->type >= TR_TYPE_COUNT || ev->cpu >= TR_CPU_MAX);
	BUG_ON(ev->absent >> tr_field_count((enum tr_type)ev->type) != 0);
}

static void read_file(const unsigned char *p, size_t size)
{
	int fd = memfd_create("trace", 0);
	struct err e = { ERR_NONE, "" };
	struct tr_event ev;
	struct tr_reader *r;
	uint64_t last = 0;
	char path[64];
	int got = -1;

	BUG_ON(fd < 0 || write(fd, p, size) != (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = tr_open(path, &e);
	while (r != NULL && (got = tr_next(r, &ev, &e)) == 1) {
		check_event(&ev, last);
		last = ev.ts_ns;
	}
	BUG_ON(got != 0 && (e.code != ERR_INPUT || e.text[0] == '\0'));
	tr_close(r);
	(void)close(fd);
}

/* Make every checksum right that has a place in the file. */
static void repair(unsigned char *p, size_t size)
{
	size_t at = NAT_HEADER_LEN;

	if (size < NAT_HEADER_LEN + NAT_TRAILER_LEN)
		return;
	nat_put_u32(p + 12, nat_crc(0, p, 12));
	while (at + NAT_CHUNK_LEN <= size - NAT_TRAILER_LEN &&
	       nat_u32(p + at + 4) <= size - NAT_TRAILER_LEN - NAT_CHUNK_LEN - at) {
		uint32_t packed = nat_u32(p + at + 4);

		nat_put_u32(p + at + 24,
			    nat_crc(nat_crc(0, p + at, 24), p + at + NAT_CHUNK_LEN, packed));
		at += NAT_CHUNK_LEN + packed;
	}
	nat_put_u64(p + size - 24, size);
	nat_put_u32(p + size - 16, nat_crc(0, p + size - NAT_TRAILER_LEN, 16));
	nat_put_u32(p + size - 12, 0);
}

static struct nat_type *make_types(void)
{
	struct nat_type *types = xcalloc(NAT_TYPES_MAX, sizeof(*types));

	for (unsigned t = 0; t < NAT_TYPES_MAX; t++) {
		if (t >= TR_TYPE_COUNT) {
			types[t].odd = NAT_ODD;
			continue;
		}
		types[t].type = t % 7 != 6 ? (int)t : -1;
		types[t].fields = tr_field_count((enum tr_type)t);
		types[t].odd = types[t].type >= 0 && t % 5 != 0 ? 0 : NAT_ODD;
		for (unsigned i = 0; i < types[t].fields; i++) {
			types[t].to[i] = (int8_t)i;
			types[t].kind[i] = (uint8_t)tr_field_kind((enum tr_type)t, i);
		}
		nat_look(&types[t], true, UINT8_MAX);
	}
	return types;
}

static bool same(const struct tr_event *a, const struct tr_event *b)
{
	return a->ts_ns == b->ts_ns && a->pid == b->pid && a->cpu == b->cpu && a->type == b->type && a->absent == b->absent &&
	       a->comm == b->comm && memcmp(a->arg, b->arg, sizeof(a->arg)) == 0;
}

/* The next events, by one way or the other; none: the bytes end, or make no sense. */
static unsigned read_on(bool many, struct nat_in *in, struct nat_state *st, const struct nat_type *types, struct tr_event *ev)
{
	uint32_t left = 7;
	unsigned n = 0;
	int got = 0;

	if (many)
		n = nat_get_events(in, st, types, 100, ev, left, &left);
	while (n == 0 && got == 0)
		got = nat_get_event(in, st, types, TR_TYPE_COUNT, 100, ev);
	return got < 0 ? 0 : n != 0 ? n : 1;
}

/* Records as they are, and one by one: the same. */
static void read_records(const uint8_t *data, size_t size)
{
	struct nat_type *types = make_types();
	struct nat_in in = { data, data + size }, alone = in;
	struct nat_state *st = xcalloc(2, sizeof(*st));
	struct tr_event ev[8], one;
	uint64_t last = 0;
	unsigned n;

	while ((n = read_on(true, &in, st, types, ev)) != 0) {
		for (unsigned i = 0; i < n; i++) {
			check_event(&ev[i], last);
			last = ev[i].ts_ns;
			BUG_ON(ev[i].comm >= 100);
			BUG_ON(read_on(false, &alone, st + 1, types, &one) != 1 || !same(&one, &ev[i]));
		}
	}
	BUG_ON(in.p > in.end || read_on(false, &alone, st + 1, types, &one) != 0);
	free(types);
	free(st);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *copy = xmalloc(size);

	read_file(data, size);
	memcpy(copy, data, size);
	repair(copy, size);
	read_file(copy, size);
	free(copy);
	read_records(data, size);
	return 0;
}
