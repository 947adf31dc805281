/* SPDX-License-Identifier: Apache-2.0 */
/* A machine is built: memory, image, device tree, cores, GIC and devices. */
#include "models/vm/vm.h"

#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

#include "models/vm/vm_map.h"

/* ---- devices ---- */

static void console_put(void *owner, uint8_t byte)
{
	struct vm *m = owner;

	str_addc(&m->console, (char)byte);
	if (m->config.console.put != NULL)
		m->config.console.put(m->config.console.owner, byte);
}

static void line_set(void *owner, uint32_t intid, bool level)
{
	struct vm *m = owner;

	m->lines++;
	(void)gic_inject(m->gic, 0, intid, level);
}

static void add_dev(struct vm *m, struct dev *d)
{
	m->dev = xrealloc(m->dev, (m->n_dev + 1) * sizeof(*m->dev));
	m->dev[m->n_dev++] = d;
}

static uint32_t spi(int n)
{
	return 32 + (uint32_t)n;
}

static void add_devices(struct vm *m)
{
	add_dev(m, gic_dist(m->gic));
	for (unsigned i = 0; i < m->config.vcpus; i++)
		add_dev(m, gic_redist(m->gic, i));
	if (m->config.uart == VM_PL011) {
		pl011_init(&m->pl011, VM_MAP_PL011, spi(VM_SPI_PL011));
		m->pl011.console = (struct dev_console){console_put, m};
		m->pl011.line.set = line_set;
		m->pl011.line.owner = m;
		add_dev(m, &m->pl011.dev);
	} else {
		uart8250_init(&m->uart8250, VM_MAP_8250, spi(VM_SPI_8250));
		m->uart8250.console = (struct dev_console){console_put, m};
		m->uart8250.line.set = line_set;
		m->uart8250.line.owner = m;
		add_dev(m, &m->uart8250.dev);
	}
	pl031_init(&m->rtc, VM_MAP_RTC, spi(VM_SPI_RTC), VM_TIME);
	m->rtc.line.set = line_set;
	m->rtc.line.owner = m;
	add_dev(m, &m->rtc.dev);
	for (unsigned i = 0; i < VM_VIRTIO; i++) {
		virtio_slot_init(&m->virtio[i], VM_MAP_VIRTIO + i * VM_SIZE_VIRTIO, VM_SIZE_VIRTIO);
		add_dev(m, &m->virtio[i].dev);
	}
}

/* ---- interrupts ---- */

static void gic_kick(void *owner, unsigned vcpu)
{
	struct vm *m = owner;

	if (m->kick != NULL && m->cpu != NULL)
		m->kick(m->owner, vcpu);
}

static bool timer_level(void *owner, unsigned vcpu, uint32_t intid)
{
	struct vm *m = owner;
	const struct vm_cpu *c = &m->cpu[vcpu];
	uint64_t now = vm_ticks(m, c->cycle + c->ran);

	return gtimer_line(&c->timer.t[gtimer_of_ppi(intid)], now);
}

static void timer_active(void *owner, unsigned vcpu, uint32_t intid, bool active)
{
	struct vm_cpu *c = &((struct vm *)owner)->cpu[vcpu];

	c->timer_active[gtimer_of_ppi(intid)] = active;
}

/* The guest deactivated a list register with HW: so is the physical timer interrupt. */
static void deactivated(void *owner, uint32_t pintid)
{
	struct vm_cpu *c = owner;
	const enum gtimer_id id = gtimer_of_ppi(pintid);

	c->timer_active[id] = false;
	c->again[id] = vm_cycle(c) + c->vm->hz * VM_AGAIN_NS / 1000000000;
	c->core->stop_asked = true; /* it may come again */
	c->core->attention = 1;
}

static void add_gic(struct vm *m)
{
	const struct gic_config g = {.vcpus = m->config.vcpus, .spis = 256, .dist_base = VM_MAP_GICD, .redist_base = VM_MAP_GICR,
				     .revision = 3,
				     .host = {.owner = m, .kick = gic_kick, .phys_level = timer_level, .phys_active = timer_active}};

	m->gic = gic_new(&g);
	for (unsigned i = 0; i < m->config.vcpus; i++) {
		gic_map(m->gic, i, GTIMER_PPI_VIRT, GTIMER_PPI_VIRT);
		if (!m->config.ptimer_traps)
			gic_map(m->gic, i, GTIMER_PPI_PHYS, GTIMER_PPI_PHYS);
	}
}

