/* SPDX-License-Identifier: Apache-2.0 */
/* el2sim abi CONFIG: tables of flows, locks and masks. */
#include <inttypes.h>
#include <string.h>

#include "models/hyp/abi/abi_mask.h"
#include "models/hyp/abi/abi_study.h"
#include "sim/base/num.h"
#include "sim/base/progress.h"
#include "sim/cmd/cmd_abi.h"
#include "sim/base/str.h"
#include "sim/kernel/clk.h"
#include "sim/report/run_report.h"

struct study {
	struct abi_study s;
	struct abi_price price;
	struct abi_host host;
	const struct abi_options *o;
	struct clk clk;
	unsigned n[ABI_NUMBERS_MAX];
	size_t n_n;
};

enum unit { NS = 1, US = 1000, MS = 1000000 };

/* Thousandths of a unit; what does not fit 64 bits of picoseconds (213 days) is printed as that. */
static int64_t time_of(const struct study *st, uint64_t cycles, enum unit unit)
{
	uint64_t ps = INT64_MAX;
	struct err e = { 0 };

	if (clk_time(&st->clk, cycles, &ps, &e) != 0 || ps > INT64_MAX)
		ps = INT64_MAX;
	return (int64_t)(ps / (uint64_t)unit);
}

static int64_t band(int64_t value, int64_t factor)
{
	return num_signed_ratio(value, factor, 1000);
}

/* The cell that was added last, thousandths, has the band of a call's price. */
static void in_band(struct rep_table *t, const struct study *st, int64_t milli)
{
	rep_band(t, band(milli, st->o->band_low), band(milli, st->o->band_high));
}

static void time_cell(struct rep_table *t, const struct study *st, uint64_t cycles, enum unit unit)
{
	rep_fix(t, time_of(st, cycles, unit));
	in_band(t, st, time_of(st, cycles, unit));
}

/* Cells of a time whose band has columns of its own. */
static void spread(struct rep_table *t, const struct study *st, int64_t milli)
{
	rep_fix(t, milli);
	rep_fix(t, band(milli, st->o->band_low));
	rep_fix(t, band(milli, st->o->band_high));
}

static void price_table(const struct study *st, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "part", "", REP_STR, "", 0, false },
		{ "instructions", "", REP_U64, "", 0, false },
		{ "cycles", "", REP_U64, "cycles", 0, false },
		{ "ns", "time", REP_FIX, "ns", 1, false },
		{ "ns_low", "low", REP_FIX, "ns", 1, false }, { "ns_high", "high", REP_FIX, "ns", 1, false },
	};
	const struct abi_price *p = &st->price;
	const struct {
		const char *name;
		uint64_t insns, cycles;
	} rows[] = {
		{ "KVM_GET_ONE_REG", p->insns[ABI_CALL_GET], p->cycles[ABI_CALL_GET] },
		{ "KVM_SET_ONE_REG", p->insns[ABI_CALL_SET], p->cycles[ABI_CALL_SET] },
		{ "KVM_GET_REG_LIST", p->insns[ABI_CALL_LIST], p->cycles[ABI_CALL_LIST] },
		{ "other ioctls (the shortest one)", p->insns[ABI_CALL_OTHER], p->cycles[ABI_CALL_OTHER] },
		{ "a register in a batch", p->item_insns, p->item_cycles },
		{ "vcpu_load and vcpu_put", p->load_put_insns, p->load_put_cycles },
	};
	struct rep_table *t = rep_table(r, "prices", "What a call costs", cols, 6);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rep_str(t, rows[i].name);
		rep_u64(t, rows[i].insns);
		rep_u64(t, rows[i].cycles);
		in_band(t, st, num_i64((i128)rows[i].cycles * 1000));
		spread(t, st, time_of(st, rows[i].cycles, NS));
	}
	rep_note(r, "of the %llu instructions of KVM_GET_ONE_REG %llu are the system call, %llu more the way to any "
		 "ioctl, the rest mutex, copies, lookup and accessor", (unsigned long long)p->insns[ABI_CALL_GET],
		 (unsigned long long)p->syscall_insns, (unsigned long long)(p->ioctl_insns - p->syscall_insns));
}

