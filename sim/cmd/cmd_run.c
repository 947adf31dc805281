/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim run: replay a trace through one configuration, or simulate its workload; --timeline: and when what happened. */
#include "sim/cmd/cmd.h"
#include "sim/cmd/latency_bands.h"
#include "sim/app/effective.h"
#include "sim/app/events_out.h"
#include "sim/app/guest_args.h"
#include "sim/app/job.h"
#include "sim/app/output.h"
#include "sim/app/story.h"
#include "sim/base/filter.h"
#include "sim/base/str.h"
#include "sim/report/flags_report.h"
#include "sim/report/folded.h"
#include "sim/report/oracle_report.h"
#include "sim/timeline/timeline.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

struct run_args {
	struct output_args out;
	struct job_args job;
	struct events_args events;
	struct guest_args guest;
	const char *timeline, *story;
	bool flags, latency_bands;
	int timeline_format; /* enum timeline_format; TIMELINE_FORMAT_COUNT: by the file's ending */
};

static const struct arg_row arg_rows[] = {
	JOB_ARG_ROWS(struct run_args, job),
	EVENTS_ARG_ROWS(struct run_args, events),
	GUEST_ARG_ROWS(struct run_args, guest),
	{ "--timeline", NULL, ARG_STR, offsetof(struct run_args, timeline), "FILE", .place = true,
	  .help = "write when everything happened, for a timeline viewer: FILE.pftrace (Perfetto) or FILE.vcd; "
		  "window and limits: --timeline.KEY=VALUE, see el2sim config --doc" },
	{ "--timeline-format", NULL, ARG_ENUM, offsetof(struct run_args, timeline_format), .names = timeline_formats,
	  .place = true, .help = "format of the timeline, instead of by the ending of its name" },
	{ "--story", NULL, ARG_STR, offsetof(struct run_args, story), "FILE",
	  .help = "instead of a trace: the events of a story that el2sim explore wrote; exit status 1 if it ends in a violation" },
	{ "--flags", NULL, ARG_FLAG, offsetof(struct run_args, flags),
	  .help = "how often vCPU flags were set, cleared and read, by whom; exit status 1 if a rule of theirs was broken" },
	{ "--latency-bands", NULL, ARG_FLAG, offsetof(struct run_args, latency_bands),
	  .help = "of a machine in simulated time: latencies with every cost at the ends of its band, too: two runs more" },
	OUTPUT_ARG_ROWS_OF(struct run_args, out, output_or_folded),
};

static const struct arg_spec spec = { .name = "run", .rows = arg_rows, .n_rows = ARG_ROWS(arg_rows),
				      .min_pos = 0, .max_pos = 1,
	.example = "configs/experiment/linux-6.12-vhe-n1.ini", .overrides = true };

/* What the written events say about themselves. */
static void origin(const struct job *j, struct str *text)
{
	str_addf(text, "simulated by el2sim " EL2SIM_VERSION ": %s, %" PRId64 " vCPUs on %" PRId64
		 " pCPUs, %s, seed %" PRId64, j->config.path, j->config.smp.vcpus, j->config.smp.pcpus,
		 j->prog->config.model->name, j->config.smp.seed);
}

/* Run, writing the events of a workload if that is asked for. */
static int run_engine(struct job *j, const struct run_args *o, struct err *e)
{
	struct str text = STR_INIT;
	int rc;

	if (o->events.file == NULL)
		return job_run(j, &o->job, e);
	if (job_build(j, &o->job, e) != 0)
		return -1;
	origin(j, &text);
	rc = events_run(&o->events, j->smp, str_get(&text), e);
	str_free(&text);
	if (rc == 0)
		job_derive(j);
	return rc;
}

/* The format is known and the timeline watches, before anything is run. */
static int prepare_timeline(struct job *j, struct run_args *o, struct err *e)
{
	enum timeline_format f;

	if (o->timeline == NULL)
		return 0;
	if (o->timeline_format == TIMELINE_FORMAT_COUNT) {
		if (timeline_format_of(o->timeline, &f, e) != 0)
			return -1;
		o->timeline_format = (int)f;
	}
	j->timeline = timeline_new(&j->config.timeline, e);
	return j->timeline != NULL ? 0 : -1;
}

static int write_timeline(const struct job *j, const struct run_args *o, struct rep *r, struct err *e)
{
	struct str about = STR_INIT;
	int rc;

	str_addf(&about, "el2sim run %s", j->config.path);
	if (j->out->clock == NULL)
		str_addf(&about, ": replay of %s, phases modelled", j->result.trace);
	else
		str_add(&about, ": a machine in simulated time");
	rc = timeline_write(j->timeline, j->out, (enum timeline_format)o->timeline_format, o->timeline,
			    str_get(&about), e);
	str_free(&about);
	timeline_notes(j->timeline, r);
	return rc;
}

static int write_folded(const struct job *j, const struct output_args *o, struct err *e)
{
	struct str text = STR_INIT;
	int rc;

	if (job_refuse_folded(j, e) != 0)
		return -1;
	folded_outcome(j->out, &text);
	rc = output_text(o, &text, e);
	str_free(&text);
	return rc;
}

/* What the oracle found, and the use of flags: its tables if they are asked for. Returns the violations asked for. */
static uint64_t report_checks(const struct job *j, const struct run_args *o, struct rep *r)
{
	const struct vflag_tally *t = &j->out->flags;
	const struct oracle_column x = { j->title, j->oracle, t };
	uint64_t found = oracle_report(&x, 1, r);

	if (o->flags)
		flags_run_report(t, r);
	else if (j->oracle == NULL && j->bounds == NULL)
		flags_warning(t, r);
	found += o->flags ? t->n_found : 0;
	return found;
}

