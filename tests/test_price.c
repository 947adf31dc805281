/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim price over every pair of what it takes: a kernel, an import, a built-in model, a recording. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/command.h"
#include "tests/suite.h"

#define CONFIGS EL2SIM_SOURCE_DIR "/configs"
#define MACHINE " --machine " CONFIGS "/machine/cortex-a76.ini"
#define TRACE EL2SIM_SOURCE_DIR "/traces/samples/linux-6.12-vhe-mixed-4v2p.e2t"

static bool built(void)
{
	return EL2SIM_KERNELS[0] != '\0';
}

static const char *file(const char *name)
{
	static char path[64][256];
	static unsigned next;
	char *p = path[next++ % 64];

	(void)snprintf(p, sizeof(path[0]), "%s/test-price-%ld-%s", EL2SIM_BINARY_DIR, (long)getpid(), name);
	return p;
}

static void write_text(const char *path, const char *text)
{
	spill(path, text, strlen(text));
}

#define HEAD "kernel,cpu,mode,cfg,exit,register,effective_register,op,el,region,function,count\n"
#define TOTALS_HEAD                                                                                 \
	"tag,kind,cfg,modal,nseg,distinct,insn_host,insn_hyp,insn_user,insn_guest,mem,read,soft_read,write,soft_write,isb,dsb,dmb,eret,hvc,tlbi,at," \
	"dc,ic,dczva,sb,pstate,wfx,hyp_read,hyp_write,hyp_isb,hyp_eret,gic_read,gic_write,timer_read,timer_write,mean_read,mean_write,mean_isb,"     \
	"mean_insn\n"
#define TOTALS(kind, modal, insns)                                                                  \
	"6.12-n1-vhe," kind ",0," modal ",64,1," insns ",0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0.0,0.0,0.0,0.0\n"
#define ROW(kind, reg, op, function, count) "6.12,n1,vhe,0," kind "," reg "," reg "," op ",2,host," function "," count "\n"

static void write_recordings(void)
{
	write_text(file("a.csv"), HEAD ROW("hvc_unknown", "hcr_el2", "write", "__activate_traps", "2") ROW("hvc_unknown", "isb", "isb", "f", "1")
				  ROW("hvc_unknown", "eret", "eret", "__guest_enter", "1") ROW("run_immediate_exit", "tpidr_el0", "read", "put", "2")
				  ROW("run_immediate_exit", "eret", "eret", "ret_to_user", "1") ROW("null_ioctl", "eret", "eret", "ret_to_user", "1")
				  ROW("get_all_regs", "eret", "eret", "ret_to_user", "1"));
	write_text(file("a-totals.csv"), TOTALS_HEAD TOTALS("hvc_unknown", "64", "1000") TOTALS("run_immediate_exit", "64", "900")
				       TOTALS("null_ioctl", "64", "500") TOTALS("get_all_regs", "3", "9000"));
	write_text(file("b.csv"), HEAD ROW("hvc_unknown", "hcr_el2", "write", "__activate_traps", "2") ROW("hvc_unknown", "isb", "isb", "f", "1")
				  ROW("hvc_unknown", "tpidr_el0", "read", "restore_host", "2") ROW("hvc_unknown", "eret", "eret", "__guest_enter", "1")
				  ROW("hvc_unknown", "s3_7_c15_c15_7", "write", "f", "1") ROW("run_immediate_exit", "eret", "eret", "ret_to_user", "1")
				  ROW("null_ioctl", "eret", "eret", "ret_to_user", "1"));
	write_text(file("b-totals.csv"), TOTALS_HEAD TOTALS("hvc_unknown", "64", "1032") TOTALS("run_immediate_exit", "64", "890")
				       TOTALS("null_ioctl", "64", "500"));
	write_text(file("p.patch"), "add ISB @enter last\n");
	write_text(file("ipi.csv"), HEAD ROW("ipi_send", "eret", "eret", "__guest_enter", "1") ROW("ipi_recv", "eret", "eret", "__guest_enter", "2"));
	write_text(file("ipi2.csv"), HEAD ROW("ipi_send", "eret", "eret", "__guest_enter", "1") ROW("ipi_send", "dsb ishst", "dsb", "gic_ipi_send_mask", "1")
				     ROW("ipi_recv", "eret", "eret", "__guest_enter", "2"));
}

