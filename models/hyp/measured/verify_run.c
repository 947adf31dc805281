/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/measured/verify_run.h"

#include <stdio.h>
#include <string.h>

#include "models/hyp/measured/softreg.h"
#include "models/hyp/measured/verify_seq.h"
#include "sim/base/num.h"
#include "traces/csv.h"

static const char *const columns[] = { "register", "effective_register", "opcode", "op", "el", "region", "function",
				       "count" };
enum { COL_REG, COL_EFFECTIVE, COL_OPCODE, COL_OP, COL_EL, COL_REGION, COL_FUNCTION, COL_COUNT, COL_N };

static const struct {
	enum exit_kind kind;
	enum ref_op op;
	const char *functions; /* names with blanks between */
	enum sysreg reg;       /* SR_NONE: the one that shows most */
	enum ws_comp comp;     /* COMP_COUNT: the phase LAZY */
	enum exit_kind instead; /* what the replay ran in its place; EXIT_NONE: nothing */
	const char *reason;
} rows[UNSEEN_COUNT] = {
#define COMP_PHASE COMP_COUNT
#define EXIT_NONE  EXIT_COUNT
#define UNSEEN(kind, op, functions, reg, comp, instead, reason)                                              \
	[UNSEEN_##kind] = { EXIT_##kind, REF_OP_##op, functions, SR_##reg, COMP_##comp, EXIT_##instead, reason },
#include "models/hyp/measured/unseen.def"
#undef COMP_PHASE
#undef EXIT_NONE
};

const char *unseen_reason(enum unseen u)
{
	BUG_ON(u >= UNSEEN_COUNT);
	return rows[u].reason;
}

/* Tracing reads the clock and its ring buffer by itself; the recorder saw that too. */
static bool is_tracing(const char *function)
{
	static const char *const prefix[] = { "ring_buffer_", "__rb_", "rb_", "trace_", "arch_counter_" };

	for (size_t i = 0; i < sizeof(prefix) / sizeof(prefix[0]); i++) {
		if (strncmp(function, prefix[i], strlen(prefix[i])) == 0)
			return true;
	}
	return false;
}

static struct run_item *item(struct verify_run *v, enum ref_op op, const char *name)
{
	enum sysreg reg;

	for (size_t i = 0; i < v->n; i++) {
		if (v->item[i].it.op == op && strcmp(v->item[i].it.name, name) == 0)
			return &v->item[i];
	}
	v->item = xrealloc(v->item, (v->n + 1) * sizeof(*v->item));
	memset(&v->item[v->n], 0, sizeof(v->item[v->n]));
	v->item[v->n].it.op = (uint8_t)op;
	(void)snprintf(v->item[v->n].it.name, sizeof(v->item[v->n].it.name), "%s", name);
	reg = op == REF_OP_read || op == REF_OP_write ? sysreg_by_name(name) : SR_NONE;
	v->item[v->n].group = reg != SR_NONE ? (enum sr_group)sysreg_row(reg)->group : GRP_COUNT;
	return &v->item[v->n++];
}

static bool has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = words; (at = strstr(at, word)) != NULL; at += n)
		if ((at == words || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
			return true;
	return false;
}

/* The reference's count for a row of unseen.def: of its register, or the most that one register of the functions shows. */
static void take_unseen(struct verify_run *v, enum ref_op op, const char *function, const char *reg, uint64_t count)
{
	for (unsigned u = 0; u < UNSEEN_COUNT; u++) {
		if (op == rows[u].op && (rows[u].reg == SR_NONE || rows[u].reg == sysreg_by_name(reg)) && count > v->times[u] &&
		    has_word(rows[u].functions, function))
			v->times[u] = count;
	}
}

static int take_row(struct verify_run *v, const struct csv *c, const char *const *f, struct err *e)
{
	const char *function = ref_plain_function(f[COL_FUNCTION]);
	uint8_t op = 0, region = 0;
	uint64_t count;
	char name[REF_REGISTER];
	struct run_item *it;

	if (csv_u64(c, COL_COUNT, REF_COUNT_MAX, &count, e) != 0 ||
	    ref_op_field(c, f[COL_OP], &op, e) != 0 ||
	    ref_region_field(c, f[COL_REGION], &region, e) != 0)
		return -1;
	if (region == REF_REGION_guest || region == REF_REGION_user)
		return 0;
	if (softreg_is_soft(f[COL_REG], (enum ref_op)op, f[COL_FUNCTION])) {
		v->soft += count;
		return 0;
	}
	if (is_tracing(function)) {
		v->tracing += count;
		return 0;
	}
	take_unseen(v, (enum ref_op)op, function, f[COL_EFFECTIVE], count);
	if (strcmp(function, "__guest_enter") == 0 && op == REF_OP_read && strcmp(f[COL_EFFECTIVE], "isr_el1") == 0)
		v->tries += count;
	if (strcmp(function, "__guest_enter") == 0 && op == REF_OP_eret)
		v->enters += count;
	if (!verify_compared((enum ref_op)op))
		return 0;
	it = item(v, (enum ref_op)op, ref_register(f[COL_EFFECTIVE], name));
	it->it.ref += count;
	verify_add_function(&it->it, function, count);
	return 0;
}

static int load(struct verify_run *v, const char *path, struct err *e)
{
	struct csv *c = csv_open(path, columns, COL_N, e);
	const char *const *f;
	int rc;

	if (c == NULL)
		return -1;
	while ((rc = csv_next(c, &f, e)) == 1) {
		if (take_row(v, c, f, e) != 0) {
			rc = -1;
			break;
		}
	}
	csv_close(c);
	return rc;
}

/* Accesses to ICH_LRn_EL2 spread over the registers as the entries filled them; returns the first one's. */
static uint64_t lr_share(struct verify_run *v, const struct outcome *r, const struct ws_op *op, enum ref_op kind,
			 uint64_t exec)
{
	uint64_t first = exec;
	char name[VERIFY_NAME_MAX];

	for (unsigned k = 1; k < 16 && exec != 0; k++) {
		struct ws_op lr = *op;
		struct run_item *it;
		enum ref_op same;

		lr.reg = (uint16_t)(op->reg + k);
		if (r->lr_used[k] == 0 || r->lr_used[k] > first || !verify_key(&lr, &same, name))
			continue;
		it = item(v, kind, name);
		it->covered = true;
		it->it.sim += r->lr_used[k];
		first -= r->lr_used[k];
	}
	return first;
}

static void add_simulated(struct verify_run *v, const struct outcome *r)
{
	const struct ws_prog *p = r->prog;
	enum ref_op op;
	char name[VERIFY_NAME_MAX];

	for (size_t i = 0; i < p->n; i++) {
		struct run_item *it;
		uint64_t n = r->exec[i];

		if (is_tracing(p->op[i].step->function) || !verify_key(&p->op[i], &op, name))
			continue;
		if (p->op[i].per_lr)
			n = lr_share(v, r, &p->op[i], op, n);
		it = item(v, op, name);
		it->covered = true;
		it->it.sim += n;
	}
}

/* How often a component ran: its most frequent op. */
static uint64_t runs(const struct outcome *r, enum ws_comp comp)
{
	const struct ws_prog *p = r->prog;
	uint64_t most = 0;

	for (size_t i = p->comp[comp].first; i < p->comp[comp].first + p->comp[comp].n; i++) {
		if (!p->op[i].per_lr && r->exec[i] > most)
			most = r->exec[i];
	}
	return most;
}

static enum ws_comp comp_of(const struct ws_prog *p, enum unseen u)
{
	return rows[u].comp == COMP_COUNT ? ws_phase_comp(p, PHASE_LAZY) : rows[u].comp;
}

/* The op of a row's component that accesses the row's register; NULL if it has none, or the row names none. */
static const struct ws_op *marker(const struct ws_prog *p, enum unseen u)
{
	enum ws_comp comp = comp_of(p, u);
	char name[VERIFY_NAME_MAX];
	enum ref_op op;

	for (size_t i = p->comp[comp].first; i < p->comp[comp].first + p->comp[comp].n; i++)
		if (rows[u].reg != SR_NONE && p->op[i].reg == rows[u].reg && verify_key(&p->op[i], &op, name) && op == rows[u].op &&
		    !is_tracing(p->op[i].step->function))
			return &p->op[i];
	return NULL;
}

/* Does another op stand for the same access: the same row of the STEP tables, or one of the same function, for one side? */
static bool same_access(const struct ws_op *a, const struct ws_op *b)
{
	return a->opcode == b->opcode && a->reg == b->reg && a->side == b->side &&
	       strcmp(a->step->function, b->step->function) == 0;
}

/* Times that the row's access is explained by the replay outside the row's component, and by the rows above. */
static uint64_t explained(const struct verify_run *v, const struct outcome *r, enum unseen u)
{
	const struct ws_prog *p = r->prog;
	const struct ws_op *m = marker(p, u);
	uint64_t n = 0;

	for (size_t i = 0; m != NULL && i < p->n; i++) {
		const struct ws_op *op = &p->op[i];

		if (op->comp == m->comp || !same_access(op, m))
			continue;
		n += r->exec[i];
		for (unsigned k = 0; k < (unsigned)u; k++) {
			uint64_t state = exit_row(rows[k].kind)->state;

			if (op->comp == comp_of(p, (enum unseen)k) && (op->guard.on & ~state) == 0 && (op->guard.off & state) == 0)
				n += v->times[k];
		}
	}
	return n;
}

/* So many more of each access of a kind (less: fewer), but for those that count as tracing in the reference. */
static void cost(struct verify_run *v, const struct ws_prog *p, enum exit_kind kind, uint64_t times, bool less)
{
	struct verify_seq s;

	verify_sequence(&s, p, kind, 0);
	for (size_t i = 0; i < s.n; i++) {
		struct run_item *it;

		if (is_tracing(s.op[i].step->function))
			continue;
		it = item(v, (enum ref_op)s.op[i].op, s.op[i].name);
		if (!less)
			it->unseen += times;
		else
			it->unseen -= times < it->unseen ? times : it->unseen;
	}
	verify_seq_free(&s);
}

/* Cost what the trace did not show, kind by kind. */
static void add_unseen(struct verify_run *v, const struct outcome *r)
{
	for (unsigned u = 0; u < UNSEEN_COUNT; u++) {
		uint64_t seen = runs(r, comp_of(r->prog, (enum unseen)u)) + explained(v, r, (enum unseen)u);

		v->times[u] = v->times[u] > seen ? v->times[u] - seen : 0;
		if (v->times[u] == 0)
			continue;
		cost(v, r->prog, rows[u].kind, v->times[u], false);
		if (rows[u].instead != EXIT_COUNT)
			cost(v, r->prog, rows[u].instead, v->times[u], true);
	}
}

int verify_run_fp(const char *path, struct verify_fp *fp, struct err *e)
{
	struct verify_run v = { 0 };
	int rc = load(&v, path, e);

	fp->traps = v.times[UNSEEN_fp_trap];
	fp->owned = v.times[UNSEEN_sve_exit];
	verify_run_free(&v);
	return rc;
}

int verify_run(struct verify_run *v, const struct outcome *r, const char *path, struct err *e)
{
	memset(v, 0, sizeof(*v));
	if (load(v, path, e) != 0) {
		verify_run_free(v);
		return -1;
	}
	add_simulated(v, r);
	add_unseen(v, r);
	return 0;
}

void verify_run_free(struct verify_run *v)
{
	for (size_t i = 0; i < v->n; i++)
		str_free(&v->item[i].it.functions);
	free(v->item);
	memset(v, 0, sizeof(*v));
}

int64_t verify_run_residual(const struct run_item *i)
{
	i128 left = (i128)i->it.sim + i->unseen - i->it.ref;

	return i->it.ref != 0 ? num_i64(left * 1000 / i->it.ref) : left != 0 ? INT64_MAX : 0;
}

const char *verify_run_why(const struct run_item *i)
{
	enum { FEWER = 1, MORE = 2, ANY = FEWER | MORE };
	static const struct {
		const char *function, *reason;
		unsigned left;
	} why[] = {
#define WHY(function, left, reason) { #function, reason, left },
#include "models/hyp/measured/unseen.def"
	};
	const char *list = str_get(&i->it.functions);
	unsigned left = verify_run_residual(i) < 0 ? FEWER : MORE;

	for (size_t k = 0; k < sizeof(why) / sizeof(why[0]); k++) {
		const char *at = strstr(list, why[k].function);

		if ((why[k].left & left) != 0 && at != NULL && (at == list || at[-1] == ' '))
			return why[k].reason;
	}
	return "";
}
