/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel in small (tests/kernels/switch.c) is executed and becomes a switch model; and, where EL2SIM_VMLINUX names Debian's 6.12
 * vmlinux, that one, against what was recorded of it.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/hyp/kvm/kernel_model.h"
#include "models/switchcode/exec_impl.h"
#include "tests/command.h"
#include "tests/suite.h"

#define KERNEL(name) EL2SIM_KERNELS "/" name
#define MACHINE " --machine " EL2SIM_SOURCE_DIR "/configs/machine/cortex-a76.ini"

static bool built(void)
{
	return EL2SIM_KERNELS[0] != '\0';
}

static char *model_file(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "/tmp/el2sim-import-%ld-%s.kernel", (long)getpid(), name);
	return path;
}

static struct str output(int rc, const char *fmt, const char *a, const char *b)
{
	struct str out = STR_INIT;
	char line[512];
	struct err e;

	(void)snprintf(line, sizeof(line), fmt, a, b);
	ck_assert_msg(run_command(line, &out, &e) == rc, "%s: %s", line, e.text);
	return out;
}

static void has(const struct str *out, const char *text)
{
	ck_assert_msg(strstr(str_get(out), text) != NULL, "want \"%s\" in\n%s", text, str_get(out));
}

/* Imports; run_command reads what -o writes, which is the model. It is left in model_file(name), too. */
static struct kernel_model *imported(const char *kernel, const char *name)
{
	struct str out = output(0, "el2sim kernel import %s" MACHINE "%s", kernel, "");
	FILE *f = fopen(model_file(name), "we");
	struct kernel_model *m;
	struct err e;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(str_get(&out), f), 0);
	ck_assert_int_eq(fclose(f), 0);
	str_free(&out);
	m = kernel_model_read(model_file(name), &e);
	ck_assert_msg(m != NULL, "%s", e.text);
	return m;
}

/* Ops of a phase or a part as "MSR SCTLR_EL1 [guest] lrs; ...". */
static void ops_of(const struct kernel_model *m, enum ws_comp comp, struct str *b)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct ws_step *s = &m->step[i];
		const struct ws_opcode_row *row = ws_opcode_row((enum ws_opcode)s->opcode);
		char guard[200];

		if (s->comp != comp || s->opcode == OP_ANCHOR)
			continue;
		str_addf(b, "%s", row->name);
		if (row->operand == OPND_REG)
			str_addf(b, " %s", sysreg_name((enum sysreg)s->operand));
		else if (row->operand == OPND_NUM)
			str_addf(b, " %u", s->operand);
		else if (row->operand == OPND_COMP)
			str_addf(b, " %s", comp_name((enum ws_comp)s->operand));
		str_addf(b, "%s%s%s", s->side != SIDE_NONE ? " [" : "", side_name((enum ws_side)s->side), s->side != SIDE_NONE ? "]" : "");
		(void)ws_guard_text(&s->guard, guard, sizeof(guard));
		str_addf(b, "%s%s; ", guard[0] != '\0' ? " " : "", guard);
	}
}

