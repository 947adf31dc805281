/* SPDX-License-Identifier: Apache-2.0 */
/* The words of an edit; texts and files of them: ws_patch_read.c; as edits of a program: ws_patch_apply.c. */
#include "models/hyp/ws/ws_patch_impl.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "models/hyp/ws/ws_policy.h"

static const struct {
	const char *name, *form, *help;
} rows[PATCH_COUNT] = {
#define PATCH(id, name, form, help) { name, form, help },
#include "models/hyp/ws/patches.def"
};

const char *ws_patch_name(enum ws_patch_verb v)
{
	BUG_ON(v >= PATCH_COUNT);
	return rows[v].name;
}

const char *ws_patch_form(enum ws_patch_verb v)
{
	BUG_ON(v >= PATCH_COUNT);
	return rows[v].form;
}

const char *ws_patch_help(enum ws_patch_verb v)
{
	BUG_ON(v >= PATCH_COUNT);
	return rows[v].help;
}

/* ---- words ---- */

/* The next word, NULL at the end. */
static const char *peek(const struct patch_words *w)
{
	return w->i < w->n ? w->v[w->i] : NULL;
}

static bool take(struct patch_words *w, const char *word)
{
	const char *next = peek(w);
	bool is = next != NULL && strcasecmp(next, word) == 0;

	w->i += is;
	return is;
}

static int want_form(const struct patch_words *w, const struct ws_patch_edit *x, const char *what, struct err *e)
{
	return err_set(e, ERR_CONFIG, "%s: %s: want %s %s", w->text, what, rows[x->verb].name, rows[x->verb].form);
}

/* Words that end a WHAT. */
static bool is_clause(const char *word)
{
	static const char *const clauses[] = { "to", "first", "last", "before", "after", "if", "cost", "and" };
	uint8_t side;

	for (size_t i = 0; i < sizeof(clauses) / sizeof(clauses[0]); i++)
		if (strcasecmp(word, clauses[i]) == 0)
			return true;
	return word[0] == '@' || ws_side_named(word, &side);
}

/* "MSR HCR_EL2", "HCR_EL2", "ISB". */
static int parse_what(struct patch_words *w, const struct ws_patch_edit *x, struct ws_what *what, struct err *e)
{
	uint8_t opcode = OP_COUNT;
	const char *word = peek(w), *next;

	if (word == NULL || is_clause(word))
		return want_form(w, x, "nothing says which ops", e);
	w->i++;
	next = peek(w);
	if (ws_opcode_named(word, &opcode) && next != NULL && !is_clause(next) &&
	    (x->verb != PATCH_cost || strspn(next, "0123456789.") != strlen(next))) {
		word = next;
		w->i++;
	} else {
		opcode = OP_COUNT;
	}
	if (ws_what_parse(w->text, word, what, e) != 0)
		return -1;
	if (opcode != OP_COUNT && what->opcode != OP_COUNT)
		return want_form(w, x, "two opcodes", e);
	if (opcode != OP_COUNT)
		what->opcode = opcode;
	return 0;
}

static int unknown_at(const struct patch_words *w, const char *word, struct err *e)
{
	const char *v[(unsigned)PHASE_COUNT + COMP_COUNT];
	size_t n = 0;

	for (unsigned ph = 0; ph < PHASE_HANDLE; ph++)
		v[n++] = phase_name((enum ws_phase)ph);
	for (unsigned c = 0; c < COMP_COUNT; c++)
		v[n++] = comp_name((enum ws_comp)c);
	return err_unknown(e, ERR_CONFIG, word, v, n, "want load, enter, exit, put, lazy or a row of el2sim exits --components",
			   "%s: unknown phase or component \"%s\"", w->text, word);
}

static int parse_at_word(const struct patch_words *w, const char *word, struct ws_at *at, struct err *e)
{
	*at = (struct ws_at){ PHASE_COUNT, COMP_COUNT };
	if (ws_phase_named(word, &at->phase) && at->phase != PHASE_HANDLE)
		return 0;
	for (unsigned c = 0; c < COMP_COUNT; c++) {
		if (strcasecmp(comp_name((enum ws_comp)c), word) == 0) {
			*at = (struct ws_at){ PHASE_HANDLE, (uint16_t)c };
			return 0;
		}
	}
	return unknown_at(w, word, e);
}

static int parse_at(struct patch_words *w, const struct ws_patch_edit *x, struct ws_at *at, bool required, struct err *e)
{
	const char *word = peek(w);

	if (word == NULL || word[0] != '@')
		return required ? want_form(w, x, "no phase", e) : 0;
	w->i++;
	return parse_at_word(w, word + 1, at, e);
}

static void parse_side(struct patch_words *w, struct ws_patch_edit *x)
{
	const char *word = peek(w);

	if (word != NULL && ws_side_named(word, &x->side))
		w->i++;
}

