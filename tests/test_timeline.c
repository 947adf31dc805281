/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timelines as a reader sees them: Perfetto's packets, decoded and checked for what a viewer needs, and value change
 * dumps. tests/test_timeline_readers.sh opens both with programs that are not ours.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "sim/timeline/timeline.h"
#include "tests/command_json.h"
#include "tests/suite.h"
#include "tests/timeline_reader.h"

#define MACHINE "configs/experiment/overcommit.ini --run.duration=10000 --machine.vcpus=12 --machine.pcpus=4"
#define REPLAY  "configs/experiment/linux-6.12-vhe-n1.ini"

/* ---- a run with its timeline ---- */

struct run {
	struct str report, file;
	struct err e;
	int rc;
};

static struct run run(const char *config, const char *name, const char *more)
{
	char *path = scratch(name);
	struct str line = STR_INIT;
	struct run r = { .report = STR_INIT, .file = STR_INIT };

	str_addf(&line, "el2sim run %s --timeline %s --format json %s", config, path, more);
	r.rc = run_command(str_get(&line), &r.report, &r.e);
	if (access(path, R_OK) == 0)
		r.file = slurp(path);
	(void)unlink(path);
	free(path);
	str_free(&line);
	return r;
}

static struct run run_well(const char *config, const char *name, const char *more)
{
	struct run r = run(config, name, more);

	ck_assert_msg(r.rc == 0, "%s %s: %s", config, more, r.e.text);
	return r;
}

static void run_free(struct run *r)
{
	str_free(&r->report);
	str_free(&r->file);
}

/* ---- what Perfetto publishes ---- */

static const char *label_of(const ProtobufCFieldDescriptor *f)
{
	return f->label == PROTOBUF_C_LABEL_REPEATED ? "repeated" : "optional";
}

static const char *type_of(const ProtobufCFieldDescriptor *f)
{
	const char *name = "?";

	switch (f->type) {
	case PROTOBUF_C_TYPE_UINT64: return "uint64";
	case PROTOBUF_C_TYPE_UINT32: return "uint32";
	case PROTOBUF_C_TYPE_INT64: return "int64";
	case PROTOBUF_C_TYPE_INT32: return "int32";
	case PROTOBUF_C_TYPE_FIXED64: return "fixed64";
	case PROTOBUF_C_TYPE_STRING: return "string";
	case PROTOBUF_C_TYPE_ENUM: name = ((const ProtobufCEnumDescriptor *)f->descriptor)->name; break;
	case PROTOBUF_C_TYPE_MESSAGE: name = ((const ProtobufCMessageDescriptor *)f->descriptor)->name; break;
	default: break;
	}
	return strrchr(name, '.') != NULL ? strrchr(name, '.') + 1 : name;
}

START_TEST(the_messages_have_the_published_fields_and_no_others)
{
	static const ProtobufCMessageDescriptor *const ours[] = {
		&perfetto__protos__trace__descriptor, &perfetto__protos__trace_packet__descriptor,
		&perfetto__protos__track_descriptor__descriptor, &perfetto__protos__counter_descriptor__descriptor,
		&perfetto__protos__track_event__descriptor, &perfetto__protos__debug_annotation__descriptor,
		&perfetto__protos__interned_data__descriptor, &perfetto__protos__event_category__descriptor,
		&perfetto__protos__event_name__descriptor, &perfetto__protos__debug_annotation_name__descriptor,
	};
	struct str want = slurp("tests/data/perfetto_fields.txt"), got = STR_INIT;
	const char *rows = str_get(&want);

	while (rows[0] == '#')
		rows = strchr(rows, '\n') + 1;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		for (unsigned k = 0; k < ours[i]->n_fields; k++) {
			const ProtobufCFieldDescriptor *f = &ours[i]->fields[k];

			str_addf(&got, "%s %s %" PRIu32 " %s %s\n", strrchr(ours[i]->name, '.') + 1, f->name, f->id,
				 label_of(f), type_of(f));
		}
	}
	ck_assert_str_eq(str_get(&got), rows);
	str_free(&got);
	str_free(&want);
}
END_TEST

/* ---- what the file says is what the report says ---- */

