/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Value change dump (IEEE 1364-2005, 18.2): a wire per phase and per vCPU state, so that every viewer shows them
 * without a table, and vectors for numbers. What has no length in nanoseconds is no change.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/timeline/timeline_impl.h"

#define UNKNOWN UINT32_MAX /* written as x */

/* Wires of a pCPU: its phases, then numbers; of a vCPU: its states, whether an exit is handled, then numbers. */
enum { CPU_VCPU = PHASE_COUNT, CPU_SIGNALS };
enum { VCPU_EXIT = SMP_STATE_COUNT, VCPU_KIND, VCPU_LRS, VCPU_SIGNALS };

struct signal {
	uint32_t shown, value; /* in the file so far; at the time that is under way */
	uint8_t width;
	bool dirty;
};

struct dump {
	const struct timeline *t;
	FILE *f;
	struct signal *signal; /* of all pCPUs, then of all vCPUs */
	size_t n, *dirty, n_dirty;
	uint64_t at; /* last time in the file, absolute */
};

static size_t cpu_signal(unsigned cpu, unsigned what)
{
	return (size_t)cpu * CPU_SIGNALS + what;
}

static size_t vcpu_signal(const struct dump *d, unsigned vcpu, unsigned what)
{
	return (size_t)d->t->n_cpu * CPU_SIGNALS + (size_t)vcpu * VCPU_SIGNALS + what;
}

/* Identifier codes: printable characters from '!' to '~', shortest first. */
static const char *code_of(size_t i, char buf[static 16])
{
	size_t n = 0;

	do {
		buf[n++] = (char)('!' + i % 94);
		i /= 94;
	} while (i-- != 0);
	buf[n] = '\0';
	return buf;
}

/* ---- declarations ---- */

static void declare(struct dump *d, size_t i, unsigned width, const char *name)
{
	char code[16];

	d->signal[i] = (struct signal){ UNKNOWN, UNKNOWN, (uint8_t)width, false };
	fprintf(d->f, "$var %s %u %s %s $end\n", width == 1 ? "wire" : "reg", width, code_of(i, code), name);
}

/* "VM 0" as an identifier: VM_0 */
static void scope(struct dump *d, const char *name)
{
	fputs("$scope module ", d->f);
	for (const char *c = name; *c != '\0'; c++)
		fputc(*c == ' ' ? '_' : *c, d->f);
	fputs(" $end\n", d->f);
}

static void declare_cpu(struct dump *d, unsigned c)
{
	fprintf(d->f, "$scope module pcpu%u $end\n", c);
	for (unsigned p = 0; p < PHASE_COUNT; p++)
		declare(d, cpu_signal(c, p), 1, phase_name((enum ws_phase)p));
	declare(d, cpu_signal(c, CPU_VCPU), 32, "vcpu");
	fputs("$upscope $end\n", d->f);
}

static void declare_vcpu(struct dump *d, unsigned v)
{
	struct str name = STR_INIT;

	tl_vm_name(d->t, tl_vm_of(d->t, v), &name);
	scope(d, str_get(&name));
	fprintf(d->f, "$scope module vcpu%u $end\n", v);
	for (unsigned s = 0; s < SMP_STATE_COUNT; s++)
		declare(d, vcpu_signal(d, v, s), 1, smp_state_name((enum smp_state)s));
	declare(d, vcpu_signal(d, v, VCPU_EXIT), 1, "exit");
	declare(d, vcpu_signal(d, v, VCPU_KIND), 16, "exit_kind");
	declare(d, vcpu_signal(d, v, VCPU_LRS), 8, "list_registers");
	fputs("$upscope $end\n$upscope $end\n", d->f);
	str_free(&name);
}

/* Numbers of the exit kinds that occur. */
static void comment_kinds(struct dump *d)
{
	bool seen[EXIT_COUNT + 1] = { false };

	for (size_t i = 0; i < d->t->n; i++) {
		if (d->t->ev[i].what == TL_EXIT)
			seen[d->t->ev[i].value] = true;
	}
	fputs("$comment exit_kind:", d->f);
	for (unsigned k = 0; k <= EXIT_COUNT; k++) {
		if (seen[k])
			fprintf(d->f, " %u %s;", k, k == EXIT_COUNT ? "not finished" : exit_row((enum exit_kind)k)->name);
	}
	fputs(" $end\n", d->f);
}

