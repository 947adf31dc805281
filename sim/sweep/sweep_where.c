/* SPDX-License-Identifier: Apache-2.0 */
/*
 * [sweep] where: which points to keep.
 *
 *	expr = and { "or" and }		and = not { "and" not }		not = "not" not | "(" expr ")" | test
 *	test = AXIS op (AXIS | VALUE)	op: = == != < <= > >=		VALUE: a word, or a text in quotes
 *
 * Two numbers are compared as numbers, anything else as text.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "sim/sweep/sweep.h"

#define DEPTH_MAX 64
#define WANT	  "want AXIS = VALUE, joined by and, or, not, ( )"

/* One row per operator: enumerator, spelling; longer ones first. */
#define OPS(X)                                                                                       \
	X(OP_NE, "!=") X(OP_LE, "<=") X(OP_GE, ">=") X(OP_EQ2, "==") X(OP_EQ, "=") X(OP_LT, "<") X(OP_GT, ">")

enum op {
#define X(id, text) id,
	OPS(X)
#undef X
	OP_NONE, OP_AND, OP_OR, OP_NOT
};

struct node {
	enum op op;
	size_t left, right;		 /* of and, or, not */
	size_t axis, other;		 /* of a test; other: SIZE_MAX = text */
	char *text;
};

struct sweep_where {
	struct node *node;
	size_t n, root;
};

struct parser {
	const struct sweep_plan *plan;
	struct sweep_where *w;
	const char *at;
	unsigned depth;
	struct err *e;
};

static size_t node_add(struct sweep_where *w, struct node n)
{
	w->node = xrealloc(w->node, (w->n + 1) * sizeof(*w->node));
	w->node[w->n] = n;
	return w->n++;
}

static void skip(struct parser *p)
{
	while (*p->at == ' ' || *p->at == '\t')
		p->at++;
}

static size_t word_length(const char *s)
{
	return strcspn(s, " \t()=!<>\"");
}

/* Is the next word this one? Then it is taken. */
static bool take_word(struct parser *p, const char *word)
{
	size_t n;

	skip(p);
	n = word_length(p->at);
	if (n != strlen(word) || strncmp(p->at, word, n) != 0)
		return false;
	p->at += n;
	return true;
}

/* A word, or a text in quotes; NULL with *e. */
static char *operand(struct parser *p, const char *what, bool *quoted)
{
	struct str b = STR_INIT;
	size_t n;

	skip(p);
	*quoted = *p->at == '"';
	n = *quoted ? strcspn(p->at + 1, "\"") : word_length(p->at);
	if (*quoted ? p->at[1 + n] == '\0' : n == 0) {
		err_set(p->e, ERR_CONFIG, "%s is missing before \"%.40s\": " WANT, what, p->at);
		return NULL;
	}
	str_addn(&b, p->at + (*quoted ? 1 : 0), n);
	p->at += n + (*quoted ? 2 : 0);
	return b.s != NULL ? b.s : xstrdup("");
}

static enum op take_op(struct parser *p)
{
	static const struct {
		enum op op;
		const char *text;
	} ops[] = {
#define X(id, t) { id, t },
		OPS(X)
#undef X
	};

	skip(p);
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		size_t n = strlen(ops[i].text);

		if (strncmp(p->at, ops[i].text, n) == 0) {
			p->at += n;
			return ops[i].op == OP_EQ2 ? OP_EQ : ops[i].op;
		}
	}
	return OP_NONE;
}

/* A value in the words of its axis: 1ms is 1000000 where that is how the option is stored. */
static void canonical(const struct parser *p, const struct sweep_axis *a, char **text)
{
	struct str b = STR_INIT;
	struct err ignored;

	if (a->row != NULL && a->row->type != OPT_PATH &&
	    opt_check(p->plan->experiment.set, a->key, *text, "", &b, NULL, &ignored) == 0) {
		free(*text);
		*text = xstrdup(str_get(&b));
	}
	str_free(&b);
}

static int test(struct parser *p, size_t *out)
{
	const struct sweep_axis *axis, *other = NULL;
	struct node n = { .other = SIZE_MAX };
	struct err ignored;
	char *name;
	bool quoted;

	name = operand(p, "an axis", &quoted);
	if (name == NULL)
		return -1;
	axis = sweep_axis_named(p->plan, name, p->e);
	free(name);
	if (axis == NULL)
		return -1;
	n.axis = (size_t)(axis - p->plan->axis);
	n.op = take_op(p);
	if (n.op == OP_NONE)
		return err_set(p->e, ERR_CONFIG, "a comparison is missing before \"%.40s\": " WANT, p->at);
	n.text = operand(p, "a value", &quoted);
	if (n.text == NULL)
		return -1;
	if (!quoted)
		other = sweep_axis_named(p->plan, n.text, &ignored);
	if (other != NULL)
		n.other = (size_t)(other - p->plan->axis);
	else
		canonical(p, axis, &n.text);
	*out = node_add(p->w, n);
	return 0;
}

