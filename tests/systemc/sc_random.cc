// SPDX-License-Identifier: Apache-2.0
// sc_random FIRST COUNT: run random programs on Accellera SystemC and print their logs.
// One child process per program: SystemC elaborates once.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "tests/systemc/random_program.h"

using namespace sc_core;

struct program {
	unsigned seed;
	int mode;
	sc_event event[RP_PLAIN];
	std::deque<sc_signal<unsigned, SC_UNCHECKED_WRITERS>> signal;

	program(unsigned s, int m) : seed(s), mode(m)
	{
		for (unsigned i = 0; i < RP_SIGNALS; i++)
			signal.emplace_back(("s" + std::to_string(i)).c_str(), 0u);
	}

	const sc_event &at(unsigned i) const
	{
		return i < RP_PLAIN ? event[i] : signal[i - RP_PLAIN].value_changed_event();
	}
};

static sc_time ps(unsigned n)
{
	return sc_time(n, SC_PS);
}

struct process : sc_module {
	program &prog;
	unsigned index, activations = 0;
	std::deque<sc_event_or_list> any; // must last while they are waited for
	std::deque<sc_event_and_list> all;

#if SC_VERSION_MAJOR < 3 // later ones want it no more
	SC_HAS_PROCESS(process);
#endif
	process(sc_module_name name, program &p, unsigned i) : sc_module(name), prog(p), index(i)
	{
		int initialize;
		unsigned mask = rp_static(p.seed, p.mode, i, &initialize);

		SC_METHOD(run);
		for (unsigned e = 0; e < RP_EVENTS; e++)
			if (mask >> e & 1)
				sensitive << p.at(e);
		if (!initialize)
			dont_initialize();
	}

	void wait_list(const rp_op &op)
	{
		if (op.kind == RP_WAIT_ANY)
			any.emplace_back();
		else
			all.emplace_back();
		for (unsigned e = 0; e < RP_EVENTS; e++) {
			if (!(op.a >> e & 1))
				continue;
			if (op.kind == RP_WAIT_ANY)
				any.back() |= prog.at(e);
			else
				all.back() &= prog.at(e);
		}
		if (op.kind == RP_WAIT_ANY)
			next_trigger(any.back());
		else
			next_trigger(all.back());
	}

	void perform(const rp_op &op)
	{
		switch (op.kind) {
		case RP_NOTIFY:
			prog.event[op.a].notify();
			break;
		case RP_NOTIFY_DELTA:
			prog.event[op.a].notify(SC_ZERO_TIME);
			break;
		case RP_NOTIFY_AFTER:
			prog.event[op.a].notify(ps(op.b));
			break;
		case RP_CANCEL:
			prog.event[op.a].cancel();
			break;
		case RP_WRITE:
			prog.signal[op.a].write(op.b);
			break;
		case RP_WAIT_STATIC:
			next_trigger();
			break;
		case RP_WAIT_EVENT:
			next_trigger(prog.at(op.a));
			break;
		case RP_WAIT_TIME:
			next_trigger(ps(op.b));
			break;
		case RP_WAIT_EVENT_OR_TIME:
			next_trigger(ps(op.b), prog.at(op.a));
			break;
		default:
			wait_list(op);
		}
	}

	void run()
	{
		rp_op op[RP_OPS];
		unsigned n = rp_ops(prog.seed, prog.mode, index, activations++, op);

		std::printf("%llu %llu %u\n", (unsigned long long)sc_time_stamp().value(),
			    (unsigned long long)sc_delta_count(), index);
		for (unsigned i = 0; i < n; i++)
			perform(op[i]);
	}
};

static int simulate(unsigned seed, int mode)
{
	program prog(seed, mode);
	std::vector<std::unique_ptr<process>> procs;

	std::printf("program %u %d\n", seed, mode);
	for (unsigned i = 0; i < RP_PROCS; i++)
		procs.emplace_back(new process(("p" + std::to_string(i)).c_str(), prog, i));
	sc_start();
	return 0;
}

int sc_main(int argc, char **argv)
{
	unsigned first = argc > 1 ? (unsigned)std::atoi(argv[1]) : 0;
	unsigned count = argc > 2 ? (unsigned)std::atoi(argv[2]) : 1;

	sc_report_handler::set_actions(SC_WARNING, SC_DO_NOTHING); // a process that notifies itself is no mistake here
	sc_set_time_resolution(1, SC_PS);
	for (unsigned i = 0; i < count * RP_MODES; i++) {
		int status = 0;
		pid_t child;

		std::fflush(stdout);
		child = fork();
		if (child == 0) {
			simulate(first + i / RP_MODES, (int)(i % RP_MODES));
			std::fflush(stdout);
			_exit(0);
		}
		if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
			return 1;
	}
	return 0;
}
