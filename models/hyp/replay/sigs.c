/* SPDX-License-Identifier: Apache-2.0 */
/* Each column's counters; see sigs.h. */
#include "models/hyp/replay/sigs.h"

#include <string.h>

#include "models/hyp/replay/sig_tree.h"

#define NODES_MAX  65536  /* steps of the tree */
#define TRANS_MAX  8192   /* effects, per column; about 1 KiB each */
#define CELLS_MAX  (1u << 19)
#define LOCALS_MAX 4096
#define INDEX_MIN  256    /* a power of two */
#define NO_KIND    EXIT_COUNT

/* What a row does in a column, from a vCPU's state of its own. */
struct trans {
	uint32_t node, from, to; /* from, to: of column.local */
	uint16_t kind;           /* NO_KIND: not known when it ran */
	bool ran;                /* the runner counted one of them when it was worked out */
	uint64_t count;          /* since the last flush */
	uint64_t runs[PHASE_COUNT];
	uint16_t lr_used[16];
	struct ws_totals total, phase[PHASE_COUNT];
};

/* How often a vCPU had it. */
struct cell {
	uint32_t node, from, trans;
	uint16_t kind;
	bool used;
	uint64_t count;
};

struct column_vcpu {
	struct runner_vcpu *run; /* its state is that of local, when it runs */
	uint32_t local;
	struct cell *cell; /* open addressing; cap is a power of two */
	uint32_t n, cap;
	struct ws_totals waits, aside; /* of steps whose kind is not known; of those that were laid aside */
	bool waiting, laid;            /* there are any */
	struct ws_totals totals;
	struct outcome_counts counts;
};

struct column {
	const struct replay_column *of;
	struct runner *runner;
	bool own_runner, traps_fp;
	bool broken; /* a rule of flags: who broke it first is a matter of the order of events, which rows do not keep */
	unsigned list_registers;
	struct runner_local *local;
	size_t n_local;
	struct trans *trans;
	size_t n_trans;
	uint32_t *index; /* hash of trans: place + 1 */
	size_t n_index;  /* a power of two, at least twice n_trans */
	size_t n_cells;
	struct column_vcpu *vcpu;
	struct outcome *sum;
	struct outcome_mark before;
};

struct sigs {
	struct column *col;
	size_t n_col;
	struct sig_tree tree;
	uint32_t *at;    /* of each vCPU: the row so far */
	size_t n_vcpu;
	bool fp;
};

/* ---- columns: what a row does ---- */

static uint32_t local_of(struct column *c, const struct runner_local *l)
{
	for (size_t i = 0; i < c->n_local; i++) {
		const struct runner_local *x = &c->local[i];

		if (x->state == l->state && x->loaded == l->loaded && memcmp(&x->flags, &l->flags, sizeof(l->flags)) == 0)
			return (uint32_t)i;
	}
	if ((c->n_local & (c->n_local - 1)) == 0)
		c->local = xrealloc(c->local, (c->n_local != 0 ? 2 * c->n_local : 1) * sizeof(*c->local));
	c->local[c->n_local] = *l;
	return (uint32_t)c->n_local++;
}

/* Run a row for a vCPU so many times; t, if not NULL, gets what one of them adds up to. */
static void run_row(const struct sigs *s, struct column *c, struct runner_vcpu *run, uint32_t node, uint64_t times, struct trans *t)
{
	uint32_t row[SIG_DEPTH_MAX + 1];
	unsigned n = 0;

	for (; node != SIG_ROOT; node = s->tree.node[node].parent)
		row[n++] = node;
	while (n-- > 0) {
		const struct sig_node *x = &s->tree.node[row[n]];
		const struct exit_step step = { sig_is_phase(x), sig_id(x), 0, false };
		const unsigned lrs = sig_lines(x) < c->list_registers ? sig_lines(x) : c->list_registers;
		const enum ws_phase phase = exit_step_phase(&step);
		const struct ws_totals *one = runner_times(c->runner, run, exit_step_comp(c->of->p->config.model, &step),
							   x->state | (lrs != 0 ? CND(LRS) : 0), lrs, times);

		if (t == NULL)
			continue;
		ws_totals_sum(&t->total, one);
		ws_totals_sum(&t->phase[phase], one);
		t->runs[phase]++;
		for (unsigned k = 0; phase == PHASE_ENTER && k < lrs; k++)
			t->lr_used[k]++;
	}
}

