/* SPDX-License-Identifier: Apache-2.0 */
/* Events are collected: what the hooks tell, with lengths and flows. timeline_end.c does the rest. */
#include "sim/timeline/timeline.h"

#include <stdio.h>
#include <string.h>

#include "sim/timeline/timeline_impl.h"

#define MEMBER(m) offsetof(struct timeline_options, m)

static const struct opt_row opt_rows[] = {
	{ "timeline", "from", OPT_INT, MEMBER(from_us), "0", 0, INT64_C(1000000000000000), "us", NULL,
	  "where --timeline begins, since the first event" },
	{ "timeline", "to", OPT_INT, MEMBER(to_us), "0", 0, INT64_C(1000000000000000), "us", NULL,
	  "where --timeline ends, since the first event; 0: with the run" },
	{ "timeline", "max_events", OPT_INT, MEMBER(max_events), "1000000", 1, 100000000, "", NULL,
	  "most events of --timeline; it ends where there would be one more (80 bytes of memory each)" },
	{ "timeline", "shortest", OPT_INT, MEMBER(shortest_ns), "0", 0, 1000000000, "ns", NULL,
	  "phases and parts of the host's path that take less are left out of --timeline; 0: none" },
};

const struct opt_row *timeline_opt_rows(size_t *n)
{
	*n = sizeof(opt_rows) / sizeof(opt_rows[0]);
	return opt_rows;
}

const char *const timeline_formats[TIMELINE_FORMAT_COUNT + 1] = {
#define X(id, name, endings, help) name,
	TIMELINE_FORMATS(X)
#undef X
	NULL
};

int timeline_format_of(const char *path, enum timeline_format *format, struct err *e)
{
	static const char *const endings[] = {
#define X(id, name, list, help) list,
		TIMELINE_FORMATS(X)
#undef X
	};
	struct str all = STR_INIT;

	for (unsigned f = 0; f < TIMELINE_FORMAT_COUNT; f++) {
		char *copy = xstrdup(endings[f]), *rest = copy, *end;

		while ((end = str_word(&rest, " ")) != NULL) {
			size_t n = strlen(path), k = strlen(end);

			if (n > k && strcmp(path + n - k, end) == 0) {
				*format = (enum timeline_format)f;
				free(copy);
				str_free(&all);
				return 0;
			}
		}
		free(copy);
		str_addf(&all, "%s%s", f != 0 ? " " : "", endings[f]);
	}
	(void)err_set(e, ERR_USAGE, "--timeline %s: its ending tells no format: want one of %s, or --timeline-format", path,
		      str_get(&all));
	str_free(&all);
	return -1;
}

/* ---- events ---- */

static struct tl_entity *entity(struct tl_entity **list, unsigned *n, unsigned id)
{
	if (id >= *n) {
		unsigned want = id + 1 > *n * 2 ? id + 1 : *n * 2;

		*list = xrealloc(*list, want * sizeof(**list));
		memset(*list + *n, 0, (want - *n) * sizeof(**list));
		*n = want;
	}
	return &(*list)[id];
}

static struct tl_entity *cpu_of(struct timeline *t, unsigned id)
{
	return entity(&t->cpu, &t->n_cpu, id);
}

static struct tl_entity *vcpu_of(struct timeline *t, unsigned id)
{
	return entity(&t->vcpu, &t->n_vcpu, id);
}

/* The window begins with the first event of all. */
static void begin(struct timeline *t, uint64_t ns)
{
	if (t->begun)
		return;
	t->begun = true;
	t->base_ns = ns;
	t->from_ns = ns + (uint64_t)t->o.from_us * 1000;
	t->to_ns = t->o.to_us != 0 ? ns + (uint64_t)t->o.to_us * 1000 : UINT64_MAX;
}

/* States before the window count as its beginning. */
static bool stands(enum tl_what what)
{
	return what == TL_THREAD || what == TL_STATE || what == TL_LRS || what == TL_POLL;
}

static bool in_window(struct timeline *t, struct tl_event *e)
{
	if (e->ns >= t->to_ns) {
		t->outside++;
		return false;
	}
	if (e->ns >= t->from_ns)
		return true;
	if (stands((enum tl_what)e->what)) {
		struct tl_entity *x = e->what == TL_THREAD ? cpu_of(t, e->cpu) : vcpu_of(t, e->vcpu);

		x->before[e->what].known = true;
		x->before[e->what].cpu = e->cpu;
		x->before[e->what].vcpu = e->vcpu;
		x->before[e->what].value = e->value;
	} else if (e->what == TL_LOADED) {
		t->loaded += e->value != 0 ? 1 : -1;
	} else if (e->ns + e->dur > t->from_ns) {
		e->dur -= t->from_ns - e->ns;
		e->ns = t->from_ns;
		return true;
	}
	t->outside++;
	return false;
}

/* Add an event, unless something leaves it out. Of what is before the limit's moment nothing is missing, also what is
 * told late: an exit at its end, another pCPU's events. */
