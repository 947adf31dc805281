/* SPDX-License-Identifier: Apache-2.0 */
/* run, compare, profile, regs, exits: what they print, in every format, and what they refuse. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "models/hyp/abi/abi_reg.h"
#include "models/hyp/kvm/exits.h"
#include "models/hyp/ws/ws_policy.h"
#include "sim/app/output.h"
#include "tests/command_json.h"
#include "tests/suite.h"

#define GOLDEN     "tests/golden/"
#define EXPERIMENT "configs/experiment/"
#define VHE        EXPERIMENT "linux-6.12-vhe-n1.ini"
#define NVHE       EXPERIMENT "linux-6.12-nvhe-n1.ini"

/* ---- blessed reports ---- */

static const struct {
	const char *golden, *line;
} blessed[] = {
	{ "run-vhe.txt", "el2sim run " VHE },
	{ "run-nvhe.txt", "el2sim run " NVHE },
	{ "run-vhe.json", "el2sim run " VHE " --format json" },
	{ "compare-eager-vs-deferred.txt", "el2sim compare " EXPERIMENT "eager-vs-deferred.ini" },
	{ "compare-eager-vs-deferred.md", "el2sim compare " EXPERIMENT "eager-vs-deferred.ini --format md" },
	{ "compare-el1-eager.txt", "el2sim compare " EXPERIMENT "el1-eager.ini" },
	{ "compare-el1-eager.csv", "el2sim compare " EXPERIMENT "el1-eager.ini --format csv" },
	{ "flags.txt", "el2sim flags --rules --places " NVHE },
	{ "profile-vhe-top.txt", "el2sim profile " VHE " --top 20" },
};

START_TEST(reports_are_the_blessed_ones)
{
	const char *golden = blessed[_i].golden;
	struct str got = output_of(blessed[_i].line), path = STR_INIT;

	str_addf(&path, GOLDEN "%s", golden);
	same_as_blessed(str_get(&path), &got, blessed[_i].line);
	str_free(&got);
	str_free(&path);
}
END_TEST

/* ---- formats ---- */