static int either(struct parser *p, size_t *out);

static int negation(struct parser *p, size_t *out)
{
	struct node n = { .op = OP_NOT };
	int rc;

	if (++p->depth > DEPTH_MAX)
		return err_set(p->e, ERR_CONFIG, "more than %d levels: want a simpler condition", DEPTH_MAX);
	skip(p);
	if (take_word(p, "not")) {
		rc = negation(p, &n.left);
		if (rc == 0)
			*out = node_add(p->w, n);
	} else if (*p->at == '(') {
		p->at++;
		rc = either(p, out);
		skip(p);
		if (rc == 0 && *p->at != ')')
			rc = err_set(p->e, ERR_CONFIG, "\")\" is missing before \"%.40s\": " WANT, p->at);
		if (rc == 0)
			p->at++;
	} else {
		rc = test(p, out);
	}
	p->depth--;
	return rc;
}

/* Terms of one kind joined by its word. */
static int joined(struct parser *p, enum op op, const char *word, int (*term)(struct parser *, size_t *), size_t *out)
{
	struct node n = { .op = op };

	if (term(p, out) != 0)
		return -1;
	while (take_word(p, word)) {
		n.left = *out;
		if (term(p, &n.right) != 0)
			return -1;
		*out = node_add(p->w, n);
	}
	return 0;
}

static int both(struct parser *p, size_t *out)
{
	return joined(p, OP_AND, "and", negation, out);
}

static int either(struct parser *p, size_t *out)
{
	return joined(p, OP_OR, "or", both, out);
}

struct sweep_where *sweep_where_new(const struct sweep_plan *plan, const char *text, struct err *e)
{
	struct parser p = { .plan = plan, .w = xcalloc(1, sizeof(struct sweep_where)), .at = text, .e = e };
	int rc = either(&p, &p.w->root);

	skip(&p);
	if (rc == 0 && *p.at != '\0')
		rc = err_set(e, ERR_CONFIG, "\"%.40s\" is left over: " WANT, p.at);
	if (rc == 0)
		return p.w;
	sweep_where_free(p.w);
	return NULL;
}

void sweep_where_free(struct sweep_where *w)
{
	for (size_t i = 0; w != NULL && i < w->n; i++)
		free(w->node[i].text);
	if (w != NULL)
		free(w->node);
	free(w);
}

static bool number(const char *s, double *v)
{
	char *end;

	if (!isdigit((unsigned char)s[0]) && s[0] != '-')
		return false;
	*v = strtod(s, &end);
	return *end == '\0';
}

static int compare(const char *a, const char *b)
{
	double x, y;

	if (number(a, &x) && number(b, &y))
		return x < y ? -1 : x > y;
	return strcmp(a, b);
}

static bool holds(const struct node *n, const struct sweep_plan *p, const uint32_t *ordinal)
{
	const char *a = p->axis[n->axis].s.label[ordinal[n->axis]];
	const char *b = n->other != SIZE_MAX ? p->axis[n->other].s.label[ordinal[n->other]] : n->text;
	int c = compare(a, b);

	switch (n->op) {
	case OP_NE:
		return c != 0;
	case OP_LE:
		return c <= 0;
	case OP_GE:
		return c >= 0;
	case OP_LT:
		return c < 0;
	case OP_GT:
		return c > 0;
	default:
		return c == 0;
	}
}

static bool value(const struct sweep_where *w, size_t i, const struct sweep_plan *p, const uint32_t *ordinal)
{
	const struct node *n = &w->node[i];

	switch (n->op) {
	case OP_AND:
		return value(w, n->left, p, ordinal) && value(w, n->right, p, ordinal);
	case OP_OR:
		return value(w, n->left, p, ordinal) || value(w, n->right, p, ordinal);
	case OP_NOT:
		return !value(w, n->left, p, ordinal);
	default:
		return holds(n, p, ordinal);
	}
}

bool sweep_where_keeps(const struct sweep_where *w, const struct sweep_plan *p, const uint32_t *ordinal)
{
	return w == NULL || value(w, w->root, p, ordinal);
}
