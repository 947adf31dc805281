# SPDX-License-Identifier: Apache-2.0
"""A simulated machine, or a replay, by libel2sim."""
import collections
import ctypes
import os

from . import library as lib
from .errors import UsageError
from .library import NEVER, call, library, names
from .report import of_json
from .settings import assignments

LATER = NEVER  # of a device's answer: Machine.answer() ends the access
SLICES = 100  # of a run: what is interrupted (Ctrl-C) stops within one of them

Access = collections.namedtuple("Access", "address data size write vmm vcpu vm pcpu device exit_kind")

_scopes = {"vm": 1, "vcpu": 2, "pcpu": 3}
_accesses = {"read": 1, "write": 2, "kernel": 4, "vmm": 8}


class Machine:
    """One machine, from a configuration to its report; use it in a `with`, or close() it. Times are picoseconds.

    config: an INI file, or the name of a shipped one; text: the INI file itself. settings: {"section.key": value}, which win over
    the file. One thread at a time.
    """

    def __init__(self, config=None, settings=None, *, text=None):
        self._m = None
        if (config is None) == (text is None):
            raise UsageError("a Machine wants config, the name of a file, or text: one of them")
        self._m = library().el2sim_new()
        self._kept, self._raised, self._devices = [], None, 0  # _kept: what the library calls
        try:
            if config is not None:
                call("el2sim_load", self._m, os.fsencode(config))
            else:
                data = text.encode()
                call("el2sim_load_text", self._m, b"text", data, len(data))
            for assignment in assignments(settings):
                call("el2sim_set", self._m, assignment.encode())
        except BaseException:
            self.close()
            raise

    def close(self):
        """Free it; harmless when it is closed."""
        if self._m is not None:
            library().el2sim_free(self._m)
            self._m = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        self.close()

    def _at(self):
        if self._m is None:
            raise UsageError("the machine is closed")
        return self._m

    def elaborate(self):
        """Compile the switch program and build the machine; then devices, an observer, the first run."""
        call("el2sim_elaborate", self._at())
        return self

    # ---- time ----

    @property
    def now(self):
        return library().el2sim_now(self._at())

    @property
    def end(self):
        """The end of the run, after elaborate()."""
        return library().el2sim_end_time(self._at())

    @property
    def next_time(self):
        """When something happens next; None: nothing does before the end."""
        next_time = library().el2sim_next_time(self._at())
        return None if next_time == NEVER else next_time

    def run(self, until=None):
        """Run everything up to this time (ps), or to the end. What a callback raises stops it, and is raised here."""
        now, end = self.now, self.end
        last = end if until is None else min(int(until), end)
        if last < now:
            raise UsageError(f"run until {last} ps: it is {now} ps already")
        for i in range(1, SLICES):
            self._run_until(now + (last - now) * i // SLICES)
        self._run_until(NEVER if until is None or int(until) >= end else last)
        return self

    def _run_until(self, ps):
        call("el2sim_run_until", self._at(), ps)
        if self._raised is not None:
            raised, self._raised = self._raised, None
            raise raised

    def finish(self):
        """The run is over: what is under way is cut off, totals are checked; then report()."""
        call("el2sim_finish", self._at())
        return self

    # ---- from outside ----

    def interrupt(self, vcpu):
        """A device interrupts a vCPU, now."""
        call("el2sim_raise", self._at(), vcpu)

    def kick(self, vcpu):
        """Force a vCPU out of its guest, as kvm_vcpu_kick does."""
        call("el2sim_kick", self._at(), vcpu)

    def answer(self, vcpu, ps):
        """End the access of this vCPU whose device said LATER, in so many ps."""
        call("el2sim_answer", self._at(), vcpu, ps)

    def _guarded(self, function, failed=None):
        """A function that the library calls: nothing is raised through C."""
        def guarded(*arguments):
            if self._raised is None:
                try:
                    return function(*arguments)
                except BaseException as e:
                    self._raised = e
            return failed

        return guarded

    def add_device(self, name, base, size, access, *, access_size=4, vm=None, accesses=(), weight=1):
        """A device at a guest-physical range. access(machine, Access) says how many ps an access takes, or LATER.

        accesses: which ones it gets, of "read", "write", "kernel", "vmm"; none of a pair: both. vm: None: each. Returns its index.
        """
        def asked(_ctx, _m, a):
            a = a.contents
            took = access(self, Access(a.address, a.data, a.size, a.write, a.vmm, a.vcpu, a.vm, a.pcpu, a.device, a.exit_kind.decode()))
            return int(took or 0)

        try:
            wanted = sum(_accesses[what] for what in set(accesses))
        except KeyError as e:
            raise UsageError(f"accesses {e}: want some of {', '.join(_accesses)}") from None
        fn = lib.AccessFn(self._guarded(asked, 0))
        device = lib.DeviceStruct(name.encode(), base, size, access_size, lib.ALL if vm is None else vm, wanted, weight, fn, None)
        self._kept.append(fn)
        call("el2sim_add_device", self._at(), ctypes.byref(device))
        self._devices += 1
        return self._devices - 1

    def observe(self, pcpu=None, vcpu=None, exit=None):
        """Functions that are told what happens, once per machine, after elaborate(): pcpu(ps, pcpu, vcpu or None, activity),
        vcpu(ps, vcpu, state), exit(ps, vcpu, exit kind). They change nothing."""
        doing, states = names("el2sim_name", 0), names("el2sim_name", 1)
        told = lib.ObserverStruct()
        if pcpu is not None:
            told.pcpu = lib.PcpuFn(self._guarded(lambda _, ps, p, v, what: pcpu(ps, p, None if v == lib.ALL else v, doing[what])))
        if vcpu is not None:
            told.vcpu = lib.VcpuFn(self._guarded(lambda _, ps, v, state: vcpu(ps, v, states[state])))
        if exit is not None:
            told.exit = lib.ExitFn(self._guarded(lambda _, ps, v, kind: exit(ps, v, kind.decode())))
        self._kept.append(told)
        call("el2sim_observe", self._at(), ctypes.byref(told))

    # ---- results ----

    @property
    def sizes(self):
        """{"vm", "vcpu", "pcpu": how many}, after elaborate()."""
        return {name: library().el2sim_size(self._at(), scope) for name, scope in _scopes.items()}

    def vm_of(self, vcpu):
        """The VM of a vCPU; None: there is no such vCPU."""
        vm = library().el2sim_vm_of(self._at(), vcpu)
        return None if vm == lib.ALL else vm

    def count(self, name, **of):
        """A counter so far, of the machine, or of vm=N, vcpu=N, pcpu=N. Names: counter_names()."""
        if len(of) > 1 or not set(of) <= set(_scopes):
            raise UsageError(f"count of {', '.join(of)}: want one of vm, vcpu, pcpu, or none for the machine")
        scope, index = next(((_scopes[what], n) for what, n in of.items()), (0, 0))
        value = ctypes.c_uint64()
        call("el2sim_count", self._at(), scope, index, name.encode(), ctypes.byref(value))
        return value.value

    def report(self):
        """The Report of `el2sim run`, after finish()."""
        return of_json(self.report_text("json"), "libel2sim")

    def report_text(self, format="text"):
        """The same as text: "text", "md", "csv", "json", "html"."""
        text, n = ctypes.c_void_p(), ctypes.c_size_t()
        call("el2sim_report_text", self._at(), format.encode(), ctypes.byref(text), ctypes.byref(n))
        try:
            return ctypes.string_at(text, n.value).decode()
        finally:
            _free(text)

    def report_file(self, path, format="json"):
        """The same into a file, which appears whole or not at all."""
        call("el2sim_report_file", self._at(), format.encode(), os.fsencode(path))


_free = ctypes.CDLL(None).free
_free.restype, _free.argtypes = None, [ctypes.c_void_p]


def counter_names():
    """The names that Machine.count() takes."""
    return names("el2sim_counter_name")


def run(config=None, settings=None, *, text=None, trace=None):
    """Replay a trace, or simulate a workload, to its end: the Report of `el2sim run`.

    config: an INI file, or the name of a shipped one; text: the INI file itself; settings: {"section.key": value}; trace: a native
    trace instead of the configuration's.
    """
    settings = dict(settings or {})
    if trace is not None:
        settings["run.trace"] = trace
    with Machine(config, settings, text=text) as m:
        return m.elaborate().run().finish().report()
