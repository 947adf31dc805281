// SPDX-License-Identifier: Apache-2.0
/*
 * Whole guests, instruction by instruction, beside qemu-system-aarch64: the same path, and the same registers before each instruction
 * but for what rows of lockstep.def let a guest read from time and implementation.
 *
 * QEMU leads: its vCPUs' order is taken, and so is the instruction before which an interrupt comes; here the interrupt must be pending
 * then, or its timer's deadline be the next thing that happens. Environment:
 *   EL2SIM_LOCKSTEP_INSNS  instructions of each guest at most
 *   EL2SIM_KUT             a folder with kvm-unit-tests' .flat files, which are compared, too
 *   EL2SIM_LOCKSTEP_ONLY   only guests whose name has this in it
 */
#include <check.h>
#include <libfdt.h>
#include <limits.h>

#include "tests/files.h"
#include "tests/lockstep_rows.h"
#include "tests/suite.h"
#include "tests/ws_fixture.h"

enum { INSNS = 200000, SHIFT = 10, TICKS = (1 << SHIFT) / 16, /* of an instruction: 62.5 MHz */
       CYCLES = 64, /* of a tick here: an instruction's one cycle is no tick */
       WITHHELD_MAX = 1000, TOLD_MAX = 8, MIB = 1 << 20 };

/* ---- guests ---- */

struct guest_row {
	const char *name, *machine;
	unsigned vcpus, memory; /* MiB */
	const char *append;
};

static const struct guest_row own[] = {
	{"mmu.elf", "cortex-a57", 1, 64, ""},       {"mmu.elf", "neoverse-n1", 1, 64, ""},
	{"debug.elf", "cortex-a57", 1, 64, ""},     {"debug.elf", "neoverse-n1", 1, 64, ""},
	{"exits.elf", "cortex-a57", 2, 64, ""},     {"exits.elf", "neoverse-n1", 2, 64, ""},
	{"kinds.elf", "cortex-a57", 2, 64, ""},     {"kinds.elf", "neoverse-n1", 2, 64, ""},
	{"alarm.elf", "cortex-a57", 1, 64, ""},
};

static const struct guest_row kut[] = {
	{"dummy.flat", "cortex-a57", 1, 32, ""},
	{"selftest.flat", "cortex-a57", 2, 256, "setup smp=2 mem=256"},
	{"selftest.flat", "cortex-a57", 1, 32, "vectors-kernel"},
	{"selftest.flat", "neoverse-n1", 1, 32, "vectors-kernel"},
	{"selftest.flat", "cortex-a57", 1, 32, "vectors-user"},
	{"selftest.flat", "cortex-a57", 4, 32, "smp"},
	{"gic.flat", "cortex-a57", 4, 32, "ipi"},
	{"gic.flat", "cortex-a57", 4, 32, "active"},
	{"gic.flat", "cortex-a57", 4, 32, "mmio"},
	{"psci.flat", "cortex-a57", 2, 32, ""},
	{"timer.flat", "cortex-a57", 1, 32, ""},
	{"pl031.flat", "cortex-a57", 1, 32, ""},
	{"cache.flat", "cortex-a57", 1, 32, ""},
	{"fpu.flat", "cortex-a57", 2, 32, ""},
	{"spinlock-test.flat", "cortex-a57", 4, 32, ""},
	{"sieve.flat", "cortex-a57", 1, 32, ""},
	{"debug.flat", "cortex-a57", 1, 32, "bp"},
	{"debug.flat", "cortex-a57", 1, 32, "wp"},
	{"debug.flat", "cortex-a57", 1, 32, "ss"},
	{"micro-bench.flat", "cortex-a57", 2, 32, ""},
};

/* ---- a run ---- */

struct lockstep {
	const struct guest_row *g;
	struct vm *vm;
	struct qemu q;
	struct fixture_machine machine;
	struct side side[8];
	uint64_t executed;  /* by QEMU */
	int64_t offset;     /* ticks of the clock here beyond that */
	uint64_t compared, uncompared, interrupts, jumps, resync[ROWS];
	unsigned withheld_most, differ;
	bool over;    /* here: powered off */
	unsigned by;  /* ... by this vCPU */
	uint64_t behind; /* QEMU's others go on until its main loop sees that */
	bool endless; /* exceptions without end */
	bool kicked;
	struct str what; /* why it differs */
};

static uint64_t now(const struct lockstep *l)
{
	return (uint64_t)((int64_t)(l->executed * TICKS) + l->offset) * CYCLES;
}

