/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/machine.h"

#include <stdarg.h>
#include <string.h>

#include "sim/app/effective.h"
#include "sim/app/machine_impl.h"
#include "sim/app/output.h"
#include "sim/base/file.h"
#include "sim/base/str.h"

_Static_assert(EL2SIM_ERROR_MAX == ERR_TEXT_MAX, "a sentence fits");

const char *el2sim_version(void)
{
	return EL2SIM_VERSION;
}

unsigned el2sim_api(void)
{
	return EL2SIM_API;
}

/* ---- errors ---- */

int machine_error(struct el2sim_error *e, const struct err *from)
{
	e->status = err_exit_status(from->code);
	memcpy(e->text, from->text, sizeof(e->text));
	return -1;
}

int machine_usage(struct el2sim_error *e, const char *fmt, ...)
{
	va_list ap;

	e->status = EL2SIM_USAGE;
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return -1;
}

int machine_stage(const struct el2sim *m, enum machine_stage from, enum machine_stage to,
		  const char *call, struct el2sim_error *e)
{
	static const char *const after[] = {
		[STAGE_NEW] = "el2sim_new",
		[STAGE_LOADED] = "el2sim_load or el2sim_load_text",
		[STAGE_BUILT] = "el2sim_elaborate",
		[STAGE_RUN] = "el2sim_run_until",
		[STAGE_FINISHED] = "el2sim_finish",
		[STAGE_FINISHED + 1] = "el2sim_free",
	};

	if (m->in_callback)
		return machine_usage(
			e, "%s: from within a callback: want it after el2sim_run_until", call);
	if (m->stage < from)
		return machine_usage(e, "%s: too early: want it after %s", call, after[from]);
	if (m->stage > to)
		return machine_usage(e, "%s: too late: want it before %s", call, after[to + 1]);
	return 0;
}

int machine_vcpu(const struct el2sim *m, unsigned vcpu, struct el2sim_error *e)
{
	unsigned n = el2sim_size(m, EL2SIM_VCPU);

	if (vcpu < n)
		return 0;
	return machine_usage(e, "vCPU %u: want one of the machine's, 0..%d", vcpu, (int)n - 1);
}

uint64_t machine_ps(const struct el2sim *m, uint64_t cycle)
{
	uint64_t ps = EL2SIM_NEVER;
	struct err e;

	(void)clk_time(&m->sim.smp->clk, cycle, &ps, &e); /* beyond 64 bits: never */
	return ps;
}

/* ---- life ---- */

struct el2sim *el2sim_new(void)
{
	struct el2sim *m = xcalloc(1, sizeof(*m));

	config_init(&m->config);
	return m;
}

void el2sim_free(struct el2sim *m)
{
	if (m == NULL)
		return;
	machine_devices_free(m);
	simulation_free(&m->sim);
	config_free(&m->config);
	for (size_t i = 0; i < m->n_assignments; i++)
		free(m->assignment[i]);
	free(m->assignment);
	free(m->path);
	free(m);
}

static int take_file(struct el2sim *m, const char *path, const char *text, size_t len,
		     struct el2sim_error *e)
{
	struct err why;
	int rc;

	if (machine_stage(m, STAGE_NEW, STAGE_NEW, "el2sim_load", e) != 0)
		return -1;
	free(m->path);
	m->path = xstrdup(path);
	m->from_text = text != NULL;
	if (text == NULL) {
		rc = config_file(&m->config, m->path, &why);
	} else {
		m->config.path = m->path;
		rc = opt_load_text(m->config.set, m->path, text, len, &why);
	}
	if (rc != 0)
		return machine_error(e, &why);
	m->stage = STAGE_LOADED;
	return 0;
}

int el2sim_load(struct el2sim *m, const char *path, struct el2sim_error *e)
{
	return take_file(m, path, NULL, 0, e);
}

int el2sim_load_text(struct el2sim *m, const char *name, const char *text, size_t len,
		     struct el2sim_error *e)
{
	return take_file(m, name, text != NULL ? text : "", len, e);
}

