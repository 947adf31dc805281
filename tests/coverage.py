# SPDX-License-Identifier: Apache-2.0
"""coverage.py BUILD: lines and branches of ours that ran, by room (tests/layers.txt), from gcov's counts in BUILD.

Not reachable, and named apart: what BUG() and BUG_ON() guard, for no input may lead there; they are counted neither as
run nor as not run. BUILD/missing.txt has the lines that did not run.
"""
import collections, json, os, re, subprocess, sys

build = sys.argv[1]
root = os.getcwd()
rooms = [row.split()[0] for row in open("tests/layers.txt") if row[0] not in "#\n"]
rooms = [r for r in rooms if r.split("/")[0] in ("sim", "models", "traces") and not r.endswith(".h")]


def room_of(path):
    return max((r for r in rooms if path.startswith(r + "/")), key=len, default=None)


lines = collections.defaultdict(lambda: collections.defaultdict(int))       # file: line: times
branches = collections.defaultdict(lambda: collections.defaultdict(dict))   # file: line: {index: times}
data = [os.path.join(d, f) for d, _, files in os.walk(build) for f in files if f.endswith(".gcda")]
if not data:
    sys.exit(f"{build}: no counts (*.gcda): run tests of the preset coverage first")
for at in range(0, len(data), 50):
    out = subprocess.run(["gcov", "--json-format", "--branch-probabilities", "--stdout", *data[at:at + 50]], capture_output=True, text=True)
    for text in out.stdout.splitlines():
        if not text.startswith("{"):
            continue
        for f in json.loads(text)["files"]:
            path = os.path.relpath(os.path.join(root, f["file"]), root)
            if room_of(path) is None:
                continue
            for line in f["lines"]:
                n = line["line_number"]
                lines[path][n] += line["count"]
                for i, b in enumerate(line["branches"]):
                    branches[path][n][i] = branches[path][n].get(i, 0) + b["count"]
unreachable = 0
count = collections.defaultdict(lambda: [0, 0, 0, 0])
with open(os.path.join(build, "missing.txt"), "w") as missing:
    for path in sorted(lines):
        text = open(path, errors="replace").read().splitlines()
        c = count[room_of(path)]
        for n, times in sorted(lines[path].items()):
            source = text[n - 1] if n <= len(text) else ""
            if re.search(r"\bBUG(_ON)?\(", source):
                unreachable += 1
                continue
            c[0] += times != 0
            c[1] += 1
            some = branches[path].get(n, {})
            c[2] += sum(t != 0 for t in some.values())
            c[3] += len(some)
            if times == 0:
                missing.write(f"{path}:{n}: {source.strip()}\n")
total = [sum(c[i] for c in count.values()) for i in range(4)]


def row(name, c):
    part = [f"{100 * c[i] / c[i + 1]:6.1f}" if c[i + 1] else "     -" for i in (0, 2)]
    print(f"{name:22} {c[1]:7} {part[0]} %  {c[3]:9} {part[1]} %")


print(f"{'room':22} {'lines':>7} {'ran':>8}  {'branches':>9} {'taken':>8}")
for r in rooms:
    if r in count:
        row(r, count[r])
row("all", total)
print(f"not reachable by any input: {unreachable} lines with BUG() or BUG_ON(); did not run: {build}/missing.txt")
