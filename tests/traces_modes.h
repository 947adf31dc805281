/* SPDX-License-Identifier: Apache-2.0 */
/* How recorders, tools and people write a record: a renderer for each mode of test_traces_modes.c, which has struct out. */
#ifndef EL2SIM_TESTS_TRACES_MODES_H
#define EL2SIM_TESTS_TRACES_MODES_H

/* --- what the modes share --------------------------------------------------------------------- */

static const char *text_of(void *self, uint32_t id)
{
	return tr_string(((struct out *)self)->w->r, id);
}

static void args(struct out *o, const struct tr_event *ev)
{
	const struct fmt_strings fs = { .text = text_of, .self = o };

	fmt_write(&o->b, ev, &fs);
}

static const char *comm_of(const struct out *o, const struct tr_event *ev)
{
	return tr_string(o->w->r, ev->comm);
}

static const char *name_of(const struct tr_event *ev)
{
	return tr_type_name((enum tr_type)ev->type);
}

static unsigned long sec(const struct tr_event *ev)
{
	return (unsigned long)(ev->ts_ns / 1000000000);
}

static unsigned long usec(const struct tr_event *ev)
{
	return (unsigned long)(ev->ts_ns % 1000000000 / 1000);
}

static uint64_t us_of(const struct tr_event *ev)
{
	return ev->ts_ns / 1000;
}

/* --- the modes -------------------------------------------------------------------------------- */

static void tracefs(struct out *o, const struct tr_event *ev)
{
	str_addf(&o->b, "%16s-%-7d [%03u] d..1. %5lu.%06lu: %s: ", comm_of(o, ev), ev->pid, ev->cpu, sec(ev), usec(ev),
		 name_of(ev));
	args(o, ev);
}

static void tgid(struct out *o, const struct tr_event *ev)
{
	str_addf(&o->b, "%16s-%-7d (%5d) [%03u] .... %5lu.%06lu: %s: ", comm_of(o, ev), ev->pid, 99, ev->cpu, sec(ev),
		 usec(ev), name_of(ev));
	args(o, ev);
}

static void report(struct out *o, const struct tr_event *ev)
{
	str_addf(&o->b, "%16s-%-5d [%03u] %5lu.%06lu: %s:  ", comm_of(o, ev), ev->pid, ev->cpu, sec(ev), usec(ev),
		 name_of(ev));
	args(o, ev);
}

static void report_ns(struct out *o, const struct tr_event *ev)
{
	str_addf(&o->b, "%16s-%-5d [%03u] %5lu.%06lu000: %s:  ", comm_of(o, ev), ev->pid, ev->cpu, sec(ev), usec(ev),
		 name_of(ev));
	args(o, ev);
}

static void ts_diff(struct out *o, const struct tr_event *ev)
{
	str_addf(&o->b, "%16s-%-5d [%03u] %5lu.%06lu: ", comm_of(o, ev), ev->pid, ev->cpu, sec(ev), usec(ev));
	if (o->last_us != 0)
		str_addf(&o->b, "(+%lu)   ", (unsigned long)(us_of(ev) - o->last_us));
	o->last_us = us_of(ev);
	str_addf(&o->b, " %s: ", name_of(ev));
	args(o, ev);
}

static void raw_ts(struct out *o, const struct tr_event *ev)
{
	str_addf(&o->b, "%16s-%-5d [%03u] %lu: %s: ", comm_of(o, ev), ev->pid, ev->cpu, (unsigned long)ev->ts_ns,
		 name_of(ev));
	args(o, ev);
}

static void report_latency(struct out *o, const struct tr_event *ev)
{
	str_addf(&o->b, "%8.8s-%-5d %3ud..1. %5lu.%06lu: %s: ", comm_of(o, ev), ev->pid, ev->cpu, sec(ev), usec(ev),
		 name_of(ev));
	args(o, ev);
}

static void latency_format(struct out *o, const struct tr_event *ev)
{
	str_addf(&o->b, "%8.8s-%-7d %3ud..1. %4luus%c: %s: ", comm_of(o, ev), ev->pid, ev->cpu, (unsigned long)us_of(ev),
		 "+! #"[o->line % 4], name_of(ev));
	args(o, ev);
}

static void verbose_latency(struct out *o, const struct tr_event *ev)
{
	str_addf(&o->b, "%16s %7d %3u %d %08x %08x [%08lx] %lu.%03lums (+0.012ms): %s: ", comm_of(o, ev), ev->pid, ev->cpu, 1,
		 1, o->line, (unsigned long)us_of(ev), (unsigned long)(us_of(ev) / 1000 % 1000),
		 (unsigned long)(us_of(ev) % 1000), name_of(ev));
	args(o, ev);
}