static void kicked(void *owner, unsigned vcpu)
{
	(void)vcpu;
	((struct lockstep *)owner)->kicked = true;
}

/* List registers and state agree again, on all vCPUs. */
static void settle(struct lockstep *l)
{
	for (unsigned i = 0; i < l->g->vcpus; i++)
		vm_leave(&l->vm->cpu[i]);
	for (unsigned i = 0; i < l->g->vcpus; i++)
		(void)vm_enter(&l->vm->cpu[i]);
	l->kicked = false;
}

static void fire(struct lockstep *l)
{
	bool any = l->kicked;

	for (unsigned i = 0; i < l->g->vcpus; i++)
		for (unsigned t = 0; t < GTIMERS; t++)
			if (vm_timer_next(&l->vm->cpu[i], (enum gtimer_id)t, now(l)) <= now(l)) {
				vm_timer_fires(&l->vm->cpu[i], (enum gtimer_id)t);
				any = true;
			}
	if (vm_alarm_next(l->vm) <= now(l)) {
		vm_alarm_fires(l->vm, now(l));
		any = true;
	}
	if (any)
		settle(l);
}

/* Time goes on to what happens next, for a vCPU that has nothing pending. */
static void jump(struct lockstep *l, unsigned cpu)
{
	uint64_t next = vm_alarm_next(l->vm);

	for (unsigned t = 0; t < GTIMERS; t++) {
		const uint64_t at = vm_timer_next(&l->vm->cpu[cpu], (enum gtimer_id)t, now(l));

		next = at < next ? at : next;
	}
	if (next == UINT64_MAX)
		return;
	if (next > now(l)) {
		l->offset += (int64_t)((next - now(l) + CYCLES - 1) / CYCLES);
		l->jumps++;
	}
	fire(l);
}

static bool could_interrupt(const struct a64 *c)
{
	return ((c->lines & A64_VIRQ) && !(c->ps.daif & 2)) || ((c->lines & A64_VFIQ) && !(c->ps.daif & 1));
}

static void count(struct lockstep *l, enum kind kind)
{
	for (unsigned i = 0; i < ROWS; i++)
		l->resync[i] += sync_rows[i].kind == kind;
}

/* What KVM does at an exit and QEMU does not. */
static void as_qemu(struct lockstep *l, struct vm_exit *x)
{
	if (x->ask == VM_SMC) {
		x->ask = VM_OTHER; /* UNDEFINED */
		count(l, SMC);
	}
	for (unsigned i = 0; i < ROWS && x->ask == VM_SYSREG; i++)
		if (sync_rows[i].effect == SKIP && is_register(&sync_rows[i], x->op)) {
			x->ask = VM_WFI; /* executed */
			l->resync[i]++;
		}
}

/* Was an exception taken instead of an instruction (breakpoint, software step, PSTATE.IL, BTI)? The vector's first one follows at once. */
static bool instead(const struct a64 *c)
{
	const unsigned ec = (unsigned)(c->exit.esr >> 26);

	return (ec >= 0x30 && ec <= 0x33) || ec == 0x0e || ec == 0x0d;
}

/* Executes an instruction of a vCPU, with an interrupt before it or not. False: it cannot. */
static bool step(struct lockstep *l, unsigned n, bool interrupt)
{
	static const uint64_t routed = 3 << 3; /* HCR_EL2.FMO, IMO */
	struct vm_cpu *c = &l->vm->cpu[n];
	struct side *s = &l->side[n];

	s->prev = c->core->pc;
	memmove(s->path + 1, s->path, sizeof(s->path) - sizeof(s->path[0]));
	s->path[0] = c->core->pc;
	s->exited = false;
	fire(l);
	for (bool done = false;;) {
		enum vm_stop stop;
		enum vm_ask ask;

		if (!interrupt)
			c->core->reg[A64_R_HCR_EL2] &= ~routed;
		c->core->exit.esr = 0;
		stop = vm_run(c, now(l), 1);
		c->core->reg[A64_R_HCR_EL2] |= routed;
		s->ahead |= instead(c->core);
		if (stop == VM_DEAD) {
			str_addf(&l->what, "the vCPU stops here: %s", l->vm->dead.text);
			return false;
		}
		if (stop != VM_EXIT) {
			done |= c->ran != 0; /* or an abort of a fetch */
			if (done && !c->core->stop_asked) /* else an exit hangs on it */
				return true;
			continue;
		}
		ask = c->exit.ask;
		s->exit = c->exit;
		as_qemu(l, &c->exit);
		s->exited = ask != VM_FAULT && ask != VM_FP && ask != VM_PAUTH && ask != VM_MAINTENANCE;
		if (vm_complete(c, now(l)) == VM_SHUTDOWN) {
			l->over = true;
			l->by = n;
		}
		settle(l);
		if (s->exited || ask == VM_MAINTENANCE)
			return true;
	}
}

