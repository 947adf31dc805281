/* SPDX-License-Identifier: Apache-2.0 */
/* When a run moved a group or a register: phases, conditions, and how often. */
#include <inttypes.h>

#include "models/hyp/ws/ws_policy.h"
#include "sim/advise/advise.h"

/* Conditions under which ops of one phase move something, and how often they did. */
struct when {
	struct ws_guard guard;
	uint64_t times;
};
#define WHENS_MAX 16

/* The times that the ops under one condition ran: that of the op that ran most. */
static size_t whens_of(const struct outcome *o, const struct change *x, unsigned phase, struct when w[static WHENS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < o->prog->n; i++) {
		const struct ws_op *op = &o->prog->op[i];
		size_t k;

		if (op->phase != phase || !change_touches(x, op))
			continue;
		for (k = 0; k < n && (w[k].guard.on != op->guard.on || w[k].guard.off != op->guard.off); k++)
			;
		if (k == WHENS_MAX)
			continue;
		if (k == n)
			w[n++] = (struct when){ op->guard, 0 };
		w[k].times = o->exec[i] > w[k].times ? o->exec[i] : w[k].times;
	}
	return n;
}

static void one_phase(const struct when *w, size_t n, unsigned phase, struct str *b)
{
	char text[160], count[RUN_COUNT_TEXT];
	size_t most = 0;

	for (size_t i = 1; i < n; i++)
		most = w[i].times > w[most].times ? i : most;
	str_addf(b, "%s%s %s", b->len != 0 ? ", " : "", phase_name((enum ws_phase)phase), run_count(w[most].times, count));
	if (ws_guard_text(&w[most].guard, text, sizeof(text))[0] != '\0')
		str_addf(b, " (if %s%s)", text, n > 1 ? ", or others" : "");
	else if (n > 1)
		str_addf(b, " (part of it on conditions)");
}

bool change_touches(const struct change *x, const struct ws_op *op)
{
	return ws_policy_moves(op) && (x->reg != SR_NONE ? op->reg == x->reg : op->group == x->group);
}

void moves_text(const struct outcome *o, const struct change *x, struct str *b)
{
	struct when w[WHENS_MAX];

	for (unsigned ph = 0; ph <= PHASE_LAZY; ph++) {
		size_t n = whens_of(o, x, ph, w);

		if (n != 0)
			one_phase(w, n, ph, b);
	}
}
