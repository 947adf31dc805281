/* SPDX-License-Identifier: Apache-2.0 */
/* Machines with a GICv2: what checks a switch, and what compares two, takes them as any other. */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "tests/command.h"
#include "tests/command_json.h"
#include "tests/suite.h"

#define MIXED "traces/samples/linux-6.12-vhe-mixed-4v2p.e2t"

static const struct {
	const char *machine, *model, *more;
} of[] = {
	{ "apm-x-gene", "linux-4.15-nvhe", "" },
	{ "apm-x-gene", "linux-6.12-nvhe", "" },
	{ "amd-seattle", "linux-6.1-nvhe", "" },
	{ "arm-juno-r2", "linux-6.12-nvhe", "" },
	{ "apm-x-gene", "linux-6.12-vhe", "--machine.features=vhe,gicv2,pmuv3" },
};

static void says(const char *command, int i, const char *arguments, const char *want)
{
	struct str out = STR_INIT;
	struct err e = { .code = ERR_NONE };
	char line[512];

	(void)snprintf(line, sizeof(line), "el2sim %s configs/machine/%s.ini --switch.model=%s %s %s", command, of[i].machine, of[i].model,
		       of[i].more, arguments);
	ck_assert_msg(run_command(line, &out, &e) == 0, "%s: %s", line, e.text);
	ck_assert_msg(strstr(str_get(&out), want) != NULL, "%s: no \"%s\" in:\n%s", line, want, str_get(&out));
	str_free(&out);
}

START_TEST(lint_oracle_and_explorer_find_nothing_wrong_with_a_gicv2)
{
	says("lint", _i, "", "=> 0 findings");
	says("run", _i, "--trace " MIXED " --check --summary", "no violation in 2499 entries");
	says("explore", _i, "--depth 4", "no violation");
}
END_TEST

/* Moved from every exit to vcpu_load and vcpu_put, its list registers would be those of another entry. */
START_TEST(list_registers_of_a_gicv2_cannot_be_deferred)
{
	struct str out = STR_INIT;
	struct err e = { .code = ERR_NONE };

	ck_assert_int_ne(run_command("el2sim lint configs/machine/apm-x-gene.ini --switch.model=linux-6.12-nvhe --policy.vgic=deferred", &out, &e), 0);
	ck_assert_ptr_nonnull(strstr(str_get(&out), "GICH_LRn (group vgic)"));
	str_free(&out);
}
END_TEST

static double cycles_of(const json_t *report, const char *name)
{
	const json_t *rows = json_object_get(json_object_get(json_object_get(report, "tables"), name), "rows");
	json_t *row;
	double sum = 0;
	size_t i;

	json_array_foreach(rows, i, row) {
		if (strcmp(json_string_value(json_object_get(row, "phase")), "put") == 0)
			sum = json_number_value(json_object_get(row, "cycles"));
	}
	return sum;
}

START_TEST(a_read_of_the_interface_is_what_makes_a_put_dear)
{
	static const char run[] = "el2sim run configs/machine/apm-x-gene.ini --switch.model=linux-6.12-nvhe --trace " MIXED;
	char line[256];
	json_t *dear = json_of(run), *cheap;
	const double puts = 684;

	(void)snprintf(line, sizeof(line), "%s --cost.mmio_read=0", run);
	cheap = json_of(line);
	ck_assert_double_eq_tol(cycles_of(dear, "phases") - cycles_of(cheap, "phases"), puts * 2 * 270, 1);
	json_decref(dear);
	json_decref(cheap);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gicv2");
	TCase *t = tcase_create("gicv2");

	tcase_add_loop_test(t, lint_oracle_and_explorer_find_nothing_wrong_with_a_gicv2, 0, (int)(sizeof(of) / sizeof(of[0])));
	tcase_add_test(t, list_registers_of_a_gicv2_cannot_be_deferred);
	tcase_add_test(t, a_read_of_the_interface_is_what_makes_a_put_dear);
	suite_add_tcase(s, t);
	return suite_status(s);
}
