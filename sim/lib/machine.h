/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * el2sim as a library: simulated machines, and replays of traces, inside of another program. Plain
 * C, no global state; any number of machines, each used by one thread at a time.
 *
 * @code
 *	struct el2sim *m = el2sim_new();
 *	struct el2sim_error e;
 *
 *	if (el2sim_load(m, "configs/experiment/overcommit.ini", &e) != 0 ||
 *	    el2sim_set(m, "machine.vcpus=256", &e) != 0 ||
 *	    el2sim_elaborate(m, &e) != 0 ||
 *	    el2sim_run_until(m, EL2SIM_NEVER, &e) != 0 ||
 *	    el2sim_finish(m, &e) != 0 ||
 *	    el2sim_report(m, "text", stdout, &e) != 0)
 *		fprintf(stderr, "%s\n", e.text);
 *	el2sim_free(m);
 * @endcode
 *
 * Times are picoseconds since the machine's start. A function that can fail returns 0, or -1 with
 * *e filled (untouched on 0); "Errors" says with what. What is called in the wrong order fails with
 * #EL2SIM_USAGE and does nothing. Strings given are copied unless a comment says otherwise; those
 * returned last as long as the machine, or for ever.
 */
#ifndef EL2SIM_LIB_MACHINE_H
#define EL2SIM_LIB_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EL2SIM_API    1 /**< changes when a program has to be compiled again */
/** Of what leaves the library. */
#define EL2SIM_PUBLIC __attribute__((visibility("default")))
#define EL2SIM_NEVER  UINT64_MAX /**< no time */
#define EL2SIM_ALL    UINT32_MAX /**< of a VM's number: any; of a vCPU's: none */

/** A machine; what it is made of is the library's own. */
struct el2sim;

/** The program's version, "1.2.3". */
EL2SIM_PUBLIC const char *el2sim_version(void);
/** EL2SIM_API as the library was compiled with. */
EL2SIM_PUBLIC unsigned el2sim_api(void);

/* ---- errors ---- */

/** The exit status of the program el2sim for the same failure. */
enum el2sim_status {
	EL2SIM_USAGE = 2,  /**< a call in the wrong order, a wrong argument */
	EL2SIM_CONFIG = 3, /**< a wrong configuration */
	EL2SIM_INPUT = 4,  /**< a wrong file beside it */
	EL2SIM_MODEL = 5,  /**< a switch model or policy that is not sound; simulated time ends */
	EL2SIM_IO = 6      /**< a file could not be written */
};

#define EL2SIM_ERROR_MAX 480 /**< bytes of an error's text, with its end */

/** Why a function failed. */
struct el2sim_error {
	int status;                  /**< enum el2sim_status */
	char text[EL2SIM_ERROR_MAX]; /**< one sentence, no newline; as the program prints it */
};

/* ---- life ---- */

/** A machine without a configuration. Free it with el2sim_free(). */
EL2SIM_PUBLIC struct el2sim *el2sim_new(void);
/** Free a machine, at any stage; NULL: nothing. */
EL2SIM_PUBLIC void el2sim_free(struct el2sim *m);

/**
 * Read an INI file, as `el2sim run FILE` does: a path that does not exist is looked for among the
 * shipped files. At most one call of this or of el2sim_load_text(). Errors: #EL2SIM_CONFIG,
 * #EL2SIM_USAGE.
 */
EL2SIM_PUBLIC int el2sim_load(struct el2sim *m, const char *path, struct el2sim_error *e);
/** The same of len bytes of text in memory; name: its place in messages and reports, and what its
 * includes are relative to. Errors: #EL2SIM_CONFIG, #EL2SIM_USAGE. */
EL2SIM_PUBLIC int el2sim_load_text(struct el2sim *m, const char *name, const char *text, size_t len,
				   struct el2sim_error *e);
/** Set an option after the load, which wins over the file; assignment: "section.key=value", with or
 * without "--". Errors: #EL2SIM_CONFIG, #EL2SIM_USAGE. */
EL2SIM_PUBLIC int el2sim_set(struct el2sim *m, const char *assignment, struct el2sim_error *e);

/**
 * Compile the switch program and build the machine; the configuration cannot change any more.
 * Devices and observers come between this and the first run. A configuration without a workload
 * ([mix]) replays its trace: time goes from the trace's first event to its last one; there are
 * reports and counters (no cycles_*, no pCPUs; VMs and vCPUs are those that the trace showed so far),
 * but no devices, observers, interrupts from outside. Of a trace that is played ([host] sched =
 * recorded) there are observers, too. Errors: #EL2SIM_CONFIG, #EL2SIM_INPUT, #EL2SIM_MODEL,
 * #EL2SIM_USAGE.
 */