static const struct {
	enum ws_phase phase;
	const char *base, *patch;
} expected[] = {
	{ PHASE_LOAD, "TLBI_VMALLE1 other-vcpu; DSB_NSH other-vcpu; MSR SCTLR_EL1 [guest]; MSR TPIDR_EL0 [guest]; ", NULL },
	{ PHASE_ENTER,
	  "PSTATE; MSR VBAR_EL2 [guest-cfg]; MSR HCR_EL2 [guest-cfg]; MSR MDSCR_EL1 [guest]; MSR DBGBCR0_EL1 [guest] debug-dirty; MSR PMCNTENSET_EL0 [guest-cfg] pmu-events; "
	  "MSR ELR_EL2 [guest]; MSR SPSR_EL2 [guest]; GPR_SAVE 13 [host]; MRS SP_EL0 [host]; ERET; ",
	  "PSTATE; MSR VBAR_EL2 [guest-cfg]; MSR HCR_EL2 [guest-cfg]; MSR MDSCR_EL1 [guest]; MSR DBGBCR0_EL1 [guest] debug-dirty; MSR PMCNTENSET_EL0 [guest-cfg] pmu-events; "
	  "MSR ELR_EL2 [guest]; MSR SPSR_EL2 [guest]; ISB; GPR_SAVE 13 [host]; MRS SP_EL0 [host]; ERET; " },
	{ PHASE_EXIT,
	  "EXC; MRS ESR_EL2 sync; GPR_LOAD 14 [host]; MSR SP_EL0 [host]; MRS MDSCR_EL1 [guest]; MRS ESR_EL2 !irq; MSR HCR_EL2 [host-cfg]; ISB; ",
	  "EXC; MRS ESR_EL2 sync; GPR_LOAD 14 [host]; MSR SP_EL0 [host]; MRS MDSCR_EL1 [guest]; MRS TPIDR_EL0 [guest]; MRS ESR_EL2 !irq; "
	  "MSR HCR_EL2 [host-cfg]; ISB; " },
	{ PHASE_PUT, "MRS SCTLR_EL1 [guest]; MRS TPIDR_EL0 [guest]; ", "MRS SCTLR_EL1 [guest]; " },
};

START_TEST(each_phase_has_its_ops_in_order_with_their_conditions)
{
	struct kernel_model *base, *patch;

	if (!built())
		return;
	base = imported(KERNEL("switch.BASE"), "base");
	ck_assert_int_eq(base->model.version, 612);
	ck_assert_int_eq(base->model.mode, MODE_VHE);
	ck_assert_uint_eq(base->left, 0);
	patch = imported(KERNEL("switch.PATCH"), "patch");
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		struct str a = STR_INIT, b = STR_INIT;

		ops_of(base, base->model.phase[expected[i].phase], &a);
		ops_of(patch, patch->model.phase[expected[i].phase], &b);
		ck_assert_str_eq(str_get(&a), expected[i].base);
		ck_assert_str_eq(str_get(&b), expected[i].patch != NULL ? expected[i].patch : expected[i].base);
		str_free(&a);
		str_free(&b);
	}
	kernel_model_free(base);
	kernel_model_free(patch);
	(void)unlink(model_file("base"));
	(void)unlink(model_file("patch"));
}
END_TEST

/*
 * Capabilities that the kernel's functions find, alternatives (every kind of branch in a replacement, an address, callbacks), static keys:
 * a place that was patched wrong has a DSB NSH here (tests/kernels/switch_alt.h).
 */
START_TEST(a_kernel_is_executed_as_it_has_patched_itself)
{
	struct kernel_model *m;
	struct str b = STR_INIT, out;

	if (!built())
		return;
	m = imported(KERNEL("switch.ALT"), "alt");
	ops_of(m, m->model.phase[PHASE_ENTER], &b);
	ck_assert_str_eq(str_get(&b),
			 "PSTATE; MSR VBAR_EL2 [guest-cfg]; MSR HCR_EL2 [guest-cfg]; MSR MDSCR_EL1 [guest]; MSR DBGBCR0_EL1 [guest] debug-dirty; MSR PMCNTENSET_EL0 [guest-cfg] pmu-events; "
			 "MSR ELR_EL2 [guest]; MSR SPSR_EL2 [guest]; DSB_ISHST; DSB_ISHST; DSB_NSHST; ISB; DSB_NSHST; DSB_ISH; DSB_ISHST; DSB_ISH; "
			 "GPR_SAVE 13 [host]; MRS SP_EL0 [host]; ERET; ");
	str_free(&b);
	kernel_model_free(m);
	out = output(0, "el2sim kernel import %s" MACHINE "%s", KERNEL("switch.ALT"), "");
	has(&out, "callback alt_cb_bad at ");
	has(&out, "which stays as linked: BRK #0x1 in alt_cb_bad");
	has(&out, "kmalloc_small: memory");
	has(&out, "mutex_trylock: waits");
	has(&out, "firmware: SMC in kvm_arch_vcpu_ioctl_run answers NOT_SUPPORTED");
	str_free(&out);
	(void)unlink(model_file("alt"));
}
END_TEST

