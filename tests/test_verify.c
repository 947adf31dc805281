/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim verify: references without a configuration, totals, order, --explain, --summary, and what
 * is refused. */
#include <jansson.h>
#include <sys/stat.h>

#include "tests/command.h"
#include "tests/suite.h"
#include "tests/verify_golden.h"
#include "traces/bundle.h"

#define REFERENCE "tests/data/registers-nvhe.csv"
#define TOTALS    "tests/data/totals-nvhe.csv"
#define VERIFY    "el2sim verify --reference " REFERENCE

static void wants(const char *line, enum err_code code, const char *const *text)
{
	struct str out = STR_INIT;
	struct err e;

	(void)run_command(line, &out, &e);
	ck_assert_msg(e.code == code, "%s: code %d: %s", line, e.code, e.text);
	for (; *text != NULL; text++)
		ck_assert_msg(strstr(str_get(&out), *text) != NULL, "%s: no \"%s\" in\n%s", line,
			      *text, str_get(&out));
	str_free(&out);
}

#define WANTS(line, code, ...) wants(line, code, (const char *const[]){ __VA_ARGS__, NULL })

/* ---- what is compared ---- */

START_TEST(a_reference_says_itself_what_it_is_compared_with)
{
	WANTS(VERIFY, ERR_NONE, "configs/machine/qemu-n1.ini", "linux-6.12-nvhe",
	      "4 of 4 exits register-exact", "all kinds are compared");
	WANTS(VERIFY " --kernel 6.12 --cpu n1 --mode nvhe --cfg 2", ERR_NONE,
	      "1 of 1 exit register-exact");
	WANTS("el2sim verify configs/machine/qemu-n1.ini --switch.model=linux-6.12-nvhe "
	      "--reference " REFERENCE,
	      ERR_NONE, "4 of 4 exits register-exact");
}
END_TEST

START_TEST(another_model_differs_and_says_where)
{
	WANTS(VERIFY " --mode vhe", ERR_ANSWER_NO, "linux-6.12-vhe", " of 4 exits register-exact",
	      "sctlr_el1");
	WANTS(VERIFY " --kernel 6.1", ERR_ANSWER_NO, "linux-6.1-nvhe");
	WANTS(VERIFY " --cpu a57", ERR_ANSWER_NO, "configs/machine/cortex-a57.ini");
	WANTS(VERIFY " --switch.model=linux-6.1-nvhe", ERR_ANSWER_NO, "linux-6.1-nvhe");
}
END_TEST

START_TEST(every_cpu_of_a_reference_has_its_profile)
{
#define REFCPU(name, profile, qemu, help) #name,
	static const char *const cpus[] = {
#include "models/hyp/measured/refcpus.def"
	};
#undef REFCPU

	for (size_t i = 0; i < sizeof(cpus) / sizeof(cpus[0]); i++) {
		struct str file = STR_INIT, path = STR_INIT;
		struct err e = { ERR_NONE, "" };

		ck_assert_int_eq(combo_profile(&file, cpus[i], &e), 0);
		str_addf(&path, EL2SIM_SOURCE_DIR "/configs/machine/%s", str_get(&file));
		ck_assert_msg(access(str_get(&path), R_OK) == 0, "%s", str_get(&path));
		str_free(&path);
		str_free(&file);
	}
}
END_TEST

START_TEST(every_model_of_6_1_and_6_12_is_found_by_kernel_and_mode)
{
	static const char *const kernels[] = { "6.1", "6.12" }, *const modes[] = { "vhe", "nvhe" };
	struct err e = { ERR_NONE, "" };

	for (unsigned k = 0; k < 2; k++) {
		for (unsigned m = 0; m < 2; m++)
			ck_assert_ptr_nonnull(combo_model(kernels[k], modes[m], &e));
	}
	ck_assert_ptr_nonnull(combo_model("6.12", "hvhe", &e));
	ck_assert_ptr_nonnull(combo_model("6.12", "protected", &e));
}
END_TEST

/* ---- totals ---- */