static bool wanted(uint64_t bits, unsigned i)
{
	return (bits >> i & 1) != 0;
}

/* A combination that was asked for: what it costs, and what it would without a proposal. */
struct combo {
	enum abi_vmm vmm;
	enum abi_flow flow;
	enum abi_variant variant;
	unsigned n; /* vCPUs */
	struct abi_row base, row;
};

#define HEAD_COLS                                                                                                            \
	{ "vmm", "", REP_STR, "", 0, false }, { "flow", "", REP_STR, "", 0, false }, { "variant", "", REP_STR, "", 0, false }

static void head_cells(struct rep_table *t, const struct combo *c)
{
	rep_str(t, abi_vmm_names[c->vmm]);
	rep_str(t, abi_flow_names[c->flow]);
	rep_str(t, abi_variant_names[c->variant]);
}

/* Thousandths of a ms, one vCPU after another or all at once, as the VMM does it. */
static int64_t downtime(const struct study *st, enum abi_vmm vmm, const struct abi_row *row)
{
	return time_of(st, abi_vmm_parallel(vmm) ? row->par.cycles : row->serial, MS);
}

static void flow_row(const struct study *st, struct rep_table *t, const struct combo *c)
{
	const struct abi_row *row = &c->row;

	head_cells(t, c);
	rep_u64(t, c->n);
	rep_u64(t, row->total.calls);
	rep_u64(t, row->total.failed);
	rep_u64(t, row->total.bytes);
	rep_u64(t, row->insns);
	rep_u64(t, row->serial);
	in_band(t, st, num_i64((i128)row->serial * 1000));
	time_cell(t, st, row->serial, MS);
	time_cell(t, st, row->par.cycles, MS);
	spread(t, st, downtime(st, c->vmm, row));
	rep_fix(t, abi_saved(&c->base, row));
	rep_fix(t, abi_ceiling(&c->base, c->n));
}

static struct rep_table *flow_table(struct rep *r)
{
	static const struct rep_col cols[] = {
		HEAD_COLS,
		{ "vcpus", "", REP_ID, "", 0, false },
		{ "calls", "", REP_U64, "", 0, false }, { "failed", "", REP_U64, "", 0, true },
		{ "bytes", "", REP_U64, "", 0, false }, { "instructions", "", REP_U64, "", 0, false },
		{ "cycles", "", REP_U64, "cycles", 0, false },
		{ "serial_ms", "serial", REP_FIX, "ms", 3, false }, { "parallel_ms", "parallel", REP_FIX, "ms", 3, false },
		{ "downtime_ms", "downtime", REP_FIX, "ms", 3, false },
		{ "low_ms", "low", REP_FIX, "ms", 3, false }, { "high_ms", "high", REP_FIX, "ms", 3, false },
		{ "saved", "calls saved", REP_FIX, "%", 2, false }, { "ceiling", "at most", REP_FIX, "%", 2, false },
	};

	struct rep_table *t = rep_table(r, "flows", "Flows", cols, 16);

	rep_chart(t, &(struct rep_chart){ .kind = REP_LINES, .title = "Downtime over the number of vCPUs", .x = "vcpus",
					  .y = "downtime_ms", .series = "variant", .choose = "vmm flow", .band = "low_ms high_ms",
					  .log_x = true, .log_y = true, .lead = true });
	rep_chart(t, &(struct rep_chart){ .kind = REP_LINES, .title = "Calls over the number of vCPUs", .x = "vcpus",
					  .y = "calls", .series = "variant", .choose = "vmm flow", .log_x = true,
					  .log_y = true });
	rep_chart(t, &(struct rep_chart){ .kind = REP_BARS, .title = "Calls saved by variant", .x = "variant", .y = "saved",
					  .choose = "vmm flow vcpus" });
	return t;
}

