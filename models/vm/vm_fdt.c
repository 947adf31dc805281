/* SPDX-License-Identifier: Apache-2.0 */
/* The device tree (Devicetree Specification 0.4, and the bindings of Linux' Documentation/devicetree), by libfdt. */
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "models/vm/vm.h"
#include "models/vm/vm_map.h"

enum { GIC_PHANDLE = 1, CLOCK_PHANDLE };
enum { GIC_SPI_KIND, GIC_PPI_KIND };
enum { EDGE_RISING = 1, LEVEL_HIGH = 4, LEVEL_LOW = 8 };

/* A tree that is written, and the first error. */
struct tree {
	char *t;
	int rc;
};

static void keep(struct tree *t, int rc)
{
	if (t->rc == 0)
		t->rc = rc;
}

static void begin(struct tree *t, const char *name)
{
	keep(t, fdt_begin_node(t->t, name));
}

static void begin_at(struct tree *t, const char *name, uint64_t at)
{
	char full[64];

	(void)snprintf(full, sizeof(full), "%s@%" PRIx64, name, at);
	begin(t, full);
}

static void end(struct tree *t)
{
	keep(t, fdt_end_node(t->t));
}

static void text(struct tree *t, const char *name, const char *value)
{
	keep(t, fdt_property(t->t, name, value, (int)strlen(value) + 1));
}

/* Strings one behind the other, each with its end. */
static void texts(struct tree *t, const char *name, const char *values, size_t n)
{
	keep(t, fdt_property(t->t, name, values, (int)n));
}

static void cells(struct tree *t, const char *name, const uint32_t *v, size_t n)
{
	fdt32_t be[32];

	for (size_t i = 0; i < n; i++)
		be[i] = cpu_to_fdt32(v[i]);
	keep(t, fdt_property(t->t, name, be, (int)(n * sizeof(be[0]))));
}

#define CELLS(t, name, ...)                                                                                                   \
	cells(t, name, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))
#define U64(v) (uint32_t)((uint64_t)(v) >> 32), (uint32_t)(v)

static void flag(struct tree *t, const char *name)
{
	keep(t, fdt_property(t->t, name, NULL, 0));
}

static void add_cpus(struct tree *t, const struct vm *m)
{
	begin(t, "cpus");
	CELLS(t, "#address-cells", 1);
	CELLS(t, "#size-cells", 0);
	for (unsigned i = 0; i < m->config.vcpus; i++) {
		uint32_t mpidr = (uint32_t)(gic_mpidr(i) & 0xffffff);

		begin_at(t, "cpu", mpidr);
		text(t, "device_type", "cpu");
		text(t, "compatible", "arm,armv8");
		text(t, "enable-method", "psci");
		CELLS(t, "reg", mpidr);
		end(t);
	}
	end(t);
}

static void add_psci(struct tree *t)
{
	static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2";

	begin(t, "psci");
	texts(t, "compatible", compatible, sizeof(compatible));
	text(t, "method", "hvc");
	end(t);
}

static void add_timer(struct tree *t)
{
	begin(t, "timer");
	text(t, "compatible", "arm,armv8-timer");
	flag(t, "always-on");
	/* secure, physical, virtual, hypervisor's */
	CELLS(t, "interrupts", GIC_PPI_KIND, 13, LEVEL_LOW, GIC_PPI_KIND, 14, LEVEL_LOW, GIC_PPI_KIND, 11, LEVEL_LOW, GIC_PPI_KIND,
	      10, LEVEL_LOW);
	end(t);
}

static void add_pmu(struct tree *t)
{
	begin(t, "pmu");
	text(t, "compatible", "arm,armv8-pmuv3");
	CELLS(t, "interrupts", GIC_PPI_KIND, PMU_PPI - 16, LEVEL_HIGH);
	end(t);
}

static void add_gic(struct tree *t, const struct vm *m)
{
	begin_at(t, "intc", VM_MAP_GICD);
	text(t, "compatible", "arm,gic-v3");
	CELLS(t, "#interrupt-cells", 3);
	CELLS(t, "#address-cells", 2);
	CELLS(t, "#size-cells", 2);
	flag(t, "ranges");
	flag(t, "interrupt-controller");
	CELLS(t, "#redistributor-regions", 1);
	CELLS(t, "reg", U64(VM_MAP_GICD), U64(VM_SIZE_GICD), U64(VM_MAP_GICR), U64((uint64_t)m->config.vcpus * GICR_SIZE));
	CELLS(t, "phandle", GIC_PHANDLE);
	end(t);
}