static void option_fields(struct out *o, const struct tr_event *ev)
{
	enum tr_type type = (enum tr_type)ev->type;

	str_addf(&o->b, "%16s-%-7d [%03u] d..1. %5lu.%06lu: %s:", comm_of(o, ev), ev->pid, ev->cpu, sec(ev), usec(ev),
		 name_of(ev));
	for (unsigned i = 0; i < tr_field_count(type); i++) {
		str_addf(&o->b, " %s=", tr_field_name(type, i));
		if (tr_field_kind(type, i) == TRF_STR)
			str_add(&o->b, tr_string(o->w->r, (uint32_t)ev->arg[i]));
		else if (i % 2 != 0 && ev->arg[i] < 0x20)
			str_addf(&o->b, "(%d)", (int)ev->arg[i]);
		else
			str_addf(&o->b, "0x%llx (%lld)", (unsigned long long)ev->arg[i], (long long)ev->arg[i]);
	}
}

static void graph(struct out *o, const struct tr_event *ev)
{
	str_addf(&o->b, " %lu.%06lu | %3u) %16s-%-7d |   0.640 us    |  __kvm_vcpu_run();\n", sec(ev), usec(ev), ev->cpu,
		 comm_of(o, ev), ev->pid);
	str_addf(&o->b, " %lu.%06lu | %3u) %16s-%-7d |               |  /* %s: ", sec(ev), usec(ev), ev->cpu, comm_of(o, ev),
		 ev->pid, name_of(ev));
	args(o, ev);
	str_add(&o->b, " */");
}

static void graph_changes(struct out *o, const struct tr_event *ev)
{
	if (o->on[ev->cpu] != ev->pid)
		str_addf(&o->b,
			 " ------------------------------------------\n %u)  idle-0  =>  %s-%d \n"
			 " ------------------------------------------\n\n",
			 ev->cpu, comm_of(o, ev), ev->pid);
	o->on[ev->cpu] = ev->pid;
	str_addf(&o->b, " %lu.%06lu | %3u)               |    /* %s: ", sec(ev), usec(ev), ev->cpu, name_of(ev));
	args(o, ev);
	str_add(&o->b, " */");
}

static void perf(struct out *o, const struct tr_event *ev)
{
	str_addf(&o->b, "%16s %5d [%03u] %5lu.%06lu: %16s%s: ", comm_of(o, ev), ev->pid, ev->cpu, sec(ev), usec(ev), "kvm:",
		 name_of(ev));
	args(o, ev);
}

static void perf_pid_period(struct out *o, const struct tr_event *ev)
{
	str_addf(&o->b, "%16s  99/%-5d [%03u] %5lu.%06lu000:          1 kvm:%s: ", comm_of(o, ev), ev->pid, ev->cpu, sec(ev),
		 usec(ev), name_of(ev));
	args(o, ev);
}

static void perf_no_comm(struct out *o, const struct tr_event *ev)
{
	str_addf(&o->b, "%5d [%03u] %5lu.%06lu: kvm:%s: ", ev->pid, ev->cpu, sec(ev), usec(ev), name_of(ev));
	args(o, ev);
}

static void perf_chain(struct out *o, const struct tr_event *ev)
{
	perf(o, ev);
	str_add(&o->b, "\n\tffff800080045678 kvm_arch_vcpu_ioctl_run+0x2c8 ([kernel.kallsyms])\n"
		       "\t    ffffa1b2c3d4 [unknown] (/usr/lib/libc.so.6)\n\t               0 [unknown] ([unknown])\n"
		       "\tkvm_vcpu_ioctl (inlined)\n\t           41f30c run+0x4 (/usr/bin/vmm)\n");
}

static void perf_ip(struct out *o, const struct tr_event *ev)
{
	perf(o, ev);
	str_add(&o->b, " ffff800080045678 kvm_arch_vcpu_ioctl_run+0x2c8 ([kernel.kallsyms])");
}

static void perf_prof(struct out *o, const struct tr_event *ev)
{
	str_addf(&o->b, "2025-06-07 08:09:%02lu.%06lu %16s %6d d..%d [%03u] %lu.%06lu: kvm:%s: ", sec(ev) % 60, usec(ev),
		 comm_of(o, ev), ev->pid, (int)(o->line % 2), ev->cpu, sec(ev), usec(ev), name_of(ev));
	args(o, ev);
}

static void quoted(struct out *o, const struct tr_event *ev)
{
	str_add(&o->b, o->line % 3 == 0 ? ">> " : "> ");
	tracefs(o, ev);
}

static void grep_lines(struct out *o, const struct tr_event *ev)
{
	str_addf(&o->b, "logs/host.txt:%u:", o->line + 7);
	tracefs(o, ev);
}

static void numbered(struct out *o, const struct tr_event *ev)
{
	str_addf(&o->b, "%6u\t", o->line + 1);
	perf(o, ev);
}

static void numbered_bare(struct out *o, const struct tr_event *ev)
{
	str_addf(&o->b, "%u:", o->line + 3);
	report(o, ev);
}

