// SPDX-License-Identifier: Apache-2.0
// el2sim-systemc CONFIG... [--quantum=NS] [--format=NAME] [--section.key=value...]: `el2sim run` under
// SystemC, the least program around an el2sim_module: one per file, side by side. Writes the same bytes, one report
// after the other.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sim/systemc/el2sim_module.h"

int sc_main(int argc, char **argv)
{
	std::vector<std::string> configs, overrides;
	std::string format = "text";
	bool good = true;

	for (int i = 1; i < argc; i++) {
		if (std::strncmp(argv[i], "--quantum=", 10) == 0) {
			char *end = nullptr;
			const double ns = std::strtod(argv[i] + 10, &end);

			good = good && argv[i][10] != '\0' && *end == '\0' && ns >= 0 && ns <= 1e12;
			if (good)
				tlm::tlm_global_quantum::instance().set(sc_core::sc_time(ns, sc_core::SC_NS));
		} else if (std::strncmp(argv[i], "--format=", 9) == 0)
			format = argv[i] + 9;
		else
			(argv[i][0] == '-' ? overrides : configs).push_back(argv[i]);
	}
	if (configs.empty() || !good) {
		std::fprintf(stderr, "usage: el2sim-systemc CONFIG... [--quantum=NS] [--format=NAME] "
				     "[--section.key=value...]\n");
		return EL2SIM_USAGE;
	}
	try {
		std::deque<el2sim_module> hosts;

		for (const std::string &config : configs)
			hosts.emplace_back(sc_core::sc_gen_unique_name("host"), config, overrides);
		sc_core::sc_start();
		for (el2sim_module &host : hosts)
			host.report(format, stdout);
	} catch (const sc_core::sc_report &r) {
		std::fprintf(stderr, "el2sim-systemc: %s\n", el2sim_module::error_text(r).c_str());
		return el2sim_module::error_status(r);
	}
	return 0;
}
