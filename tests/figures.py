# SPDX-License-Identifier: Apache-2.0
"""figures.py PROGRAM: see test_figure_files.sh."""
import html, json, os, re, shutil, subprocess, sys, tempfile

program = sys.argv[1]
VHE = "configs/experiment/linux-6.12-vhe-n1.ini"
RESULTS = {
    "run": f"run {VHE}",
    "compare": "compare configs/experiment/eager-vs-deferred.ini",
    "workload": "run configs/experiment/overcommit.ini --machine.vcpus=8 --machine.pcpus=2",
    "workloads": "compare configs/experiment/overcommit.ini --machine.vcpus=8 --machine.pcpus=2 --vary policy.el1=eager,deferred",
    "diff": "diff configs/experiment/linux-4.15-nvhe-n1.ini configs/experiment/linux-6.12-nvhe-n1.ini",
    "explain": f"explain {VHE}",
    "abi": "abi configs/experiment/abi-scope.ini",
    "sweep": "sweep configs/experiment/policy-matrix.ini --run.duration=500",
}
WIDE, NARROW = "160", "84"
failures = []


def fail(*what):
    failures.append(": ".join(what))


def run(*words, status=0):
    done = subprocess.run([program, *words], capture_output=True)
    if done.returncode != status:
        fail(" ".join(words), f"status {done.returncode}, want {status}", done.stderr.decode()[-200:])
    return done.stdout