static bool is_trans(const struct trans *t, uint32_t node, uint32_t from, unsigned kind)
{
	return t->node == node && t->from == from && t->kind == kind;
}

static uint32_t *index_at(const struct column *c, uint32_t node, uint32_t from, unsigned kind)
{
	size_t i = (size_t)sig_mix((uint64_t)node << 32 ^ (uint64_t)from << 8 ^ kind) & (c->n_index - 1);

	while (c->index[i] != 0 && !is_trans(&c->trans[c->index[i] - 1], node, from, kind))
		i = (i + 1) & (c->n_index - 1);
	return &c->index[i];
}

static void empty_index(struct column *c, size_t n_index)
{
	free(c->index);
	c->n_index = n_index;
	c->index = xcalloc(n_index, sizeof(*c->index));
}

static struct trans *make_trans(struct column *c, uint32_t node, uint32_t from, unsigned kind)
{
	struct trans *t;

	if (2 * (c->n_trans + 1) > c->n_index) {
		empty_index(c, 2 * c->n_index);
		for (size_t i = 0; i < c->n_trans; i++)
			*index_at(c, c->trans[i].node, c->trans[i].from, c->trans[i].kind) = (uint32_t)i + 1;
	}
	if ((c->n_trans & (c->n_trans - 1)) == 0)
		c->trans = xrealloc(c->trans, (c->n_trans != 0 ? 2 * c->n_trans : 1) * sizeof(*c->trans));
	t = &c->trans[c->n_trans];
	memset(t, 0, sizeof(*t));
	t->node = node;
	t->from = from;
	t->kind = (uint16_t)kind;
	*index_at(c, node, from, kind) = (uint32_t)++c->n_trans;
	return t;
}

/* The effect, worked out by running it for this vCPU if it is new. */
static uint32_t trans_of(const struct sigs *s, struct column *c, struct column_vcpu *v, uint32_t node, unsigned kind)
{
	const uint32_t found = *index_at(c, node, v->local, kind);
	struct runner_local after;
	struct trans *t;

	if (found != 0)
		return found - 1;
	t = make_trans(c, node, v->local, kind);
	t->ran = true;
	runner_set_local(v->run, &c->local[v->local]);
	run_row(s, c, v->run, node, 1, t);
	c->broken = runner_violations(c->runner) != 0;
	after = runner_local(v->run);
	t->to = local_of(c, &after);
	return (uint32_t)c->n_trans - 1;
}

static struct cell *find_cell(struct cell *cell, uint32_t cap, uint32_t node, uint32_t from, unsigned kind)
{
	uint32_t i = (uint32_t)sig_mix((uint64_t)node << 32 ^ (uint64_t)from << 8 ^ kind) & (cap - 1);

	while (cell[i].used && (cell[i].node != node || cell[i].from != from || cell[i].kind != kind))
		i = (i + 1) & (cap - 1);
	return &cell[i];
}

static void more_cells(struct column *c, struct column_vcpu *v)
{
	uint32_t cap = v->cap != 0 ? 2 * v->cap : 32;
	struct cell *cell = xcalloc(cap, sizeof(*cell));

	for (uint32_t i = 0; i < v->cap; i++) {
		if (v->cell[i].used)
			*find_cell(cell, cap, v->cell[i].node, v->cell[i].from, v->cell[i].kind) = v->cell[i];
	}
	c->n_cells += cap - v->cap;
	free(v->cell);
	v->cell = cell;
	v->cap = cap;
}

/* vCPU v does what a row does once; its totals are valid until the next call. */
static const struct ws_totals *apply(struct sigs *s, struct column *c, size_t vcpu, uint32_t node, unsigned kind)
{
	static const struct ws_totals nothing = { .cycles = 0 };
	struct column_vcpu *v = &c->vcpu[vcpu];
	struct cell *x;

	if (c->broken)
		return &nothing;
	if (2 * v->n >= v->cap)
		more_cells(c, v);
	x = find_cell(v->cell, v->cap, node, v->local, kind);
	if (!x->used) {
		*x = (struct cell){ node, v->local, trans_of(s, c, v, node, kind), (uint16_t)kind, true, 0 };
		v->n++;
	}
	x->count++;
	v->local = c->trans[x->trans].to;
	return &c->trans[x->trans].total;
}