int el2sim_set(struct el2sim *m, const char *assignment, struct el2sim_error *e)
{
	struct str word = STR_INIT;
	struct err why;

	if (machine_stage(m, STAGE_LOADED, STAGE_LOADED, "el2sim_set", e) != 0)
		return -1;
	if (config_set(&m->config, assignment, &why) != 0)
		return machine_error(e, &why);
	str_addf(&word, "%s%s", strncmp(assignment, "--", 2) == 0 ? "" : "--", assignment);
	m->assignment = xrealloc(m->assignment, (m->n_assignments + 1) * sizeof(*m->assignment));
	m->assignment[m->n_assignments++] = word.s;
	return 0;
}

static int build(struct el2sim *m, struct err *e)
{
	if (opt_done(m->config.set, e) != 0)
		return -1;
	if (!simulation_wanted(&m->config))
		return err_set(e, ERR_CONFIG,
			       "%s: no workload: want a weight of at least one exit kind in [mix] "
			       "(traces are replayed by el2sim run)",
			       m->path);
	return simulation_build(&m->sim, &m->config, NULL, false, NULL, NULL, e);
}

int el2sim_elaborate(struct el2sim *m, struct el2sim_error *e)
{
	struct err why;

	if (machine_stage(m, STAGE_LOADED, STAGE_LOADED, "el2sim_elaborate", e) != 0)
		return -1;
	m->stage = STAGE_FINISHED; /* unless it succeeds */
	if (build(m, &why) != 0)
		return machine_error(e, &why);
	m->end = (uint64_t)m->config.smp.duration_us * 1000000;
	m->access = xcalloc(m->sim.smp->n_vcpu, sizeof(*m->access));
	m->stage = STAGE_BUILT;
	return 0;
}

/* ---- time ---- */

int el2sim_run_until(struct el2sim *m, uint64_t ps, struct el2sim_error *e)
{
	struct err why;
	int rc;

	if (machine_stage(m, STAGE_BUILT, STAGE_RUN, "el2sim_run_until", e) != 0)
		return -1;
	if (ps < el2sim_now(m))
		return machine_usage(e, "el2sim_run_until: %llu ps: want a time from now on, %llu",
				     (unsigned long long)ps, (unsigned long long)el2sim_now(m));
	m->stage = STAGE_RUN;
	m->in_callback = true;
	rc = sk_run_until(&m->sim.smp->k, ps < m->end ? ps : m->end, &why);
	m->in_callback = false;
	return rc == 0 ? 0 : machine_error(e, &why);
}

uint64_t el2sim_now(const struct el2sim *m)
{
	return m->sim.smp != NULL ? sk_now(&m->sim.smp->k) : 0;
}

uint64_t el2sim_next_time(const struct el2sim *m)
{
	uint64_t next = m->sim.smp != NULL ? sk_next_time(&m->sim.smp->k) : EL2SIM_NEVER;

	return next <= m->end ? next : EL2SIM_NEVER;
}

uint64_t el2sim_end_time(const struct el2sim *m)
{
	return m->end;
}

int el2sim_finish(struct el2sim *m, struct el2sim_error *e)
{
	uint64_t now = el2sim_now(m);
	struct err why;

	if (machine_stage(m, STAGE_RUN, STAGE_RUN, "el2sim_finish", e) != 0)
		return -1;
	m->stage = STAGE_FINISHED;
	m->cut = now < m->end;
	if (m->cut)
		m->sim.smp->o.duration_us = (int64_t)(now / 1000000);
	return smp_end(m->sim.smp, &why) == 0 ? 0 : machine_error(e, &why);
}

/* ---- from outside ---- */

static int outside(const struct el2sim *m, unsigned vcpu, const char *call, struct el2sim_error *e)
{
	if (m->stage != STAGE_RUN)
		return machine_usage(
			e, "%s: want it between the first el2sim_run_until and el2sim_finish",
			call);
	return machine_vcpu(m, vcpu, e);
}

int el2sim_raise(struct el2sim *m, unsigned vcpu, struct el2sim_error *e)
{
	if (outside(m, vcpu, "el2sim_raise", e) != 0)
		return -1;
	smp_device_fires(&m->sim.smp->vcpu[vcpu]);
	return 0;
}

