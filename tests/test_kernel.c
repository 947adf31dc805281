/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels in small (tests/kernels) as el2sim kernel reads them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/vmlinux/paths.h"
#include "sim/price/subject.h"
#include "tests/command.h"
#include "tests/suite.h"

#define KERNEL(name) EL2SIM_KERNELS "/" name

static bool built(void)
{
	return EL2SIM_KERNELS[0] != '\0';
}

/* A command's output; its status must be `rc`. */
static struct str output(const char *line, int rc, struct err *e)
{
	struct str out = STR_INIT;

	ck_assert_msg(run_command(line, &out, e) == rc, "%s: %s", line, e->text);
	return out;
}

static void spit(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static void has(const struct str *out, const char *text)
{
	ck_assert_msg(strstr(str_get(out), text) != NULL, "want \"%s\" in\n%s", text, str_get(out));
}

static void has_not(const struct str *out, const char *text)
{
	ck_assert_msg(strstr(str_get(out), text) == NULL, "want no \"%s\" in\n%s", text, str_get(out));
}

/* Operations of all functions, one a line: function, kind, name, phases, needs. */
static struct str ops_of(const struct vml_kernel *k)
{
	struct str out = STR_INIT;

	for (size_t i = 0; i < k->n_paths; i++) {
		const struct vml_path *p = &k->paths[i];

		for (size_t n = 0; n < p->code.n_ops; n++) {
			char buf[VML_WHAT_NAME];
			struct str phases = STR_INIT;

			subject_phases(vml_op_phases(p, &p->code.ops[n]), &phases);
			str_addf(&out, "%s %s %s %s", k->img->funcs[p->func].name, vml_kind_name((enum vml_kind)p->code.ops[n].what.kind),
				 vml_what_name(p->code.ops[n].what, buf), str_get(&phases));
			if (p->code.ops[n].guards.n != 0)
				str_add(&out, " if ");
			vml_guards_text(&k->patches, &p->code.ops[n].guards, false, &out);
			str_addc(&out, '\n');
			str_free(&phases);
		}
	}
	return out;
}

static const char *const everything =
	"hyp_sync read ESR_EL2 EXIT\n"
	"hyp_trap read FAR_EL2 EXIT\n"
	"__guest_enter read ISR_EL1 ENTER\n"
	"__guest_enter isb  ENTER\n"
	"__guest_enter eret  ENTER\n"
	"__guest_exit read SPSR_EL2 EXIT\n"
	"save_host read SP_EL0 ENTER\n"
	"save_host write TPIDR_EL0 ENTER\n"
	"save_host read MDSCR_EL1 ENTER\n"
	"restore_host hvc #0 EXIT if not Virtualization Host Extensions\n"
	"restore_host write VBAR_EL1 EXIT if Virtualization Host Extensions\n"
	"restore_host sb  EXIT if Speculation barrier (SB)\n"
	"restore_host dsb NSH EXIT if not Speculation barrier (SB)\n"
	"restore_host isb  EXIT if not Speculation barrier (SB)\n"
	"__kvm_vcpu_run write MDSCR_EL1 ENTER\n"
	"__kvm_vcpu_run read ELR_EL2 EXIT\n"
	"kvm_arch_vcpu_load write VTTBR_EL2 LOAD\n"
	"kvm_arch_vcpu_load tlbi VMALLS12E1IS LOAD\n"
	"kvm_arch_vcpu_load dsb ISH LOAD\n"
	"kvm_arch_vcpu_load write PMUSERENR_EL0 LOAD if pmu_key\n"
	"kvm_arch_vcpu_load write PMSELR_EL0 LOAD if not pmu_key and kvm_arm_pmu_available\n"
	"kvm_arch_vcpu_put read TPIDR_EL0 PUT\n"
	"kvm_arch_vcpu_put at S1E1R PUT\n"
	"kvm_arch_vcpu_put dc CVAC PUT\n"
	"kvm_arch_vcpu_put ic IALLU PUT\n"
	"kvm_arch_vcpu_put write S3_0_C15_C1_2 PUT\n"
	"handle_one smc #0 RUN\n";

START_TEST(every_operation_has_its_phase_and_its_conditions)
{
	struct vml_kernel k;
	struct err e = { ERR_NONE, "" };
	struct str ops;

	if (!built())
		return;
	ck_assert_msg(vml_kernel_open(&k, KERNEL("base"), &e) == 0, "%s", e.text);
	ck_assert_int_eq(vml_kernel_paths(&k, 6, &e), 0);
	ops = ops_of(&k);
	ck_assert_str_eq(str_get(&ops), everything);
	str_free(&ops);
	vml_kernel_close(&k);
}
END_TEST

START_TEST(a_condition_that_is_known_leaves_one_side)
{
	static const struct {
		const char *assume, *there, *gone;
	} rows[] = {
		{ "Virtualization=on", "restore_host write VBAR_EL1", "restore_host hvc" },
		{ "Virtualization=off", "restore_host hvc", "restore_host write VBAR_EL1" },
		{ "Speculation=on", "restore_host sb", "restore_host dsb" },
		{ "Speculation=off", "restore_host isb", "restore_host sb" },
		{ "pmu_key=on", "write PMUSERENR_EL0", "write XYZ" },
		{ "pmu_key=off", "dsb ISH", "write PMUSERENR_EL0" },
		{ "pmu_key=unknown", "write PMUSERENR_EL0", "write XYZ" },
	};

	for (size_t i = 0; built() && i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vml_kernel k;
		struct err e = { ERR_NONE, "" };
		struct str ops;

		ck_assert_int_eq(vml_kernel_open(&k, KERNEL("base"), &e), 0);
		ck_assert_msg(vml_patches_set(&k.patches, rows[i].assume, NULL, &e) == 0, "%s", e.text);
		ck_assert_int_eq(vml_kernel_paths(&k, 6, &e), 0);
		ops = ops_of(&k);
		has(&ops, rows[i].there);
		has_not(&ops, rows[i].gone);
		str_free(&ops);
		vml_kernel_close(&k);
	}
}
END_TEST

START_TEST(a_machine_and_a_log_say_what_is_there)
{
	struct str log = STR_INIT, line = STR_INIT, out;
	char *path;
	struct err e;

	if (!built())
		return;
	out = output("el2sim kernel info " KERNEL("base") " --conds --format csv --machine machine/neoverse-n1.ini", 0, &e);
	has(&out, "Virtualization Host Extensions,capability,3,1,on,machine");
	has(&out, "Speculation barrier (SB),capability,7,1,off,machine");
	has(&out, "pmu_key,static key,,1,off,image");
	has(&out, "kvm_arm_pmu_available,static key,,1,on,machine");
	str_free(&out);
	str_add(&log, "[    0.1] CPU features: detected: Speculation barrier (SB)\n[    0.1] CPU features: detected: Frobnication\n");
	path = scratch("log");
	spit(path, str_get(&log));
	str_addf(&line, "el2sim kernel info " KERNEL("base") " --conds --format csv --dmesg %s", path);
	out = output(str_get(&line), 0, &e);
	has(&out, "Virtualization Host Extensions,capability,3,1,off,dmesg");
	has(&out, "Speculation barrier (SB),capability,7,1,on,dmesg");
	has(&out, "kvm_arm_pmu_available,static key,,1,unknown,");
	has(&out, "pmu_key,static key,,1,off,image");
	str_free(&out);
	str_add(&line, " --machine machine/neoverse-n1.ini");
	out = output(str_get(&line), 0, &e);
	has(&out, "Virtualization Host Extensions,capability,3,1,off,dmesg");
	has(&out, "kvm_arm_pmu_available,static key,,1,on,machine");
	has(&out, "1 features in it are none of this kernel's");
	spit(path, "nothing\n");
	str_free(&out);
	out = output(str_get(&line), -1, &e);
	ck_assert_ptr_nonnull(strstr(e.text, "no line \"CPU features: detected: ...\""));
	(void)unlink(path);
	free(path);
	str_free(&log);
	str_free(&line);
	str_free(&out);
}
END_TEST

START_TEST(a_patch_is_found_with_its_phase_register_and_condition)
{
	struct str out;
	struct err e;

	if (!built())
		return;
	out = output("el2sim kernel diff " KERNEL("base") " " KERNEL("PATCH") " --format csv", 0, &e);
	has(&out, "kvm_arch_vcpu_load,LOAD,more,isb,,0,1,pmu_key,kvm_arch_vcpu_load");
	has(&out, "make_branch,0,1");
	has(&out, "made by (in so many functions): make_branch (1)");
	has(&out, "kvm_arch_vcpu_put,PUT,fewer,read,TPIDR_EL0,1,0,,kvm_arch_vcpu_put");
	has(&out, "restore_host,EXIT,more,read,TPIDR_EL0,0,1,,__kvm_vcpu_run > restore_host");
	has(&out, "3 of 10 functions");
	has(&out, "in LOAD EXIT PUT; operations: 1 fewer, 2 more");
	str_free(&out);
	out = output("el2sim kernel diff " KERNEL("base") " " KERNEL("PATCH") " --assume pmu_key=off --format csv", 0, &e);
	has_not(&out, "LOAD,more");
	has(&out, "2 of 10 functions");
	str_free(&out);
	out = output("el2sim kernel diff " KERNEL("base") " " KERNEL("FLIP") " --format csv", 0, &e);
	has(&out, "save_host,ENTER,order,read,MDSCR_EL1");
	str_free(&out);
	out = output("el2sim kernel diff " KERNEL("base") " " KERNEL("base"), 0, &e);
	has(&out, "no difference: the 10 functions");
	has_not(&out, "static keys that B alone has");
	str_free(&out);
}
END_TEST

/* Of a machine a key is as the image has it, which for a new one is off: that is said, and it can be assumed, though A has no such key. */
START_TEST(a_key_that_one_kernel_alone_has_can_be_assumed)
{
	static const char diff[] = "el2sim kernel diff " KERNEL("base") " " KERNEL("KEY") " --machine machine/neoverse-n1.ini";
	char line[512];
	struct err e;
	struct str out;

	if (!built())
		return;
	out = output(diff, 0, &e);
	has(&out, "no difference: the 10 functions");
	has(&out, "static keys that B alone has are as its image has them: added_key (off);");
	str_free(&out);
	(void)snprintf(line, sizeof(line), "%s --assume added_key=on --format csv", diff);
	out = output(line, 0, &e);
	has(&out, "kvm_arch_vcpu_load,LOAD,more,isb,,0,1,");
	has_not(&out, "static keys that B alone has");
	str_free(&out);
	(void)snprintf(line, sizeof(line), "%s --assume added_kez=on", diff);
	out = output(line, -1, &e);
	ck_assert_str_eq(e.text, "--assume: \"added_kez=on\": no kernel here has such a capability or static key: el2sim kernel info --conds "
				 "lists them");
	str_free(&out);
}
END_TEST

START_TEST(what_is_no_kernel_is_refused_in_a_line)
{
	static const struct {
		const char *line, *text;
	} rows[] = {
		{ "el2sim kernel info " KERNEL("stripped"), "stripped: has no symbols (stripped): want vmlinux with .symtab" },
		{ "el2sim kernel info " KERNEL("NO_KVM"), "NO_KVM: no KVM in this kernel" },
		{ "el2sim kernel info " KERNEL("unlinked"), "unlinked: is an object that is not linked" },
		{ "el2sim kernel info " EL2SIM_SOURCE_DIR "/tests/kernels", "kernels: has no AArch64 object (NAME.o): want vmlinux, or a folder" },
		{ "el2sim kernel info " KERNEL("base") " frobnicate", "base: no function frobnicate" },
		{ "el2sim kernel info " KERNEL("base") " --phase ENTR", "did you mean \"ENTER\"?" },
		{ "el2sim kernel info " KERNEL("base") " --assume zz=on", "this kernel has no such capability or static key" },
		{ "el2sim kernel info " KERNEL("base") " --assume i=on", "have that in their name: give more of it" },
		{ "el2sim kernel info " KERNEL("base") " --assume pmu_key", "want a capability or static key, and on, off or unknown" },
		{ "el2sim kernel diff " KERNEL("base") " /nowhere", "/nowhere: cannot be opened" },
	};

	for (size_t i = 0; built() && i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e;
		struct str out = output(rows[i].line, -1, &e);

		ck_assert_msg(strstr(e.text, rows[i].text) != NULL, "%s: want \"%s\", got \"%s\"", rows[i].line, rows[i].text, e.text);
		ck_assert_uint_eq(out.len, 0);
		str_free(&out);
	}
}
END_TEST

/* Objects that are not linked are the kernel that is made of them. */
START_TEST(a_folder_of_objects_is_the_kernel_that_they_make)
{
	static const char *const subjects[] = { KERNEL("PATCH"), KERNEL("objects.PATCH") };
	struct str out;
	struct err e;

	if (!built())
		return;
	out = output("el2sim kernel diff " KERNEL("base") " " KERNEL("objects.base"), 0, &e);
	has(&out, "=> no difference");
	str_free(&out);
	out = output("el2sim kernel diff " KERNEL("objects.base") " " KERNEL("objects.PATCH") " --format json", 0, &e);
	has(&out, "kernels/objects.base\",");
	has(&out, "\"sha256\"");
	str_free(&out);
	/* part of a kernel: what it lacks has a name all the same */
	out = output("el2sim kernel info " KERNEL("objects.base/kvm") " --ops", 0, &e);
	has(&out, "kvm_arch_vcpu_put");
	has(&out, "kvm_arm_pmu_available");
	has_not(&out, "__kvm_vcpu_run ");
	str_free(&out);
	for (size_t i = 0; i < 2; i++) {
		char line[1000];
		struct str whole;

		(void)snprintf(line, sizeof(line), "el2sim kernel diff " KERNEL("objects.base") " %s --format csv", subjects[i]);
		out = output(line, 0, &e);
		whole = output("el2sim kernel diff " KERNEL("base") " " KERNEL("PATCH") " --format csv", 0, &e);
		has(&out, "kvm_arch_vcpu_load,LOAD,more,isb");
		has(&out, "pmu_key");
		ck_assert_str_eq(strstr(str_get(&out), "function,phases"), strstr(str_get(&whole), "function,phases"));
		str_free(&out);
		str_free(&whole);
	}
}
END_TEST

/* Cut anywhere, it is refused or still whole enough; nothing else happens. */
START_TEST(a_file_cut_short_is_refused)
{
	struct str whole;
	size_t refused = 0;

	if (!built())
		return;
	whole = slurp(KERNEL("base"));
	for (size_t n = 0; n < whole.len; n += 97) {
		uint8_t *bytes = xcalloc(n + 1, 1);
		struct vml_kernel k;
		struct err e = { ERR_NONE, "" };

		memcpy(bytes, whole.s, n);
		if (vml_kernel_open_bytes(&k, "cut", bytes, n, &e) != 0) {
			refused++;
			ck_assert_int_eq(e.code, ERR_INPUT);
			ck_assert_int_eq(strncmp(e.text, "cut: ", 5), 0);
		}
		vml_kernel_close(&k);
	}
	ck_assert_uint_eq(refused, (whole.len + 96) / 97);
	str_free(&whole);
}
END_TEST

/* Bytes changed anywhere, or cut: an error in one sentence, or a kernel. */
START_TEST(a_damaged_object_is_refused_or_read)
{
	char dir[] = "/tmp/el2sim-objects-XXXXXX", path[64];
	unsigned refused = 0, seed = 1;
	struct str whole;

	if (!built())
		return;
	whole = slurp(KERNEL("objects.base/mini.o"));
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/mini.o", dir);
	for (unsigned round = 0; round < 300; round++) {
		struct str bad = STR_INIT;
		struct vml_kernel k;
		struct err e;
		FILE *f = fopen(path, "we");

		str_addn(&bad, str_get(&whole), round % 3 == 0 ? whole.len * round / 300 : whole.len);
		for (unsigned i = 0; bad.len > 64 && i < 1 + round % 5; i++) {
			seed = seed * 1103515245U + 12345U;
			bad.s[64 + seed / 7 % (bad.len - 64)] = (char)(seed >> 16);
		}
		ck_assert_ptr_nonnull(f);
		ck_assert_uint_eq(fwrite(str_get(&bad), 1, bad.len, f), bad.len);
		ck_assert_int_eq(fclose(f), 0);
		if (vml_kernel_open(&k, dir, &e) != 0 || vml_kernel_paths(&k, 6, &e) != 0) {
			refused++;
			ck_assert_ptr_null(strchr(e.text, '\n'));
		}
		vml_kernel_close(&k);
		str_free(&bad);
	}
	ck_assert_uint_gt(refused, 50);
	(void)remove(path);
	(void)remove(dir);
	str_free(&whole);
}
END_TEST

START_TEST(names_of_operations_are_the_manuals)
{
	static const struct {
		uint32_t word;
		const char *kind, *name;
	} rows[] = {
		{ 0xd5381000, "read", "SCTLR_EL1" },  { 0xd51d1000, "write", "SCTLR_EL12" }, { 0xd51be320, "write", "CNTV_CTL_EL0" },
		{ 0xd53de320, "read", "CNTV_CTL_EL02" }, { 0xd5033fdf, "isb", "" },          { 0xd503379f, "dsb", "NSH" },
		{ 0xd503369f, "dsb", "NSHST" },       { 0xd5033abf, "dmb", "ISHST" },        { 0xd5033f9f, "dsb", "SY" },
		{ 0xd69f03e0, "eret", "" },           { 0xd503207f, "wfx", "WFI" },          { 0xd503221f, "esb", "" },
		{ 0xd50c83df, "tlbi", "VMALLS12E1IS" }, { 0xd50c93df, "tlbi", "VMALLS12E1ISNXS" }, { 0xd5087800, "at", "S1E1R" },
		{ 0xd50b7420, "dc", "ZVA" },          { 0xd508751f, "ic", "IALLU" },         { 0xd50342df, "pstate", "DAIFSet #2" },
		{ 0xd4000002, "hvc", "#0" },          { 0xd4000003, "smc", "#0" },           { 0xd503305f, "clrex", "" },
	};
	struct vml_what what;
	char buf[VML_WHAT_NAME];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_msg(vml_what(rows[i].word, &what), "%08x", rows[i].word);
		ck_assert_str_eq(vml_kind_name((enum vml_kind)what.kind), rows[i].kind);
		ck_assert_str_eq(vml_what_name(what, buf), rows[i].name);
	}
	ck_assert(!vml_what(0xd503201f, &what)); /* NOP */
	ck_assert(!vml_what(0xd65f03c0, &what)); /* RET */
	ck_assert(!vml_what(0x94000000, &what)); /* BL */
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kernel");
	TCase *t = tcase_create("kernel");
	int status;

	tcase_add_test(t, every_operation_has_its_phase_and_its_conditions);
	tcase_add_test(t, a_condition_that_is_known_leaves_one_side);
	tcase_add_test(t, a_machine_and_a_log_say_what_is_there);
	tcase_add_test(t, a_patch_is_found_with_its_phase_register_and_condition);
	tcase_add_test(t, a_key_that_one_kernel_alone_has_can_be_assumed);
	tcase_add_test(t, what_is_no_kernel_is_refused_in_a_line);
	tcase_add_test(t, a_folder_of_objects_is_the_kernel_that_they_make);
	tcase_add_test(t, a_file_cut_short_is_refused);
	tcase_add_test(t, a_damaged_object_is_refused_or_read);
	tcase_add_test(t, names_of_operations_are_the_manuals);
	suite_add_tcase(s, t);
	status = suite_status(s);
	if (status == 0 && !built()) {
		puts("skipped: no cross compiler for AArch64 when this folder was configured: apt-get install gcc-aarch64-linux-gnu");
		return 77;
	}
	return status;
}
