/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a simulated machine did, as a trace of KVM's own events: for el2sim itself (a replay counts
 * the same switches) and, as text, for every tool that reads trace-cmd's or tracefs' output.
 *
 * vCPU threads are called vm<N>, as a VMM names its process; the idle task swapper/<pCPU>. A
 * program counter and a timer's compare value are absent: there is no guest code. One thing a
 * kernel's trace does not have: an SGI's target is told, by vgic_update_irq_pending of an interrupt
 * below 16.
 */
#ifndef EL2SIM_HYP_SMP_EVENTS_H
#define EL2SIM_HYP_SMP_EVENTS_H

#include "models/hyp/host/smp.h"
#include "traces/writer.h"

#define SMP_EVENTS_PID    1000   /* thread of vCPU 0; the others follow */
#define SMP_EVENTS_VM_PID 100000 /* VM 0's I/O thread, from which device interrupts come */

struct smp_events;

/* Observe a simulated machine from before smp_run on, into a native trace (traces/writer.h). ERR_IO. */
struct smp_events *smp_events_new(struct smp *m, const char *path, struct err *e);
/*
 * After smp_run: write what is left and close the file; frees s in any case. origin: text for the
 * trace's info. ERR_IO. The file appears only on success.
 */
int smp_events_finish(struct smp_events *s, const char *origin, struct err *e);
/* Give up; NULL is fine. */
void smp_events_abort(struct smp_events *s);

#endif