static const struct {
	const char *line, *schema, *table;
} commands[] = {
	{ "el2sim run " VHE, "el2sim.run/1", "phases" },
	{ "el2sim compare " VHE " " NVHE, "el2sim.compare/1", "per_exit" },
	{ "el2sim profile " VHE, "el2sim.profile/1", "ops" },
	{ "el2sim regs", "el2sim.regs/1", "registers" },
	{ "el2sim regs --features --groups --costs", "el2sim.regs/1", "groups" },
	{ "el2sim run " VHE " --flags", "el2sim.run/1", "flags" },
	{ "el2sim flags", "el2sim.flags/1", "flags" },
	{ "el2sim flags --rules --places", "el2sim.flags/1", "places" },
	{ "el2sim explore " VHE " --depth 3", "el2sim.explore/1", "kinds" },
	{ "el2sim explore --doc", "el2sim.explore/1", "events" },
	{ "el2sim exits", "el2sim.exits/1", "kinds" },
	{ "el2sim exits --ops --conds --components --models", "el2sim.exits/1", "models" },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

START_TEST(json_parses_and_names_its_schema)
{
	char line[256];
	struct str out;
	json_error_t je;
	json_t *j;

	(void)snprintf(line, sizeof(line), "%s --format json", commands[_i].line);
	out = output_of(line);
	j = json_loads(str_get(&out), JSON_REJECT_DUPLICATES, &je);
	ck_assert_msg(j != NULL, "%s: line %d: %s", line, je.line, je.text);
	ck_assert_str_eq(json_string_value(json_object_get(j, "schema")), commands[_i].schema);
	ck_assert_ptr_nonnull(json_object_get(json_object_get(j, "tables"), commands[_i].table));
	json_decref(j);
	str_free(&out);
}
END_TEST

START_TEST(every_format_says_something)
{
	for (unsigned f = 0; output_formats[f] != NULL; f++) {
		char line[256];
		struct str out;

		(void)snprintf(line, sizeof(line), "%s --format %s", commands[_i].line, output_formats[f]);
		out = output_of(line);
		ck_assert_uint_gt(out.len, 200);
		str_free(&out);
	}
}
END_TEST

START_TEST(csv_heads_each_table_with_its_keys)
{
	struct str out = output_of("el2sim run " VHE " --format csv");

	ck_assert_ptr_nonnull(strstr(str_get(&out), "# table: phases\nphase,runs,reads,writes,isb,dsb,hvc,eret,exc,"));
	ck_assert_ptr_nonnull(strstr(str_get(&out), "# table: kinds\nkind,count,reads,writes,cycles,"));
	str_free(&out);
}
END_TEST

START_TEST(the_same_command_prints_the_same_bytes)
{
	struct str a = output_of(commands[_i].line), b = output_of(commands[_i].line);

	ck_assert_str_eq(str_get(&a), str_get(&b));
	str_free(&a);
	str_free(&b);
}
END_TEST

/* ---- what is refused ---- */

static const struct {
	const char *line;
	enum err_code code;
	const char *says;
} refused[] = {
	{ "el2sim run", ERR_USAGE, "CONFIG" },
	{ "el2sim run " VHE " " NVHE, ERR_USAGE, "" },
	{ "el2sim run " EXPERIMENT "eager-vs-deferred.ini", ERR_USAGE, "el2sim compare" },
	{ "el2sim run " VHE " --trace nowhere.e2t", ERR_INPUT, "nowhere.e2t" },
	{ "el2sim run configs/machine/neoverse-n1.ini", ERR_CONFIG, "--trace" },
	{ "el2sim run " VHE " --trace README.md", ERR_INPUT, "README.md" },
	{ "el2sim run " VHE " --format html5", ERR_USAGE, "html5" },
	{ "el2sim run " VHE " --policy.common=deferred", ERR_MODEL, "SP_EL0" },
	{ "el2sim run " VHE " --machine.features=gicv3", ERR_MODEL, "FEAT_VHE" },
	{ "el2sim run nowhere.ini", ERR_CONFIG, "nowhere.ini" },
	{ "el2sim compare", ERR_USAGE, "CONFIG" },
	{ "el2sim compare " VHE " nowhere.ini", ERR_CONFIG, "nowhere.ini" },
	{ "el2sim compare " VHE " --vary policy.el1", ERR_USAGE, "policy.el1=eager,deferred" },
	{ "el2sim compare " VHE " --vary policy.el1=", ERR_USAGE, "want section.key=a,b,c" },
	{ "el2sim compare " VHE " --vary policy.el1=eager,,deferred", ERR_USAGE, "want section.key=a,b,c" },
	{ "el2sim compare " VHE " --vary el1=eager", ERR_USAGE, "want section.key=a,b,c" },
	{ "el2sim compare " VHE " --vary policy.el1=eager,sometimes", ERR_CONFIG, "sometimes" },
	{ "el2sim compare " VHE " --vary policy.elephant=eager", ERR_CONFIG, "elephant" },
	{ "el2sim compare " VHE " --vary cost.isb=1,2,3,4,5 --vary cost.dsb=1,2,3,4,5", ERR_USAGE, "16" },
	{ "el2sim compare " VHE " " NVHE " --baseline 3", ERR_USAGE, "1..2" },
	{ "el2sim compare " VHE " --baseline 0", ERR_USAGE, "0" },
	{ "el2sim profile " VHE " --top 0", ERR_USAGE, "0" },
	{ "el2sim regs VHE", ERR_USAGE, "" },
};

START_TEST(a_wrong_command_is_refused_with_a_reason)
{
	struct err e;

	ck_assert_msg(run_command(refused[_i].line, NULL, &e) == -1, "%s", refused[_i].line);
	ck_assert_msg(e.code == refused[_i].code, "%s: code %d: %s", refused[_i].line, e.code, e.text);
	ck_assert_msg(strstr(e.text, refused[_i].says) != NULL, "%s: %s", refused[_i].line, e.text);
}
END_TEST

/* ---- tables ---- */

START_TEST(every_register_and_every_exit_kind_is_listed)
{
	json_t *regs = json_of("el2sim regs"), *exits = json_of("el2sim exits");

	ck_assert_uint_eq(json_array_size(rows_of(regs, "registers")), SR_COUNT - 1);
	ck_assert_uint_eq(json_array_size(rows_of(exits, "kinds")), EXIT_COUNT);
	json_decref(regs);
	json_decref(exits);
}
END_TEST

/* What is data stands in tables, and what has one value only is no option. */
#define OPTIONS_MAX 499

START_TEST(data_is_no_option)
{
	json_t *doc = json_of("el2sim config --doc"), *options = rows_of(doc, "options"), *row;
	bool listed[SR_COUNT] = { false };
	size_t i;

	ck_assert_uint_le(json_array_size(options), OPTIONS_MAX);
	json_array_foreach(options, i, row) {
		const char *name = json_string_value(json_object_get(row, "key"));

		if (strncmp(name, "policy.", 7) == 0)
			listed[sysreg_by_name(name + 7)] = true; /* a group: SR_NONE */
	}
	for (unsigned r = SR_NONE + 1; r < SR_COUNT; r++)
		ck_assert_msg(listed[r] == ws_policy_applies((enum sysreg)r), "%s", sysreg_name((enum sysreg)r));
	ck_assert(listed[SR_SCTLR_EL1] && !listed[SR_MIDR_EL1]);
	json_decref(doc);
}
END_TEST

static uint64_t id_of(enum sysreg reg)
{
	enum abi_reg row = abi_reg_of(reg);

	return row != ABI_REG_COUNT ? abi_reg_row(row)->id : 0;
}

START_TEST(register_ids_are_those_of_the_kvm_api)
{
	static const struct {
		enum sysreg reg;
		uint64_t id;
	} known[] = {
		{ SR_SP_EL0, 0x603000000010003e },	{ SR_SP_EL1, 0x6030000000100044 },
		{ SR_FPSR, 0x60200000001000d4 },	{ SR_SCTLR_EL1, 0x603000000013c080 },
		{ SR_TTBR0_EL1, 0x603000000013c100 },	{ SR_TPIDR_EL0, 0x603000000013de82 },
		{ SR_CNTV_CTL_EL0, 0x603000000013df19 }, { SR_CNTV_CVAL_EL0, 0x603000000013df02 },
		{ SR_MDSCR_EL1, 0x6030000000138012 },	{ SR_DBGBVR0_EL1, 0x6030000000138004 },
		{ SR_HCR_EL2, 0 },			{ SR_ICH_HCR_EL2, 0 },
		{ SR_ESR_EL2, 0 },			{ SR_ICC_IAR1_EL1, 0 },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		ck_assert_msg(id_of(known[i].reg) == known[i].id, "%s", sysreg_name(known[i].reg));
}
END_TEST

START_TEST(no_two_registers_have_the_same_id)
{
	for (unsigned a = SR_NONE + 1; a < SR_COUNT; a++) {
		for (unsigned b = a + 1; b < SR_COUNT; b++)
			ck_assert_msg(id_of((enum sysreg)a) == 0 || id_of((enum sysreg)a) != id_of((enum sysreg)b),
				      "%s %s", sysreg_name((enum sysreg)a), sysreg_name((enum sysreg)b));
	}
}
END_TEST

/* ---- what is shipped ---- */

/* What a [sweep] includes at each point the file itself lacks: tests/test_sweep.c runs it. */
static bool is_swept(const char *path)
{
	struct str text = slurp(path);
	bool swept = strstr(str_get(&text), "\n[sweep]\n") != NULL;

	str_free(&text);
	return swept;
}

START_TEST(every_shipped_experiment_compares)
{
	DIR *d = opendir(EXPERIMENT);
	struct dirent *f;
	unsigned n = 0;

	ck_assert_ptr_nonnull(d);
	while ((f = readdir(d)) != NULL) {
		size_t len = strlen(f->d_name);
		char line[512];
		struct str out;

		if (len < 4 || strcmp(f->d_name + len - 4, ".ini") != 0)
			continue;
		(void)snprintf(line, sizeof(line), EXPERIMENT "%s", f->d_name);
		if (is_swept(line))
			continue;
		(void)snprintf(line, sizeof(line), "el2sim compare " EXPERIMENT "%s", f->d_name);
		out = output_of(line);
		str_free(&out);
		n++;
	}
	(void)closedir(d);
	ck_assert_uint_gt(n, 4);
}
END_TEST

static TCase *tests_of_commands(void)
{
	TCase *c = tcase_create("commands");
	const int n = (int)N_COMMANDS;

	tcase_add_loop_test(c, reports_are_the_blessed_ones, 0, (int)(sizeof(blessed) / sizeof(blessed[0])));
	tcase_add_loop_test(c, json_parses_and_names_its_schema, 0, n);
	tcase_add_loop_test(c, every_format_says_something, 0, n);
	tcase_add_loop_test(c, the_same_command_prints_the_same_bytes, 0, n);
	tcase_add_loop_test(c, a_wrong_command_is_refused_with_a_reason, 0,
			    (int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_test(c, csv_heads_each_table_with_its_keys);
	tcase_add_test(c, every_register_and_every_exit_kind_is_listed);
	tcase_add_test(c, data_is_no_option);
	tcase_add_test(c, register_ids_are_those_of_the_kvm_api);
	tcase_add_test(c, no_two_registers_have_the_same_id);
	tcase_add_test(c, every_shipped_experiment_compares);
	return c;
}

int main(void)
{
	Suite *s = suite_create("commands");

	if (chdir(EL2SIM_SOURCE_DIR) != 0)
		return 1;
	suite_add_tcase(s, tests_of_commands());
	return suite_status(s);
}
