/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/trace_dump.h"

#include "models/cpu/ec.h"
#include "sim/base/file.h"

static const char *ec_name(uint64_t ec)
{
	const struct ec *row = ec <= 63 ? ec_by_number((unsigned)ec) : NULL;

	return row != NULL ? row->name : NULL;
}

int trace_dump_to(struct tr_reader *r, const char *path, enum dump_style style, uint64_t events,
		  struct err *e)
{
	struct outfile o;

	if (file_create(&o, path, e) != 0)
		return -1;
	if (dump_write(r, o.f, style, events, ec_name, e) != 0) {
		file_abort(&o);
		return -1;
	}
	return file_commit(&o, e);
}
