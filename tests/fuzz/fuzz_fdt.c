/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device tree of a machine: vCPUs by the first two bytes, a UART and an initrd by the third, the rest is the command line, as often
 * as the fourth byte says. It is whole, or it is refused because it does not fit.
 */
/* mutations in ./check: 2000: trees of many kilobytes */
#include <libfdt.h>
#include <string.h>

#include "models/vm/vm.h"
#include "models/vm/vm_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct image_layout l = {0x48000000, 0x48001000, 0x48200000};
	struct err e = {ERR_NONE, ""};
	struct str append = STR_INIT;
	uint8_t *tree = NULL;
	struct vm m = {0};
	size_t n = 0;

	if (size < 4)
		return 0;
	m.memory = (struct image_memory){VM_RAM_BASE, 256 << 20};
	m.config.vcpus = 1 + (data[0] | (unsigned)data[1] << 8) % VM_VCPUS_MAX;
	m.config.uart = data[2] & 1 ? VM_8250 : VM_PL011;
	for (unsigned i = 0; i <= data[3] && append.len < 200000; i++)
		for (size_t k = 4; k < size; k++)
			str_addc(&append, data[k] != 0 ? (char)data[k] : ' ');
	m.config.append = str_get(&append);
	if (vm_fdt(&m, &l, data[2] >> 1 & 1, &tree, &n, &e) != 0) {
		BUG_ON(e.code != ERR_INPUT || strstr(e.text, "does not fit") == NULL);
	} else {
		int chosen, len;
		const char *args;

		BUG_ON(fdt_check_header(tree) != 0 || n != fdt_totalsize(tree) || n > VM_FDT_MAX);
		chosen = fdt_path_offset(tree, "/chosen");
		args = fdt_getprop(tree, chosen, "bootargs", &len);
		BUG_ON(args == NULL || len != (int)append.len + 1 || strcmp(args, m.config.append) != 0);
	}
	free(tree);
	str_free(&append);
	return 0;
}
