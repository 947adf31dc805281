/* SPDX-License-Identifier: Apache-2.0 */
/* The same random records in every form in which recorders, tools and people put them: they import to the same. */
#include "tests/suite.h"
#include "tests/traces_util.h"
#include "traces/fmt.h"

#define N 120 /* records of a recording */

struct mode;

/* A recording being written in a mode. */
struct out {
	struct str b;
	const struct whole *w;
	unsigned line;
	int32_t on[4]; /* function_graph: the task that was told of each CPU */
	uint64_t last_us;
};

typedef void render_fn(struct out *o, const struct tr_event *ev);

static uint64_t next_random(uint64_t *s)
{
	*s = *s * 6364136223846793005u + 1442695040888963407u;
	return *s >> 33;
}

static const char *const comms[] = { "vcpu-0", "CPU 1/KVM", "fc_vcpu 0", "qemu-system-aar", "kworker/0:1" };

/* --- the recording ---------------------------------------------------------------------------- */

static void fill(struct tr_event *ev, uint64_t *rnd, struct tw *w)
{
	static const uint8_t types[] = { TR_kvm_entry,	      TR_kvm_exit,	TR_kvm_mmio,
					 TR_kvm_guest_fault,  TR_kvm_hvc_arm64, TR_kvm_timer_update_irq,
					 TR_sched_switch,     TR_kvm_set_irq,	TR_vgic_update_irq_pending,
					 TR_kvm_vcpu_wakeup };
	static const uint64_t ec[] = { 0x16, 0x24, 0x20, 0x18, 0x01 };
	const char *comm;

	ev->type = types[next_random(rnd) % (sizeof(types) / sizeof(types[0]))];
	for (unsigned i = 0; i < tr_field_count((enum tr_type)ev->type); i++) {
		comm = comms[next_random(rnd) % 5];
		ev->arg[i] = tr_field_kind((enum tr_type)ev->type, i) == TRF_HEX ? next_random(rnd) << next_random(rnd) % 32
			     : tr_field_kind((enum tr_type)ev->type, i) == TRF_STR
				     ? tw_string(w, comm, strlen(comm))
				     : next_random(rnd) % 100;
	}
	if (ev->type == TR_kvm_exit) {
		ev->arg[TRA_kvm_exit_ret] = next_random(rnd) % 4 == 0 ? 0 : 2;
		ev->arg[TRA_kvm_exit_esr_ec] =
			ev->arg[TRA_kvm_exit_ret] == 0 ? 0 : ec[next_random(rnd) % 5];
	} else if (ev->type == TR_kvm_mmio) {
		ev->arg[TRA_kvm_mmio_type] %= 3;
	} else if (ev->type == TR_sched_switch) {
		ev->arg[TRA_sched_switch_prev_state] = next_random(rnd) % 3;
	} else if (ev->type == TR_kvm_vcpu_wakeup) {
		ev->arg[TRA_kvm_vcpu_wakeup_waited] &= 1;
		ev->arg[TRA_kvm_vcpu_wakeup_valid] &= 1;
	}
}

/* Tasks keep their names; times are whole microseconds, which every mode can say. */
static struct whole recording(uint64_t seed)
{
	char *path = scratch("modes.e2t");
	struct tr_info info = { .importer = "test", .origin = "random" };
	uint64_t rnd = seed, us = 50000000;
	struct err e = { 0 };
	struct tw *w = tw_create(path, &e);
	struct whole r;

	ck_assert_msg(w != NULL, "%s", e.text);
	for (unsigned i = 0; i < N; i++) {
		struct tr_event ev = { .pid = (int32_t)(100 + next_random(&rnd) % 5) };

		ev.ts_ns = (us += 1 + next_random(&rnd) % 400) * 1000;
		ev.cpu = (uint16_t)(next_random(&rnd) % 4);
		ev.comm = tw_string(w, comms[ev.pid - 100], strlen(comms[ev.pid - 100]));
		fill(&ev, &rnd, w);
		ck_assert_int_eq(tw_add(w, &ev, &e), 0);
	}
	ck_assert_int_eq(tw_finish(w, &info, NULL, &e), 0);
	r = load(path);
	ck_assert_int_eq(remove(path), 0);
	free(path);
	return r;
}

#include "tests/traces_modes.h" /* renderers, of the types above */

