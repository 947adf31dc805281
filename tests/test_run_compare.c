/* SPDX-License-Identifier: Apache-2.0 */
/* What run and compare say: tables agree with each other, measured parts are named, flags are counted. */
#include <stdlib.h>

#include "tests/command_json.h"
#include "tests/suite.h"

#define EXPERIMENT "configs/experiment/"
#define VHE        EXPERIMENT "linux-6.12-vhe-n1.ini"
#define NVHE       EXPERIMENT "linux-6.12-nvhe-n1.ini"

/* ---- what run says ---- */

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
	int64_t reads = sum(j, "phases", "phase", "reads"), writes = sum(j, "phases", "phase", "writes");
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
	json_t *j = json_of("el2sim run " VHE " --profile.table=tests/data/path-short.csv");

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

	ck_assert_int_eq(number(row, "c1"), sum(a, "phases", "phase", "writes"));
	ck_assert_int_eq(number(row, "c2"), sum(b, "phases", "phase", "writes"));
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

/* Columns that move as much as the first: what is said is what changed, whatever was varied. */
static const struct {
	const char *args, *says;
	bool cycles;
} varied[] = {
	{ VHE " --vary cost.eret=100,200", "as many accesses as eret=100, other cycles: ", true },
	{ VHE " --vary cost.isb=1,100", "as many accesses as isb=1, other cycles: ", true },
	{ VHE " --vary cost.cpi=1.0,2.5", "as many accesses as cpi=1.0, other cycles: ", true },
	{ VHE " --vary run.seed=1,2", "seed=2: no difference from seed=1 in accesses or cycles", false },
	{ VHE " --vary policy.el1=deferred,eager", "more accesses per exit", true },
};

START_TEST(the_verdict_of_a_comparison_is_about_what_changed)
{
	char cmd[256];
	json_t *j, *total;
	const char *says;

	(void)snprintf(cmd, sizeof(cmd), "el2sim compare %s", varied[_i].args);
	j = json_of(cmd);
	says = json_string_value(json_array_get(json_object_get(j, "verdicts"), 0));
	ck_assert_msg(strstr(says, varied[_i].says) != NULL, "%s: %s", cmd, says);
	total = row_of(j, "cycles", "part", "total");
	ck_assert_int_eq(number(total, "c1") != number(total, "c2"), varied[_i].cycles);
	json_decref(j);
}
END_TEST

/* ---- sentences ---- */

/* The figures of a run's sentence are those of its tables, and "most" is more than half. */
START_TEST(the_answer_of_a_run_says_most_only_of_more_than_half)
{
	static const char *const of[] = { VHE, NVHE, VHE " --policy.el1=eager", EXPERIMENT "linux-4.15-vhe-n1.ini",
					  VHE " --cost.isb=20000" };
	char cmd[160];
	size_t parts = 0;
	json_t *j;

	(void)snprintf(cmd, sizeof(cmd), "el2sim run %s", of[_i]);
	j = json_of(cmd);
	for (const char *p = json_string_value(json_array_get(json_object_get(j, "verdicts"), 0)); (p = strstr(p, " %) in ")) != NULL; p++) {
		const char *open = p, *name = strchr(p + 7, ' ') + 1;
		const char *table = strncmp(p + 7, "exits", 5) == 0 ? "kinds" : parts == 0 ? "groups" : "group_cycles";
		const char *key = strcmp(table, "kinds") == 0 ? "kind" : "group", *column = strcmp(table, "kinds") == 0 ? "cycles" : "total";
		char what[64];
		double share, want;

		(void)snprintf(what, sizeof(what), "%.*s", (int)strcspn(name, ";, "), name);
		while (*open != '(')
			open--;
		share = strtod(open + 1, NULL);
		want = (double)number(row_of(j, table, key, what), column) * 100 / (double)sum(j, table, key, column);
		ck_assert_double_eq_tol(share, want, .1001);
		ck_assert_int_eq(strncmp(open - 5, "most ", 5) == 0, share > 50);
		parts++;
	}
	ck_assert_uint_eq(parts, 3);
	json_decref(j);
}
END_TEST

/* ---- vCPU flags of a run ---- */

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

/* ---- run --check, compare --check ---- */

