/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/check/inject.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "models/hyp/check/known.h"
#include "models/hyp/check/oracle.h"
#include "sim/base/str.h"

static const struct {
	const char *name, *form, *help;
} rows[INJECT_COUNT] = {
#define INJECT(id, name, form, help) { name, form, help },
#include "models/hyp/check/injects.def"
};

const char *ws_inject_name(enum ws_inject_kind k)
{
	BUG_ON(k >= INJECT_COUNT);
	return rows[k].name;
}

const char *ws_inject_form(enum ws_inject_kind k)
{
	BUG_ON(k >= INJECT_COUNT);
	return rows[k].form;
}

const char *ws_inject_help(enum ws_inject_kind k)
{
	BUG_ON(k >= INJECT_COUNT);
	return rows[k].help;
}

/* ---- parse ---- */

/* Names that a word may stand for; the list of all of them, for the nearest one. */
struct names {
	const char **v;
	size_t n;
};

static int unknown(const char *spec, const char *kind, const char *word, const struct names *names, struct err *e)
{
	return err_unknown(e, ERR_USAGE, word, names->v, names->n, "see el2sim lint --doc", "--inject %s: unknown %s \"%s\"", spec,
			   kind, word);
}

static void add_name(struct names *names, const char *name)
{
	names->v[names->n++] = name;
}

/* How a message calls the fault. */
static const char *called(const char *spec, char where[static WS_INJECT_SPEC + 16])
{
	(void)snprintf(where, WS_INJECT_SPEC + 16, "--inject %s", spec);
	return where;
}

static int parse_what(const char *spec, const char *word, struct ws_what *w, struct err *e)
{
	char where[WS_INJECT_SPEC + 16];

	return ws_what_parse(called(spec, where), word, w, e);
}

static int parse_phase(const char *spec, const char *word, uint8_t *phase, struct err *e)
{
	char where[WS_INJECT_SPEC + 16];

	return ws_phase_parse(called(spec, where), word, phase, e);
}

static int parse_side(const char *spec, const char *word, uint8_t *side, struct err *e)
{
	char where[WS_INJECT_SPEC + 16];

	return ws_side_parse(called(spec, where), word, side, e);
}

/* "...@PHASE/SIDE": cut off and parsed. */
static int parse_place(struct ws_inject *x, char *arg, struct err *e)
{
	char *phase = strchr(arg, '@'), *side;

	if (phase == NULL)
		return 0;
	*phase++ = '\0';
	side = strchr(phase, '/');
	if (side != NULL)
		*side++ = '\0';
	if (parse_phase(x->spec, phase, &x->phase, e) != 0)
		return -1;
	return side != NULL ? parse_side(x->spec, side, &x->side, e) : 0;
}

static int parse_pair(struct ws_inject *x, char *arg, struct err *e)
{
	char *b = arg, *a = str_item(&b, ",");

	if (b == NULL || x->phase == PHASE_COUNT)
		return err_set(e, ERR_USAGE, "--inject %s: want %s:A,B@PHASE", x->spec, rows[x->kind].name);
	return parse_what(x->spec, a, &x->a, e) != 0 || parse_what(x->spec, b, &x->b, e) != 0 ? -1 : 0;
}

static int parse_register(struct ws_inject *x, const char *arg, struct err *e)
{
	if (parse_what(x->spec, arg, &x->a, e) != 0)
		return -1;
	if (x->a.reg == SR_NONE || x->a.reg >= SR_COUNT || x->phase != PHASE_COUNT)
		return err_set(e, ERR_USAGE, "--inject %s: want a system register: %s:%s", x->spec, rows[x->kind].name,
			       rows[x->kind].form);
	return 0;
}

static int parse_isb(struct ws_inject *x, const char *arg, struct err *e)
{
	x->a = ws_anything;
	if (arg[0] == '\0' || ws_phase_named(arg, &x->phase))
		return 0;
	return parse_what(x->spec, arg, &x->a, e);
}

static int parse_flag(struct ws_inject *x, char *arg, struct err *e)
{
	static const char *const how_names[] = { [FLAG_NOT_SET] = "not-set", [FLAG_NOT_CLEARED] = "not-cleared",
						 [FLAG_PREEMPTIBLE] = "preemptible" };
	const char *v[VF_COUNT];
	struct names names = { v, 0 };
	char *how = strchr(arg, '=');
	enum vflag flag;

	while (how != NULL && x->how <= FLAG_PREEMPTIBLE && strcmp(how + 1, how_names[x->how]) != 0)
		x->how++;
	if (how == NULL || x->how > FLAG_PREEMPTIBLE)
		return err_set(e, ERR_USAGE, "--inject %s: want flag:NAME=not-set, flag:NAME=not-cleared or flag:NAME=preemptible",
			       x->spec);
	*how = '\0';
	if (vflag_by_name(arg, &flag)) {
		x->flag = (uint8_t)flag;
		return 0;
	}
	for (unsigned f = 0; f < VF_COUNT; f++)
		add_name(&names, vflag_row((enum vflag)f)->name);
	return unknown(x->spec, "flag", arg, &names, e);
}

