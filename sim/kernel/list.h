/* SPDX-License-Identifier: Apache-2.0 */
/* Intrusive circular lists: the head is a node too; a node in no list points to itself. */
#ifndef EL2SIM_KERNEL_LIST_H
#define EL2SIM_KERNEL_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* The struct of that type whose member ptr points to. */
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

struct list {
	struct list *prev, *next;
};

static inline void list_init(struct list *l)
{
	l->prev = l->next = l;
}

/* Of a head: nothing in it. Of a node: in no list. */
static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_add_tail(struct list *head, struct list *l)
{
	l->prev = head->prev;
	l->next = head;
	head->prev->next = l;
	head->prev = l;
}

static inline void list_del(struct list *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	list_init(l);
}

/* Everything of `from` becomes the content of `to`, which need not be initialised; `from` is empty
 * then. */
static inline void list_move(struct list *to, struct list *from)
{
	if (list_empty(from)) {
		list_init(to);
		return;
	}
	*to = *from;
	to->next->prev = to;
	to->prev->next = to;
	list_init(from);
}

#endif