static void forget_waiting(struct column_vcpu *v)
{
	v->waits = (struct ws_totals){ .cycles = 0 };
	v->waiting = false;
}

/* Steps so far run, though their kind is not known yet. */
static void part(struct sigs *s, size_t v)
{
	const uint32_t node = s->at[v];

	if (node == SIG_ROOT)
		return;
	s->at[v] = SIG_ROOT;
	for (size_t i = 0; i < s->n_col; i++) {
		ws_totals_sum(&s->col[i].vcpu[v].waits, apply(s, &s->col[i], v, node, NO_KIND));
		s->col[i].vcpu[v].waiting = true;
	}
}

/* What waited is of this kind. */
static void charge_waiting(struct column *c, size_t v, enum exit_kind kind)
{
	struct column_vcpu *x = &c->vcpu[v];

	if (!x->waiting)
		return;
	ws_totals_sum(&c->sum->kind[kind].totals, &x->waits);
	forget_waiting(x);
}

/* ---- multiplying out ---- */

static void count_runs(struct outcome_counts *n, const uint64_t *runs, uint64_t times)
{
	n->loads += runs[PHASE_LOAD] * times;
	n->puts += runs[PHASE_PUT] * times;
	n->entries += runs[PHASE_ENTER] * times;
}

static void flush_vcpu(struct column *c, struct column_vcpu *v)
{
	for (uint32_t i = 0; i < v->cap; i++) {
		struct cell *x = &v->cell[i];
		struct trans *t = &c->trans[x->trans];

		if (x->count == 0)
			continue;
		t->count += x->count;
		ws_totals_add(&v->totals, &t->total, x->count);
		count_runs(&v->counts, t->runs, x->count);
		if (t->kind == EXIT_FOR_first_fp)
			v->counts.fp_traps += x->count;
		x->count = 0;
	}
}

static void flush_trans(const struct sigs *s, struct column *c, struct trans *t)
{
	struct outcome *o = c->sum;

	ws_totals_add(&o->total, &t->total, t->count);
	for (unsigned p = 0; p < PHASE_COUNT; p++) {
		ws_totals_add(&o->phase[p], &t->phase[p], t->count);
		o->phase_runs[p] += t->runs[p] * t->count;
	}
	count_runs(&o->n, t->runs, t->count);
	for (unsigned k = 0; k < 16; k++)
		o->lr_used[k] += t->lr_used[k] * t->count;
	if (t->kind != NO_KIND)
		ws_totals_add(&o->kind[t->kind].totals, &t->total, t->count);
	if (t->kind == EXIT_FOR_first_fp) {
		o->kind[t->kind].count += t->count;
		o->n.fp_traps += t->count;
	}
	if (t->count > t->ran) {
		runner_set_local(c->vcpu[0].run, &c->local[t->from]);
		run_row(s, c, c->vcpu[0].run, t->node, t->count - t->ran, NULL);
	}
	t->count = 0;
	t->ran = false;
}

static void flush(const struct sigs *s)
{
	for (size_t i = 0; i < s->n_col; i++) {
		struct column *c = &s->col[i];

		if (c->broken)
			continue;
		for (size_t v = 0; v < s->n_vcpu; v++)
			flush_vcpu(c, &c->vcpu[v]);
		for (size_t k = 0; k < c->n_trans; k++)
			flush_trans(s, c, &c->trans[k]);
	}
}

static void forget_column(struct sigs *s, struct column *c)
{
	struct runner_local *old = c->local;

	c->local = NULL;
	c->n_local = c->n_trans = c->n_cells = 0;
	empty_index(c, INDEX_MIN);
	for (size_t v = 0; v < s->n_vcpu; v++) {
		struct column_vcpu *x = &c->vcpu[v];

		x->local = local_of(c, &old[x->local]);
		free(x->cell);
		x->cell = NULL;
		x->n = x->cap = 0;
	}
	free(old);
}

/* Memory is bounded, whatever a trace does: begin again with an empty tree. */
static void begin_again(struct sigs *s)
{
	for (size_t v = 0; v < s->n_vcpu; v++)
		part(s, v);
	flush(s);
	for (size_t i = 0; i < s->n_col; i++)
		forget_column(s, &s->col[i]);
	sig_tree_empty(&s->tree);
}

