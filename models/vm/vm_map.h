/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of vm_map.def as numbers: VM_MAP_<id>, VM_SIZE_<id>, VM_SPI_<id>. */
#ifndef EL2SIM_VM_MAP_H
#define EL2SIM_VM_MAP_H

enum vm_map {
#define VM_MAP(id, base, size, spi) VM_MAP_##id = base,
#include "models/vm/vm_map.def"
};
enum vm_map_size {
#define VM_MAP(id, base, size, spi) VM_SIZE_##id = size,
#include "models/vm/vm_map.def"
};
enum vm_map_spi {
#define VM_MAP(id, base, size, spi) VM_SPI_##id = spi,
#include "models/vm/vm_map.def"
};

#define VM_FDT_MAX 0x10000
#define VM_TIME    1700000000u /* of day, at the beginning: fixed, so that runs are alike */

#endif
