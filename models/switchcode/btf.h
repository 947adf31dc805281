/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel's types as it carries them itself (.BTF; Documentation/bpf/btf.rst): where members are, what enumerators are worth.
 */
#ifndef EL2SIM_SWITCHCODE_BTF_H
#define EL2SIM_SWITCHCODE_BTF_H

#include <stdbool.h>
#include <stdint.h>

#include "models/vmlinux/image.h"

struct btf;

/* Reads .BTF of the image (which must last). ERR_INPUT: there is none, or it is broken. Free with btf_free. */
struct btf *btf_open(const struct vml_image *img, struct err *e);
void btf_free(struct btf *b);

/* Bytes of the struct, union or typedef of that name; 0: there is none. */
uint64_t btf_size(const struct btf *b, const char *type);
/*
 * Member of a struct by its path, "arch.ctxt.regs" or "timers[1].vcpu"; members of structs and unions without a name are found too.
 * Bytes from the start of the struct in *offset, its own in *size. False: there is none (or it is of bits).
 */
bool btf_member(const struct btf *b, const char *type, const char *path, uint64_t *offset, uint64_t *size);
/* The value of an enumerator, of whatever enum. */
bool btf_enumerator(const struct btf *b, const char *name, uint64_t *value);

#endif