static bool is_full(const struct sigs *s)
{
	bool full = s->tree.n >= NODES_MAX;

	for (size_t i = 0; i < s->n_col; i++) {
		const struct column *c = &s->col[i];

		full |= c->n_trans > TRANS_MAX / 2 || c->n_cells > CELLS_MAX || c->n_local > LOCALS_MAX;
	}
	return full;
}

static void make_room(struct sigs *s)
{
	if (is_full(s))
		begin_again(s);
}

/* ---- what the replay tells ---- */

void sigs_step(struct sigs *s, size_t v, const struct exit_step *step, uint64_t state, unsigned lines)
{
	if (s->tree.node[s->at[v]].depth == SIG_DEPTH_MAX) {
		part(s, v);
		make_room(s);
	}
	if (s->tree.n >= NODES_MAX)
		begin_again(s);
	if (exit_step_is(step, PHASE_LOAD))
		state |= runner_moved_in(s->col[0].runner, s->col[0].vcpu[v].run);
	s->at[v] = sig_tree_child(&s->tree, s->at[v], SIG_STEP(step->is_phase, step->id, lines), state);
}

void sigs_settle(struct sigs *s, size_t v, enum exit_kind kind)
{
	const uint32_t node = s->at[v];

	s->at[v] = SIG_ROOT;
	for (size_t i = 0; i < s->n_col; i++) {
		if (node != SIG_ROOT)
			(void)apply(s, &s->col[i], v, node, kind);
		charge_waiting(&s->col[i], v, kind);
	}
	make_room(s);
}

bool sigs_fp_traps(const struct sigs *s)
{
	return s->fp;
}

void sigs_first_fp(struct sigs *s, size_t v)
{
	const uint32_t node = s->at[v];

	s->at[v] = SIG_ROOT;
	for (size_t i = 0; i < s->n_col; i++) {
		struct column *c = &s->col[i];

		if (c->traps_fp && (c->local[c->vcpu[v].local].state & CND(FP_OWNED)) == 0)
			(void)apply(s, c, v, node, EXIT_FOR_first_fp);
	}
	make_room(s);
}

void sigs_settle_rest(struct sigs *s, size_t v, enum exit_kind kind, uint64_t more_scheds, uint64_t guest_ns)
{
	part(s, v);
	for (size_t i = 0; i < s->n_col; i++) {
		struct column *c = &s->col[i];

		if (c->vcpu[v].waits.insns == 0)
			continue;
		charge_waiting(c, v, kind);
		c->sum->kind[kind].count++;
		c->sum->kind[kind].more_scheds += more_scheds;
		c->sum->kind[kind].guest_ns += guest_ns;
	}
}

void sigs_suspend(struct sigs *s, size_t v)
{
	part(s, v);
	for (size_t i = 0; i < s->n_col; i++) {
		struct column_vcpu *x = &s->col[i].vcpu[v];

		x->aside = x->waits;
		x->laid = x->waiting;
		forget_waiting(x);
	}
}

void sigs_resume(struct sigs *s, size_t v)
{
	for (size_t i = 0; i < s->n_col; i++) {
		struct column_vcpu *x = &s->col[i].vcpu[v];

		x->waits = x->aside;
		x->waiting = x->laid;
	}
}

/* ---- begin and end ---- */

static void column_init(struct column *c, const struct replay_column *of, struct runner *runner)
{
	c->of = of;
	c->own_runner = runner == NULL;
	c->runner = runner != NULL ? runner : runner_new(of->p, true);
	c->traps_fp = of->fp == FP_EACH_LOAD && ws_fp_is_lazy(of->p);
	c->list_registers = (unsigned)of->p->config.machine->list_registers;
	empty_index(c, INDEX_MIN);
	c->sum = xcalloc(1, sizeof(*c->sum));
	outcome_init(c->sum, of->p);
}

struct sigs *sigs_new(const struct replay_column *col, size_t n, struct runner *first)
{
	struct sigs *s = xcalloc(1, sizeof(*s));

	s->col = xcalloc(n, sizeof(*s->col));
	s->n_col = n;
	for (size_t i = 0; i < n; i++) {
		column_init(&s->col[i], &col[i], i == 0 ? first : NULL);
		s->fp |= s->col[i].traps_fp;
	}
	sig_tree_empty(&s->tree);
	return s;
}

