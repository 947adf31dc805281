/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random ioctl sequences on two vCPUs, before and after the first run, against the reference model of
 * tests/abi_ref.h: no difference in return values, memory or state. By count, never by time: EL2SIM_ABI_CALLS
 * (default 1,000,000; fewer under sanitizers).
 */
#include "tests/abi_util.h"

#include "models/hyp/abi/abi_mask.h"
#include "tests/abi_ref.h"

struct world {
	struct abi_vm *vm;
	struct ref ref;
	uint8_t mem[REF_MEM_SIZE]; /* of the model; the reference has its own */
	uint64_t rng;
	uint64_t calls, ok, refused;
};

static uint64_t rnd(struct world *w, uint64_t n)
{
	w->rng ^= w->rng << 13;
	w->rng ^= w->rng >> 7;
	w->rng ^= w->rng << 17;
	return n == 0 ? w->rng : w->rng % n;
}

static int mem_read(void *self, uint64_t addr, void *dst, size_t n)
{
	struct world *w = self;

	if (ref_bad(addr, n))
		return -1;
	memcpy(dst, w->mem + (addr - REF_MEM_BASE), n);
	return 0;
}

static int mem_write(void *self, uint64_t addr, const void *src, size_t n)
{
	struct world *w = self;

	if (ref_bad(addr, n))
		return -1;
	memcpy(w->mem + (addr - REF_MEM_BASE), src, n);
	return 0;
}

/* The same bytes at the same place for both. */
static void poke(struct world *w, uint64_t addr, const void *src, size_t n)
{
	ck_assert_int_eq(mem_write(w, addr, src, n), 0);
	ck_assert(ref_store_mem(&w->ref, addr, src, n));
}

static void new_world(struct world *w)
{
	struct abi_memory m = { mem_read, mem_write, w };
	struct abi_host h;

	abi_vm_free(w->vm);
	abi_host_init(&h, ABI_HOST_MAX);
	h.hide_absent = false;
	w->vm = abi_vm_new(&h, &m);
	memset(&w->ref, 0, sizeof(w->ref));
	memset(w->mem, 0, sizeof(w->mem));
	w->ref.bmap[0] = w->ref.bmap[1] = 1;
	w->ref.bmap[2] = 3;
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_int_eq(vm_value(w->vm, UAPI_IOCTL_CREATE_VCPU, i), (long)i);
		w->ref.v[i].number = i;
	}
}

/* One of a few plausible feature sets, mostly that of the VM; sometimes nonsense. */
static uint32_t pick_features(struct world *w)
{
	static const uint32_t sets[] = { 4, 4 | 8, 4 | 8 | 16 | 32 | 64, 4 | 2, 8, 4 | 16, 0 };
	uint64_t r = rnd(w, 100);

	if (r < 80 && w->ref.feat_set)
		return w->ref.feat | (uint32_t)rnd(w, 2);
	if (r < 97)
		return sets[rnd(w, 7)];
	return (uint32_t)rnd(w, 0) & 0xff;
}

static uint64_t pick_id(struct world *w)
{
	uint64_t id = ref_facts[rnd(w, ref_n)].id, r = rnd(w, 100);

	if (r < 35) /* where most rules are */
		id = ref_sys(0xc008 + (unsigned)rnd(w, 56));
	else if (r < 45)
		id = UINT64_C(0x6030000000140000) + rnd(w, 4) + (rnd(w, 2) << 17);
	else if (r < 52) /* general registers and PSTATE */
		id = UINT64_C(0x6030000000100000) + 2 * (rnd(w, 3) == 0 ? 33 : rnd(w, 34));
	if (r < 88)
		return id;
	switch (rnd(w, 5)) {
	case 0:
		return id ^ UINT64_C(1) << rnd(w, 64);
	case 1:
		return (id & ~UAPI_REG_SIZE_MASK) | rnd(w, 16) << UAPI_REG_SIZE_SHIFT;
	case 2:
		return (id & ~UAPI_REG_COPROC_MASK) | rnd(w, 32) << 16;
	case 3:
		return (id & ~UINT64_C(0xffff)) | rnd(w, 0x10000);
	default:
		return rnd(w, 0);
	}
}