def tool(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        fail(" ".join(words), done.stderr[-200:])
    return done.stdout


def words_of(pdf):
    """(text, left, top, right, bottom) of each word, and the page's size."""
    text = tool("pdftotext", "-bbox", pdf, "-")
    page = re.search(r'<page width="([\d.]+)" height="([\d.]+)"', text)
    words = re.findall(r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>', text)
    return [(html.unescape(w[4]), *map(float, w[:4])) for w in words], float(page[1]), float(page[2])


def check_layout(name, pdf, whole):
    words, width, height = words_of(pdf)
    if len(words) < 4:
        fail(name, f"only {len(words)} words")
    for text, left, top, right, bottom in words:
        if left < 0 or top < 0 or right > width or bottom > height:
            fail(name, f"{text!r} leaves the page: {left} {top} {right} {bottom} of {width} {height}")
        if whole and "\u2026" in text:
            fail(name, f"{text!r} is cut")
    for i, (a, *p) in enumerate(words):
        for b, *q in words[:i]:
            # boxes have the whole height of the font: a quarter of it is air
            over = min(p[2], q[2]) - max(p[0], q[0]), min(p[3], q[3]) - max(p[1], q[1])
            if over[0] > .5 and over[1] > .3 * min(p[3] - p[1], q[3] - q[1]):
                fail(name, f"{a!r} over {b!r}")
    return " ".join(w[0] for w in words)


def check_fonts(name, pdf):
    rows = tool("pdffonts", pdf).splitlines()[2:]
    if not rows or any(" yes yes " not in row for row in rows):
        fail(name, f"fonts that are not embedded as parts: {rows}")
    if "CreationDate" in tool("pdfinfo", pdf):
        fail(name, "says when it was drawn")


def quoted(line):
    return [w.replace("\\\\", "\\") for w in re.findall(r'"((?:[^"\\]|\\.)*)"', line)]


def check_said(name, said, row, dat):
    """Title, choices, series are in the picture."""
    lines = [l for l in dat.splitlines() if l]
    head = quoted(next(l for l in lines if not l.startswith("#")))[1:]
    squeezed = re.sub(r"\s", "", said)
    names = [n for n in head if not n.endswith((", low", ", high"))]
    for text in [row["title"]] + (names if len(names) > 1 else []):
        if re.sub(r"\s", "", text).replace('"', "'") not in squeezed.replace('"', "'"):
            fail(name, f"does not say {text!r}", said[:300])
    units = next((l for l in lines if l.startswith("# values: ")), None)
    if units is None:
        fail(name, "no name for the axis of the values")


def check_picture(name, png):
    with open(png, "rb") as f:
        data = f.read()
    if data[:8] != b"\x89PNG\r\n\x1a\n" or len(data) < 2000:
        fail(name, f"{png} is no picture of anything: {len(data)} bytes")


def check_gnuplot(name, folder, dat):
    """If gnuplot is there, it reads the columns."""
    if shutil.which("gnuplot"):
        script = f'set terminal dumb; set datafile missing "?"; set key autotitle columnheader; plot "{dat}" using 0:2 with points'
        done = subprocess.run(["gnuplot", "-e", script], capture_output=True, text=True, cwd=folder)
        if done.returncode != 0:
            fail(name, "gnuplot", done.stderr[-200:])


def check_result(kind, line, home):
    result = os.path.join(home, kind + (".db" if kind == "sweep" else ".json"))
    run(*line.split(), "-o", result)
    listed = json.loads(run("report", result, "--figure", "list", "--format", "json"))["tables"]["figures"]["rows"]
    if not listed:
        fail(kind, "no figures")
    first, again = os.path.join(home, kind), os.path.join(home, kind + "-again")
    for folder in first, again:
        run("report", result, "--figure", "all", "-o", folder, "--figure-width", WIDE)
        run("report", result, "--figure", "all", "-o", folder, "--format", "svg")
    run("report", result, "--figure", "all", "-o", first, "--format", "png")
    want = {row["figure"] + "." + ending for row in listed for ending in ("pdf", "svg", "png", "dat")}
    if set(os.listdir(first)) != want:
        fail(kind, f"wrote {sorted(set(os.listdir(first)) ^ want)}")
    for row in listed:
        name, stem = f"{kind} {row['figure']}", os.path.join(first, row["figure"])
        for ending in "pdf", "svg", "dat":
            a, b = (open(os.path.join(folder, f"{row['figure']}.{ending}"), "rb").read() for folder in (first, again))
            if a != b:
                fail(name, f".{ending} has other bytes the second time")
        said = check_layout(name, stem + ".pdf", True)
        check_fonts(name, stem + ".pdf")
        dat = open(stem + ".dat", encoding="utf-8").read()
        check_said(name, said, row, dat)
        tool("rsvg-convert", stem + ".svg", "-w", "1200", "-o", stem + ".svg.png")
        check_picture(name, stem + ".svg.png")
        check_picture(name, stem + ".png")
        check_gnuplot(name, first, row["figure"] + ".dat")
        narrow = stem + ".narrow.pdf"
        run("report", result, "--figure", row["figure"], "--figure-width", NARROW, "--no-title", "-o", narrow)
        if re.sub(r"\s", "", row["title"]) in re.sub(r"\s", "", check_layout(name + " narrow", narrow, False)):
            fail(name, "a title with --no-title")
    return result


def check_words(result, home):
    """Options that do not fit: one line, status 2, nothing written."""
    target = os.path.join(home, "never.svg")
    for words, want in (
            ([], b"svg is a format of one figure: want --figure NAME"),
            (["--figure", "savins"], b'did you mean "savings"?'),
            (["--figure", "savings", "--choose", "machine=neoverse-n3"], b'did you mean "neoverse-n1"?'),
            (["--figure", "savings", "--table", "points"], b"--table: wants a report"),
            (["--figure", "list"], b"--figure list is a report"),
            (["--figure", "savings", "--figure-width", "59"], b"59"),
            (["--no-title"], b"svg is a format of one figure")):
        done = subprocess.run([program, "report", result, *words, "-o", target], capture_output=True)
        if done.returncode != 2 or want not in done.stderr or done.stderr.count(b"\n") != 1 or os.path.exists(target):
            fail(" ".join(words), f"status {done.returncode}", done.stderr.decode())
    for words, want in ((["--figure", "savings"], b"ends in .svg"), (["--figure", "all"], b"want -o FOLDER"),
                        (["--choose", "a=b"], b"wants a figure"), (["--figure", "savings", "--format", "json"], b"ends in .svg")):
        done = subprocess.run([program, "report", result, *words], capture_output=True)
        if done.returncode != 2 or want not in done.stderr or done.stdout:
            fail(" ".join(words), f"status {done.returncode}", done.stderr.decode())


with tempfile.TemporaryDirectory() as tmp:
    for kind, line in RESULTS.items():
        result = check_result(kind, line, tmp)
    check_words(result, tmp)
print("\n".join(failures), end="\n" if failures else "")
sys.exit(bool(failures))
