/* SPDX-License-Identifier: Apache-2.0 */
/* run, compare, profile, regs, exits: what they print, in every format, and what they refuse. */
#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>

#include "models/cpu/kvm_reg.h"
#include "models/hyp/exits.h"
#include "sim/app/output.h"
#include "tests/command.h"
#include "tests/suite.h"

#define GOLDEN     "tests/golden/"
#define EXPERIMENT "configs/experiment/"
#define VHE        EXPERIMENT "linux-6.12-vhe-n1.ini"
#define NVHE       EXPERIMENT "linux-6.12-nvhe-n1.ini"

static struct str output_of(const char *line)
{
	struct str out = STR_INIT;
	struct err e;

	ck_assert_msg(run_command(line, &out, &e) == 0, "%s: %s", line, e.text);
	return out;
}

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
	struct str got = output_of(blessed[_i].line), path = STR_INIT, want;

	str_addf(&path, GOLDEN "%s", golden);
	if (getenv("EL2SIM_BLESS") != NULL)
		spill(str_get(&path), got.s, got.len);
	want = slurp(str_get(&path));
	ck_assert_msg(strcmp(str_get(&got), str_get(&want)) == 0,
		      "%s is not what \"%s\" prints now; if that is meant: EL2SIM_BLESS=1 tests/test_commands, and "
		      "review the difference", str_get(&path), blessed[_i].line);
	str_free(&got);
	str_free(&path);
	str_free(&want);
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

	ck_assert_ptr_nonnull(strstr(str_get(&out), "# table: phases\nphase,runs,read,write,isb,dsb,hvc,eret,exc,"));
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

/* ---- what run says ---- */

static json_t *json_of(const char *line)
{
	struct str text = STR_INIT, out;
	json_error_t je;
	json_t *j;

	str_addf(&text, "%s --format json", line);
	out = output_of(str_get(&text));
	j = json_loads(str_get(&out), 0, &je);
	ck_assert_ptr_nonnull(j);
	str_free(&text);
	str_free(&out);
	return j;
}

static json_t *rows_of(json_t *j, const char *table)
{
	return json_object_get(json_object_get(json_object_get(j, "tables"), table), "rows");
}

static int64_t number(const json_t *row, const char *key)
{
	const json_t *v = json_object_get(row, key);

	ck_assert_msg(json_is_integer(v), "%s", key);
	return json_integer_value(v);
}

/* Sum of a column over the rows whose first cell is not "total". */
static int64_t sum(json_t *j, const char *table, const char *name, const char *key)
{
	json_t *rows = rows_of(j, table), *row;
	int64_t n = 0;
	size_t i;

	json_array_foreach(rows, i, row) {
		const char *first = json_string_value(json_object_get(row, name));

		if (first == NULL || strcmp(first, "total") != 0)
			n += number(row, key);
	}
	return n;
}

START_TEST(every_table_of_a_run_adds_up_to_the_same)
{
	json_t *j = json_of("el2sim run " VHE);
	int64_t reads = sum(j, "phases", "phase", "read"), writes = sum(j, "phases", "phase", "write");
	int64_t cycles = sum(j, "phases", "phase", "cycles");

	ck_assert_int_gt(reads, 0);
	ck_assert_int_eq(sum(j, "kinds", "kind", "reads"), reads);
	ck_assert_int_eq(sum(j, "kinds", "kind", "writes"), writes);
	ck_assert_int_eq(sum(j, "kinds", "kind", "cycles"), cycles);
	ck_assert_int_eq(sum(j, "vcpus", "vm", "reads"), reads);
	ck_assert_int_eq(sum(j, "vcpus", "vm", "cycles"), cycles);
	ck_assert_int_eq(sum(j, "groups", "group", "total"), reads + writes);
	ck_assert_int_eq(sum(j, "group_cycles", "group", "total"), cycles);
	ck_assert_int_eq(sum(j, "registers", "register", "reads"), reads);
	ck_assert_int_eq(sum(j, "registers", "register", "writes"), writes);
	ck_assert_int_eq(sum(j, "counters", "counter", "cycles"), cycles);
	json_decref(j);
}
END_TEST

START_TEST(groups_of_a_workload_add_up_to_its_phases)
{
	json_t *j = json_of("el2sim run " EXPERIMENT "overcommit.ini --machine.vcpus=8 --run.duration=5000"), *row;
	size_t i;

	json_array_foreach(rows_of(j, "phases"), i, row) {
		const char *phase = json_string_value(json_object_get(row, "phase"));

		if (strcmp(phase, "total") != 0)
			ck_assert_int_eq(sum(j, "group_cycles", "group", phase), number(row, "cycles"));
	}
	ck_assert_uint_gt(i, 5);
	json_decref(j);
}
END_TEST

