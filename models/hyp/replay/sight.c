/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/replay/sight.h"

#include <stdio.h>
#include <stdlib.h>

#include "sim/base/str.h"

static const struct sight_row rows[SIGHT_COUNT] = {
#define SIGHT(event, figures, without) { TR_##event, figures, without },
#include "models/hyp/replay/sight.def"
};

const struct sight_row *sight_row(enum sight_id id)
{
	return &rows[id];
}

const char *sight_state_name(enum sight_state s)
{
	static const char *const names[] = {
#define X(id, name, help) name,
		SIGHT_STATES(X)
#undef X
	};

	return names[s];
}

static enum sight_state state_of(const struct tr_info *info, enum tr_type type)
{
	if (info->per_type[type] != 0 || info->enabled[type] == TRE_ON)
		return SIGHT_RECORDED;
	if (info->enabled[type] == TRE_OFF)
		return SIGHT_OFF;
	return info->importer[0] == '\0' ? SIGHT_RECORDED : SIGHT_UNKNOWN;
}

void sight_of(const struct tr_info *info, uint64_t gaps, struct sight *s)
{
	*s = (struct sight){ .events = info->events, .lost = info->lost, .lost_places = info->lost_places,
			     .broken = info->skipped_lines, .gaps = info->old ? gaps : info->gaps, .mixed = info->mixed };
	for (unsigned i = 0; i < SIGHT_COUNT; i++)
		s->state[i] = state_of(info, rows[i].type);
}

bool sight_lossy(const struct sight *s)
{
	return s->lost + s->broken + s->gaps + s->mixed != 0;
}

bool sight_complete(const struct sight *s, enum sight_id id)
{
	return s->state[id] == SIGHT_RECORDED && !sight_lossy(s);
}

bool sight_all(const struct sight *s)
{
	for (unsigned i = 0; i < SIGHT_COUNT; i++) {
		if (!sight_complete(s, (enum sight_id)i))
			return false;
	}
	return true;
}

const char *sight_missing(const struct sight *s, char buf[static SIGHT_TEXT])
{
	struct str b = STR_INIT;

	for (unsigned i = 0; i < SIGHT_COUNT; i++) {
		if (s->state[i] != SIGHT_RECORDED)
			str_addf(&b, "%s%s", b.len != 0 ? ", " : "", tr_type_name(rows[i].type));
	}
	(void)snprintf(buf, SIGHT_TEXT, "%s", str_get(&b));
	str_free(&b);
	return buf;
}

/* 88123 as 88,123. */
static void add_count(struct str *b, uint64_t n)
{
	char digits[24];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);

	for (size_t i = 0; i < len; i++) {
		if (i != 0 && len > 4 && (len - i) % 3 == 0)
			str_addc(b, ',');
		str_addc(b, digits[i]);
	}
}

static void add_loss(struct str *b, uint64_t n, const char *what)
{
	if (n == 0)
		return;
	str_add(b, b->len != 0 ? ", " : "");
	add_count(b, n);
	str_addf(b, " %s", what);
}

const char *sight_losses(const struct sight *s, char buf[static SIGHT_TEXT])
{
	struct str b = STR_INIT;

	if (s->lost != 0) {
		str_add(&b, s->lost_places != 0 ? "at least " : "");
		add_count(&b, s->lost);
		str_add(&b, " of ");
		add_count(&b, s->lost + s->events);
		str_add(&b, " events lost by the recorder");
	}
	add_loss(&b, s->broken, "broken lines skipped");
	add_loss(&b, s->gaps, "entries or exits without their other half");
	add_loss(&b, s->mixed, "entries with another task on the CPU before their exit (several machines in one trace?)");
	(void)snprintf(buf, SIGHT_TEXT, "%s", str_get(&b));
	str_free(&b);
	return buf;
}

const char *sight_record(unsigned i)
{
	static const char *const commands[] = {
		"trace-cmd record -b 20000 -e kvm -e sched:sched_switch -e sched:sched_waking -o kvm.dat sleep 10",
		"perf record -a -m 16M -e 'kvm:*' -e sched:sched_switch -e sched:sched_waking -o kvm.data sleep 10",
	};

	return i < sizeof(commands) / sizeof(commands[0]) ? commands[i] : NULL;
}

int sight_check(const struct tr_info *info, struct err *e)
{
	const enum tr_type missing = info->per_type[TR_kvm_exit] == 0 ? TR_kvm_exit : TR_kvm_entry;

	if (info->per_type[missing] != 0)
		return 0;
	return err_set(e, ERR_INPUT, "no %s in this trace, so there is nothing to replay: record with %s", tr_type_name(missing),
		       sight_record(0));
}

/* ---- gaps ---- */

struct task {
	int32_t pid;
	bool used, in_guest;
};

struct tasks {
	struct task *slot; /* open addressing by pid; slots is a power of two */
	size_t n, slots;
};

static struct task *slot_of(const struct tasks *t, int32_t pid)
{
	size_t i = (uint32_t)pid * UINT32_C(2654435761) & (t->slots - 1);

	while (t->slot[i].used && t->slot[i].pid != pid)
		i = (i + 1) & (t->slots - 1);
	return &t->slot[i];
}

static struct task *task_of(struct tasks *t, int32_t pid)
{
	if (2 * t->n >= t->slots) {
		struct tasks more = { .slots = t->slots != 0 ? 2 * t->slots : 64, .n = t->n };

		more.slot = xcalloc(more.slots, sizeof(*more.slot));
		for (size_t i = 0; i < t->slots; i++) {
			if (t->slot[i].used)
				*slot_of(&more, t->slot[i].pid) = t->slot[i];
		}
		free(t->slot);
		*t = more;
	}
	return slot_of(t, pid);
}

int sight_count_gaps(struct tr_reader *trace, uint64_t *gaps, struct err *e)
{
	struct tasks tasks = { NULL, 0, 0 };
	struct tr_event ev;
	int got;

	*gaps = 0;
	while ((got = tr_next(trace, &ev, e)) == 1) {
		bool entry = ev.type == TR_kvm_entry;
		struct task *t;

		if (!entry && ev.type != TR_kvm_exit)
			continue;
		t = task_of(&tasks, ev.pid);
		*gaps += t->used && t->in_guest == entry;
		tasks.n += !t->used;
		*t = (struct task){ .pid = ev.pid, .used = true, .in_guest = entry };
	}
	free(tasks.slot);
	tr_seek(trace, 0);
	return got;
}
