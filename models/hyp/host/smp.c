/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/host/smp.h"

#include "sim/base/str.h"

#define MEMBER(m) offsetof(struct smp_options, m)

static const struct opt_row opt_rows[] = {
	{"machine", "vcpus", OPT_INT, MEMBER(vcpus), "1", 1, SMP_MAX_VCPUS, "", NULL,
	 "vCPUs of all VMs together"},
	{"machine", "vms", OPT_INT, MEMBER(vms), "1", 1, SMP_MAX_VCPUS, "", NULL,
	 "VMs; the vCPUs are shared out evenly, neighbours to one VM"},
	{"machine", "pcpus", OPT_INT, MEMBER(pcpus), "1", 1, SMP_MAX_PCPUS, "", NULL,
	 "physical CPUs"},
	{"host", "sched", OPT_ENUM, MEMBER(sched), "fair", 0, 0, "", sched_names,
	 "which vCPU thread runs on which pCPU"},
	{"host", "pin", OPT_STR, MEMBER(pin), "all", 0, 0, "", NULL,
	 "sched = pinned: pCPUs that the vCPU threads are pinned to in turn, 0-3,8 or all"},
	{"host", "kick_latency", OPT_INT, MEMBER(kick_ns), "0", 0, 1000000000, "ns", NULL,
	 "from the sending of an interrupt to another pCPU until it is pending there"},
	{"host", "slice", OPT_INT, MEMBER(slice_us), "3000", 1, 10000000, "us", NULL,
	 "time slice; it ends at a tick of the host"},
	{"host", "tick_hz", OPT_INT, MEMBER(tick_hz), "250", 1, 100000, "Hz", NULL,
	 "timer interrupts of a pCPU that is not idle"},
	{"host", "halt_poll", OPT_INT, MEMBER(halt_poll_ns), "500000", 0, 1000000000, "ns", NULL,
	 "kvm.halt_poll_ns: longest time that a vCPU in WFI polls before it sleeps; 0: never"},
	{"host", "halt_poll_grow", OPT_INT, MEMBER(halt_poll_grow), "2", 0, 1000, "", NULL,
	 "kvm.halt_poll_ns_grow"},
	{"host", "halt_poll_grow_start", OPT_INT, MEMBER(halt_poll_grow_start), "10000", 0,
	 1000000000, "ns", NULL, "kvm.halt_poll_ns_grow_start"},
	{"host", "halt_poll_shrink", OPT_INT, MEMBER(halt_poll_shrink), "2", 0, 1000, "", NULL,
	 "kvm.halt_poll_ns_shrink; 0: to nothing"},
	{"run", "duration", OPT_INT, MEMBER(duration_us), "100000", 1, SMP_DURATION_MAX_US,
	 "us", NULL, "time that is simulated"},
	{"run", "warmup", OPT_INT, MEMBER(warmup_us), "0", 0, SMP_DURATION_MAX_US, "us", NULL,
	 "time at the beginning of a simulation that no figure counts: vCPUs start, caches of the host's decisions settle"},
	{"run", "seed", OPT_INT, MEMBER(seed), "1", 0, INT64_MAX, "", NULL,
	 "of all random numbers"},
};

const struct opt_row *smp_opt_rows(size_t *n)
{
	*n = sizeof(opt_rows) / sizeof(opt_rows[0]);
	return opt_rows;
}

char *smp_setup(const struct smp_options *o)
{
	struct str b = STR_INIT;

	for (size_t i = 0; i < sizeof(opt_rows) / sizeof(opt_rows[0]); i++) {
		const struct opt_row *r = &opt_rows[i];
		const char *at = (const char *)o + r->offset;

		str_addf(&b, "%s.%s=", r->section, r->key);
		if (r->type == OPT_INT)
			str_addf(&b, "%lld ", (long long)*(const int64_t *)(const void *)at);
		else if (r->type == OPT_ENUM)
			str_addf(&b, "%d ", *(const int *)(const void *)at);
		else
			str_addf(&b, "%s ", o->pin != NULL ? o->pin : "all"); /* the only text */
	}
	return b.s;
}

void smp_watch(struct smp *m, struct watch *w)
{
	watch_add(m->watchers, w);
}

uint64_t smp_now(const struct smp *m)
{
	return clk_cycle(&m->clk, sk_now(&m->k));
}

size_t smp_vcpu_bytes(void)
{
	return sizeof(struct smp_vcpu) + sizeof(struct outcome_vcpu) + runner_vcpu_bytes() +
	       2 * sizeof(struct sk_event *);
}

uint64_t smp_ns(const struct smp *m, uint64_t cycles)
{
	struct err e;
	uint64_t ps = 0;

	return clk_time(&m->clk, cycles, &ps, &e) == 0 ? ps / 1000 : UINT64_MAX / 1000;
}
