/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of the library in any order: a byte is a call, the next ones its arguments. Each does its work, or fails with a status
 * of el2sim.h and one line; and what is freed was not lost.
 */
/* mutations in ./check: 3000: machines that run */
#include <stdlib.h>
#include <string.h>

#include "sim/lib/machine.h"
#include "tests/fuzz/bytes.h"

#define CALLS_MAX 16

static const char ini[] = "[el2sim]\ninclude = configs/machine/neoverse-n1.ini\ninclude = configs/workload/hackbench.ini\n[machine]\n"
			  "vcpus = 2\npcpus = 1\n[run]\nduration = 200us\n";

static const char *const settings[] = { "machine.vcpus=3", "machine.pcpus=2",     "policy.el1=eager", "policy.el1=never", "run.seed=7",
					"run.warmup=10us", "machine.vcpus=0",     "x",		      "run.trace=x",	  "",
					"host.sched=fair", "workload.vcpus=1", "switch.model=none" };
static const char *const formats[] = { "text", "md", "csv", "json", "html", "pdf", "" };

struct caller {
	struct el2sim *m;
	const uint8_t *p, *end;
	unsigned depth;
};

static unsigned next(struct caller *c, unsigned below)
{
	return c->p < c->end ? *c->p++ % below : 0;
}

static void check(int rc, const struct el2sim_error *e)
{
	BUG_ON(rc != 0 && rc != -1);
	BUG_ON(rc != 0 && (e->status < EL2SIM_USAGE || e->status > EL2SIM_IO || e->text[0] == '\0' || strchr(e->text, '\n') != NULL));
}

static void call(struct caller *c);

/* A device that calls back. */
static uint64_t access_device(void *ctx, struct el2sim *m, const struct el2sim_access *a)
{
	struct caller *c = ctx;

	BUG_ON(m != c->m || a->size == 0);
	if (c->depth++ < 4)
		call(c);
	c->depth--;
	return next(c, 4) == 0 ? EL2SIM_LATER : next(c, 200) * UINT64_C(1000);
}

static int add_device(struct caller *c, struct el2sim_error *e)
{
	const struct el2sim_device d = { .name = next(c, 8) != 0 ? "d" : "",
					 .base = next(c, 4) * UINT64_C(0x1000) + next(c, 2),
					 .size = next(c, 3) * UINT64_C(0x1000),
					 .access_size = next(c, 10),
					 .vm = next(c, 3) == 0 ? EL2SIM_ALL : next(c, 3),
					 .accesses = next(c, 17),
					 .access = access_device,
					 .ctx = c };

	return el2sim_add_device(c->m, &d, e);
}

static int report(struct caller *c, struct el2sim_error *e)
{
	char *text = NULL;
	size_t len = 0;
	int rc = el2sim_report_text(c->m, formats[next(c, 7)], &text, &len, e);

	BUG_ON(rc == 0 && (text == NULL || strlen(text) != len));
	free(text);
	return rc;
}

static int count(struct caller *c, struct el2sim_error *e)
{
	const char *name = el2sim_counter_name(next(c, 64));
	uint64_t n;

	return el2sim_count(c->m, (enum el2sim_scope)next(c, 6), next(c, 4), name != NULL ? name : "none", &n, e);
}

static void call(struct caller *c)
{
	struct el2sim_error e = { 0, "" };
	uint64_t now = el2sim_now(c->m);
	int rc = 0;

	switch (next(c, 16)) {
	case 0:
	case 1:
		rc = el2sim_load_text(c->m, "fuzz.ini", ini, next(c, 8) != 0 ? sizeof(ini) - 1 : next(c, 200), &e);
		break;
	case 2:
		rc = el2sim_set(c->m, settings[next(c, sizeof(settings) / sizeof(settings[0]))], &e);
		break;
	case 3:
	case 4:
		rc = el2sim_elaborate(c->m, &e);
		break;
	case 5:
	case 6:
		rc = el2sim_run_until(c->m, next(c, 4) == 0 ? EL2SIM_NEVER : now + next(c, 250) * UINT64_C(1000000), &e);
		break;
	case 7:
		rc = el2sim_finish(c->m, &e);
		break;
	case 8:
		rc = el2sim_raise(c->m, next(c, 4), &e);
		break;
	case 9:
		rc = el2sim_kick(c->m, next(c, 4), &e);
		break;
	case 10:
	case 11:
		rc = add_device(c, &e);
		break;
	case 12:
		rc = el2sim_answer(c->m, next(c, 4), next(c, 200) * UINT64_C(1000), &e);
		break;
	case 13:
		rc = count(c, &e);
		break;
	case 14:
		rc = report(c, &e);
		break;
	default:
		(void)el2sim_vm_of(c->m, next(c, 4));
		(void)el2sim_size(c->m, (enum el2sim_scope)next(c, 4));
		(void)el2sim_next_time(c->m);
		(void)el2sim_end_time(c->m);
	}
	check(rc, &e);
	BUG_ON(el2sim_now(c->m) < now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct caller c = { .m = el2sim_new(), .p = data, .end = data + size };

	for (unsigned i = 0; i < CALLS_MAX && c.p < c.end; i++)
		call(&c);
	el2sim_free(c.m);
	return 0;
}
