# SPDX-License-Identifier: Apache-2.0
"""coverage.py BUILD: lines and branches of ours that ran, by room (tests/layers.txt), from gcov's counts in BUILD.

Counted neither as run nor as not run: lines with BUG() or BUG_ON(), for no input may lead to what they guard, and what
tests/unreached.txt names, with its reason. BUILD/missing.txt has the lines that did not run, and "FILE:LINE: N of M" where
branches were not taken; BUILD/functions.txt what is missing by function, the most first. Status 1: a share is below the
wanted one (WANTED), or a row of unreached.txt names what is not there or what ran.
"""
import collections, json, os, re, subprocess, sys

WANTED = {"lines": 97, "branches": 90}  # percent
build = sys.argv[1]
root = os.getcwd()
rooms = [row.split()[0] for row in open("tests/layers.txt") if row[0] not in "#\n"]
rooms = [r for r in rooms if r.split("/")[0] in ("sim", "models", "traces") and not r.endswith(".h")]


def room_of(path):
    return max((r for r in rooms if path.startswith(r + "/")), key=len, default=None)


lines = collections.defaultdict(lambda: collections.defaultdict(int))       # file: line: times
branches = collections.defaultdict(lambda: collections.defaultdict(dict))   # file: line: {index: times}
functions = collections.defaultdict(dict)                                   # file: function: (first line, last line)
data = [os.path.join(d, f) for d, _, files in os.walk(build) for f in files if f.endswith(".gcda")]
if not data:
    sys.exit(f"{build}: no counts (*.gcda): run tests of the preset coverage first")
tests = os.path.join(build, "tests", "")
groups = [(by_test, [d for d in data if d.startswith(tests) == by_test]) for by_test in (False, True)]
for by_test, part in [(by_test, group[at:at + 50]) for by_test, group in groups for at in range(0, len(group), 50)]:
    out = subprocess.run(["gcov", "--json-format", "--branch-probabilities", "--stdout", *part], capture_output=True, text=True)
    for text in out.stdout.splitlines():
        if not text.startswith("{"):
            continue
        for f in json.loads(text)["files"]:
            path = os.path.relpath(os.path.join(root, f["file"]), root)
            if room_of(path) is None or (by_test and path.endswith(".def")):  # a test's own expansion of a table
                continue
            for g in f["functions"]:
                functions[path][g["name"].split(".")[0]] = (g["start_line"], g["end_line"])
            for line in f["lines"]:
                n = line["line_number"]
                lines[path][n] += line["count"]
                for i, b in enumerate(line["branches"]):
                    branches[path][n][i] = branches[path][n].get(i, 0) + b["count"]
source = {path: open(path, errors="replace").read().splitlines() for path in lines}


def text_of(path, n):
    return source[path][n - 1] if n <= len(source[path]) else ""


# --- what cannot be reached, by name ---

stale = []
excluded = collections.defaultdict(set)  # file: lines
for number, row in enumerate(open("tests/unreached.txt"), 1):
    if row[0] in "#\n":
        continue
    where = f"tests/unreached.txt:{number}"
    m = re.fullmatch(r'(\S+):(\w+)(?: "([^"]+)")?\s+(\S.*)\n?', row)
    if m is None:
        sys.exit(f'{where}: want FILE:FUNCTION ["TEXT"] REASON')
    path, function, part = m[1], m[2], m[3]
    if function not in functions.get(path, {}):
        stale.append(f"{where}: {path} has no function {function}, or it was not compiled")
        continue
    first, last = functions[path][function]
    names = {n for n in lines[path] if first <= n <= last and (part is None or part in text_of(path, n))}
    if not names or all(lines[path][n] and all(branches[path].get(n, {}).values()) for n in names):
        stale.append(f"{where}: " + (f'{path}:{function} has no line with "{part}"' if not names else "all of it ran: take the row away"))
    excluded[path] |= names

count = collections.defaultdict(lambda: [0, 0, 0, 0])
by_function = collections.Counter()
guards = named = 0
with open(os.path.join(build, "missing.txt"), "w") as missing:
    for path in sorted(lines):
        c = count[room_of(path)]
        inside = sorted((first, last, name) for name, (first, last) in functions[path].items())
        for n, times in sorted(lines[path].items()):
            if re.search(r"\bBUG(_ON)?\(", text_of(path, n)):
                guards += 1
                continue
            if n in excluded[path]:
                named += 1
                continue
            some = branches[path].get(n, {})
            taken = sum(t != 0 for t in some.values())
            c[0] += times != 0
            c[1] += 1
            c[2] += taken
            c[3] += len(some)
            if times != 0 and taken == len(some):
                continue
            missing.write(f"{path}:{n}: " + (f"{taken} of {len(some)}: " if times else "") + text_of(path, n).strip() + "\n")
            name = next((name for first, last, name in reversed(inside) if first <= n <= last), "?")
            by_function[path, name] += (times == 0) * 10 + len(some) - taken  # a line weighs more: there are fewer
with open(os.path.join(build, "functions.txt"), "w") as f:
    for (path, name), weight in by_function.most_common():
        f.write(f"{weight:5} {path}:{name}\n")
total = [sum(c[i] for c in count.values()) for i in range(4)]


def share(c, i):
    return 100 * c[i] / c[i + 1]


def row(name, c):
    part = [f"{share(c, i):6.1f}" if c[i + 1] else "     -" for i in (0, 2)]
    print(f"{name:22} {c[1]:7} {part[0]} %  {c[3]:9} {part[1]} %")


print(f"{'room':22} {'lines':>7} {'ran':>8}  {'branches':>9} {'taken':>8}")
for r in rooms:
    if r in count:
        row(r, count[r])
row("all", total)
print(f"not reachable: {guards} lines with BUG() or BUG_ON(), {named} lines that tests/unreached.txt names")
print(f"did not run: {build}/missing.txt, by function {build}/functions.txt")
for s in stale:
    print(s)
below = [f"{share(total, i):.1f} % of {what}, wanted {WANTED[what]} %" for i, what in ((0, "lines"), (2, "branches")) if share(total, i) < WANTED[what]]
for s in below:
    print(f"below what is wanted: {s}")
sys.exit(bool(stale or below))
