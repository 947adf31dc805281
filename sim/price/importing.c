// SPDX-License-Identifier: Apache-2.0
#include "sim/price/importing.h"

#include <string.h>

#include "sim/base/digest.h"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

int importing_run(struct importing *x, const char *path, const struct subject_args *a, const struct machine *machine, int mode,
		  const char *name, const char *file, struct err *e)
{
	enum swc_mode how = mode != IMPORT_AUTO ? (enum swc_mode)mode : machine_has(machine, FEAT_VHE) ? SWC_VHE : SWC_NVHE;
	struct str release = STR_INIT, own = STR_INIT;
	size_t unknown_lines = 0;
	char digest[DIGEST_TEXT];

	*x = (struct importing){ .text = STR_INIT };
	if (subject_open(&x->k, path, a, &unknown_lines, e) != 0)
		return -1;
	x->w = swc_new(&x->k, machine, e);
	if (x->w == NULL || swc_setup(x->w, how, e) != 0 || swc_play(x->w, &x->m, e) != 0)
		return -1;
	subject_version(&x->k, &release);
	str_addf(&own, "linux-%s-%s", str_get(&release), kernel_mode_name(how));
	digest_text((const char *)x->k.img->map, x->k.img->map_size, digest);
	kernel_text(x->w, &x->m, &(struct kernel_origin){ name != NULL ? name : str_get(&own), str_get(&release), base_name(path), digest, how },
		    &x->text);
	x->model = kernel_model_parse(file, str_get(&x->text), x->text.len, e);
	str_free(&release);
	str_free(&own);
	return x->model != NULL ? 0 : -1;
}

void importing_free(struct importing *x)
{
	kernel_model_free(x->model);
	swc_model_free(&x->m);
	swc_free(x->w);
	vml_kernel_close(&x->k);
	str_free(&x->text);
}