int el2sim_kick(struct el2sim *m, unsigned vcpu, struct el2sim_error *e)
{
	struct smp_vcpu *v;

	if (outside(m, vcpu, "el2sim_kick", e) != 0)
		return -1;
	v = &m->sim.smp->vcpu[vcpu];
	if (v->state == VC_GUEST)
		smp_raise(v->cpu, IRQ_KICK);
	return 0;
}

/* ---- observers ---- */

/* What a pCPU does: modes, and phases in the place of "kernel". id, name. */
#define ACTIVITIES(X)                                                                              \
	X(OFF, "off")                                                                              \
	X(IDLE, "idle")                                                                            \
	X(GUEST, "guest")                                                                          \
	X(POLL, "poll")                                                                            \
	X(USER, "user")                                                                            \
	X(LOAD, "load")                                                                            \
	X(ENTER, "enter")                                                                          \
	X(EXIT, "exit")                                                                            \
	X(PUT, "put")                                                                              \
	X(LAZY, "lazy")                                                                            \
	X(HANDLE, "handle")

enum activity {
#define X(id, name) ACT_##id,
	ACTIVITIES(X)
#undef X
		ACT_COUNT
};

const char *el2sim_name(enum el2sim_names what, unsigned i)
{
	static const char *const activities[ACT_COUNT] = {
#define X(id, name) name,
		ACTIVITIES(X)
#undef X
	};

	if (what == EL2SIM_ACTIVITIES)
		return i < ACT_COUNT ? activities[i] : NULL;
	return i < SMP_STATE_COUNT ? smp_state_name((enum smp_state)i) : NULL;
}

static void saw_ran(void *ctx, const struct smp_at *at, const struct smp_ran *what)
{
	static const enum activity is[PHASE_COUNT] = {
		[PHASE_LOAD] = ACT_LOAD, [PHASE_ENTER] = ACT_ENTER, [PHASE_EXIT] = ACT_EXIT,
		[PHASE_PUT] = ACT_PUT,   [PHASE_LAZY] = ACT_LAZY,   [PHASE_HANDLE] = ACT_HANDLE};
	const struct el2sim *m = ctx;

	if (what->cycles != 0)
		m->observer.pcpu(m->observer.ctx, machine_ps(m, at->time), at->cpu, at->vcpu,
				 is[what->phase]);
}

static void saw_mode(void *ctx, const struct smp_at *at, enum smp_mode mode)
{
	static const enum activity is[SMP_MODE_COUNT] = {[CPU_IDLE] = ACT_IDLE,
							 [CPU_GUEST] = ACT_GUEST,
							 [CPU_POLL] = ACT_POLL,
							 [CPU_USER] = ACT_USER};
	const struct el2sim *m = ctx;

	if (mode != CPU_BUSY) /* its phases say more */
		m->observer.pcpu(m->observer.ctx, machine_ps(m, at->time), at->cpu, at->vcpu,
				 is[mode]);
}

static void saw_state(void *ctx, const struct smp_at *at, enum smp_state state)
{
	const struct el2sim *m = ctx;

	m->observer.vcpu(m->observer.ctx, machine_ps(m, at->time), at->vcpu, state);
}

static void saw_exit(void *ctx, const struct smp_at *at, enum exit_kind kind)
{
	const struct el2sim *m = ctx;

	m->observer.exit(m->observer.ctx, machine_ps(m, at->time), at->vcpu, exit_row(kind)->name);
}

int el2sim_observe(struct el2sim *m, const struct el2sim_observer *o, struct el2sim_error *e)
{
	if (machine_stage(m, STAGE_BUILT, STAGE_BUILT, "el2sim_observe", e) != 0)
		return -1;
	if (m->hooks.ctx != NULL)
		return machine_usage(e, "el2sim_observe: want at most one observer");
	m->observer = *o;
	m->hooks = (struct smp_hooks){.ctx = m,
				      .ran = o->pcpu != NULL ? saw_ran : NULL,
				      .mode = o->pcpu != NULL ? saw_mode : NULL,
				      .state = o->vcpu != NULL ? saw_state : NULL,
				      .exit = o->exit != NULL ? saw_exit : NULL};
	smp_hook(m->sim.smp, &m->hooks);
	return 0;
}