static void lock_row(const struct study *st, struct rep_table *t, const struct combo *c)
{
	const struct abi_row *row = &c->row;

	head_cells(t, c);
	rep_u64(t, c->n);
	rep_u64(t, row->par.acquisitions);
	rep_u64(t, row->par.waits);
	time_cell(t, st, row->par.wait, MS);
	time_cell(t, st, row->par.longest, US);
	time_cell(t, st, row->par.cycles, MS);
}

static struct rep_table *lock_table(struct rep *r)
{
	static const struct rep_col cols[] = {
		HEAD_COLS,
		{ "vcpus", "", REP_ID, "", 0, false },
		{ "acquisitions", "", REP_U64, "", 0, true }, { "waits", "had to wait", REP_U64, "", 0, true },
		{ "wait_ms", "waiting, all threads", REP_FIX, "ms", 3, false },
		{ "longest_us", "longest wait", REP_FIX, "us", 3, false },
		{ "parallel_ms", "parallel", REP_FIX, "ms", 3, false },
	};

	return rep_table(r, "locks", "Waiting for the VM's locks with a thread per vCPU", cols, 9);
}

static void slope_row(const struct study *st, struct rep_table *t, const struct combo *c)
{
	const struct abi_row *row = &c->row;

	head_cells(t, c);
	rep_u64(t, row->registers);
	rep_u64(t, row->shared);
	rep_u64(t, row->calls_per_vcpu);
	rep_u64(t, row->shared_calls);
	time_cell(t, st, row->first, US);
	time_cell(t, st, row->slope, US);
}

static struct rep_table *slope_table(struct rep *r)
{
	static const struct rep_col cols[] = {
		HEAD_COLS,
		{ "registers", "", REP_U64, "", 0, false }, { "shared", "of the VM or host", REP_U64, "", 0, false },
		{ "calls_per_vcpu", "calls per vCPU", REP_U64, "", 0, false },
		{ "shared_calls", "scope can remove", REP_U64, "", 0, false },
		{ "first_us", "first vCPU", REP_FIX, "us", 3, false },
		{ "slope_us", "each further vCPU", REP_FIX, "us", 3, false },
	};

	return rep_table(r, "slope", "Cost is linear in the number of vCPUs (serial)", cols, 9);
}

/* What is answered for a VMM: its dearest flow, and the variants of that. Thousandths of a ms. */
struct answer {
	struct combo c;		   /* without a proposal; n 0: no flow yet */
	int64_t down, best_down;
	enum abi_variant best;	   /* shortest downtime; none if no variant is shorter */
	enum abi_variant fewest;   /* fewest calls; none if no variant has fewer */
	int64_t fewest_saved;	   /* thousandths of a percent of the calls */
};

struct tables {
	struct rep_table *flows, *locks, *slopes;
	struct answer answer[ABI_VMM_COUNT];
};

static void see_variant(const struct study *st, struct answer *a, const struct combo *c)
{
	int64_t down = downtime(st, c->vmm, &c->row), saved = abi_saved(&c->base, &c->row);

	if (down < a->best_down) {
		a->best_down = down;
		a->best = c->variant;
	}
	if (saved > a->fewest_saved) {
		a->fewest_saved = saved;
		a->fewest = c->variant;
	}
}

/* Thousandths as "31.521"; as "98.7" if they are of a percent. */
static const char *three(int64_t v, char text[static 32])
{
	(void)snprintf(text, 32, "%" PRId64 ".%03" PRId64, v / 1000, v % 1000);
	return text;
}

static const char *percent(int64_t v, char text[static 32])
{
	(void)snprintf(text, 32, "%" PRId64 ".%" PRId64, (v + 50) / 1000, (v + 50) % 1000 / 100);
	return text;
}

