/* SPDX-License-Identifier: Apache-2.0 */
/* A dump of a vCPU's registers: JSON of Firecracker's cpu-template-helper, or of `el2sim abi --list`. */
#ifndef EL2SIM_APP_ABI_DUMP_H
#define EL2SIM_APP_ABI_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/err.h"

struct abi_dump_reg {
	uint64_t id;
	uint64_t value; /* its low 64 bits */
	bool known;     /* has a value without bits that do not matter ("x") */
};

struct abi_dump {
	struct abi_dump_reg *reg; /* ascending by id, each id once */
	size_t n;
	char kernel[64];  /* as written, "" if it does not say */
	uint16_t version; /* ABI_KERNEL(major, minor), 0 if that is none */
	bool tool;        /* of cpu-template-helper, which leaves some out (abi_left_out) */
};

/* Read a file. ERR_INPUT: no JSON, no register in it, too many, one twice, an id or value that is none of arm64. Free after success. */
int abi_dump_load(struct abi_dump *d, const char *path, struct err *e);
void abi_dump_free(struct abi_dump *d);
/* The register of that id, or NULL. */
const struct abi_dump_reg *abi_dump_find(const struct abi_dump *d, uint64_t id);

#endif