/* A report of a command that may find violations; rc: what it returned. */
static json_t *checked(const char *line, int *rc)
{
	struct str text = STR_INIT, out = STR_INIT;
	struct err e;
	json_error_t je;
	json_t *j;

	str_addf(&text, "%s --check --format json", line);
	*rc = run_command(str_get(&text), &out, &e);
	ck_assert_msg(*rc == 0 || e.code == ERR_ANSWER_NO, "%s: %s", line, e.text);
	ck_assert_str_eq(e.text, ""); /* exit status 1 is an answer, no error */
	j = json_loads(str_get(&out), 0, &je);
	ck_assert_msg(j != NULL, "%s: %s", line, je.text);
	str_free(&text);
	str_free(&out);
	return j;
}

static const char *word(const json_t *row, const char *key)
{
	const char *s = json_string_value(json_object_get(row, key));

	return s != NULL ? s : "";
}

#define RUN     "el2sim run " VHE
#define COMPARE "el2sim compare " VHE " " NVHE
#define BUSY    "el2sim run " EXPERIMENT "overcommit.ini"

/* A flag broken on purpose: the rule, where the kernel had it, and what is wrong in words. */
static const struct {
	const char *line, *inject, *flag, *rule, *function, *says;
	size_t columns;
} broken_flags[] = {
	{ RUN, "INCREMENT_PC=not-cleared", "INCREMENT_PC", "not_consumed", "guest entry",
	  "(iflags) read by the hypervisor part in guest entry, vCPU 0: a flag is still set at the end of the phase that", 1 },
	{ RUN, "SYSREGS_ON_CPU=not-cleared", "SYSREGS_ON_CPU", "not_consumed", "vcpu_put",
	  "(sflags) read by the kernel in vcpu_put, vCPU 0: a flag is still set at the end of the phase that", 1 },
	{ RUN, "SYSREGS_ON_CPU=preemptible", "SYSREGS_ON_CPU", "not_preempt_safe", "__vcpu_load_switch_sysregs",
	  "(sflags) set by the hypervisor part in __vcpu_load_switch_sysregs, vCPU 0: a set or clear with preemption on", 1 },
	{ RUN " --flags", "SYSREGS_ON_CPU=preemptible", "SYSREGS_ON_CPU", "not_preempt_safe", "__vcpu_put_switch_sysregs",
	  "(sflags) cleared by the hypervisor part in __vcpu_put_switch_sysregs, vCPU 0: a set or clear with preemption on", 1 },
	{ COMPARE, "INCREMENT_PC=not-cleared", "INCREMENT_PC", "not_consumed", "guest entry",
	  "(iflags) read by the hypervisor part in guest entry, vCPU 0: a flag is still set at the end of the phase that", 2 },
	{ BUSY, "INCREMENT_PC=not-cleared", "INCREMENT_PC", "not_consumed", "guest entry",
	  "(iflags) read by the hypervisor part in guest entry, vCPU", 1 },
};

/* The table of checks counts what the table of violations lists. */
static void counts_agree(json_t *j, size_t columns)
{
	json_t *row;
	size_t i;

	ck_assert_uint_eq(json_array_size(rows_of(j, "checks")), columns);
	json_array_foreach(rows_of(j, "checks"), i, row) {
		json_t *v;
		size_t k;
		int64_t kinds = 0, count = 0;

		json_array_foreach(rows_of(j, "violations"), k, v) {
			if (strcmp(word(v, "configuration"), word(row, "configuration")) == 0) {
				kinds++;
				count += number(v, "count");
			}
		}
		ck_assert_int_eq(number(row, "kinds"), kinds);
		ck_assert_int_eq(number(row, "violations"), count);
	}
}

START_TEST(a_broken_rule_of_flags_is_a_violation_like_any_other)
{
	struct str line = STR_INIT;
	json_t *j, *row;
	size_t i, found = 0;
	int rc;

	str_addf(&line, "%s --inject flag:%s", broken_flags[_i].line, broken_flags[_i].inject);
	j = checked(str_get(&line), &rc);
	ck_assert_int_eq(rc, -1);
	counts_agree(j, broken_flags[_i].columns);
	json_array_foreach(rows_of(j, "violations"), i, row) {
		if (strcmp(word(row, "register"), broken_flags[_i].flag) != 0 ||
		    strcmp(word(row, "function"), broken_flags[_i].function) != 0)
			continue;
		found++;
		ck_assert_str_eq(word(row, "rule"), broken_flags[_i].rule);
		ck_assert_int_gt(number(row, "count"), 0);
		ck_assert_msg(strstr(word(row, "text"), broken_flags[_i].says) != NULL, "%s", word(row, "text"));
	}
	ck_assert_uint_eq(found, broken_flags[_i].columns);
	json_decref(j);
	str_free(&line);
}
END_TEST

