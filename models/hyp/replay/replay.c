/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "models/hyp/replay/replay_impl.h"

static void finish(struct replay_state *s)
{
	struct bounds *bounds;

	for (size_t v = 0; v < s->out->n_vcpu; v++) {
		struct replay_track *t = &s->track[v];

		replay_put_if_due(s, v);
		if (!t->have_exit) { /* switches of its thread since its last exit was settled */
			if (s->sigs != NULL)
				sigs_settle_rest(s->sigs, v, EXIT_FOR_thread_switch, t->more_scheds, t->guest_ns);
			else if (t->pending.insns != 0)
				replay_settle(s, v, EXIT_FOR_thread_switch);
			continue;
		}
		s->out->trace.unfinished++;
		replay_until(s, v, t->next != 0 ? t->next : 1);
		t->doubt.unfinished = true;
		replay_settle(s, v, t->user ? t->kind : replay_kernel_kind(t));
	}
	if (s->sigs != NULL)
		sigs_end(s->sigs);
	else
		outcome_end(s->out, s->runner, &s->before);
	outcome_mark_free(&s->before);
	bounds = bounds_end(s->bounds, s->out);
	if (s->opt->bounds != NULL)
		*s->opt->bounds = bounds;
	else
		bounds_free(bounds);
	if (s->opt->runner == NULL)
		runner_free(s->runner);
	for (size_t i = 0; i < s->n_vm; i++)
		free(s->vm[i].v);
	free(s->vm);
	free(s->track);
	free(s->sgis.sgi);
	free(s->early);
}

struct replay_options replay_options_of(const struct switch_options *o)
{
	return (struct replay_options){ .counting = o->counting, .fp = (enum fp_use)o->fp_use,
					.sgi = (enum sgi_target)o->sgi_target, .from = o->from_marker,
					.to = o->to_marker };
}

/* Judge what runs, if the trace lacks anything. */
static int begin_bounds(struct replay_state *s, struct err *e)
{
	const struct tr_info *info = tr_info(s->trace);
	struct sight sight;
	uint64_t gaps = 0;

	if (s->opt->bounds == NULL)
		return 0;
	*s->opt->bounds = NULL;
	if (info->old && sight_count_gaps(s->trace, &gaps, e) != 0)
		return -1;
	sight_of(info, gaps, &sight);
	if (!sight_all(&sight))
		s->bounds = bounds_begin(s->out->prog, info, &sight, s->opt->fp == FP_EACH_LOAD);
	return 0;
}

/* Nobody asks more of the replay than what it comes to in the end. */
static bool nobody_looks(const struct replay_options *opt)
{
	bool nobody = opt->counting && !opt->by_event && opt->runner == NULL && opt->loads == NULL;

	for (unsigned i = 0; i < REPLAY_WATCHERS; i++)
		nobody &= opt->watch[i] == NULL;
	return nobody;
}

/* Are its steps such that signatures can stand for them (sigs.h)? */
static bool has_signatures(const struct ws_prog *p)
{
	const struct exit_row *fp = exit_row(EXIT_FOR_first_fp);
	const enum ws_comp load = ws_phase_comp(p, PHASE_LOAD);

	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		const struct exit_row *row = exit_row((enum exit_kind)k);

		for (unsigned i = 0; i < row->n; i++) { /* runner_moved_in is asked for phases only */
			if (!row->step[i].is_phase && row->step[i].id == load)
				return false;
		}
	}
	for (unsigned i = 0; i < fp->n; i++) { /* whether it comes depends on the program, and so would what it changes */
		if (fp->step[i].is_phase && fp->step[i].id != PHASE_LAZY)
			return false;
	}
	return true;
}

static bool by_signature(const struct ws_prog *p, const struct replay_options *opt)
{
	return nobody_looks(opt) && runner_repeats(p) && has_signatures(p);
}

bool replay_joins(const struct ws_prog *p, const struct tr_info *trace, const struct replay_options *opt)
{
	struct sight sight;

	if (!by_signature(p, opt))
		return false;
	if (opt->bounds == NULL)
		return true;
	sight_of(trace, 0, &sight);
	return !trace->old && sight_all(&sight);
}

static void begin_sigs(struct replay_state *s, const struct ws_prog *p)
{
	const size_t n = s->opt->n_more + 1;

	if (s->bounds != NULL || !by_signature(p, s->opt))
		return;
	s->column = xcalloc(n, sizeof(*s->column));
	s->column[0] = (struct replay_column){ p, s->opt->fp, s->out };
	for (size_t i = 1; i < n; i++)
		s->column[i] = s->opt->more[i - 1];
	s->sigs = sigs_new(s->column, n, s->runner);
}

