/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child that reads a CTF trace through libbabeltrace2; see dat.h. Events have the kernel's names ("kvm_entry" of LTTng,
 * "kvm:kvm_entry" of perf) and fields. The task is a context of LTTng (lttng add-context -k -t tid -t procname), a
 * field of perf (perf_tid), or follows from sched_switch.
 */
#include <babeltrace2/babeltrace.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/str.h"
#include "traces/import/ctf.h"
#include "traces/import/dat.h"

#define IDLE_S 60 /* CPU seconds without an event after which the child is given up */

struct ctf {
	struct dat_pipe pipe;
	bt_message_iterator *in;
	int32_t on[TR_CPU_MAX]; /* the task on each CPU by its last sched_switch, -1: not known */
	uint64_t events, tasks; /* of our types; of these, those whose task is known */
	uint64_t seen;
	bool no_clock, formats;
};

/* --- fields --- */

static const bt_field *member(const bt_field *of, const char *name)
{
	return of != NULL && bt_field_get_class_type(of) == BT_FIELD_CLASS_TYPE_STRUCTURE
		       ? bt_field_structure_borrow_member_field_by_name_const(of, name)
		       : NULL;
}

static bool number(const bt_field *f, uint64_t *v)
{
	bt_field_class_type type;

	if (f == NULL)
		return false;
	type = bt_field_get_class_type(f);
	if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER))
		*v = bt_field_integer_unsigned_get_value(f);
	else if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_SIGNED_INTEGER))
		*v = (uint64_t)bt_field_integer_signed_get_value(f);
	else if (type == BT_FIELD_CLASS_TYPE_BOOL)
		*v = bt_field_bool_get_value(f) != BT_FALSE;
	else
		return false;
	return true;
}

static const char *text_of(const bt_field *f)
{
	return f != NULL && bt_field_get_class_type(f) == BT_FIELD_CLASS_TYPE_STRING ? bt_field_string_get_value(f) : NULL;
}

/* By the kernel's name, or LTTng's, which says tid where the kernel says pid. */
static const bt_field *field_of(const bt_field *payload, const char *name)
{
	const bt_field *f = member(payload, name);
	size_t n = strlen(name);
	char tid[64];

	if (f != NULL || n < 3 || n >= sizeof(tid) || strcmp(name + n - 3, "pid") != 0)
		return f;
	memcpy(tid, name, n + 1);
	tid[n - 3] = 't';
	return member(payload, tid);
}

/* --- events --- */

static uint64_t cpu_of(const bt_event *ev)
{
	const bt_stream_class *sc = bt_stream_borrow_class_const(bt_event_borrow_stream_const(ev));
	uint64_t cpu = 0;

	if (bt_stream_class_supports_packets(sc))
		(void)number(member(bt_packet_borrow_context_field_const(bt_event_borrow_packet_const(ev)), "cpu_id"), &cpu);
	return cpu;
}

/* The thread that ran; -1: not known. */
static int32_t tid_of(const struct ctf *c, const bt_event *ev, uint64_t cpu)
{
	const bt_field *payload = bt_event_borrow_payload_field_const(ev);
	const bt_field *places[] = { member(payload, "perf_tid"),
				     member(bt_event_borrow_common_context_field_const(ev), "tid"),
				     member(bt_event_borrow_specific_context_field_const(ev), "tid"),
				     member(payload, "common_pid") };
	uint64_t v;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (number(places[i], &v))
			return (int32_t)(uint32_t)v;
	}
	return c->on[cpu];
}

static const char *comm_of(const bt_event *ev)
{
	const char *s = text_of(member(bt_event_borrow_common_context_field_const(ev), "procname"));

	return s != NULL ? s : text_of(member(bt_event_borrow_specific_context_field_const(ev), "procname"));
}

/* The name behind perf's system. */
static const char *name_of(const char *name)
{
	const char *colon = name != NULL ? strrchr(name, ':') : NULL;

	return name == NULL ? "(no name)" : colon != NULL ? colon + 1 : name;
}

static void take_fields(struct ctf *c, const bt_field *payload, struct tr_event *out)
{
	enum tr_type type = (enum tr_type)out->type;

	for (unsigned i = 0; i < tr_field_count(type); i++) {
		const bt_field *f = field_of(payload, tr_field_name(type, i));
		const char *s = text_of(f);

		if (tr_field_kind(type, i) == TRF_STR && s != NULL)
			out->arg[i] = dat_text(&c->pipe, s, strlen(s));
		else if (tr_field_kind(type, i) == TRF_STR || !number(f, &out->arg[i]))
			out->absent |= (uint8_t)(1u << i);
	}
}