/* ---- comparing ---- */

static void take(struct a64 *c, const struct qemu_entry *e, uint64_t which)
{
	for (unsigned i = 0; i < 31; i++)
		if (which >> i & 1)
			c->x[i] = e->x[i];
	if (which >> D_FLAGS & 1)
		c->nzcv = e->pstate >> 28 & 15;
}

/* What differs is taken where rows allow it; the rest is returned. */
static uint64_t resync(struct lockstep *l, const struct qemu_entry *e, uint64_t d)
{
	struct a64 *c = l->vm->cpu[e->cpu].core;
	const struct side *s = &l->side[e->cpu];
	const uint32_t word = last_word(c, s);

	for (unsigned i = 0; i < ROWS && d != 0; i++) {
		const uint64_t which = allowed(&sync_rows[i], s, word, (unsigned)(c->reg[A64_R_ESR_EL1] >> 26)) & d;

		if (which == 0)
			continue;
		if (sync_rows[i].effect == CLOCK)
			for (unsigned x = 0; x < 31; x++)
				if (which >> x & 1)
					l->offset += (int64_t)(e->x[x] - c->x[x]);
		take(c, e, which);
		l->resync[i]++;
		d &= ~which;
	}
	return d;
}

static void tell(struct lockstep *l, const struct qemu_entry *e, uint64_t d)
{
	const struct vm_cpu *c = &l->vm->cpu[e->cpu];
	const struct side *s = &l->side[e->cpu];
	const uint32_t word = last_word(c->core, s);
	struct a64_op op;

	(void)a64_decode(word, c->core->feats, &op);
	str_addf(&l->what, "vCPU %u differs after %" PRIu64 " instructions, behind ", e->cpu, l->compared);
	vm_where(l->vm, s->prev, &l->what);
	str_addf(&l->what, " (0x%" PRIx64 "), word 0x%08" PRIx32 " %s", s->prev, word, a64_insn_name((enum a64_insn)op.insn));
	if (s->exited)
		str_addf(&l->what, ", an exit to 0x%" PRIx64 " function 0x%" PRIx64, s->exit.ipa, s->exit.function);
	str_add(&l->what, "\n");
	for (unsigned i = 0; i < 31; i++)
		if (d >> i & 1)
			str_addf(&l->what, "  x%u is %016" PRIx64 ", QEMU's %016" PRIx64 "\n", i, c->core->x[i], e->x[i]);
	if (d >> D_SP & 1)
		str_addf(&l->what, "  sp is %016" PRIx64 ", QEMU's %016" PRIx64 "\n", c->core->x[A64_SP], e->sp);
	if (d >> D_PC & 1)
		str_addf(&l->what, "  pc is %016" PRIx64 ", QEMU's %016" PRIx64 "\n", c->core->pc, e->pc);
	if (d >> D_PSTATE & 3)
		str_addf(&l->what, "  PSTATE is %08" PRIx64 ", QEMU's %08" PRIx64 "\n", a64_spsr(c->core), e->pstate);
	for (unsigned i = 0; i < 32 && (d >> D_V & 1); i++)
		if (memcmp(c->core->v[i], e->v[i], 16) != 0)
			str_addf(&l->what, "  v%u is %016" PRIx64 "_%016" PRIx64 ", QEMU's %016" PRIx64 "_%016" PRIx64 "\n", i, c->core->v[i][1],
				 c->core->v[i][0], e->v[i][1], e->v[i][0]);
	if (d >> D_FPCR & 3)
		str_addf(&l->what, "  FPCR, FPSR are %" PRIx64 ", %" PRIx64 ", QEMU's %" PRIx64 ", %" PRIx64 "\n", c->core->reg[A64_R_FPCR],
			 c->core->reg[A64_R_FPSR], e->fpcr, e->fpsr);
	str_add(&l->what, "  path:");
	for (unsigned i = 0; i < PATH; i++)
		str_addf(&l->what, " %" PRIx64, s->path[i]);
	str_add(&l->what, "\n");
}

/* ---- an entry ---- */

