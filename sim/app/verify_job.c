/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/app/verify_job.h"

#include <string.h>
#include <unistd.h>

#include "sim/base/share.h"
#include "traces/bundle.h"

#define KINDS_MAX (sizeof(((struct verify_job *)0)->kind) / sizeof(const char *))

void verify_job_shipped(struct str *path, const char *file)
{
	str_addf(path, "configs/machine/%s", file);
	if (access(str_get(path), R_OK) == 0)
		return;
	str_reset(path);
	share_dir(path, "configs");
	str_addf(path, "/machine/%s", file);
}

/* --- what to compare -------------------------------------------------------------------------- */

/* Split "a,b c" in place; returns the number of words, or max + 1 if there are more. */
static size_t split(char *text, const char **word, size_t max)
{
	size_t n = 0;

	for (char *w = str_word(&text, ", "); w != NULL; w = str_word(&text, ", ")) {
		if (n == max)
			return max + 1;
		word[n++] = w;
	}
	return n;
}

static int parse_cfgs(struct verify_job *j, struct err *e)
{
	char *copy = xstrdup(j->ask->cfg);
	const char *word[8];
	size_t n = split(copy, word, 8);
	uint64_t v = 0;

	for (size_t i = 0; i < n && v <= 2; i++) {
		if (n > 8 || !str_u64(word[i], &v) || v > 2)
			v = 3;
		else
			j->cfgs |= UINT64_C(1) << v;
	}
	free(copy);
	if (n == 0 || v > 2)
		return err_set(e, ERR_USAGE, "--cfg %.40s: want a list of 0, 1 and 2, such as 0,2",
			       j->ask->cfg);
	return 0;
}

/* "0.5" to thousandths. */
static int parse_share(const char *text, unsigned *thousandths, struct err *e)
{
	char *end;
	double v = text != NULL ? strtod(text, &end) : 0.5;

	if (text != NULL && (end == text || *end != '\0' || !(v >= 0 && v <= 1)))
		return err_set(e, ERR_USAGE,
			       "--min-modal %.40s: want a share of 0 to 1, such as 0.5", text);
	*thousandths = (unsigned)(v * 1000 + 0.5);
	return 0;
}

static int parse_kinds(struct verify_job *j, struct err *e)
{
	const struct verify_ask *ask = j->ask;

	if (ask->explain != NULL && ask->exits != NULL)
		return err_set(e, ERR_USAGE,
			       "--explain %.40s together with --exits: want one or the other",
			       ask->explain);
	if (ask->explain != NULL || ask->exits != NULL)
		j->text = xstrdup(ask->explain != NULL ? ask->explain : ask->exits);
	if (j->text != NULL)
		j->n_kinds = split(j->text, j->kind, KINDS_MAX);
	if (j->n_kinds > KINDS_MAX)
		return err_set(e, ERR_USAGE,
			       "--exits names more than %zu kinds: leave it out to compare all",
			       KINDS_MAX);
	if (j->text != NULL && j->n_kinds == 0)
		return err_set(
			e, ERR_USAGE,
			"an empty list of exit kinds: want names, or leave it out to compare all");
	return 0;
}

/* Every kind that was asked for must be there. */
static int check_kinds(const struct verify_job *j, struct err *e)
{
	const char *names[EXIT_COUNT];
	size_t n = 0;

	for (size_t i = 0; i < j->n_kinds; i++) {
		size_t k = 0;

		while (k < j->v.n && strcmp(j->v.c[k].exit, j->kind[i]) != 0)
			k++;
		if (k < j->v.n)
			continue;
		for (unsigned x = 0; x < EXIT_COUNT; x++)
			if (strcmp(exit_row((enum exit_kind)x)->name, j->kind[i]) != 0)
				names[n++] = exit_row((enum exit_kind)x)->name;
		return err_unknown(e, ERR_USAGE, j->kind[i], names, n < EXIT_COUNT ? 0 : n, "want names of its column exit",
				   "%.80s: has no exit kind \"%.40s\"", j->ask->reference, j->kind[i]);
	}
	if (j->v.n == 0)
		return err_set(e, ERR_INPUT,
			       "%.80s: has no rows to compare (--cfg %.40s): want a recording",
			       j->ask->reference, j->ask->cfg != NULL ? j->ask->cfg : "not given");
	return 0;
}

