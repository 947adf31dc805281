/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a text read many at once (text_run.c) and one by one: whatever the text is, the same comes of it. */
#include <dirent.h>
#include <sys/stat.h>

#include "tests/suite.h"
#include "tests/traces_twice.h"
#include "tests/traces_util.h"
#include "traces/dump.h"
#include "traces/fmt.h"

#define TREE EL2SIM_SOURCE_DIR "/"

static void both(const char *in)
{
	char *out = scratch("run.e2t");

	for (unsigned k = 0; k < 8; k++) {
		static const char *const strip[] = { NULL, "none", "auto", "17" };
		const struct import_opts opts = { .in = in, .out = out, .lenient = k % 2 != 0, .strip_prefix = strip[k / 2] };
		struct import_result res;
		struct err e = { .text = "" };

		if (import_twice(&opts, NULL, &res, &e) == 0)
			ck_assert_int_eq(remove(out), 0);
		import_free(&res);
	}
	free(out);
}

/* Every file below a folder. */
static size_t below(const char *dir, void (*fn)(const char *path))
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	size_t n = 0;

	ck_assert_msg(d != NULL, "%s", dir);
	while ((entry = readdir(d)) != NULL) {
		struct str path = STR_INIT;
		struct stat st;

		if (entry->d_name[0] == '.')
			continue;
		str_addf(&path, "%s/%s", dir, entry->d_name);
		ck_assert_int_eq(stat(str_get(&path), &st), 0);
		if (S_ISDIR(st.st_mode)) {
			n += below(str_get(&path), fn);
		} else {
			fn(str_get(&path));
			n++;
		}
		str_free(&path);
	}
	(void)closedir(d);
	return n;
}

START_TEST(every_text_of_the_tests_reads_the_same_both_ways)
{
	static const char *const dirs[] = { TREE "tests/data", TREE "tests/bad", TREE "tests/fuzz/corpus/trace_text" };

	ck_assert_uint_gt(below(dirs[_i], both), 7);
}
END_TEST

/* --- texts that nobody wrote --- */

static uint64_t next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* A line that recorders and people put between events, or a piece of one. */
static const char *const pieces[] = {
	"\n",	 " ",	   "  ",  "\r\n", "\t",	  "[",	  "]",	   "[001]", ":",   ": ",  "-",	 ".",	"0x",  "0X0", "(", "<", "#", "`", "\302\240", "0", "9",
	"ffff", "18446744073709551616", "\n# comment\n", "\n--\n", "\n...\n", "\nsome prose\n", "\n\n", " <-- here", "CAN'T FIND FIELD \"x\"",
	"\nCPU:1 [LOST 5 EVENTS]\n", "\n==> other <==\n", "\n    qemu-1     [001] d..1.     1.000000: kvm_foo: x\n",
	"\n     CPU 0/KVM-1     [001] d..1.  9999.000000: kvm_exit: TRAP: HSR_EC: 0x0024 (DABT_LOW), PC: 0x0000ffff80081234\n",
	"\n       CPU 0/KVM   123 [001]   100.000000:          kvm:kvm_exit: IRQ: HSR_EC: 0x0000 (UNKNOWN), PC: 0x0000ffff80081234\n",
	"\n   <...>-1     [001] d..1.     1.000000: kvm:kvm_entry: PC: 0x0000000000000000\n", "kvm_entry_v2", "cont=1\n", "KVM_EXIT_", "IO", "MMIO",
	"prev_state=", "==>", "next_pid=", "mmio read", "PC: 0x00000000", "reason ",
};

static void change(struct str *b, uint64_t *x)
{
	size_t at = next_random(x) % b->len, n;
	const char *piece = pieces[next_random(x) % (sizeof(pieces) / sizeof(pieces[0]))];

	switch (next_random(x) % 4) {
	case 0: /* a piece goes */
		n = 1 + next_random(x) % 12;
		n = n < b->len - at ? n : b->len - at;
		memmove(b->s + at, b->s + at + n, b->len - at - n);
		b->len -= n;
		break;
	case 1: /* another letter */
		b->s[at] = piece[0];
		break;
	default: { /* something comes in */
		struct str tail = STR_INIT;

		str_addn(&tail, b->s + at, b->len - at);
		b->len = at;
		str_add(b, piece);
		str_addn(b, tail.s, tail.len);
		str_free(&tail);
	}
	}
}

#define CHANGED 24 /* texts of each, with a change every so many bytes */

static void changed(const char *path)
{
	struct str whole = slurp(path);
	char *in = scratch("changed.txt"), *out = scratch("changed.e2t");
	uint64_t x = 88172645463325252u;

	for (unsigned i = 0; i < CHANGED && whole.len > 200 && memchr(whole.s, '\0', whole.len) == NULL; i++) {
		struct str b = STR_INIT;
		const struct import_opts opts = { .in = in, .out = out, .lenient = i % 4 != 0 };
		struct import_result res;
		struct err e = { .text = "" };

		str_addn(&b, whole.s, whole.len < 20000 ? whole.len : 20000);
		for (size_t n = 1 + b.len / (i % 2 != 0 ? 400 : 4000); n > 0 && b.len > 100; n--)
			change(&b, &x);
		spill(in, b.s, b.len);
		if (import_twice(&opts, NULL, &res, &e) == 0)
			ck_assert_int_eq(remove(out), 0);
		import_free(&res);
		str_free(&b);
	}
	(void)remove(in);
	free(in);
	free(out);
	str_free(&whole);
}

START_TEST(texts_that_were_changed_at_random_read_the_same_both_ways)
{
	ck_assert_uint_gt(below(TREE "tests/data/traces", changed), 20);
}
END_TEST