/* "; with batch 32.970 ms and 98.7 % fewer calls", or one variant after another. */
static void add_variants(struct str *b, const struct answer *a)
{
	char n[32];

	if (a->best != ABI_VARIANT_NONE)
		str_addf(b, "; with %s %s ms", abi_variant_names[a->best], three(a->best_down, n));
	if (a->fewest != ABI_VARIANT_NONE && a->fewest == a->best)
		str_addf(b, " and %s %% fewer calls", percent(a->fewest_saved, n));
	else if (a->fewest != ABI_VARIANT_NONE)
		str_addf(b, "; with %s %s %% fewer calls", abi_variant_names[a->fewest], percent(a->fewest_saved, n));
}

/* One sentence per VMM that was asked for. */
static void answers(const struct study *st, const struct answer answer[static ABI_VMM_COUNT], struct rep *r)
{
	char calls[RUN_COUNT_TEXT], down[32], low[32], high[32], most[32];

	for (unsigned i = 0; i < ABI_VMM_COUNT; i++) {
		const struct answer *a = &answer[i];
		struct str more = STR_INIT;

		if (a->c.n == 0)
			continue;
		add_variants(&more, a);
		rep_verdict(r, "%s of %u vCPU%s by %s: %s calls, %s ms of downtime (%s to %s)%s; register scope saves at most %s %% "
			       "of the calls",
			    abi_flow_names[a->c.flow], a->c.n, a->c.n == 1 ? "" : "s", abi_vmm_names[i],
			    run_count(a->c.base.total.calls, calls), three(a->down, down),
			    three(band(a->down, st->o->band_low), low), three(band(a->down, st->o->band_high), high),
			    str_get(&more), percent(abi_ceiling(&a->c.base, a->c.n), most));
		str_free(&more);
	}
}

/* A row to work out: base of a flow (variant none), or one of its variants. */
struct task {
	const struct study *st;
	struct combo c; /* .row is filled */
	int rc;
	struct err e;
};

struct tasks {
	const struct study *st;
	struct task *task;
	size_t n, next; /* next: whose row is put into tables */
	struct progress bar;
};

static void add_task(struct tasks *l, enum abi_vmm vmm, enum abi_flow flow, enum abi_variant variant, unsigned n)
{
	if ((l->n & (l->n - 1)) == 0)
		l->task = xrealloc(l->task, (l->n != 0 ? 2 * l->n : 1) * sizeof(*l->task));
	l->task[l->n++] = (struct task){ .st = l->st, .c = { .vmm = vmm, .flow = flow, .variant = variant, .n = n } };
}

/* A flow without a proposal, then the variants that are asked for. */
static void add_flow(struct tasks *l, enum abi_vmm vmm, enum abi_flow flow, unsigned n)
{
	add_task(l, vmm, flow, ABI_VARIANT_NONE, n);
	for (unsigned v = 0; v < ABI_VARIANT_COUNT; v++)
		if (v != ABI_VARIANT_NONE && wanted(l->st->o->variants, v))
			add_task(l, vmm, flow, (enum abi_variant)v, n);
}

static void run_task(void *ctx, size_t i, unsigned thread)
{
	struct tasks *l = ctx;
	struct task *t = &l->task[i];

	(void)thread;
	t->rc = abi_study_row(&t->st->s, t->c.vmm, t->c.flow, t->c.variant, t->c.n, &t->c.row, &t->e);
	progress_add(&l->bar, 1);
}

static int take_row(struct tasks *l, struct abi_row *row, struct err *e)
{
	const struct task *t = &l->task[l->next++];

	if (t->rc != 0)
		*e = t->e;
	*row = t->c.row;
	return t->rc;
}