START_TEST(kinds_without_a_usual_path_are_left_out)
{
	WANTS(VERIFY " --totals " TOTALS, ERR_NONE, "4 of 4 exits", "0.98");
	/* run_immediate_exit: 63 of 64, null_ioctl: 62 of 64 */
	WANTS(VERIFY " --totals " TOTALS " --min-modal 0.984", ERR_NONE, "3 of 3 exits",
	      "not a modal path", "1 exits are left out");
	WANTS(VERIFY " --totals " TOTALS " --min-modal 0.985", ERR_NONE, "2 of 2 exits");
	WANTS(VERIFY " --totals " TOTALS " --min-modal 0.98", ERR_NONE, "3 of 3 exits");
	WANTS(VERIFY " --totals " TOTALS " --min-modal 0", ERR_NONE, "4 of 4 exits");
}
END_TEST

/* ---- order ---- */

START_TEST(a_folder_and_an_archive_of_paths_say_the_same)
{
	struct str folder = STR_INIT, archive = STR_INIT;
	struct err e;

	ck_assert_int_eq(run_command(VERIFY " --order tests/data/order", &folder, &e), 0);
	ck_assert_int_eq(run_command(VERIFY " --order tests/data/order.tar.xz", &archive, &e), 0);
	ck_assert_str_eq(str_get(&folder), str_get(&archive));
	ck_assert(strstr(str_get(&folder),
			 "1 of 1 paths in recorded order in the switch, 1 of 1 as a whole") !=
		  NULL);
	str_free(&folder);
	str_free(&archive);
}
END_TEST

START_TEST(the_first_difference_in_order_is_shown_with_its_row)
{
	WANTS(VERIFY " --order tests/data/order --kernel 6.1", ERR_ANSWER_NO, "0 of 1 paths",
	      "First difference", "steps_blocks.def:", "__sysreg_save_state_nvhe");
}
END_TEST

static const char *const path_text = "@ guest(EL1) guest  +0\n"
				     "    hvc    hvc  +2\n"
				     "@ host(EL2) el1_sync  +2\n"
				     "    read   esr_el2  +0\n"
				     "@ host(EL2) el1_trap  +11\n"
				     "    read   tpidr_el2  +2\n"
				     "@ host(EL2) __guest_exit  +5\n"
				     "    pstate msr pan  +1\n"
				     "    read   sp_el0  +17\n"
				     "    write  cpacr_el1  +4\n"
				     "    write  sctlr_el12  +4\n"
				     "    write  cntv_ctl_el02  +4\n"
				     "    dsb    dsb nshst  +4\n"
				     "    write  ich_lr1_el2  +4\n"
				     "@ user(EL0) user  +5\n"
				     "    read   tpidr_el0  +1\n";

static void parse(struct recpath *o, enum ws_mode mode, const char *text)
{
	struct err e = { ERR_NONE, "" };

	memset(o, 0, sizeof(*o));
	ck_assert_msg(recpath_parse(o, text, strlen(text), mode, &e) == 0, "%s", e.text);
}

START_TEST(a_path_keeps_the_hard_ops_under_the_names_that_they_reach)
{
	static const char *const vhe[] = { "esr_el2",      "sp_el0",    "cptr_el2",   "sctlr_el1",
					   "cntv_ctl_el0", "dsb nshst", "ich_lr1_el2" };
	struct recpath o;

	parse(&o, MODE_VHE, path_text);
	ck_assert_uint_eq(o.n, 7);
	for (size_t i = 0; i < o.n; i++)
		ck_assert_str_eq(o.op[i].name, vhe[i]);
	ck_assert_str_eq(recpath_function(&o, 0), "el1_sync");
	ck_assert_str_eq(recpath_function(&o, 6), "__guest_exit");
	ck_assert_uint_eq(o.op[6].line, 14);
	ck_assert_uint_eq(o.lrs, 2);
	recpath_free(&o);
	parse(&o, MODE_NVHE, path_text);
	ck_assert_str_eq(o.op[2].name, "cpacr_el1");
	recpath_free(&o);
}
END_TEST