/* -DBAD=N of switch.c. */
static const char *const bad[] = {
	"an access to 0x123450, where nothing was set up in kvm_arch_vcpu_ioctl_run",
	"a jump to 0x123450, where no code is",
	"BRK #0x7 in kvm_arch_vcpu_ioctl_run",
	"SVC in kvm_arch_vcpu_ioctl_run",
	"HVC in kvm_arch_vcpu_ioctl_run at EL2",
	"does not end: 2000000 instructions, now in kvm_arch_vcpu_ioctl_run",
	"an SVE instruction 0x04000000 that el2sim does not know in kvm_arch_vcpu_ioctl_run",
	"an exception of class 0x00 in kvm_arch_vcpu_ioctl_run",
	"kvm_arch_vcpu_ioctl_run answers -22 and enters no guest",
};

static void refused(const char *kernel, const char *says)
{
	struct str out = STR_INIT, line = STR_INIT;
	struct err e = { 0 };

	str_addf(&line, "el2sim kernel import %s" MACHINE, kernel);
	ck_assert_int_ne(run_command(str_get(&line), &out, &e), 0);
	ck_assert_int_eq(e.code, ERR_INPUT);
	ck_assert_msg(strstr(e.text, says) != NULL, "%s: want \"%s\" in \"%s\"", kernel, says, e.text);
	ck_assert_ptr_null(strchr(e.text, '\n'));
	str_free(&out);
	str_free(&line);
}

START_TEST(a_kernel_that_cannot_go_on_is_refused_with_where_and_why)
{
	char kernel[512];

	if (!built())
		return;
	(void)snprintf(kernel, sizeof(kernel), EL2SIM_KERNELS "/switch.BAD=%d", _i + 1);
	refused(kernel, bad[_i]);
}
END_TEST

/* The types of a kernel: their header's length of types, the kind of the first one. */
START_TEST(damaged_types_are_refused)
{
	static const struct {
		size_t at;
		const char *bytes, *says;
	} rows[] = { { 12, "\xff\xff\xff\x7f", "its BTF is broken: the header does not fit" },
		     { 24 + 4, "\x00\x00\x00\x1f", "its BTF is broken: type 1 is none that is known" } };

	if (!built())
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FILE *f = fopen(KERNEL("switch.BASE"), "re");
		char *text = NULL;
		size_t n = 0, at = 0;

		ck_assert_ptr_nonnull(f);
		ck_assert_int_eq(fseek(f, 0, SEEK_END), 0);
		n = (size_t)ftell(f);
		rewind(f);
		text = xmalloc(n);
		ck_assert_uint_eq(fread(text, 1, n, f), n);
		(void)fclose(f);
		while (at + 32 < n && memcmp(text + at, "\x9f\xeb\x01\x00", 4) != 0)
			at++;
		ck_assert_uint_lt(at + 32, n);
		memcpy(text + at + rows[i].at, rows[i].bytes, 4);
		f = fopen(model_file("damaged"), "we");
		ck_assert_uint_eq(fwrite(text, 1, n, f), n);
		ck_assert_int_eq(fclose(f), 0);
		refused(model_file("damaged"), rows[i].says);
		free(text);
		(void)unlink(model_file("damaged"));
	}
}
END_TEST

