/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/lib/machine.h"

#include <stdarg.h>
#include <string.h>

#include "sim/app/effective.h"
#include "sim/lib/machine_impl.h"
#include "sim/app/output.h"
#include "sim/base/file.h"
#include "sim/base/filter.h"
#include "sim/base/str.h"
#include "sim/report/flags_report.h"

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
	filter_line(e->text);
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

int machine_simulates(const struct el2sim *m, const char *call, struct el2sim_error *e)
{
	if (!m->replay && (m->job.smp == NULL || m->job.smp->play == NULL))
		return 0;
	return machine_usage(e, "%s: %s replays a trace: want a workload ([mix])", call, m->path);
}

int machine_vcpu(const struct el2sim *m, unsigned vcpu, struct el2sim_error *e)
{
	unsigned n = el2sim_size(m, EL2SIM_VCPU);

	if (vcpu < n)
		return 0;
	return machine_usage(e, "vCPU %u: want one of the machine's, 0..%d", vcpu, (int)n - 1);
}

/* A cycle's time. */
static uint64_t machine_ps(const struct el2sim *m, uint64_t cycle)
{
	uint64_t ps = EL2SIM_NEVER;
	struct err e;

	(void)clk_time(&m->job.smp->clk, cycle, &ps, &e); /* beyond 64 bits: never */
	return ps;
}

/* ---- life ---- */

struct el2sim *el2sim_new(void)
{
	struct el2sim *m = xcalloc(1, sizeof(*m));

	config_init(&m->job.config);
	return m;
}

void el2sim_free(struct el2sim *m)
{
	if (m == NULL)
		return;
	machine_devices_free(m);
	job_free(&m->job);
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
		rc = config_file(&m->job.config, m->path, &why);
	} else {
		m->job.config.path = m->path;
		rc = opt_load_text(m->job.config.set, m->path, text, len, &why);
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
	if (config_set(&m->job.config, assignment, &why) != 0)
		return machine_error(e, &why);
	str_addf(&word, "%s%s", strncmp(assignment, "--", 2) == 0 ? "" : "--", assignment);
	m->assignment = xrealloc(m->assignment, (m->n_assignments + 1) * sizeof(*m->assignment));
	m->assignment[m->n_assignments++] = word.s;
	return 0;
}

/* Times are of 64 bits, and of a signed kind in SystemC. */
static int check_span(const struct el2sim *m, struct err *e)
{
	if (m->end > INT64_MAX)
		return err_set(e, ERR_INPUT, "%s: goes over more than 106 days: cut it into parts",
			       m->job.result.trace);
	return 0;
}

static int build(struct el2sim *m, struct err *e)
{
	const struct job_args args = {.trace = NULL};

	if (config_done(&m->job.config, e) != 0 || config_is_one(&m->job.config, e) != 0)
		return -1;
	if (job_build(&m->job, &args, e) != 0)
		return -1;
	m->replay = m->job.smp == NULL;
	m->end = m->job.engine->ops->end(m->job.engine);
	if (m->replay)
		return check_span(m, e);
	m->access = xcalloc(m->job.smp->n_vcpu, sizeof(*m->access));
	return 0;
}

int el2sim_elaborate(struct el2sim *m, struct el2sim_error *e)
{
	struct err why;

	if (machine_stage(m, STAGE_LOADED, STAGE_LOADED, "el2sim_elaborate", e) != 0)
		return -1;
	m->failed = build(m, &why) != 0;
	m->stage = m->failed ? STAGE_FINISHED : STAGE_BUILT;
	return m->failed ? machine_error(e, &why) : 0;
}

/* ---- time ---- */

int el2sim_run_until(struct el2sim *m, uint64_t ps, struct el2sim_error *e)
{
	struct engine *g = m->job.engine;
	struct err why;

	if (machine_stage(m, STAGE_BUILT, STAGE_RUN, "el2sim_run_until", e) != 0)
		return -1;
	if (m->failed)
		return machine_usage(e, "el2sim_run_until: the run failed");
	if (ps < el2sim_now(m))
		return machine_usage(e, "el2sim_run_until: %llu ps: want a time from now on, %llu",
				     (unsigned long long)ps, (unsigned long long)el2sim_now(m));
	m->stage = STAGE_RUN;
	m->in_callback = true;
	m->failed = g->ops->run_until(g, ps < m->end ? ps : m->end, &why) != 0;
	m->in_callback = false;
	return m->failed ? machine_error(e, &why) : 0;
}

