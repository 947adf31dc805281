# SPDX-License-Identifier: Apache-2.0
"""The commands of the program el2sim: each in a process of its own, its answer as a Report."""
import json
import os
import shutil
import signal
import subprocess
import tempfile

from .errors import AnswerError, Error, UsageError, error
from .library import _above, builds
from .report import of_json
from .settings import assignments, text_of

INTERRUPTED = 130


def program():
    """The program: EL2SIM_PROGRAM, else of this installation or source tree, else of PATH."""
    given = os.environ.get("EL2SIM_PROGRAM")
    if given:
        return given
    installed = (os.path.join(_above(n), "bin", "el2sim") for n in range(3, 6))  # PREFIX/lib/python3/dist-packages/el2sim
    found = next((path for path in (*installed, *builds("el2sim")) if os.access(path, os.X_OK)), None) or shutil.which("el2sim")
    if found is None:
        raise Error("no program el2sim: install it, add its folder to PATH, or name it in EL2SIM_PROGRAM")
    return found


def options_of(options):
    """["--time-limit", "5"] of {"time_limit": 5}: True is an option without a value, False and None none, a list of them several."""
    words = []
    for key, value in options.items():
        name = "--" + key.replace("_", "-")
        for one in value if isinstance(value, (list, tuple)) else [value]:
            if one is True:
                words.append(name)
            elif one is not None and one is not False:
                words += [name, text_of(one)]
    return words


def _run(words, stdin=None):
    """Standard output and status. An exception for every status but 0 and 1; the process ends with the call, however that ends."""
    with subprocess.Popen([program(), *words], stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", errors="replace") as p:
        try:
            out, said = p.communicate(stdin)
        except BaseException:
            p.send_signal(signal.SIGINT)  # it puts away what it has begun, and stops the processes that it has
            try:
                p.wait(10)
            except subprocess.TimeoutExpired:
                p.kill()
            raise
    if p.returncode == INTERRUPTED:
        raise KeyboardInterrupt
    if p.returncode not in (0, 1):
        raise error(p.returncode, said.strip().removeprefix("el2sim: ") or f"el2sim {words[0]} ended with status {p.returncode}")
    return out, p.returncode, said


def command(name, *words, settings=None, **options):
    """Any command that writes a report: command("mutate", config, top=5) is `el2sim mutate CONFIG --top 5`.

    words: operands; settings: {"section.key": value}; options: as on the command line, without dashes (time_limit=5), True for
    an option without a value, a list for one that is given again. The Report's status is 1 if the answer is no.
    """
    line = [name, *map(text_of, words), *options_of(options), *(f"--{a}" for a in assignments(settings)), "--format", "json"]
    out, status, said = _run(line)
    if not out:
        raise AnswerError(said.strip() or f"el2sim {name} says no") if status == 1 else UsageError(f"el2sim {name} has no report")
    report = of_json(out, f"el2sim {name}")
    for one in report if isinstance(report, list) else [report]:
        one.status = status
    return report


def _varied(axes):
    return [f"{key}={text_of(values)}" for key, values in (axes or {}).items()]


def compare(*configs, vary=None, settings=None, **options):
    """The same trace or workload under several configurations, or with options varied: vary={"policy.el1": ["model", "eager"]}."""
    return command("compare", *configs, vary=_varied(vary), settings=settings, **options)


def explain(config, register=None, settings=None, **options):
    """The compiled program, table "ops"; with register one register's life; diff="policy.el1=eager", counts=True, ..."""
    return command("explain", config, *[register] * (register is not None), settings=settings, **options)


def abi(config, vcpus=None, settings=None, **options):
    """What the register ABI costs a VMM, over numbers of vCPUs: table "flows"."""
    return command("abi", config, vcpus=None if vcpus is None else text_of(vcpus), settings=settings, **options)


def advise(config, settings=None, **options):
    """Which policy would make an exit cheaper, and whether it is sound; budget="900cycles", trace=FILE, ..."""
    return command("advise", config, settings=settings, **options)


def explore(config=None, settings=None, **options):
    """Every interleaving up to depth=N: status 1, and the shortest story, if there is a violation."""
    return command("explore", *[config] * (config is not None), settings=settings, **options)


def lint(config=None, settings=None, **options):
    """The static checks: status 1 if there are findings."""
    return command("lint", *[config] * (config is not None), settings=settings, **options)


def diff(a, b, settings=None, **options):
    """Two results (files of reports or sweeps, or configurations) metric by metric; fail_above="2%": status 1 if one changed more."""
    return command("diff", a, b, settings=settings, **options)


def sweep(config, vary=None, results=None, jobs=None, settings=None):
    """Run a command at every point of [sweep] and vary={"machine.vcpus": [4, 8]}: the sweep's Report, table "points".

    results: the file that keeps all of it (points() and query() ask it; a second run does what is missing); None: none is kept. The Report's
    status is 1 if points failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        into = os.fspath(results) if results is not None else os.path.join(folder, "sweep.db")
        words = ["sweep", text_of(config), "-o", into, "--progress", "none", "--format", "json"]
        words += options_of({"vary": _varied(vary), "jobs": jobs}) + [f"--{a}" for a in assignments(settings)]
        _, status, _ = _run(words)
        report = command("report", into)
    report.status = status
    return report


def query(results, sql, *, max_rows=None, timeout=None):
    """Ask a results file in SQL (`el2sim query --schema`): a list of dictionaries."""
    words = ["query", os.fspath(results), sql, *options_of({"max_rows": max_rows, "timeout": timeout}), "--format", "json"]
    return json.loads(_run(words)[0])


def points(results, *metrics):
    """A results file's points, a dictionary each: the axes, "status", and metrics by name, such as "per_exit/cycles/each" (none given:
    all)."""
    found = {row["point"]: row for row in query(results, "SELECT * FROM points ORDER BY point")}
    where = "" if not metrics else "WHERE name IN (%s)" % ", ".join("'%s'" % m.replace("'", "''") for m in metrics)
    missing = set(metrics)
    for row in query(results, f"SELECT point, name, value FROM metrics {where} ORDER BY point, name"):
        found[row["point"]][row["name"]] = row["value"]
        missing.discard(row["name"])
    if missing:
        raise KeyError(f"no metric {sorted(missing)[0]!r} in {results}: query(results, 'SELECT DISTINCT name FROM metrics') lists them")
    return list(found.values())


def rewrite(report, words):
    """A report written again by `el2sim report`: what that prints."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "report.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(report, f)
        return _run(["report", path, *words])[0]
