// SPDX-License-Identifier: Apache-2.0
/*
 * PID 1 of the machine that is recorded: a VMM without a library. It makes a VM for each configuration that it is told, has its guest,
 * or does itself, what each row of kinds.def says, marks what is to be recorded, and powers off. What goes wrong is a line on
 * the console that begins with "el2sim:".
 *
 * Arguments, in hexadecimal: configurations (bit 0 plain, 1 with a PMU, 2 full), kinds (bit per enum record_kind).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <asm/unistd.h>
#include <linux/kvm.h>

#include "sim/record/target/record.h"

typedef uint64_t u64;
typedef uint32_t u32;

#define SYS_getppid     __NR_getppid
#define SYS_sched_yield __NR_sched_yield

/* --- system calls ----------------------------------------------------------------------------- */

static inline long call6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory", "cc");
	return x0;
}

#define sys_call0(nr)                call6(nr, 0, 0, 0, 0, 0, 0)
#define sys_call2(nr, a, b)          call6(nr, (long)(a), (long)(b), 0, 0, 0, 0)
#define sys_call3(nr, a, b, c)       call6(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define sys_call4(nr, a, b, c, d)    call6(nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define sys_call5(nr, a, b, c, d, e) call6(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define sys_ioctl(fd, request, arg)  sys_call3(__NR_ioctl, fd, request, arg)

enum { AT_CWD = -100, O_RDWR_ = 2, O_CLOEXEC_ = 02000000, PROT_RW = 3, MAP_SHARED_ = 1, MAP_PRIVATE_ = 2, MAP_FIXED_ = 16, MAP_ANON_ = 32,
       MADV_NOHUGEPAGE_ = 15, POLICY_OTHER = 0, POLICY_FIFO = 1, CLONE_THREAD_OF_US = 0x50f00 };

void *memset(void *to, int c, size_t n);
void *memcpy(void *to, const void *from, size_t n);

void *memset(void *to, int c, size_t n)
{
	for (volatile unsigned char *p = to; n-- != 0; p++)
		*p = (unsigned char)c;
	return to;
}

void *memcpy(void *to, const void *from, size_t n)
{
	volatile unsigned char *p = to;
	const unsigned char *q = from;

	while (n-- != 0)
		*p++ = *q++;
	return to;
}

/* --- what is told ----------------------------------------------------------------------------- */

/* mark_of[] is code: the mark of a value that is only known when it runs. */
#define MARKS_OF(type)                                                                                                         \
	__asm__(".text\n\t.balign 8\nmark_" #type ":\n\t.set n, 0\n\t.rept 256\n\t.inst 0xd280001f | (((" #type " << 12) | n) << 5)\n\tret\n\t" \
		".set n, n + 1\n\t.endr\n")
MARKS_OF(2);
MARKS_OF(3);
MARKS_OF(6);
extern char mark_2[], mark_3[], mark_6[];
#define MARK_VALUE(table, value) (((void (*)(void))((table) + 8 * (u64)(value)))())
#define MARK(type, value)        __asm__ volatile(".inst %c0" ::"i"(RECORD_MARK(type, value)) : "memory")

static int console = -1;

static void put(const char *s)
{
	size_t n = 0;

	while (s[n] != '\0')
		n++;
	(void)sys_call3(__NR_write, console, s, n);
}

static void put_number(long v)
{
	char text[24], *p = text + sizeof(text) - 1;
	u64 left = v < 0 ? (u64)-v : (u64)v;

	*p = '\0';
	do
		*--p = (char)('0' + left % 10);
	while ((left /= 10) != 0);
	if (v < 0)
		*--p = '-';
	put(p);
}

static void power_off(void)
{
	(void)sys_call0(__NR_sync);
	(void)sys_call4(__NR_reboot, 0xfee1dead, 672274793, 0x4321fedc, 0);
	for (;;)
		;
}

static const char *doing = "the start";