void sigs_free(struct sigs *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n_col; i++) {
		struct column *c = &s->col[i];

		for (size_t v = 0; v < s->n_vcpu; v++)
			free(c->vcpu[v].cell);
		if (c->own_runner)
			runner_free(c->runner);
		outcome_mark_free(&c->before);
		outcome_free(c->sum);
		free(c->sum);
		free(c->vcpu);
		free(c->local);
		free(c->trans);
		free(c->index);
	}
	free(s->col);
	sig_tree_free(&s->tree);
	free(s->at);
	free(s);
}

void sigs_vcpu(struct sigs *s, struct runner_vcpu *first, const char *vm)
{
	const size_t v = s->n_vcpu++;

	s->at = xrealloc(s->at, s->n_vcpu * sizeof(*s->at));
	s->at[v] = SIG_ROOT;
	for (size_t i = 0; i < s->n_col; i++) {
		struct column *c = &s->col[i];
		struct runner_local l;

		c->vcpu = xrealloc(c->vcpu, s->n_vcpu * sizeof(*c->vcpu));
		c->vcpu[v] = (struct column_vcpu){ .run = i == 0 ? first : runner_vcpu(c->runner, vm) };
		l = runner_local(c->vcpu[v].run);
		c->vcpu[v].local = local_of(c, &l);
	}
}

void sigs_mark(struct sigs *s)
{
	for (size_t v = 0; v < s->n_vcpu; v++)
		part(s, v);
	flush(s);
	for (size_t i = 0; i < s->n_col; i++) {
		struct column *c = &s->col[i];

		outcome_mark(&c->before, c->sum, c->runner);
		outcome_init(c->sum, c->of->p);
		for (size_t v = 0; v < s->n_vcpu; v++) {
			struct column_vcpu *x = &c->vcpu[v];

			forget_waiting(x);
			x->totals = (struct ws_totals){ .cycles = 0 };
			x->counts = (struct outcome_counts){ .loads = 0 };
		}
	}
}

/* What does not depend on the program. */
static void copy_common(struct outcome *to, const struct outcome *from)
{
	to->n = from->n;
	to->trace = from->trace;
	memcpy(to->kind, from->kind, sizeof(to->kind));
	outcome_room(to, from->n_vcpu);
	for (size_t v = 0; v < from->n_vcpu; v++)
		*outcome_vcpu(to) = from->vcpu[v];
}

static void add_counts(struct outcome_counts *n, const struct outcome_counts *more)
{
	n->loads += more->loads;
	n->puts += more->puts;
	n->entries += more->entries;
	n->fp_traps += more->fp_traps;
}

static void end_column(struct column *c, size_t n_vcpu)
{
	struct outcome *o = c->of->out;
	const struct outcome *sum = c->sum;

	o->total = sum->total;
	memcpy(o->phase, sum->phase, sizeof(o->phase));
	memcpy(o->phase_runs, sum->phase_runs, sizeof(o->phase_runs));
	memcpy(o->lr_used, sum->lr_used, sizeof(o->lr_used));
	add_counts(&o->n, &sum->n);
	for (unsigned k = 0; k < EXIT_COUNT; k++) {
		o->kind[k].count += sum->kind[k].count;
		o->kind[k].more_scheds += sum->kind[k].more_scheds;
		o->kind[k].guest_ns += sum->kind[k].guest_ns;
		o->kind[k].totals = sum->kind[k].totals;
	}
	for (size_t v = 0; v < n_vcpu; v++) {
		o->vcpu[v].totals = c->vcpu[v].totals;
		add_counts(&o->vcpu[v].n, &c->vcpu[v].counts);
	}
	outcome_end(o, c->runner, &c->before);
}

void sigs_end(struct sigs *s)
{
	flush(s);
	for (size_t i = 1; i < s->n_col; i++)
		copy_common(s->col[i].of->out, s->col[0].of->out);
	for (size_t i = 0; i < s->n_col; i++)
		if (!s->col[i].broken)
			end_column(&s->col[i], s->n_vcpu);
}

bool sigs_broken(const struct sigs *s, size_t column)
{
	return s->col[column].broken;
}
