// SPDX-License-Identifier: Apache-2.0
#define SC_INCLUDE_DYNAMIC_PROCESSES // sc_spawn
#include "sim/systemc/el2sim_module.h"

#include <algorithm>
#include <cstring>

using namespace sc_core;

tlm::tlm_extension_base *el2sim_origin::clone() const
{
	return new el2sim_origin(*this);
}

void el2sim_origin::copy_from(const tlm::tlm_extension_base &other)
{
	*this = static_cast<const el2sim_origin &>(other);
}

// ---- life ----

el2sim_module::el2sim_module(const sc_module_name &name, const std::string &config,
			     const std::vector<std::string> &overrides,
			     const std::vector<el2sim_device> &devices)
    : sc_module(name), m(el2sim_new(), el2sim_free)
{
#if SC_VERSION_MAJOR < 3 // later ones want it no more
	SC_HAS_PROCESS(el2sim_module);
#endif

	if (sc_get_time_resolution().to_seconds() > 1.5e-12)
		fail(EL2SIM_USAGE, "the time resolution is coarser than a picosecond: want "
				   "sc_set_time_resolution(1, SC_PS)");
	units = sc_time(1, SC_PS).value();
	check(el2sim_load(m.get(), config.c_str(), &error));
	for (const std::string &o : overrides)
		check(el2sim_set(m.get(), o.c_str(), &error));
	check(el2sim_elaborate(m.get(), &error));
	for (el2sim_device d : devices) {
		d.access = on_access;
		d.ctx = this;
		check(el2sim_add_device(m.get(), &d, &error));
		sockets.push_back(std::make_unique<socket_type>(d.name));
	}
	SC_METHOD(run);
	SC_METHOD(show);
	sensitive << change_due;
	dont_initialize();
}

// ---- errors ----

static const char error_type[] = "/el2sim/";

void el2sim_module::fail(int status, const std::string &text)
{
	SC_REPORT_ERROR((error_type + std::to_string(status)).c_str(), text.c_str());
	sc_abort(); // somebody told sc_report_handler not to throw
}

void el2sim_module::check(int rc) const
{
	if (rc != 0)
		fail(error.status, error.text);
}

int el2sim_module::error_status(const sc_report &r)
{
	const std::string type = r.get_msg_type();

	return type.find(error_type) == 0 ? std::stoi(type.substr(sizeof(error_type) - 1))
					  : static_cast<int>(EL2SIM_MODEL);
}

std::string el2sim_module::error_text(const sc_report &r)
{
	const std::string type = r.get_msg_type();

	return type.find(error_type) == 0 ? r.get_msg() : type + ": " + r.get_msg();
}

void el2sim_module::report(const std::string &format, std::FILE *file)
{
	if (!ended) {
		catch_up();
		check(el2sim_finish(m.get(), &error));
		over = ended = true;
	}
	check(el2sim_report(m.get(), format.c_str(), file, &error));
}

// ---- time ----

uint64_t el2sim_module::ps(const sc_time &t) const
{
	return t.value() / units;
}

// From now to a time that is not before it.
sc_time el2sim_module::until(uint64_t at) const
{
	if (at > UINT64_MAX / units)
		fail(EL2SIM_MODEL, "the time resolution is so fine that simulated time ends before "
				   "[run] duration: want sc_set_time_resolution(1, SC_PS)");
	return sc_time::from_value(at * units) - sc_time_stamp();
}

// The machine, unless it is ahead, does what is due up to now.
void el2sim_module::catch_up()
{
	const uint64_t now = ps(sc_time_stamp());

	check(el2sim_run_until(m.get(), std::max(now, el2sim_now(m.get())), &error));
}

void el2sim_module::run()
{
	const uint64_t now = ps(sc_time_stamp()), end = el2sim_end_time(m.get());

	keeper.reset();
	while (!over) {
		const uint64_t next = std::min(el2sim_next_time(m.get()), end);

		if (next > now) {
			keeper.set(until(next));
			if (in_flight != 0 || keeper.need_sync()) {
				next_trigger(keeper.get_local_time(), kick);
				return;
			}
		}
		check(el2sim_run_until(m.get(), next, &error));
		if (next == end && el2sim_next_time(m.get()) == EL2SIM_NEVER) {
			over = true;
			finished.notify(until(end));
		}
	}
}

void el2sim_module::interrupt(unsigned v)
{
	if (over)
		return;
	catch_up();
	check(el2sim_raise(m.get(), v, &error));
	kick.notify();
}

