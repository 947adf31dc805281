# SPDX-License-Identifier: Apache-2.0
"""el2sim in Python: simulated machines and replays by libel2sim, the other commands by the program el2sim.

    import el2sim

    report = el2sim.run("experiment/overcommit.ini", {"machine.vcpus": 16})
    report["verdicts"]             # sentences
    report.rows("phases")          # a table as a list of dictionaries
    report.frame("phases")         # as a pandas.DataFrame, where pandas is

A result is a Report: the dictionary of the command's JSON. What goes wrong is an exception below el2sim.Error, whose text is the
sentence that el2sim itself prints. docs/python.md tells more.
"""
from .errors import AnswerError, ConfigError, Error, InputError, ModelError, OutputError, UsageError
from .machine import LATER, NEVER, Access, Machine, counter_names, run
from .program import abi, advise, command, compare, diff, explain, explore, lint, points, query, sweep
from .report import Report, frame, load

__all__ = [
    "Access", "AnswerError", "ConfigError", "Error", "InputError", "LATER", "Machine", "ModelError", "NEVER", "OutputError", "Report",
    "UsageError", "abi", "advise", "command", "compare", "counter_names", "diff", "explain", "explore", "frame", "lint", "load",
    "points", "query", "run", "sweep", "version",
]


def version():
    """The library's version, such as "0.1.0"."""
    from .library import library

    return library().el2sim_version().decode()