START_TEST(a_line_that_is_none_is_refused_with_its_number)
{
	static const char *const bad[] = {
		"    read esr_el2 +0\n",                   /* nowhere yet */
		"@ host(EL2) f +0\n    reed esr_el2 +0\n", /* no such op */
		"@ host(EL2) f +0\n    read\n",
		"@ moon(EL2) f +0\n",
		"@ host f +0\n",
		"@ host(EL2)\n",
		"@ host(EL2) a b c d e f g h i j\n",
		"\1\2\3",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err e = { ERR_NONE, "" };
		struct recpath o = { .cfg = 0 };

		ck_assert_msg(recpath_parse(&o, bad[i], strlen(bad[i]), MODE_VHE, &e) == -1, "%s",
			      bad[i]);
		ck_assert_int_eq(e.code, ERR_INPUT);
		ck_assert_msg(strncmp(e.text, "line ", 5) == 0, "%s", e.text);
		recpath_free(&o);
	}
}
END_TEST

START_TEST(a_path_is_known_by_the_name_of_its_file)
{
	struct err e = { ERR_NONE, "" };
	struct recpath o;

	ck_assert_int_eq(
		recpath_name(&o, "6.12-n1-vhe-ipi-cfg2-ipi_wfi_recv.order.txt", "6.12-n1-vhe", &e),
		0);
	ck_assert_str_eq(o.exit, "ipi_wfi_recv");
	ck_assert_uint_eq(o.cfg, 2);
	ck_assert_int_eq(recpath_name(&o, "6.1-n1-vhe-cfg2-a.order.txt", "6.12-n1-vhe", &e), -1);
	ck_assert_int_eq(recpath_name(&o, "6.12-n1-vhe-cfgx-a.order.txt", "6.12-n1-vhe", &e), -1);
	ck_assert_int_eq(recpath_name(&o, "6.12-n1-vhe-cfg0-.order.txt", "6.12-n1-vhe", &e), -1);
	ck_assert_int_eq(recpath_name(&o, "cfg0-a", "6.12-n1-vhe", &e), -1);
}
END_TEST

/* Ops of a made-up model: name, and whether it belongs to the switch. */
static void model_of(struct verify_seq *s, const char *const *name, const bool *of_switch, size_t n)
{
	*s = (struct verify_seq){ .op = xcalloc(n, sizeof(*s->op)), .n = n };
	for (size_t i = 0; i < n; i++) {
		s->op[i].op = REF_OP_read;
		s->op[i].phase = of_switch[i] ? PHASE_EXIT : PHASE_HANDLE;
		(void)snprintf(s->op[i].name, VERIFY_NAME_MAX, "%s", name[i]);
	}
}

START_TEST(the_hosts_path_out_of_order_leaves_the_switch_exact)
{
	static const char *const text = "@ host(EL2) s +0\n read hcr_el2 +0\n read elr_el2 +0\n"
					"@ host(EL2) h +0\n read far_el2 +0\n read esr_el2 +0\n";
	static const char *const order[][4] = {
		{ "hcr_el2", "elr_el2", "far_el2", "esr_el2" }, /* the same */
		{ "hcr_el2", "elr_el2", "esr_el2", "far_el2" }, /* host's ops swapped */
		{ "elr_el2", "hcr_el2", "far_el2", "esr_el2" }, /* switch's ops swapped */
		{ "hcr_el2", "hcr_el2", "far_el2", "esr_el2" }, /* one of the switch is another */
	};
	static const bool of_switch[] = { true, true, false, false };
	static const struct {
		bool in_switch, whole;
		size_t ref;
	} want[] = {
		{ true, true, 4 }, { true, false, 2 }, { false, false, 0 }, { false, false, 1 }
	};

	for (size_t i = 0; i < 4; i++) {
		struct recpath_diff d;
		struct verify_seq s;
		struct recpath o;

		parse(&o, MODE_VHE, text);
		model_of(&s, order[i], of_switch, 4);
		recpath_compare(&d, &o, &s);
		ck_assert_msg(d.switch_exact == want[i].in_switch && d.exact == want[i].whole,
			      "case %zu", i);
		ck_assert_uint_eq(d.n_switch, 2);
		ck_assert_msg(want[i].whole || d.ref <= want[i].ref + 1, "case %zu: at %zu", i,
			      d.ref);
		recpath_diff_free(&d);
		verify_seq_free(&s);
		recpath_free(&o);
	}
}
END_TEST