static json_t *phases_of(const struct run *r, json_t **all)
{
	json_error_t je;

	*all = json_loads(str_get(&r->report), 0, &je);
	ck_assert_msg(*all != NULL, "%s", je.text);
	return rows_of(*all, "phases");
}

static void same_as_report(const struct run *run_, const struct reader *r, uint64_t missing)
{
	json_t *all, *rows = phases_of(run_, &all);
	unsigned n = 0;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		json_t *row = json_array_get(rows, i);
		const char *phase = json_string_value(json_object_get(row, "phase"));
		uint64_t runs = (uint64_t)json_integer_value(json_object_get(row, "runs"));
		uint64_t cycles = (uint64_t)json_integer_value(json_object_get(row, "cycles"));
		uint64_t got = of_name(r, r->slices, phase);

		if (strcmp(phase, "total") == 0 || strcmp(phase, "handle") == 0)
			continue;
		n++;
		ck_assert_msg(got <= runs && got + missing >= runs, "%s: %" PRIu64 " slices, %" PRIu64 " runs", phase,
			      got, runs);
		if (missing == 0)
			ck_assert_uint_eq(of_name(r, r->cycles, phase), cycles);
	}
	ck_assert_uint_eq(n, 5);
	json_decref(all);
}

START_TEST(a_replay_is_shown_phase_by_phase_and_exit_by_exit)
{
	struct run x = run_well(REPLAY, "r.pftrace", "");
	trace_t *t = decoded(&x.file);
	struct reader *r = read_trace(t);
	unsigned vcpus = 0, pcpus = 0;

	same_as_report(&x, r, 0);
	ck_assert_uint_eq(of_name(r, r->slices, "hvc_psci_version"), 598);
	for (size_t i = 0; i < r->n_track; i++) {
		vcpus += strncmp(r->track[i].name, "vCPU ", 5) == 0;
		pcpus += strncmp(r->track[i].name, "pCPU ", 5) == 0;
	}
	ck_assert_uint_eq(vcpus, 5);
	ck_assert_uint_eq(pcpus, 2);
	ck_assert_uint_gt(r->flow_ends, 2000);
	reader_free(r);
	perfetto__protos__trace__free_unpacked(t, NULL);
	run_free(&x);
}
END_TEST

START_TEST(a_machine_is_shown_with_states_that_fill_the_time)
{
	struct run x = run_well(MACHINE, "m.pftrace", "");
	trace_t *t = decoded(&x.file);
	struct reader *r = read_trace(t);
	unsigned vcpus = 0;

	same_as_report(&x, r, 4); /* what the end of the run cuts off: one phase of each pCPU */
	for (size_t i = 0; i < r->n_track; i++) {
		const struct track *k = &r->track[i];

		if (strncmp(k->name, "vCPU ", 5) != 0)
			continue;
		vcpus++;
		ck_assert_msg(k->ns == 10000000, "%s: states of %" PRIu64 " ns, want 10 ms", k->name, k->ns);
	}
	ck_assert_uint_eq(vcpus, 12);
	ck_assert_uint_gt(of_name(r, r->slices, "IPI send"), 10);
	ck_assert_uint_gt(of_name(r, r->slices, "wake"), 10);
	ck_assert_uint_gt(of_name(r, r->slices, "measured path"), 10);
	ck_assert_uint_gt(r->flow_ends, 500);
	ck_assert_uint_eq(r->last_ns, 10000000);
	reader_free(r);
	perfetto__protos__trace__free_unpacked(t, NULL);
	run_free(&x);
}
END_TEST

/* ---- limits ---- */

static const struct {
	const char *config, *more, *note; /* words that report and file have in common */
} limits[] = {
	{ MACHINE, "--timeline.max_events=1000", "[timeline] max_events is reached: " },
	{ REPLAY, "--timeline.max_events=1", "[timeline] max_events is reached: " },
	{ REPLAY, "--timeline.max_events=5000", "[timeline] max_events is reached: " },
	{ MACHINE, "--timeline.shortest=300", "take less than [timeline] shortest: " },
	{ MACHINE, "--timeline.from=2000 --timeline.to=3000", "outside the window of [timeline] from and to" },
	{ REPLAY, "--timeline.from=100000 --timeline.to=200000", "outside the window of [timeline] from and to" },
	{ REPLAY, "--timeline.from=900000000", "outside the window of [timeline] from and to" },
};