static int parse_place(struct patch_words *w, struct ws_patch_edit *x, struct err *e)
{
	x->place = take(w, "first") ? PLACE_FIRST : take(w, "last") ? PLACE_LAST : take(w, "before") ? PLACE_BEFORE :
		   take(w, "after") ? PLACE_AFTER : PLACE_NONE;
	return x->place == PLACE_BEFORE || x->place == PLACE_AFTER ? parse_what(w, x, &x->beside, e) : 0;
}

/* Case, and - for _, do not matter: FP_OWNED is fp-owned. */
static bool same_name(const char *a, const char *b)
{
	for (; *a != '\0' && *b != '\0'; a++, b++) {
		char x = *a == '-' ? '_' : *a, y = *b == '-' ? '_' : *b;

		if (strncasecmp(&x, &y, 1) != 0)
			return false;
	}
	return *a == *b;
}

static int parse_cond(const struct patch_words *w, const char *word, struct ws_guard *g, struct err *e)
{
	bool no = word[0] == '!';
	const char *v[CND_COUNT];

	word += no;
	for (unsigned c = 0; c < CND_COUNT; c++) {
		bool state = c >= CND_FIRST_STATE;
		uint64_t bit = UINT64_C(1) << (state ? c - CND_FIRST_STATE : c);

		v[c] = cond_name((enum cond)c);
		if (!same_name(word, v[c]))
			continue;
		*(state ? (no ? &g->off : &g->on) : (no ? &g->fixed_off : &g->fixed_on)) |= bit;
		return 0;
	}
	return err_unknown(e, ERR_CONFIG, word, v, CND_COUNT, "el2sim exits --conds lists them", "%s: unknown condition \"%s\"", w->text,
			   word);
}

/* "if a, !b and c", up to a clause. */
static int parse_if(struct patch_words *w, struct ws_patch_edit *x, struct err *e)
{
	const char *word;
	size_t n = 0;
	int rc = 0;

	if (!take(w, "if"))
		return 0;
	while (rc == 0 && (word = peek(w)) != NULL && strcasecmp(word, "cost") != 0) {
		char copy[PATCH_TEXT_MAX], *list = copy, *item;

		w->i++;
		if (strcasecmp(word, "and") == 0)
			continue;
		(void)snprintf(copy, sizeof(copy), "%s", word);
		while (rc == 0 && (item = str_word(&list, ",")) != NULL) {
			n++;
			if (x->verb != PATCH_guard || strcasecmp(item, "always") != 0)
				rc = parse_cond(w, item, &x->guard, e);
		}
	}
	if (rc == 0 && n == 0)
		return want_form(w, x, "no condition behind \"if\"", e);
	if (rc == 0 && ((x->guard.on & x->guard.off) != 0 || (x->guard.fixed_on & x->guard.fixed_off) != 0))
		return err_set(e, ERR_CONFIG, "%s: a condition and its contrary: this is never", w->text);
	return rc;
}

/* Cycles with up to three decimals. */
static int parse_cycles(struct patch_words *w, struct ws_patch_edit *x, struct err *e)
{
	const char *word = peek(w);
	uint64_t whole, milli = 0;
	char copy[24];
	char *dot;

	if (word == NULL || strlen(word) >= sizeof(copy))
		return want_form(w, x, "no cycles", e);
	(void)snprintf(copy, sizeof(copy), "%s", word);
	dot = strchr(copy, '.');
	if (dot != NULL) {
		char digits[4] = "000";
		size_t n = strlen(dot + 1);

		*dot++ = '\0';
		if (n == 0 || n > 3 || strspn(dot, "0123456789") != n)
			return err_set(e, ERR_CONFIG, "%s: %s: want cycles with at most three decimals", w->text, word);
		memcpy(digits, dot, n);
		BUG_ON(!str_u64(digits, &milli));
	}
	if (strspn(copy, "0123456789") != strlen(copy) || !str_u64(copy, &whole) || whole > 1000000)
		return err_set(e, ERR_CONFIG, "%s: %s: want cycles, 0 to 1000000", w->text, word);
	w->i++;
	x->priced = true;
	x->cost = whole * 1000 + milli;
	return 0;
}

/* ---- verbs ---- */

/* Not exceptions, blocks and anchors: they are what the phases are made of. */
static bool may_be_added(uint8_t opcode)
{
	switch (opcode) {
	case OP_ACC_READ:
	case OP_ACC_WRITE:
	case OP_ACC_MEM:
	case OP_EXC:
	case OP_SVC:
	case OP_CALL:
	case OP_ANCHOR:
		return false;
	default:
		return true;
	}
}

