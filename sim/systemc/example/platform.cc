// SPDX-License-Identifier: Apache-2.0
// el2sim-platform CONFIG [key=value...] [--section.key=value...]: two VMs of an el2sim machine and
// two TLM-2.0 targets: a UART of VM 0 that adds its time to the delay argument, and a DMA engine of
// VM 1 that waits, and interrupts the vCPU some time after it was started. Prints el2sim's report,
// and what the targets saw.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <tlm_utils/simple_target_socket.h>

#include "sim/systemc/el2sim_module.h"

using namespace sc_core;

// Loosely timed: nothing happens in it, an access takes a fixed time.
struct uart : sc_module {
	tlm_utils::simple_target_socket<uart> socket{"socket"};
	sc_time takes;
	tlm::tlm_response_status answer = tlm::TLM_OK_RESPONSE;
	uint64_t characters = 0, others = 0;

	uart(const sc_module_name &name, const sc_time &t) : sc_module(name), takes(t)
	{
		socket.register_b_transport(this, &uart::b_transport);
	}

	void b_transport(tlm::tlm_generic_payload &trans, sc_time &delay)
	{
		(trans.is_write() ? characters : others)++;
		delay += takes;
		trans.set_response_status(answer);
	}
};

// Approximately timed in the initiator's thread: its registers are slow, and it has work of its
// own.
struct dma : sc_module {
	tlm_utils::simple_target_socket<dma> socket{"socket"};
	sc_time takes, transfer; // transfer: SC_ZERO_TIME for no interrupts
	el2sim_module &host;
	std::multimap<sc_time, unsigned> transfers; // under way: when done, for which vCPU
	sc_event due;
	uint64_t started = 0, others = 0;

#if SC_VERSION_MAJOR < 3 // later ones want it no more
	SC_HAS_PROCESS(dma);
#endif
	dma(const sc_module_name &name, const sc_time &t, const sc_time &tr, el2sim_module &h)
	    : sc_module(name), takes(t), transfer(tr), host(h)
	{
		socket.register_b_transport(this, &dma::b_transport);
		SC_METHOD(done);
		sensitive << due;
		dont_initialize();
	}

	void b_transport(tlm::tlm_generic_payload &trans, sc_time &delay)
	{
		wait(delay + takes);
		delay = SC_ZERO_TIME;
		if (trans.is_write())
			start(trans.get_extension<el2sim_origin>()->vcpu);
		else
			others++;
		trans.set_response_status(tlm::TLM_OK_RESPONSE);
	}

	void start(unsigned vcpu)
	{
		started++;
		if (transfer == SC_ZERO_TIME)
			return;
		transfers.emplace(sc_time_stamp() + transfer, vcpu);
		due.notify(transfer);
	}

	void done()
	{
		for (; !transfers.empty() && transfers.begin()->first <= sc_time_stamp();
		     transfers.erase(transfers.begin()))
			host.interrupt(transfers.begin()->second);
		if (!transfers.empty())
			due.notify(transfers.begin()->first - sc_time_stamp());
	}
};

struct options {
	std::map<std::string, std::string> key = {
		{"uart", "200"},  {"dma", "4000"},  {"transfer", "30000"},
		{"quantum", "0"}, {"trace", ""},    {"format", "text"},
		{"stop", "0"},    {"answer", "ok"}, {"resolution", "1"}};
	std::vector<std::string> overrides;

	bool take(const std::string &word)
	{
		const std::size_t eq = word.find('=');

		if (word.compare(0, 2, "--") == 0)
			overrides.push_back(word);
		else if (eq != std::string::npos && key.count(word.substr(0, eq)) != 0)
			key[word.substr(0, eq)] = word.substr(eq + 1);
		else
			return false;
		return true;
	}

	// Those that are numbers are; 0 or more.
	bool numbers() const
	{
		for (const char *name : {"uart", "dma", "transfer", "quantum", "stop", "resolution"}) {
			const std::string &text = key.at(name);
			char *end = nullptr;
			const double value = std::strtod(text.c_str(), &end);

			if (text.empty() || *end != '\0' || !(value >= 0 && value <= 1e12))
				return false;
		}
		return true;
	}

	sc_time ns(const char *name) const
	{
		return sc_time(std::strtod(key.at(name).c_str(), nullptr), SC_NS);
	}
};

static el2sim_device device(const char *name, uint64_t base, unsigned vm, unsigned accesses)
{
	el2sim_device d = {};

	d.name = name;
	d.base = base;
	d.size = 0x1000;
	d.vm = vm;
	d.accesses = accesses;
	return d;
}

static void simulate(const char *config, const options &o)
{
	el2sim_module host(
		"host", config, o.overrides,
		{device("uart", 0x09000000, 0, EL2SIM_IN_VMM), device("dma", 0x0a000000, 1, 0)});
	uart console("console", o.ns("uart"));
	dma disk("disk", o.ns("dma"), o.ns("transfer"), host);
	sc_trace_file *trace = nullptr;

	if (o.key.at("answer") != "ok")
		console.answer = tlm::TLM_ADDRESS_ERROR_RESPONSE; // nothing there
	host.mmio(0).bind(console.socket);
	host.mmio(1).bind(disk.socket);
	if (!o.key.at("trace").empty()) {
		trace = sc_create_vcd_trace_file(o.key.at("trace").c_str());
		trace->set_time_unit(1, SC_PS);
		host.trace(trace);
	}
	if (o.ns("stop") == SC_ZERO_TIME)
		sc_start();
	else
		sc_start(o.ns("stop"));
	if (trace != nullptr)
		sc_close_vcd_trace_file(trace);
	host.report(o.key.at("format"), stdout);
	if (o.key.at("format") == "text")
		std::printf(
			"\nuart: %llu characters, %llu reads; dma: %llu transfers, %llu reads\n",
			(unsigned long long)console.characters, (unsigned long long)console.others,
			(unsigned long long)disk.started, (unsigned long long)disk.others);
}

int sc_main(int argc, char **argv)
{
	options o;

	for (int i = 2; i < argc; i++) {
		if (!o.take(argv[i]))
			argc = 0;
	}
	if (!o.numbers() || argc < 2) {
		std::fprintf(stderr,
			     "usage: el2sim-platform CONFIG [uart=NS] [dma=NS] [transfer=NS] "
			     "[quantum=NS] "
			     "[stop=NS] [trace=NAME] [format=NAME] [answer=error] [resolution=PS] "
			     "[--section.key=value...]\n");
		return EL2SIM_USAGE;
	}
	sc_report_handler::set_actions(SC_INFO, SC_DO_NOTHING); // standard output is the report
	sc_set_time_resolution(std::strtod(o.key.at("resolution").c_str(), nullptr), SC_PS);
	tlm::tlm_global_quantum::instance().set(o.ns("quantum"));
	try {
		simulate(argv[1], o);
	} catch (const sc_report &r) {
		std::fprintf(stderr, "el2sim-platform: %s\n", el2sim_module::error_text(r).c_str());
		return el2sim_module::error_status(r);
	}
	return 0;
}
