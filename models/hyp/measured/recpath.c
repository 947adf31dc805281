/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/measured/recpath.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "models/hyp/measured/softreg.h"
#include "sim/base/str.h"

void recpath_free(struct recpath *o)
{
	free(o->op);
	free(o->functions);
	o->op = NULL;
	o->functions = NULL;
	o->n = o->cap = o->n_functions = 0;
}

const char *recpath_function(const struct recpath *o, size_t i)
{
	return o->functions + o->op[i].function;
}

#define SUFFIX ".order.txt"

int recpath_name(struct recpath *o, const char *name, const char *tag, struct err *e)
{
	size_t n = strlen(name), m = strlen(SUFFIX), t = strlen(tag);
	const char *kind = NULL;

	memset(o, 0, sizeof(*o));
	for (const char *at = name; (at = strstr(at, "-cfg")) != NULL; at++) {
		if (isdigit((unsigned char)at[4]) && at[5] == '-') {
			o->cfg = (unsigned)(at[4] - '0');
			kind = at + 6;
		}
	}
	if (kind == NULL || n < m || strcmp(name + n - m, SUFFIX) != 0 || kind + m >= name + n)
		return err_set(e, ERR_INPUT,
			       "%.80s: want files named KERNEL-CPU-MODE-cfgN-KIND" SUFFIX, name);
	if (strncmp(name, tag, t) != 0 || name[t] != '-')
		return err_set(
			e, ERR_INPUT,
			"%.80s: want paths of the recording that the reference is of (%.40s-...)",
			name, tag);
	(void)snprintf(o->exit, sizeof(o->exit), "%.*s", (int)(name + n - m - kind), kind);
	return 0;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* One line, cut into words; words point into it. */
struct line {
	char text[256];
	char *word[8];
	size_t n;
};

static bool cut(struct line *l, const char *text, size_t n)
{
	char *rest = l->text;

	if (n >= sizeof(l->text) || memchr(text, '\0', n) != NULL)
		return false;
	memcpy(l->text, text, n);
	l->text[n] = '\0';
	l->n = 0;
	for (char *w = str_word(&rest, " \t\r"); w != NULL; w = str_word(&rest, " \t\r")) {
		if (l->n == sizeof(l->word) / sizeof(l->word[0]))
			return false;
		l->word[l->n++] = w;
	}
	return true;
}

/* Where the path is: what a "@" line says. */
struct place {
	enum ref_region region;
	bool e2h; /* names of EL1 registers reach their EL2 twins */
	uint32_t function;
};

struct parser {
	struct recpath *o;
	enum ws_mode mode;
	struct place at;
	bool placed;
	uint32_t line;
};

static bool take_region(struct parser *p, const char *word)
{
	size_t n = strcspn(word, "(");

	if (strncmp(word + n, "(EL", 3) != 0)
		return false;
	for (unsigned i = 0; i < REF_REGION_COUNT; i++) {
		if (strlen(ref_region_name((enum ref_region)i)) != n ||
		    strncmp(word, ref_region_name((enum ref_region)i), n) != 0)
			continue;
		p->at.region = (enum ref_region)i;
		/* E2H is 1 for a VHE kernel, and for the hypervisor part of hVHE and pKVM. */
		p->at.e2h = word[n + 3] == '2' && ws_mode_e2h(p->mode);
		return true;
	}
	return false;
}

static bool take_function(struct parser *p, const struct line *l)
{
	struct recpath *o = p->o;
	size_t n;

	if (l->n < 3 || !take_region(p, l->word[1]))
		return false;
	n = strlen(l->word[2]) + 1;
	p->at.function = (uint32_t)o->n_functions;
	p->placed = true;
	o->functions = xrealloc(o->functions, o->n_functions + n);
	memcpy(o->functions + o->n_functions, l->word[2], n);
	o->n_functions += n;
	return true;
}

void recpath_effective(char name[static VERIFY_NAME_MAX], const char *encoded, bool e2h)
{
	enum sysreg reg = sysreg_by_name(encoded);
	const char *s = encoded;

	if (reg != SR_NONE && e2h && strcasecmp(sysreg_name(reg), encoded) == 0)
		reg = sysreg_e2h(reg);
	if (reg != SR_NONE)
		s = sysreg_name(reg);
	(void)snprintf(name, VERIFY_NAME_MAX, "%s", s);
	for (char *c = name; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
}

static bool op_by_name(const char *name, enum ref_op *op)
{
	for (unsigned i = 0; i < REF_OP_COUNT; i++) {
		if (strcmp(name, ref_op_name((enum ref_op)i)) == 0) {
			*op = (enum ref_op)i;
			return true;
		}
	}
	return false;
}

/* The words between the op and the number: "dsb nsh". */
static void object_of(const struct line *l, char name[static VERIFY_NAME_MAX])
{
	(void)snprintf(name, VERIFY_NAME_MAX, "%s", l->word[1]);
	for (size_t i = 2; i < l->n && l->word[i][0] != '+'; i++) {
		size_t at = strlen(name);

		(void)snprintf(name + at, VERIFY_NAME_MAX - at, " %s", l->word[i]);
	}
}

static bool take_op(struct parser *p, const struct line *l)
{
	struct recpath *o = p->o;
	struct recpath_op op = { .function = p->at.function, .line = p->line };
	char name[VERIFY_NAME_MAX];
	enum ref_op ref;

	if (l->n < 2 || !p->placed || !op_by_name(l->word[0], &ref))
		return false;
	if (p->at.region == REF_REGION_guest || p->at.region == REF_REGION_user ||
	    !verify_compared(ref))
		return true;
	object_of(l, name);
	if (softreg_is_soft(name, ref, o->functions + op.function))
		return true;
	op.op = (uint8_t)ref;
	if (ref == REF_OP_read || ref == REF_OP_write)
		recpath_effective(op.name, name, p->at.e2h);
	else
		memcpy(op.name, name, sizeof(op.name));
	if (o->n == o->cap) {
		o->cap = o->cap * 2 + 256;
		o->op = xrealloc(o->op, o->cap * sizeof(*o->op));
	}
	if (verify_lr_of(ref, op.name) > o->lrs)
		o->lrs = verify_lr_of(ref, op.name);
	o->op[o->n++] = op;
	return o->n <= RECPATH_OPS_MAX;
}

int recpath_parse(struct recpath *o, const char *text, size_t n, enum ws_mode mode, struct err *e)
{
	struct parser p = { .o = o, .mode = mode };
	const char *end = text + n;

	while (text < end) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));
		size_t len = nl != NULL ? (size_t)(nl - text) : (size_t)(end - text);
		struct line l;

		p.line++;
		if (!cut(&l, text, len) ||
		    (l.n != 0 &&
		     !(strcmp(l.word[0], "@") == 0 ? take_function(&p, &l) : take_op(&p, &l))))
			return err_set(e, ERR_INPUT,
				       "line %u: want \"@ region(ELn) function  +n\" or \"op  "
				       "object  +n\", "
				       "at most %d compared ops",
				       p.line, RECPATH_OPS_MAX);
		text += len + 1;
	}
	return 0;
}