// ---- accesses ----

uint64_t el2sim_module::on_access(void *ctx, struct el2sim *m, const struct el2sim_access *a)
{
	auto *self = static_cast<el2sim_module *>(ctx);

	self->in_flight++;
	self->jobs.push_back({*a, el2sim_now(m)});
	if (self->jobs.size() > self->idle) {
		sc_spawn_options options;

		options.set_stack_size(256 * 1024);
		sc_spawn([self] { self->work(); }, sc_gen_unique_name("access"), &options);
	}
	self->posted.notify();
	return EL2SIM_LATER;
}

void el2sim_module::work()
{
	for (;;) {
		while (jobs.empty()) {
			idle++;
			wait(posted);
			idle--;
		}
		const job j = jobs.front();

		jobs.pop_front();
		perform(j);
	}
}

void el2sim_module::perform(const job &j)
{
	unsigned char data[8] = {0};
	tlm::tlm_generic_payload trans;
	el2sim_origin origin;
	sc_time delay = until(j.at);

	origin.vcpu = j.access.vcpu;
	origin.vm = j.access.vm;
	origin.pcpu = j.access.pcpu;
	origin.vmm = j.access.vmm;
	std::memcpy(data, &j.access.data, sizeof(data)); // the host is little-endian, as the guest
	trans.set_command(j.access.write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
	trans.set_address(j.access.address);
	trans.set_data_ptr(data);
	trans.set_data_length(j.access.size);
	trans.set_streaming_width(j.access.size);
	trans.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
	trans.set_extension(&origin);
	(*sockets[j.access.device])->b_transport(trans, delay);
	trans.clear_extension(&origin);
	if (trans.is_response_error())
		fail(EL2SIM_MODEL, std::string(sockets[j.access.device]->name()) +
					   ": the target answers " + trans.get_response_string() +
					   ": want TLM_OK_RESPONSE");
	in_flight--;
	if (over)
		return;
	catch_up();

	const uint64_t done = ps(sc_time_stamp() + delay), now = el2sim_now(m.get());

	check(el2sim_answer(m.get(), j.access.vcpu, done > now ? done - now : 0, &error));
	kick.notify();
}

// ---- trace ----

void el2sim_module::trace(sc_trace_file *file)
{
	const el2sim_observer observer = {this, on_pcpu, on_vcpu, nullptr};
	std::string help[2] = {"pcpu:", "vcpu:"};

	check(el2sim_observe(m.get(), &observer, &error));
	pcpu.resize(el2sim_size(m.get(), EL2SIM_PCPU));
	vcpu.resize(el2sim_size(m.get(), EL2SIM_VCPU));
	for (unsigned w = 0; w < 2; w++) {
		const el2sim_names what = w == 0 ? EL2SIM_ACTIVITIES : EL2SIM_STATES;

		for (unsigned i = 0; el2sim_name(what, i) != nullptr; i++)
			help[w] += " " + std::to_string(i) + "=" + el2sim_name(what, i);
		file->write_comment(help[w]);
	}
	for (std::size_t i = 0; i < pcpu.size(); i++)
		sc_trace(file, pcpu[i], std::string(name()) + ".pcpu" + std::to_string(i), 4);
	for (std::size_t i = 0; i < vcpu.size(); i++)
		sc_trace(file, vcpu[i], std::string(name()) + ".vcpu" + std::to_string(i), 3);
}

void el2sim_module::note(uint64_t at, unsigned &value, unsigned to)
{
	changes.push({at, order++, &value, to});
	change_due.notify(until(at));
}

void el2sim_module::show()
{
	const uint64_t now = ps(sc_time_stamp());

	for (; !changes.empty() && changes.top().ps <= now; changes.pop())
		*changes.top().value = changes.top().to;
	if (!changes.empty())
		change_due.notify(until(changes.top().ps));
}

void el2sim_module::on_pcpu(void *ctx, uint64_t at, unsigned pcpu, unsigned, unsigned activity)
{
	auto *self = static_cast<el2sim_module *>(ctx);

	self->note(at, self->pcpu[pcpu], activity);
}

void el2sim_module::on_vcpu(void *ctx, uint64_t at, unsigned vcpu, unsigned state)
{
	auto *self = static_cast<el2sim_module *>(ctx);

	self->note(at, self->vcpu[vcpu], state);
}