/* The variants of a flow, none first, from the tasks. last: no further number of vCPUs comes. */
static int one_flow(const struct study *st, struct tables *t, struct combo *c, bool last, struct tasks *l, struct err *e)
{
	struct answer a = { 0 };

	if (take_row(l, &c->base, e) != 0)
		return -1;
	a.c = *c;
	a.down = a.best_down = downtime(st, c->vmm, &c->base);
	for (unsigned v = 0; v < ABI_VARIANT_COUNT; v++) {
		if (!wanted(st->o->variants, v))
			continue;
		c->variant = (enum abi_variant)v;
		c->row = c->base;
		if (v != ABI_VARIANT_NONE && take_row(l, &c->row, e) != 0)
			return -1;
		see_variant(st, &a, c);
		flow_row(st, t->flows, c);
		lock_row(st, t->locks, c);
		if (last)
			slope_row(st, t->slopes, c);
	}
	if (t->answer[c->vmm].c.n == 0 || a.down > t->answer[c->vmm].down)
		t->answer[c->vmm] = a;
	return 0;
}

static bool is_asked(const struct study *st, unsigned vmm, unsigned flow)
{
	return wanted(st->o->vmms, vmm) && wanted(st->o->flows, flow) && abi_flow_known((enum abi_vmm)vmm, (enum abi_flow)flow);
}

static int fill_tables(const struct study *st, struct tables *t, struct tasks *l, struct err *e)
{
	for (unsigned vmm = 0; vmm < ABI_VMM_COUNT; vmm++) {
		for (unsigned f = 0; f < ABI_FLOW_COUNT; f++) {
			struct combo c = { .vmm = (enum abi_vmm)vmm, .flow = (enum abi_flow)f };

			for (size_t i = 0; is_asked(st, vmm, f) && i < st->n_n; i++) {
				c.n = st->n[i];
				if (one_flow(st, t, &c, i == st->n_n - 1, l, e) != 0)
					return -1;
			}
		}
	}
	return 0;
}

/* The charts show what the first verdict speaks of. */
static void open_on_the_answer(struct rep_table *flows, const struct answer answer[static ABI_VMM_COUNT])
{
	unsigned i = 0;
	char values[96];

	while (i < ABI_VMM_COUNT && answer[i].c.n == 0)
		i++;
	if (i == ABI_VMM_COUNT)
		return;
	(void)snprintf(values, sizeof(values), "%s %s %u", abi_vmm_names[i], abi_flow_names[answer[i].c.flow], answer[i].c.n);
	rep_charts_open_on(flows, values);
}

static int flow_tables(const struct study *st, struct pool *pool, struct rep *r, struct err *e)
{
	struct tables t = { 0 };
	struct tasks l = { .st = st };
	int rc;

	t.flows = flow_table(r);
	t.locks = lock_table(r);
	t.slopes = slope_table(r);
	for (unsigned vmm = 0; vmm < ABI_VMM_COUNT; vmm++)
		for (unsigned f = 0; f < ABI_FLOW_COUNT; f++)
			for (size_t i = 0; is_asked(st, vmm, f) && i < st->n_n; i++)
				add_flow(&l, (enum abi_vmm)vmm, (enum abi_flow)f, st->n[i]);
	progress_begin(&l.bar, "flows", l.n);
	pool_run(pool, l.n, run_task, &l);
	progress_end(&l.bar);
	rc = fill_tables(st, &t, &l, e);
	if (rc == 0)
		answers(st, t.answer, r);
	open_on_the_answer(t.flows, t.answer);
	free(l.task);
	return rc;
}

