/* SPDX-License-Identifier: Apache-2.0 */
/* What writers ask of a timeline: names, whose an event is, what was left out. */
#include <inttypes.h>
#include <string.h>

#include "sim/timeline/timeline_impl.h"

unsigned tl_vm_of(const struct timeline *t, unsigned vcpu)
{
	if (t->m != NULL)
		return t->m->vcpu[vcpu].vm;
	for (unsigned v = 0; v < vcpu; v++) { /* the first vCPU of that name */
		if (strcmp(t->out->vcpu[v].vm_name, t->out->vcpu[vcpu].vm_name) == 0)
			return v;
	}
	return vcpu;
}

/* A name from a trace: only what every reader takes. */
static void add_plain(struct str *b, const char *name)
{
	for (const char *c = name; *c != '\0'; c++)
		str_addc(b, *c > ' ' && *c < 0x7f ? *c : '_');
}

void tl_vm_name(const struct timeline *t, unsigned vm, struct str *b)
{
	if (t->m != NULL) {
		str_addf(b, "VM %u", vm);
		return;
	}
	str_add(b, "VM ");
	add_plain(b, t->out->vcpu[vm].vm_name);
}

void tl_vcpu_name(const struct timeline *t, unsigned vcpu, struct str *b)
{
	if (t->m != NULL)
		str_addf(b, "vCPU %u", vcpu);
	else if (t->out->vcpu[vcpu].number != UINT32_MAX)
		str_addf(b, "vCPU %" PRIu32 " (%d)", t->out->vcpu[vcpu].number, t->out->vcpu[vcpu].pid);
	else
		str_addf(b, "vCPU thread %d", t->out->vcpu[vcpu].pid);
}

bool tl_of_cpu(const struct tl_event *e)
{
	return e->what == TL_THREAD || e->what == TL_RAN || e->what == TL_WAKE ||
	       (e->what == TL_IRQ && e->step == SMP_IRQ_KICK);
}

unsigned tl_left_out(const struct timeline *t, struct str line[static TL_LEFT_OUT_MAX])
{
	unsigned n = 0;

	for (unsigned i = 0; i < TL_LEFT_OUT_MAX; i++)
		line[i] = STR_INIT;
	if (t->full)
		str_addf(&line[n++], "it ends at %" PRIu64 " ns, where [timeline] max_events is reached: %" PRIu64
			 " more events are not in it", t->cut_ns - t->base_ns, t->over);
	if (t->short_n != 0)
		str_addf(&line[n++], "%" PRIu64 " phases and parts of the host's path are not in it, since they take less than "
			 "[timeline] shortest: %" PRIu64 " ns together", t->short_n, t->short_ns);
	if (t->outside != 0)
		str_addf(&line[n++], "%" PRIu64 " events are outside the window of [timeline] from and to", t->outside);
	if (t->after != 0)
		str_addf(&line[n++], "%" PRIu64 " events begin after the end of the run, since a pCPU settles at one moment what "
			 "it does next", t->after);
	if (t->moved != 0)
		str_addf(&line[n++], "%" PRIu64 " phases begin later than recorded, since what is before takes longer in the "
			 "model than in the trace", t->moved);
	return n;
}
