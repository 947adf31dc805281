// SPDX-License-Identifier: Apache-2.0
/* Parts of the host's path that are executed by themselves. */
#include "models/switchcode/scene_cut.h"

#define M SCENE_COND

/* A thread of the host gets its FP registers back: FPCR as it is, and another one. */
static void host_fp(struct swc *w, struct swc_model *m)
{
	static const struct {
		uint32_t fpcr, state;
	} rows[] = { { 0, 0 }, { 1 << 24, M(NEW_FPCR) } };
	const struct vml_symbol *s = vml_symbol(w->k->img, "fpsimd_restore_current_state");

	for (size_t i = 0; s != NULL && i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = { 0 };

		swc_restore(w);
		swc_set_reg(w, "FPCR", rows[i].fpcr);
		w->recording = true;
		w->n_records = 0;
		if (swc_call(w, s->addr, NULL, 0, SCENE_BUDGET, NULL, NULL, &e) != 0)
			swc_note(w, "fpsimd_restore_current_state stopped: %s", e.text);
		w->recording = false;
		if (e.text[0] != '\0')
			return;
		scene_part(w, m, SWC_HOST_FP, rows[i].state);
	}
}

void scene_host(struct swc *w, struct swc_model *m)
{
	host_fp(w, m);
}