static void take_event(struct ctf *c, const bt_message *m)
{
	const bt_event *ev = bt_message_event_borrow_event_const(m);
	const char *name = name_of(bt_event_class_get_name(bt_event_borrow_class_const(ev))), *comm;
	const bt_field *payload = bt_event_borrow_payload_field_const(ev);
	uint64_t cpu = cpu_of(ev), next;
	struct dat_event told;
	struct tr_event *out = &told.ev;
	enum tr_type type;
	bool alias = false;
	int64_t ns;

	if (c->seen++ % 4096 == 0)
		dat_wind_up(IDLE_S);
	alias = tr_alias(name, strlen(name), &type);
	if ((!alias && !tr_type_by_name(name, &type)) || cpu >= TR_CPU_MAX) {
		dat_send_text(&c->pipe, DAT_SKIP, name, strlen(name));
		return;
	}
	if (bt_stream_class_borrow_default_clock_class_const(bt_stream_borrow_class_const(bt_event_borrow_stream_const(ev))) ==
		    NULL ||
	    bt_clock_snapshot_get_ns_from_origin(bt_message_event_borrow_default_clock_snapshot_const(m), &ns) !=
		    BT_CLOCK_SNAPSHOT_GET_NS_FROM_ORIGIN_STATUS_OK ||
	    ns < 0) {
		c->no_clock = true;
		return;
	}
	memset(&told, 0, sizeof(told)); /* padding too: it is sent */
	told.head = (struct dat_head){ DAT_EVENT, alias };
	out->ts_ns = (uint64_t)ns;
	out->cpu = (uint16_t)cpu;
	out->type = (uint8_t)type;
	out->pid = tid_of(c, ev, cpu);
	if (type == TR_sched_switch && number(field_of(payload, "next_pid"), &next)) {
		if (out->pid < 0 && number(field_of(payload, "prev_pid"), &next))
			out->pid = (int32_t)(uint32_t)next;
		(void)number(field_of(payload, "next_pid"), &next);
		c->on[cpu] = (int32_t)(uint32_t)next;
	}
	c->events++;
	if (out->pid < 0) { /* before the first sched_switch of this CPU */
		dat_send(&c->pipe, DAT_LOST, 1, NULL, 0);
		return;
	}
	c->tasks++;
	comm = comm_of(ev);
	if (comm != NULL)
		out->comm = dat_text(&c->pipe, comm, strlen(comm));
	take_fields(c, payload, out);
	dat_send_event(&c->pipe, &told);
}

/* Which events the metadata of a stream have. */
static void take_formats(struct ctf *c, const bt_stream *stream)
{
	const bt_stream_class *sc = bt_stream_borrow_class_const(stream);

	for (uint64_t i = 0; i < bt_stream_class_get_event_class_count(sc); i++) {
		const char *name = name_of(bt_event_class_get_name(bt_stream_class_borrow_event_class_by_index_const(sc, i)));

		dat_send_text(&c->pipe, DAT_FORMAT, name, strlen(name));
	}
	c->formats = true;
}

static void take(struct ctf *c, const bt_message *m)
{
	uint64_t lost = 0;

	switch (bt_message_get_type(m)) {
	case BT_MESSAGE_TYPE_EVENT:
		take_event(c, m);
		break;
	case BT_MESSAGE_TYPE_STREAM_BEGINNING:
		take_formats(c, bt_message_stream_beginning_borrow_stream_const(m));
		break;
	case BT_MESSAGE_TYPE_DISCARDED_EVENTS:
		if (bt_message_discarded_events_get_count(m, &lost) != BT_PROPERTY_AVAILABILITY_AVAILABLE)
			lost = 0;
		dat_send(&c->pipe, DAT_LOST, lost, NULL, 0);
		break;
	case BT_MESSAGE_TYPE_DISCARDED_PACKETS:
		dat_send(&c->pipe, DAT_LOST, 0, NULL, 0);
		break;
	default:
		break;
	}
}

/* --- the graph: source.ctf.fs, filter.utils.muxer, our sink --- */

static bt_graph_simple_sink_component_initialize_func_status begin(bt_message_iterator *in, void *self)
{
	struct ctf *c = self;

	c->in = in;
	return BT_GRAPH_SIMPLE_SINK_COMPONENT_INITIALIZE_FUNC_STATUS_OK;
}

static bt_graph_simple_sink_component_consume_func_status consume(bt_message_iterator *in, void *self)
{
	bt_message_array_const messages;
	struct ctf *c = self;
	uint64_t n = 0;
	bt_message_iterator_next_status status = bt_message_iterator_next(in, &messages, &n);

	if (status != BT_MESSAGE_ITERATOR_NEXT_STATUS_OK)
		return (bt_graph_simple_sink_component_consume_func_status)status;
	for (uint64_t i = 0; i < n; i++) {
		take(c, messages[i]);
		bt_message_put_ref(messages[i]);
	}
	return BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_OK;
}