enum { COMM_8 = 1, NO_COMM = 2, PER_CPU = 4, SHUFFLED = 8, UTF_16 = 16, CRLF = 32, HTML = 64, MIME = 128 };

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-field-initializers" /* most lines have nothing around them */
static const struct mode {
	const char *name, *head, *tail, *importer;
	render_fn *render;
	unsigned flags;
	const char *before, *behind; /* of each line */
} modes[] = {
	{ "tracefs", "# tracer: nop\n#\n# entries-in-buffer/entries-written: 5/5   #P:4\n#\n", "", "tracefs", tracefs, 0 },
	{ "tracefs, record-tgid", "# tracer: nop\n", "", "tracefs", tgid, 0 },
	{ "tracefs, latency-format", "# tracer: nop\n#\n# nop latency trace v1.1.5 on 6.12.0\n", "", "tracefs", latency_format,
	  COMM_8 },
	{ "tracefs, latency-format and verbose", "# tracer: nop\n", "", "tracefs", verbose_latency, 0 },
	{ "tracefs, fields", "# tracer: nop\n", "", "tracefs", option_fields, 0 },
	{ "tracefs, function_graph", "# tracer: function_graph\n#\n#     TIME        CPU  TASK/PID\n", "", "tracefs", graph, 0 },
	{ "tracefs, function_graph without tasks", "# tracer: function_graph\n", "", "tracefs", graph_changes, 0 },
	{ "tracefs, per_cpu one behind the other", "# tracer: nop\n", "", "tracefs", tracefs, PER_CPU },
	{ "tracefs, shuffled", "# tracer: nop\n", "", "tracefs", tracefs, SHUFFLED },
	{ "report", "version = 7\ncpus=4\n", "", "report", report, 0 },
	{ "report -t", "cpus=4\n", "", "report", report_ns, 0 },
	{ "report --ts-diff", "cpus=4\n", "", "report", ts_diff, 0 },
	{ "report --raw-ts", "cpus=4\n", "", "report", raw_ts, 0 },
	{ "report -l", "cpus=4\n", "", "report", report_latency, COMM_8 },
	{ "report -w", "cpus=4\n", "\nAverage wakeup latency: 80.000 usecs\n", "report", wakeups, 0 },
	{ "report --stat", "cpus=4\n",
	  "\nKernel buffer statistics:\n  Note: \"entries\" are the entries left in the kernel ring buffer\n\nCPU: 0\n"
	  "entries: 0\noverrun: 0\ncommit overrun: 0\nbytes: 0\ndropped events: 0\nread events: 77\n",
	  "report", report, 0 },
	{ "atrace", "capturing trace... done\nTRACE:\n# tracer: nop\n#\n", "", "tracefs", tgid, 0 },
	{ "systrace", "<!DOCTYPE html>\n<html><head>\n<script>var a = [1];</script>\n"
		      "<script class=\"trace-data\" type=\"application/text\">\n# tracer: nop\n",
	  "</script>\n<script>x();</script>\n</html>\n", "tracefs", tgid, 0 },
	{ "perf script", "", "", "perf", perf, 0 },
	{ "perf script -F pid,period --ns", "", "", "perf", perf_pid_period, 0 },
	{ "perf script without comm", "", "", "perf", perf_no_comm, NO_COMM },
	{ "perf script -g", "", "", "perf", perf_chain, 0 },
	{ "perf script -F +ip,sym", "", "", "perf", perf_ip, 0 },
	{ "perf-prof", "", "", "perf", perf_prof, 0 },
	{ "kvm_entry_v2", "", "", "perf", vendor, 0 },
	{ "kvm_entry and kvm_entry_v2", "", "", "perf", vendor_both, 0 },
	{ "quoted mail", "On Monday, somebody wrote:\n> # tracer: nop\n", "\nThat is all I have.\n", "tracefs", quoted, 0 },
	{ "quoted and wrapped", "Hi,\n\n> # tracer: nop\n", "-- \nA. Person\n", "tracefs", wrapped, 0 },
	{ "cut at a column", "# tracer: nop\n", "", "tracefs", cut_at_a_column, 0 },
	{ "grep -n", "", "", "report", grep_lines, 0 },
	{ "cat -n", "", "", "perf", numbered, 0 },
	{ "numbered", "", "", "report", numbered_bare, 0 },
	{ "kernel log", "[  100.000001] Internal error: Oops: 96000004\n[  100.000002] Dumping ftrace buffer:\n"
			"[  100.000002] ---------------------------------\n",
	  "[  200.000002] ---------------------------------\n[  200.000003] Code: d503201f\n", "report", kernel_log, COMM_8 },
	{ "syslog", "Nov 28 12:00:00 node7 kernel: [  100.000002] Dumping ftrace buffer:\n", "", "report", syslog_lines, COMM_8 },
	{ "journal", "", "", "report", journal, 0 },
	{ "tabs", "# tracer: nop\n", "", "tracefs", tabs, 0 },
	{ "no-break spaces", "# tracer: nop\n", "", "tracefs", no_break, 0 },
	{ "colours", "# tracer: nop\n", "", "tracefs", colours, 0 },
	{ "byte order mark", "\357\273\277# tracer: nop\n", "", "tracefs", tracefs, 0 },
	{ "UTF-16", "\377\376# tracer: nop\n", "", "tracefs", tracefs, UTF_16 },
	{ "system before the name", "", "", "report", with_system, 0 },
	{ "pods", "", "", "report", tracefs, 0, "[pod/virt-launcher-1/compute] ", "" },
	{ "container runtime", "", "", "report", tracefs, 0, "2025-02-03T08:09:10.123456789Z stdout F ", "" },
	{ "compose", "tracer-1  | # tracer: nop\n", "", "tracefs", tracefs, 0, "tracer-1  | ", "" },
	{ "continuous integration", "", "", "report", report, 0, "2025-02-03T08:09:10.123456Z 00O ", "" },
	{ "diff", "--- a/trace\n+++ b/trace\n@@ -0,0 +1,120 @@\n", "", "report", tracefs, 0, "+", "" },
	{ "comment", "", "", "report", tracefs, 0, " * ", "" },
	{ "chat", "", "", "report", report, 0, "<dev23> ", "" },
	{ "chat with times", "", "", "perf", perf, 0, "08:09 < dev23> ", "" },
	{ "initials of who is quoted", "", "", "report", report, 0, "AB> ", "" },
	{ "quoted twice", "", "", "report", tracefs, 0, "> > ", "" },
	{ "indented", "    # tracer: nop\n", "", "tracefs", tracefs, 0, "    ", "" },
	{ "journal, full", "", "", "report", tracefs, 0, "Mon 2025-02-03 08:09:10 CET node7 kernel[1]: ", "" },
	{ "dmesg -x", "", "", "report", tracefs, 0, "kern  :warn  : [  912.000001] ", "" },
	{ "log of Android", "", "", "perf", perf, 0, "02-03 08:09:10.123  1000  1001 I atrace: ", "" },
	{ "strings of JSON", "[\n", "]\n", "report", tracefs, 0, "  \"", "\"," },
	{ "web page", "<html><body><pre>\n", "</pre></body></html>\n", "report", tracefs, HTML },
	{ "part of a web page", "<p>My trace:</p>\n<pre><code>", "</code></pre>\n", "report", report, HTML },
	{ "web page of broken lines", "<html><body>", "</body></html>\n", "perf", perf, HTML, "", "<br/>" },
	{ "quoted-printable", "Subject: slow\nContent-Transfer-Encoding: quoted-printable\n\n", "", "report", tracefs, MIME },
	{ "quoted-printable, quoted", "On Monday, somebody wrote:\n", "", "report", tracefs, MIME, "> ", "" },
	{ "carriage returns", "# tracer: nop\n", "", "tracefs", tracefs, CRLF },
};

