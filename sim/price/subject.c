/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/price/subject.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/app/config.h"
#include "sim/base/digest.h"

static int resolve(struct vml_kernel *k, const struct subject_args *a, size_t *unknown_lines, struct err *e)
{
	if (a->machine != NULL) {
		const struct arg_list none = { 0 };
		struct config c;
		int rc = config_load_one(&c, a->machine, &none, e);

		if (rc == 0)
			vml_patches_machine(&k->patches, &c.machine);
		config_free(&c);
		if (rc != 0)
			return -1;
	}
	if (a->dmesg != NULL && vml_patches_dmesg(&k->patches, a->dmesg, unknown_lines, e) != 0)
		return -1;
	for (size_t i = 0; i < a->assume.n; i++) {
		bool found = true;

		if (vml_patches_set(&k->patches, a->assume.v[i], a->found != NULL ? &found : NULL, e) != 0)
			return err_at(e, "--assume", 0);
		if (a->found != NULL)
			a->found[i] += found;
	}
	if (a->found != NULL)
		a->found[a->assume.n]++;
	return 0;
}

void subject_several(struct subject_args *a)
{
	a->found = xcalloc(a->assume.n + 1, sizeof(*a->found));
}

int subject_all_assumed(struct subject_args *a, int rc, struct err *e)
{
	for (size_t i = 0; i < a->assume.n && rc == 0 && a->found[a->assume.n] != 0; i++)
		if (a->found[i] == 0)
			rc = err_set(e, ERR_USAGE, "--assume: \"%s\": no kernel here has such a capability or static key: el2sim kernel info "
				     "--conds lists them", a->assume.v[i]);
	free(a->found);
	a->found = NULL;
	return rc;
}

int subject_open(struct vml_kernel *k, const char *path, const struct subject_args *a, size_t *unknown_lines, struct err *e)
{
	*unknown_lines = 0;
	if (vml_kernel_open(k, path, e) != 0 || resolve(k, a, unknown_lines, e) != 0)
		return -1;
	return vml_kernel_paths(k, a->depth != 0 ? (unsigned)a->depth : SUBJECT_DEPTH, e);
}

bool subject_hides(const struct subject_args *a, struct vml_what what)
{
	return !a->soft && vml_what_soft(what);
}

void subject_version(const struct vml_kernel *k, struct str *text)
{
	static const char head[] = "Linux version ";
	const struct vml_symbol *s = vml_symbol(k->img, "linux_banner");
	const char *p = s != NULL && s->size > sizeof(head) ? (const char *)vml_at(k->img, s->addr, s->size) : NULL;

	if (p == NULL || memcmp(p, head, sizeof(head) - 1) != 0) {
		str_add(text, "unknown");
		return;
	}
	p += sizeof(head) - 1;
	for (size_t i = 0; i < s->size - sizeof(head) && p[i] != ' ' && p[i] != '\0'; i++)
		str_addc(text, p[i]);
}

void subject_phases(unsigned phases, struct str *text)
{
	for (unsigned i = 0; i < VML_PHASES; i++)
		if (phases >> i & 1)
			str_addf(text, "%s%s", text->len != 0 ? " " : "", vml_phase_name((enum vml_phase)i));
}

static int maker_by_name(const void *a, const void *b)
{
	return strcmp(((const struct subject_maker *)a)->name, ((const struct subject_maker *)b)->name);
}

size_t subject_makers(const struct vml_kernel *k, struct subject_maker **list)
{
	size_t n = 0, once = 0;

	for (size_t i = 0; i < k->n_paths; i++)
		n += k->paths[i].code.n_callbacks;
	*list = xcalloc(n + 1, sizeof(**list));
	n = 0;
	for (size_t i = 0; i < k->n_paths; i++)
		for (size_t c = 0; c < k->paths[i].code.n_callbacks; c++)
			(*list)[n++] = (struct subject_maker){ k->paths[i].code.callbacks[c], 1 };
	qsort(*list, n, sizeof(**list), maker_by_name);
	for (size_t i = 0; i < n; i++)
		if (once != 0 && strcmp((*list)[once - 1].name, (*list)[i].name) == 0)
			(*list)[once - 1].functions++;
		else
			(*list)[once++] = (*list)[i];
	return once;
}

static void makers_note(const struct vml_kernel *k, struct rep *r)
{
	struct subject_maker *m;
	size_t n = subject_makers(k, &m);
	struct str text = STR_INIT;

	for (size_t i = 0; i < n; i++)
		str_addf(&text, "%s%s (%llu)", i != 0 ? ", " : "", m[i].name, (unsigned long long)m[i].functions);
	if (n != 0)
		rep_note(r, "code that the kernel makes when it starts stands as linked; made by (in so many functions): %s", str_get(&text));
	str_free(&text);
	free(m);
}

void subject_source(const struct vml_kernel *k, struct rep *r)
{
	char digest[DIGEST_TEXT];

	if (k->img->mapped)
		return;
	digest_text((const char *)k->img->map, k->img->map_size, digest);
	rep_source(r, REP_OF_INPUT, k->img->path, digest);
}

void subject_notes(const struct vml_kernel *k, const struct subject_args *a, size_t unknown_lines, struct rep *r)
{
	size_t unknown = 0;

	for (size_t i = 0; i < k->patches.n_conds; i++)
		unknown += k->patches.conds[i].uses != 0 && k->patches.conds[i].state == VML_UNKNOWN;
	if (a->machine == NULL && a->dmesg == NULL)
		rep_note(r, "no machine was given (--machine, --dmesg): both sides of every alternative and static key are there");
	else if (unknown != 0)
		rep_note(r, "%zu capabilities and static keys are not known of this machine: both sides are there, and `needs` says of what",
			 unknown);
	if (unknown_lines != 0)
		rep_note(r, "%s: %zu features in it are none of this kernel's: is it another kernel's log?", a->dmesg, unknown_lines);
	if (!a->soft)
		rep_note(r, "left out (--soft): reads of current, the per-CPU base, DAIF and CurrentEL, writes of DAIF");
	makers_note(k, r);
	rep_note(r, "calls are followed %u deep (--depth), and not where they leave the vCPU's path (messages, memory, other threads, tracing)",
		 a->depth != 0 ? (unsigned)a->depth : SUBJECT_DEPTH);
	rep_note(r, "counts are of places in the code, not of what one exit executes: branches and loops are not followed");
}

void subject_sum(struct subject_sums *s, struct vml_what what)
{
	switch (what.kind) {
	case VML_READ: s->reads++; break;
	case VML_WRITE: s->writes++; break;
	case VML_ISB:
	case VML_DSB:
	case VML_DMB:
	case VML_SB: s->barriers++; break;
	default: s->other++; break;
	}
}
