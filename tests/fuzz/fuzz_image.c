/* SPDX-License-Identifier: Apache-2.0 */
/* A guest's image of any bytes: no crash, a refusal names the file, and what is accepted lies in the memory. */
/* mutations in ./check: 2000: memories that are filled */
#include <string.h>

#include "models/image/image.h"
#include "sim/base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const uint8_t *data, size_t size, const struct image_memory *m, uint8_t *ram)
{
	uint8_t *bytes = xmalloc(size + 1);
	struct err e = {ERR_NONE, ""};
	struct image_layout l;
	struct image im;
	uint64_t offset;

	if (size != 0)
		memcpy(bytes, data, size);
	if (image_parse(&im, "fuzz", bytes, size, m, &e) != 0) {
		BUG_ON(e.code != ERR_INPUT || strncmp(e.text, "fuzz: ", 6) != 0);
	} else {
		BUG_ON(im.first < m->base || im.end < im.first || im.end - m->base > m->size || im.entry < im.first || im.entry >= im.end);
		image_load(&im, m, ram);
		(void)image_symbol_at(&im, im.entry, &offset);
		(void)image_symbol_at(&im, im.end, &offset);
		if (image_layout(&im, m, size, 0x10000, &l, &e) == 0)
			BUG_ON(l.initrd < im.end || l.initrd_end < l.initrd || l.dtb < l.initrd_end ||
			       l.dtb - m->base > m->size - 0x10000);
	}
	image_free(&im);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct image_memory memories[] = {{0x40000000, 2 << 20}, {0x40000000, 0x90000}};
	static uint8_t ram[2 << 20];

	for (size_t i = 0; i < sizeof(memories) / sizeof(memories[0]) && size != 0; i++)
		look(data, size, &memories[i], ram);
	return 0;
}
