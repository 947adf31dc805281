/* SPDX-License-Identifier: Apache-2.0 */
/* CTF: the traces of LTTng and of perf data convert, through libbabeltrace2 where el2sim was built with it. */
#include <string.h>
#include <sys/stat.h>

#include "sim/base/str.h"
#include "traces/import/ctf.h"
#include "traces/import/dat.h"

/* metadata: text, or packets of it in either byte order. */
bool imp_probe_ctf(const char *head, size_t n)
{
	return n >= 10 && (memcmp(head, "/* CTF 1.8", 10) == 0 || memcmp(head, "\x57\x1d\xd1\x75", 4) == 0 ||
			   memcmp(head, "\x75\xd1\x1d\x57", 4) == 0);
}

#ifdef EL2SIM_BABELTRACE
static void read_ctf(const struct imp *im, FILE *to)
{
	struct str folder = STR_INIT;
	struct stat st;

	str_add(&folder, im->path);
	if (stat(im->path, &st) == 0 && !S_ISDIR(st.st_mode)) { /* its metadata */
		const char *slash = strrchr(im->path, '/');

		str_reset(&folder);
		str_addn(&folder, slash != NULL ? im->path : ".", slash != NULL ? (size_t)(slash - im->path) : 1);
	}
	ctf_child(str_get(&folder), to);
}

int imp_read_ctf(struct imp *im, struct err *e)
{
	return dat_run(im, "libbabeltrace2", read_ctf, e);
}
#else
int imp_read_ctf(struct imp *im, struct err *e)
{
	return err_set(e, ERR_INPUT,
		       "%s: a CTF trace (LTTng, perf data convert), and this el2sim was built without libbabeltrace2: install "
		       "libbabeltrace2-dev and build again, or record with trace-cmd or perf",
		       imp_name(im));
}
#endif
