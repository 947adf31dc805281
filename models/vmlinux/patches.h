/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Code that the kernel patches when it starts: alternatives (.altinstructions) by CPU capability, and static keys
 * (__jump_table). What decides is a condition; a condition is known on a machine, or it is not.
 */
#ifndef EL2SIM_VMLINUX_PATCHES_H
#define EL2SIM_VMLINUX_PATCHES_H

#include "models/cpu/machine.h"
#include "models/vmlinux/image.h"

enum vml_state { VML_UNKNOWN, VML_ON, VML_OFF };

/* A CPU capability or a static key. */
struct vml_cond {
	char *name;    /* description of the capability; symbol of the key */
	bool key;
	uint16_t cap;  /* its number in this kernel */
	bool row;       /* the kernel has a row that finds the capability */
	bool described; /* the kernel says so in its log when it finds it */
	uint64_t addr; /* of the key; of the capability's row in the kernel's tables, 0: none */
	uint8_t state; /* enum vml_state */
	const char *why; /* who says so: "kernel" (always), "machine", "dmesg", "image", "given" */
	bool initial;  /* key: on in the image */
	uint32_t uses; /* places in code */
};

/* Words that become others when the condition is on; with 0: a function of the kernel makes them (callback). */
struct vml_alt {
	uint64_t at, with;
	const char *callback; /* its name; NULL: none */
	uint32_t cond;
	uint8_t words, with_words;
};

/* A branch to target, or none: taken when the key is on, or (inverted) off. */
struct vml_jump {
	uint64_t at, target;
	uint32_t cond;
	bool inverted;
};

struct vml_patches {
	struct vml_cond *conds; /* capabilities by number, then keys by address */
	size_t n_conds, n_caps;
	struct vml_alt *alts;   /* by address, then as the kernel applies them */
	size_t n_alts;
	struct vml_jump *jumps; /* by address */
	size_t n_jumps;
	/* Each description in the image and its capability: errata have several of one. */
	struct vml_desc { const char *text; uint32_t cond; } *descs;
	size_t n_descs;
	bool rows; /* the tables of capabilities were found */
};

/* Reads all of them; states unknown, but for what is always so. ERR_INPUT: the tables are there and broken. Free with vml_patches_free. */
int vml_patches_read(const struct vml_image *img, struct vml_patches *p, struct err *e);
void vml_patches_free(struct vml_patches *p);

/* What a machine profile says: rows of conds.def; static keys beside them as the image has them. */
void vml_patches_machine(struct vml_patches *p, const struct machine *m);
/*
 * What a log says ("CPU features: detected: ..."): capabilities with a description are on or off; static keys as the image
 * has them, but for those that rows of conds.def say are set later. *unknown gets the number of lines whose description this kernel does not have. ERR_INPUT: no such line.
 */
int vml_patches_dmesg(struct vml_patches *p, const char *path, size_t *unknown, struct err *e);
/*
 * "NAME=on", "NAME=off", "NAME=unknown": the condition of that name, or the only one whose name contains it. ERR_USAGE. *found, which
 * may be NULL, gets whether the kernel has one; with it that there is none is no error: another kernel may have it.
 */
int vml_patches_set(struct vml_patches *p, const char *assignment, bool *found, struct err *e);

const char *vml_state_name(enum vml_state state);

#endif
