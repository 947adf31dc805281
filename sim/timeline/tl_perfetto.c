/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Perfetto's native trace: a stream of packets, encoded by libprotobuf-c from perfetto.proto.
 *
 * Tracks: a group of pCPUs, each with its thread and, below, what it runs for it; a group per VM of its vCPUs, each
 * with its states and, below, its exits and counters. Names are interned in the first packet.
 */
#include <stdlib.h>
#include <string.h>

#include <perfetto.pb-c.h>
#include "sim/timeline/timeline_impl.h"

#define P(name)     Perfetto__Protos__##name
#define TYPE(name)  PERFETTO__PROTOS__TRACK_EVENT__TYPE__TYPE_##name
#define UNIT(name)  PERFETTO__PROTOS__COUNTER_DESCRIPTOR__UNIT__UNIT_##name
#define SEQUENCE_ID 1
#define STATE_CLEARED 1u
#define STATE_NEEDED  2u

/* ---- ids: of tracks, and of interned names; 0 is none ---- */

enum host_track { TRACK_ABOUT = 1, TRACK_LOADED, TRACK_WAITING, TRACK_GUESTS, TRACK_PCPUS };
#define TRACK_CPU(c, what)  (UINT64_C(1) << 32 | (uint64_t)(c) << 4 | (what))
#define TRACK_VM(vm)        (UINT64_C(2) << 32 | (vm))
#define TRACK_VCPU(v, what) (UINT64_C(3) << 32 | (uint64_t)(v) << 4 | (what))

enum cpu_track { CPU_THREAD, CPU_RAN };
enum vcpu_track { VCPU_STATE, VCPU_EXITS, VCPU_LRS, VCPU_STEAL, VCPU_HALT_POLL };

enum { NAME_STATE = 1, NAME_PHASE = 32, NAME_COMP = 64, NAME_KIND = 1024, NAME_IRQ = 2048, NAME_WAKE = 3000,
       NAME_NOBODY, NAME_VCPU = 4096 };

/* Annotations: id, name */
#define ANNOTATIONS(X)                                                                              \
	X(CYCLES, "cycles")                                                                         \
	X(READS, "register_reads")                                                                  \
	X(WRITES, "register_writes")                                                                \
	X(PEER, "peer")                                                                             \
	X(PCPU, "pcpu")

enum annotation {
	NOTE_NONE,
#define X(id, name) NOTE_##id,
	ANNOTATIONS(X)
#undef X
};

/* Categories: by enum tl_what. */
static const char *const categories[TL_WHAT_COUNT] = {
	[TL_THREAD] = "thread", [TL_RAN] = "phase", [TL_STATE] = "state", [TL_EXIT] = "exit",
	[TL_IRQ] = "irq", [TL_WAKE] = "wake"
};

struct writer {
	const struct timeline *t;
	FILE *f;
	uint8_t *buf;
	size_t cap;
	int64_t loaded, waiting, guests;
	int64_t *steal; /* ns, per vCPU */
};

/* ---- packets ---- */