/* Nothing is recorded any more: what went wrong, and the value that tells it. */
static __attribute__((noreturn)) void fail(const char *what, long value)
{
	put("\nel2sim: ");
	put(doing);
	put(": ");
	put(what);
	put(": ");
	put_number(value);
	put("\n");
	power_off();
	__builtin_unreachable();
}

static long must(long value, const char *what)
{
	if (value < 0)
		fail(what, value);
	return value;
}

/* --- threads ---------------------------------------------------------------------------------- */

/* As a C library does, which today's VMMs have: restartable sequences, whose bookkeeping every schedule pays for. */
struct rseq_area {
	u32 words[8];
} __attribute__((aligned(32)));

static struct rseq_area main_rseq, other_rseq;

static void thread_setup(struct rseq_area *area, int policy, int priority)
{
	u64 cpu = 1;

	(void)sys_call4(__NR_rseq, area, sizeof(*area), 0, 0xd428bc00);
	(void)sys_call3(__NR_sched_setaffinity, 0, sizeof(cpu), &cpu);
	if (policy != POLICY_OTHER)
		(void)must(sys_call3(__NR_sched_setscheduler, 0, policy, &priority), "sched_setscheduler");
}

static unsigned char other_stack[8192] __attribute__((aligned(16)));
static volatile u32 other_goes, other_ended;
static void (*other_does)(void);

static void sleep_ns(u64 ns)
{
	const u64 time[2] = { ns / 1000000000, ns % 1000000000 };

	(void)sys_call4(__NR_clock_nanosleep, 0, 0, time, 0);
}

static void __attribute__((used)) other_main(void)
{
	thread_setup(&other_rseq, POLICY_OTHER, 0);
	other_does();
	(void)sys_call4(__NR_rseq, &other_rseq, sizeof(other_rseq), 1, 0xd428bc00);
	other_ended = 1;
	(void)sys_call2(__NR_exit, 0, 0);
}