static int count_files(void *arg, const char *name, const char *text, size_t n, struct err *e)
{
	(void)name;
	(void)e;
	ck_assert_uint_eq(strlen(text), n);
	++*(size_t *)arg;
	return 0;
}

START_TEST(a_bundle_is_read_whole_or_refused)
{
	struct err e = { ERR_NONE, "" };
	size_t n = 0;

	ck_assert_int_eq(bundle_each("tests/data/order", ".order.txt", count_files, &n, &e), 0);
	ck_assert_int_eq(bundle_each("tests/data/order.tar.xz", ".order.txt", count_files, &n, &e),
			 0);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(bundle_each("tests/data/order", ".nothing", count_files, &n, &e), 0);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(bundle_each("tests/data/nowhere", ".order.txt", count_files, &n, &e), -1);
	ck_assert_int_eq(e.code, ERR_INPUT);
}
END_TEST

/* ---- explain and summary ---- */

START_TEST(explain_names_the_function_and_the_row_of_each_access)
{
	WANTS(VERIFY " --explain hvc_unknown --cfg 0", ERR_NONE, "side by side",
	      "__kvm_vcpu_run x2", "steps_nvhe.def:", "fixup_guest_exit", "1 of 1 exit ");
}
END_TEST

START_TEST(the_summary_is_the_answer_as_json)
{
	struct str out = STR_INIT;
	json_error_t why;
	json_t *all, *kinds;
	struct err e;
	size_t exact = 0;

	ck_assert_int_eq(
		run_command(VERIFY " --summary json --kernel 6.1 --order tests/data/order", &out, &e), -1);
	ck_assert_int_eq(e.code, ERR_ANSWER_NO);
	all = json_loads(str_get(&out), 0, &why);
	ck_assert_msg(all != NULL, "%s", why.text);
	ck_assert_str_eq(json_string_value(json_object_get(all, "schema")),
			 "el2sim.verify-summary/1");
	ck_assert_str_eq(json_string_value(json_object_get(all, "model")), "linux-6.1-nvhe");
	kinds = json_object_get(all, "kinds");
	ck_assert_uint_eq(json_array_size(kinds), 4);
	for (size_t i = 0; i < 4; i++) {
		const json_t *k = json_array_get(kinds, i);
		bool is = json_is_true(json_object_get(k, "exact"));

		ck_assert_int_eq(is, json_integer_value(json_object_get(k, "differing")) == 0);
		exact += is;
	}
	ck_assert_uint_eq((size_t)json_integer_value(json_object_get(all, "exact")), exact);
	ck_assert_int_eq(json_integer_value(json_object_get(all, "total")), 4);
	ck_assert_uint_eq(json_array_size(json_object_get(all, "order")), 1);
	json_decref(all);
	str_free(&out);
}
END_TEST

/* ---- what is refused ---- */