/* ---- counters ---- */

enum counter_from { FROM_COUNTS, FROM_TOTALS, FROM_CYCLES, FROM_TIMES };

static const struct {
	const char *name;
	enum counter_from from;
	size_t at; /* offset, or index */
} counters[] = {
#define X(id, title, help) {#id, FROM_COUNTS, offsetof(struct smp_counts, id)},
	SMP_COUNTS(X)
#undef X
#define COUNTER(id, ...) {#id, FROM_TOTALS, CNT_##id},
#include "models/hyp/counters.def"
#undef COUNTER
		{"cycles", FROM_CYCLES, 0},
#define X(id, name, help) {"cycles_" name, FROM_TIMES, SMP_##id},
	SMP_TIMES(X)
#undef X
};

#define N_COUNTERS (sizeof(counters) / sizeof(counters[0]))

const char *el2sim_counter_name(unsigned i)
{
	return i < N_COUNTERS ? counters[i].name : NULL;
}

/* What a scope's numbers are made of: counts and totals are NULL for pCPUs. */
struct numbers {
	const struct smp_counts *n;
	const struct ws_totals *totals;
	const uint64_t *time;
};

static uint64_t number(const struct numbers *x, unsigned i)
{
	switch (counters[i].from) {
	case FROM_COUNTS: {
		uint64_t v;

		memcpy(&v, (const char *)x->n + counters[i].at, sizeof(v));
		return v;
	}
	case FROM_TOTALS:
		return x->totals->n[counters[i].at];
	case FROM_CYCLES:
		return x->totals->cycles;
	case FROM_TIMES:
		return x->time[counters[i].at];
	}
	BUG("unknown source of a counter");
}

static uint64_t sum_of_vcpus(const struct smp *s, unsigned vm, unsigned i)
{
	uint64_t sum = 0;

	for (unsigned k = 0; k < s->n_vcpu; k++) {
		const struct smp_vcpu *v = &s->vcpu[k];

		if (v->vm == vm || vm == EL2SIM_ALL)
			sum += number(&(struct numbers){&v->n, &v->totals, v->time}, i);
	}
	return sum;
}

static uint64_t machine_time(const struct smp *s, unsigned i)
{
	uint64_t sum = 0;

	if (counters[i].at == SMP_BLOCKED || counters[i].at == SMP_STEAL)
		return sum_of_vcpus(s, EL2SIM_ALL, i);
	for (unsigned k = 0; k < s->n_cpu; k++)
		sum += s->cpu[k].time[counters[i].at];
	return sum;
}

int el2sim_count(const struct el2sim *m, enum el2sim_scope scope, unsigned index, const char *name,
		 uint64_t *value, struct el2sim_error *e)
{
	const struct smp *s = m->sim.smp;
	const char *names[N_COUNTERS], *near;
	unsigned i;

	for (i = 0; i < N_COUNTERS && strcmp(name, counters[i].name) != 0; i++)
		names[i] = counters[i].name;
	if (i == N_COUNTERS) {
		near = str_nearest(name, names, N_COUNTERS);
		return machine_usage(e, "no counter \"%.60s\"%s%s%s", name,
				     near != NULL ? ": did you mean \""
						  : ": el2sim_counter_name has "
						    "the names",
				     near != NULL ? near : "", near != NULL ? "\"?" : "");
	}
	if (s == NULL || index >= el2sim_size(m, scope))
		return machine_usage(e, "el2sim_count: index %u: want less than %u", index,
				     el2sim_size(m, scope));
	if (scope == EL2SIM_PCPU && counters[i].from != FROM_TIMES)
		return machine_usage(e, "a pCPU does not count %s: want one of cycles_*", name);
	if (scope == EL2SIM_PCPU)
		*value = s->cpu[index].time[counters[i].at];
	else if (scope == EL2SIM_VCPU)
		*value = number(&(struct numbers){&s->vcpu[index].n, &s->vcpu[index].totals,
						  s->vcpu[index].time},
				i);
	else if (scope == EL2SIM_VM)
		*value = sum_of_vcpus(s, index, i);
	else if (counters[i].from == FROM_TIMES)
		*value = machine_time(s, i);
	else
		*value = number(&(struct numbers){&s->n, &s->total, NULL}, i);
	return 0;
}