/* --- it is used, and memory is not --- */

START_TEST(nearly_all_lines_of_the_kernel_are_read_at_once)
{
	struct tr_reader *r = tr_open(SAMPLE, &(struct err){ 0 });
	char *in = scratch("kernel.txt"), *out = scratch("kernel.e2t");
	struct err e = { .text = "" };
	FILE *f = fopen(in, "w");
	const struct import_opts opts = { .in = in, .out = out };
	struct import_result res;

	ck_assert(r != NULL && f != NULL);
	ck_assert_int_eq(dump_write(r, f, DUMP_TRACEFS, UINT64_MAX, NULL, &e), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(import_twice(&opts, NULL, &res, &e), 0);
	ck_assert_uint_eq(res.info.events, tr_info(r)->events);
	ck_assert_uint_gt(res.at_once, res.info.events / 10 * 9);
	import_free(&res);
	ck_assert_int_eq(remove(in), 0);
	ck_assert_int_eq(remove(out), 0);
	free(in);
	free(out);
	tr_close(r);
}
END_TEST

static uint32_t no_text(void *self, const char *s, size_t n)
{
	(void)self;
	(void)s;
	return (uint32_t)n;
}

/* What fmt_quick says is what fmt_read says, and it reads the forms that recorders write. */
START_TEST(a_form_reads_the_same_in_one_pass)
{
	static const char *const rows[][2] = {
		{ "kvm_entry", "PC: 0x0000ffff80081234" },
		{ "kvm_exit", "TRAP: HSR_EC: 0x0024 (DABT_LOW), PC: 0x0000ffff80081234" },
		{ "kvm_exit", "0x5: HSR_EC: 0x0024 (DABT_LOW), PC: 0x0000ffff80081234" },
		{ "kvm_exit", "IRQ" },
		{ "kvm_guest_fault", "ipa 0x9000000, hsr 0x93c08007, hxfar 0xffff80008006d018, pc 0xffff800080a1b2c4" },
		{ "kvm_irq_line", "Inject VGIC SPI interrupt (1), vcpu->idx: 0, num: 35, level: 1" },
		{ "kvm_forward_sysreg_trap", "ffff800080a1b2c4 R (3,0,2,3,4)" },
		{ "kvm_sys_access", "PC: ffff800080a1b2c4 SYS_ICC_SGI1R_EL1 (3,0,12,11,5) write" },
		{ "kvm_userspace_exit", "reason KVM_EXIT_MMIO (6)" },
		{ "kvm_userspace_exit", "reason restart (4)" },
		{ "kvm_userspace_exit", "reason error (14)" },
		{ "kvm_mmio", "mmio write len 4 gpa 0x9000000 val 0x41" },
		{ "kvm_get_timer_map", "VCPU: 1, dv: 0, dp: 1, ev: -1, ep: -1" },
		{ "kvm_dirty_ring_push", "ring 0: dirty 0x5 reset 0x3 slot 1 offset 0x20 (used 2)" },
		{ "sched_switch", "prev_comm=a b prev_pid=-1 prev_prio=120 prev_state=S|D+ ==> next_comm=CPU 0/KVM next_pid=7 next_prio=120" },
		{ "sched_switch", "qemu:12 [120] S ==> swapper/1:0 [120]" },
		{ "sched_waking", "comm=x pid=3 prio=120 target_cpu=001" },
		{ "sched_waking", "comm=x pid=3 prio=120 success=1 target_cpu=001" },
		{ "hyp_enter", "reason=smc vcpu=12" },
		{ "print", "tracing_mark_write: some text: with a colon" },
	};
	struct fmt_patterns *p = fmt_patterns_new();
	const struct fmt_strings fs = { .patterns = p, .intern = no_text };
	unsigned read = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = strlen(rows[i][1]);
		char line[256] = "";
		struct tr_event a = { 0 }, b = { 0 };
		enum tr_type type;

		ck_assert(tr_type_by_name(rows[i][0], &type));
		a.type = b.type = (uint8_t)type;
		memcpy(line, rows[i][1], n);
		line[n] = '\n';
		ck_assert_msg(fmt_quick(&b, line, line + n, &fs), "%s: %s", rows[i][0], rows[i][1]);
		ck_assert_int_eq(fmt_read(&a, rows[i][1], FMT_STRICT, &fs), FMT_FORM);
		ck_assert_msg(memcmp(&a, &b, sizeof(a)) == 0, "%s: %s", rows[i][0], rows[i][1]);
		for (size_t cut = 0; cut < n; cut++) { /* whatever is left of it */
			a = b = (struct tr_event){ .type = (uint8_t)type };
			memcpy(line, rows[i][1], n);
			line[cut] = '\n';
			if (cut > 0 && line[cut - 1] == ' ')
				continue;
			if (!fmt_quick(&b, line, line + cut, &fs))
				continue;
			line[cut] = '\0';
			read++;
			ck_assert_int_eq(fmt_read(&a, line, FMT_STRICT, &fs), FMT_FORM);
			ck_assert_msg(memcmp(&a, &b, sizeof(a)) == 0, "%s: %s", rows[i][0], line);
		}
	}
	ck_assert_uint_gt(read, 10);
	fmt_patterns_free(p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("traces_run");
	TCase *tc = tcase_create("run");

	tcase_add_loop_test(tc, every_text_of_the_tests_reads_the_same_both_ways, 0, 3);
	tcase_add_test(tc, texts_that_were_changed_at_random_read_the_same_both_ways);
	tcase_add_test(tc, nearly_all_lines_of_the_kernel_are_read_at_once);
	tcase_add_test(tc, a_form_reads_the_same_in_one_pass);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