/* ---- vCPUs ---- */

static bool is_on(void *owner, unsigned vcpu)
{
	return ((struct vm *)owner)->cpu[vcpu].power == VM_ON;
}

static void add_cpus(struct vm *m)
{
	m->cpu = xcalloc(m->config.vcpus, sizeof(*m->cpu));
	for (unsigned i = 0; i < m->config.vcpus; i++) {
		struct vm_cpu *c = &m->cpu[i];

		c->vm = m;
		c->id = i;
		c->power = i == 0 ? VM_ON : VM_OFF;
		c->timer.hz = (uint32_t)m->config.counter_hz;
		ich_init(&c->ich, (unsigned)m->config.machine->list_registers, (unsigned)m->config.machine->pri_bits);
		c->ich.owner = c;
		c->ich.deactivated = deactivated;
		vm_core_init(c);
		pmu_init(&c->pmu);
	}
	smccc_init(&m->smccc, m->config.vcpus, 1);
	m->smccc.owner = m;
	m->smccc.is_on = is_on;
}

/* ---- memory ---- */

/* The VMM wrote there, so the host has the pages. */
static void present(struct vm *m, uint64_t at, uint64_t size)
{
	for (uint64_t a = at & ~(VM_PAGE - 1); a < at + size; a += VM_PAGE)
		m->stage2[(a - m->memory.base) / VM_PAGE] |= VM_S2_PRESENT;
}

static int add_memory(struct vm *m, struct err *e)
{
	void *p = mmap(NULL, m->memory.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return err_set(e, ERR_CONFIG, "[workload] memory: the host has no %" PRIu64 " MiB for the guest: want less",
			       m->memory.size >> 20);
	m->ram = p;
	m->stage2 = xcalloc(m->memory.size / VM_PAGE, 1);
	return 0;
}

static int load(struct vm *m, struct err *e)
{
	const bool initrd = m->config.initrd != NULL && m->config.initrd[0] != '\0';
	struct image_layout l;
	uint8_t *bytes = NULL, *fdt = NULL;
	size_t n = 0, n_fdt = 0;
	int rc = 0;

	if (initrd)
		rc = image_bytes_raw(m->config.initrd, &bytes, &n, e);
	if (rc == 0)
		rc = image_layout(&m->image, &m->memory, n, VM_FDT_MAX, &l, e);
	if (rc == 0)
		rc = vm_fdt(m, &l, initrd, &fdt, &n_fdt, e);
	if (rc == 0) {
		image_load(&m->image, &m->memory, m->ram);
		for (size_t i = 0; i < m->image.n_segments; i++)
			present(m, m->image.segment[i].at, m->image.segment[i].file);
		if (n != 0)
			memcpy(m->ram + (l.initrd - m->memory.base), bytes, n);
		present(m, l.initrd, n);
		memcpy(m->ram + (l.dtb - m->memory.base), fdt, n_fdt);
		present(m, l.dtb, n_fdt);
		m->cpu[0].core->pc = m->image.entry;
		m->cpu[0].core->x[0] = l.dtb;
	}
	free(bytes);
	free(fdt);
	return rc;
}

struct vm *vm_new(const struct vm_config *c, struct err *e)
{
	struct vm *m = xcalloc(1, sizeof(*m));

	m->config = *c;
	m->hz = (uint64_t)c->machine->clock_hz;
	m->memory = (struct image_memory){VM_RAM_BASE, c->memory};
	if (image_read(&m->image, c->image, &m->memory, e) != 0 || add_memory(m, e) != 0) {
		vm_free(m);
		return NULL;
	}
	add_gic(m);
	add_cpus(m);
	add_devices(m);
	vm_trapped_init(m);
	if (load(m, e) != 0) {
		vm_free(m);
		return NULL;
	}
	return m;
}

void vm_free(struct vm *m)
{
	if (m == NULL)
		return;
	for (unsigned i = 0; m->cpu != NULL && i < m->config.vcpus; i++)
		a64_free(m->cpu[i].core);
	free(m->cpu);
	if (m->gic != NULL)
		gic_free(m->gic);
	free(m->dev);
	if (m->ram != NULL)
		(void)munmap(m->ram, m->memory.size);
	free(m->stage2);
	str_free(&m->console);
	image_free(&m->image);
	free(m);
}