/* One element of Trace.packet. */
static void put(struct writer *w, P(TracePacket) *p)
{
	size_t n, len = 0;
	uint8_t head[12];

	p->has_trusted_packet_sequence_id = true;
	p->trusted_packet_sequence_id = SEQUENCE_ID;
	n = perfetto__protos__trace_packet__get_packed_size(p);
	if (n > w->cap) {
		w->cap = n * 2;
		w->buf = xrealloc(w->buf, w->cap);
	}
	(void)perfetto__protos__trace_packet__pack(p, w->buf);
	head[len++] = 1 << 3 | 2; /* field 1, length-delimited */
	for (size_t rest = n; ; rest >>= 7) {
		head[len++] = (uint8_t)((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
		if (rest <= 0x7f)
			break;
	}
	(void)fwrite(head, 1, len, w->f);
	(void)fwrite(w->buf, 1, n, w->f);
}

static void put_event(struct writer *w, uint64_t ns, P(TrackEvent) *event)
{
	P(TracePacket) p = PERFETTO__PROTOS__TRACE_PACKET__INIT;

	p.has_timestamp = true;
	p.timestamp = ns;
	p.has_sequence_flags = true;
	p.sequence_flags = STATE_NEEDED;
	event->has_type = event->has_track_uuid = true;
	p.track_event = event;
	put(w, &p);
}

/* ---- interned names ---- */

struct names {
	P(EventName) *name, **list;
	size_t n, cap;
};

static void intern(struct names *x, uint64_t iid, const char *text)
{
	if (x->n == x->cap) {
		x->cap = x->cap != 0 ? x->cap * 2 : 256;
		x->name = xrealloc(x->name, x->cap * sizeof(*x->name));
	}
	perfetto__protos__event_name__init(&x->name[x->n]);
	x->name[x->n].has_iid = true;
	x->name[x->n].iid = iid;
	x->name[x->n++].name = xstrdup(text);
}

static void intern_all(const struct timeline *t, struct names *x)
{
	struct str b = STR_INIT;

	for (unsigned s = 0; s < SMP_STATE_COUNT; s++)
		intern(x, NAME_STATE + s, smp_state_name((enum smp_state)s));
	for (unsigned p = 0; p < PHASE_HANDLE; p++)
		intern(x, NAME_PHASE + p, phase_name((enum ws_phase)p));
	for (unsigned c = 0; c < COMP_COUNT; c++)
		intern(x, NAME_COMP + c, comp_name((enum ws_comp)c));
	intern(x, NAME_COMP + COMP_COUNT, "measured path");
	for (unsigned k = 0; k < EXIT_COUNT; k++)
		intern(x, NAME_KIND + k, exit_row((enum exit_kind)k)->name);
	intern(x, NAME_KIND + EXIT_COUNT, "not finished");
	for (unsigned i = 0; i < (unsigned)SMP_IRQ_STEP_COUNT * SRC_COUNT; i++) {
		str_reset(&b);
		if (i / SRC_COUNT != SMP_IRQ_KICK)
			str_addf(&b, "%s ", smp_source_name((enum smp_source)(i % SRC_COUNT)));
		str_add(&b, smp_irq_step_name((enum smp_irq_step)(i / SRC_COUNT)));
		intern(x, NAME_IRQ + i, str_get(&b));
	}
	intern(x, NAME_WAKE, "wake");
	intern(x, NAME_NOBODY, t->m != NULL ? "idle" : "no vCPU");
	for (unsigned v = 0; v < t->n_vcpu; v++) {
		if (!t->vcpu[v].used)
			continue;
		str_reset(&b);
		tl_vcpu_name(t, v, &b);
		intern(x, NAME_VCPU + v, str_get(&b));
	}
	str_free(&b);
}

/* The first packet: the sequence begins, and these are its names. */
static void put_names(struct writer *w)
{
	static const char *const notes[] = {
#define X(id, name) name,
		ANNOTATIONS(X)
#undef X
	};
	enum { N_NOTES = sizeof(notes) / sizeof(notes[0]) };
	P(DebugAnnotationName) note[N_NOTES], *note_list[N_NOTES];
	P(EventCategory) cat[TL_WHAT_COUNT], *cat_list[TL_WHAT_COUNT];
	P(InternedData) data = PERFETTO__PROTOS__INTERNED_DATA__INIT;
	P(TracePacket) p = PERFETTO__PROTOS__TRACE_PACKET__INIT;
	struct names x = { 0 };

	intern_all(w->t, &x);
	x.list = xcalloc(x.n, sizeof(*x.list));
	for (size_t i = 0; i < x.n; i++)
		x.list[i] = &x.name[i];
	for (unsigned i = 0; i < N_NOTES; i++) {
		note_list[i] = &note[i];
		perfetto__protos__debug_annotation_name__init(&note[i]);
		note[i].has_iid = true;
		note[i].iid = i + 1;
		note[i].name = (char *)notes[i];
	}
	for (unsigned i = 0; i < TL_WHAT_COUNT; i++) {
		if (categories[i] == NULL)
			continue;
		cat_list[data.n_event_categories++] = &cat[i];
		perfetto__protos__event_category__init(&cat[i]);
		cat[i].has_iid = true;
		cat[i].iid = i + 1;
		cat[i].name = (char *)categories[i];
	}
	data.event_categories = cat_list;
	data.n_event_names = x.n;
	data.event_names = x.list;
	data.n_debug_annotation_names = N_NOTES;
	data.debug_annotation_names = note_list;
	p.interned_data = &data;
	p.has_sequence_flags = true;
	p.sequence_flags = STATE_CLEARED;
	put(w, &p);
	for (size_t i = 0; i < x.n; i++)
		free(x.name[i].name);
	free(x.name);
	free(x.list);
}

/* ---- tracks ---- */

/* parent 0: at the top. unit: of a counter, UNSPECIFIED for a track of slices. group: its children stand in their order. */
static void put_track(struct writer *w, uint64_t uuid, uint64_t parent, const char *name, int rank, int unit)
{
	P(TrackDescriptor) d = PERFETTO__PROTOS__TRACK_DESCRIPTOR__INIT;
	P(CounterDescriptor) counter = PERFETTO__PROTOS__COUNTER_DESCRIPTOR__INIT;
	P(TracePacket) p = PERFETTO__PROTOS__TRACE_PACKET__INIT;

	d.has_uuid = true;
	d.uuid = uuid;
	d.has_parent_uuid = parent != 0;
	d.parent_uuid = parent;
	d.name = (char *)name;
	d.has_sibling_order_rank = true;
	d.sibling_order_rank = rank;
	if (unit != UNIT(UNSPECIFIED)) {
		counter.has_unit = true;
		counter.unit = (Perfetto__Protos__CounterDescriptor__Unit)unit;
		d.counter = &counter;
	} else {
		d.has_child_ordering = true;
		d.child_ordering = PERFETTO__PROTOS__TRACK_DESCRIPTOR__CHILD_TRACKS_ORDERING__EXPLICIT;
	}
	p.track_descriptor = &d;
	put(w, &p);
}

static void put_counter(struct writer *w, uint64_t ns, uint64_t track, int64_t value)
{
	P(TrackEvent) e = PERFETTO__PROTOS__TRACK_EVENT__INIT;

	e.type = TYPE(COUNTER);
	e.track_uuid = track;
	e.has_counter_value = true;
	e.counter_value = value;
	put_event(w, ns, &e);
}

static void put_sentence(struct writer *w, const char *text)
{
	P(TrackEvent) e = PERFETTO__PROTOS__TRACK_EVENT__INIT;

	e.type = TYPE(INSTANT);
	e.track_uuid = TRACK_ABOUT;
	e.name = (char *)text;
	put_event(w, w->t->from_ns, &e);
}

/* What the file is and what it leaves out, as events of a track of its own. */
static void put_about(struct writer *w)
{
	struct str line[TL_LEFT_OUT_MAX];
	unsigned n = tl_left_out(w->t, line);

	put_track(w, TRACK_ABOUT, 0, "el2sim", 0, UNIT(UNSPECIFIED));
	put_sentence(w, w->t->about);
	for (unsigned i = 0; i < TL_LEFT_OUT_MAX; i++) {
		if (i < n)
			put_sentence(w, str_get(&line[i]));
		str_free(&line[i]);
	}
}

static void put_vcpu_tracks(struct writer *w, unsigned v)
{
	static const struct {
		enum vcpu_track what;
		const char *name;
		int unit;
	} below[] = {
		{ VCPU_EXITS, "exits", UNIT(UNSPECIFIED) },
		{ VCPU_LRS, "list registers", UNIT(COUNT) },
		{ VCPU_STEAL, "steal", UNIT(TIME_NS) },
		{ VCPU_HALT_POLL, "halt_poll_ns", UNIT(TIME_NS) },
	};
	struct str b = STR_INIT;

	tl_vcpu_name(w->t, v, &b);
	put_track(w, TRACK_VCPU(v, VCPU_STATE), TRACK_VM(tl_vm_of(w->t, v)), str_get(&b), (int)v, UNIT(UNSPECIFIED));
	str_free(&b);
	for (unsigned i = 0; i < sizeof(below) / sizeof(below[0]); i++)
		put_track(w, TRACK_VCPU(v, below[i].what), TRACK_VCPU(v, VCPU_STATE), below[i].name, (int)i,
			  below[i].unit);
}

static void put_tracks(struct writer *w)
{
	const struct timeline *t = w->t;
	bool *vm = xcalloc(t->n_vcpu + 1, sizeof(*vm));
	struct str b = STR_INIT;

	put_track(w, TRACK_LOADED, 0, "vCPUs loaded", 1, UNIT(COUNT));
	put_track(w, TRACK_GUESTS, 0, "vCPUs in the guest", 2, UNIT(COUNT));
	put_track(w, TRACK_WAITING, 0, "vCPUs that wait for a pCPU", 3, UNIT(COUNT));
	put_track(w, TRACK_PCPUS, 0, "pCPUs", 4, UNIT(UNSPECIFIED));
	for (unsigned c = 0; c < t->n_cpu; c++) {
		if (!t->cpu[c].used)
			continue;
		str_reset(&b);
		str_addf(&b, "pCPU %u", c);
		put_track(w, TRACK_CPU(c, CPU_THREAD), TRACK_PCPUS, str_get(&b), (int)c, UNIT(UNSPECIFIED));
		put_track(w, TRACK_CPU(c, CPU_RAN), TRACK_CPU(c, CPU_THREAD), "switch and host path", 0,
			  UNIT(UNSPECIFIED));
	}
	for (unsigned v = 0; v < t->n_vcpu; v++) {
		unsigned of;

		if (!t->vcpu[v].used)
			continue;
		of = tl_vm_of(t, v);
		str_reset(&b);
		tl_vm_name(t, of, &b);
		if (!vm[of])
			put_track(w, TRACK_VM(of), 0, str_get(&b), 5 + (int)of, UNIT(UNSPECIFIED));
		vm[of] = true;
		put_vcpu_tracks(w, v);
	}
	str_free(&b);
	free(vm);
}

/* ---- events ---- */

static uint64_t track_of(const struct tl_event *e)
{
	if (tl_of_cpu(e))
		return TRACK_CPU(e->cpu, e->what == TL_THREAD ? CPU_THREAD : CPU_RAN);
	return TRACK_VCPU(e->vcpu, e->what == TL_EXIT ? VCPU_EXITS : VCPU_STATE);
}

static uint64_t name_of(const struct tl_event *e)
{
	switch ((enum tl_what)e->what) {
	case TL_THREAD:
		return e->vcpu == SMP_NOBODY ? NAME_NOBODY : NAME_VCPU + (uint64_t)e->vcpu;
	case TL_RAN:
		return e->phase != PHASE_HANDLE ? NAME_PHASE + (uint64_t)e->phase : NAME_COMP + (uint64_t)e->value;
	case TL_STATE:
		return NAME_STATE + (uint64_t)e->value;
	case TL_EXIT:
		return NAME_KIND + (uint64_t)e->value;
	case TL_IRQ:
		return NAME_IRQ + (uint64_t)e->step * SRC_COUNT + e->src;
	default:
		return NAME_WAKE;
	}
}

struct notes {
	P(DebugAnnotation) note[3], *list[3];
	size_t n;
};

static void note(struct notes *x, enum annotation name, uint64_t value)
{
	P(DebugAnnotation) *a = &x->note[x->n];

	perfetto__protos__debug_annotation__init(a);
	a->has_name_iid = a->has_uint_value = true;
	a->name_iid = name;
	a->uint_value = value;
	x->list[x->n++] = a;
}

static void annotate(const struct tl_event *e, struct notes *x)
{
	switch ((enum tl_what)e->what) {
	case TL_RAN:
		note(x, NOTE_CYCLES, e->cycles);
		if (e->value == COMP_COUNT)
			return;
		note(x, NOTE_READS, e->reads);
		note(x, NOTE_WRITES, e->writes);
		return;
	case TL_STATE:
		note(x, NOTE_PCPU, e->cpu);
		return;
	case TL_IRQ:
		if (e->value != SMP_NOBODY)
			note(x, NOTE_PEER, e->value);
		return;
	case TL_WAKE:
		note(x, NOTE_PEER, e->vcpu);
		note(x, NOTE_PCPU, e->value);
		return;
	default:
		return;
	}
}

static void put_end(struct writer *w, const struct tl_event *e, uint64_t ns)
{
	P(TrackEvent) x = PERFETTO__PROTOS__TRACK_EVENT__INIT;

	x.type = TYPE(SLICE_END);
	x.track_uuid = track_of(e);
	put_event(w, ns, &x);
}

/* Begin of a slice, or a moment. */
static void put_begin(struct writer *w, const struct tl_event *e)
{
	P(TrackEvent) x = PERFETTO__PROTOS__TRACK_EVENT__INIT;
	uint64_t category = e->what + UINT64_C(1), flow = e->flow, end = e->flow_end;
	struct notes notes = { .n = 0 };

	x.type = e->dur != 0 ? TYPE(SLICE_BEGIN) : TYPE(INSTANT);
	x.track_uuid = track_of(e);
	x.has_name_iid = true;
	x.name_iid = name_of(e);
	x.n_category_iids = 1;
	x.category_iids = &category;
	x.n_flow_ids = flow != 0;
	x.flow_ids = &flow;
	x.n_terminating_flow_ids = end != 0;
	x.terminating_flow_ids = &end;
	annotate(e, &notes);
	x.n_debug_annotations = notes.n;
	x.debug_annotations = notes.list;
	put_event(w, e->ns, &x);
}

/* Numbers of vCPUs in a state: it begins (by 1) or ends (by -1). */
static void count_state(struct writer *w, const struct tl_event *e, uint64_t ns, int by)
{
	if (e->value == VC_GUEST)
		put_counter(w, ns, TRACK_GUESTS, w->guests += by);
	if (e->value != VC_RUNNABLE)
		return;
	put_counter(w, ns, TRACK_WAITING, w->waiting += by);
	if (by < 0)
		put_counter(w, ns, TRACK_VCPU(e->vcpu, VCPU_STEAL), w->steal[e->vcpu] += (int64_t)e->dur);
}

static void put_point(struct writer *w, const struct tl_point *p)
{
	const struct tl_event *e = &w->t->ev[p->event];

	switch ((enum tl_what)e->what) {
	case TL_LRS:
		put_counter(w, p->ns, TRACK_VCPU(e->vcpu, VCPU_LRS), e->value);
		return;
	case TL_POLL:
		put_counter(w, p->ns, TRACK_VCPU(e->vcpu, VCPU_HALT_POLL), e->value);
		return;
	case TL_LOADED:
		put_counter(w, p->ns, TRACK_LOADED, w->loaded += e->value != 0 ? 1 : -1);
		return;
	default:
		break;
	}
	if (p->end)
		put_end(w, e, p->ns);
	else
		put_begin(w, e);
	if (e->what == TL_STATE && e->dur != 0)
		count_state(w, e, p->ns, p->end ? -1 : 1);
}

void tl_write_TL_PERFETTO(const struct timeline *t, FILE *f)
{
	struct writer w = { .t = t, .f = f, .loaded = t->loaded };

	w.steal = xcalloc(t->n_vcpu + 1, sizeof(*w.steal));
	put_names(&w);
	put_about(&w);
	put_tracks(&w);
	put_counter(&w, t->from_ns, TRACK_LOADED, w.loaded);
	for (size_t i = 0; i < t->n_point; i++)
		put_point(&w, &t->point[i]);
	free(w.steal);
	free(w.buf);
}