/* The feature sets side by side, for the saving of the first VMM and flow asked for. */
static void set_table(const struct study *st, struct rep *r)
{
	static const struct rep_col cols[] = {
		{ "features", "", REP_STR, "", 0, false },
		{ "registers", "", REP_U64, "", 0, false }, { "shared", "of the VM or host", REP_U64, "", 0, false },
		{ "share", "share", REP_FIX, "%", 2, false },
		{ "calls_per_vcpu", "qemu save: calls per vCPU", REP_U64, "", 0, false },
		{ "slope_us", "each further vCPU", REP_FIX, "us", 3, false },
	};
	struct rep_table *t = rep_table(r, "features", "Feature sets", cols, 6);

	for (unsigned set = 0; set < ABI_SET_COUNT; set++) {
		struct abi_study s = st->s;
		struct err none = { 0 };
		struct abi_row row;

		s.features = abi_set_features((enum abi_set)set);
		if (abi_study_row(&s, ABI_VMM_QEMU, ABI_FLOW_SAVE, ABI_VARIANT_NONE, 2, &row, &none) != 0)
			continue; /* the host does not have them */
		rep_str(t, abi_set_names[set]);
		rep_u64(t, row.registers);
		rep_u64(t, row.shared);
		rep_fix(t, num_ratio(row.shared, 100000, row.registers));
		rep_u64(t, row.calls_per_vcpu);
		time_cell(t, st, row.slope, US);
	}
}

static void mask_row(const struct study *st, struct rep_table *t, const char *how, const struct abi_trial *tr,
		     const char *learns)
{
	uint64_t cycles = tr->gets * st->price.cycles[ABI_CALL_GET] + tr->sets * st->price.cycles[ABI_CALL_SET];

	rep_str(t, how);
	rep_u64(t, tr->gets + tr->sets);
	rep_u64(t, tr->failed);
	time_cell(t, st, cycles, US);
	rep_u64(t, tr->missed);
	rep_u64(t, tr->wrong);
	rep_u64(t, tr->side_effects);
	rep_str(t, learns);
}

static int trial(const struct study *st, enum abi_trial_how how, struct abi_trial *tr, struct err *e)
{
	struct uapi_vcpu_init init = { .target = UAPI_TARGET_GENERIC_V8, .features = { st->s.features } };
	struct abi_vm *vm = abi_vm_new(&st->host, NULL);
	long rc = abi_vm_ioctl(vm, abi_ioctl_number(UAPI_IOCTL_CREATE_VCPU), 0);

	if (rc == 0)
		rc = abi_vcpu_ioctl(vm->vcpu[0], abi_ioctl_number(UAPI_IOCTL_VCPU_INIT), (uint64_t)(uintptr_t)&init);
	if (rc == 0)
		rc = abi_trial(vm->vcpu[0], how, tr);
	abi_vm_free(vm);
	if (rc != 0)
		return err_set(e, ERR_MODEL, "trial of writable fields failed with %ld: the host does not have the features "
			       "of the vCPU", rc);
	return 0;
}

static int mask_table(const struct study *st, struct rep *r, struct err *e)
{
	static const struct rep_col cols[] = {
		{ "form", "how the VMM finds out", REP_STR, "", 0, false },
		{ "calls", "", REP_U64, "", 0, false }, { "failed", "", REP_U64, "", 0, false },
		{ "us", "time", REP_FIX, "us", 3, false },
		{ "missed", "writable bits missed", REP_U64, "", 0, false },
		{ "wrong", "fixed bits taken for writable", REP_U64, "", 0, false },
		{ "changed", "stored as something else", REP_U64, "", 0, false },
		{ "learns", "what it learns wrongly", REP_STR, "", 0, false },
	};
	struct rep_table *t = rep_table(r, "masks", "Writable masks of the ID registers, once per VM", cols, 8);
	struct abi_trial tr = { .gets = 2 }; /* capability, masks: priced as reads */

	mask_row(st, t, "KVM_ARM_GET_REG_WRITABLE_MASKS as merged", &tr,
		 "that a value of the mask is accepted: one above the host's is refused all the same");
	tr.gets = 1;
	mask_row(st, t, "as first posted (reserved[7], no capability)", &tr,
		 "the same; and which other ranges a later kernel has, only by trying reserved words");
	for (unsigned how = 0; how < ABI_TRIAL_COUNT; how++) {
		if (trial(st, (enum abi_trial_how)how, &tr, e) != 0)
			return -1;
		mask_row(st, t, abi_trial_name((enum abi_trial_how)how), &tr,
			 how == ABI_TRIAL_BIT ?
				 "that a field is fixed because this host has it at 0; bits of one field as if they were apart" :
				 "the same; a whole field is writable because one step down was");
	}
	rep_note(r, "trial runs before the first run and writes every accepted change back; after the first run each "
		 "write of another value is EBUSY and nothing can be learnt");
	return 0;
}