static void remove_recordings(void)
{
	static const char *const names[] = { "a.csv", "a-totals.csv", "b.csv", "b-totals.csv", "ipi.csv", "ipi2.csv", "import", "p.patch" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)unlink(file(names[i]));
}

/* What `price A B MORE` prints; rc: 0, or -1 with status 1. */
static struct str priced(int rc, const char *a, const char *b, const char *more)
{
	struct str out = STR_INIT, line = STR_INIT;
	struct err e;

	str_addf(&line, "el2sim price %s %s %s", a, b, more);
	ck_assert_msg(run_command(str_get(&line), &out, &e) == rc, "%s: %s", str_get(&line), e.text);
	str_free(&line);
	return out;
}

static void has(const struct str *out, const char *text)
{
	ck_assert_msg(strstr(str_get(out), text) != NULL, "want \"%s\" in\n%s", text, str_get(out));
}

START_TEST(every_pair_has_a_price)
{
	const char *what[] = { "linux-6.12-vhe", file("a.csv"), EL2SIM_KERNELS "/switch.BASE", file("import") };
	size_t n = built() ? 4 : 2;

	write_recordings();
	if (built()) {
		struct str out = STR_INIT;
		struct err e;

		ck_assert_msg(run_command("el2sim kernel import " EL2SIM_KERNELS "/switch.BASE" MACHINE, &out, &e) == 0, "%s", e.text);
		write_text(what[3], str_get(&out));
		str_free(&out);
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++) {
			struct str out = priced(0, what[i], what[k], MACHINE);

			ck_assert_ptr_nonnull(strstr(str_get(&out), "\n=> "));
			has(&out, "Ops that did it");
			if (i == k)
				has(&out, "no difference in an exit that KVM handles");
			str_free(&out);
		}
	remove_recordings();
}
END_TEST

/* Two recordings: a register that moves from vcpu_put to every exit, and one more that no table has. */
START_TEST(a_recording_against_another_says_what_is_dearer_and_where)
{
	struct str out;

	write_recordings();
	out = priced(0, file("a.csv"), file("b.csv"), MACHINE);
	has(&out, "=> hvc: +2 reads, +1 writes, +0 barriers, +0 exceptions, +32 instructions, ");
	has(&out, "vcpu_load and vcpu_put: -2 reads, +0 writes, +0 barriers, +0 exceptions, -10 instructions, ");
	has(&out, "pays back from ");
	has(&out, "BASE: 1 recorded kinds have no usual path and are left out");
	has(&out, "PATCHED: counted, but without a cost in cycles: S3_7_C15_C15_7");
	str_free(&out);
	out = priced(0, file("a.csv"), file("b.csv"), MACHINE " --format csv --table ops");
	has(&out, "1,hvc_unknown,read,tpidr_el0,2,,restore_host x2\n");
	has(&out, "1,run_immediate_exit,read,tpidr_el0,-2,put x2,\n");
	str_free(&out);
	out = priced(-1, file("a.csv"), file("b.csv"), MACHINE " --fail-above 1");
	has(&out, "!! hvc_unknown costs +");
	str_free(&out);
	out = priced(0, file("a.csv"), file("b.csv"), MACHINE " --format md");
	has(&out, "| hvc_unknown |");
	str_free(&out);
	remove_recordings();
}
END_TEST

START_TEST(ipis_have_a_price_without_totals)
{
	struct str out;

	write_recordings();
	out = priced(0, file("ipi.csv"), file("ipi2.csv"), MACHINE);
	has(&out, "=> ipi_send: +0 reads, +0 writes, +1 barriers, ");
	ck_assert_ptr_null(strstr(str_get(&out), "=> ipi_recv"));
	has(&out, "no totals beside the recording");
	str_free(&out);
	out = priced(0, file("ipi.csv"), "linux-6.12-nvhe", MACHINE);
	has(&out, "=> ipi_send: ");
	has(&out, "=> ipi_recv: ");
	str_free(&out);
	remove_recordings();
}
END_TEST