static const struct {
	const char *line;
	enum err_code code;
	const char *says;
} refused[] = {
	{ "el2sim verify", ERR_USAGE, "--reference" },
	{ "el2sim verify --reference nowhere.csv", ERR_INPUT, "nowhere.csv" },
	{ VERIFY " --cpu z80", ERR_USAGE, "want one of max, n1" },
	{ VERIFY " --kernel 7.0", ERR_USAGE, "no switch model for kernel 7.0" },
	{ VERIFY " --mode nested", ERR_USAGE, "linux-6.12-nvhe" },
	{ VERIFY " --kernel 4.15 --mode protected", ERR_USAGE, "mode protected" },
	{ VERIFY " --cpu a57 --mode vhe", ERR_MODEL, "FEAT_VHE" },
	{ "el2sim verify configs/machine/qemu-n1.ini --cpu n1 --reference " REFERENCE, ERR_USAGE,
	  "one or the other" },
	{ VERIFY " --exits hvc_unknwon", ERR_USAGE, "did you mean \"hvc_unknown\"" },
	{ VERIFY " --exits hvc_unknown,elephant", ERR_USAGE, "elephant" },
	{ VERIFY " --exits sgi_self", ERR_USAGE, "has no exit kind \"sgi_self\"" },
	{ VERIFY " --exits ,", ERR_USAGE, "empty list" },
	{ VERIFY " --explain sgi_self", ERR_USAGE, "has no exit kind \"sgi_self\"" },
	{ VERIFY " --explain hvc_unknown --exits hvc_unknown", ERR_USAGE, "one or the other" },
	{ VERIFY " --cfg 3", ERR_USAGE, "0, 1 and 2" },
	{ VERIFY " --cfg zero", ERR_USAGE, "0, 1 and 2" },
	{ VERIFY " --cfg 1", ERR_INPUT, "no rows to compare" },
	{ VERIFY " --order tests/data/nowhere", ERR_INPUT, "tests/data/nowhere" },
	{ VERIFY " --order README.md", ERR_INPUT, "README.md" },
	{ VERIFY " --order tests/golden", ERR_INPUT, "no path that was asked for" },
	{ VERIFY " --order tests/data/order --cfg 2", ERR_INPUT, "no path that was asked for" },
	{ VERIFY " --totals nowhere.csv", ERR_INPUT, "nowhere.csv" },
	{ VERIFY " --totals " TOTALS " --min-modal 2", ERR_USAGE, "0 to 1" },
	{ VERIFY " --totals " TOTALS " --min-modal half", ERR_USAGE, "0 to 1" },
	{ VERIFY " --totals " TOTALS " --min-modal nan", ERR_USAGE, "0 to 1" },
	{ VERIFY " --summary yaml", ERR_USAGE, "yaml" },
	{ "el2sim verify --kernel 6.12 --cpu max --mode vhe --cfg 0,2 --run nowhere.e2t --reference " REFERENCE, ERR_USAGE,
	  "--cfg 0,2 with --run" },
	{ "el2sim verify --reference " REFERENCE " --run nowhere.e2t", ERR_USAGE,
	  "--run without a configuration" },
};

START_TEST(a_wrong_question_is_refused_with_a_reason)
{
	struct err e;

	ck_assert_msg(run_command(refused[_i].line, NULL, &e) == -1, "%s", refused[_i].line);
	ck_assert_msg(e.code == refused[_i].code, "%s: code %d: %s", refused[_i].line, e.code,
		      e.text);
	ck_assert_msg(strstr(e.text, refused[_i].says) != NULL, "%s: %s", refused[_i].line, e.text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("verify");
	TCase *c = tcase_create("verify");

	tcase_add_test(c, a_reference_says_itself_what_it_is_compared_with);
	tcase_add_test(c, another_model_differs_and_says_where);
	tcase_add_test(c, every_cpu_of_a_reference_has_its_profile);
	tcase_add_test(c, every_model_of_6_1_and_6_12_is_found_by_kernel_and_mode);
	tcase_add_test(c, kinds_without_a_usual_path_are_left_out);
	tcase_add_test(c, a_folder_and_an_archive_of_paths_say_the_same);
	tcase_add_test(c, the_first_difference_in_order_is_shown_with_its_row);
	tcase_add_test(c, a_path_keeps_the_hard_ops_under_the_names_that_they_reach);
	tcase_add_test(c, a_line_that_is_none_is_refused_with_its_number);
	tcase_add_test(c, a_path_is_known_by_the_name_of_its_file);
	tcase_add_test(c, the_hosts_path_out_of_order_leaves_the_switch_exact);
	tcase_add_test(c, a_bundle_is_read_whole_or_refused);
	tcase_add_test(c, explain_names_the_function_and_the_row_of_each_access);
	tcase_add_test(c, the_summary_is_the_answer_as_json);
	tcase_add_loop_test(c, a_wrong_question_is_refused_with_a_reason, 0,
			    (int)(sizeof(refused) / sizeof(refused[0])));
	suite_add_tcase(s, c);
	return suite_status(s);
}
