/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/guest_args.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/str.h"

/* Configurations of a guest that comes without one, by whether the machine has FEAT_VHE. */
static const char *const base[2] = {"experiment/guest-nvhe.ini", "experiment/guest.ini"};

static int check(const struct guest_args *g, const char *file, struct err *e)
{
	const struct {
		const char *name;
		bool given;
	} rows[] = {{"--initrd", g->initrd != NULL},
		    {"--append", g->append != NULL},
		    {"--vcpus", g->vcpus != 0},
		    {"--pcpus", g->pcpus != 0},
		    {"--memory", g->memory != 0},
		    {"--machine", g->machine != NULL}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (g->guest == NULL && rows[i].given)
			return err_set(e, ERR_USAGE, "%s without --guest FILE: want both, or an option of the configuration "
				       "(el2sim config --doc)", rows[i].name);
	if (file != NULL && g->machine != NULL)
		return err_set(e, ERR_USAGE, "--machine %s and %s: a configuration names its machine; want one of them, or "
			       "--el2sim.include=machine/%s.ini", g->machine, file, g->machine);
	return 0;
}

static int set(struct config *c, struct err *e, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static int set(struct config *c, struct err *e, const char *fmt, ...)
{
	va_list ap, again;
	char *text;
	int n, rc;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	text = xmalloc((size_t)n + 1);
	(void)vsnprintf(text, (size_t)n + 1, fmt, again);
	va_end(again);
	rc = config_set(c, text, e);
	free(text);
	return rc;
}

/* Has the machine FEAT_VHE? */
static int look_at_machine(const char *machine, bool *vhe, struct err *e)
{
	struct config c;
	struct str name = STR_INIT;
	int rc;

	str_addf(&name, "machine/%s.ini", machine);
	config_init(&c);
	rc = config_file(&c, str_get(&name), e);
	if (rc == 0)
		rc = config_done(&c, e);
	*vhe = rc == 0 && machine_has(&c.machine, FEAT_VHE);
	config_free(&c);
	str_free(&name);
	return rc;
}

/* What stands for the file that is not given. */
static int load_base(struct config *c, const struct guest_args *g, struct err *e)
{
	const char *machine = g->machine != NULL ? g->machine : "neoverse-n1";
	bool vhe;

	if (look_at_machine(machine, &vhe, e) != 0 || config_file(c, base[vhe], e) != 0)
		return -1;
	c->path = "--guest";
	return set(c, e, "el2sim.include=machine/%s.ini", machine);
}

static int set_time(struct config *c, const char *text, struct err *e)
{
	struct str time = STR_INIT;
	uint64_t n, us = 0;
	bool good;

	str_addf(&time, "%s%s", text, str_u64(text, &n) ? "s" : "");
	good = opt_time(str_get(&time), "us", &us) && us != 0;
	str_free(&time);
	return good ? set(c, e, "run.duration=%" PRIu64, us)
		    : err_set(e, ERR_USAGE, "--max-time %s: want seconds above 0, or a time in us, ms or s", text);
}

static int apply(struct config *c, const struct guest_args *g, struct err *e)
{
	int rc = 0;

	if (g->guest != NULL)
		rc = set(c, e, "workload.guest=%s", g->guest);
	if (rc == 0 && g->initrd != NULL)
		rc = set(c, e, "workload.initrd=%s", g->initrd);
	if (rc == 0 && g->append != NULL)
		rc = set(c, e, "workload.append=%s", g->append);
	if (rc == 0 && g->memory != 0)
		rc = set(c, e, "workload.memory=%" PRIu64, g->memory);
	if (rc == 0 && g->vcpus != 0)
		rc = set(c, e, "machine.vcpus=%" PRIu64, g->vcpus);
	if (rc == 0 && (g->vcpus != 0 || g->pcpus != 0))
		rc = set(c, e, "machine.pcpus=%" PRIu64, g->pcpus != 0 ? g->pcpus : g->vcpus < SMP_MAX_PCPUS ? g->vcpus : SMP_MAX_PCPUS);
	if (rc == 0 && g->max_instructions != 0)
		rc = set(c, e, "workload.max_instructions=%" PRIu64, g->max_instructions);
	if (rc == 0 && g->max_time != NULL)
		rc = set_time(c, g->max_time, e);
	return rc;
}

int guest_config(struct config *c, const struct guest_args *g, const char *file, const struct arg_list *overrides,
		 struct err *e)
{
	config_init(c);
	if (check(g, file, e) != 0)
		return -1;
	if (file != NULL ? config_file(c, file, e) != 0 : load_base(c, g, e) != 0)
		return -1;
	if (apply(c, g, e) != 0)
		return -1;
	for (size_t i = 0; i < overrides->n; i++)
		if (config_set(c, overrides->v[i], e) != 0)
			return -1;
	return config_done(c, e);
}