START_TEST(a_price_on_a_trace_is_of_all_its_exits)
{
	struct str out = priced(0, "linux-6.12-vhe", "linux-6.1-vhe", MACHINE " --trace " TRACE);

	has(&out, "=> the trace: -961 reads, +2327 writes, +3389 barriers, +0 exceptions, ");
	has(&out, "in 2499 exits");
	str_free(&out);
	write_recordings();
	out = priced(0, file("a.csv"), file("b.csv"), MACHINE " --trace " TRACE);
	has(&out, "occurrences are of kinds that both sides have");
	str_free(&out);
	out = priced(-1, "linux-6.12-vhe", "linux-6.1-vhe", MACHINE " --fail-above 1 --trace " TRACE);
	has(&out, "!! the trace costs +");
	str_free(&out);
	remove_recordings();
}
END_TEST

/* A share without a remainder keeps its decimal (12.0), in a column of numbers alike. */
START_TEST(percents_have_one_decimal)
{
	struct str out, more = STR_INIT;

	write_recordings();
	str_addf(&more, "--table kinds --patch %s" MACHINE, file("p.patch"));
	out = priced(0, "linux-6.12-vhe", "linux-6.12-vhe", str_get(&more));
	str_free(&more);
	remove_recordings();

	for (char *line = strtok(out.s, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		char *end = line + strlen(line);
		double percent;

		if (strncmp(line, "  hvc_unknown ", 14) != 0)
			continue;
		while (end > line && (end[-1] == ' ' || end[-1] == '-')) /* no instructions */
			*--end = '\0';
		while (end > line && end[-1] != ' ')
			end--;
		ck_assert_msg(sscanf(end, "%lf", &percent) == 1 && percent > 0 && strchr(end, '.') == end + strlen(end) - 2, "\"%s\"", end);
		str_free(&out);
		return;
	}
	ck_abort_msg("no row of hvc_unknown");
}
END_TEST

START_TEST(what_cannot_be_compared_is_refused_in_a_line)
{
	struct str patch = STR_INIT;
	struct {
		const char *line, *says;
	} rows[] = {
		{ "--cfg 2", "has nothing of vCPU configuration 2" },
		{ NULL, "what was recorded cannot be edited" },
		{ "--trace /nonexistent", "/nonexistent" },
		{ "--run", "neither" },
	};

	write_recordings();
	str_addf(&patch, "--patch %s", file("p.patch"));
	rows[1].line = str_get(&patch);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str out = STR_INIT, line = STR_INIT;
		struct err e;

		str_addf(&line, "el2sim price %s linux-6.12-vhe" MACHINE " %s", file("a.csv"), rows[i].line);
		ck_assert_msg(run_command(str_get(&line), &out, &e) != 0, "%s", str_get(&line));
		ck_assert_msg(strstr(e.text, rows[i].says) != NULL, "%s: want \"%s\" in \"%s\"", str_get(&line), rows[i].says, e.text);
		ck_assert_ptr_null(strchr(e.text, '\n'));
		str_free(&out);
		str_free(&line);
	}
	str_free(&patch);
	remove_recordings();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("price");
	TCase *t = tcase_create("price");

	tcase_add_test(t, every_pair_has_a_price);
	tcase_add_test(t, a_recording_against_another_says_what_is_dearer_and_where);
	tcase_add_test(t, ipis_have_a_price_without_totals);
	tcase_add_test(t, a_price_on_a_trace_is_of_all_its_exits);
	tcase_add_test(t, percents_have_one_decimal);
	tcase_add_test(t, what_cannot_be_compared_is_refused_in_a_line);
	suite_add_tcase(s, t);
	return suite_status(s);
}
