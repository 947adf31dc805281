/* SPDX-License-Identifier: Apache-2.0 */
#include "models/image/image.h"

#include <stdarg.h>
#include <stdio.h>

int image_bad(const struct image *im, struct err *e, const char *fmt, ...)
{
	va_list ap;

	e->code = ERR_INPUT;
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return err_at(e, im->path, 0);
}
