# SPDX-License-Identifier: Apache-2.0
"""libel2sim.so: where it is, and what its functions take (include/el2sim/machine.h says what they do)."""
import ctypes
import functools
import glob
import os

from .errors import Error, error

API = 1  # EL2SIM_API of the machine.h that this is written for
NEVER = 2**64 - 1
ALL = 2**32 - 1
ERROR_MAX = 480


class ErrorStruct(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("text", ctypes.c_char * ERROR_MAX)]


class AccessStruct(ctypes.Structure):
    _fields_ = [
        ("address", ctypes.c_uint64), ("data", ctypes.c_uint64), ("size", ctypes.c_uint), ("write", ctypes.c_bool),
        ("vmm", ctypes.c_bool), ("vcpu", ctypes.c_uint), ("vm", ctypes.c_uint), ("pcpu", ctypes.c_uint), ("device", ctypes.c_uint),
        ("exit_kind", ctypes.c_char_p),
    ]


AccessFn = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(AccessStruct))
PcpuFn = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint, ctypes.c_uint, ctypes.c_uint)
VcpuFn = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint, ctypes.c_uint)
ExitFn = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint, ctypes.c_char_p)


class DeviceStruct(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p), ("base", ctypes.c_uint64), ("size", ctypes.c_uint64), ("access_size", ctypes.c_uint),
        ("vm", ctypes.c_uint), ("accesses", ctypes.c_uint), ("weight", ctypes.c_uint), ("access", AccessFn), ("ctx", ctypes.c_void_p),
    ]


class ObserverStruct(ctypes.Structure):
    _fields_ = [("ctx", ctypes.c_void_p), ("pcpu", PcpuFn), ("vcpu", VcpuFn), ("exit", ExitFn)]


_machine, _error = ctypes.c_void_p, ctypes.POINTER(ErrorStruct)
_u64, _unsigned, _int, _text = ctypes.c_uint64, ctypes.c_uint, ctypes.c_int, ctypes.c_char_p

# name: (result, arguments); a function whose last argument is an error is called by call(), which raises it.
PROTOTYPES = {
    "el2sim_version": (_text, []),
    "el2sim_api": (_unsigned, []),
    "el2sim_new": (_machine, []),
    "el2sim_free": (None, [_machine]),
    "el2sim_load": (_int, [_machine, _text, _error]),
    "el2sim_load_text": (_int, [_machine, _text, _text, ctypes.c_size_t, _error]),
    "el2sim_set": (_int, [_machine, _text, _error]),
    "el2sim_elaborate": (_int, [_machine, _error]),
    "el2sim_run_until": (_int, [_machine, _u64, _error]),
    "el2sim_now": (_u64, [_machine]),
    "el2sim_next_time": (_u64, [_machine]),
    "el2sim_end_time": (_u64, [_machine]),
    "el2sim_finish": (_int, [_machine, _error]),
    "el2sim_raise": (_int, [_machine, _unsigned, _error]),
    "el2sim_kick": (_int, [_machine, _unsigned, _error]),
    "el2sim_add_device": (_int, [_machine, ctypes.POINTER(DeviceStruct), _error]),
    "el2sim_answer": (_int, [_machine, _unsigned, _u64, _error]),
    "el2sim_name": (_text, [_int, _unsigned]),
    "el2sim_observe": (_int, [_machine, ctypes.POINTER(ObserverStruct), _error]),
    "el2sim_size": (_unsigned, [_machine, _int]),
    "el2sim_vm_of": (_unsigned, [_machine, _unsigned]),
    "el2sim_count": (_int, [_machine, _int, _unsigned, _text, ctypes.POINTER(_u64), _error]),
    "el2sim_counter_name": (_text, [_unsigned]),
    "el2sim_report_text": (_int, [_machine, _text, ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_size_t), _error]),
    "el2sim_report_file": (_int, [_machine, _text, _text, _error]),
}

_here = os.path.dirname(os.path.realpath(__file__))


def _above(n):
    """The folder n levels above this package's."""
    return os.path.abspath(os.path.join(_here, *[".."] * n))


def _candidates():
    """Files that could be the library: of the installation that this package is in, of the source tree that it is in."""
    for n in range(1, 6):  # PREFIX/lib/python3/dist-packages/el2sim
        for pattern in ("lib", "lib/*-linux-gnu*", "lib64"):
            yield from sorted(glob.glob(os.path.join(_above(n), pattern, f"libel2sim.so.{API}")))
    yield from builds("libel2sim.so")


def builds(name):
    """A file of the source tree's builds, the release build's first; nothing unless this package is in a source tree."""
    tree = _above(2)
    if os.path.exists(os.path.join(tree, "sim", "lib", "machine.h")):
        found = sorted(glob.glob(os.path.join(tree, "build", "*", name)))
        yield from sorted(found, key=lambda path: os.path.basename(os.path.dirname(path)) != "release")


@functools.lru_cache(maxsize=None)
def library():
    """The library, loaded once: EL2SIM_LIBRARY (a file), else of this installation or source tree, else what the loader finds."""
    given = os.environ.get("EL2SIM_LIBRARY")
    name = given or next(_candidates(), f"libel2sim.so.{API}")
    try:
        lib = ctypes.CDLL(name)
    except OSError as e:
        raise Error(f"no libel2sim ({e}): install libel2sim{API}, or name the file in EL2SIM_LIBRARY") from None
    try:
        for function, (result, arguments) in PROTOTYPES.items():
            f = getattr(lib, function)
            f.restype, f.argtypes = result, arguments
        api = lib.el2sim_api()
    except AttributeError as e:
        raise Error(f"{name} is not a libel2sim of this package ({e})") from None
    if api != API:
        raise Error(f"{name} has interface {api}, this package is for {API}: install the two of one version")
    lib.path = os.path.realpath(given or name)
    return lib


def call(function, *arguments):
    """Call a function of the library whose last argument is an error; raises it."""
    e = ErrorStruct()
    if getattr(library(), function)(*arguments, ctypes.byref(e)) != 0:
        raise error(e.status, e.text.decode(errors="replace"))


def names(function, *arguments):
    """The names that a function of the library gives one by one until NULL."""
    f, found = getattr(library(), function), []
    while (name := f(*arguments, len(found))) is not None:
        found.append(name.decode())
    return found