static void add_uart(struct tree *t, const struct vm *m)
{
	static const char primecell[] = "arm,pl011\0arm,primecell", clocks[] = "uartclk\0apb_pclk";

	if (m->config.uart == VM_PL011) {
		begin_at(t, "pl011", VM_MAP_PL011);
		texts(t, "compatible", primecell, sizeof(primecell));
		CELLS(t, "reg", U64(VM_MAP_PL011), U64(VM_SIZE_PL011));
		CELLS(t, "interrupts", GIC_SPI_KIND, VM_SPI_PL011, LEVEL_HIGH);
		CELLS(t, "clocks", CLOCK_PHANDLE, CLOCK_PHANDLE);
		texts(t, "clock-names", clocks, sizeof(clocks));
	} else {
		begin_at(t, "uart", VM_MAP_8250);
		text(t, "compatible", "ns16550a");
		CELLS(t, "reg", U64(VM_MAP_8250), U64(8));
		CELLS(t, "interrupts", GIC_SPI_KIND, VM_SPI_8250, LEVEL_HIGH);
		CELLS(t, "clock-frequency", 1843200);
	}
	end(t);
}

static void add_rtc(struct tree *t)
{
	static const char compatible[] = "arm,pl031\0arm,primecell";

	begin_at(t, "pl031", VM_MAP_RTC);
	texts(t, "compatible", compatible, sizeof(compatible));
	CELLS(t, "reg", U64(VM_MAP_RTC), U64(VM_SIZE_RTC));
	CELLS(t, "interrupts", GIC_SPI_KIND, VM_SPI_RTC, LEVEL_HIGH);
	CELLS(t, "clocks", CLOCK_PHANDLE);
	text(t, "clock-names", "apb_pclk");
	end(t);
}

static void add_virtio(struct tree *t)
{
	for (unsigned i = 0; i < VM_VIRTIO; i++) {
		const uint64_t at = VM_MAP_VIRTIO + (uint64_t)i * VM_SIZE_VIRTIO;

		begin_at(t, "virtio_mmio", at);
		text(t, "compatible", "virtio,mmio");
		CELLS(t, "reg", U64(at), U64(VM_SIZE_VIRTIO));
		CELLS(t, "interrupts", GIC_SPI_KIND, VM_SPI_VIRTIO + i, EDGE_RISING);
		flag(t, "dma-coherent");
		end(t);
	}
}

static void add_chosen(struct tree *t, const struct vm *m, const struct image_layout *l, bool initrd)
{
	char out[32];

	begin(t, "chosen");
	if (m->config.append != NULL)
		text(t, "bootargs", m->config.append);
	(void)snprintf(out, sizeof(out), "/%s@%x", m->config.uart == VM_PL011 ? "pl011" : "uart",
		       m->config.uart == VM_PL011 ? (unsigned)VM_MAP_PL011 : (unsigned)VM_MAP_8250);
	text(t, "stdout-path", out);
	CELLS(t, "kaslr-seed", 0x0e125100, 0x00000001); /* fixed, so that runs are alike */
	CELLS(t, "rng-seed", 0x0e125101, 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0x082efa98);
	if (initrd) {
		CELLS(t, "linux,initrd-start", U64(l->initrd));
		CELLS(t, "linux,initrd-end", U64(l->initrd_end));
	}
	end(t);
}

static void add_memory(struct tree *t, const struct vm *m)
{
	begin_at(t, "memory", m->memory.base);
	text(t, "device_type", "memory");
	CELLS(t, "reg", U64(m->memory.base), U64(m->memory.size));
	end(t);
}

static void add_clock(struct tree *t)
{
	begin(t, "apb-pclk");
	text(t, "compatible", "fixed-clock");
	CELLS(t, "#clock-cells", 0);
	CELLS(t, "clock-frequency", 24000000);
	text(t, "clock-output-names", "clk24mhz");
	CELLS(t, "phandle", CLOCK_PHANDLE);
	end(t);
}

int vm_fdt(const struct vm *m, const struct image_layout *l, bool initrd, uint8_t **out, size_t *n, struct err *e)
{
	struct tree t = {.t = xcalloc(1, VM_FDT_MAX)};

	keep(&t, fdt_create(t.t, VM_FDT_MAX));
	keep(&t, fdt_finish_reservemap(t.t));
	begin(&t, "");
	CELLS(&t, "#address-cells", 2);
	CELLS(&t, "#size-cells", 2);
	CELLS(&t, "interrupt-parent", GIC_PHANDLE);
	text(&t, "compatible", "linux,dummy-virt");
	text(&t, "model", "linux,dummy-virt");
	add_chosen(&t, m, l, initrd);
	add_memory(&t, m);
	add_cpus(&t, m);
	add_psci(&t);
	add_timer(&t);
	if (m->config.pmu)
		add_pmu(&t);
	add_gic(&t, m);
	add_clock(&t);
	add_uart(&t, m);
	add_rtc(&t);
	add_virtio(&t);
	end(&t);
	keep(&t, fdt_finish(t.t));
	if (t.rc != 0) {
		free(t.t);
		return err_set(e, ERR_INPUT, "the device tree does not fit into %d bytes (%s): want a shorter [workload] append, or "
			       "fewer vCPUs", VM_FDT_MAX, fdt_strerror(t.rc));
	}
	*out = (uint8_t *)t.t;
	*n = fdt_totalsize(t.t);
	return 0;
}
