/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>

#include "sim/base/err.h"
#include "sim/base/str.h"

int err_unknown(struct err *e, enum err_code code, const char *word, const char *const *names, size_t n,
		const char *otherwise, const char *fmt, ...)
{
	struct str near = STR_INIT;
	char what[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	(void)err_set(e, code, "%s: %s", what, str_add_near(&near, "", word, names, n) ? str_get(&near) : otherwise);
	str_free(&near);
	return -1;
}