static void record(struct timeline *t, struct tl_event e)
{
	begin(t, e.ns);
	if (!in_window(t, &e))
		return;
	if (e.ns + e.dur > t->to_ns)
		e.dur = t->to_ns - e.ns;
	if (t->n >= (size_t)t->o.max_events && !t->full) {
		t->full = true;
		t->cut_ns = e.ns + (e.what == TL_EXIT ? e.dur : 0); /* when it was told */
	}
	if (t->full && (e.ns >= t->cut_ns || t->n >= 2 * (size_t)t->o.max_events)) {
		t->over++;
		return;
	}
	if (t->n == t->cap) {
		t->cap = t->cap != 0 ? t->cap * 2 : 1024;
		t->ev = xrealloc(t->ev, t->cap * sizeof(*t->ev));
	}
	t->ev[t->n++] = e;
}

/* Time of the source as nanoseconds. */
static uint64_t ns_of(const struct timeline *t, uint64_t time)
{
	return t->m != NULL ? smp_ns(t->m, time) : time;
}

/* An event of this kind, here and now. */
static struct tl_event at(const struct timeline *t, const struct smp_at *a, enum tl_what what)
{
	return (struct tl_event){ .ns = ns_of(t, a->time), .cpu = a->cpu, .vcpu = a->vcpu, .what = (uint8_t)what };
}

/* ---- hooks ---- */

/*
 * A replay tells the steps of an exit when it knows the exit's kind, that is late: they are laid out from the
 * exit on, one after the other; what waits for something begins when that came.
 */
static uint64_t place(struct timeline *t, const struct smp_at *a, const struct smp_ran *what)
{
	struct tl_entity *v = vcpu_of(t, a->vcpu);
	bool own_time = what->phase == PHASE_ENTER || what->phase == PHASE_LOAD || what->phase == PHASE_PUT ||
			what->comp == COMP_thread_switch || what->comp == COMP_idle_enter || !v->in_exit;
	uint64_t ns = v->in_exit && v->cursor < v->exit_ns ? v->exit_ns : v->cursor;

	if (own_time && ns < a->time)
		ns = a->time;
	if (ns < cpu_of(t, a->cpu)->cursor) {
		ns = cpu_of(t, a->cpu)->cursor;
		t->moved++;
	}
	return ns;
}

static uint64_t cycles_ns(const struct timeline *t, uint64_t cycles)
{
	return (uint64_t)((long double)cycles * 1000000000 / (long double)t->hz);
}

static void on_ran(void *ctx, const struct smp_at *a, const struct smp_ran *what)
{
	struct timeline *t = ctx;
	struct tl_event e = at(t, a, TL_RAN);
	struct tl_entity *c = cpu_of(t, a->cpu), *v;

	if (what->cycles == 0)
		return;
	if (t->m != NULL) {
		e.dur = smp_ns(t->m, a->time + what->cycles) - e.ns;
	} else {
		e.ns = place(t, a, what);
		e.dur = cycles_ns(t, what->cycles);
		c->cursor = vcpu_of(t, a->vcpu)->cursor = e.ns + e.dur;
	}
	e.phase = (uint8_t)what->phase;
	e.value = what->comp;
	e.cycles = (uint32_t)(what->cycles < UINT32_MAX ? what->cycles : UINT32_MAX);
	if (what->totals != NULL) {
		e.reads = (uint32_t)what->totals->n[CNT_read];
		e.writes = (uint32_t)what->totals->n[CNT_write];
	}
	if (what->phase == PHASE_LOAD || what->phase == PHASE_PUT)
		record(t, (struct tl_event){ .ns = e.ns + e.dur, .cpu = a->cpu, .vcpu = a->vcpu, .what = TL_LOADED,
					     .value = what->phase == PHASE_LOAD });
	if (e.dur < (uint64_t)t->o.shortest_ns) {
		t->short_n++;
		t->short_ns += e.dur;
		return;
	}
	e.flow_end = c->kick_flow;
	c->kick_flow = 0;
	v = a->vcpu != SMP_NOBODY ? vcpu_of(t, a->vcpu) : NULL;
	if (v != NULL && what->phase == PHASE_EXIT)
		e.flow = v->exit_flow;
	if (v != NULL && what->phase == PHASE_ENTER && v->exit_flow != 0)
		e.flow_end = v->exit_flow;
	record(t, e);
}

static void on_state(void *ctx, const struct smp_at *a, enum smp_state state)
{
	struct timeline *t = ctx;
	struct tl_event e = at(t, a, TL_STATE);
	struct tl_entity *v = vcpu_of(t, a->vcpu);

	e.value = state;
	if (state == VC_HOST || state == VC_USER) {
		e.flow_end = v->wake_flow;
		v->wake_flow = 0;
	}
	record(t, e);
}

