/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/events_out.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "models/hyp/host/smp_events.h"
#include "sim/app/trace_dump.h"
#include "sim/base/file.h"
#include "sim/base/str.h"

const char *const events_formats[DUMP_STYLE_COUNT + 2] = {
	"native",
#define X(id, name, help) name,
	DUMP_STYLES(X)
#undef X
		NULL,
};

static int run_into(struct smp *m, const char *path, const char *origin, struct err *e)
{
	struct smp_events *s = smp_events_new(m, path, e);
	struct progress bar;
	int rc;

	if (s == NULL)
		return -1;
	progress_begin(&bar, "time", ENGINE_STEPS);
	rc = engine_run_shown(&m->engine, &bar, e);
	progress_end(&bar);
	if (rc != 0) {
		smp_events_abort(s);
		return -1;
	}
	return smp_events_finish(s, origin, e);
}

static int as_text(const char *native, const struct events_args *o, struct err *e)
{
	struct tr_reader *r = tr_open(native, e);
	int rc = -1;

	if (r != NULL)
		rc = trace_dump_to(r, o->file, (enum dump_style)(o->format - 1), UINT64_MAX, e);
	tr_close(r);
	return rc;
}

/* Said before the time is spent, and by the name that the user knows; a pipe may be opened once only. */
static int can_be_written(const char *path, struct err *e)
{
	struct outfile probe;
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return 0;
	if (file_create(&probe, path, e) != 0)
		return -1;
	file_abort(&probe);
	return 0;
}

int events_run(const struct events_args *o, struct smp *m, const char *origin, struct err *e)
{
	struct str native = STR_INIT;
	int rc;

	if (o->format == EVENTS_NATIVE)
		return run_into(m, o->file, origin, e);
	if (can_be_written(o->file, e) != 0)
		return -1;
	/* the text is made of a native file beside it */
	str_addf(&native, "%s.%ld.e2t", o->file, (long)getpid());
	rc = run_into(m, str_get(&native), origin, e);
	if (rc == 0) {
		rc = as_text(str_get(&native), o, e);
		(void)remove(str_get(&native));
	}
	str_free(&native);
	return rc;
}