EL2SIM_PUBLIC int el2sim_elaborate(struct el2sim *m, struct el2sim_error *e);

/* ---- time ---- */

/**
 * Run everything up to and including this time (ps), which is the time now afterwards; beyond the
 * end of the run ([run] duration), #EL2SIM_NEVER: up to the end. Not from within a callback.
 * Errors: #EL2SIM_INPUT, #EL2SIM_MODEL, #EL2SIM_USAGE.
 */
EL2SIM_PUBLIC int el2sim_run_until(struct el2sim *m, uint64_t ps, struct el2sim_error *e);

/** The time now, in ps. */
EL2SIM_PUBLIC uint64_t el2sim_now(const struct el2sim *m);
/** When something happens next, in ps: now, if it is due; #EL2SIM_NEVER if nothing does before the
 * end. */
EL2SIM_PUBLIC uint64_t el2sim_next_time(const struct el2sim *m);
/** The end of the run, in ps, after el2sim_elaborate(). */
EL2SIM_PUBLIC uint64_t el2sim_end_time(const struct el2sim *m);

/**
 * The run is over now: what is under way is cut off, times and totals are checked. Before the end
 * time the report says how far it came (whole microseconds). Then reports, no more runs. Errors:
 * #EL2SIM_INPUT, #EL2SIM_MODEL, #EL2SIM_USAGE.
 */
EL2SIM_PUBLIC int el2sim_finish(struct el2sim *m, struct el2sim_error *e);

/* ---- from outside ---- */

/**
 * A device interrupts a vCPU, now: the interrupt arrives at the pCPU that the vCPU ran on last, KVM
 * injects it. One that has not been taken yet and another one are the same. Also from a callback.
 * Errors: #EL2SIM_USAGE.
 */
EL2SIM_PUBLIC int el2sim_raise(struct el2sim *m, unsigned vcpu, struct el2sim_error *e);
/** Force a vCPU out of its guest, as kvm_vcpu_kick does; nothing if it is not in the guest. Errors:
 * #EL2SIM_USAGE. */
EL2SIM_PUBLIC int el2sim_kick(struct el2sim *m, unsigned vcpu, struct el2sim_error *e);

/* ---- devices ---- */

/** Which of the guests' accesses a device gets; none of a pair: both. */
enum el2sim_accesses {
	EL2SIM_READ = 1,      /**< loads */
	EL2SIM_WRITE = 2,     /**< stores */
	EL2SIM_IN_KERNEL = 4, /**< exits that the host's kernel handles */
	EL2SIM_IN_VMM = 8     /**< exits that go to the VMM */
};

#define EL2SIM_LATER UINT64_MAX /**< an access that el2sim_answer() ends */

/** A guest's access reaches its device, at el2sim_now(m). */
struct el2sim_access {
	uint64_t address;      /**< guest-physical, aligned to size */
	uint64_t data;         /**< of a write, size bytes */
	unsigned size;         /**< bytes */
	bool write;            /**< a store, not a load */
	bool vmm;              /**< the VMM is asked, not the host's kernel */
	unsigned vcpu;         /**< whose */
	unsigned vm;           /**< whose */
	unsigned pcpu;         /**< that it runs on */
	unsigned device;       /**< index in the order of el2sim_add_device(), from 0 */
	const char *exit_kind; /**< as in [mix] */
};

/**
 * What a device does at an access a of machine m; ctx is the device's. Returns how long it takes, in
 * ps, which is added to the handling of the exit; 0: the exit is as without a device; #EL2SIM_LATER:
 * el2sim_answer() says so, until then the pCPU stalls (access of the kernel) or the VMM's thread
 * waits on it. Latencies end at the next cycle of the pCPU.
 */
typedef uint64_t el2sim_access_fn(void *ctx, struct el2sim *m, const struct el2sim_access *a);

/** A device: where it is, what it gets, what it does. */
struct el2sim_device {
	const char *name;         /**< in reports */
	uint64_t base;            /**< guest-physical address */
	uint64_t size;            /**< bytes */
	unsigned access_size;     /**< 1, 2, 4 or 8; 0: 4 */
	unsigned vm;              /**< the VM that has it, from 0; #EL2SIM_ALL: each */
	unsigned accesses;        /**< of enum el2sim_accesses; 0: all */
	unsigned weight;          /**< share of the accesses that several devices could get; 0: 1 */
	el2sim_access_fn *access; /**< called at each access */
	void *ctx;                /**< given to it */
};

/**
 * Put a device d into the machine, after el2sim_elaborate() and before the first run. A workload says
 * how often guests access devices (kinds mmio_*), not where: each access goes to one of the devices
 * that take it, by weight, to an address in it and with data drawn from the vCPU's own random
 * numbers. With no such device it is handled as without devices. Two devices that a VM sees must
 * not overlap. Errors: #EL2SIM_USAGE.
 */