static void on_exit_(void *ctx, const struct smp_at *a, enum exit_kind kind)
{
	struct timeline *t = ctx;
	struct tl_event e = at(t, a, TL_LRS);
	struct tl_entity *v = vcpu_of(t, a->vcpu);

	(void)kind;
	v->exit_ns = e.ns;
	v->in_exit = true;
	v->exit_flow = ++t->flows;
	record(t, e); /* none in use */
}

static void on_thread(void *ctx, const struct smp_at *a, unsigned prev)
{
	struct timeline *t = ctx;

	(void)prev;
	cpu_of(t, a->cpu)->thread = a->vcpu + 1;
	record(t, at(t, a, TL_THREAD));
}

static void on_enter(void *ctx, const struct smp_at *a, unsigned lrs)
{
	struct timeline *t = ctx;
	struct tl_event e = at(t, a, TL_LRS);

	e.value = lrs;
	record(t, e);
	if (cpu_of(t, a->cpu)->thread != a->vcpu + 1) /* the trace has no sched_switch */
		on_thread(t, a, SMP_NOBODY);
}

static void on_handled(void *ctx, const struct smp_at *a, enum exit_kind kind, uint64_t since)
{
	struct timeline *t = ctx;
	struct tl_event e = at(t, a, TL_EXIT);
	struct tl_entity *v = vcpu_of(t, a->vcpu);
	uint64_t end = e.ns;

	e.value = kind;
	if (t->m == NULL && !exit_is_exit(kind)) { /* KVM_RUN that comes back at once, within an exit */
		record(t, e);
		return;
	}
	e.ns = ns_of(t, since);
	if (e.ns < t->base_ns)
		e.ns = t->base_ns;
	e.dur = end > e.ns ? end - e.ns : 0;
	e.flow = v->exit_flow;
	v->exit_flow = 0;
	v->in_exit = false;
	record(t, e);
}

static void on_irq(void *ctx, const struct smp_at *a, enum smp_irq_step step, enum smp_source src, unsigned peer)
{
	struct timeline *t = ctx;
	struct tl_event e = at(t, a, TL_IRQ);
	unsigned whom = step == SMP_IRQ_SEND ? peer : a->vcpu;
	uint32_t *flow = step == SMP_IRQ_KICK ? &cpu_of(t, peer)->kick_flow : &vcpu_of(t, whom)->irq_flow[src];

	e.step = (uint8_t)step;
	e.src = (uint8_t)src;
	e.value = peer;
	if (step == SMP_IRQ_INJECT) {
		e.flow_end = *flow;
		*flow = 0;
	} else {
		if (*flow == 0)
			*flow = ++t->flows;
		e.flow = *flow;
	}
	record(t, e);
}

static void on_wake(void *ctx, const struct smp_at *a, unsigned to)
{
	struct timeline *t = ctx;
	struct tl_event e = at(t, a, TL_WAKE);

	e.value = to;
	e.flow = vcpu_of(t, a->vcpu)->wake_flow = ++t->flows;
	record(t, e);
}

static void on_halt(void *ctx, const struct smp_at *a, uint64_t ns, bool slept, uint64_t poll_old, uint64_t poll_new)
{
	struct timeline *t = ctx;
	struct tl_event e = at(t, a, TL_POLL);

	(void)ns;
	(void)slept;
	if (poll_old == poll_new)
		return;
	e.value = (uint32_t)(poll_new < UINT32_MAX ? poll_new : UINT32_MAX);
	record(t, e);
}

/* ---- life ---- */

struct timeline *timeline_new(const struct timeline_options *o, struct err *e)
{
	struct timeline *t;

	if (o->to_us != 0 && o->to_us <= o->from_us) {
		(void)err_set(e, ERR_CONFIG, "[timeline] to = %lld us, but from = %lld us: want the end after the beginning, "
			      "or 0 for the end of the run", (long long)o->to_us, (long long)o->from_us);
		return NULL;
	}
	t = xcalloc(1, sizeof(*t));
	t->o = *o;
	t->hooks = (struct watch){ .ctx = t, .ran = on_ran, .state = on_state, .exit = on_exit_,
				       .enter = on_enter, .handled = on_handled, .irq = on_irq, .wake = on_wake,
				       .thread = on_thread, .halt = on_halt };
	return t;
}

void timeline_free(struct timeline *t)
{
	if (t == NULL)
		return;
	free(t->ev);
	free(t->point);
	free(t->cpu);
	free(t->vcpu);
	free(t);
}

void timeline_of_machine(struct timeline *t, struct smp *m)
{
	t->m = m;
	t->hz = m->clk.hz;
	smp_watch(m, &t->hooks);
	begin(t, 0);
	for (unsigned v = 0; v < m->n_vcpu; v++) {
		struct tl_event e = { .cpu = m->vcpu[v].cpu->id, .vcpu = v, .what = TL_STATE,
				      .value = m->vcpu[v].state };

		record(t, e);
	}
}

struct watch *timeline_of_replay(struct timeline *t, uint64_t clock_hz)
{
	t->hz = clock_hz;
	return &t->hooks;
}