static void kernel_log(struct out *o, const struct tr_event *ev)
{
	str_addf(&o->b, "[%5lu.%06u] ", sec(ev) + 100, o->line);
	if (o->line % 2 != 0)
		o->b.len--, str_addf(&o->b, "[%6s%u] ", "T", 312);
	latency_format(o, ev);
}

static void syslog_lines(struct out *o, const struct tr_event *ev)
{
	str_addf(&o->b, "Nov 28 12:00:%02u node7 kernel: [%5lu.%06u] ", o->line % 60, sec(ev) + 100, o->line);
	latency_format(o, ev);
}

static void journal(struct out *o, const struct tr_event *ev)
{
	str_addf(&o->b, "2025-06-07T12:00:%02u+0200 node7 trace[77]: ", o->line % 60);
	tracefs(o, ev);
}

static void tabs(struct out *o, const struct tr_event *ev)
{
	str_addf(&o->b, "\t\t%s-%d\t[%03u] d..1.\t%lu.%06lu:\t%s:\t", comm_of(o, ev), ev->pid, ev->cpu, sec(ev), usec(ev),
		 name_of(ev));
	args(o, ev);
}

static void no_break(struct out *o, const struct tr_event *ev)
{
	str_addf(&o->b, "\302\240\302\240%s-%d\302\240 [%03u]\302\240d..1. %lu.%06lu: %s: ", comm_of(o, ev), ev->pid, ev->cpu,
		 sec(ev), usec(ev), name_of(ev));
	args(o, ev);
}

static void colours(struct out *o, const struct tr_event *ev)
{
	str_add(&o->b, "\033[32m");
	tracefs(o, ev);
	str_add(&o->b, "\033[0m");
}

/* As mail programs wrap: behind the last blank before a column, each part quoted. */
static void wrapped(struct out *o, const struct tr_event *ev)
{
	struct out one = { .w = o->w };
	size_t at = 0;

	tracefs(&one, ev);
	while (one.b.len - at > 74) {
		size_t n = 74;

		while (n > 40 && one.b.s[at + n] != ' ')
			n--;
		str_add(&o->b, "> ");
		str_addn(&o->b, one.b.s + at, n);
		str_addc(&o->b, '\n');
		at += n + (one.b.s[at + n] == ' ');
	}
	str_add(&o->b, "> ");
	str_add(&o->b, one.b.s + at);
	str_free(&one.b);
}

/* As terminals cut, at a column. */
static void cut_at_a_column(struct out *o, const struct tr_event *ev)
{
	struct out one = { .w = o->w };

	tracefs(&one, ev);
	for (size_t at = 0; at < one.b.len; at += 80) {
		str_addn(&o->b, one.b.s + at, one.b.len - at < 80 ? one.b.len - at : 80);
		if (at + 80 < one.b.len)
			str_addc(&o->b, '\n');
	}
	str_free(&one.b);
}

static void wakeups(struct out *o, const struct tr_event *ev)
{
	report(o, ev);
	if (ev->type == TR_sched_switch)
		str_addf(&o->b, " Latency: %u.250 usecs", o->line);
}

static void vendor(struct out *o, const struct tr_event *ev)
{
	struct out one = { .w = o->w };
	const char *v2 = ev->type == TR_kvm_entry || ev->type == TR_kvm_exit ? "_v2" : "";

	args(&one, ev);
	str_addf(&o->b, "%16s %5d [%03u] %5lu.%06lu: kvm:%s%s: ", comm_of(o, ev), ev->pid, ev->cpu, sec(ev), usec(ev),
		 name_of(ev), v2);
	if (ev->type == TR_kvm_entry) {
		str_addf(&o->b, "vcpu: 3 %s", str_get(&one.b));
	} else if (ev->type == TR_kvm_exit) {
		const char *colon = strchr(str_get(&one.b), ':');

		str_addn(&o->b, one.b.s, (size_t)(colon + 2 - one.b.s));
		str_addf(&o->b, "vcpu: 3 %s", colon + 2);
	} else {
		str_add(&o->b, str_get(&one.b));
	}
	str_free(&one.b);
}

/* Both names of each pair, as kvm:* records them. */
static void vendor_both(struct out *o, const struct tr_event *ev)
{
	perf(o, ev);
	if (ev->type == TR_kvm_entry || ev->type == TR_kvm_exit) {
		str_addc(&o->b, '\n');
		vendor(o, ev);
	}
}

/* Some tools put the system before the name. */
static void with_system(struct out *o, const struct tr_event *ev)
{
	struct out one = { .w = o->w };
	const char *name;

	tracefs(&one, ev);
	name = strstr(str_get(&one.b), name_of(ev));
	str_addn(&o->b, one.b.s, (size_t)(name - one.b.s));
	str_addf(&o->b, "%s%s", strncmp(name, "kvm", 3) == 0 ? "kvm:" : strncmp(name, "sched", 5) == 0 ? "sched: " : "", name);
	str_free(&one.b);
}

#endif
