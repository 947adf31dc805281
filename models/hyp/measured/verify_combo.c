/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/measured/verify_combo.h"

#include <string.h>

static const struct {
	const char *name, *profile;
} cpus[] = {
#define REFCPU(name, profile, qemu, help) { #name, profile },
#include "models/hyp/measured/refcpus.def"
};

const struct ws_model *combo_model(const char *kernel, const char *mode, struct err *e)
{
	struct str name = STR_INIT, known = STR_INIT;
	const struct ws_model *m;
	size_t n;

	str_addf(&name, "linux-%s-%s", kernel, mode);
	m = ws_model_by_name(str_get(&name));
	if (m == NULL) {
		const struct ws_model *all = ws_models(&n);

		for (size_t i = 0; i < n; i++)
			str_addf(&known, "%s%s", i != 0 ? ", " : "", all[i].name);
		(void)err_set(e, ERR_USAGE,
			      "no switch model for kernel %.40s in mode %.40s: want one of %s",
			      kernel, mode, str_get(&known));
	}
	str_free(&known);
	str_free(&name);
	return m;
}

int combo_profile(struct str *file, const char *cpu, struct err *e)
{
	struct str known = STR_INIT;

	for (size_t i = 0; i < sizeof(cpus) / sizeof(cpus[0]); i++) {
		if (strcmp(cpu, cpus[i].name) == 0) {
			str_add(file, cpus[i].profile);
			str_free(&known);
			return 0;
		}
		str_addf(&known, "%s%s", i != 0 ? ", " : "", cpus[i].name);
	}
	(void)err_set(e, ERR_USAGE,
		      "no machine profile for CPU \"%.40s\": want one of %s, or give a CONFIG", cpu,
		      str_get(&known));
	str_free(&known);
	return -1;
}
