/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/config.h"

#include <string.h>

int config_load(struct config *c, const char *path, const struct arg_list *overrides, struct err *e)
{
	const struct opt_row *rows;
	size_t n;

	memset(c, 0, sizeof(*c));
	c->path = path != NULL ? path : "";
	c->set = opt_new();
	rows = machine_opt_rows(&n);
	opt_add(c->set, rows, n, &c->machine);
	c->switch_rows = switch_opt_rows(&n);
	opt_add(c->set, c->switch_rows, n, &c->sw);
	rows = path_opt_rows(&n);
	opt_add(c->set, rows, n, &c->path_profile);
	if (path != NULL && opt_load(c->set, path, e) != 0)
		return -1;
	for (size_t i = 0; overrides != NULL && i < overrides->n; i++) {
		if (opt_override(c->set, overrides->v[i], e) != 0)
			return -1;
	}
	return opt_done(c->set, e);
}

void config_free(struct config *c)
{
	opt_free(c->set);
	free(c->switch_rows);
	memset(c, 0, sizeof(*c));
}

struct ws_prog *config_compile(const struct config *c, bool force, struct err *e)
{
	struct ws_config wc;

	(void)force;
	switch_config(&c->sw, &c->machine, &wc);
	return ws_compile(&wc, e);
}
