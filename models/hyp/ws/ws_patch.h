/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A what-if on the switch itself: edits of a program, read from words (patches.def) and made while it is compiled, behind the
 * policies. Whoever compiles the configuration again has them, too; without: ws_config.patch NULL. Whether the outcome is sound
 * is for the judges.
 */
#ifndef EL2SIM_HYP_WS_PATCH_H
#define EL2SIM_HYP_WS_PATCH_H

#include "models/hyp/ws/ws_edit.h"

enum ws_patch_verb {
#define PATCH(id, name, form, help) PATCH_##id,
#include "models/hyp/ws/patches.def"
	PATCH_COUNT
};
const char *ws_patch_name(enum ws_patch_verb v);
const char *ws_patch_form(enum ws_patch_verb v);
const char *ws_patch_help(enum ws_patch_verb v);

enum ws_patch_place { PLACE_NONE, PLACE_FIRST, PLACE_LAST, PLACE_BEFORE, PLACE_AFTER };

/* A phase, or a component of the host's path. */
struct ws_at {
	uint8_t phase; /* enum ws_phase; PHASE_COUNT: any */
	uint16_t comp; /* enum ws_comp; COMP_COUNT: that of the phase */
};

struct ws_patch_edit {
	uint8_t verb;          /* enum ws_patch_verb */
	struct ws_what what, beside; /* beside: of PLACE, the other one of swap */
	uint8_t side;          /* enum ws_side; SIDE_COUNT: any, of an op to be added none */
	struct ws_at at, to;   /* to: of a move; phase PHASE_COUNT: the same */
	uint8_t place;         /* enum ws_patch_place */
	uint8_t policy;        /* enum ws_policy */
	uint16_t operand;      /* of the op to be added: register, group (GRP_COUNT: its neighbour's) or number */
	struct ws_guard guard;
	bool priced;
	uint64_t cost;         /* thousandths of a cycle */
	const char *file;      /* where it was said */
	unsigned line;
	const char *text;
};

struct ws_patch {
	struct ws_patch_edit *v;
	size_t n;
	char **own; /* texts */
	size_t n_own;
};

/* Zero is an empty one. Free with ws_patch_free. */
void ws_patch_free(struct ws_patch *x);
/* One edit. ERR_CONFIG, "file:line: ...", with the nearest known word. */
int ws_patch_add(struct ws_patch *x, const char *file, unsigned line, const char *text, struct err *e);
/* All of a file: an edit a line, # begins a comment. ERR_CONFIG. */
int ws_patch_read(struct ws_patch *x, const char *path, struct err *e);
/* Does the text begin with a verb, so that it is an edit and no file's name? */
bool ws_patch_is_edit(const char *text);

/* Edit a program that has no accessors resolved yet, in order. ERR_CONFIG, "file:line: ...": an edit finds nothing to change. */
int ws_patch_apply(const struct ws_patch *x, struct ws_prog *p, struct err *e);
/* What its policies make of a configuration. */
void ws_patch_policies(const struct ws_patch *x, struct ws_config *c);

#endif