START_TEST(what_a_handler_and_the_host_do_is_found_too)
{
	static const struct {
		enum ws_comp comp;
		const char *ops;
	} rows[] = {
		{ COMP_wfi_vgic_put, "MRS ICH_VMCR_EL2 [guest]; ISB; " },
		{ COMP_wfi_vgic_load, "MSR ICH_VMCR_EL2 [guest]; " },
		{ COMP_os_lock, "CALL vhe_put; CALL vhe_load; " },
		{ COMP_host_fp_restore, "MSR FPSR [host]; MRS FPCR; MSR FPCR [host] new-fpcr; " },
		{ COMP_host_svc_entry, "" },
	};
	struct kernel_model *m;

	if (!built())
		return;
	m = imported(KERNEL("switch.BASE"), "parts");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str b = STR_INIT;

		ops_of(m, rows[i].comp, &b);
		ck_assert_str_eq(str_get(&b), rows[i].ops);
		str_free(&b);
	}
	kernel_model_free(m);
	(void)unlink(model_file("parts"));
}
END_TEST

/* What contexts are switched with: encodings as an assembler makes them. */
START_TEST(sve_words_move_vectors_and_lengths)
{
	static const struct {
		uint32_t word;
		enum swc_sve what;
		bool load;
		uint64_t base, x0;
	} rows[] = {
		{ 0xe5804000, SWC_SVE_VECTOR, false, 0x1000, 0x1000 },         /* str z0, [x0] */
		{ 0x85804001, SWC_SVE_VECTOR, true, 0x1000, 0x1000 },          /* ldr z1, [x0] */
		{ 0xe5bf5c1f, SWC_SVE_VECTOR, false, 0x1000, 0x1000 },         /* str z31, [x0, #-1, mul vl] */
		{ 0xe5800000, SWC_SVE_PREDICATE, false, 0x1000, 0x1000 },      /* str p0, [x0] */
		{ 0x8580000f, SWC_SVE_PREDICATE, true, 0x1000, 0x1000 },       /* ldr p15, [x0] */
		{ 0x04bf5020, SWC_SVE_OTHER, false, 0, SWC_VL },               /* rdvl x0, #1 */
		{ 0x04bf57e0, SWC_SVE_OTHER, false, 0, -(uint64_t)SWC_VL },    /* rdvl x0, #-1 */
		{ 0x04205040, SWC_SVE_OTHER, false, 0, 0x1000 + 2 * SWC_VL },  /* addvl x0, x0, #2 */
		{ 0x2519f000, SWC_SVE_OTHER, false, 0, 0x1000 },               /* rdffr p0.b */
		{ 0x25289000, SWC_SVE_OTHER, false, 0, 0x1000 },               /* wrffr p0.b */
		{ 0x04000000, SWC_SVE_NONE, false, 0, 0x1000 },                /* add z0.b, p0/m, z0.b, z0.b */
	};
	static struct a64 core;
	struct swc w = { .core = &core };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t base = 0;
		bool load = false;

		core.x[0] = 0x1000;
		ck_assert_msg(swc_sve(&w, rows[i].word, &load, &base) == rows[i].what, "0x%08x", rows[i].word);
		ck_assert_int_eq(load, rows[i].load);
		ck_assert_uint_eq(base, rows[i].base);
		ck_assert_msg(core.x[0] == rows[i].x0, "0x%08x: X0 0x%llx", rows[i].word, (unsigned long long)core.x[0]);
	}
}
END_TEST

START_TEST(an_import_is_a_switch_model_for_its_machine)
{
	struct kernel_model *m;
	struct str out;

	if (!built())
		return;
	m = imported(KERNEL("switch.BASE"), "used");
	out = output(0, "el2sim explain " EL2SIM_SOURCE_DIR "/configs/machine/cortex-a76.ini --switch.model=%s%s", model_file("used"), "");
	has(&out, "linux-6.12.0-small-vhe on cortex-a76");
	has(&out, "kvm_arch_vcpu_ioctl_run");
	str_free(&out);
	out = output(-1, "el2sim explain " EL2SIM_SOURCE_DIR "/configs/machine/qemu-max.ini --switch.model=%s%s", model_file("used"), "");
	str_free(&out);
	out = output(-1, "el2sim explain " EL2SIM_SOURCE_DIR "/configs/machine/cortex-a76.ini --vcpu.features=sve --switch.model=%s%s", model_file("used"), "");
	str_free(&out);
	kernel_model_free(m);
	(void)unlink(model_file("used"));
}
END_TEST

