/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/abi/abi_price.h"

#include <string.h>

const char *const abi_set_names[ABI_SET_COUNT + 1] = {
#define X(id, name, features) name,
	ABI_SETS(X)
#undef X
	NULL
};

uint32_t abi_set_features(enum abi_set set)
{
	static const uint32_t features_of[] = {
#define X(id, name, features) features,
		ABI_SETS(X)
#undef X
	};

	BUG_ON((unsigned)set >= ABI_SET_COUNT);
	return features_of[set];
}

#define MEMBER(m) offsetof(struct abi_options, m)

static const struct opt_row rows[] = {
	{ "abi", "kernel", OPT_STR, MEMBER(kernel), "6.12", 0, 0, "", NULL,
	  "version of Linux whose registers --list and --compare know, 4.14 or newer; the study is of 6.12" },
	{ "abi", "host", OPT_ENUM, MEMBER(host), "qemu-max", 0, 0, "", abi_host_names,
	  "CPU whose ID registers the VM starts from" },
	{ "abi", "hide_absent", OPT_BOOL, MEMBER(hide_absent), "yes", 0, 0, "", NULL,
	  "show TCR2_EL1, PIR_EL1 and PIRE0_EL1 only where the CPU has them; no: as Linux 6.5 to 6.12, on every host" },
	{ "abi", "features", OPT_ENUM, MEMBER(set), "default", 0, 0, "", abi_set_names,
	  "features that the VMM gives each vCPU" },
	{ "abi", "vmm", OPT_FLAGS, MEMBER(vmms), "qemu", 0, 0, "", abi_vmm_names, "VMMs to simulate" },
	{ "abi", "flow", OPT_FLAGS, MEMBER(flows), "migrate", 0, 0, "", abi_flow_names,
	  "what they do; flows that a VMM does not have are left out" },
	{ "abi", "variant", OPT_FLAGS, MEMBER(variants), "none, v4, all", 0, 0, "", abi_variant_names,
	  "register scope and other ways to save calls, to compare" },
	{ "abi", "vcpus", OPT_STR, MEMBER(vcpus), "1,8,64,512", 0, 0, "", NULL,
	  "numbers of vCPUs, 1..4096, separated by commas; Linux has at most 512" },
	{ "abi", "pcpus", OPT_INT, MEMBER(pcpus), "64", 1, 4096, "", NULL,
	  "CPUs that the VMM's threads share where each vCPU has its own" },
	{ "abi", "load_put", OPT_BOOL, MEMBER(load_put), "no", 0, 0, "", NULL,
	  "vcpu_load and vcpu_put around every vCPU ioctl, as before Linux 4.16" },
	{ "abi", "hold_get", OPT_INT, MEMBER(hold_get), "30", 0, 1000000, "instructions", NULL,
	  "under config_lock in a KVM_GET_ONE_REG that takes it; ASSUMED" },
	{ "abi", "hold_set", OPT_INT, MEMBER(hold_set), "200", 0, 1000000, "instructions", NULL,
	  "under config_lock in a KVM_SET_ONE_REG that takes it (an ID register's fields are checked); ASSUMED" },
	{ "abi", "hold_other", OPT_INT, MEMBER(hold_other), "2000", 0, 1000000, "instructions", NULL,
	  "under config_lock or kvm->lock in other ioctls (KVM_ARM_VCPU_INIT resets every register); ASSUMED" },
	{ "abi", "band_low", OPT_FIXED, MEMBER(band_low), "0.5", 1, 1000, "", NULL,
	  "lower end of the uncertainty of a call's cost, as a part of it" },
	{ "abi", "band_high", OPT_FIXED, MEMBER(band_high), "2.5", 1000, 100000, "", NULL,
	  "upper end: published neighbours give 0.1 to 0.5 us for a call of 0.2 us" },
};

const struct opt_row *abi_opt_rows(size_t *n)
{
	*n = sizeof(rows) / sizeof(rows[0]);
	return rows;
}

int abi_options_host(const struct abi_options *o, struct abi_host *h, struct err *e)
{
	abi_host_init(h, (enum abi_host_kind)o->host);
	h->hide_absent = o->hide_absent;
	h->max_vcpus = 4096; /* what-if; Linux: 512 */
	return abi_kernel_set("abi.kernel", o->kernel, &h->kernel, e);
}

static uint64_t cycles(const struct machine *m, uint64_t insns)
{
	return (insns * (uint64_t)m->cpi_milli + 500) / 1000;
}

