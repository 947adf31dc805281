/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a kernel: refused with a line, or functions that can be looked at. */
#include <string.h>

#include "models/vmlinux/paths.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes = xmalloc(size + 1);
	struct err e = { ERR_NONE, "" };
	struct vml_kernel k;
	int rc;

	if (size != 0)
		memcpy(bytes, data, size);
	rc = vml_kernel_open_bytes(&k, "fuzz", bytes, size, &e);
	if (rc == 0)
		rc = vml_kernel_paths(&k, 6, &e);
	BUG_ON(rc != 0 && (e.code != ERR_INPUT || strncmp(e.text, "fuzz: ", 6) != 0));
	for (size_t i = 0; rc == 0 && i < k.n_paths; i++)
		BUG_ON(k.paths[i].phases == 0 || k.paths[i].code.words > k.img->funcs[k.paths[i].func].words);
	vml_kernel_close(&k);
	return 0;
}