static int parse_blame(struct ws_inject *x, const char *arg, struct err *e)
{
	size_t n;
	const struct known_bug *k = known_bugs(&n);
	const char **v = xcalloc(n, sizeof(*v));
	struct names names = { v, 0 };
	int rc = 0;

	for (size_t i = 0; i < n; i++)
		add_name(&names, k[i].id);
	for (x->bug = 0; x->bug < n && strcmp(k[x->bug].id, arg) != 0; x->bug++)
		;
	if (x->bug == n)
		rc = unknown(x->spec, "known bug", arg, &names, e);
	free(v);
	return rc;
}

static int parse_skip_put(struct ws_inject *x, const char *arg, struct err *e)
{
	x->reset = strcmp(arg, "reset") == 0;
	if (x->reset || arg[0] == '\0' || strcmp(arg, "every") == 0 || (str_u64(arg, &x->n) && x->n != 0))
		return 0;
	return err_set(e, ERR_USAGE, "--inject %s: want skip-put:every, skip-put:N, N from 1, or skip-put:reset", x->spec);
}

static int parse_no_cse(struct ws_inject *x, const char *arg, struct err *e)
{
	x->on_return = strcmp(arg, "return") == 0;
	if (x->on_return || strcmp(arg, "entry") == 0)
		return 0;
	return err_set(e, ERR_USAGE, "--inject %s: want no-cse:entry or no-cse:return", x->spec);
}

static int parse_unasked(struct ws_inject *x, const char *arg, struct err *e)
{
	size_t n = oracle_faults();
	const char **v = xcalloc(n, sizeof(*v));
	struct names names = { v, 0 };
	size_t i = 0;
	int rc = 0;

	for (size_t k = 0; k < n; k++)
		add_name(&names, oracle_fault_name(k));
	while (i < n && strcmp(v[i], arg) != 0)
		i++;
	x->use = (uint8_t)i;
	if (i == n)
		rc = unknown(x->spec, "use of fault information", arg, &names, e);
	free(v);
	return rc;
}

/* A place is part of the form. */
static bool has_place(enum ws_inject_kind k)
{
	return strchr(rows[k].form, '@') != NULL || k == INJECT_bypass_accessor || k == INJECT_cache_accessor ||
	       k == INJECT_blind_accessor || k == INJECT_host_write;
}

static int parse_arg(struct ws_inject *x, char *arg, struct err *e)
{
	if (has_place(x->kind) && parse_place(x, arg, e) != 0)
		return -1;
	switch (x->kind) {
	case INJECT_drop:
	case INJECT_once:
	case INJECT_constant:
		return parse_what(x->spec, arg, &x->a, e);
	case INJECT_add_isb:
		if (x->phase == PHASE_COUNT)
			return err_set(e, ERR_USAGE, "--inject %s: want add-isb:WHAT@PHASE", x->spec);
		return parse_what(x->spec, arg, &x->a, e);
	case INJECT_swap:
	case INJECT_move:
		return parse_pair(x, arg, e);
	case INJECT_bypass_accessor:
	case INJECT_cache_accessor:
	case INJECT_blind_accessor:
	case INJECT_host_write:
		return parse_register(x, arg, e);
	case INJECT_drop_isb:
	case INJECT_late_isb:
		return parse_isb(x, arg, e);
	case INJECT_flag:
		return parse_flag(x, arg, e);
	case INJECT_skip_put:
		return parse_skip_put(x, arg, e);
	case INJECT_blame:
		return parse_blame(x, arg, e);
	case INJECT_unasked:
		return parse_unasked(x, arg, e);
	case INJECT_no_cse:
		return parse_no_cse(x, arg, e);
	case INJECT_keep_pc:
	case INJECT_commit_events:
		if (arg[0] == '\0')
			return 0;
		return err_set(e, ERR_USAGE, "--inject %s: want %s alone", x->spec, rows[x->kind].name);
	case INJECT_COUNT:
		break;
	}
	BUG("unknown kind of injection");
}

int ws_inject_parse(const char *spec, struct ws_inject *out, struct err *e)
{
	const char *v[INJECT_COUNT];
	struct names names = { v, 0 };
	char text[WS_INJECT_SPEC], *arg;

	*out = (struct ws_inject){ .a = ws_anything, .b = ws_anything, .phase = PHASE_COUNT, .side = SIDE_COUNT };
	if (strlen(spec) >= WS_INJECT_SPEC)
		return err_set(e, ERR_USAGE, "--inject %.40s...: longer than %d characters", spec, WS_INJECT_SPEC - 1);
	(void)snprintf(out->spec, sizeof(out->spec), "%s", spec);
	(void)snprintf(text, sizeof(text), "%s", spec);
	arg = strchr(text, ':');
	if (arg != NULL)
		*arg++ = '\0';
	for (unsigned k = 0; k < INJECT_COUNT; k++) {
		add_name(&names, rows[k].name);
		if (strcmp(rows[k].name, text) != 0)
			continue;
		out->kind = (enum ws_inject_kind)k;
		if (arg == NULL && k != INJECT_skip_put && rows[k].form[0] != '\0')
			return err_set(e, ERR_USAGE, "--inject %s: want %s:%s", spec, rows[k].name, rows[k].form);
		return parse_arg(out, arg != NULL ? arg : text + strlen(text), e);
	}
	return unknown(spec, "injection", text, &names, e);
}
