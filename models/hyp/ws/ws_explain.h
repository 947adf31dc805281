/* SPDX-License-Identifier: Apache-2.0 */
/* The listing of a program as rows, and the difference of two programs. Printing is the caller's.
 */
#ifndef EL2SIM_HYP_WS_EXPLAIN_H
#define EL2SIM_HYP_WS_EXPLAIN_H

#include "models/hyp/ws/wswitch.h"
#include "sim/base/str.h"

/* One op in words. Strings are static or in the row itself. */
struct ws_explain_row {
	const struct ws_op *op;
	size_t nr;          /* place in its component, from 1 */
	const char *phase;  /* load, enter, ... */
	const char *comp;   /* component it runs in */
	const char *opcode; /* MSR, ISB, ... */
	char object[40];    /* register or what else it acts on, as the program's code names it */
	const char *side;   /* whose value: host, guest, guest-cfg, ... */
	const char *group;
	uint32_t cycles;      /* per execution, and what is left */
	uint16_t milli;       /* in thousandths of a cycle */
	char guard[128];      /* run-time condition, "" = always */
	const char *function; /* of the kernel */
	const char *file;     /* table and line of the row */
	unsigned line;
};

/* The i-th op of the program (0 <= i < p->n). */
void ws_explain_at(const struct ws_prog *p, size_t i, struct ws_explain_row *row);

/* Append one line for the op, in fixed columns, as golden listings have it: nothing that other ops
 * change. */
void ws_explain_line(const struct ws_explain_row *row, struct str *out);

/* How an op of one program appears in another. */
#define WS_DIFF_KINDS(X)                                                                           \
	X(SAME, "same", "in the same phase, under the same condition")                             \
	X(GUARD, "condition", "in the same phase, under another run-time condition")               \
	X(MOVED, "moved", "in another phase")                                                      \
	X(ORDER, "order", "in the same phase, before or after others than in the first")           \
	X(ONLY_A, "only first", "the second program does not have it")                             \
	X(ONLY_B, "only second", "the first program does not have it")

enum ws_diff_kind {
#define X(id, name, help) DIFF_##id,
	WS_DIFF_KINDS(X)
#undef X
		DIFF_COUNT
};
const char *ws_diff_name(enum ws_diff_kind k);

struct ws_diff_row {
	enum ws_diff_kind kind;
	const struct ws_op *a, *b; /* NULL where it is not there */
};

/* Rows by register group, then in the order of the first program, then of the second. */
struct ws_diff {
	struct ws_diff_row *row;
	size_t n;
};

/*
 * Match the ops of two programs by opcode, register (or group, number) and whose value they move;
 * ops of the same phase first, then across the phases load to lazy. Of those that stay in a phase the fewest that leave
 * the others in one order are DIFF_ORDER. Both programs must outlive the
 * result; free with ws_diff_free.
 */
struct ws_diff *ws_diff_new(const struct ws_prog *a, const struct ws_prog *b);
void ws_diff_free(struct ws_diff *d);

/* What the op acts on, by the architecture's own name in both programs: SCTLR_EL1, not SCTLR_EL12.
 */
const char *ws_diff_object(const struct ws_op *op, char buf[static 40]);

#endif