uint64_t el2sim_now(const struct el2sim *m)
{
	return m->job.engine != NULL ? m->job.engine->ops->now(m->job.engine) : 0;
}

static uint64_t next_event(const struct el2sim *m)
{
	if (m->stage < STAGE_BUILT || m->stage > STAGE_RUN || m->failed)
		return EL2SIM_NEVER;
	return m->job.engine->ops->next(m->job.engine);
}

uint64_t el2sim_next_time(const struct el2sim *m)
{
	uint64_t next = next_event(m), now = el2sim_now(m);

	if (next > m->end)
		return EL2SIM_NEVER;
	return next > now ? next : now;
}

uint64_t el2sim_end_time(const struct el2sim *m)
{
	return m->end;
}

static int end_run(struct el2sim *m, struct err *e)
{
	struct engine *g = m->job.engine;

	if (m->cut && g->out->clock != NULL)
		g->out->clock->duration_us = el2sim_now(m) / 1000000 - g->out->clock->warmup_us;
	if (g->ops->finish(g, !m->failed, e) != 0)
		return -1;
	job_derive(&m->job);
	return 0;
}

int el2sim_finish(struct el2sim *m, struct el2sim_error *e)
{
	struct err why;

	if (machine_stage(m, STAGE_RUN, STAGE_RUN, "el2sim_finish", e) != 0)
		return -1;
	if (m->failed)
		return machine_usage(e, "el2sim_finish: the run failed");
	m->cut = el2sim_now(m) < m->end;
	m->failed = end_run(m, &why) != 0;
	m->stage = STAGE_FINISHED;
	return m->failed ? machine_error(e, &why) : 0;
}

/* ---- from outside ---- */

static int outside(const struct el2sim *m, unsigned vcpu, const char *call, struct el2sim_error *e)
{
	if (machine_simulates(m, call, e) != 0)
		return -1;
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
	smp_device_fires(&m->job.smp->vcpu[vcpu]);
	return 0;
}

int el2sim_kick(struct el2sim *m, unsigned vcpu, struct el2sim_error *e)
{
	struct smp_vcpu *v;

	if (outside(m, vcpu, "el2sim_kick", e) != 0)
		return -1;
	v = &m->job.smp->vcpu[vcpu];
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
	if (machine_stage(m, STAGE_BUILT, STAGE_BUILT, "el2sim_observe", e) != 0 ||
	    (m->replay && machine_simulates(m, "el2sim_observe", e) != 0))
		return -1;
	if (m->hooks.ctx != NULL)
		return machine_usage(e, "el2sim_observe: want at most one observer");
	m->observer = *o;
	m->hooks = (struct watch){.ctx = m,
				      .ran = o->pcpu != NULL ? saw_ran : NULL,
				      .mode = o->pcpu != NULL ? saw_mode : NULL,
				      .state = o->vcpu != NULL ? saw_state : NULL,
				      .exit = o->exit != NULL ? saw_exit : NULL};
	smp_watch(m->job.smp, &m->hooks);
	return 0;
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
	if (m->failed) {
		(void)machine_usage(e, "el2sim_report: the run failed");
		return NULL;
	}
	if (!rep_format_by_name(format, f)) {
		struct err why;

		(void)err_unknown(&why, ERR_USAGE, format, output_formats, REP_FORMAT_COUNT, "want text or json", "no format \"%.60s\"",
				  format);
		(void)machine_error(e, &why);
		return NULL;
	}
	r = job_report(&m->job);
	if (m->job.bounds == NULL)
		flags_warning(&m->job.out->flags, r);
	machine_devices(m, r);
	effective_tables(&(struct effective){&m->job.config, ""}, 1, r);
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
