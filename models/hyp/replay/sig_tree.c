/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/replay/sig_tree.h"

#include <string.h>

#include "sim/base/err.h"

#define HASH_MIN 256 /* a power of two */

static bool is_child(const struct sig_node *a, const struct sig_node *key)
{
	return a->state == key->state && a->parent == key->parent && a->step == key->step;
}

/* Where a node is in the hash, or the free place where it belongs. */
static uint32_t *child_at(const struct sig_tree *t, const struct sig_node *key)
{
	size_t i = (size_t)sig_mix(key->state ^ (uint64_t)key->parent << 32 ^ key->step) & (t->n_child - 1);

	while (t->child[i] != SIG_ROOT && !is_child(&t->node[t->child[i]], key))
		i = (i + 1) & (t->n_child - 1);
	return &t->child[i];
}

static void empty_hash(struct sig_tree *t, size_t n_child)
{
	free(t->child);
	t->n_child = n_child;
	t->child = xcalloc(n_child, sizeof(*t->child));
}

static uint32_t make_node(struct sig_tree *t, const struct sig_node *key)
{
	if (2 * (t->n + 1) > t->n_child) {
		empty_hash(t, 2 * t->n_child);
		for (uint32_t i = 1; i < t->n; i++)
			*child_at(t, &t->node[i]) = i;
	}
	if ((t->n & (t->n - 1)) == 0)
		t->node = xrealloc(t->node, 2 * t->n * sizeof(*t->node));
	t->node[t->n] = *key;
	t->node[t->n].depth = t->node[key->parent].depth + 1;
	*child_at(t, key) = (uint32_t)t->n;
	return (uint32_t)t->n++;
}

uint32_t sig_tree_find(struct sig_tree *t, uint32_t parent, uint32_t step, uint64_t state)
{
	const struct sig_node key = { .state = state, .parent = parent, .step = step };
	uint32_t found = *child_at(t, &key);

	if (found == SIG_ROOT)
		found = make_node(t, &key);
	t->node[parent].latest = found;
	return found;
}

void sig_tree_empty(struct sig_tree *t)
{
	free(t->node);
	t->node = xcalloc(1, sizeof(*t->node));
	t->n = 1;
	empty_hash(t, HASH_MIN);
}

void sig_tree_free(struct sig_tree *t)
{
	free(t->node);
	free(t->child);
}