void replay_add_watchers(struct replay_state *s, bool always)
{
	for (unsigned i = 0; i < REPLAY_WATCHERS; i++) {
		if (s->opt->watch[i] != NULL && s->opt->watch[i]->always == always)
			watch_add(s->watchers, s->opt->watch[i]);
	}
}

void replay_look(struct tr_reader *trace, uint64_t types)
{
	static const struct {
		uint8_t type, field;
	} seen[] = {
#define X(event, field) { TR_##event, TRA_##event##_##field },
		REPLAY_SEES(X)
#undef X
	};
	struct tr_look look = { .types = types };

	for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++)
		look.fields[seen[i].type] |= (uint8_t)(1u << seen[i].field);
	tr_look(trace, &look);
}

struct replay_state *replay_begin(const struct ws_prog *p, struct tr_reader *trace, const struct replay_options *opt,
				  struct err *e)
{
	struct replay_state *s = xcalloc(1, sizeof(*s));
	struct outcome *r = opt->out != NULL ? opt->out : xcalloc(1, sizeof(*r));

	if (opt->out == NULL)
		outcome_init(r, p);
	s->out = r;
	s->runner = opt->runner != NULL ? opt->runner : runner_new(p, opt->counting);
	s->trace = trace;
	s->opt = opt;
	s->watchers = opt->runner == NULL ? runner_watchers(s->runner) : &s->own;
	replay_add_watchers(s, true);
	if (opt->from[0] == '\0')
		replay_add_watchers(s, false);
	if (replay_find_sgis(trace, &s->sgis, e) == 0 && begin_bounds(s, e) == 0) {
		begin_sigs(s, p);
		BUG_ON(opt->n_more != 0 && s->sigs == NULL);
		return s;
	}
	(void)replay_end(s, -1, e);
	return NULL;
}

int replay_event(struct replay_state *s, const struct tr_event *ev, struct err *e)
{
	return replay_events(s, ev, 1, e);
}

/* Columns in which rules of flags were broken, once more, exit by exit. */
static int replay_broken(const struct replay_state *s, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i <= s->opt->n_more && rc == 0; i++) {
		const struct replay_column *c = &s->column[i];
		struct replay_options opt = *s->opt;
		const struct ws_prog *p = c->p;

		if (!sigs_broken(s->sigs, i))
			continue;
		outcome_free(c->out);
		outcome_init(c->out, p);
		opt.by_event = true;
		opt.fp = c->fp;
		opt.out = c->out;
		opt.bounds = NULL; /* there are none */
		opt.more = NULL;
		opt.n_more = 0;
		tr_seek(s->trace, 0);
		rc = replay_run(p, s->trace, &opt, e) != NULL ? 0 : -1;
	}
	return rc;
}

struct outcome *replay_end(struct replay_state *s, int rc, struct err *e)
{
	struct outcome *r = s->out;
	bool own;

	if (rc == 0 && !s->ended && s->opt->from[0] != '\0' && s->before.exec == NULL)
		rc = err_set(e, ERR_INPUT, "the trace has no marker \"%s\" (event print): want run.from_marker to be "
			     "a text that was written to trace_marker", s->opt->from);
	own = s->opt->out == NULL;
	finish(s);
	if (rc == 0 && s->sigs != NULL)
		rc = replay_broken(s, e);
	sigs_free(s->sigs);
	free(s->column);
	free(s);
	if (rc == 0 && r->n.entries == 0)
		rc = err_set(e, ERR_INPUT, "the trace holds no kvm_entry: record the events kvm:kvm_entry, "
			     "kvm:kvm_exit, kvm:kvm_userspace_exit and sched:sched_switch on the host");
	if (rc == 0)
		return r;
	if (own)
		replay_free(r);
	return NULL;
}

struct outcome *replay_run(const struct ws_prog *p, struct tr_reader *trace, const struct replay_options *opt,
			  struct err *e)
{
	struct replay_state *s = replay_begin(p, trace, opt, e);
	const struct tr_event *ev;
	struct outcome *r;
	unsigned n;
	int rc = 1;

	if (s == NULL)
		return NULL;
	replay_look(trace, UINT64_MAX);
	while (rc == 1) {
		rc = tr_some(trace, &ev, &n, e);
		if (rc == 1)
			rc = replay_events(s, ev, n, e);
	}
	r = replay_end(s, rc, e);
	tr_look(trace, NULL);
	return r;
}

void replay_free(struct outcome *o)
{
	if (o != NULL)
		outcome_free(o);
	free(o);
}
