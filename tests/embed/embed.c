/* SPDX-License-Identifier: Apache-2.0 */
/*
 * embed CONFIG [section.key=value...]: a machine inside of a C program, with a console that is slow
 * to write to. Prints what the console cost the guests.
 *
 *	cc embed.c $(pkg-config --cflags --libs el2sim)
 */
#include <el2sim/machine.h>
#include <stdio.h>
#include <string.h>

#define NS UINT64_C(1000) /* in ps */

struct console {
	uint64_t bytes;
	uint64_t free_at; /* ps: it takes one byte at a time */
};

static uint64_t console_access(void *ctx, struct el2sim *m, const struct el2sim_access *a)
{
	struct console *c = ctx;
	uint64_t now = el2sim_now(m), wait = c->free_at > now ? c->free_at - now : 0;

	if (!a->write)
		return 100 * NS; /* the status register */
	c->bytes++;
	c->free_at = now + wait + 8680 * NS; /* 10 bits at 1,152,000 per second */
	return wait + 200 * NS;
}

static int run(struct el2sim *m, char **words, struct console *console, struct el2sim_error *e)
{
	const struct el2sim_device device = {.name = "console",
					     .base = 0x9000000,
					     .size = 0x1000,
					     .vm = EL2SIM_ALL,
					     .accesses = EL2SIM_IN_VMM,
					     .access = console_access,
					     .ctx = console};

	if (el2sim_load(m, words[0], e) != 0)
		return -1;
	for (words++; *words != NULL; words++) {
		if (el2sim_set(m, *words, e) != 0)
			return -1;
	}
	if (el2sim_elaborate(m, e) != 0)
		return -1;
	if (console != NULL && el2sim_add_device(m, &device, e) != 0)
		return -1;
	return el2sim_run_until(m, EL2SIM_NEVER, e) == 0 ? el2sim_finish(m, e) : -1;
}

static int results(struct el2sim *bare, struct el2sim *with, const struct console *console,
		   struct el2sim_error *e)
{
	struct el2sim *const m[] = {bare, with};
	uint64_t n[2], user[2];

	for (int i = 0; i < 2; i++) {
		if (el2sim_count(m[i], EL2SIM_MACHINE, 0, "user_exits", &n[i], e) != 0 ||
		    el2sim_count(m[i], EL2SIM_MACHINE, 0, "cycles_user", &user[i], e) != 0)
			return -1;
	}
	if (n[0] == 0 || n[1] == 0) {
		e->status = EL2SIM_CONFIG;
		(void)snprintf(e->text, sizeof(e->text), "the workload has no exits to the VMM");
		return -1;
	}
	if (el2sim_report(with, "text", stdout, e) != 0)
		return -1;
	printf("\nel2sim %s: %llu bytes written; cycles in the VMM per exit to it: %llu without the "
	       "console, %llu with it\n",
	       el2sim_version(), (unsigned long long)console->bytes,
	       (unsigned long long)(user[0] / n[0]), (unsigned long long)(user[1] / n[1]));
	return 0;
}

int main(int argc, char **argv)
{
	struct el2sim *bare = el2sim_new(), *with = el2sim_new();
	struct console console = {0, 0};
	struct el2sim_error e = {0, ""};
	int rc;

	if (argc < 2) {
		fprintf(stderr, "usage: embed CONFIG [section.key=value...]\n");
		return EL2SIM_USAGE;
	}
	rc = run(bare, argv + 1, NULL, &e);
	if (rc == 0)
		rc = run(with, argv + 1, &console, &e);
	if (rc == 0)
		rc = results(bare, with, &console, &e);
	if (rc != 0)
		fprintf(stderr, "embed: %s\n", e.text);
	el2sim_free(bare);
	el2sim_free(with);
	return rc == 0 ? 0 : e.status;
}