START_TEST(what_is_left_out_is_said_in_the_file_and_in_the_report)
{
	struct run x = run_well(limits[_i].config, "l.pftrace", limits[_i].more);
	struct run y = run_well(limits[_i].config, "l.vcd", limits[_i].more);
	trace_t *t = decoded(&x.file);
	struct reader *r = read_trace(t);
	bool said = false;

	for (size_t i = 0; i < t->n_packet; i++) {
		const event_t *e = t->packet[i]->track_event;

		said = said || (e != NULL && e->name != NULL && strstr(e->name, limits[_i].note) != NULL);
	}
	ck_assert(said);
	ck_assert_ptr_nonnull(strstr(str_get(&x.report), limits[_i].note));
	ck_assert_ptr_nonnull(strstr(str_get(&y.report), limits[_i].note));
	ck_assert_ptr_nonnull(strstr(str_get(&y.file), limits[_i].note));
	reader_free(r);
	perfetto__protos__trace__free_unpacked(t, NULL);
	run_free(&x);
	run_free(&y);
}
END_TEST

START_TEST(a_window_shows_how_things_stand_when_it_begins)
{
	struct run x = run_well(MACHINE, "w.pftrace", "--timeline.from=2000 --timeline.to=3000");
	trace_t *t = decoded(&x.file);
	struct reader *r = read_trace(t);

	ck_assert_uint_eq(r->first_ns, 2000000);
	ck_assert_uint_eq(r->last_ns, 3000000);
	for (size_t i = 0; i < r->n_track; i++) {
		if (strncmp(r->track[i].name, "vCPU ", 5) == 0)
			ck_assert_uint_eq(r->track[i].ns, 1000000);
	}
	reader_free(r);
	perfetto__protos__trace__free_unpacked(t, NULL);
	run_free(&x);
}
END_TEST

/* ---- value change dumps ---- */

static const char *const sources[] = { MACHINE, REPLAY };

START_TEST(a_dump_and_a_trace_show_the_same_times)
{
	struct run x = run_well(sources[_i], "s.pftrace", ""), y = run_well(sources[_i], "s.vcd", "");
	trace_t *t = decoded(&x.file);
	struct reader *r = read_trace(t);
	struct vcd *v = read_vcd(&y.file);
	uint64_t states = 0, exits = 0, phases = 0, want[3] = { 0 };

	for (size_t i = 0; i < v->n; i++) {
		const struct wire *w = &v->wire[i];
		bool vcpu = strncmp(w->scope, "vcpu", 4) == 0;

		if (w->width != 1)
			continue;
		*(!vcpu ? &phases : strcmp(w->name, "exit") == 0 ? &exits : &states) += w->high;
	}
	for (size_t i = 0; i < r->n_track; i++) {
		want[0] += strncmp(r->track[i].name, "vCPU ", 5) == 0 ? r->track[i].ns : 0;
		want[1] += strcmp(r->track[i].name, "exits") == 0 ? r->track[i].ns : 0;
		want[2] += strcmp(r->track[i].name, "switch and host path") == 0 ? r->track[i].ns : 0;
	}
	ck_assert_uint_eq(states, want[0]);
	ck_assert_uint_eq(exits, want[1]);
	ck_assert_uint_eq(phases, want[2]);
	ck_assert_uint_gt(phases, 100000);
	free(v);
	reader_free(r);
	perfetto__protos__trace__free_unpacked(t, NULL);
	run_free(&x);
	run_free(&y);
}
END_TEST

/* ---- the rest ---- */

START_TEST(the_same_run_gives_the_same_bytes)
{
	static const char *const files[] = { "d.pftrace", "d.vcd" };
	struct run x = run_well(sources[_i / 2], files[_i % 2], ""), y = run_well(sources[_i / 2], files[_i % 2], "");

	ck_assert_uint_eq(x.file.len, y.file.len);
	ck_assert_int_eq(memcmp(x.file.s, y.file.s, x.file.len), 0);
	run_free(&x);
	run_free(&y);
}
END_TEST