START_TEST(a_patch_has_its_price)
{
	struct str out;

	if (!built())
		return;
	out = output(0, "el2sim price %s %s --format md" MACHINE, KERNEL("switch.BASE"), KERNEL("switch.PATCH"));
	has(&out, "hvc: +1 reads, +0 writes, +1 barriers, +0 exceptions, ");
	has(&out, "vcpu_load and vcpu_put: -1 reads, +0 writes, +0 barriers, +0 exceptions, ");
	has(&out, "pays back from ");
	str_free(&out);
	out = output(0, "el2sim price %s %s" MACHINE, KERNEL("switch.BASE"), KERNEL("switch.BASE"));
	has(&out, "no difference in an exit that KVM handles");
	str_free(&out);
	out = output(-1, "el2sim price %s %s --fail-above 5" MACHINE, KERNEL("switch.BASE"), KERNEL("switch.PATCH"));
	has(&out, "more than --fail-above 5");
	str_free(&out);
}
END_TEST

START_TEST(what_cannot_be_executed_is_refused_in_a_line)
{
	static const struct {
		const char *line, *says;
	} rows[] = {
		{ "el2sim kernel import " KERNEL("switch.NO_BTF") MACHINE, "has no BTF" },
		{ "el2sim kernel import " KERNEL("stripped") MACHINE, "no symbols" },
		{ "el2sim kernel import " KERNEL("NO_KVM") MACHINE, "KVM" },
		{ "el2sim kernel import " KERNEL("base") MACHINE, "has no BTF" },
		{ "el2sim kernel import /bin/true" MACHINE, "for another machine" },
		{ "el2sim kernel import " KERNEL("switch.BASE"), "--machine" },
		{ "el2sim kernel import " KERNEL("switch.BASE") " --mode vhe --machine " EL2SIM_SOURCE_DIR "/configs/machine/cortex-a57.ini",
		  "no FEAT_VHE" },
	};

	if (!built())
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str out = STR_INIT;
		struct err e = { 0 };

		ck_assert_msg(run_command(rows[i].line, &out, &e) != 0, "%s", rows[i].line);
		ck_assert_msg(strstr(e.text, rows[i].says) != NULL, "%s: want \"%s\" in \"%s\"", rows[i].line, rows[i].says, e.text);
		ck_assert_ptr_null(strchr(e.text, '\n'));
		str_free(&out);
	}
}
END_TEST