/* --- comparing -------------------------------------------------------------------------------- */

#define SWITCH_WEIGHT 4096 /* more than the host's path can hold */

static bool same(const struct recpath_op *r, const struct verify_op *s)
{
	return r->op == s->op && strcmp(r->name, s->name) == 0;
}

static uint32_t weight(const struct verify_op *s)
{
	return s->phase == PHASE_HANDLE ? 1 : SWITCH_WEIGHT;
}

/* Longest common subsequence by weight; best[i * (m + 1) + j] is that of the tails from i and j. */
static void align(struct recpath_diff *d, const struct recpath *o, const struct verify_seq *s)
{
	size_t n = o->n, m = s->n;
	uint32_t *best = xcalloc((n + 1) * (m + 1), sizeof(*best));
	size_t i, j;

	for (i = n; i-- > 0;) {
		for (j = m; j-- > 0;) {
			uint32_t *b = &best[i * (m + 1) + j];
			uint32_t down = b[m + 1], right = b[1];

			*b = down > right ? down : right;
			if (same(&o->op[i], &s->op[j]) && b[m + 2] + weight(&s->op[j]) > *b)
				*b = b[m + 2] + weight(&s->op[j]);
		}
	}
	for (i = j = 0; i < n && j < m;) {
		const uint32_t *b = &best[i * (m + 1) + j];

		if (same(&o->op[i], &s->op[j]) && *b == b[m + 2] + weight(&s->op[j])) {
			d->of_ref[i] = (uint32_t)(j + 1);
			d->of_sim[j] = (uint32_t)(i + 1);
			i++;
			j++;
		} else if (*b == b[m + 1]) {
			i++;
		} else {
			j++;
		}
	}
	free(best);
}

/* A recorded op in a function where ops of the switch were found, and none of the host's path (both read the counter). */
static bool in_switch(const struct recpath_diff *d, const struct recpath *o,
		      const struct verify_seq *s, size_t i)
{
	bool is = false;

	for (size_t k = 0; k < o->n; k++) {
		if (d->of_ref[k] == 0 || strcmp(recpath_function(o, k), recpath_function(o, i)) != 0)
			continue;
		if (s->op[d->of_ref[k] - 1].phase == PHASE_HANDLE)
			return false;
		is = true;
	}
	return is;
}

/* Walk both sides to the first op without a partner (of the switch only, if told). False if there
 * is none. */
static bool first_difference(struct recpath_diff *d, const struct recpath *o,
			     const struct verify_seq *s, bool only_switch)
{
	size_t i = 0, j = 0;

	while (i < o->n || j < s->n) {
		if (i < o->n && d->of_ref[i] == 0) {
			if (!only_switch || in_switch(d, o, s, i))
				break;
			i++;
		} else if (j < s->n && d->of_sim[j] == 0) {
			if (!only_switch || s->op[j].phase != PHASE_HANDLE)
				break;
			j++;
		} else {
			i++;
			j++;
		}
	}
	d->ref = i;
	d->sim = j;
	return i < o->n || j < s->n;
}

void recpath_compare(struct recpath_diff *d, const struct recpath *o, const struct verify_seq *s)
{
	*d = (struct recpath_diff){ 0 };
	d->of_ref = xcalloc(o->n + 1, sizeof(*d->of_ref));
	d->of_sim = xcalloc(s->n + 1, sizeof(*d->of_sim));
	for (size_t j = 0; j < s->n; j++)
		d->n_switch += s->op[j].phase != PHASE_HANDLE;
	align(d, o, s);
	d->exact = !first_difference(d, o, s, false);
	d->switch_exact = d->exact || !first_difference(d, o, s, true);
	if (d->switch_exact)
		(void)first_difference(d, o, s, false);
}

void recpath_diff_free(struct recpath_diff *d)
{
	free(d->of_ref);
	free(d->of_sim);
	*d = (struct recpath_diff){ 0 };
}