EL2SIM_PUBLIC int el2sim_add_device(struct el2sim *m, const struct el2sim_device *d,
				    struct el2sim_error *e);

/** End the access of this vcpu that was #EL2SIM_LATER: so many ps from now on. Also from a callback,
 * but that of the access itself. Errors: #EL2SIM_USAGE. */
EL2SIM_PUBLIC int el2sim_answer(struct el2sim *m, unsigned vcpu, uint64_t ps,
				struct el2sim_error *e);

/* ---- observers ---- */

/** Rows of names. */
enum el2sim_names {
	EL2SIM_ACTIVITIES, /**< what a pCPU does */
	EL2SIM_STATES      /**< where a vCPU's thread is */
};

/** The i-th name of a row, from 0, NULL beyond the last one; what: the row. */
EL2SIM_PUBLIC const char *el2sim_name(enum el2sim_names what, unsigned i);

/**
 * What an observer is told; a member may be NULL. ps may be later than now, never earlier: a pCPU
 * settles at one moment what it does up to its next event. Calls about one pCPU (vCPU) are in order
 * of time, those about several ones are not. Observers change nothing.
 */
struct el2sim_observer {
	void *ctx; /**< given to each */
	/** From ps on this pCPU does this (#EL2SIM_ACTIVITIES), for this vCPU or #EL2SIM_ALL. */
	void (*pcpu)(void *ctx, uint64_t ps, unsigned pcpu, unsigned vcpu, unsigned activity);
	/** From ps on the vCPU's thread is in this state (#EL2SIM_STATES). */
	void (*vcpu)(void *ctx, uint64_t ps, unsigned vcpu, unsigned state);
	/** The vCPU leaves its guest. */
	void (*exit)(void *ctx, uint64_t ps, unsigned vcpu, const char *exit_kind);
};

/** Have an observer o, which is copied; after el2sim_elaborate(), before the first run, at most one
 * per machine. Errors: #EL2SIM_USAGE. */
EL2SIM_PUBLIC int el2sim_observe(struct el2sim *m, const struct el2sim_observer *o,
				 struct el2sim_error *e);

/* ---- results ---- */

/** What is counted of. */
enum el2sim_scope {
	EL2SIM_MACHINE, /**< all of it */
	EL2SIM_VM,      /**< one VM */
	EL2SIM_VCPU,    /**< one vCPU */
	EL2SIM_PCPU     /**< one pCPU */
};

/** How many there are of a scope, after el2sim_elaborate(); 1 of #EL2SIM_MACHINE. */
EL2SIM_PUBLIC unsigned el2sim_size(const struct el2sim *m, enum el2sim_scope scope);
/** The VM of a vCPU (vcpu, from 0); #EL2SIM_ALL if there is no such vCPU. */
EL2SIM_PUBLIC unsigned el2sim_vm_of(const struct el2sim *m, unsigned vcpu);

/**
 * A counter's value so far: of a scope, the machine (index 0), one VM, vCPU or pCPU (its index). A
 * name that begins with "cycles_" is where time went, in cycles, of what is over. A pCPU has only
 * these. Errors: #EL2SIM_USAGE.
 */
EL2SIM_PUBLIC int el2sim_count(const struct el2sim *m, enum el2sim_scope scope, unsigned index,
			       const char *name, uint64_t *value, struct el2sim_error *e);
/** The i-th counter's name, from 0, NULL beyond the last one. */
EL2SIM_PUBLIC const char *el2sim_counter_name(unsigned i);

/**
 * Write the report of `el2sim run` to f, after el2sim_finish(); format: "text", "md", "csv", "json"
 * ... (`el2sim run --help`). With devices it has a table of them. Errors: #EL2SIM_IO, #EL2SIM_USAGE.
 */
EL2SIM_PUBLIC int el2sim_report(struct el2sim *m, const char *format, FILE *f,
				struct el2sim_error *e);
/** The same, in this format, into a new string *text of *len bytes and a terminator; free() it.
 * Errors: #EL2SIM_USAGE. */
EL2SIM_PUBLIC int el2sim_report_text(struct el2sim *m, const char *format, char **text, size_t *len,
				     struct el2sim_error *e);
/** The same, in this format, into the file of that path, which appears whole or not at all. Errors:
 * #EL2SIM_IO, #EL2SIM_USAGE. */
EL2SIM_PUBLIC int el2sim_report_file(struct el2sim *m, const char *format, const char *path,
				     struct el2sim_error *e);

#ifdef __cplusplus
}
#endif

#endif