START_TEST(a_profile_adds_up_to_the_run)
{
	json_t *run_ = json_of("el2sim run " VHE), *profile = json_of("el2sim profile " VHE);

	ck_assert_int_eq(sum(profile, "ops", "op", "cycles"), sum(run_, "phases", "phase", "cycles"));
	json_decref(run_);
	json_decref(profile);
}
END_TEST

START_TEST(top_prints_the_most_expensive_first)
{
	json_t *j = json_of("el2sim profile " VHE " --top 5"), *row;
	int64_t last = INT64_MAX;
	size_t i;

	ck_assert_uint_eq(json_array_size(rows_of(j, "ops")), 5);
	json_array_foreach(rows_of(j, "ops"), i, row) {
		ck_assert_int_le(number(row, "cycles"), last);
		last = number(row, "cycles");
	}
	json_decref(j);
}
END_TEST

/* Row of a table whose first column has this text. */
static json_t *row_of(json_t *j, const char *table, const char *name, const char *text)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows_of(j, table), i, row) {
		if (strcmp(json_string_value(json_object_get(row, name)), text) == 0)
			return row;
	}
	ck_abort_msg("%s: no row %s", table, text);
	return NULL;
}

START_TEST(without_a_path_profile_nothing_is_made_up)
{
	json_t *j = json_of("el2sim run configs/machine/neoverse-n1.ini --trace " SAMPLE), *row;
	size_t i;

	json_array_foreach(rows_of(j, "kinds"), i, row) {
		ck_assert(json_is_null(json_object_get(row, "path_insns")));
		ck_assert(json_is_null(json_object_get(row, "path_cycles")));
	}
	ck_assert(json_is_null(json_object_get(row_of(j, "cycles", "part", "measured path"), "cycles")));
	json_decref(j);
}
END_TEST

START_TEST(the_measured_path_is_what_was_recorded_less_what_is_modelled)
{
	json_t *j = json_of("el2sim run " VHE), *row = row_of(j, "kinds", "kind", "hvc_psci_version");
	int64_t count = number(row, "count"), insns = number(row, "path_insns");

	/* recorded: 1,355 instructions, modelled ones among them; a few exits were scheduled out, too */
	ck_assert_int_lt(insns / count, 1355);
	ck_assert_int_gt(insns / count, 1200);
	json_decref(j);
}
END_TEST

static bool notes_say(json_t *j, const char *text)
{
	json_t *note;
	size_t i;

	json_array_foreach(json_object_get(j, "notes"), i, note) {
		if (strstr(json_string_value(note), text) != NULL)
			return true;
	}
	return false;
}

START_TEST(a_path_shorter_than_what_is_modelled_leaves_nothing_and_says_so)
{
	json_t *j = json_of("el2sim run " VHE " --path.hvc_psci_version.insns_host=10");

	ck_assert(json_is_null(json_object_get(row_of(j, "kinds", "kind", "hvc_psci_version"), "path_insns")));
	ck_assert(notes_say(j, "fewer instructions recorded than the model stands for"));
	json_decref(j);
}
END_TEST

START_TEST(a_path_of_another_kernel_or_core_is_named_as_an_assumption)
{
	json_t *j = json_of("el2sim run " EXPERIMENT "linux-4.15-vhe-n1.ini --machine.name=other");

	ck_assert(notes_say(j, "linux-4.15-vhe was not recorded"));
	ck_assert(notes_say(j, "recorded on n1, and the machine is other"));
	json_decref(j);
}
END_TEST

START_TEST(cpi_scales_the_measured_path_and_nothing_else)
{
	json_t *a = json_of("el2sim run " VHE " --cost.cpi=1.0"), *b = json_of("el2sim run " VHE " --cost.cpi=2.5");
	json_t *x = row_of(a, "kinds", "kind", "hvc_psci_version"), *y = row_of(b, "kinds", "kind", "hvc_psci_version");

	ck_assert_int_eq(number(x, "path_cycles"), number(x, "path_insns"));
	ck_assert_int_eq(number(y, "path_cycles"), number(x, "path_cycles") * 5 / 2);
	ck_assert_int_eq(number(x, "cycles"), number(y, "cycles"));
	json_decref(a);
	json_decref(b);
}
END_TEST

START_TEST(counting_and_detailed_reports_are_the_same)
{
	struct str a = output_of("el2sim run " NVHE " --run.counting=yes"), b = output_of("el2sim run " NVHE " --run.counting=no");

	ck_assert_str_eq(str_get(&a), str_get(&b));
	str_free(&a);
	str_free(&b);
}
END_TEST

/* ---- what compare says ---- */