/* SVC and its ERET are among the recorded instructions of a call; they cost what the machine says. */
static uint64_t call_cycles(const struct machine *m, uint64_t insns)
{
	return cycles(m, insns - (insns > 2 ? 2 : insns)) +
	       (machine_cost(m, m->op[OPCOST_exception] + m->op[OPCOST_eret]) + 500) / 1000;
}

static uint64_t recorded(const struct path_profile *p, enum path_kind kind)
{
	return path_get(p, kind, PATH_insns_host) + path_get(p, kind, PATH_insns_hyp);
}

static void fill_load_put(const struct path_profile *prof, const struct ws_prog *p, struct abi_price *price)
{
	struct ws_counting *c = ws_counting_new(p);
	struct ws_totals t = { 0 };

	ws_totals_sum(&t, ws_count(c, ws_phase_comp(p, PHASE_LOAD), 0, 0));
	ws_totals_sum(&t, ws_count(c, ws_phase_comp(p, PHASE_PUT), 0, 0));
	ws_counting_free(c);
	price->load_put_insns = recorded(prof, PATH_KIND_vcpu_load_put);
	if (price->load_put_insns < t.insns)
		price->load_put_insns = t.insns;
	price->load_put_cycles = t.cycles + cycles(p->config.machine, price->load_put_insns - t.insns);
}

int abi_price_fill(const struct path_profile *prof, const struct ws_prog *p, const struct abi_options *o,
		   struct abi_price *price, struct err *e)
{
	static const enum path_kind need[] = { PATH_KIND_null_syscall, PATH_KIND_null_ioctl, PATH_KIND_get_one_reg,
					       PATH_KIND_set_one_reg, PATH_KIND_get_reg_list };
	const struct machine *m = p->config.machine;

	memset(price, 0, sizeof(*price));
	for (size_t i = 0; i < sizeof(need) / sizeof(need[0]); i++)
		if (recorded(prof, need[i]) == 0)
			return err_set(e, ERR_CONFIG, "no price for an ioctl: the path profile has no row %s; add "
				       "\"include = ../kernel/linux-6.12-n1-vhe.ini\" to [el2sim]", path_kind_name(need[i]));
	price->insns[ABI_CALL_GET] = recorded(prof, PATH_KIND_get_one_reg);
	price->insns[ABI_CALL_SET] = recorded(prof, PATH_KIND_set_one_reg);
	price->insns[ABI_CALL_LIST] = recorded(prof, PATH_KIND_get_reg_list);
	price->insns[ABI_CALL_OTHER] = recorded(prof, PATH_KIND_null_ioctl);
	price->syscall_insns = recorded(prof, PATH_KIND_null_syscall);
	price->ioctl_insns = recorded(prof, PATH_KIND_null_ioctl);
	for (unsigned k = 0; k < ABI_CALL_KIND_COUNT; k++)
		price->cycles[k] = call_cycles(m, price->insns[k]);
	price->item_insns = price->insns[ABI_CALL_GET] > price->ioctl_insns ?
				    price->insns[ABI_CALL_GET] - price->ioctl_insns : 0;
	price->item_cycles = cycles(m, price->item_insns);
	price->hold[ABI_CALL_GET] = cycles(m, (uint64_t)o->hold_get);
	price->hold[ABI_CALL_SET] = cycles(m, (uint64_t)o->hold_set);
	price->hold[ABI_CALL_LIST] = 0;
	price->hold[ABI_CALL_OTHER] = cycles(m, (uint64_t)o->hold_other);
	price->load_put = o->load_put;
	fill_load_put(prof, p, price);
	return 0;
}

/* An ioctl of the VM, not of a vCPU: it takes the VM's lock. */
static bool is_vm_call(const struct abi_call *c)
{
	return c->kvm != 0;
}

uint64_t abi_call_insns(const struct abi_price *p, const struct abi_call *c)
{
	uint64_t n = p->insns[c->kind];

	if (c->items > 1)
		n = p->ioctl_insns + c->items * p->item_insns;
	return n + (p->load_put && !is_vm_call(c) ? p->load_put_insns : 0);
}

uint64_t abi_call_cycles(const struct abi_price *p, const struct abi_call *c)
{
	uint64_t n = p->cycles[c->kind];

	if (c->items > 1)
		n = p->cycles[ABI_CALL_OTHER] + c->items * p->item_cycles;
	return n + (p->load_put && !is_vm_call(c) ? p->load_put_cycles : 0);
}
