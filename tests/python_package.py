# SPDX-License-Identifier: Apache-2.0
"""python_package.py FOLDER: see test_python.sh."""
import contextlib, io, json, os, re, signal, subprocess, sys, types, unittest

import el2sim
from el2sim import library

folder = sys.argv.pop()
root = os.getcwd()
VHE, CROWD = "experiment/linux-6.12-vhe-n1.ini", "experiment/overcommit.ini"
SMALL = {"machine.vcpus": 4, "run.duration": "3000us"}


def program(*words):
    p = subprocess.run([os.environ["EL2SIM_PROGRAM"], *words], capture_output=True, text=True)
    return p.stdout, p.stderr, p.returncode


class Package(unittest.TestCase):
    def test_every_function_of_the_header_has_a_row(self):
        with open(os.path.join(root, "sim/lib/machine.h")) as f:
            text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
        said = dict(re.findall(r"EL2SIM_PUBLIC[^;]*?\b(el2sim_\w+)\(([^;]*)\);", text))
        said.pop("el2sim_report")  # its FILE is C's
        self.assertEqual(set(library.PROTOTYPES), set(said))
        for name, arguments in said.items():
            n = 0 if arguments.strip() == "void" else arguments.count(",") + 1
            self.assertEqual(n, len(library.PROTOTYPES[name][1]), name)
        self.assertIn(f"#define EL2SIM_API    {library.API} ", text + "\n")
        self.assertIn(f"#define EL2SIM_ERROR_MAX {library.ERROR_MAX}", text)

    def test_a_run_is_the_programs(self):
        for config, settings in ((VHE, {}), (CROWD, SMALL)):
            out, _, _ = program("run", config, *(f"--{k}={v}" for k, v in settings.items()), "--format", "json")
            want, found = json.loads(out), el2sim.run(config, settings)
            want.pop("command"), found.pop("command", None)
            self.assertEqual(found, want)

    def test_a_configuration_may_be_text(self):
        text = "[el2sim]\ninclude = experiment/overcommit.ini\n"
        self.assertEqual(el2sim.run(text=text, settings=SMALL)["tables"]["phases"], el2sim.run(CROWD, SMALL)["tables"]["phases"])
        with self.assertRaises(el2sim.UsageError):
            el2sim.run()

    def test_a_report_has_tables_columns_units_and_frames(self):
        r = el2sim.run(VHE)
        self.assertEqual(sum(r.column("vcpus", "exits")), r["facts"]["exits"])
        self.assertEqual(r.units("cycles")["time_us"], "us")
        with self.assertRaisesRegex(KeyError, "no table 'none': there are phases, "):
            r.rows("none")
        with self.assertRaisesRegex(KeyError, "no column 'none' in table 'kinds': there are kind, "):
            r.column("kinds", "none")
        self.assertIn("**", r._repr_markdown_())
        had = sys.modules.get("pandas")
        try:
            sys.modules["pandas"] = None
            with self.assertRaisesRegex(el2sim.UsageError, "python3-pandas"):
                r.frame("kinds")
            made = lambda rows, columns: types.SimpleNamespace(rows=rows, columns=columns, attrs={})
            sys.modules["pandas"] = types.SimpleNamespace(DataFrame=made)
            f = r.frame("cycles")
            self.assertEqual((f.rows, f.attrs["units"]["time_us"]), (r.rows("cycles"), "us"))
        finally:
            sys.modules.pop("pandas")
            if had is not None:
                sys.modules["pandas"] = had

    def test_a_report_is_written_again_and_read(self):
        r = el2sim.compare(VHE, vary={"policy.el1": ["model", "eager"]})
        r.save("two.json")
        self.assertEqual(el2sim.load("two.json"), r)
        out, _, _ = program("compare", VHE, "--vary", "policy.el1=model,eager")
        self.assertEqual(r.text(), out)
        r.figure("kinds", "two.svg", no_title=True)
        self.assertTrue(os.path.getsize("two.svg") > 1000)
        with self.assertRaises(el2sim.InputError):
            el2sim.load(__file__)

    def test_errors_are_the_programs_sentences(self):
        for kind, call, words in (
                (el2sim.ConfigError, lambda: el2sim.run("none.ini"), ["run", "none.ini"]),
                (el2sim.ConfigError, lambda: el2sim.run(CROWD, {"machine.vcpus": 0}), ["run", CROWD, "--machine.vcpus=0"]),
                (el2sim.ConfigError, lambda: el2sim.compare("none.ini"), ["compare", "none.ini"]),
                (el2sim.UsageError, lambda: el2sim.explore(VHE, depth="x"), ["explore", VHE, "--depth", "x"]),
                (el2sim.InputError, lambda: el2sim.run(VHE, trace="/dev/null"), ["run", VHE, "--run.trace=/dev/null"]),
                (el2sim.ModelError, lambda: el2sim.run(VHE, {"policy.debug": "deferred"}), ["run", VHE, "--policy.debug=deferred"])):
            _, said, status = program(*words)
            with self.assertRaises(kind) as caught:
                call()
            self.assertEqual((f"el2sim: {caught.exception}\n", caught.exception.status), (said, status))

    def test_an_answer_no_is_a_status(self):
        r = el2sim.explore(VHE, patch="swap HCR_EL2 and MDCR_EL2 @enter", depth=4)
        self.assertEqual(r.status, 1)
        self.assertEqual(el2sim.lint(VHE).status, 0)

    def test_calls_in_the_wrong_order_and_a_closed_machine_are_errors(self):
        m = el2sim.Machine(CROWD, SMALL)
        with self.assertRaises(el2sim.UsageError):
            m.report()
        m.elaborate()
        with self.assertRaises(el2sim.UsageError):
            m.count("exits", vm=0, vcpu=0)
        with self.assertRaises(el2sim.UsageError):
            m.count("no such counter")
        m.close()
        m.close()
        with self.assertRaisesRegex(el2sim.UsageError, "closed"):
            m.now

    def test_a_run_in_steps_is_the_same_run(self):
        want = el2sim.run(CROWD, SMALL)
        with el2sim.Machine(CROWD, SMALL) as m:
            m.elaborate()
            self.assertEqual((m.sizes["vcpu"], m.vm_of(0), m.vm_of(99)), (4, 0, None))
            while m.now < m.end:
                m.run(min(m.end, (m.next_time or m.end) + 777_777_777))
            exits = m.count("exits")
            self.assertEqual(exits, sum(m.count("exits", vcpu=v) for v in range(4)))
            self.assertIn("exits", el2sim.counter_names())
            with self.assertRaises(el2sim.UsageError):
                m.run(0)
            self.assertEqual(m.finish().report(), want)
            m.report_file("report.txt", "text")
            with open("report.txt") as f:
                self.assertEqual(f.read(), m.report_text())

    def machine(self, access):
        m = el2sim.Machine(CROWD, {**SMALL, "mix.mmio_read_user": 1000}).elaborate()
        self.assertEqual(m.add_device("box", 0x9000000, 0x1000, access), 0)
        return m

    def test_a_device_is_asked_and_takes_time(self):
        asked = []
        with self.machine(lambda m, a: asked.append(a) or 300_000) as m:
            seen = []
            m.observe(exit=lambda ps, vcpu, kind: seen.append(kind), pcpu=lambda ps, p, v, what: seen.append(what), vcpu=lambda *_: None)
            m.run().finish()
            row = m.report().rows("devices")[0]
        self.assertEqual(row["reads"] + row["writes"], len(asked))
        self.assertTrue(asked and all(a.size == 4 and 0x9000000 <= a.address < 0x9001000 for a in asked))
        self.assertTrue({"guest", asked[0].exit_kind} <= set(seen))

    def test_what_a_device_raises_is_raised_by_run(self):
        def breaks(m, a):
            raise ZeroDivisionError(a.exit_kind)
        with self.machine(breaks) as m, self.assertRaises(ZeroDivisionError):
            m.run()
        with self.machine(lambda m, a: signal.raise_signal(signal.SIGINT)) as m, self.assertRaises(KeyboardInterrupt):
            m.run()
        with self.assertRaisesRegex(el2sim.UsageError, "want some of read, write"):
            el2sim.Machine(CROWD).elaborate().add_device("x", 0, 4096, int, accesses=["rd"])

    def test_a_sweep_has_points_and_a_file_to_ask(self):
        vary, settings = {"machine.vcpus": [4, 8]}, {"run.duration": "1000us"}
        r = el2sim.sweep(CROWD, vary, "s.db", settings=settings)
        self.assertEqual(([row["machine.vcpus"] for row in r.rows("points")], r.status), ([4, 8], 0))
        p = el2sim.points("s.db", "per_exit/cycles/each")
        self.assertEqual([row["machine.vcpus"] for row in p], [4, 8])
        self.assertTrue(all(row["per_exit/cycles/each"] > 0 for row in p))
        with self.assertRaisesRegex(KeyError, "no metric 'no/ne'"):
            el2sim.points("s.db", "no/ne")
        self.assertEqual(el2sim.query("s.db", "SELECT count(*) AS n FROM points"), [{"n": 2}])
        self.assertEqual(el2sim.sweep(CROWD, vary, settings=settings)["tables"]["points"], r["tables"]["points"])
        with self.assertRaisesRegex(el2sim.UsageError, "no such column"):
            el2sim.query("s.db", "SELECT none")
        r = el2sim.sweep(CROWD, {"machine.vcpus": [2, 4]}, settings=settings)  # on 4 VMs
        self.assertEqual((r.status, len(r.rows("failures"))), (1, 1))

    def test_an_interrupt_ends_the_program(self):
        with open("sleeper", "w") as f:
            f.write("#!/bin/bash\ntrap 'touch put-away; exit 130' INT\nread -r\nkill -INT $PPID\nwhile :; do sleep 0.05; done\n")
        os.chmod("sleeper", 0o755)
        had, os.environ["EL2SIM_PROGRAM"] = os.environ["EL2SIM_PROGRAM"], os.path.abspath("sleeper")
        try:
            with self.assertRaises(KeyboardInterrupt):
                el2sim.program._run(["report", "-"], "go\n")  # when it is read, somebody waits
        finally:
            os.environ["EL2SIM_PROGRAM"] = had
        self.assertTrue(os.path.exists("put-away"))

    def test_a_library_that_is_none_is_said(self):
        for path, said in ((os.path.join(root, "README.md"), "no libel2sim .*EL2SIM_LIBRARY"), ("libc.so.6", "is not a libel2sim")):
            p = subprocess.run([sys.executable, "-c", "import el2sim; el2sim.version()"], capture_output=True, text=True,
                               env={**os.environ, "EL2SIM_LIBRARY": path, "PYTHONPATH": os.path.join(root, "python")})
            self.assertRegex(p.stderr, "el2sim.errors.Error: .*" + said)

    def run_blocks(self, blocks):
        names = {}
        for i, block in enumerate(blocks):
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(block, f"block {i}", "exec"), names)
        return names

    def test_the_document_runs(self):
        with open(os.path.join(root, "docs/python.md")) as f:
            blocks = re.findall(r"(?ms)^```python\n(.*?)^```$", f.read())
        names = self.run_blocks(blocks)
        self.assertEqual((len(blocks), names["safe"], len(names["cycles"])), (4, True, 2))

    def test_the_notebook_runs(self):
        with open(os.path.join(root, "python/example.ipynb")) as f:
            book = json.load(f)
        cells = [c for c in book["cells"] if c["cell_type"] == "code"]
        self.assertTrue(all(c["outputs"] == [] and c["execution_count"] is None for c in cells))
        names = self.run_blocks("".join(c["source"]) for c in cells)
        self.assertEqual((len(names["exits"]), names["found"].status), (5, 0))
        self.assertTrue(os.path.exists("kinds.svg"))


os.chdir(folder)
unittest.main()
