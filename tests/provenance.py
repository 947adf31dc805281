# SPDX-License-Identifier: Apache-2.0
"""provenance.py PROGRAM CC: every command's JSON says what made it, and what from: files as they are, configurations as effective."""
import hashlib, json, os, re, shutil, subprocess, sys, tempfile
from concurrent.futures import ThreadPoolExecutor

from report_lines import lines

program, cc = sys.argv[1:]
VHE = "configs/experiment/linux-6.12-vhe-n1.ini"
E2T = "traces/samples/linux-6.12-vhe-mixed-4v2p.e2t"
NO_CONFIG = {"verify", "trace", "record", "doctor", "regs", "exits", "bugs"}  # none of their own, or many


def sha256(path):
    return hashlib.sha256(open(path, "rb").read()).hexdigest()


def out(*words, status=(0, 1)):
    run = subprocess.run([program, *words], capture_output=True, text=True)
    assert run.returncode in status, f"{words}: {run.stderr}"
    return run.stdout


def made(*words):
    return json.loads(out(*words, "--format", "json"))["provenance"]


def check(line):
    words = line.split()[1:]
    text = out(*words, "--format", "json")
    p = json.loads(text)["provenance"]
    assert re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", p["version"]), line
    assert "el2sim " + p["version"] == out("--version").strip()
    assert re.fullmatch("[0-9a-f]{64}", p["program"]), line
    names = [i["name"] for i in p["inputs"]]
    assert len(set(names)) == len(names), f"{line}: a file is there twice"
    for i in p["inputs"]:
        assert i["sha256"] == sha256(i["name"]), f"{line}: {i}"
    for word in words:
        assert not os.path.isfile(word) or word in names, f"{line}: lacks {word}"
    if words[0] not in NO_CONFIG and any(w.endswith(".ini") for w in words):
        assert p["configurations"], f"{line}: no configuration"
        assert any("/machine/" in n for n in names), f"{line}: no included file in {names}"
    page = out(*words, "--format", "html")
    for digest in [p["program"]] + [o["sha256"] for o in p["configurations"] + p["inputs"]]:
        assert digest in page, f"{line}: the page lacks {digest}"
    return text


with ThreadPoolExecutor(2) as pool:
    texts = list(pool.map(check, lines(cc)))

# The same bytes again; every change of what it is made from is seen, and only there.
assert out("run", VHE, "--format", "json") == texts[0]
first = made("run", VHE)
other = made("run", VHE, "--policy.el1=eager")
assert other["inputs"] == first["inputs"] and other["configurations"] != first["configurations"]
with tempfile.TemporaryDirectory() as folder:
    copy = os.path.join(folder, "copy.e2t")
    shutil.copy(E2T, copy)
    own = os.path.join(folder, "own.ini")
    for text in ("", "# a remark\n"):
        open(own, "w").write(f"{text}[el2sim]\ninclude = {os.path.abspath(VHE)}\n")
        p = made("run", own)
        assert p["configurations"][0]["sha256"] == first["configurations"][0]["sha256"]  # the same options
        assert {"name": own, "sha256": sha256(own)} in p["inputs"]
    p = made("run", VHE, "--trace", copy)
    assert {"name": copy, "sha256": sha256(E2T)} in p["inputs"]
    assert made("trace", "info", copy)["inputs"] == [{"name": copy, "sha256": sha256(copy)}]
    # Read and written again, a report keeps its own, also when the files are gone; one without has none.
    old = os.path.join(folder, "old.json")
    open(old, "w").write(out("trace", "info", copy, "--format", "json"))
    os.remove(copy)
    assert out("report", old, "--format", "json") == open(old).read()
    report = json.load(open(old))
    del report["provenance"]
    json.dump(report, open(old, "w"))
    assert "provenance" not in json.loads(out("report", old, "--format", "json"))
    report["provenance"] = {"version": "9", "program": 1}
    json.dump(report, open(old, "w"))
    bad = subprocess.run([program, "report", old], capture_output=True, text=True)
    assert bad.returncode == 4 and "provenance" in bad.stderr, bad
    # A sweep: what ran it, and its plan.
    db = os.path.join(folder, "a.db")
    out("sweep", "configs/experiment/policy-matrix.ini", "--run.duration=200", "--vary", "machine.vcpus=4", "--vary",
        "policy.el1=model", "-o", db)
    p = made("report", db)
    want = dict(r.values() for r in json.loads(out("query", db, "SELECT key, value FROM meta", "--format", "json")))
    assert p["program"] == want["program_hash"] and p["configurations"][0]["sha256"] == want["plan_hash"], p
    # diff: both sides, and what they were made from.
    base = os.path.join(folder, "base.json")
    out("run", VHE, "-o", base)
    names = [i["name"] for i in made("diff", base, "configs/experiment/my-kernel.ini")["inputs"]]
    assert base in names and VHE in names and "configs/experiment/my-kernel.ini" in names, names
print(f"{len(texts)} reports say what they were made from")
