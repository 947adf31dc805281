/* SPDX-License-Identifier: Apache-2.0 */
/* The native file: what is written is read, and no damage goes unnoticed. */
#include <stdlib.h>
#include <zstd.h>

#include "tests/suite.h"
#include "tests/traces_random.h"
#include "tests/traces_util.h"
#include "traces/native.h"
#include "traces/writer.h"

START_TEST(what_is_written_is_read)
{
	/* One block less one, one block, one more; the last count ends blocks by their size. */
	static const size_t counts[] = { 0, 1, 2, 1000, 20000, 65535, 65536, 65537 };
	char *path = scratch("random.e2t"), *other = scratch("other.e2t");

	for (size_t k = 0; k < sizeof(counts) / sizeof(counts[0]); k++) {
		struct source s = { 1000 + k, 1000 + k };
		struct err e = { 0 };
		struct tw *w = tw_create(other, &e); /* only for its strings */
		struct tr_event ev;
		struct tr_reader *r;

		write_random(path, 1000 + k, counts[k]);
		r = tr_open(path, &e);
		ck_assert_msg(r != NULL, "%s", e.text);
		ck_assert_uint_eq(tr_info(r)->events, counts[k]);
		ck_assert_uint_eq(tr_info(r)->lost, 3);
		ck_assert_uint_eq(tr_info(r)->skipped_lines, 2);
		ck_assert_uint_eq(tr_info(r)->skipped_unknown, 1);
		ck_assert_str_eq(tr_info(r)->origin, "random");
		for (size_t i = 0; i < counts[k]; i++) {
			struct tr_event want = next_record(&s, w);
			enum tr_type type = (enum tr_type)want.type;

			ck_assert_msg(tr_next(r, &ev, &e) == 1, "%s", e.text);
			ck_assert_uint_eq(ev.ts_ns, want.ts_ns);
			ck_assert_int_eq(ev.pid, want.pid);
			ck_assert_uint_eq(ev.cpu, want.cpu);
			ck_assert_uint_eq(ev.type, want.type);
			ck_assert_uint_eq(ev.absent, want.absent);
			ck_assert_str_eq(tr_string(r, ev.comm), tw_text(w, want.comm));
			for (unsigned f = 0; f < tr_field_count(type); f++) {
				if (tr_field_kind(type, f) == TRF_STR)
					ck_assert_str_eq(tr_string(r, (uint32_t)ev.arg[f]),
							 tw_text(w, (uint32_t)want.arg[f]));
				else
					ck_assert_uint_eq(ev.arg[f], want.arg[f]);
			}
		}
		ck_assert_int_eq(tr_next(r, &ev, &e), 0);
		ck_assert_int_eq(tr_next(r, &ev, &e), 0);
		tr_close(r);
		tw_abort(w);
	}
	(void)remove(path);
	free(path);
	free(other);
}
END_TEST

START_TEST(equal_records_make_equal_files)
{
	char *a = scratch("a.e2t"), *b = scratch("b.e2t");
	struct str x, y;

	write_random(a, 5, 5000);
	write_random(b, 5, 5000);
	x = slurp(a);
	y = slurp(b);
	ck_assert_uint_eq(x.len, y.len);
	ck_assert_int_eq(memcmp(x.s, y.s, x.len), 0);
	str_free(&x);
	str_free(&y);
	(void)remove(a);
	(void)remove(b);
	free(a);
	free(b);
}
END_TEST

/* More blocks than are packed at a time, or a part of one. */
START_TEST(blocks_packed_by_threads_are_the_same)
{
	static const size_t counts[] = { 0, 1, 70000, 300000 };
	char *a = scratch("a.e2t"), *b = scratch("b.e2t");

	for (size_t k = 0; k < sizeof(counts) / sizeof(counts[0]); k++) {
		struct str x, y;

		write_random(a, 5, counts[k]);
		x = slurp(a);
		for (unsigned threads = 1; threads <= 5; threads += 2) {
			struct pool *p = pool_new(threads);

			write_random_with(b, 5, counts[k], p);
			pool_free(p);
			y = slurp(b);
			ck_assert_msg(x.len == y.len && memcmp(x.s, y.s, x.len) == 0, "%zu records, %u threads", counts[k], threads);
			str_free(&y);
		}
		str_free(&x);
	}
	(void)remove(a);
	(void)remove(b);
	free(a);
	free(b);
}
END_TEST