/* The first one of a vCPU: registers after reset are UNKNOWN, but for what a boot loader, or PSCI, puts there. */
static void begin(struct lockstep *l, const struct qemu_entry *e)
{
	struct a64 *c = l->vm->cpu[e->cpu].core;

	l->side[e->cpu].seen = true;
	if (e->cpu == 0)
		take(c, e, INT32_MAX);
	take(c, e, (uint64_t)1 << D_FLAGS);
	count(l, RESET);
}

/* QEMU takes an exception that no instruction of its own made. */
static bool taken(struct lockstep *l, const struct qemu_taken *t)
{
	struct vm_cpu *c = &l->vm->cpu[t->cpu];
	struct side *s = &l->side[t->cpu];

	switch (t->number) {
	case QEMU_IRQ:
	case QEMU_FIQ:
		fire(l);
		if (!could_interrupt(c->core))
			jump(l, t->cpu);
		if (!could_interrupt(c->core)) {
			str_addf(&l->what, "vCPU %u: QEMU takes an interrupt at 0x%" PRIx64 ", but none is pending here, and no timer runs", t->cpu,
				 c->core->pc);
			return false;
		}
		l->interrupts++;
		s->withheld = 0;
		s->ahead = true;
		return step(l, t->cpu, true);
	case QEMU_PREFETCH_ABORT: /* of an instruction that has no entry; an odd address has one */
		return t->ec == 0x22 || step(l, t->cpu, false);
	default: /* a breakpoint, a step: taken here before the next instruction, perhaps that of the entry */
		if (masked_step(c->core, s, t->ec)) {
			count(l, STEP);
			return true;
		}
		return t->ec < 0x30 || t->ec > 0x33 || s->ahead || step(l, t->cpu, false);
	}
}

static bool same_entry(const struct qemu_entry *a, const struct qemu_entry *b)
{
	return a->pc == b->pc && memcmp(a->x, b->x, sizeof(a->x)) == 0 && a->sp == b->sp && a->pstate == b->pstate;
}

static bool all_taken(struct lockstep *l, const struct qemu_entry *e)
{
	for (unsigned i = 0; i < e->n_taken; i++) {
		if (!taken(l, &e->taken[i]))
			return false;
		l->side[e->taken[i].cpu].excepted = true;
	}
	return true;
}

/* False: the run is over; l->what says why, or is empty. */
static bool entry(struct lockstep *l, const struct qemu_entry *e)
{
	struct side *s = &l->side[e->cpu];
	struct a64 *c;
	uint64_t insns;

	if (e->cpu >= l->g->vcpus || l->vm->cpu[e->cpu].power != VM_ON) {
		str_addf(&l->what, "QEMU runs vCPU %u, which is off here", e->cpu);
		return false;
	}
	c = l->vm->cpu[e->cpu].core;
	if (!s->seen)
		begin(l, e);
	if (s->ahead) {
		l->uncompared++;
		s->ahead = e->stopped;
	} else {
		uint64_t d = differs(c, e);

		if (d != 0 && same_entry(&s->last, e) && s->again++ < 2)
			return all_taken(l, e);
		s->again = 0;
		s->last = *e;
		if (d != 0)
			d = resync(l, e, d);
		if (d != 0) {
			tell(l, e, d);
			if (++l->differ == TOLD_MAX || (d >> D_SP & ~((uint64_t)1 << (D_FLAGS - D_SP))) != 0)
				return false;
			take(c, e, d); /* and what else differs? */
		}
		s->excepted = false;
		l->compared++;
		if (s->exited && s->exit.ask == VM_WFI && !vm_pending(&l->vm->cpu[e->cpu]))
			jump(l, e->cpu);
		s->withheld = could_interrupt(c) ? s->withheld + 1 : 0;
		l->withheld_most = s->withheld > l->withheld_most ? s->withheld : l->withheld_most;
		if (s->withheld > WITHHELD_MAX) {
			str_addf(&l->what, "vCPU %u: an interrupt could be taken here for %u instructions, and QEMU takes none", e->cpu, s->withheld);
			return false;
		}
		if (!e->stopped && !step(l, e->cpu, false))
			return false;
	}
	l->executed += !e->stopped;
	insns = c->counts.insns;
	if (!all_taken(l, e))
		return false;
	l->endless = e->endless;
	if (l->endless && c->counts.insns != insns)
		str_addf(&l->what, "vCPU %u: QEMU takes exceptions without end behind 0x%" PRIx64 ", and instructions are executed here\n", e->cpu,
			 e->pc);
	return !l->endless;
}

