/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a recorded path: refused with a line, or ops that can be compared; and as a tar
 * archive of paths. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "models/hyp/measured/recpath.h"
#include "traces/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const struct recpath *o)
{
	struct verify_op op = { .op = REF_OP_read, .phase = PHASE_EXIT, .name = "esr_el2" };
	struct verify_seq s = { .op = &op, .n = 1 };
	struct recpath_diff d;

	recpath_compare(&d, o, &s);
	BUG_ON(d.exact && !d.switch_exact);
	BUG_ON(d.n_switch != 1 || d.ref > o->n || d.sim > s.n);
	recpath_diff_free(&d);
}

static int parse(void *arg, const char *name, const char *text, size_t n, struct err *e)
{
	struct recpath o;
	int rc = 0;

	(void)arg;
	memset(&o, 0, sizeof(o));
	(void)recpath_name(&o, name, "6.12-n1-vhe", &(struct err){ ERR_NONE, "" });
	for (unsigned mode = MODE_VHE; mode <= MODE_NVHE && rc == 0; mode++) {
		rc = recpath_parse(&o, text, n, (enum ws_mode)mode, e);
		BUG_ON(rc != 0 && (e->code != ERR_INPUT || e->text[0] == '\0'));
		if (rc == 0)
			compare(&o);
		for (size_t i = 0; rc == 0 && i < o.n; i++)
			BUG_ON(strlen(o.op[i].name) >= VERIFY_NAME_MAX ||
			       recpath_function(&o, i)[0] == '\0');
		recpath_free(&o);
	}
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct err e = { ERR_NONE, "" };
	char *text = xmalloc(size + 1), path[64];

	memcpy(text, data, size);
	text[size] = '\0';
	(void)parse(NULL, "6.12-n1-vhe-cfg0-hvc_unknown.order.txt", text, size, &e);
	free(text);
	BUG_ON(fd < 0 || write(fd, data, size) != (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	e = (struct err){ ERR_NONE, "" };
	BUG_ON(bundle_each(path, "", parse, NULL, &e) != 0 &&
	       (e.code != ERR_INPUT || e.text[0] == '\0'));
	BUG_ON(close(fd) != 0);
	return 0;
}
