/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A function's code, patched or not: its system instructions and calls in the order of the code, and which conditions each
 * needs. Nothing is executed: both sides of a branch are taken, but for branches that alternatives and static keys are.
 */
#ifndef EL2SIM_VMLINUX_CODE_H
#define EL2SIM_VMLINUX_CODE_H

#include "models/vmlinux/ops.h"
#include "models/vmlinux/patches.h"

enum { VML_GUARDS_MAX = 6 };

/* Conditions that something needs: it is not there when one of them is otherwise. */
struct vml_guards {
	uint8_t n;
	bool more; /* than there is room for */
	struct vml_guard { uint32_t cond; bool on; } v[VML_GUARDS_MAX];
};

struct vml_op {
	uint64_t addr; /* of the instruction, in the replacement if it is one */
	uint32_t word; /* of the function: the place */
	struct vml_what what;
	struct vml_guards guards;
};

struct vml_call {
	uint64_t target;
	uint32_t word;
	bool tail;
	const char *table; /* through pointers of this object: one call for each; NULL: direct */
	struct vml_guards guards;
};

struct vml_code {
	struct vml_op *ops;
	size_t n_ops;
	struct vml_call *calls;
	size_t n_calls;
	uint32_t words; /* that can be reached, replacements instead of originals where they are known */
	bool indirect;  /* calls or jumps by register */
	const char **callbacks; /* that make code of this function, each once */
	size_t n_callbacks;
};

/*
 * Looks at function f. Known conditions are as their state says; of unknown ones both sides are there. Free with
 * vml_code_free.
 */
void vml_code_read(const struct vml_image *img, const struct vml_patches *p, size_t f, struct vml_code *c);
void vml_code_free(struct vml_code *c);

/*
 * The places that are reached from the function's start, and from behind the places in `cut`, without going past a place in
 * `cut`: bits of before[], after[] (as many bytes as the function has words, 0 or 1). Known conditions as above.
 */
void vml_code_split(const struct vml_image *img, const struct vml_patches *p, size_t f, const uint8_t *cut, uint8_t *before,
		    uint8_t *after);

/* "VHE", "not VHE", several with "and"; adds to text. Those only whose state is unknown, if so asked. */
struct str;
void vml_guards_text(const struct vml_patches *p, const struct vml_guards *g, bool unknown_only, struct str *text);

#endif