#pragma GCC diagnostic pop

#define MODES (sizeof(modes) / sizeof(modes[0]))

static void put_line(struct out *o, const struct mode *m, size_t i)
{
	struct str text = o->b;

	o->b = STR_INIT;
	str_add(&o->b, m->before != NULL ? m->before : "");
	m->render(o, &o->w->ev[i]);
	str_add(&o->b, m->behind != NULL ? m->behind : "");
	for (size_t k = 0, width = 0; k < o->b.len; k++) {
		char c = o->b.s[k];

		if ((m->flags & MIME) != 0 && width++ == 70) {
			str_add(&text, "=\n");
			width = 0;
		}
		if ((m->flags & MIME) != 0 && c == '=')
			str_add(&text, "=3D");
		else if ((m->flags & HTML) != 0 && c == '>' && k + strlen(m->behind != NULL ? m->behind : "") < o->b.len)
			str_add(&text, "&gt;");
		else if ((m->flags & HTML) != 0 && c == '/' && k % 2 != 0 && k < 20)
			str_add(&text, "&#x2F;");
		else
			str_addc(&text, c);
	}
	str_addc(&text, '\n');
	str_free(&o->b);
	o->b = text;
	o->line++;
}

static struct str rendered(const struct mode *m, const struct whole *w)
{
	struct out o = { .w = w, .on = { -1, -1, -1, -1 } };
	struct str wide = STR_INIT;