static uint64_t pick_addr(struct world *w)
{
	return rnd(w, 50) == 0 ? rnd(w, 2) * UINT64_C(0x7ffffffffff0) : REF_MEM_BASE + 0x1000 + 8 * rnd(w, 64);
}

/* Near the limit of an ID register, a mode, a small number, all ones, anything. */
static uint64_t pick_value(struct world *w, uint64_t id)
{
	int i = ref_find(id);
	uint64_t near = i < 0 ? 0 : ref_facts[i].reset;

	if (i >= 0 && (id >> 16 & 0xfff) == 0x13 && ref_is_id((unsigned)(id & 0xffff)) && rnd(w, 2) == 0)
		near = w->ref.vm_id[i];
	switch (rnd(w, 8)) {
	case 0:
		return near;
	case 1:
		return near - (UINT64_C(1) << 4 * rnd(w, 16));
	case 2:
		return near + (UINT64_C(1) << 4 * rnd(w, 16));
	case 3:
		return near ^ UINT64_C(1) << rnd(w, 64);
	case 4:
		i = 4 * (int)rnd(w, 16);
		return (near & ~(UINT64_C(15) << i)) | rnd(w, 16) << i;
	case 5:
		return rnd(w, 40);
	case 6:
		return (UINT64_C(1) << rnd(w, 64)) - 1;
	default:
		return rnd(w, 0);
	}
}

static long model(struct world *w, unsigned cpu, enum uapi_ioctl i, uint64_t arg)
{
	return abi_vcpu_ioctl(w->vm->vcpu[cpu], abi_ioctl_number(i), arg);
}

static void agree(struct world *w, long got, long want, const char *what, uint64_t id)
{
	w->calls++;
	w->ok += got >= 0;
	w->refused += got < 0;
	ck_assert_msg(got == want, "call %lu: %s %lx gave %ld, reference %ld", w->calls, what, id, got, want);
	ck_assert_msg(memcmp(w->mem, w->ref.mem, sizeof(w->mem)) == 0, "call %lu: %s %lx wrote something else", w->calls,
		      what, id);
}

static void one_reg(struct world *w, unsigned cpu, bool set)
{
	struct ref_vcpu *rv = &w->ref.v[cpu];
	struct uapi_one_reg reg = { pick_id(w), pick_addr(w) };
	uint64_t arg = rnd(w, 200) == 0 ? 0 : REF_MEM_BASE;
	long want;

	if (set && !ref_bad(reg.addr, 256)) {
		uint64_t v[32] = { pick_value(w, reg.id) };

		if (reg.id == UINT64_C(0x606000000015ffff) && rnd(w, 4) != 0)
			v[0] = (UINT64_C(1) << (1 + rnd(w, 17))) - 1;
		else if ((reg.id >> 16 & 0xfff) == 0x15 || reg.id >> 52 == 0x604)
			for (unsigned i = 0; i < 32; i++)
				v[i] = rnd(w, 0);
		poke(w, reg.addr, v, sizeof(v));
	}
	if (arg != 0)
		poke(w, arg, &reg, sizeof(reg));
	if (!rv->init)
		want = -ENOEXEC;
	else if (arg == 0)
		want = -EFAULT;
	else
		want = ref_one_reg(&w->ref, rv, reg.id, reg.addr, set);
	agree(w, model(w, cpu, set ? UAPI_IOCTL_SET_ONE_REG : UAPI_IOCTL_GET_ONE_REG, arg), want, set ? "set" : "get",
	      reg.id);
}

static void vcpu_init(struct world *w, unsigned cpu)
{
	uint32_t init[8] = { rnd(w, 50) == 0 ? (uint32_t)rnd(w, 6) : 5, pick_features(w) };

	if (rnd(w, 100) == 0)
		init[2 + rnd(w, 6)] = 1;
	poke(w, REF_MEM_BASE, init, sizeof(init));
	agree(w, model(w, cpu, UAPI_IOCTL_VCPU_INIT, REF_MEM_BASE), ref_init(&w->ref, &w->ref.v[cpu], init), "init",
	      init[1]);
}