static void other_start(void (*does)(void))
{
	register long x8 __asm__("x8") = __NR_clone, x0 __asm__("x0") = CLONE_THREAD_OF_US;
	register long x1 __asm__("x1") = (long)(other_stack + sizeof(other_stack)), x2 __asm__("x2") = 0, x3 __asm__("x3") = 0;
	register long x4 __asm__("x4") = 0;

	other_does = does;
	other_goes = 1;
	other_ended = 0;
	__asm__ volatile("svc #0\n\tcbnz x0, 1f\n\tbl other_main\n1:"
			 : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory", "cc", "x30");
	(void)must(x0, "clone");
	sleep_ns(10000000);
}

static void other_stop(void)
{
	other_goes = 0;
	while (!other_ended)
		sleep_ns(1000000);
	sleep_ns(1000000);
}

static void yielding(void)
{
	while (other_goes)
		(void)sys_call0(__NR_sched_yield);
}

static void preempting(void)
{
	int priority = 10;

	(void)must(sys_call3(__NR_sched_setscheduler, 0, POLICY_FIFO, &priority), "sched_setscheduler");
	while (other_goes)
		sleep_ns(500000);
}

/* --- a VM ------------------------------------------------------------------------------------- */

enum { LIST_MAX = 1024, MAPPINGS = 20 };
enum needs { ANY, PMU, PTRAUTH, SVE };

struct vm {
	int kvm, vm, vcpu, second, gic, event;
	unsigned has; /* bit per enum needs */
	unsigned far; /* timers that are */
	struct kvm_run *run;
	unsigned char *memory;
	struct kvm_one_reg reg;
	struct {
		u64 n, reg[LIST_MAX];
	} list;
};

static struct vm the_vm;
static unsigned char reg_value[LIST_MAX][256] __attribute__((aligned(64))); /* 256: an SVE register of 2048 bits */
extern char guest_image[], guest_image_end[];
void guest_start(void);

enum { MEMORY = RECORD_GUEST_END - RECORD_GUEST_AT };
#define MEMORY_AT 0x100000000

static void set_line(const struct vm *v, u32 level)
{
	struct kvm_irq_level line = { .irq = KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT | RECORD_SPI, .level = level };

	(void)must(sys_ioctl(v->vm, KVM_IRQ_LINE, &line), "KVM_IRQ_LINE");
}

static void guest_debug(const struct vm *v, u32 control)
{
	static struct kvm_guest_debug debug;

	debug.control = control;
	(void)sys_ioctl(v->vcpu, KVM_SET_GUEST_DEBUG, &debug);
}

static void choose(struct vm *v, u64 i)
{
	v->reg.id = v->list.reg[i];
	v->reg.addr = (u64)reg_value[i];
}

static void all_regs(struct vm *v, unsigned long request)
{
	for (u64 i = 0; i < v->list.n; i++) {
		choose(v, i);
		(void)sys_ioctl(v->vcpu, request, &v->reg);
	}
}

static void fetch(struct vm *v, u64 i)
{
	choose(v, i);
	(void)sys_ioctl(v->vcpu, KVM_GET_ONE_REG, &v->reg);
}

static void slot(const struct vm *v, u32 number, u32 flags, u64 at, u64 size)
{
	struct kvm_userspace_memory_region region = { .slot = number, .flags = flags, .guest_phys_addr = at, .memory_size = size,
						      .userspace_addr = (u64)v->memory + (at - RECORD_GUEST_AT) };

	(void)must(sys_ioctl(v->vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
}

static void device_attr(int fd, u32 group, u64 attr, const void *value, const char *what)
{
	struct kvm_device_attr a = { .group = group, .attr = attr, .addr = (u64)value };

	(void)must(sys_ioctl(fd, KVM_SET_DEVICE_ATTR, &a), what);
}

static void make_gic(struct vm *v)
{
	struct kvm_create_device d = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };
	u64 gicd = RECORD_GICD_AT, gicr = RECORD_GICR_AT;

	(void)must(sys_ioctl(v->vm, KVM_CREATE_DEVICE, &d), "no virtual GICv3: KVM_CREATE_DEVICE");
	v->gic = (int)d.fd;
	device_attr(v->gic, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, &gicd, "address of the GICD");
	device_attr(v->gic, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST, &gicr, "address of the GICR");
}

static bool has_cap(const struct vm *v, u32 cap)
{
	return sys_ioctl(v->vm, KVM_CHECK_EXTENSION, cap) > 0;
}

static void make_vcpu(struct vm *v, unsigned cfg)
{
	struct kvm_vcpu_init init = { 0 };
	int irq = 23;

	(void)must(sys_ioctl(v->vm, KVM_ARM_PREFERRED_TARGET, &init), "KVM_ARM_PREFERRED_TARGET");
	init.features[0] = 1u << KVM_ARM_VCPU_PSCI_0_2;
	v->has = 1u << ANY;
	if (cfg >= 1 && has_cap(v, KVM_CAP_ARM_PMU_V3)) {
		init.features[0] |= 1u << KVM_ARM_VCPU_PMU_V3;
		v->has |= 1u << PMU;
	}
	if (cfg >= 2 && has_cap(v, KVM_CAP_ARM_PTRAUTH_ADDRESS) && has_cap(v, KVM_CAP_ARM_PTRAUTH_GENERIC)) {
		init.features[0] |= 1u << KVM_ARM_VCPU_PTRAUTH_ADDRESS | 1u << KVM_ARM_VCPU_PTRAUTH_GENERIC;
		v->has |= 1u << PTRAUTH;
	}
	if (cfg >= 2 && has_cap(v, KVM_CAP_ARM_SVE)) {
		init.features[0] |= 1u << KVM_ARM_VCPU_SVE;
		v->has |= 1u << SVE;
	}
	v->vcpu = (int)must(sys_ioctl(v->vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
	(void)must(sys_ioctl(v->vcpu, KVM_ARM_VCPU_INIT, &init), "KVM_ARM_VCPU_INIT");
	/* one more, which never runs: a VM with one vCPU is a special case of some of KVM's code */
	v->second = (int)must(sys_ioctl(v->vm, KVM_CREATE_VCPU, 1), "KVM_CREATE_VCPU");
	(void)must(sys_ioctl(v->second, KVM_ARM_VCPU_INIT, &init), "KVM_ARM_VCPU_INIT");
	for (unsigned i = 0; i < 2 && (v->has >> SVE & 1); i++) {
		int feature = KVM_ARM_VCPU_SVE;

		(void)must(sys_ioctl(i == 0 ? v->vcpu : v->second, KVM_ARM_VCPU_FINALIZE, &feature), "KVM_ARM_VCPU_FINALIZE");
	}
	device_attr(v->gic, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL, "the GIC's initialization");
	for (unsigned i = 0; i < 2 && (v->has >> PMU & 1); i++) {
		int vcpu = i == 0 ? v->vcpu : v->second;

		device_attr(vcpu, KVM_ARM_VCPU_PMU_V3_CTRL, KVM_ARM_VCPU_PMU_V3_IRQ, &irq, "the PMU's interrupt");
		device_attr(vcpu, KVM_ARM_VCPU_PMU_V3_CTRL, KVM_ARM_VCPU_PMU_V3_INIT, NULL, "the PMU's initialization");
	}
}

static void set_reg(const struct vm *v, u64 id, u64 value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (u64)&value };

	(void)must(sys_ioctl(v->vcpu, KVM_SET_ONE_REG, &reg), "KVM_SET_ONE_REG");
}

#define CORE_REG(field) (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(field))

static void make_vm(struct vm *v, unsigned cfg)
{
	struct kvm_enable_cap no_polling = { .cap = KVM_CAP_HALT_POLL };
	struct kvm_ioeventfd event = { .addr = RECORD_DEVICE_AT + RECORD_DEVICE_EVENT, .len = 4 };
	long size = must(sys_ioctl(v->kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");

	v->vm = (int)must(sys_ioctl(v->kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	(void)sys_ioctl(v->vm, KVM_ENABLE_CAP, &no_polling);
	/* where its pages are could be mapped by blocks, were they such in the host */
	v->memory = (unsigned char *)must(call6(__NR_mmap, MEMORY_AT, MEMORY, PROT_RW, MAP_PRIVATE_ | MAP_ANON_ | MAP_FIXED_, -1, 0), "mmap");
	(void)sys_call3(__NR_madvise, v->memory, MEMORY, MADV_NOHUGEPAGE_);
	memcpy(v->memory, guest_image, (size_t)(guest_image_end - guest_image));
	make_gic(v);
	make_vcpu(v, cfg);
	v->run = (struct kvm_run *)must(call6(__NR_mmap, 0, size, PROT_RW, MAP_SHARED_, v->vcpu, 0), "mmap of the vCPU");
	slot(v, 0, 0, RECORD_GUEST_AT, RECORD_LOGGED_AT - RECORD_GUEST_AT);
	slot(v, 1, 0, RECORD_LOGGED_AT, RECORD_TURNS * RECORD_PAGE);
	v->event = (int)must(sys_call2(__NR_eventfd2, 0, 0), "eventfd2");
	event.fd = v->event;
	(void)must(sys_ioctl(v->vm, KVM_IOEVENTFD, &event), "KVM_IOEVENTFD");
	set_reg(v, CORE_REG(regs.pc), (u64)guest_start);
	set_reg(v, CORE_REG(regs.pstate), 0x3c5); /* EL1h, all masked */
	v->list.n = LIST_MAX;
	(void)must(sys_ioctl(v->vcpu, KVM_GET_REG_LIST, &v->list), "KVM_GET_REG_LIST");
}

static void end_vm(struct vm *v)
{
	const int fds[] = { v->event, v->vcpu, v->second, v->gic, v->vm };

	(void)sys_call2(__NR_munmap, v->run, must(sys_ioctl(v->kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE"));
	for (unsigned i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		(void)sys_call2(__NR_close, fds[i], 0);
	(void)sys_call2(__NR_munmap, v->memory, MEMORY);
}

/* The vCPU runs until its guest asks what is next; it is told then, or when it ran last. */
static void run_guest(struct vm *v, u32 next)
{
	struct kvm_run *r = v->run;

	r->immediate_exit = 0;
	__builtin_memcpy(r->mmio.data, &next, sizeof(next));
	for (;;) {
		long rc = sys_ioctl(v->vcpu, KVM_RUN, 0);

		if (rc < 0)
			fail("KVM_RUN", rc);
		if (r->exit_reason != KVM_EXIT_MMIO)
			fail("the vCPU exits for another reason than its device", (long)r->exit_reason);
		switch (r->mmio.phys_addr - RECORD_DEVICE_AT) {
		case RECORD_DEVICE_PLAIN: *(u64 *)r->mmio.data = 0; break;
		case RECORD_DEVICE_NEXT: return;
		case RECORD_DEVICE_RAISE: set_line(v, 1); break;
		case RECORD_DEVICE_LOWER: set_line(v, 0); break;
		case RECORD_DEVICE_FAULT: fail("an exception in the guest: ESR_EL1", (long)*(u32 *)r->mmio.data);
		default: fail("the guest asks for a device that it has not", (long)r->mmio.phys_addr);
		}
	}
}

/* --- what is done before a kind, and after it --------------------------------------------------- */

static unsigned char *pages_of(const struct vm *v, u32 kind)
{
	return v->memory + (RECORD_PAGES_OF(kind) - RECORD_GUEST_AT);
}

static void hook_NONE(struct vm *v, u32 kind, bool begin)
{
	(void)v, (void)kind, (void)begin;
}

static void hook_POPULATE(struct vm *v, u32 kind, bool begin)
{
	if (begin)
		memset(pages_of(v, kind), 1, RECORD_TURNS * RECORD_PAGE);
}

static void hook_CODE(struct vm *v, u32 kind, bool begin)
{
	if (begin)
		for (u32 i = 0; i < RECORD_TURNS; i++)
			*(volatile u32 *)(pages_of(v, kind) + i * RECORD_PAGE) = 0xd65f03c0; /* ret */
}

/* Pages that are mapped writable for the guest, and then watched. */
static void hook_DIRTYLOG(struct vm *v, u32 kind, bool begin)
{
	if (begin) {
		memset(pages_of(v, kind), 1, RECORD_TURNS * RECORD_PAGE);
		run_guest(v, RECORD_PARKED + 1 + kind);
	}
	slot(v, 1, begin ? KVM_MEM_LOG_DIRTY_PAGES : 0, RECORD_LOGGED_AT, RECORD_TURNS * RECORD_PAGE);
}

/* Timers of the guest that are on and far away, as an operating system has them: the host must keep them. */
enum { FAR_NONE, FAR_P = 1, FAR_V = 2 };

static void far_timers(struct vm *v, unsigned which)
{
	set_reg(v, KVM_REG_ARM_PTIMER_CVAL, (u64)1 << 40);
	set_reg(v, KVM_REG_ARM_PTIMER_CTL, (which & FAR_P) != 0);
	set_reg(v, KVM_REG_ARM_TIMER_CVAL, (u64)1 << 40);
	set_reg(v, KVM_REG_ARM_TIMER_CTL, (which & FAR_V) != 0);
	v->far = which;
}

static void hook_FAR_TIMER(struct vm *v, u32 kind, bool begin)
{
	(void)kind;
	far_timers(v, begin ? FAR_P : FAR_NONE);
}

static void hook_PREEMPT(struct vm *v, u32 kind, bool begin)
{
	(void)kind;
	far_timers(v, begin ? FAR_P | FAR_V : FAR_NONE);
	if (begin)
		other_start(preempting);
	else
		other_stop();
}

/* --- the kinds -------------------------------------------------------------------------------- */

/* Another thread on this CPU does something for all turns. */
static void other_thread(u64 i, void (*does)(void))
{
	if (i == 0)
		other_start(does);
}

#define RECORD_CALL(kind, times, needs, prep, body)                                                                            \
	static __attribute__((noinline)) void call_##kind(struct vm *v)                                                        \
	{                                                                                                                      \
		const u64 n = times != 0 ? times : v->list.n;                                                                  \
                                                                                                                               \
		for (u64 i = 0; i < n; i++) {                                                                                  \
			prep;                                                                                                  \
			MARK(RECORD_MARK_BEGIN, RECORD_##kind);                                                                \
			body;                                                                                                  \
			MARK(RECORD_MARK_END, RECORD_##kind);                                                                  \
		}                                                                                                              \
	}
#include "sim/record/kinds.def"

static void do_kind(struct vm *v, u32 kind, const char *name, unsigned needs, void (*hook)(struct vm *, u32, bool),
		    void (*call)(struct vm *))
{
	doing = name;
	if (!(v->has >> needs & 1)) {
		MARK_VALUE(mark_6, kind);
		return;
	}
	MARK_VALUE(mark_3, kind);
	if (call != NULL) {
		run_guest(v, RECORD_PARKED);
		*(u32 *)v->run->mmio.data = RECORD_PARKED;
		call(v);
		if (other_goes)
			other_stop();
		if (v->far != FAR_NONE)
			far_timers(v, FAR_NONE);
	} else {
		hook(v, kind, true);
		run_guest(v, kind);
		hook(v, kind, false);
	}
}

static void do_kinds(struct vm *v, u64 kinds)
{
	static const struct {
		u32 kind;
		unsigned needs;
		const char *name;
		void (*hook)(struct vm *, u32, bool);
		void (*call)(struct vm *);
	} rows[] = {
#define RECORD_GUEST(kind, times, needs, hook, ...) { RECORD_##kind, needs, #kind, hook_##hook, NULL },
#define RECORD_CALL(kind, times, needs, ...)        { RECORD_##kind, needs, #kind, NULL, call_##kind },
#include "sim/record/kinds.def"
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (kinds >> rows[i].kind & 1)
			do_kind(v, rows[i].kind, rows[i].name, rows[i].needs, rows[i].hook, rows[i].call);
}

static u64 hex(const char *s)
{
	u64 v = 0;

	for (; *s != '\0'; s++)
		v = v << 4 | (u64)(*s <= '9' ? *s - '0' : (*s | 32) - 'a' + 10);
	return v;
}

static void __attribute__((used, noreturn)) vmm_main(const long *stack)
{
	struct vm *v = &the_vm;
	const char *const *arg = (const char *const *)(stack + 1);

	(void)sys_call5(__NR_mount, "dev", "/dev", "devtmpfs", 0, 0);
	console = (int)sys_call4(__NR_openat, AT_CWD, "/dev/console", O_RDWR_, 0);
	if (stack[0] < 3)
		fail("want configurations and kinds, not so many arguments", stack[0]);
	thread_setup(&main_rseq, POLICY_OTHER, 0);
	sleep_ns(2000000000); /* what the kernel does late is done by then */
	/* a VMM has more mappings than fit in one node of the kernel's tree of them */
	for (unsigned i = 0; i < MAPPINGS; i++)
		(void)must(call6(__NR_mmap, MEMORY_AT + MEMORY + (1 + 2 * i) * (u64)RECORD_PAGE, RECORD_PAGE, PROT_RW,
				 MAP_PRIVATE_ | MAP_ANON_ | MAP_FIXED_, -1, 0), "mmap");
	v->kvm = (int)must(sys_call4(__NR_openat, AT_CWD, "/dev/kvm", O_RDWR_ | O_CLOEXEC_, 0), "no KVM: /dev/kvm");
	MARK(RECORD_MARK_WAKE, 0);
	sleep_ns(10000000);
	for (unsigned cfg = 0; cfg < 3; cfg++) {
		if (!(hex(arg[1]) >> cfg & 1))
			continue;
		doing = "a VM";
		MARK_VALUE(mark_2, cfg);
		make_vm(v, cfg);
		run_guest(v, 0);
		do_kinds(v, hex(arg[2]));
		end_vm(v);
	}
	MARK(RECORD_MARK_DONE, 0);
	power_off();
	__builtin_unreachable();
}

__asm__(".text\n\t.global _start\n_start:\n\tmov x0, sp\n\tmov x29, #0\n\tb vmm_main\n");