/* ---- a guest ---- */

static const char *single; /* qemu_single */

static uint64_t most(void)
{
	const char *text = getenv("EL2SIM_LOCKSTEP_INSNS");

	return text != NULL ? strtoull(text, NULL, 10) : INSNS;
}

static void make(struct lockstep *l, const char *path)
{
	char file[PATH_MAX];
	struct vm_config c = {.image = path, .append = l->g->append, .memory = (uint64_t)l->g->memory * MIB, .vcpus = l->g->vcpus,
			      .counter_hz = 62500000, .uart = VM_PL011};
	struct err e = {0};

	(void)snprintf(file, sizeof(file), EL2SIM_SOURCE_DIR "/configs/machine/%s.ini", l->g->machine);
	fixture_machine_from(&l->machine, file, NULL);
	for (unsigned i = 0; i < INSNCOST_COUNT; i++)
		l->machine.m.insn[i] = 1;
	l->machine.m.clock_hz = (int64_t)(c.counter_hz * CYCLES);
	c.machine = &l->machine.m;
	l->vm = vm_new(&c, &e);
	ck_assert_msg(l->vm != NULL, "%s", e.text);
	l->vm->kick = kicked;
	l->vm->owner = l;
}

static void start(struct lockstep *l, const char *path)
{
	struct str words = STR_INIT;
	char *memory = scratch("lockstep-ram");

	str_addf(&words, "qemu-system-aarch64 -nodefaults -M virt,gic-version=3,its=off,dtb-randomness=off,memory-backend=ram "
		 "-object memory-backend-file,id=ram,size=%uM,mem-path=%s,share=on -cpu %s,pmu=off -smp %u -m %u -display none -monitor stdio "
		 "-serial null -S -no-reboot -rtc base=2023-11-14T22:13:20,clock=vm -icount shift=%d,sleep=off %s -d exec,cpu,fpu,nochain,int "
		 "-kernel %s", l->g->memory, memory, l->g->machine, l->g->vcpus, l->g->memory, SHIFT, single, path);
	ck_assert_msg(qemu_start(&l->q, str_get(&words), l->g->append, memory, (uint64_t)l->g->memory * MIB), "%s does not start",
		      str_get(&words));
	str_free(&words);
	free(memory);
}

/* The device tree of QEMU is a MiB long and has 32 empty virtio slots: kvm-unit-tests read it for some million instructions. */
static void shorten_tree(struct lockstep *l)
{
	for (uint64_t at = 0; at < l->q.memory; at += VM_PAGE) {
		void *tree = l->q.ram + at;
		int node;

		if (fdt_magic(tree) != FDT_MAGIC || fdt_check_header(tree) != 0 || fdt_totalsize(tree) > l->q.memory - at)
			continue;
		while ((node = fdt_node_offset_by_compatible(tree, -1, "virtio,mmio")) >= 0)
			ck_assert_int_eq(fdt_del_node(tree, node), 0);
		ck_assert_int_eq(fdt_pack(tree), 0);
	}
}

/* Memory as QEMU has it before the first instruction: the image is at the same place, and the device tree is QEMU's. */
static void load(struct lockstep *l)
{
	const struct image *im = &l->vm->image;

	shorten_tree(l);

	for (size_t i = 0; i < im->n_segments; i++) {
		const uint64_t at = im->segment[i].at - VM_RAM_BASE;

		ck_assert_msg(memcmp(l->vm->ram + at, l->q.ram + at, im->segment[i].file) == 0, "segment %zu is not where QEMU has it", i);
	}
	memcpy(l->vm->ram, l->q.ram, l->q.memory);
}

/* Bytes of memory that are others than QEMU's, after both powered off. */
static uint64_t memory_differs(const struct lockstep *l)
{
	uint64_t n = 0;

	for (uint64_t at = 0; at < l->q.memory; at += VM_PAGE)
		if (memcmp(l->vm->ram + at, l->q.ram + at, VM_PAGE) != 0)
			for (uint64_t i = at; i < at + VM_PAGE; i++)
				n += l->vm->ram[i] != l->q.ram[i];
	return n;
}