static size_t columns(const char *line)
{
	json_t *j = json_of(line);
	size_t n = json_array_size(rows_of(j, "configs"));

	json_decref(j);
	return n;
}

START_TEST(vary_gives_one_column_per_combination)
{
	ck_assert_uint_eq(columns("el2sim compare " VHE), 1);
	ck_assert_uint_eq(columns("el2sim compare " VHE " --vary policy.el1=eager,deferred"), 2);
	ck_assert_uint_eq(columns("el2sim compare " VHE " --vary policy.el1=eager,deferred --vary "
				  "machine.list_registers=1,2,4"), 6);
	ck_assert_uint_eq(columns("el2sim compare " VHE " " NVHE " --vary machine.list_registers=1,2"), 4);
	ck_assert_uint_eq(columns("el2sim compare " EXPERIMENT "eager-vs-deferred.ini"), 4);
	ck_assert_uint_eq(columns("el2sim compare " EXPERIMENT "el1-eager.ini --vary machine.list_registers=1,2"), 4);
}
END_TEST

START_TEST(a_column_says_what_is_different_in_it)
{
	json_t *j = json_of("el2sim compare " VHE " " NVHE " --vary machine.list_registers=1,2");
	json_t *rows = rows_of(j, "configs");

	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(rows, 0), "column")), "6.12 VHE list_registers=1");
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(rows, 3), "column")), "6.12 nVHE list_registers=2");
	json_decref(j);
	j = json_of("el2sim compare " VHE " --vary policy.el1=eager,deferred");
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(rows_of(j, "configs"), 0), "column")), "el1=eager");
	json_decref(j);
}
END_TEST

START_TEST(a_comparison_has_the_numbers_of_each_run)
{
	json_t *c = json_of("el2sim compare " VHE " " NVHE), *a = json_of("el2sim run " VHE), *b = json_of("el2sim run " NVHE);
	json_t *row = row_of(c, "counters", "counter", "writes");

	ck_assert_int_eq(number(row, "c1"), sum(a, "phases", "phase", "write"));
	ck_assert_int_eq(number(row, "c2"), sum(b, "phases", "phase", "write"));
	row = row_of(c, "cycles", "part", "total");
	ck_assert_int_eq(number(row, "c1"), number(row_of(a, "cycles", "part", "total"), "cycles"));
	ck_assert_int_eq(number(row, "c2"), number(row_of(b, "cycles", "part", "total"), "cycles"));
	json_decref(a);
	json_decref(b);
	json_decref(c);
}
END_TEST

START_TEST(the_plain_exit_of_6_12_is_the_published_one)
{
	json_t *j = json_of("el2sim compare " EXPERIMENT "eager-vs-deferred.ini");
	json_t *row = row_of(j, "per_exit", "what", "one HVC handled in the kernel");

	/* 11 reads and 13 writes; 64 and 74 */
	ck_assert_double_eq(json_number_value(json_object_get(row, "c2")), 24.0);
	ck_assert_double_eq(json_number_value(json_object_get(row, "c4")), 138.0);
	json_decref(j);
}
END_TEST

START_TEST(the_baseline_is_the_one_that_was_asked_for)
{
	json_t *j = json_of("el2sim compare " EXPERIMENT "eager-vs-deferred.ini --baseline 2");
	json_t *row = row_of(j, "relative", "what", "accesses, whole trace");

	ck_assert_double_eq(json_number_value(json_object_get(row, "c2")), 1.0);
	ck_assert_double_gt(json_number_value(json_object_get(row, "c1")), 2.0);
	json_decref(j);
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

/* A count of the table "flags" of a run. */
static json_int_t flag_uses(json_t *run, const char *flag, const char *column)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows_of(run, "flags"), i, row) {
		if (strcmp(json_string_value(json_object_get(row, "flag")), flag) == 0)
			return json_integer_value(json_object_get(row, column));
	}
	return 0;
}

/* Every model, on the trace and on a workload. */
START_TEST(no_shipped_configuration_breaks_a_rule_of_vcpu_flags)
{
	static const char *const lines[] = {
		"el2sim run " VHE " --flags", "el2sim run " NVHE " --flags",
		"el2sim run " EXPERIMENT "linux-4.15-vhe-n1.ini --flags",
		"el2sim run " EXPERIMENT "linux-4.15-nvhe-n1.ini --flags",
		"el2sim run " EXPERIMENT "overcommit.ini --flags",
		"el2sim run " VHE " --flags --switch.model=linux-6.1-vhe",
		"el2sim run " VHE " --flags --policy.el1=eager",
		"el2sim run " NVHE " --flags --run.counting=no",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct str out = output_of(lines[i]);

		ck_assert_msg(strstr(str_get(&out), " uses, no rule broken") != NULL, "%s", lines[i]);
		str_free(&out);
	}
}
END_TEST

