/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "models/hyp/measured/reference.h"
#include "models/hyp/measured/softreg.h"
#include "sim/base/str.h"
#include "tests/files.h"
#include "tests/suite.h"

#define DATA   EL2SIM_SOURCE_DIR "/tests/data/"
#define PLAIN  DATA "registers-nvhe.csv"
#define PACKED PLAIN ".zst"
#define HEADER "kernel,cpu,mode,cfg,exit,register,effective_register,op,el,region,function,count\n"
#define ROW    "6.12,n1,vhe,0,hvc_unknown,sp_el0,sp_el0,read,2,host,__guest_enter,1\n"

static char tmp[] = "/tmp/el2sim-reference-XXXXXX";

/* --- files made for a test -------------------------------------------------------------------- */

static const char *write_file(const void *bytes, size_t n)
{
	spill(tmp, bytes, n);
	return tmp;
}

static const char *write_text(const char *text)
{
	return write_file(text, strlen(text));
}

/* Rows until the end or the first error, whose sentence goes to *e. Returns their number. */
static size_t read_all(const char *path, struct err *e)
{
	struct ref *r = ref_open(path, e);
	struct ref_row row;
	size_t n = 0;

	if (r == NULL)
		return 0;
	while (ref_next(r, &row, e) == 1)
		n++;
	ref_close(r);
	return n;
}

static void refused(const char *path, size_t rows, const char *why)
{
	struct err e = { ERR_NONE, "" };

	ck_assert_uint_eq(read_all(path, &e), rows);
	ck_assert_int_eq(e.code, ERR_INPUT);
	ck_assert_msg(strstr(e.text, why) != NULL, "said: %s\nwant: %s", e.text, why);
}

/* --- reading ---------------------------------------------------------------------------------- */

START_TEST(a_row_has_every_column)
{
	struct err e = { ERR_NONE, "" };
	struct ref *r = ref_open(write_text(HEADER "6.12,n1,vhe,2,dc_isw,cpacr_el1,cptr_el2,write,"
						   "2,host,__activate_cptr_traps,17\n"),
				 &e);
	struct ref_row row;

	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(ref_next(r, &row, &e), 1);
	ck_assert_str_eq(row.kernel, "6.12");
	ck_assert_str_eq(row.cpu, "n1");
	ck_assert_str_eq(row.mode, "vhe");
	ck_assert_uint_eq(row.cfg, 2);
	ck_assert_str_eq(row.exit, "dc_isw");
	ck_assert_str_eq(row.reg, "cpacr_el1");
	ck_assert_str_eq(row.effective, "cptr_el2");
	ck_assert_int_eq(row.op, REF_OP_write);
	ck_assert_uint_eq(row.el, 2);
	ck_assert_int_eq(row.region, REF_REGION_host);
	ck_assert_str_eq(row.function, "__activate_cptr_traps");
	ck_assert_uint_eq(row.count, 17);
	ck_assert_int_eq(ref_next(r, &row, &e), 0);
	ref_close(r);
}
END_TEST

START_TEST(a_generic_name_is_read_as_the_registers_own)
{
	static const struct {
		const char *given, *read;
	} rows[] = {
		{ "s3_3_c4_c2_2", "svcr" },     { "s3_0_c1_c0_0", "sctlr_el1" }, { "s3_7_c15_c15_7", "s3_7_c15_c15_7" },
		{ "s3_3_c4_c2_2x", "s3_3_c4_c2_2x" }, { "sctlr_el12", "sctlr_el12" },  { "s1e1r", "s1e1r" },
	};
	char buf[REF_REGISTER];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = { ERR_NONE, "" };
		struct str text = STR_INIT;
		struct ref_row row;
		struct ref *r;

		ck_assert_str_eq(ref_register(rows[i].given, buf), rows[i].read);
		str_addf(&text, HEADER "7.3,max,vhe,0,sysreg_id,x,%s,read,2,host,f,1\n", rows[i].given);
		r = ref_open(write_text(str_get(&text)), &e);
		ck_assert_ptr_nonnull(r);
		ck_assert_int_eq(ref_next(r, &row, &e), 1);
		ck_assert_str_eq(row.effective, rows[i].read);
		ref_close(r);
		str_free(&text);
	}
}
END_TEST