	str_add(&o.b, m->head);
	for (size_t k = 0; k < w->n; k++) {
		size_t i = (m->flags & SHUFFLED) != 0 ? k * 7 % w->n : k; /* 7 and N have no factor in common */

		if ((m->flags & PER_CPU) == 0)
			put_line(&o, m, i);
	}
	for (unsigned cpu = 0; (m->flags & PER_CPU) != 0 && cpu < 4; cpu++) {
		str_add(&o.b, m->head);
		for (size_t i = 0; i < w->n; i++) {
			if (w->ev[i].cpu == 3 - cpu)
				put_line(&o, m, i);
		}
	}
	str_add(&o.b, m->tail);
	if ((m->flags & (UTF_16 | CRLF)) == 0)
		return o.b;
	for (size_t i = 0; i < o.b.len; i++) {
		if (o.b.s[i] == '\n' && (m->flags & CRLF) != 0)
			str_addc(&wide, '\r');
		str_addc(&wide, o.b.s[i]);
		if ((m->flags & UTF_16) != 0 && i >= 2)
			str_addn(&wide, "", 1);
	}
	str_free(&o.b);
	return wide;
}

static void assert_mode(const struct mode *m, const struct whole *w)
{
	char *in = scratch("mode.txt"), *out = scratch("mode.e2t");
	const struct import_opts opts = { .in = in, .out = out };
	struct str text = rendered(m, w);
	struct import_result res;
	struct err e = { 0 };
	struct whole got;

	spill(in, text.s, text.len);
	ck_assert_msg(import_twice(&opts, NULL, &res, &e) == 0, "%s: %s", m->name, e.text);
	ck_assert_msg(res.info.skipped_lines == 0 && res.info.lost == 0, "%s", m->name);
	ck_assert_msg(strcmp(res.info.importer, m->importer) == 0, "%s: %s", m->name, res.info.importer);
	import_free(&res);
	got = load(out);
	ck_assert_msg(got.n == w->n, "%s: %zu records of %zu", m->name, got.n, w->n);
	for (size_t i = 0; i < w->n; i++) {
		const char *field = differ(w, i, &got, i, TS_EXACT);
		const char *comm = tr_string(got.r, got.ev[i].comm), *want = tr_string(w->r, w->ev[i].comm);

		if (field != NULL && strcmp(field, "comm") == 0 && (m->flags & COMM_8) != 0 &&
		    strlen(comm) == 8 && strncmp(comm, want, 8) == 0)
			field = NULL;
		ck_assert_msg(field == NULL, "%s: record %zu (%s): %s differs", m->name, i, name_of(&w->ev[i]), field);
		ck_assert_msg((*comm == '\0') == ((m->flags & NO_COMM) != 0), "%s: record %zu: task \"%s\"", m->name, i, comm);
		ck_assert_msg(got.ev[i].absent == 0 || got.ev[i].type == TR_kvm_userspace_exit, "%s: record %zu (%s): absent %x",
			      m->name, i, name_of(&w->ev[i]), got.ev[i].absent);
	}
	unload(&got);
	str_free(&text);
	ck_assert_int_eq(remove(in), 0);
	ck_assert_int_eq(remove(out), 0);
	free(in);
	free(out);
}

START_TEST(random_records_come_out_of_every_mode_as_they_went_in)
{
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct whole w = recording(seed * 1000 + (uint64_t)_i);

		assert_mode(&modes[_i], &w);
		unload(&w);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("traces_modes");
	TCase *tc = tcase_create("modes");

	tcase_add_loop_test(tc, random_records_come_out_of_every_mode_as_they_went_in, 0, (int)MODES);
	suite_add_tcase(s, tc);
	return suite_status(s);
}
