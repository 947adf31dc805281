/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * A machine of el2sim (sim/lib/machine.h) as a SystemC module. It runs in the time of the SystemC
 * kernel; its report is, byte for byte, what `el2sim run` writes.
 *
 * @code
 *	el2sim_device uart = {};
 *	uart.name = "uart";
 *	uart.base = 0x9000000;
 *	uart.size = 0x1000;
 *	uart.vm = EL2SIM_ALL;
 *
 *	el2sim_module host("host", "platform.ini", {"machine.vcpus=4"}, {uart});
 *	my_uart console("console");
 *
 *	host.mmio(0).bind(console.socket);
 *	sc_core::sc_start();
 *	host.report("text", stdout);
 * @endcode
 *
 * One SC_METHOD runs the machine's events when they are due. With a global quantum
 * (tlm::tlm_global_quantum) it runs ahead of the SystemC time, at most to the end of the quantum,
 * as a tlm_quantumkeeper says. An MMIO access of a guest is a b_transport call, which may wait and
 * so belongs in a thread: each access in flight has one of its own, from a pool. Its delay argument
 * is how far the machine is ahead. While an access is in flight the machine does not run ahead, so
 * that a target which waits is answered in time whatever the quantum: reports do not depend on it,
 * but for targets that answer according to when, in SystemC time, they are called, and interrupts
 * from outside, which come up to a quantum late.
 *
 * Errors are reported with SC_REPORT_ERROR, which throws: message type "/el2sim/<exit status of
 * el2sim>", the message is what the program would print.
 */
#ifndef EL2SIM_SYSTEMC_EL2SIM_MODULE_H
#define EL2SIM_SYSTEMC_EL2SIM_MODULE_H

#include <cstdint>
#include <cstdio>
#include <deque>
#include <memory>
#include <queue>
#include <string>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/tlm_quantumkeeper.h>
#include <vector>

#include "sim/lib/machine.h"

/** Who makes an access: an extension of each transaction. */
struct el2sim_origin : tlm::tlm_extension<el2sim_origin> {
	unsigned vcpu = 0; /**< whose access it is */
	unsigned vm = 0;   /**< whose vCPU that is */
	unsigned pcpu = 0; /**< that it runs on */
	bool vmm = false;  /**< through the VMM, not the host's kernel */

	/** A new copy, as TLM wants it of an extension. */
	tlm::tlm_extension_base *clone() const override;
	/** Become a copy of other, which is an el2sim_origin. */
	void copy_from(const tlm::tlm_extension_base &other) override;
};

/** A machine: a module with an initiator socket per device. */
class el2sim_module : public sc_core::sc_module
{
      public:
	/** Of a device. */
	using socket_type = tlm_utils::simple_initiator_socket<el2sim_module>;

	/** name: the module's; config: as el2sim_load(); overrides: as el2sim_set(); devices: as
	 * el2sim_add_device(), access and ctx are the module's. The time resolution must be 1 ps or
	 * finer. */
	el2sim_module(const sc_core::sc_module_name &name, const std::string &config,
		      const std::vector<std::string> &overrides = {},
		      const std::vector<el2sim_device> &devices = {});

	/** The socket of the i-th device, named as the device is. */
	socket_type &mmio(std::size_t i)
	{
		return *sockets.at(i);
	}

	/** A device interrupts a vCPU, now. Callable from any process; nothing after the end. */
	void interrupt(unsigned vcpu);

	/**
	 * What each pCPU does and where each vCPU is, as unsigned numbers "<name>.pcpu0",
	 * "<name>.vcpu0" ... that mean what the comment in the file says. Before the simulation
	 * starts.
	 */
	void trace(sc_core::sc_trace_file *file);
	using sc_core::sc_module::trace; /**< SystemC's, beside ours */

	/** Notified when the machine's run ([run] duration) is over. */
	const sc_core::sc_event &finished_event() const
	{
		return finished;
	}

	/** End the run, now if it is not over, and write the report to file, in a format of
	 * el2sim_report(). */
	void report(const std::string &format, std::FILE *file);

	/** A caught error r, of el2sim or of SystemC, in one line. */
	static std::string error_text(const sc_core::sc_report &r);
	/** The program's exit status for a caught error r. */
	static int error_status(const sc_core::sc_report &r);

	/** For counters; do not run it. */
	const struct el2sim *machine() const
	{
		return m.get();
	}

      private:
	struct job {
		el2sim_access access;
		uint64_t at; /* ps */
	};
	struct change {
		uint64_t ps, order;
		unsigned *value, to;
		bool operator<(const change &o) const
		{
			return ps != o.ps ? ps > o.ps : order > o.order; /* first on top */
		}
	};

	void run();
	void work();
	void perform(const job &j);
	void catch_up();
	void show();
	void note(uint64_t ps, unsigned &value, unsigned to);
	void check(int rc) const;
	[[noreturn]] static void fail(int status, const std::string &text);
	uint64_t ps(const sc_core::sc_time &t) const;
	sc_core::sc_time until(uint64_t at) const;

	static uint64_t on_access(void *ctx, struct el2sim *, const struct el2sim_access *a);
	static void on_pcpu(void *ctx, uint64_t at, unsigned pcpu, unsigned, unsigned activity);
	static void on_vcpu(void *ctx, uint64_t at, unsigned vcpu, unsigned state);

	std::unique_ptr<struct el2sim, void (*)(struct el2sim *)> m;
	mutable el2sim_error error{};
	uint64_t units;      /* of SystemC time in a picosecond */
	bool over = false, ended = false;
	tlm_utils::tlm_quantumkeeper keeper;
	sc_core::sc_event kick, finished;

	std::deque<std::unique_ptr<socket_type>> sockets;
	std::deque<job> jobs; /* no thread has them yet */
	sc_core::sc_event posted;
	std::size_t idle = 0, in_flight = 0; /* threads that wait for a job; accesses */

	std::vector<unsigned> pcpu, vcpu; /* traced */
	std::priority_queue<change> changes;
	uint64_t order = 0;
	sc_core::sc_event change_due;
};

#endif
