/* SPDX-License-Identifier: Apache-2.0 */
/* What a report keeps: its texts printable, its lists with room. */
#include "sim/base/err.h"
#include "sim/base/filter.h"
#include "sim/document/rep_doc.h"

char *rep_printable(const char *text)
{
	char *copy = xstrdup(text != NULL ? text : "");

	filter_line(copy);
	return copy;
}

void *rep_one_more(void *v, size_t n, size_t size)
{
	return n == 0 || (n & (n - 1)) == 0 ? xrealloc(v, (n != 0 ? 2 * n : 1) * size) : v;
}