static int run(struct job *j, struct run_args *o, const char *file, const struct arg_list *overrides, struct err *e)
{
	struct rep *r = NULL;
	uint64_t found = 0; /* by the oracle, and broken rules of flags */
	int rc = prepare_timeline(j, o, e);

	if (rc == 0)
		rc = run_engine(j, o, e);
	if (rc == 0 && o->flags)
		rc = job_refuse_checks(j, "--flags", e);
	if (rc == 0)
		r = job_report(j);
	if (rc == 0 && o->timeline != NULL)
		rc = write_timeline(j, o, r, e);
	if (rc == 0 && o->latency_bands)
		rc = latency_bands(j, &o->job, file, &o->guest, overrides, r, e);
	if (rc == 0) {
		found = report_checks(j, o, r);
		effective_tables(&(struct effective){ &j->config, "" }, 1, r);
		rc = o->out.format == OUTPUT_FOLDED ? write_folded(j, &o->out, e) : output_write(&o->out, r, e);
	}
	rep_free(r);
	if (rc == 0)
		rc = job_guests_end(j, e);
	return rc == 0 && found != 0 ? err_set(e, ERR_ANSWER_NO, "%s", "") : rc;
}

/* A story has no trace, no times and no counts. */
static int story_only(const struct run_args *o, struct err *e)
{
	const char *other = o->job.trace != NULL		? "--trace"
			    : o->timeline != NULL		? "--timeline"
			    : o->events.file != NULL		? "--events"
			    : o->flags				? "--flags"
			    : o->latency_bands			? "--latency-bands"
			    : o->out.format == OUTPUT_FOLDED	? "--format folded"
								: NULL;

	return other != NULL ? err_set(e, ERR_USAGE, "run: %s and --story: a story is events in order, it has no trace, times or "
				       "counts", other)
			     : 0;
}

/* A format of what nobody asked for is a mistake. */
static int formats_without_files(const struct run_args *o, struct err *e)
{
	if (o->events.format != EVENTS_NATIVE && o->events.file == NULL)
		return err_set(e, ERR_USAGE, "--events-format %s: want --events FILE with it", events_formats[o->events.format]);
	if (o->timeline_format != TIMELINE_FORMAT_COUNT && o->timeline == NULL)
		return err_set(e, ERR_USAGE, "--timeline-format %s: want --timeline FILE with it",
			       timeline_formats[o->timeline_format]);
	return 0;
}

/* The guest's output comes before the report; a report for programs is alone on standard output. */
static FILE *console_of(const struct run_args *o)
{
	return o->out.file != NULL || o->out.format == REP_TEXT ? stdout : stderr;
}

struct console {
	FILE *f;
	bool terminal; /* then a guest must not command it; a file gets the bytes as they are */
	char sequence[5]; /* of UTF-8, as far as it has come */
	unsigned n;
};

/* The sequence as far as it has come, printable. */
static void console_flush(struct console *c)
{
	filter_lines(c->sequence);
	(void)fputs(c->sequence, c->f);
	memset(c->sequence, 0, sizeof(c->sequence));
	c->n = 0;
}

static void console_put(void *owner, uint8_t byte)
{
	struct console *c = owner;

	if (!c->terminal) {
		(void)fputc(byte, c->f);
	} else if (byte != '\r' && byte != '\0') {
		if (c->n != 0 && (byte & 0xc0) != 0x80)
			console_flush(c);
		c->sequence[c->n++] = (char)byte;
		if (byte < 0x80 || c->n == sizeof(c->sequence) - 1 || filter_is_line(c->sequence))
			console_flush(c);
	}
	if (byte == '\n')
		(void)fflush(c->f);
}

int cmd_run(int argc, char **argv, struct err *e)
{
	struct run_args o = { .timeline_format = TIMELINE_FORMAT_COUNT };
	struct job j = { 0 };
	struct console console = { .f = stdout };
	struct args a;
	const char *file;
	int rc;

	if (args_parse(&a, &spec, argc, argv, &o, e) != 0)
		return -1;
	file = a.pos.n != 0 ? a.pos.v[0] : NULL;
	if (o.story != NULL) {
		rc = file != NULL ? story_only(&o, e) : err_set(e, ERR_USAGE, "--story: want el2sim run CONFIG --story FILE");
		if (rc == 0)
			rc = story_run(o.story, file, &a.overrides, &o.job.inject, &o.out, e);
		args_free(&a);
		return rc;
	}
	console.f = console_of(&o);
	console.terminal = isatty(fileno(console.f)) != 0;
	rc = formats_without_files(&o, e);
	if (rc == 0)
		rc = file == NULL && o.guest.guest == NULL
			     ? args_missing(&spec, e, "too few operands (0): want el2sim run CONFIG, or el2sim run --guest FILE")
			     : guest_config(&j.config, &o.guest, file, &a.overrides, e);
	if (rc == 0)
		rc = config_is_one(&j.config, e);
	if (rc == 0 && o.guest.console)
		j.console = (struct guest_console){console_put, &console};
	if (rc == 0 && o.events.file != NULL && !workload_wanted(&j.config.workload))
		rc = err_set(e, ERR_USAGE, "--events %s: %s has no workload ([mix]) to simulate: what was recorded is "
			     "the trace already", o.events.file, file);
	if (rc == 0 && opt_gathered_count(j.config.set) != 0 && o.job.trace == NULL && j.config.sw.trace[0] == '\0' &&
	    !job_has_clock(&j.config))
		rc = err_set(e, ERR_USAGE, "%s says what to sweep, and has neither a trace nor a workload of its own: use el2sim "
			     "sweep", file);
	if (rc == 0)
		rc = run(&j, &o, file, &a.overrides, e);
	job_free(&j);
	args_free(&a);
	return rc;
}