static void finalize(struct world *w, unsigned cpu)
{
	struct ref_vcpu *v = &w->ref.v[cpu];
	int32_t what = rnd(w, 8) == 0 ? (int32_t)rnd(w, 8) : 4;
	long want = !v->init ? -ENOEXEC : what != 4 || !v->sve ? -EINVAL : v->final ? -EPERM : 0;

	poke(w, REF_MEM_BASE, &what, sizeof(what));
	if (want == 0)
		v->final = true;
	agree(w, model(w, cpu, UAPI_IOCTL_VCPU_FINALIZE, REF_MEM_BASE), want, "finalize", (uint64_t)what);
}

/* The list's ids are compared as a set: the order is another test's. */
static void reg_list(struct world *w, unsigned cpu)
{
	struct ref_vcpu *v = &w->ref.v[cpu];
	uint64_t n = 0, asked = rnd(w, 3) == 0 ? rnd(w, 400) : 450, got;
	long want = !v->init ? -ENOEXEC : v->sve && !v->final ? -EPERM : 0, rc;

	for (unsigned i = 0; i < ref_n; i++)
		n += ref_seen(&w->ref, v, ref_facts[i].id);
	poke(w, REF_MEM_BASE, &asked, sizeof(asked));
	rc = model(w, cpu, UAPI_IOCTL_GET_REG_LIST, REF_MEM_BASE);
	if (want == 0) {
		ck_assert_int_eq(mem_read(w, REF_MEM_BASE, &got, 8), 0);
		ck_assert_uint_eq(got, n);
		want = asked < n ? -E2BIG : 0;
	}
	for (uint64_t i = 0; rc == 0 && i < n; i++) {
		ck_assert_int_eq(mem_read(w, REF_MEM_BASE + 8 + 8 * i, &got, 8), 0);
		ck_assert_msg(ref_seen(&w->ref, v, got), "%lx is listed", got);
	}
	memcpy(w->ref.mem, w->mem, sizeof(w->mem));
	agree(w, rc, want, "list", asked);
}

static void run(struct world *w, unsigned cpu)
{
	struct ref_vcpu *v = &w->ref.v[cpu];
	long want = !v->init ? -ENOEXEC : v->sve && !v->final ? -EPERM : -EINTR;

	if (want == -EINTR)
		w->ref.ran = true;
	agree(w, model(w, cpu, UAPI_IOCTL_RUN, 0), want, "run", 0);
}

static void mp_state(struct world *w, unsigned cpu, bool set)
{
	struct ref_vcpu *v = &w->ref.v[cpu];
	uint32_t mp = (uint32_t)rnd(w, 12);
	long want = 0;

	if (set) {
		poke(w, REF_MEM_BASE, &mp, sizeof(mp));
		want = mp == 0 || mp == 5 || mp == 10 ? 0 : -EINVAL;
		v->mp = want == 0 ? mp : v->mp;
	} else {
		(void)ref_store_mem(&w->ref, REF_MEM_BASE, &v->mp, 4);
	}
	agree(w, model(w, cpu, set ? UAPI_IOCTL_SET_MP_STATE : UAPI_IOCTL_GET_MP_STATE, REF_MEM_BASE), want, "mp", mp);
}

static void events(struct world *w, unsigned cpu, bool set)
{
	struct ref_vcpu *v = &w->ref.v[cpu];
	struct uapi_vcpu_events e = { 0 };
	long want = v->init ? 0 : -ENOEXEC;

	if (set) {
		e.serror_pending = rnd(w, 4) == 0;
		e.serror_has_esr = rnd(w, 2) == 0;
		e.ext_dabt_pending = rnd(w, 4) == 0;
		e.serror_esr = rnd(w, 0) >> rnd(w, 64);
		e.pad[rnd(w, 5)] = rnd(w, 30) == 0;
		e.reserved[rnd(w, 12)] = rnd(w, 30) == 0;
		poke(w, REF_MEM_BASE, &e, sizeof(e));
		if (want == 0)
			want = ref_events(&w->ref, v, &e);
	} else if (want == 0) {
		e.serror_pending = v->serr;
		e.serror_has_esr = 1;
		e.serror_esr = v->serr ? v->esr : 0;
		(void)ref_store_mem(&w->ref, REF_MEM_BASE, &e, sizeof(e));
	}
	agree(w, model(w, cpu, set ? UAPI_IOCTL_SET_VCPU_EVENTS : UAPI_IOCTL_GET_VCPU_EVENTS, REF_MEM_BASE), want, "events",
	      set);
}