/* Clean as shipped, and broken in a way that no rule forbids: a flag that is not set is never wrong by itself. */
static const struct {
	const char *line;
	size_t columns;
} clean[] = {
	{ RUN, 1 },
	{ RUN " --flags", 1 },
	{ RUN " --inject flag:DEBUG_DIRTY=not-set", 1 },
	{ RUN " --inject flag:VCPU_INITIALIZED=not-cleared", 1 },
	{ COMPARE, 2 },
	{ COMPARE " --inject flag:DEBUG_DIRTY=not-set", 2 },
	{ BUSY, 1 },
};

START_TEST(flags_by_the_rules_are_no_violation)
{
	json_t *j;
	int rc;

	j = checked(clean[_i].line, &rc);
	ck_assert_msg(rc == 0, "%s", clean[_i].line);
	counts_agree(j, clean[_i].columns);
	ck_assert_int_eq(sum(j, "checks", "configuration", "violations"), 0);
	ck_assert_int_gt(sum(j, "checks", "configuration", "entries"), 0);
	json_decref(j);
}
END_TEST

/* 4.15 asks for pending interrupts with the VMCR of memory while the latest is in the CPU: its own bug, until it is blamed. */
START_TEST(a_known_bug_of_the_kernel_counts_only_if_it_is_blamed)
{
	const char *const old = "el2sim run " EXPERIMENT "linux-4.15-vhe-n1.ini";
	struct str line = STR_INIT, text = STR_INIT;
	struct err e;
	json_t *j;
	int rc;

	str_addf(&line, "%s --check", old);
	ck_assert_int_eq(run_command(str_get(&line), &text, &e), 0);
	ck_assert_ptr_nonnull(strstr(str_get(&text), "a known bug of the modelled kernel, not of the model: vmcr_wfi, "));
	ck_assert_ptr_nonnull(strstr(str_get(&text), "5eeaf10eec39"));
	str_reset(&line);
	str_addf(&line, "%s --inject blame:vmcr_wfi", old);
	j = checked(str_get(&line), &rc);
	ck_assert_int_eq(rc, -1);
	counts_agree(j, 1);
	ck_assert_uint_eq(json_array_size(rows_of(j, "violations")), 1);
	ck_assert_str_eq(word(json_array_get(rows_of(j, "violations"), 0), "register"), "ICH_VMCR_EL2");
	json_decref(j);
	str_free(&line);
	str_free(&text);
}
END_TEST

START_TEST(force_runs_what_lint_refuses)
{
	struct str out = output_of("el2sim run " VHE " --policy.common=deferred --force");

	ck_assert_uint_gt(out.len, 1000);
	str_free(&out);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("run_compare");
	TCase *c = tcase_create("run_compare");

	if (chdir(EL2SIM_SOURCE_DIR) != 0)
		return 1;
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
	tcase_add_loop_test(c, the_verdict_of_a_comparison_is_about_what_changed, 0, (int)(sizeof(varied) / sizeof(varied[0])));
	tcase_add_loop_test(c, the_answer_of_a_run_says_most_only_of_more_than_half, 0, 5);
	tcase_add_test(c, no_shipped_configuration_breaks_a_rule_of_vcpu_flags);
	tcase_add_test(c, flags_of_a_run_agree_with_its_counts);
	tcase_add_loop_test(c, a_broken_rule_of_flags_is_a_violation_like_any_other, 0,
			    (int)(sizeof(broken_flags) / sizeof(broken_flags[0])));
	tcase_add_loop_test(c, flags_by_the_rules_are_no_violation, 0, (int)(sizeof(clean) / sizeof(clean[0])));
	tcase_add_test(c, a_known_bug_of_the_kernel_counts_only_if_it_is_blamed);
	tcase_add_test(c, force_runs_what_lint_refuses);
	suite_add_tcase(s, c);
	return suite_status(s);
}
