// SPDX-License-Identifier: Apache-2.0
// el2sim-systemc CONFIG [--quantum=NS] [--format=NAME] [--section.key=value...]: `el2sim run` of a
// workload under SystemC: the least program around an el2sim_module. Writes the same bytes.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sim/systemc/el2sim_module.h"

int sc_main(int argc, char **argv)
{
	std::vector<std::string> overrides;
	std::string format = "text";

	if (argc < 2) {
		std::fprintf(stderr, "usage: el2sim-systemc CONFIG [--quantum=NS] [--format=NAME] "
				     "[--section.key=value...]\n");
		return EL2SIM_USAGE;
	}
	for (int i = 2; i < argc; i++) {
		if (std::strncmp(argv[i], "--quantum=", 10) == 0)
			tlm::tlm_global_quantum::instance().set(
				sc_core::sc_time(std::atof(argv[i] + 10), sc_core::SC_NS));
		else if (std::strncmp(argv[i], "--format=", 9) == 0)
			format = argv[i] + 9;
		else
			overrides.push_back(argv[i]);
	}
	try {
		el2sim_module host("host", argv[1], overrides);

		sc_core::sc_start();
		host.report(format, stdout);
	} catch (const sc_core::sc_report &r) {
		std::fprintf(stderr, "el2sim-systemc: %s\n", el2sim_module::error_text(r).c_str());
		return el2sim_module::error_status(r);
	}
	return 0;
}