static void vm_call_random(struct world *w)
{
	struct uapi_counter_offset o = { rnd(w, 0), rnd(w, 4) == 0 };
	struct uapi_enable_cap cap = { .cap = rnd(w, 2) == 0 ? 210 : 205 };

	switch (rnd(w, 3)) {
	case 0:
		poke(w, REF_MEM_BASE, &o, sizeof(o));
		if (o.reserved == 0) {
			w->ref.off_owned = true;
			w->ref.voff = w->ref.poff = o.counter_offset;
		}
		agree(w, vm_value(w->vm, UAPI_IOCTL_SET_COUNTER_OFFSET, REF_MEM_BASE), o.reserved != 0 ? -EINVAL : 0,
		      "offset", 0);
		return;
	case 1: /* no scope, and MTE not on this host */
		poke(w, REF_MEM_BASE, &cap, sizeof(cap));
		agree(w, vm_value(w->vm, UAPI_IOCTL_ENABLE_CAP, REF_MEM_BASE), -EINVAL, "cap", cap.cap);
		return;
	default:
		agree(w, vm_value(w->vm, UAPI_IOCTL_CREATE_VCPU, rnd(w, 2)), -EEXIST, "create", 0);
		if (!w->ref.off_owned) { /* done before the number is looked up */
			w->ref.voff = w->ref.now;
			w->ref.poff = 0;
		}
	}
}

static void step(struct world *w)
{
	unsigned cpu = (unsigned)rnd(w, 2);
	uint64_t r = rnd(w, 1000);

	if (r < 450)
		one_reg(w, cpu, false);
	else if (r < 930)
		one_reg(w, cpu, true);
	else if (r < 945)
		vcpu_init(w, cpu);
	else if (r < 955)
		finalize(w, cpu);
	else if (r < 957)
		reg_list(w, cpu);
	else if (r < 958)
		run(w, cpu);
	else if (r < 968)
		mp_state(w, cpu, r & 1);
	else if (r < 985)
		events(w, cpu, r & 1);
	else if (r < 986)
		vm_call_random(w);
	else
		w->vm->now = w->ref.now += rnd(w, 100);
}

static uint64_t budget(void)
{
	const char *n = getenv("EL2SIM_ABI_CALLS");

	if (n != NULL)
		return strtoull(n, NULL, 10);
#if defined(__SANITIZE_ADDRESS__)
	return 150000;
#else
	return 1000000;
#endif
}

START_TEST(random_calls_agree_with_the_reference_model)
{
	struct world *w = calloc(1, sizeof(*w));
	uint64_t n = budget(), world = 0;

	ck_assert_ptr_nonnull(w);
	w->rng = UINT64_C(0x9e3779b97f4a7c15);
	ref_load();
	ck_assert_uint_eq(ref_n, 362 + 32);
	while (w->calls < n) {
		uint64_t until = w->calls + 3000;

		new_world(w);
		vcpu_init(w, 0);
		while (w->calls < until && w->calls < n)
			step(w);
		world++;
	}
	/* the sequences reach both answers often */
	ck_assert_uint_gt(w->ok, n / 4);
	ck_assert_uint_gt(w->refused, n / 8);
	printf("%lu calls in %lu VMs: %lu answered, %lu refused\n", w->calls, world, w->ok, w->refused);
	abi_vm_free(w->vm);
	free(w);
}
END_TEST

ABI_TEST_MAIN("abi_fuzz", random_calls_agree_with_the_reference_model)