static void head(struct dump *d)
{
	const struct timeline *t = d->t;
	struct str line[TL_LEFT_OUT_MAX];
	unsigned n = tl_left_out(t, line);

	fprintf(d->f, "$version el2sim " EL2SIM_VERSION " $end\n$comment ");
	for (const char *c = t->about; *c != '\0'; c++) /* file names may have "$end" */
		fputc(*c == '$' ? '_' : *c, d->f);
	fprintf(d->f, " $end\n");
	for (unsigned i = 0; i < TL_LEFT_OUT_MAX; i++) {
		if (i < n)
			fprintf(d->f, "$comment left out: %s $end\n", str_get(&line[i]));
		str_free(&line[i]);
	}
	if (t->base_ns != 0)
		fprintf(d->f, "$comment time 0 is %" PRIu64 " ns in the trace $end\n", t->base_ns);
	comment_kinds(d);
	fputs("$timescale 1 ns $end\n", d->f);
	for (unsigned c = 0; c < t->n_cpu; c++) {
		if (t->cpu[c].used)
			declare_cpu(d, c);
	}
	for (unsigned v = 0; v < t->n_vcpu; v++) {
		if (t->vcpu[v].used)
			declare_vcpu(d, v);
	}
	fputs("$enddefinitions $end\n", d->f);
}

/* ---- changes ---- */

static void show(struct dump *d, size_t i)
{
	struct signal *s = &d->signal[i];
	char code[16], bits[33];
	unsigned n = 0;

	s->shown = s->value;
	(void)code_of(i, code);
	if (s->width == 1) {
		fprintf(d->f, "%c%s\n", s->value == UNKNOWN ? 'x' : s->value != 0 ? '1' : '0', code);
		return;
	}
	for (unsigned b = s->width; s->value != UNKNOWN && b-- > 0;) {
		if (n != 0 || b == 0 || (s->value >> b & 1) != 0)
			bits[n++] = (s->value >> b & 1) != 0 ? '1' : '0';
	}
	bits[n] = '\0';
	fprintf(d->f, "b%s %s\n", n != 0 ? bits : "x", code);
}

static void set(struct dump *d, size_t i, uint32_t value)
{
	d->signal[i].value = value;
	if (!d->signal[i].dirty)
		d->dirty[d->n_dirty++] = i;
	d->signal[i].dirty = true;
}

static int by_index(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* All changes of one moment: each signal once, and only if it is another value. */
static void flush(struct dump *d, uint64_t ns)
{
	bool any = false;

	qsort(d->dirty, d->n_dirty, sizeof(*d->dirty), by_index);
	for (size_t i = 0; i < d->n_dirty; i++) {
		struct signal *s = &d->signal[d->dirty[i]];

		s->dirty = false;
		if (s->value == s->shown)
			continue;
		if (!any && ns != d->at)
			fprintf(d->f, "#%" PRIu64 "\n", ns - d->t->base_ns);
		any = true;
		d->at = ns;
		show(d, d->dirty[i]);
	}
	d->n_dirty = 0;
}

static void change(struct dump *d, const struct tl_point *p)
{
	const struct tl_event *e = &d->t->ev[p->event];

	switch ((enum tl_what)e->what) {
	case TL_THREAD:
		if (!p->end)
			set(d, cpu_signal(e->cpu, CPU_VCPU), e->vcpu == SMP_NOBODY ? UNKNOWN : e->vcpu);
		return;
	case TL_RAN:
		if (e->dur != 0)
			set(d, cpu_signal(e->cpu, e->phase), !p->end);
		return;
	case TL_STATE:
		if (e->dur != 0)
			set(d, vcpu_signal(d, e->vcpu, e->value), !p->end);
		return;
	case TL_EXIT:
		if (e->dur == 0)
			return;
		set(d, vcpu_signal(d, e->vcpu, VCPU_EXIT), !p->end);
		if (!p->end)
			set(d, vcpu_signal(d, e->vcpu, VCPU_KIND), e->value);
		return;
	case TL_LRS:
		set(d, vcpu_signal(d, e->vcpu, VCPU_LRS), e->value);
		return;
	default:
		return;
	}
}

/* Everything is 0 at the beginning, but numbers that nobody knows. */
static void dump_all(struct dump *d)
{
	d->at = d->t->from_ns;
	fprintf(d->f, "#%" PRIu64 "\n$dumpvars\n", d->at - d->t->base_ns);
	for (size_t i = 0; i < d->n; i++) {
		if (d->signal[i].width == 1)
			d->signal[i].value = 0;
		if (d->signal[i].width != 0)
			show(d, i);
	}
	fputs("$end\n", d->f);
}

void tl_write_TL_VCD(const struct timeline *t, FILE *f)
{
	struct dump d = { .t = t, .f = f };

	d.n = (size_t)t->n_cpu * CPU_SIGNALS + (size_t)t->n_vcpu * VCPU_SIGNALS;
	d.signal = xcalloc(d.n + 1, sizeof(*d.signal));
	d.dirty = xcalloc(d.n + 1, sizeof(*d.dirty));
	head(&d);
	dump_all(&d);
	for (size_t i = 0; i < t->n_point; i++) {
		if (i != 0 && t->point[i].ns != t->point[i - 1].ns)
			flush(&d, t->point[i - 1].ns);
		change(&d, &t->point[i]);
	}
	if (t->n_point != 0)
		flush(&d, t->point[t->n_point - 1].ns);
	if (d.at != t->end_ns)
		fprintf(f, "#%" PRIu64 "\n", t->end_ns - t->base_ns);
	free(d.signal);
	free(d.dirty);
}