START_TEST(watching_changes_no_number)
{
	struct run x = run_well(sources[_i], "n.pftrace", "");
	struct str line = STR_INIT, plain = STR_INIT;
	struct err e;
	json_t *a, *b, *with = phases_of(&x, &a), *without;
	struct run y = { .report = STR_INIT };

	str_addf(&line, "el2sim run %s --format json", sources[_i]);
	ck_assert_int_eq(run_command(str_get(&line), &plain, &e), 0);
	y.report = plain;
	without = phases_of(&y, &b);
	ck_assert(json_equal(with, without));
	json_decref(a);
	json_decref(b);
	str_free(&line);
	str_free(&plain);
	run_free(&x);
}
END_TEST

static const struct {
	const char *name, *more, *says;
	enum err_code code;
} refused[] = {
	{ "x.json", "", "its ending tells no format: want one of .pftrace .perfetto-trace .pb .vcd, or --timeline-format",
	  ERR_USAGE },
	{ "no/such/folder.vcd", "", "could not be written: No such file or directory", ERR_IO },
	{ "x.vcd", "--timeline.from=5 --timeline.to=5", "[timeline] to = 5 us, but from = 5 us: want the end after the "
	  "beginning", ERR_CONFIG },
	{ "x.vcd", "--timeline.max_events=0", "[timeline] max_events = 0: out of range", ERR_CONFIG },
	{ "x.vcd", "--timeline-format fst", "fst", ERR_USAGE },
};

START_TEST(a_timeline_that_cannot_be_is_refused_in_one_line)
{
	struct run x = run(REPLAY, refused[_i].name, refused[_i].more);

	ck_assert_int_ne(x.rc, 0);
	ck_assert_int_eq(x.e.code, refused[_i].code);
	ck_assert_msg(strstr(x.e.text, refused[_i].says) != NULL, "%s", x.e.text);
	ck_assert_uint_eq(x.file.len, 0);
	ck_assert_uint_eq(x.report.len, 0);
	run_free(&x);
}
END_TEST

START_TEST(a_full_disk_is_reported_and_no_report_written)
{
	char line[200];
	struct str out = STR_INIT;
	struct err e;

	(void)snprintf(line, sizeof(line), "el2sim run " REPLAY " --timeline /dev/full --timeline-format %s", timeline_formats[_i]);
	ck_assert_int_ne(run_command(line, &out, &e), 0);
	ck_assert_int_eq(e.code, ERR_IO);
	ck_assert_msg(strstr(e.text, "/dev/full could not be written: No space left on device") != NULL, "%s", e.text);
	ck_assert_uint_eq(out.len, 0);
}
END_TEST

START_TEST(the_format_can_be_named)
{
	struct run x = run_well(REPLAY, "f.anything", "--timeline-format vcd");

	ck_assert_int_eq(strncmp(str_get(&x.file), "$version el2sim", 15), 0);
	run_free(&x);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("timeline");
	TCase *c = tcase_create("timeline");

	tcase_add_test(c, the_messages_have_the_published_fields_and_no_others);
	tcase_add_test(c, a_replay_is_shown_phase_by_phase_and_exit_by_exit);
	tcase_add_test(c, a_machine_is_shown_with_states_that_fill_the_time);
	tcase_add_loop_test(c, what_is_left_out_is_said_in_the_file_and_in_the_report, 0,
			    (int)(sizeof(limits) / sizeof(limits[0])));
	tcase_add_test(c, a_window_shows_how_things_stand_when_it_begins);
	tcase_add_loop_test(c, a_dump_and_a_trace_show_the_same_times, 0, 2);
	tcase_add_loop_test(c, the_same_run_gives_the_same_bytes, 0, 4);
	tcase_add_loop_test(c, watching_changes_no_number, 0, 2);
	tcase_add_loop_test(c, a_timeline_that_cannot_be_is_refused_in_one_line, 0,
			    (int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_loop_test(c, a_full_disk_is_reported_and_no_report_written, 0, TIMELINE_FORMAT_COUNT);
	tcase_add_test(c, the_format_can_be_named);
	suite_add_tcase(s, c);
	return suite_status(s);
}
