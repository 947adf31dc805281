/* SPDX-License-Identifier: Apache-2.0 */
/* Which functions a vCPU may pass, and when: the call graph from roots.def. */
#ifndef EL2SIM_VMLINUX_PATHS_H
#define EL2SIM_VMLINUX_PATHS_H

#include "models/vmlinux/code.h"

enum vml_phase {
#define VML_PHASE(id, name, help) VML_PHASE_##id,
#include "models/vmlinux/roots.def"
	VML_PHASES
};
const char *vml_phase_name(enum vml_phase phase);
const char *vml_phase_help(enum vml_phase phase);

/* How a function is reached first in a phase: by a call of another, or it is a root. */
struct vml_reach {
	uint32_t from; /* function; UINT32_MAX: root */
	uint32_t call; /* of its code */
	uint32_t depth; /* calls from the root */
};

struct vml_path {
	uint32_t func;
	uint8_t phases; /* bits: may be passed in */
	struct vml_reach reach[VML_PHASES];
	struct vml_code code;
	uint8_t *word_phases; /* SPLIT functions: bits of each word; NULL: phases */
};

/* A kernel with everything known of it. */
struct vml_kernel {
	struct vml_image *img;
	struct vml_patches patches;
	struct vml_path *paths; /* functions that are passed, in the order of their addresses */
	size_t n_paths;
};

/* ERR_INPUT as vml_open, vml_patches_read. Free with vml_kernel_close, also after a failure. */
int vml_kernel_open(struct vml_kernel *k, const char *path, struct err *e);
/* The same of bytes in memory; as vml_open_bytes. */
int vml_kernel_open_bytes(struct vml_kernel *k, const char *path, uint8_t *bytes, size_t n, struct err *e);
/*
 * Finds the paths, at most `depth` calls from a root, with conditions as they are known by now; again after they changed.
 * ERR_INPUT: none of the roots is there (no KVM in this kernel).
 */
int vml_kernel_paths(struct vml_kernel *k, unsigned depth, struct err *e);
void vml_kernel_close(struct vml_kernel *k);

/* The path of a function, NULL if no phase passes it. */
const struct vml_path *vml_path_of(const struct vml_kernel *k, size_t func);
/* Phases (bits) of an operation. */
uint8_t vml_op_phases(const struct vml_path *path, const struct vml_op *op);
/* The calls from the root, "kvm_arch_vcpu_load > kvm_vcpu_load_vhe"; adds to text. At most so many names, 0: all. */
void vml_path_chain(const struct vml_kernel *k, const struct vml_path *path, enum vml_phase phase, unsigned most, struct str *text);

#endif
