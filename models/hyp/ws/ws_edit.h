/* SPDX-License-Identifier: Apache-2.0 */
/* What edits of a compiled program share, whoever makes them: ops told by words, and ops put in, taken out, exchanged. */
#ifndef EL2SIM_HYP_WS_EDIT_H
#define EL2SIM_HYP_WS_EDIT_H

#include "models/hyp/ws/wswitch.h"

/* A set of ops by what they are; all that is given must hold. */
struct ws_what {
	uint16_t reg;         /* SR_NONE: any; SR_COUNT: X0-X30; SR_COUNT + 1: V0-V31 */
	uint8_t group;        /* GRP_COUNT: any */
	uint8_t opcode;       /* OP_COUNT: any */
	const char *function; /* kernel function of the STEP row; NULL: any */
	const char *file;     /* of the STEP row; NULL: any row */
	unsigned line;
};
extern const struct ws_what ws_anything;

/*
 * A register, group, opcode, kernel function, X0-X30, V0-V31 or table row ("steps_vhe.def:42"). where: what messages call the edit.
 * ERR_USAGE with the nearest name.
 */
int ws_what_parse(const char *where, const char *word, struct ws_what *w, struct err *e);
bool ws_what_is(const struct ws_what *w, const struct ws_op *op);
/* A phase's name, case ignored; parse: ERR_USAGE with the nearest. */
bool ws_phase_named(const char *word, uint8_t *phase);
int ws_phase_parse(const char *where, const char *word, uint8_t *phase, struct err *e);
/* An opcode of ops.def, case ignored. */
bool ws_opcode_named(const char *word, uint8_t *opcode);
/* host, guest, guest-cfg, host-cfg or host-run; parse: ERR_USAGE with the nearest. */
bool ws_side_named(const char *word, uint8_t *side);
int ws_side_parse(const char *where, const char *word, uint8_t *side, struct err *e);

/* n ops from op (none of p->op) before the op at; ops from at on; two ops. None of them finds the components again (ws_reindex). */
void ws_ops_insert(struct ws_prog *p, size_t at, const struct ws_op *op, size_t n);
void ws_ops_remove(struct ws_prog *p, size_t at, size_t n);
void ws_ops_exchange(struct ws_op *a, struct ws_op *b);

#endif
