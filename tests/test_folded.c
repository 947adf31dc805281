/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks for a flame graph: read back strictly, and their sum is what the report says. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>

#include "models/hyp/kvm/step.h"
#include "tests/command_json.h"
#include "tests/suite.h"

#define REPLAY  "configs/experiment/linux-6.12-vhe-n1.ini"
#define MACHINE "configs/experiment/overcommit.ini --run.duration=5000"

/* Modelled cycles of a run's report: the last row of the phases. */
static uint64_t modelled(const char *config)
{
	struct str line = STR_INIT;
	uint64_t cycles;
	json_t *all, *rows;

	str_addf(&line, "el2sim run %s", config);
	all = json_of(str_get(&line));
	rows = rows_of(all, "phases");
	cycles = (uint64_t)json_integer_value(json_object_get(json_array_get(rows, json_array_size(rows) - 1), "cycles"));
	json_decref(all);
	str_free(&line);
	return cycles;
}

static bool is_phase(const char *word)
{
	for (unsigned p = 0; p < PHASE_COUNT; p++) {
		if (strcmp(phase_name((enum ws_phase)p), word) == 0)
			return true;
	}
	return false;
}

static const struct {
	const char *line, *config;
} sources[] = {
	{ "el2sim run " REPLAY " --format folded", REPLAY },
	{ "el2sim run " MACHINE " --format folded", MACHINE },
	{ "el2sim profile " REPLAY " --format folded", REPLAY },
};

START_TEST(stacks_add_up_to_the_modelled_cycles)
{
	struct str text = output_of(sources[_i].line), seen = STR_INIT;
	uint64_t sum = 0;
	char *rest = text.s, *line;

	while ((line = strsep(&rest, "\n")) != NULL && line[0] != '\0') {
		char *number = strrchr(line, ' '), *group = strchr(line, ';'), *frame;
		uint64_t cycles;

		ck_assert(number != NULL && group != NULL);
		ck_assert(str_u64(number + 1, &cycles) && cycles != 0 && isdigit((unsigned char)number[1]));
		number[0] = '\0';
		ck_assert_msg(strstr(str_get(&seen), line) == NULL, "twice: %s", line);
		str_addf(&seen, "%s\n", line);
		frame = strchr(group + 1, ';');
		ck_assert_msg(frame != NULL && frame[1] != '\0' && strchr(frame + 1, ';') == NULL, "%s", line);
		group[0] = '\0';
		ck_assert_msg(is_phase(line), "%s is no phase", line);
		sum += cycles;
	}
	ck_assert(line != NULL && rest == NULL); /* the last line is complete */
	ck_assert_uint_eq(sum, modelled(sources[_i].config));
	str_free(&text);
	str_free(&seen);
}
END_TEST

#define GUEST "configs/experiment/guest.ini"

START_TEST(a_guest_that_executes_is_folded_by_its_functions)
{
	struct str text = output_of("el2sim run " GUEST " --format folded");
	json_t *all = json_of("el2sim run " GUEST), *row;
	char *rest = text.s, *line;
	uint64_t sum = 0, own = 0, want = 0, exits = 0;
	bool hvc = false;
	size_t i;

	while ((line = strsep(&rest, "\n")) != NULL && line[0] != '\0') {
		char *number = strrchr(line, ' ');
		uint64_t cycles;

		ck_assert(number != NULL && str_u64(number + 1, &cycles) && cycles != 0);
		ck_assert_msg(strncmp(line, "VM 0;", 5) == 0, "%s", line);
		hvc = hvc || strncmp(line, "VM 0;hvc_unknown;hvc_unknown;switch ", 36) == 0;
		*(strncmp(line, "VM 0;guest ", 11) == 0 ? &own : &sum) += cycles;
	}
	json_array_foreach(rows_of(all, "guests"), i, row)
		want += (uint64_t)json_integer_value(json_object_get(row, "cycles"));
	ck_assert_uint_eq(own, want);
	json_array_foreach(rows_of(all, "guest_exits"), i, row) {
		const double n = json_number_value(json_object_get(row, "exits"));

		exits += (uint64_t)(n * (json_number_value(json_object_get(row, "cycles")) + json_number_value(json_object_get(row, "vmm"))) + 0.5);
	}
	ck_assert(hvc);
	ck_assert_uint_le(sum > exits ? sum - exits : exits - sum, exits / 1000); /* the report's averages have one decimal */
	json_decref(all);
	str_free(&text);
}
END_TEST

START_TEST(a_part_of_the_ops_makes_no_flame_graph)
{
	struct str out = STR_INIT;
	struct err e;

	ck_assert_int_ne(run_command("el2sim profile " REPLAY " --format folded --top 5", &out, &e), 0);
	ck_assert_str_eq(e.text, "--format folded has every op: leave out --top");
	ck_assert_int_eq(e.code, ERR_USAGE);
	ck_assert_uint_eq(out.len, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("folded");
	TCase *c = tcase_create("folded");

	tcase_add_loop_test(c, stacks_add_up_to_the_modelled_cycles, 0, (int)(sizeof(sources) / sizeof(sources[0])));
	tcase_add_test(c, a_guest_that_executes_is_folded_by_its_functions);
	tcase_add_test(c, a_part_of_the_ops_makes_no_flame_graph);
	suite_add_tcase(s, c);
	return suite_status(s);
}