START_TEST(seeking_gives_every_record_at_or_after_the_time)
{
	char *path = scratch("seek.e2t");
	struct tr_event ev = { 0 };
	struct err e = { 0 };
	struct tr_reader *r;
	struct whole w;

	write_random(path, 9, 70000);
	w = load(path);
	r = tr_open(path, &e);
	ck_assert_ptr_nonnull(r);
	for (size_t i = 0; i < w.n; i += 1000) {
		size_t at = i;

		while (at > 0 && w.ev[at - 1].ts_ns == w.ev[i].ts_ns)
			at--;
		tr_seek(r, w.ev[i].ts_ns);
		do
			ck_assert_msg(tr_next(r, &ev, &e) == 1, "%s", e.text);
		while (ev.ts_ns < w.ev[i].ts_ns);
		ck_assert_int_eq(memcmp(&ev, &w.ev[at], sizeof(ev)), 0);
	}
	tr_seek(r, UINT64_MAX);
	while (tr_next(r, &ev, &e) == 1)
		;
	ck_assert_uint_eq(ev.ts_ns, w.ev[w.n - 1].ts_ns);
	tr_close(r);
	unload(&w);
	(void)remove(path);
	free(path);
}
END_TEST

START_TEST(a_file_that_is_given_up_leaves_nothing)
{
	char *path = scratch("gone.e2t");
	struct err e = { 0 };
	struct tw *w = tw_create(path, &e);

	ck_assert_ptr_nonnull(w);
	tw_abort(w);
	ck_assert_int_ne(access(path, F_OK), 0);
	free(path);
}
END_TEST

/* --- damage --------------------------------------------------------------------------------- */

/* Read a damaged file to its end: 0 or -1 with *e. */
static int read_all(const char *path, struct err *e)
{
	struct tr_reader *r = tr_open(path, e);
	struct tr_event ev;
	int got;

	if (r == NULL)
		return -1;
	while ((got = tr_next(r, &ev, e)) == 1)
		;
	tr_close(r);
	return got;
}

/* The sentence names the file. */
static void assert_refused(const char *path, const char *what, size_t where)
{
	struct err e = { 0 };

	ck_assert_msg(read_all(path, &e) == -1, "%s %zu went unnoticed", what, where);
	ck_assert_int_eq(e.code, ERR_INPUT);
	ck_assert_msg(strstr(e.text, path) == e.text, "%s", e.text);
}

START_TEST(every_flipped_byte_is_noticed)
{
	char *path = scratch("flip.e2t");
	struct str good;

	write_random(path, 3, 40);
	good = slurp(path);
	for (size_t i = 0; i < good.len; i++) {
		good.s[i] ^= 0x10;
		spill(path, good.s, good.len);
		assert_refused(path, "flipped byte", i);
		good.s[i] ^= 0x10;
	}
	str_free(&good);
	(void)remove(path);
	free(path);
}
END_TEST

START_TEST(every_truncation_is_noticed)
{
	char *path = scratch("short.e2t");
	struct str good;

	write_random(path, 3, 40);
	good = slurp(path);
	for (size_t n = 0; n < good.len; n++) {
		spill(path, good.s, n);
		assert_refused(path, "truncation to", n);
	}
	str_free(&good);
	(void)remove(path);
	free(path);
}
END_TEST

START_TEST(bytes_behind_the_end_are_noticed)
{
	char *path = scratch("long.e2t");
	struct str good;

	write_random(path, 3, 40);
	good = slurp(path);
	str_addc(&good, 'x');
	spill(path, good.s, good.len);
	assert_refused(path, "length", good.len);
	str_free(&good);
	(void)remove(path);
	free(path);
}
END_TEST

/* Where the footer stands. */
static size_t footer_at(const struct str *file)
{
	return (size_t)nat_u64((const unsigned char *)file->s + file->len - NAT_TRAILER_LEN);
}

static void fix_chunk(struct str *file, size_t at)
{
	unsigned char *h = (unsigned char *)file->s + at;

	nat_put_u32(h + 24, nat_crc(nat_crc(0, h, 24), h + NAT_CHUNK_LEN, nat_u32(h + 4)));
}

/* Patch a number in a file of 40 records, make the checksums right again, and get the message. */
static struct err patched(size_t (*at)(const struct str *file), size_t offset, uint32_t value)
{
	char *path = scratch("patched.e2t");
	struct err e = { 0 };
	struct str file;
	size_t chunk;

