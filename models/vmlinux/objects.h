/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder of kernel objects (ET_REL) as one image: sections of one name behind each other, symbols with final addresses,
 * relocations applied. What a linker script adds is there as far as el2sim looks for it (ends of tables).
 */
#ifndef EL2SIM_VMLINUX_OBJECTS_H
#define EL2SIM_VMLINUX_OBJECTS_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/err.h"

/*
 * An ELF file in memory (malloc, *n bytes), made of all AArch64 objects NAME.o in the folder and below; of vmlinux.o alone
 * if that is in it. Left out: objects of other machines (the build's tools), kbuild's intermediates, and what another
 * object has defined already. Calls of what no object defines lead nowhere. NULL with ERR_INPUT: unreadable, damaged, none.
 */
uint8_t *vml_link(const char *folder, size_t *n, struct err *e);

#endif