int verify_job_load(struct verify_job *j, struct err *e)
{
	const struct verify_ask *ask = j->ask;
	unsigned min_modal = 0;

	if (parse_share(ask->min_modal, &min_modal, e) != 0 || parse_kinds(j, e) != 0 ||
	    (ask->cfg != NULL && parse_cfgs(j, e) != 0))
		return -1;
	if (verify_load(&j->v, ask->reference, j->kind, j->n_kinds, j->cfgs, e) != 0 ||
	    check_kinds(j, e) != 0)
		return -1;
	return ask->totals != NULL ? verify_totals(&j->v, ask->totals, min_modal, e) : 0;
}

void verify_job_free(struct verify_job *j)
{
	for (size_t i = 0; j->seq != NULL && i < j->v.n; i++)
		verify_seq_free(&j->seq[i]);
	for (size_t i = 0; i < j->n_paths; i++) {
		recpath_free(&j->path[i].o);
		recpath_diff_free(&j->path[i].d);
		verify_seq_free(&j->path[i].s);
	}
	free(j->seq);
	free(j->path);
	free(j->text);
	verify_free(&j->v);
}

/* --- simulation ------------------------------------------------------------------------------- */

static int sequence(struct verify_seq *s, const struct ws_config *base, const char *exit,
		    unsigned cfg, unsigned lrs, struct err *e)
{
	struct ws_config wc = *base;
	struct ws_prog *p;
	enum exit_kind k;

	BUG_ON(!exit_by_name(exit, &k));
	wc.vcpu = verify_cfg_features(cfg, wc.machine);
	p = ws_compile(&wc, e);
	if (p == NULL)
		return -1;
	verify_sequence(s, p, k, lrs);
	ws_free(p);
	return 0;
}

static bool asked(const struct verify_job *j, const struct recpath *o)
{
	if (j->cfgs != 0 && (j->cfgs >> o->cfg & 1) == 0)
		return false;
	for (size_t i = 0; i < j->n_kinds; i++) {
		if (strcmp(j->kind[i], o->exit) == 0)
			return true;
	}
	return j->n_kinds == 0;
}

static int take_path(void *arg, const char *name, const char *text, size_t n, struct err *e)
{
	struct verify_job *j = arg;
	struct verify_path p = { 0 };
	struct str tag = STR_INIT;
	enum exit_kind k;
	int rc;

	str_addf(&tag, "%s-%s-%s", j->v.kernel, j->v.cpu, j->v.mode);
	rc = recpath_name(&p.o, name, str_get(&tag), e);
	str_free(&tag);
	if (rc != 0 || !asked(j, &p.o))
		return rc;
	p.modelled = exit_by_name(p.o.exit, &k);
	rc = recpath_parse(&p.o, text, n, j->base->model->mode, e);
	if (rc != 0)
		(void)err_at(e, name, 0);
	else if (p.modelled)
		rc = sequence(&p.s, j->base, p.o.exit, p.o.cfg, p.o.lrs, e);
	if (rc == 0)
		recpath_compare(&p.d, &p.o, &p.s);
	j->path = xrealloc(j->path, (j->n_paths + 1) * sizeof(*j->path));
	j->path[j->n_paths++] = p;
	return rc;
}

int verify_job_simulate(struct verify_job *j, const struct ws_config *base, struct err *e)
{
	j->seq = xcalloc(j->v.n + 1, sizeof(*j->seq));
	j->base = base;
	for (size_t i = 0; i < j->v.n; i++) {
		struct verify_case *c = &j->v.c[i];

		if (c->modelled && sequence(&j->seq[i], base, c->exit, c->cfg, c->lrs, e) != 0)
			return -1;
		if (c->modelled)
			verify_count(c, &j->seq[i]);
	}
	if (j->ask->order == NULL)
		return 0;
	if (bundle_each(j->ask->order, ".order.txt", take_path, j, e) != 0)
		return -1;
	if (j->n_paths != 0)
		return 0;
	(void)err_set(e, ERR_INPUT,
		      "no path that was asked for: want files KERNEL-CPU-MODE-cfgN-KIND.order.txt");
	return err_at(e, j->ask->order, 0);
}