static const bt_plugin *plugin(const char *name)
{
	const bt_plugin *p = NULL;

	return bt_plugin_find(name, BT_TRUE, BT_TRUE, BT_TRUE, BT_TRUE, BT_FALSE, &p) == BT_PLUGIN_FIND_STATUS_OK ? p : NULL;
}

/* The source's ports to the muxer's, of which there is always one more, and the muxer's to the sink. */
static bool connect_all(bt_graph *g, const bt_component_source *source, const bt_component_filter *muxer,
		    const bt_component_sink *sink)
{
	for (uint64_t i = 0; i < bt_component_source_get_output_port_count(source); i++) {
		if (bt_graph_connect_ports(g, bt_component_source_borrow_output_port_by_index_const(source, i),
					   bt_component_filter_borrow_input_port_by_index_const(muxer, i),
					   NULL) != BT_GRAPH_CONNECT_PORTS_STATUS_OK)
			return false;
	}
	return bt_graph_connect_ports(g, bt_component_filter_borrow_output_port_by_index_const(muxer, 0),
				      bt_component_sink_borrow_input_port_by_index_const(sink, 0),
				      NULL) == BT_GRAPH_CONNECT_PORTS_STATUS_OK;
}

/* NULL: built and connected; else what failed. */
static const char *build(struct ctf *c, bt_graph *g, const char *folder)
{
	const bt_plugin *ctf = plugin("ctf"), *utils = plugin("utils");
	const bt_component_class_source *fs = ctf != NULL ? bt_plugin_borrow_source_component_class_by_name_const(ctf, "fs") : NULL;
	const bt_component_class_filter *mux =
		utils != NULL ? bt_plugin_borrow_filter_component_class_by_name_const(utils, "muxer") : NULL;
	const bt_component_source *source;
	const bt_component_filter *muxer;
	const bt_component_sink *sink;
	bt_value *params = bt_value_map_create(), *inputs = NULL;

	if (fs == NULL || mux == NULL)
		return "libbabeltrace2 has no plugins ctf and utils: install babeltrace2";
	if (bt_value_map_insert_empty_array_entry(params, "inputs", &inputs) != BT_VALUE_MAP_INSERT_ENTRY_STATUS_OK ||
	    bt_value_array_append_string_element(inputs, folder) != BT_VALUE_ARRAY_APPEND_ELEMENT_STATUS_OK)
		return "no memory";
	if (bt_graph_add_source_component(g, fs, "in", params, BT_LOGGING_LEVEL_NONE, &source) !=
	    BT_GRAPH_ADD_COMPONENT_STATUS_OK)
		return "libbabeltrace2 cannot read its metadata or streams: is the folder whole?";
	if (bt_graph_add_filter_component(g, mux, "mux", NULL, BT_LOGGING_LEVEL_NONE, &muxer) != BT_GRAPH_ADD_COMPONENT_STATUS_OK ||
	    bt_graph_add_simple_sink_component(g, "out", begin, consume, NULL, c, &sink) != BT_GRAPH_ADD_COMPONENT_STATUS_OK ||
	    !connect_all(g, source, muxer, sink))
		return "libbabeltrace2 cannot put its parts together";
	return NULL;
}

static const char *read_all(struct ctf *c, const char *folder)
{
	bt_graph *g = bt_graph_create(0);
	const char *why = g != NULL ? build(c, g, folder) : "libbabeltrace2 makes no graph";

	if (why == NULL && bt_graph_run(g) != BT_GRAPH_RUN_STATUS_OK)
		why = "libbabeltrace2 cannot read it to its end: is the folder whole?";
	if (why == NULL && c->no_clock)
		why = "its events have no time";
	if (why == NULL && c->events != 0 && c->tasks == 0)
		why = "its events have no task: record with lttng add-context -k -t tid -t procname, or with sched_switch";
	return why;
}

_Noreturn void ctf_child(const char *folder, FILE *to)
{
	struct ctf *c = xcalloc(1, sizeof(*c));
	const char *why;

	dat_lock_up(fileno(to));
	dat_wind_up(IDLE_S);
	c->pipe.to = to;
	for (unsigned i = 0; i < TR_CPU_MAX; i++)
		c->on[i] = -1;
	why = read_all(c, folder);
	if (c->formats)
		dat_send(&c->pipe, DAT_SYSTEMS, 1, NULL, 0);
	if (why != NULL)
		dat_fail(&c->pipe, why);
	else
		dat_send(&c->pipe, DAT_DONE, 0, NULL, 0);
	_exit(fflush(to) == 0 ? 0 : 1);
}