/* Every line of an imported file damaged: an error with its place, or a model. */
START_TEST(a_damaged_model_is_refused_with_its_line)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "", "is empty" },
		{ "nonsense\n", "bad:1: begins with" },
		{ "el2sim-kernel 1\nop LOAD MSR SCTLR_EL1 guest - f 0x0\n", "bad:2: an op has 8 fields, here are 7" },
		{ "el2sim-kernel 1\nop LOAD MSR SCTLR_EL9 guest - f 0x0 1\n", "bad:2: unknown system register" },
		{ "el2sim-kernel 1\nop LOAD MSRR SCTLR_EL1 guest - f 0x0 1\n", "did you mean \"MSR\"" },
		{ "el2sim-kernel 1\nop LOAD MSR SCTLR_EL1 guest lr f 0x0 1\n", "unknown condition" },
		{ "el2sim-kernel 1\nop LOAD MSR SCTLR_EL1 guest lrs,!lrs f 0x0 1\n", "on and off" },
		{ "el2sim-kernel 1\nop wfi_vgic_putt MSR SCTLR_EL1 guest - f 0x0 1\n", "unknown phase" },
		{ "el2sim-kernel 1\nop os_lock CALL PUTS - - f 0x0 1\n", "unknown component" },
		{ "el2sim-kernel 1\nop BOOT MSR SCTLR_EL1 guest - f 0x0 1\n", "unknown phase" },
		{ "el2sim-kernel 1\nmode vhe2\n", "unknown mode" },
		{ "el2sim-kernel 1\nversion six\n", "no version" },
		{ "el2sim-kernel 1\nfeatures vhe,warp\n", "unknown feature" },
		{ "el2sim-kernel 1\nlist_registers 65\n", "up to 64" },
		{ "el2sim-kernel 1\nhello\n", "unknown word" },
		{ "el2sim-kernel 1\npart nothing\n", "unknown component" },
		{ "el2sim-kernel 1\nvcpu sync\n", "no feature of a vCPU" },
		{ "el2sim-kernel 1\nvcpu\n", "want features of a vCPU" },
		{ "el2sim-kernel 1\nname x\n", "is not whole" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = { 0 };

		ck_assert_ptr_null(kernel_model_parse("bad", rows[i].text, strlen(rows[i].text), &e));
		ck_assert_int_eq(e.code, ERR_INPUT);
		ck_assert_msg(strstr(e.text, rows[i].says) != NULL, "want \"%s\" in \"%s\"", rows[i].says, e.text);
	}
}
END_TEST

/* What was recorded of Debian's 6.12 on QEMU's N1: counts of the phases of an HVC and of vcpu_load and vcpu_put. */
START_TEST(debians_kernel_does_what_was_recorded_of_it)
{
	const char *vmlinux = getenv("EL2SIM_VMLINUX");
	struct str out;
	FILE *f;

	if (vmlinux == NULL) {
		puts("skipped in part: EL2SIM_VMLINUX names no vmlinux of Debian's linux-image-6.12.*-arm64-dbg");
		return;
	}
	out = output(0, "el2sim kernel import %s --mode vhe --machine " EL2SIM_SOURCE_DIR "/configs/machine/qemu-n1.ini%s", vmlinux, "");
	f = fopen(model_file("debian"), "we");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(str_get(&out), f), 0);
	ck_assert_int_eq(fclose(f), 0);
	str_free(&out);
	out = output(0, "el2sim explain " EL2SIM_SOURCE_DIR "/configs/machine/qemu-n1.ini --diff switch.model=%s --format csv%s",
		     model_file("debian"), "");
	/* Ops that the tables, which are held against the recording, have and the import has not, or the other way round. */
	has(&out, "\nuser,8,0,0,0,0,0\n");
	has(&out, "\npmu,4,0,0,0,0,0\n");
	has(&out, "\nfpsimd,");
	str_free(&out);
	(void)unlink(model_file("debian"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kernel_import");
	TCase *t = tcase_create("kernel_import");
	int status;

	tcase_add_test(t, each_phase_has_its_ops_in_order_with_their_conditions);
	tcase_add_test(t, a_kernel_is_executed_as_it_has_patched_itself);
	tcase_add_loop_test(t, a_kernel_that_cannot_go_on_is_refused_with_where_and_why, 0, (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(t, damaged_types_are_refused);
	tcase_add_test(t, what_a_handler_and_the_host_do_is_found_too);
	tcase_add_test(t, sve_words_move_vectors_and_lengths);
	tcase_add_test(t, an_import_is_a_switch_model_for_its_machine);
	tcase_add_test(t, a_patch_has_its_price);
	tcase_add_test(t, what_cannot_be_executed_is_refused_in_a_line);
	tcase_add_test(t, a_damaged_model_is_refused_with_its_line);
	tcase_add_test(t, debians_kernel_does_what_was_recorded_of_it);
	suite_add_tcase(s, t);
	status = suite_status(s);
	if (status == 0 && !built()) {
		puts("skipped: no cross compiler for AArch64 when this folder was configured: apt-get install gcc-aarch64-linux-gnu");
		return 77;
	}
	return status;
}
