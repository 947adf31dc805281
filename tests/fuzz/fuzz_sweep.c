/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the values of an axis (first line) and as a condition (the rest). */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "sim/sweep/sweep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A plan of two axes, made once. */
static const struct sweep_plan *fixed(void)
{
	static struct sweep_plan plan;
	static const char *vary[] = { "machine.vcpus=1..8*2", "policy.el1=eager,deferred" };
	static const struct arg_list none = { NULL, 0 };
	const struct arg_list axes = { vary, 2 };
	struct err e = { ERR_NONE, "" };

	if (plan.n_axis == 0)
		BUG_ON(sweep_plan_make(&plan, "configs/machine/neoverse-n1.ini", &none, &axes, &e) != 0);
	return &plan;
}

static void try_axis(const struct sweep_plan *p, const char *text)
{
	struct sweep_axis a = { .kind = SWEEP_OPTION, .key = xstrdup("machine.vcpus"), .row = p->axis[0].row };
	struct err e = { ERR_NONE, "" };

	if (sweep_axis_values(&a, p->experiment.set, text, "", &e) == 0)
		BUG_ON(a.s.n == 0);
	else
		BUG_ON(e.code == ERR_NONE || e.text[0] == '\0');
	sweep_axis_free(&a);
}

static void try_where(const struct sweep_plan *p, const char *text)
{
	struct err e = { ERR_NONE, "" };
	struct sweep_where *w = sweep_where_new(p, text, &e);

	if (w == NULL) {
		BUG_ON(e.code != ERR_CONFIG || e.text[0] == '\0');
		return;
	}
	for (uint32_t i = 0; i < 8; i++)
		(void)sweep_where_keeps(w, p, (uint32_t[]){ i % 4, i / 4 });
	sweep_where_free(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), *end;

	BUG_ON(text == NULL);
	end = strchr(text, '\n');
	if (end != NULL)
		*end = '\0';
	try_axis(fixed(), text);
	if (end != NULL)
		try_where(fixed(), end + 1);
	free(text);
	return 0;
}
