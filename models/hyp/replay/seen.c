/* SPDX-License-Identifier: Apache-2.0 */
#include "models/hyp/replay/seen.h"

#include <string.h>

void seen_entry(struct seen_exit *x)
{
	memset(x, 0, sizeof(*x));
}

void seen_exit(struct seen_exit *x, const struct tr_event *ev)
{
	bool timer = x->timer;

	*x = (struct seen_exit){ .ret = ev->arg[TRA_kvm_exit_ret], .ec = ev->arg[TRA_kvm_exit_esr_ec],
				 .no_ret = (ev->absent >> TRA_kvm_exit_ret & 1) != 0,
				 .no_ec = (ev->absent >> TRA_kvm_exit_esr_ec & 1) != 0 };
	if (x->ret == EXIT_RET_IRQ)
		x->kind = timer ? EXIT_FOR_guest_timer : EXIT_FOR_irq;
	else
		x->kind = x->ret == EXIT_RET_SERROR ? EXIT_FOR_serror : exit_of_class(x->ec);
}

static void see_register(struct seen_exit *x, const struct tr_event *ev)
{
	x->sysreg = true;
	for (unsigned i = 0; i < 5; i++)
		x->op[i] = (uint16_t)ev->arg[TRA_kvm_sys_access_Op0 + i];
	x->kind = exit_of_sysreg(x->op[0], x->op[1], x->op[2], x->op[3], x->op[4]);
}

void seen_event(struct seen_exit *x, const struct tr_event *ev)
{
	switch ((enum tr_type)ev->type) {
	case TR_kvm_timer_update_irq:
		x->timer |= ev->arg[TRA_kvm_timer_update_irq_level] != 0;
		x->woke |= ev->arg[TRA_kvm_timer_update_irq_level] != 0;
		return;
	case TR_kvm_userspace_exit:
		x->user = true;
		return;
	case TR_sched_switch:
		x->put |= !x->user;
		return;
	default:
		break;
	}
	if (x->user || x->put)
		return;
	switch ((enum tr_type)ev->type) {
	case TR_kvm_hvc_arm64:
		x->kind = exit_of_hvc(ev->arg[TRA_kvm_hvc_arm64_r0]);
		return;
	case TR_kvm_sys_access:
		see_register(x, ev);
		return;
	case TR_kvm_wfx_arm64:
		x->kind = ev->arg[TRA_kvm_wfx_arm64_is_wfe] != 0 ? EXIT_FOR_wfe : EXIT_FOR_wfi_goes_on;
		return;
	case TR_kvm_guest_fault:
		x->kind = exit_of_fault(ev->arg[TRA_kvm_guest_fault_hsr]);
		x->write = (ev->arg[TRA_kvm_guest_fault_hsr] >> 6 & 1) != 0; /* ISS.WnR */
		return;
	case TR_kvm_mmio:
		x->mmio = true;
		x->write = ev->arg[TRA_kvm_mmio_type] == 2; /* KVM_TRACE_MMIO_WRITE */
		return;
	default:
		return;
	}
}

enum exit_kind seen_kind(const struct seen_exit *x)
{
	const struct exit_row *row = exit_row(x->kind);

	if (x->user && (x->mmio || (row->state & CND(ABORT)) != 0))
		return x->write ? EXIT_FOR_user_write : EXIT_FOR_user_read;
	if (x->user)
		return (row->state & CND(IRQ)) != 0 ? EXIT_FOR_user_signal : EXIT_FOR_user_other;
	if (x->mmio)
		return x->write ? EXIT_FOR_kernel_write : EXIT_FOR_kernel_read;
	if (x->put && row->where == XAT_KERNEL && row->class == XC_IRQ)
		return EXIT_FOR_preempted;
	if (x->put && row->where == XAT_KERNEL && row->class == XC_WFI)
		return x->woke ? EXIT_FOR_wfi_sleeps : EXIT_FOR_wfi_woken;
	return x->kind;
}