static int parse_opcode(struct patch_words *w, struct ws_patch_edit *x, struct err *e)
{
	const char *v[OP_COUNT], *word = peek(w);
	size_t n = 0;

	if (word == NULL)
		return want_form(w, x, "no op", e);
	for (unsigned op = 0; op < OP_COUNT; op++)
		if (may_be_added((uint8_t)op))
			v[n++] = ws_opcode_row((enum ws_opcode)op)->name;
	if (!ws_opcode_named(word, &x->what.opcode) || !may_be_added(x->what.opcode))
		return err_unknown(e, ERR_CONFIG, word, v, n, "el2sim exits --ops lists them", "%s: no op that can be added: \"%s\"", w->text, word);
	w->i++;
	return 0;
}

/* Ops of several registers (breakpoints, list registers) are those that a kernel has. */
static bool family_exists(uint8_t opcode, enum sysreg reg)
{
	size_t n;
	const struct ws_step *s = ws_steps(&n);

	if (opcode == OP_MRS || opcode == OP_MSR)
		return true;
	for (size_t i = 0; i < n; i++)
		if (s[i].opcode == opcode && s[i].operand == reg)
			return true;
	return false;
}

static int parse_register(struct patch_words *w, struct ws_patch_edit *x, struct err *e)
{
	const char *v[SR_COUNT], *word = peek(w);
	enum sysreg reg = word != NULL ? sysreg_by_name(word) : SR_NONE;

	if (word == NULL || is_clause(word))
		return want_form(w, x, "no register", e);
	for (unsigned r = SR_NONE + 1; r < SR_COUNT; r++)
		v[r - 1] = sysreg_name((enum sysreg)r);
	if (reg == SR_NONE)
		return err_unknown(e, ERR_CONFIG, word, v, SR_COUNT - 1, "el2sim regs lists them, docs/extending.md says how to add one",
				   "%s: unknown register \"%s\"", w->text, word);
	if (!family_exists(x->what.opcode, reg))
		return err_set(e, ERR_CONFIG, "%s: no kernel has %s of %s: want MRS or MSR, register by register", w->text,
			       ws_opcode_row((enum ws_opcode)x->what.opcode)->name, word);
	x->operand = (uint16_t)reg;
	w->i++;
	return 0;
}

static int parse_object(struct patch_words *w, struct ws_patch_edit *x, struct err *e)
{
	const struct ws_opcode_row *row = ws_opcode_row((enum ws_opcode)x->what.opcode);
	const char *v[GRP_COUNT], *word = peek(w);
	enum sr_group group;
	uint64_t n;

	if (row->operand == OPND_REG)
		return parse_register(w, x, e);
	x->operand = GRP_COUNT;
	if (row->operand == OPND_NUM) {
		if (word == NULL || !str_u64(word, &n) || n == 0 || n > 32)
			return want_form(w, x, "how many registers is not said, 1 to 32", e);
		x->operand = (uint16_t)n;
		w->i++;
		return 0;
	}
	if (word == NULL || is_clause(word))
		return 0;
	for (unsigned g = 0; g < GRP_COUNT; g++)
		v[g] = group_name((enum sr_group)g);
	if (!group_by_name(word, &group))
		return err_unknown(e, ERR_CONFIG, word, v, GRP_COUNT, "want a group, or nothing", "%s: unknown group \"%s\"", w->text, word);
	x->operand = (uint16_t)group;
	w->i++;
	return 0;
}

static int parse_add(struct patch_words *w, struct ws_patch_edit *x, struct err *e)
{
	if (parse_opcode(w, x, e) != 0 || parse_object(w, x, e) != 0)
		return -1;
	parse_side(w, x);
	if (x->side == SIDE_COUNT && (ws_opcode_row((enum ws_opcode)x->what.opcode)->counter == CNT_write ||
				      ws_opcode_row((enum ws_opcode)x->what.opcode)->operand == OPND_NUM))
		return err_set(e, ERR_CONFIG, "%s: whose value? want guest, host, guest-cfg or host-cfg before the phase", w->text);
	if (parse_at(w, x, &x->at, true, e) != 0 || parse_place(w, x, e) != 0 || parse_if(w, x, e) != 0)
		return -1;
	return take(w, "cost") ? parse_cycles(w, x, e) : 0;
}

static int parse_ops(struct patch_words *w, struct ws_patch_edit *x, bool at, struct err *e)
{
	if (parse_what(w, x, &x->what, e) != 0)
		return -1;
	parse_side(w, x);
	return parse_at(w, x, &x->at, at, e);
}

static int parse_move(struct patch_words *w, struct ws_patch_edit *x, struct err *e)
{
	const char *word;

	if (parse_ops(w, x, true, e) != 0)
		return -1;
	if (take(w, "to")) {
		word = peek(w);
		if (word == NULL)
			return want_form(w, x, "no phase behind \"to\"", e);
		w->i++;
		if (parse_at_word(w, word + (word[0] == '@'), &x->to, e) != 0)
			return -1;
	}
	if (parse_place(w, x, e) != 0)
		return -1;
	return x->place != PLACE_NONE || x->to.phase != PHASE_COUNT ? 0 : want_form(w, x, "where to is not said", e);
}