unsigned el2sim_size(const struct el2sim *m, enum el2sim_scope scope)
{
	const struct smp *s = m->sim.smp;

	if (s == NULL)
		return 0;
	switch (scope) {
	case EL2SIM_MACHINE:
		return 1;
	case EL2SIM_VM:
		return (unsigned)s->o.vms;
	case EL2SIM_VCPU:
		return s->n_vcpu;
	case EL2SIM_PCPU:
		return s->n_cpu;
	}
	return 0;
}

unsigned el2sim_vm_of(const struct el2sim *m, unsigned vcpu)
{
	return vcpu < el2sim_size(m, EL2SIM_VCPU) ? m->sim.smp->vcpu[vcpu].vm : EL2SIM_ALL;
}

/* ---- reports ---- */

/* The command that gives the same report, when there is one. */
static void command(const struct el2sim *m, struct rep *r)
{
	const char **words;
	size_t n = 0;

	if (m->from_text || m->cut || m->n_devices != 0)
		return;
	words = xcalloc(m->n_assignments + 3, sizeof(*words));
	words[n++] = "el2sim";
	words[n++] = "run";
	words[n++] = m->path;
	for (size_t i = 0; i < m->n_assignments; i++)
		words[n++] = m->assignment[i];
	rep_command(r, words, n);
	free(words);
}

static struct rep *report(struct el2sim *m, const char *format, enum rep_format *f,
			  struct el2sim_error *e)
{
	struct rep *r;

	if (machine_stage(m, STAGE_FINISHED, STAGE_FINISHED, "el2sim_report", e) != 0)
		return NULL;
	if (m->sim.smp == NULL || m->sim.smp->k.failed) {
		(void)machine_usage(e, "el2sim_report: the run failed");
		return NULL;
	}
	if (!rep_format_by_name(format, f)) {
		const char *near = str_nearest(format, output_formats, REP_FORMAT_COUNT);

		(void)machine_usage(e, "no format \"%.60s\"%s%s%s", format,
				    near != NULL ? ": did you mean \"" : ": want text or json",
				    near != NULL ? near : "", near != NULL ? "\"?" : "");
		return NULL;
	}
	r = simulation_report(&m->sim, &m->config);
	machine_devices(m, r);
	effective_tables(&(struct effective){ &m->config, "" }, 1, r);
	command(m, r);
	return r;
}

int el2sim_report(struct el2sim *m, const char *format, FILE *f, struct el2sim_error *e)
{
	enum rep_format fmt;
	struct rep *r = report(m, format, &fmt, e);
	struct err why;
	int rc;

	if (r == NULL)
		return -1;
	rc = rep_write(r, fmt, f, &why);
	rep_free(r);
	return rc == 0 ? 0 : machine_error(e, &why);
}

int el2sim_report_text(struct el2sim *m, const char *format, char **text, size_t *len,
		       struct el2sim_error *e)
{
	char *s = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&s, &n);
	int rc;

	BUG_ON(f == NULL); /* no memory */
	rc = el2sim_report(m, format, f, e);
	(void)fclose(f);
	if (rc != 0) {
		free(s);
		return -1;
	}
	*text = s;
	*len = n;
	return 0;
}

int el2sim_report_file(struct el2sim *m, const char *format, const char *path,
		       struct el2sim_error *e)
{
	struct outfile o;
	struct err why;

	if (file_create(&o, path, &why) != 0)
		return machine_error(e, &why);
	if (el2sim_report(m, format, o.f, e) != 0) {
		file_abort(&o);
		return -1;
	}
	return file_commit(&o, &why) == 0 ? 0 : machine_error(e, &why);
}