	write_random(path, 3, 40);
	file = slurp(path);
	chunk = at(&file);
	nat_put_u32((unsigned char *)file.s + chunk + offset, value);
	if (chunk == 0)
		nat_put_u32((unsigned char *)file.s + 12, nat_crc(0, file.s, 12));
	else if (offset != 4)
		fix_chunk(&file, chunk);
	spill(path, file.s, file.len);
	ck_assert_int_eq(read_all(path, &e), -1);
	str_free(&file);
	(void)remove(path);
	free(path);
	return e;
}

static size_t header(const struct str *file)
{
	(void)file;
	return 0;
}

static size_t first_block(const struct str *file)
{
	(void)file;
	return NAT_HEADER_LEN;
}

START_TEST(a_newer_version_says_so)
{
	struct err e = patched(header, 8, (NAT_VERSION + 1) | NAT_HEADER_LEN << 16);

	ck_assert_msg(strstr(e.text, "version 3, this el2sim reads version 2") != NULL, "%s",
		      e.text);
}
END_TEST

START_TEST(a_block_that_claims_too_much_is_refused_before_memory_is_taken)
{
	struct err e = patched(first_block, 8, NAT_RAW_MAX + 1);

	ck_assert_msg(strstr(e.text, "offset 16: a block claims 1048577 bytes") != NULL, "%s",
		      e.text);
	e = patched(first_block, 4, 0xffffffff);
	ck_assert_msg(strstr(e.text, "a block claims") != NULL, "%s", e.text);
	e = patched(footer_at, 8, 0xfffffff0);
	ck_assert_msg(strstr(e.text, "the footer claims 4294967280 bytes") != NULL, "%s", e.text);
}
END_TEST

START_TEST(a_wrong_size_with_a_right_checksum_is_refused)
{
	struct err e = patched(first_block, 8, 10);

	ck_assert_msg(strstr(e.text, "cannot be unpacked") != NULL, "%s", e.text);
	e = patched(first_block, 12, 41);
	ck_assert_msg(strstr(e.text, "does not fit the index") != NULL, "%s", e.text);
}
END_TEST

/* Replace the footer's bytes by what edit makes of them, all checksums right. */
static void edit_footer(const char *path, void (*edit)(struct str *raw))
{
	struct str file = slurp(path), raw = STR_INIT;
	size_t at = footer_at(&file), n;
	unsigned char *h = (unsigned char *)file.s + at;
	char packed[65536], unpacked[65536];

	n = ZSTD_decompress(unpacked, sizeof(unpacked), h + NAT_CHUNK_LEN, nat_u32(h + 4));
	ck_assert(ZSTD_isError(n) == 0);
	str_addn(&raw, unpacked, n);
	edit(&raw);
	n = ZSTD_compress(packed, sizeof(packed), raw.s, raw.len, 1);
	file.len = at + NAT_CHUNK_LEN;
	str_addn(&file, packed, n);
	h = (unsigned char *)file.s + at;
	nat_put_u32(h + 4, (uint32_t)n);
	nat_put_u32(h + 8, (uint32_t)raw.len);
	fix_chunk(&file, at);
	str_addn(&file, packed, NAT_TRAILER_LEN);
	h = (unsigned char *)file.s + file.len - NAT_TRAILER_LEN;
	nat_put_u64(h, at);
	nat_put_u64(h + 8, file.len);
	nat_put_u32(h + 16, nat_crc(0, h, 16));
	nat_put_u32(h + 20, 0);
	memcpy(h + 24, NAT_MAGIC, NAT_MAGIC_LEN);
	spill(path, file.s, file.len);
	str_free(&raw);
	str_free(&file);
}

static void replace(struct str *raw, const char *from, const char *to)
{
	char *at = memmem(raw->s, raw->len, from, strlen(from));

	ck_assert_ptr_nonnull(at);
	memcpy(at, to, strlen(to));
}

/* As if a later el2sim had renamed an event and a field. */
static void rename_event(struct str *raw)
{
	replace(raw, "\011kvm_entry", "\011kvm_entrz");
	replace(raw, "\006esr_ec", "\006esr_ez");
}

