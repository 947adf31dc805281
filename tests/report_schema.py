# SPDX-License-Identifier: Apache-2.0
"""Every report in JSON against docs/report.schema.json, and the schema against reports that break it."""
import copy, json, subprocess, sys, tempfile
from concurrent.futures import ThreadPoolExecutor

import jsonschema

from report_lines import lines

program, cc = sys.argv[1:]
schema = json.load(open("docs/report.schema.json"))
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)


def report(line):
    words = [program, *line.split()[1:], "--format", "json"]
    run = subprocess.run(words, capture_output=True, text=True)
    assert run.returncode in (0, 1), f"{line}: {run.stderr}"
    return line, json.loads(run.stdout)


def sweep():
    """A results file as a report."""
    with tempfile.TemporaryDirectory() as folder:
        line = "el2sim sweep configs/experiment/policy-matrix.ini --run.duration=200 --vary machine.vcpus=4,8 --vary policy.el1=model"
        subprocess.run([program, *line.split()[1:], "-o", folder + "/a.db"], check=True, capture_output=True)
        return report(f"el2sim report {folder}/a.db")


with ThreadPoolExecutor(2) as pool:
    reports = list(pool.map(report, lines(cc))) + [sweep()]
for line, r in reports:
    for error in validator.iter_errors(r):
        sys.exit(f"{line}: {error.json_path}: {error.message[:300]}")
    # What a schema cannot say: a row has the columns of its table.
    for key, t in r["tables"].items():
        keys = [c["key"] for c in t["columns"]]
        assert all(list(row) == keys for row in t["rows"]), f"{line}: {key}: a row has other members than its table"


def without(r, *path):
    at = r
    for p in path[:-1]:
        at = at[p]
    del at[path[-1]]


BREAKS = [
    lambda r: r.update(schema="el2sim.run/3"),
    lambda r: r.update(extra=1),
    lambda r: without(r, "provenance", "program"),
    lambda r: without(r, "provenance", "inputs", 0, "sha256"),
    lambda r: r["provenance"].update(program="0.1.0"),
    lambda r: without(r, "facts"),
    lambda r: without(r, "tables", "cycles", "columns", 0, "unit"),
    lambda r: without(r, "tables", "cycles", "columns", 3, "decimals"),
    lambda r: r["tables"]["cycles"]["columns"][0].update(type="float"),
    lambda r: r["tables"]["cycles"]["columns"][0].update(decimals=1),
    lambda r: r["tables"]["cycles"].update(columns=[]),
    lambda r: r["tables"]["cycles"]["rows"][0].update(part=[]),
    lambda r: r["tables"].update(facts=r["tables"]["cycles"]),
    lambda r: r["facts"].update(events=-1),
    lambda r: r["notes"].append("two\nlines"),
]
for i, change in enumerate(BREAKS):
    r = copy.deepcopy(reports[0][1])
    change(r)
    assert not validator.is_valid(r), f"the schema takes broken report {i}"
print(f"{len(reports)} reports are valid, {len(BREAKS)} broken ones are refused")
