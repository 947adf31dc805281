/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/price/side.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/hyp/check/patch_check.h"
#include "models/hyp/ws/runner.h"

static bool is_model_file(const char *path)
{
	char head[sizeof(KERNEL_MODEL_MAGIC) - 1];
	FILE *f = fopen(path, "re");
	size_t n = f != NULL ? fread(head, 1, sizeof(head), f) : 0;

	if (f != NULL)
		(void)fclose(f);
	return n == sizeof(head) && memcmp(head, KERNEL_MODEL_MAGIC, n) == 0;
}

int side_open(struct side *s, const char *what, bool patched, const struct side_args *o, const struct config *c, struct err *e)
{
	const struct ws_model *model = ws_model_by_name(what);
	struct ws_prog *base;
	struct ws_config wc;

	if (model == NULL && side_is_recording(what))
		return side_recording_open(s, what, o->cfg, e);
	config_switch(c, &wc);
	if (!patched)
		wc.patch = NULL;
	if (model == NULL && is_model_file(what)) {
		s->file = kernel_model_read(what, e);
		if (s->file == NULL)
			return -1;
		s->data = s->file;
	} else if (model == NULL) {
		if (importing_run(&s->import, what, o->subject, &c->machine, o->mode, NULL, what, e) != 0)
			return -1;
		s->data = s->import.model;
	}
	wc.model = model != NULL ? model : &s->data->model;
	s->p = ws_compile(&wc, e);
	if (s->p == NULL)
		return -1;
	str_add(&s->name, wc.model->name);
	if (wc.patch != NULL) {
		wc.patch = NULL;
		base = ws_compile(&wc, e);
		s->p->fault = base != NULL ? ws_patch_fault(&s->p->config, base) : NULL;
		ws_free(base);
	}
	return 0;
}

void side_close(struct side *s)
{
	for (size_t i = 0; i < s->n && s->p != NULL; i++) { /* those of a recording are s->recorded's */
		for (size_t k = 0; k < s->kind[i].items.n; k++)
			str_free(&s->kind[i].items.item[k].functions);
		free(s->kind[i].items.item);
	}
	free(s->kind);
	verify_free(&s->recorded);
	ws_free(s->p);
	importing_free(&s->import);
	kernel_model_free(s->file);
	str_free(&s->name);
	str_free(&s->unknown);
}

/* A kind once in the steady state: a vCPU that has run before. */
static void count_kind(const struct ws_prog *p, enum exit_kind k, uint64_t *before, uint64_t *exec, struct side_kind *to)
{
	struct runner *r = runner_new(p, true);
	struct runner_vcpu *v = runner_vcpu(r, "vm");

	*to = (struct side_kind){ .name = exit_row(k)->name };
	if (exit_row(k)->n != 0 && exit_row(k)->step[0].is_phase)
		runner_kind(r, v, EXIT_FOR_first_run, NULL);
	runner_kind(r, v, k, NULL);
	memset(before, 0, p->n * sizeof(*before));
	memset(exec, 0, p->n * sizeof(*exec));
	runner_exec(r, before);
	runner_kind(r, v, k, &to->totals);
	runner_exec(r, exec);
	for (size_t i = 0; i < p->n; i++)
		exec[i] -= before[i];
	band_of_all(p, exec, &to->form);
	runner_free(r);
}

void side_count(struct side *s)
{
	uint64_t *before = xcalloc(s->p->n + 1, sizeof(*before)), *exec = xcalloc(s->p->n + 1, sizeof(*exec));

	s->n = EXIT_COUNT;
	s->kind = xcalloc(s->n, sizeof(*s->kind));
	for (unsigned k = 0; k < EXIT_COUNT; k++)
		count_kind(s->p, (enum exit_kind)k, before, exec, &s->kind[k]);
	for (unsigned ph = 0; ph <= PHASE_LAZY; ph++) {
		struct ws_counting *c = ws_counting_new(s->p);

		s->phase[ph] = *ws_count(c, ws_phase_comp(s->p, (enum ws_phase)ph), CND(SYNC) | CND(LOADED), 0);
		memset(exec, 0, s->p->n * sizeof(*exec));
		ws_counting_exec(c, exec);
		band_of_all(s->p, exec, &s->phase_form[ph]);
		ws_counting_free(c);
	}
	free(before);
	free(exec);
}