START_TEST(a_compressed_file_reads_as_the_plain_one)
{
	struct err e = { ERR_NONE, "" };
	struct ref *a = ref_open(PLAIN, &e), *b = ref_open(PACKED, &e);
	struct ref_row x, y;
	uint64_t sum = 0;
	int got;

	ck_assert(a != NULL && b != NULL);
	while ((got = ref_next(a, &x, &e)) == 1) {
		ck_assert_int_eq(ref_next(b, &y, &e), 1);
		ck_assert_str_eq(x.exit, y.exit);
		ck_assert_str_eq(x.reg, y.reg);
		ck_assert_str_eq(x.function, y.function);
		ck_assert_uint_eq(x.count, y.count);
		sum += x.count;
	}
	ck_assert_int_eq(got, 0);
	ck_assert_int_eq(ref_next(b, &y, &e), 0);
	ck_assert_uint_gt(sum, 500);
	ref_close(a);
	ref_close(b);
}
END_TEST

/* Rows that pack well, so that one input buffer gives many output buffers. */
START_TEST(a_stream_larger_than_every_buffer_is_read_to_its_end)
{
	enum { ROWS = 20000 };
	struct err e = { ERR_NONE, "" };
	struct str text = STR_INIT;
	size_t bound, n;
	void *packed;

	str_add(&text, HEADER);
	for (int i = 0; i < ROWS; i++)
		str_add(&text, ROW);
	ck_assert_uint_eq(read_all(write_text(str_get(&text)), &e), ROWS);
	bound = ZSTD_compressBound(text.len);
	packed = malloc(bound);
	n = ZSTD_compress(packed, bound, text.s, text.len, 3);
	ck_assert(!ZSTD_isError(n));
	ck_assert_uint_eq(read_all(write_file(packed, n), &e), ROWS);
	ck_assert_int_eq(e.code, ERR_NONE);
	ck_assert_uint_lt(read_all(write_file(packed, n - 1), &e), ROWS);
	ck_assert_ptr_nonnull(strstr(e.text, "the zstd stream is damaged (Truncated zstd input)"));
	((unsigned char *)packed)[n / 2] ^= 0x40;
	refused(write_file(packed, n), 0, "the zstd stream is damaged");
	free(packed);
	str_free(&text);
}
END_TEST

START_TEST(two_frames_one_after_the_other_are_one_file)
{
	struct err e = { ERR_NONE, "" };
	unsigned char bytes[1024];
	size_t n = ZSTD_compress(bytes, 512, HEADER, strlen(HEADER), 3);

	ck_assert(!ZSTD_isError(n));
	n += ZSTD_compress(bytes + n, 512, ROW, strlen(ROW), 3);
	ck_assert_uint_eq(read_all(write_file(bytes, n), &e), 1);
	ck_assert_int_eq(e.code, ERR_NONE);
}
END_TEST

static const struct {
	const char *text;
	size_t rows;
	const char *why;
} broken[] = {
	{ "", 0, ":1: the file is empty: want \"kernel,cpu,mode," },
	{ "kernel,cpu\n", 0, ":1: wrong header: want \"kernel,cpu,mode," },
	{ HEADER ROW "6.12,n1,vhe\n", 1, ":3: 3 columns: want the 12 of the header" },
	{ HEADER ROW "\n", 1, ":3: 1 columns: want the 12 of the header" },
	{ HEADER "6.12,n1,vhe,0,k,r,r,read,2,host,f,1,\n", 0, ":2: 13 columns: want the 12" },
	{ HEADER "6.12,n1,vhe,0,k,r,r,read,2,host,f,-1\n", 0,
	  ":2: count = \"-1\": want a whole number in 0..1000000000000" },
	{ HEADER "6.12,n1,vhe,0,k,r,r,read,2,host,f,\n", 0, ":2: count = \"\"" },
	{ HEADER "6.12,n1,vhe,0,k,r,r,read,2,host,f,0x10\n", 0, ":2: count = \"0x10\"" },
	{ HEADER "6.12,n1,vhe,0,k,r,r,read,2,host,f,1000000000001\n", 0, ":2: count = " },
	{ HEADER "6.12,n1,vhe,256,k,r,r,read,2,host,f,1\n", 0,
	  ":2: cfg = \"256\": want a whole number in 0..255" },
	{ HEADER "6.12,n1,vhe,0,k,r,r,read,4,host,f,1\n", 0,
	  ":2: el = \"4\": want a whole number in 0..3" },
	{ HEADER "6.12,n1,vhe,0,k,r,r,raed,2,host,f,1\n", 0,
	  ":2: op = \"raed\": want one of read, write" },
	{ HEADER "6.12,n1,vhe,0,k,r,r,read,2,hots,f,1\n", 0,
	  ":2: region = \"hots\": want one of host, hyp, guest, user" },
	{ HEADER "6.12,n1,vhe,0,k,\"r\",r,read,2,host,f,1\n", 0, ":2: byte 0x22 at position 17" },
	{ HEADER "6.12,n1,vhe,0,k,\033r,r,read,2,host,f,1\n", 0, ":2: byte 0x1b at position 17" },
};