START_TEST(events_and_fields_of_a_newer_program_are_skipped_and_counted)
{
	char *path = scratch("newer.e2t");
	struct whole before, after;
	uint64_t entries;

	write_random(path, 4, 2000);
	before = load(path);
	entries = tr_info(before.r)->per_type[TR_kvm_entry];
	ck_assert_uint_gt(entries, 0);
	edit_footer(path, rename_event);
	after = load(path);
	ck_assert_uint_eq(after.n, before.n - entries);
	ck_assert_uint_eq(tr_info(after.r)->skipped_unknown, 1 + entries);
	ck_assert_uint_eq(tr_info(after.r)->per_type[TR_kvm_entry], 0);
	for (size_t i = 0, k = 0; i < before.n; i++) {
		struct tr_event want = before.ev[i];

		if (want.type == TR_kvm_entry)
			continue;
		if (want.type == TR_kvm_exit) {
			want.arg[TRA_kvm_exit_esr_ec] = 0;
			want.absent |= 1u << TRA_kvm_exit_esr_ec;
		}
		ck_assert_int_eq(memcmp(&want, &after.ev[k++], sizeof(want)), 0);
	}
	unload(&before);
	unload(&after);
	(void)remove(path);
	free(path);
}
END_TEST

static void cut_footer(struct str *raw)
{
	raw->len -= 3;
}

static void grow_footer(struct str *raw)
{
	str_addn(raw, "x", 1);
}

static void odd_kind(struct str *raw)
{
	replace(raw, "vcpu_pc\002", "vcpu_pc\011");
}

START_TEST(a_footer_that_makes_no_sense_is_refused_whatever_its_checksum)
{
	void (*const edits[])(struct str *) = { cut_footer, grow_footer, odd_kind };
	char *path = scratch("footer.e2t");

	for (size_t i = 0; i < 3; i++) {
		struct err e = { 0 };

		write_random(path, 3, 40);
		edit_footer(path, edits[i]);
		ck_assert_int_eq(read_all(path, &e), -1);
		ck_assert_msg(strstr(e.text, "the footer makes no sense") != NULL, "%s", e.text);
	}
	(void)remove(path);
	free(path);
}
END_TEST

START_TEST(varints_and_zigzags_are_exact_at_their_ends)
{
	static const uint64_t v[] = { 0,          1,         0x7f,
				      0x80,       0x3fff,    0x4000,
				      UINT32_MAX, INT64_MAX, (uint64_t)1 << 63,
				      UINT64_MAX };
	static const unsigned char too_long[] = { 0xff, 0xff, 0xff, 0xff, 0xff,
						  0xff, 0xff, 0xff, 0xff, 2 };
	struct nat_in in;
	uint64_t got;

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		unsigned char p[10];
		size_t n = nat_put_varint(p, v[i]);

		in = (struct nat_in){ p, p + n };
		ck_assert(nat_get_varint(&in, &got));
		ck_assert_uint_eq(got, v[i]);
		in = (struct nat_in){ p, p + n - 1 };
		ck_assert(!nat_get_varint(&in, &got));
		ck_assert_uint_eq(nat_unzigzag(nat_zigzag(v[i])), v[i]);
	}
	in = (struct nat_in){ too_long, too_long + sizeof(too_long) };
	ck_assert(!nat_get_varint(&in, &got));
	ck_assert_uint_eq(nat_zigzag((uint64_t)-1), 1);
	ck_assert_uint_eq(nat_crc(0, "123456789", 9), 0xe3069283); /* check value of CRC-32C */
}
END_TEST

int main(void)
{
	Suite *s = suite_create("traces_native");
	TCase *tc = tcase_create("native");

	tcase_add_test(tc, what_is_written_is_read);
	tcase_add_test(tc, equal_records_make_equal_files);
	tcase_add_test(tc, blocks_packed_by_threads_are_the_same);
	tcase_add_test(tc, seeking_gives_every_record_at_or_after_the_time);
	tcase_add_test(tc, a_file_that_is_given_up_leaves_nothing);
	tcase_add_test(tc, every_flipped_byte_is_noticed);
	tcase_add_test(tc, every_truncation_is_noticed);
	tcase_add_test(tc, bytes_behind_the_end_are_noticed);
	tcase_add_test(tc, a_newer_version_says_so);
	tcase_add_test(tc, a_block_that_claims_too_much_is_refused_before_memory_is_taken);
	tcase_add_test(tc, a_wrong_size_with_a_right_checksum_is_refused);
	tcase_add_test(tc, events_and_fields_of_a_newer_program_are_skipped_and_counted);
	tcase_add_test(tc, a_footer_that_makes_no_sense_is_refused_whatever_its_checksum);
	tcase_add_test(tc, varints_and_zigzags_are_exact_at_their_ends);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
