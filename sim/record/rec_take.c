// SPDX-License-Identifier: Apache-2.0
/* The plugin's output, folded as it comes: of each kind, the ways that its turns went, and how many went each. */
#include <string.h>

#include "sim/record/rec.h"

/* Words of an item beside its first. */
static size_t words_behind(uint32_t first)
{
	switch (first >> 28) {
	case RECORD_ITEM_CODE: return 2 + (size_t)(first & RECORD_ITEM_N);
	case RECORD_ITEM_RUN: return 2;
	default: return 0;
	}
}

enum { CODE_MAX = 4096 }; /* instructions of a translation block: QEMU has 512 at most */

static uint8_t region_of(uint64_t addr)
{
	if (addr >> 63)
		return REF_REGION_host;
	if (addr >= RECORD_VMM_AT && addr < RECORD_VMM_END)
		return REF_REGION_user;
	if (addr >= RECORD_GUEST_AT && addr < RECORD_GUEST_END)
		return REF_REGION_guest;
	return REF_REGION_hyp;
}

static void take_code(struct rec_take *t, const uint32_t *w, size_t n)
{
	uint64_t addr = w[0] | (uint64_t)w[1] << 32;

	if (t->n_insn + n > t->cap_insn)
		t->insn = xrealloc(t->insn, (t->cap_insn = 2 * (t->n_insn + n)) * sizeof(*t->insn));
	for (size_t i = 0; i < n; i++, addr += 4) {
		struct rec_insn *insn = &t->insn[t->n_insn++];

		*insn = (struct rec_insn){ .addr = addr, .word = w[2 + i], .region = region_of(addr) };
		if (!vml_what(w[2 + i], &insn->what))
			insn->what.kind = VML_KINDS;
	}
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

static bool is_zva(struct vml_what what)
{
	return what.kind == VML_DC && (what.enc >> 3 & 15) == 4; /* CRm 4: DC ZVA, GVA, GZVA */
}

static void hash_run(const struct rec_insn *insn, uint32_t n, struct rec_way *way)
{
	for (; n != 0; n--, insn++) {
		way->user |= insn->region == REF_REGION_user;
		if (insn->what.kind != VML_KINDS) {
			if (!is_zva(insn->what))
				way->system = mix(way->system, insn->addr);
		} else if (insn->region == REF_REGION_guest) {
			continue; /* how long it waited */
		}
		way->all = mix(way->all, insn->addr);
	}
}

static void hash_way(const struct rec_take *t, struct rec_way *way)
{
	way->system = way->all = 1;
	for (size_t i = 0; i < way->n; i++) {
		const struct rec_run *r = &way->run[i];
		uint32_t times = t->insn[r->first].region == REF_REGION_guest ? 1 : r->times;

		for (; times != 0; times--)
			hash_run(&t->insn[r->first], r->n, way);
	}
}

static void add_way(struct rec_case *c, struct rec_way way, bool copy)
{
	c->turns += way.turns;
	for (size_t i = 0; i < c->n; i++)
		if (c->way[i].all == way.all) {
			c->way[i].turns += way.turns;
			if (!copy)
				free(way.run);
			return;
		}
	if (copy) {
		const struct rec_run *from = way.run;

		way.run = xcalloc(way.n + 1, sizeof(*way.run));
		memcpy(way.run, from, way.n * sizeof(*way.run));
	}
	if (c->n == c->cap)
		c->way = xrealloc(c->way, (c->cap = c->cap != 0 ? 2 * c->cap : 8) * sizeof(*c->way));
	c->way[c->n++] = way;
}

static void end_turn(struct rec_take *t, struct rec_open *o)
{
	struct rec_way way = { .n = o->n, .turns = 1 };

	way.run = xcalloc(o->n + 1, sizeof(*way.run));
	memcpy(way.run, o->run, o->n * sizeof(*way.run));
	hash_way(t, &way);
	add_way(&t->of[t->cfg][o->kind], way, false);
}

static int take_mark(struct rec_take *t, uint32_t mark, struct err *e)
{
	unsigned type = mark >> 12 & 15, value = mark & 0xfff;
	struct rec_open *o = &t->open[t->cpu];
	bool of_kind = type == RECORD_MARK_KIND || type == RECORD_MARK_ABSENT || type == RECORD_MARK_BEGIN || type == RECORD_MARK_END;

	if ((of_kind && value >= RECORD_KINDS) || (type == RECORD_MARK_CFG && value >= REC_CFGS))
		return err_set(e, ERR_INPUT, "a mark of the recording has the value %u, which nothing has", value);
	switch (type) {
	case RECORD_MARK_WAKE: t->woken = true; break;
	case RECORD_MARK_CFG: t->cfg = value; break;
	case RECORD_MARK_KIND:
		t->kind = (int)value;
		t->of[t->cfg][value].begun = true;
		break;
	case RECORD_MARK_ABSENT: t->of[t->cfg][value].absent = true; break;
	case RECORD_MARK_BEGIN:
		o->n = 0;
		o->kind = (int)value;
		break;
	case RECORD_MARK_END:
		if (o->kind != (int)value)
			return err_set(e, ERR_INPUT, "a turn of %s ends that did not begin", rec_kinds[value].name);
		end_turn(t, o);
		o->kind = -1;
		break;
	case RECORD_MARK_DONE: t->done = true; break;
	default: return err_set(e, ERR_INPUT, "a mark of the recording has the type %u, which nothing has", type);
	}
	return 0;
}

static int take_run(struct rec_take *t, uint32_t first, uint32_t n, uint32_t times, struct err *e)
{
	struct rec_open *o = &t->open[t->cpu];

	if (first >= t->n_insn || n == 0 || n > t->n_insn - first)
		return err_set(e, ERR_INPUT, "instructions %u to %u are recorded, which were not translated", first, first + n);
	if (o->kind < 0)
		return 0;
	if (o->n == o->cap)
		o->run = xrealloc(o->run, (o->cap = o->cap != 0 ? 2 * o->cap : 1024) * sizeof(*o->run));
	o->run[o->n++] = (struct rec_run){ first, n, times };
	return 0;
}

static int take_item(struct rec_take *t, const uint32_t *w, struct err *e)
{
	uint32_t n = w[0] & RECORD_ITEM_N;

	switch (w[0] >> 28) {
	case RECORD_ITEM_CODE: take_code(t, w + 1, n); return 0;
	case RECORD_ITEM_CPU:
		if (n >= sizeof(t->open) / sizeof(t->open[0]))
			return err_set(e, ERR_INPUT, "CPU %u is recorded: there are not so many", n);
		t->cpu = n;
		return 0;
	case RECORD_ITEM_MARK: return take_mark(t, n, e);
	case RECORD_ITEM_RUN: return take_run(t, n, w[1], w[2], e);
	case RECORD_ITEM_END:
		t->ended = true;
		t->lost = n != 0;
		return 0;
	default: return err_set(e, ERR_INPUT, "no item of a recording begins with 0x%08x", w[0]);
	}
}

void rec_take_begin(struct rec_take *t)
{
	memset(t, 0, sizeof(*t));
	t->kind = -1;
	for (size_t i = 0; i < sizeof(t->open) / sizeof(t->open[0]); i++)
		t->open[i].kind = -1;
}

int rec_take_feed(struct rec_take *t, const uint8_t *bytes, size_t n, struct err *e)
{
	t->bytes += n;
	for (;;) {
		uint32_t w[CODE_MAX + 3];
		size_t want = 4, more;

		if (t->n_rest >= 4) {
			memcpy(w, t->rest, 4);
			if (w[0] >> 28 == RECORD_ITEM_CODE && (w[0] & RECORD_ITEM_N) > CODE_MAX)
				return err_set(e, ERR_INPUT, "a block of %u instructions is recorded: there are none", w[0] & RECORD_ITEM_N);
			want += 4 * words_behind(w[0]);
		}
		if (t->n_rest < want) {
			more = want - t->n_rest < n ? want - t->n_rest : n;
			if (more == 0)
				return 0;
			memcpy(t->rest + t->n_rest, bytes, more);
			t->n_rest += more;
			bytes += more;
			n -= more;
			continue;
		}
		memcpy(w, t->rest, want);
		t->n_rest = 0;
		if (take_item(t, w, e) != 0)
			return -1;
	}
}

void rec_take_free(struct rec_take *t)
{
	for (unsigned cfg = 0; cfg < REC_CFGS; cfg++)
		for (unsigned k = 0; k < RECORD_KINDS; k++) {
			for (size_t i = 0; i < t->of[cfg][k].n; i++)
				free(t->of[cfg][k].way[i].run);
			free(t->of[cfg][k].way);
		}
	for (size_t i = 0; i < sizeof(t->open) / sizeof(t->open[0]); i++)
		free(t->open[i].run);
	free(t->insn);
	memset(t, 0, sizeof(*t));
}

/* The kinds that are picked. */
static void pick(struct rec_take *t)
{
	for (unsigned cfg = 0; cfg < REC_CFGS; cfg++)
		for (unsigned k = 0; k < RECORD_KINDS; k++) {
			const struct rec_case *from = &t->of[cfg][rec_kinds[k].of];

			if (rec_kinds[k].class != REC_PICK)
				continue;
			t->of[cfg][k].begun = from->begun;
			for (size_t i = 0; i < from->n; i++)
				if (from->way[i].user)
					add_way(&t->of[cfg][k], from->way[i], true);
		}
}

int rec_take_finish(struct rec_take *t, unsigned cfgs, uint64_t kinds, struct err *e)
{
	if (!t->ended || !t->done || t->n_rest != 0)
		return err_set(e, ERR_INPUT, "the recording is cut short: no end of it");
	if (t->lost)
		return err_set(e, ERR_INPUT, "the plugin could not write all of the recording: is the disk of temporary files full?");
	pick(t);
	for (unsigned cfg = 0; cfg < REC_CFGS; cfg++)
		for (unsigned k = 0; k < RECORD_KINDS; k++) {
			const struct rec_kind *row = &rec_kinds[k];
			const struct rec_case *c = &t->of[cfg][k];

			if (!(cfgs >> cfg & 1) || !(kinds >> k & 1) || (c->absent && row->needs != REC_ANY))
				continue;
			if (!c->begun || c->turns == 0)
				return err_set(e, ERR_INPUT, "%s, %s: nothing was recorded", rec_cfg_names[cfg], row->name);
			if (row->times != 0 && c->turns != row->times)
				return err_set(e, ERR_INPUT, "%s, %s: %llu turns were recorded, want %u", rec_cfg_names[cfg], row->name,
					       (unsigned long long)c->turns, row->times);
		}
	return 0;
}