static void notes(const struct study *st, struct rep *r)
{
	char low[32], high[32];

	rep_note(r, "uncertainty: low and high are the time times %s and %s (abi.band_low, abi.band_high), one factor for every "
		    "variant: savings in percent do not change with it", three(st->o->band_low, low), three(st->o->band_high, high));
	rep_note(r, "calls are exact, from the functional model of Linux 6.12's ABI; times are instructions of "
		 "recorded kernels times the machine's cycles per instruction, which nobody has measured for it");
	rep_note(r, "saved: against the variant none; at most: all calls for registers that are per VM or per host, "
		 "made once; no scope proposal can save more");
	rep_note(r, "downtime: registers only, serial or parallel as the VMM does it; no memory, no devices, no "
		 "signalling");
	rep_note(r, "time under locks is ASSUMED (abi.hold_get, hold_set, hold_other); waiting follows from it");
	abi_report_vmms(st->o->vmms, st->n, st->n_n, r);
}

static int fill(struct study *st, const struct config *c, const char *vcpus, struct err *e)
{
	struct ws_prog *p;
	int rc;

	st->o = &c->abi;
	if (clk_init(&st->clk, "cpu", (uint64_t)c->machine.clock_hz, e) != 0 ||
	    abi_options_host(&c->abi, &st->host, e) != 0)
		return -1;
	if (st->host.kernel != ABI_KERNEL_DEFAULT)
		return err_set(e, ERR_CONFIG, "abi.kernel = %s: what the calls of other kernels than 6.12 do is not modelled, only "
			       "what they list; want --list or --compare with it", c->abi.kernel);
	if (abi_vcpus_parse(vcpus != NULL ? vcpus : c->abi.vcpus, st->n, &st->n_n, e) != 0)
		return -1;
	p = config_compile(c, false, e);
	if (p == NULL)
		return -1;
	rc = abi_price_fill(&c->path_profile, p, &c->abi, &st->price, e);
	ws_free(p);
	st->s = (struct abi_study){ &st->host, &st->price, abi_set_features((enum abi_set)c->abi.set),
				    (unsigned)c->abi.pcpus };
	return rc;
}

int abi_report_study(const struct config *c, const char *vcpus, struct pool *pool, struct rep *r, struct err *e)
{
	struct study st = { 0 };

	if (fill(&st, c, vcpus, e) != 0)
		return -1;
	rep_fact(r, "config", "configuration", "%s", c->path);
	rep_fact(r, "machine", "", "%s, %s", c->machine.name, calibration_name((enum calibration)c->machine.calibration));
	rep_fact(r, "profile", "path profile", "Linux %s, %s, %s", c->path_profile.kernel, c->path_profile.machine,
		 c->path_profile.mode);
	rep_fact(r, "host", "host of the ABI", "%s", abi_host_names[c->abi.host]);
	rep_fact(r, "features", "", "%s", abi_set_names[c->abi.set]);
	rep_fact_u64(r, "pcpus", "CPUs for vCPU threads", (uint64_t)c->abi.pcpus, "");
	rep_fact(r, "load_put", "vcpu_load around each ioctl", "%s", c->abi.load_put ? "yes" : "no");
	price_table(&st, r);
	if (flow_tables(&st, pool, r, e) != 0)
		return -1;
	set_table(&st, r);
	if (mask_table(&st, r, e) != 0)
		return -1;
	notes(&st, r);
	return 0;
}
