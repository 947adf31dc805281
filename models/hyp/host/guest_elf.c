/* SPDX-License-Identifier: Apache-2.0 */
/* A guest that executes: its core runs until it exits, and the exit is classified as KVM's events would be. */
#include "models/hyp/host/code.h"

static bool takes(const struct workload *w)
{
	return w->guest != NULL && w->guest[0] != '\0';
}

static void init(struct guest *g)
{
	g->code = NULL; /* code_init, when its VM is there */
}

static bool ends_machine(uint64_t function)
{
	const enum smccc_fn fn = smccc_of((uint32_t)function);

	return fn == SMCCC_SYSTEM_OFF || fn == SMCCC_SYSTEM_RESET || fn == SMCCC_SYSTEM_RESET2 ||
	       fn == SMCCC_SYSTEM_SUSPEND;
}

static enum exit_kind kind_of_access(const struct vm_exit *x)
{
	const bool kernel = x->dev != NULL && x->dev->where == DEV_KERNEL, write = x->access == A64_WRITE;

	if (x->access == A64_FETCH || x->size == 0)
		return EXIT_FOR_no_row;
	if (kernel)
		return write ? EXIT_FOR_kernel_write : EXIT_FOR_kernel_read;
	return write ? EXIT_FOR_user_write : EXIT_FOR_user_read;
}

static enum exit_kind kind_of(const struct smp_vcpu *v, const struct vm_exit *x)
{
	switch (x->ask) {
	case VM_HVC:
		return ends_machine(x->function) ? EXIT_FOR_user_other : exit_of_hvc(x->function);
	case VM_SMC:
		return ends_machine(x->function) ? EXIT_FOR_user_other : exit_of_class(x->esr >> 26);
	case VM_SYSREG:
		return exit_of_sysreg(x->op[0], x->op[1], x->op[2], x->op[3], x->op[4]);
	case VM_SGI:
		return code_sgi_kind(v);
	case VM_WFI:
		return EXIT_FOR_wfi_goes_on;
	case VM_WFE:
		return EXIT_FOR_wfe;
	case VM_MMIO:
		return kind_of_access(x);
	case VM_FAULT:
		return x->access == A64_WRITE && !x->present ? EXIT_FOR_unpopulated : exit_of_fault(x->esr);
	case VM_MAINTENANCE:
	case VM_PMU:
		return EXIT_FOR_irq;
	case VM_FP:
		return EXIT_FOR_first_fp;
	case VM_PAUTH:
		return EXIT_FOR_first_pauth;
	case VM_DEBUG:
	case VM_OTHER:
		break;
	}
	return exit_of_class(x->esr >> 26);
}

static void next(struct guest *g)
{
	struct code_cpu *k = g->code;
	enum vm_stop stop = vm_run(k->cpu, k->cycle, k->budget);
	const struct vm_exit *x = &k->cpu->exit;

	g->act.cycles = k->cpu->ran != 0 ? k->cpu->ran : 1;
	g->act.more = stop != VM_EXIT;
	if (stop == VM_WAIT) /* WFE: as long as anybody could have an event for it */
		g->act.cycles = k->cpu->ran < k->budget ? k->budget : g->act.cycles;
	if (stop == VM_DEAD || code_spent(k->vm))
		g->act.dead = true;
	if (stop != VM_EXIT)
		return;
	g->act.kind = kind_of(k->v, x);
	g->act.syndrome = x->esr;
	g->act.located = x->ask == VM_MMIO || x->ask == VM_FAULT;
	g->act.address = x->ipa;
	g->act.data = x->data;
}

const struct guest_ops guest_elf_ops = {.takes = takes, .init = init, .next = next, .executes = true};