START_TEST(a_broken_row_is_refused_with_its_line)
{
	refused(write_text(broken[_i].text), broken[_i].rows, broken[_i].why);
}
END_TEST

START_TEST(what_cannot_be_read_is_an_error_with_its_path)
{
	refused(DATA "no-such-file.csv", 0, "no-such-file.csv: cannot be opened");
	refused(DATA, 0, "cannot be read: Is a directory");
	refused("/dev/null", 0, "/dev/null:1: the file is empty");
}
END_TEST

START_TEST(a_line_without_end_is_refused_and_not_stored)
{
	size_t n = 1 << 20;
	char *text = malloc(n);

	memset(text, 'x', n);
	refused(write_file(text, n), 0, ":1: the line is longer than 65536 bytes");
	free(text);
}
END_TEST

/* --- soft registers --------------------------------------------------------------------------- */

static const struct {
	const char *reg;
	enum ref_op op;
	const char *function;
} soft_rows[] = {
#define SOFT(reg, op, item, help) { #reg, REF_OP_##op, "vfs_ioctl" },
#include "models/hyp/measured/softreg.def"
};

static const struct {
	const char *reg;
	enum ref_op op;
	const char *function, *nvhe;
} hard_rows[] = {
#define HARD_IN(reg, op, function, help) { #reg, REF_OP_##op, #function, "__kvm_nvhe_" #function },
#include "models/hyp/measured/softreg.def"
};

START_TEST(every_soft_row_is_soft_in_a_c_function)
{
	ck_assert(softreg_is_soft(soft_rows[_i].reg, soft_rows[_i].op, soft_rows[_i].function));
}
END_TEST

START_TEST(every_hard_row_is_an_exception_to_a_soft_row)
{
	ck_assert(softreg_is_soft(hard_rows[_i].reg, hard_rows[_i].op, "vfs_ioctl"));
	ck_assert(!softreg_is_soft(hard_rows[_i].reg, hard_rows[_i].op, hard_rows[_i].function));
	ck_assert(!softreg_is_soft(hard_rows[_i].reg, hard_rows[_i].op, hard_rows[_i].nvhe));
}
END_TEST

START_TEST(other_accesses_are_not_soft)
{
	ck_assert(!softreg_is_soft("hcr_el2", REF_OP_read, "vfs_ioctl"));
	ck_assert(!softreg_is_soft("sp_el0", REF_OP_write, "__guest_enter"));
	ck_assert(!softreg_is_soft("tpidr_el0", REF_OP_read, "vfs_ioctl"));
	ck_assert(softreg_is_soft("tpidr_el2", REF_OP_read, "__guest_enter"));
	ck_assert(softreg_is_soft("daif", REF_OP_read, "__guest_exit"));
}
END_TEST

START_TEST(a_soft_access_names_its_item)
{
	enum path_item item;

	ck_assert(softreg_item("sp_el0", REF_OP_read, "f", &item) && item == PATH_soft_read_sp_el0);
	ck_assert(softreg_item("tpidr_el1", REF_OP_read, "f", &item) &&
		  item == PATH_soft_read_tpidr);
	ck_assert(softreg_item("tpidr_el2", REF_OP_read, "f", &item) &&
		  item == PATH_soft_read_tpidr);
	ck_assert(softreg_item("daif", REF_OP_write, "f", &item) && item == PATH_soft_write_daif);
}
END_TEST

#define N(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
	TCase *tc = tcase_create("reference");
	Suite *s = suite_create("reference");
	int failed, fd = mkstemp(tmp);

	if (fd < 0 || close(fd) != 0)
		return 1;
	tcase_add_test(tc, a_row_has_every_column);
	tcase_add_test(tc, a_generic_name_is_read_as_the_registers_own);
	tcase_add_test(tc, a_compressed_file_reads_as_the_plain_one);
	tcase_add_test(tc, a_stream_larger_than_every_buffer_is_read_to_its_end);
	tcase_add_test(tc, two_frames_one_after_the_other_are_one_file);
	tcase_add_loop_test(tc, a_broken_row_is_refused_with_its_line, 0, N(broken));
	tcase_add_test(tc, what_cannot_be_read_is_an_error_with_its_path);
	tcase_add_test(tc, a_line_without_end_is_refused_and_not_stored);
	tcase_add_loop_test(tc, every_soft_row_is_soft_in_a_c_function, 0, N(soft_rows));
	tcase_add_loop_test(tc, every_hard_row_is_an_exception_to_a_soft_row, 0, N(hard_rows));
	tcase_add_test(tc, other_accesses_are_not_soft);
	tcase_add_test(tc, a_soft_access_names_its_item);
	suite_add_tcase(s, tc);
	failed = suite_status(s);
	(void)unlink(tmp);
	return failed;
}