static void say(const struct lockstep *l)
{
	uint64_t sum = 0;

	printf("%s%s%s, %s, %u vCPU%s: %" PRIu64 " instructions compared, %s\n", l->g->name, l->g->append[0] != '\0' ? " " : "", l->g->append,
	       l->g->machine, l->g->vcpus, l->g->vcpus == 1 ? "" : "s", l->compared,
	       l->what.len != 0 ? "DIFFERS" : l->over ? "powered off together" :
	       l->endless ? "then exceptions without end on both" : "all that were asked for");
	printf("  %" PRIu64 " interrupts taken at QEMU's instruction (%" PRIu64 " instructions not compared; withheld at most %u); the clock "
	       "went on to a deadline %" PRIu64 " times\n", l->interrupts, l->uncompared, l->withheld_most, l->jumps);
	for (unsigned i = 0; i < ROWS; i++)
		sum += l->resync[i];
	printf("  taken from QEMU: %" PRIu64 "\n", sum);
	for (unsigned i = 0; i < ROWS; i++)
		if (l->resync[i] != 0)
			printf("    %-32s %" PRIu64 "\n", sync_rows[i].name, l->resync[i]);
	if (l->over && l->behind != 0)
		printf("  instructions that QEMU's other vCPUs execute before it stops them: %" PRIu64 "\n", l->behind);
	else if (l->over && l->what.len == 0)
		printf("  bytes of memory that differ in the end: %" PRIu64 "\n", memory_differs(l));
	if (l->what.len != 0)
		printf("%s\n", str_get(&l->what));
	(void)fflush(stdout);
}

/* Returns whether the guest went the same way. */
static bool compare(const struct guest_row *g, const char *folder)
{
	struct lockstep l = {.g = g};
	const char *only = getenv("EL2SIM_LOCKSTEP_ONLY");
	char path[PATH_MAX];
	struct qemu_entry e;
	const uint64_t end = most();
	bool same, began = false;

	(void)snprintf(path, sizeof(path), "%s %s %s", g->name, g->append, g->machine);
	if (only != NULL && strstr(path, only) == NULL)
		return true;
	(void)snprintf(path, sizeof(path), "%s/%s", folder, g->name);
	make(&l, path);
	start(&l, path);
	load(&l);
	settle(&l);
	qemu_go(&l.q);
	while (!l.over && l.compared < end && qemu_next(&l.q, &e)) {
		began |= e.pc == l.vm->image.entry;
		if (began && !entry(&l, &e)) /* before: QEMU's boot loader */
			break;
	}
	while (l.what.len == 0 && l.over && qemu_next(&l.q, &e)) {
		l.behind++;
		if (e.cpu == l.by)
			str_addf(&l.what, "powered off here by vCPU %u, which goes on in QEMU\n", l.by);
	}
	if (l.what.len == 0 && !l.over && !l.endless && l.compared < end)
		str_add(&l.what, "QEMU ended, and the guest goes on here\n");
	say(&l);
	same = l.what.len == 0 && l.compared > 0;
	qemu_end(&l.q);
	vm_free(l.vm);
	opt_free(l.machine.set);
	str_free(&l.what);
	return same;
}

START_TEST(a_guest_goes_the_way_that_it_goes_on_qemu)
{
	ck_assert_msg(compare(&own[_i], EL2SIM_A64_GUESTS), "%s on %s differs", own[_i].name, own[_i].machine);
}
END_TEST

START_TEST(a_kvm_unit_test_goes_the_way_that_it_goes_on_qemu)
{
	ck_assert_msg(compare(&kut[_i], getenv("EL2SIM_KUT")), "%s %s on %s differs", kut[_i].name, kut[_i].append, kut[_i].machine);
}
END_TEST

int main(void)
{
	Suite *s;
	TCase *t;

	single = qemu_single();
	if (EL2SIM_A64_GUESTS[0] == '\0' || single == NULL) {
		puts("skipped: no aarch64-linux-gnu-gcc, or no qemu-system-aarch64 (packages gcc-aarch64-linux-gnu, qemu-system-arm)");
		return 77;
	}
	s = suite_create("lockstep");
	t = tcase_create("own guests");
	tcase_add_loop_test(t, a_guest_goes_the_way_that_it_goes_on_qemu, 0, (int)(sizeof(own) / sizeof(own[0])));
	suite_add_tcase(s, t);
	if (getenv("EL2SIM_KUT") != NULL) {
		t = tcase_create("kvm-unit-tests");
		tcase_add_loop_test(t, a_kvm_unit_test_goes_the_way_that_it_goes_on_qemu, 0, (int)(sizeof(kut) / sizeof(kut[0])));
		suite_add_tcase(s, t);
	}
	return suite_status(s);
}