/* What the trace says, said by flags: one load per SYSREGS_ON_CPU, one entry per read of PENDING_EXCEPTION. */
START_TEST(flags_of_a_run_agree_with_its_counts)
{
	json_t *run = json_of("el2sim run " VHE " --flags");
	const json_t *row;
	json_int_t loads = 0, entries = 0;
	size_t i;

	json_array_foreach(rows_of(run, "phases"), i, row) {
		const char *phase = json_string_value(json_object_get(row, "phase"));

		loads += strcmp(phase, "load") == 0 ? json_integer_value(json_object_get(row, "runs")) : 0;
		entries += strcmp(phase, "enter") == 0 ? json_integer_value(json_object_get(row, "runs")) : 0;
	}
	ck_assert_int_gt(loads, 0);
	ck_assert_int_eq(flag_uses(run, "SYSREGS_ON_CPU", "set_hyp"), loads);
	ck_assert_int_eq(flag_uses(run, "PENDING_EXCEPTION", "get_hyp"), entries);
	ck_assert_int_eq(flag_uses(run, "INCREMENT_PC", "clear_hyp"), flag_uses(run, "INCREMENT_PC", "set_kernel"));
	ck_assert_int_eq(flag_uses(run, "SYSREGS_ON_CPU", "get_hyp"), 0);
	row = json_array_get(rows_of(run, "accessors"), 0);
	ck_assert_int_eq(flag_uses(run, "SYSREGS_ON_CPU", "get_kernel"),
			 json_integer_value(json_object_get(row, "cpu")) +
				 json_integer_value(json_object_get(row, "memory")));
	json_decref(run);
}
END_TEST

START_TEST(force_runs_what_lint_refuses)
{
	struct str out = output_of("el2sim run " VHE " --policy.common=deferred --force");

	ck_assert_uint_gt(out.len, 1000);
	str_free(&out);
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
		ck_assert_msg(kvm_reg_id(known[i].reg) == known[i].id, "%s", sysreg_name(known[i].reg));
}
END_TEST

START_TEST(no_two_registers_have_the_same_id)
{
	for (unsigned a = SR_NONE + 1; a < SR_COUNT; a++) {
		for (unsigned b = a + 1; b < SR_COUNT; b++)
			ck_assert_msg(kvm_reg_id((enum sysreg)a) == 0 ||
					      kvm_reg_id((enum sysreg)a) != kvm_reg_id((enum sysreg)b),
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

	tcase_set_timeout(c, 120);
	tcase_add_loop_test(c, reports_are_the_blessed_ones, 0, (int)(sizeof(blessed) / sizeof(blessed[0])));
	tcase_add_loop_test(c, json_parses_and_names_its_schema, 0, n);
	tcase_add_loop_test(c, every_format_says_something, 0, n);
	tcase_add_loop_test(c, the_same_command_prints_the_same_bytes, 0, n);
	tcase_add_loop_test(c, a_wrong_command_is_refused_with_a_reason, 0,
			    (int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_test(c, no_shipped_configuration_breaks_a_rule_of_vcpu_flags);
	tcase_add_test(c, flags_of_a_run_agree_with_its_counts);
	tcase_add_test(c, csv_heads_each_table_with_its_keys);
	tcase_add_test(c, every_table_of_a_run_adds_up_to_the_same);
	tcase_add_test(c, groups_of_a_workload_add_up_to_its_phases);
	tcase_add_test(c, a_profile_adds_up_to_the_run);
	tcase_add_test(c, top_prints_the_most_expensive_first);
	tcase_add_test(c, without_a_path_profile_nothing_is_made_up);
	tcase_add_test(c, the_measured_path_is_what_was_recorded_less_what_is_modelled);
	tcase_add_test(c, a_path_shorter_than_what_is_modelled_leaves_nothing_and_says_so);
	tcase_add_test(c, a_path_of_another_kernel_or_core_is_named_as_an_assumption);
	tcase_add_test(c, cpi_scales_the_measured_path_and_nothing_else);
	tcase_add_test(c, counting_and_detailed_reports_are_the_same);
	tcase_add_test(c, vary_gives_one_column_per_combination);
	tcase_add_test(c, a_column_says_what_is_different_in_it);
	tcase_add_test(c, a_comparison_has_the_numbers_of_each_run);
	tcase_add_test(c, the_plain_exit_of_6_12_is_the_published_one);
	tcase_add_test(c, the_baseline_is_the_one_that_was_asked_for);
	tcase_add_test(c, force_runs_what_lint_refuses);
	tcase_add_test(c, every_register_and_every_exit_kind_is_listed);
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