static int parse_swap(struct patch_words *w, struct ws_patch_edit *x, struct err *e)
{
	if (parse_what(w, x, &x->what, e) != 0)
		return -1;
	if (!take(w, "and"))
		return want_form(w, x, "no \"and\"", e);
	return parse_what(w, x, &x->beside, e) != 0 ? -1 : parse_at(w, x, &x->at, true, e);
}

static int parse_guard(struct patch_words *w, struct ws_patch_edit *x, struct err *e)
{
	if (parse_ops(w, x, true, e) != 0)
		return -1;
	if (peek(w) == NULL || strcasecmp(peek(w), "if") != 0)
		return want_form(w, x, "no condition", e);
	if (parse_if(w, x, e) != 0)
		return -1;
	if ((x->guard.fixed_on | x->guard.fixed_off) != 0)
		return err_set(e, ERR_CONFIG, "%s: want run-time conditions: the kernel or the machine settles this one (drop, or add with it)",
			       w->text);
	return 0;
}

static int parse_policy(struct patch_words *w, struct ws_patch_edit *x, struct err *e)
{
	const char *word = peek(w);
	size_t n = POL_COUNT;

	if (word == NULL || ws_what_parse(w->text, word, &x->what, e) != 0)
		return word == NULL ? want_form(w, x, "no register or group", e) : -1;
	if (x->what.group == GRP_COUNT && (x->what.reg == SR_NONE || x->what.reg >= SR_COUNT))
		return want_form(w, x, "neither register nor group", e);
	if (x->what.group == GRP_COUNT && !ws_policy_applies((enum sysreg)x->what.reg))
		return err_set(e, ERR_CONFIG, "%s: the register is looked at, or the host's own: no policy moves it", w->text);
	w->i++;
	word = peek(w);
	if (word == NULL)
		return want_form(w, x, "no policy", e);
	for (x->policy = 0; x->policy < POL_COUNT && strcasecmp(ws_policy_names[x->policy], word) != 0; x->policy++)
		;
	if (x->policy == POL_COUNT)
		return err_unknown(e, ERR_CONFIG, word, ws_policy_names, n, "want one of model, eager, deferred, lazy, never",
				   "%s: unknown policy \"%s\"", w->text, word);
	w->i++;
	return 0;
}

static int parse_verb(struct patch_words *w, struct ws_patch_edit *x, struct err *e)
{
	switch ((enum ws_patch_verb)x->verb) {
	case PATCH_add:
		return parse_add(w, x, e);
	case PATCH_drop:
		return parse_ops(w, x, false, e);
	case PATCH_move:
		return parse_move(w, x, e);
	case PATCH_swap:
		return parse_swap(w, x, e);
	case PATCH_guard:
		return parse_guard(w, x, e);
	case PATCH_cost:
		return parse_ops(w, x, false, e) != 0 ? -1 : parse_cycles(w, x, e);
	case PATCH_policy:
		return parse_policy(w, x, e);
	case PATCH_COUNT:
		break;
	}
	BUG("unknown verb");
}

enum ws_patch_verb ws_patch_verb(const char *word, size_t n)
{
	for (unsigned v = 0; v < PATCH_COUNT; v++)
		if (strlen(rows[v].name) == n && strncasecmp(rows[v].name, word, n) == 0)
			return (enum ws_patch_verb)v;
	return PATCH_COUNT;
}

int ws_patch_unknown(const char *word, const char *what, struct err *e)
{
	const char *v[PATCH_COUNT];

	for (unsigned i = 0; i < PATCH_COUNT; i++)
		v[i] = rows[i].name;
	return err_unknown(e, ERR_CONFIG, word, v, PATCH_COUNT, "want add, drop, move, swap, guard, cost or policy", "%s", what);
}

int ws_patch_parse(struct patch_words *w, struct ws_patch_edit *x, struct err *e)
{
	const char *word = peek(w) != NULL ? peek(w) : "";

	x->verb = (uint8_t)ws_patch_verb(word, strlen(word));
	if (x->verb == PATCH_COUNT) {
		struct str what = STR_INIT;

		str_addf(&what, "%s: unknown edit \"%s\"", w->text, word);
		(void)ws_patch_unknown(word, str_get(&what), e);
		str_free(&what);
		return -1;
	}
	w->i++;
	if (parse_verb(w, x, e) != 0)
		return -1;
	return peek(w) == NULL ? 0 : err_set(e, ERR_CONFIG, "%s: \"%s\" is one word too many: want %s %s", w->text, peek(w), rows[x->verb].name,
					     rows[x->verb].form);
}
