# SPDX-License-Identifier: Apache-2.0
"""
commands_shown.py TREE BINARY_DIR PAGE...: every command line that a page shows is typed as it stands, in the order of the
page, in a folder where only the tree's files and a build are. A command line is a line of a block, or code in a sentence,
that begins with el2sim (or is words of it with a file). What cannot be tried here stands in SKIPPED, with the reason. One
without its files is a name: it works, or its error names an example. README.md has no placeholders; in blocks of other pages
STANDS_FOR says what they stand for, and in a sentence one with a placeholder is a form.
"""
import os, re, shutil, subprocess, sys, tempfile

tree, binary, *pages = sys.argv[1:]
el2sim = os.path.join(binary, "el2sim")

SKIPPED = [  # pattern, why
    (r"^\./(quickstart|check)\b", "is what builds and runs this: tests/chroot.sh"),
    (r"^(trace-cmd|perf) ", "records a host with KVM"),
    (r"flamegraph\.pl|^cc |^g\+\+ ", "another program, which is not asked for"),
    (r"--slurm", "wants a cluster: test_sweep_slurm.sh"),
    (r"\bmadeup\.ini|\btick\b|\bsome\.|\bdoorbell\.ini", "what the page adds first: test_rows.sh"),
    (r"--reference|RUN\.e2t", "wants recordings that are not shipped: test_verify_run.c"),
    (r"\bvmlinux\b|\bkernel (info|diff)", "wants a kernel with symbols: test_kernel.c"),
    (r"\b(my|base|patched)\.kernel\b", "wants an imported kernel: test_kernel_import.c"),
    (r"\brecord .*Image\b|\bNAME-totals", "wants QEMU and a kernel: test_record_kernel.sh"),
    (r"\bprice [a-z-]+\.csv\b", "wants recordings: test_price.c"),
    (r"--microbench", "wants logs of the user's machine: test_cal.c"),
    (r"\.flat\b", "wants kvm-unit-tests, which are not shipped"),
    (r"--guest Image\b", "wants a kernel, which is not shipped"),
    (r"\bDUMP\.json", "wants a dump of a real host: test_abi_study.c"),
]
MAY_SAY_NO = re.compile(r"\bdiff\b|--inject|--story|\bbugs\b|\bmutate\b|\bverify\b")  # status 1 is their answer
STANDS_FOR = {"[CONFIG]": "CONFIG", "CONFIG...": "CONFIG", "CONFIG": "configs/experiment/linux-6.12-vhe-n1.ini",
              "FILE": "traces/samples/linux-6.12-vhe-mixed-4v2p.e2t"}
FORM = re.compile(r"(^|[ =])[A-Z]+(\.[a-z0-9]+)?( |$)|[\[\]{}()]|\.\.\.( |$)|, | = ")


def names():
    text = subprocess.run([el2sim, "help"], check=True, capture_output=True, text=True).stdout
    return re.findall(r"^  ([a-z-]+)  ", text, re.M)


def without_remark(line):
    """What stands behind the command: a comment, or a second column."""
    return re.split(r"\s+#\s|\s{3,}", line)[0].strip()


def blocks(text):
    """Lines of fenced and indented blocks, joined where they end in a backslash; then the text without them."""
    lines, rest, fence, joined = [], [], None, ""
    shown = False
    for line in text.splitlines():
        if line.startswith("```"):
            fence = None if fence is not None else line[3:].strip()
            shown = False
            rest.append("")
        elif fence is not None or re.match(r"(    |\t)\S", line):
            line = line.strip()
            shown = shown or line.startswith("$ ")
            if line.startswith("$ "):
                line = line[2:]
            elif shown:
                continue  # what it prints
            if line.endswith("\\"):
                joined += line[:-1]
                continue
            lines.append(without_remark(joined + line))
            joined = ""
            rest.append("")
        else:
            rest.append(line)
    return lines, "\n".join(rest)


def commands(page):
    lines, rest = blocks(open(page, encoding="utf-8").read())
    readme = os.path.basename(page) == "README.md" and os.path.samefile(os.path.dirname(page), tree)
    ours = re.compile(r"for i in |(build/release/)?el2sim |export |man build|cmake --install \S|\./(quickstart|check)|(trace-cmd|perf) record")
    for line in lines:
        if ours.match(line):
            for name, what in () if readme else STANDS_FOR.items():
                line = re.sub(r"(^|\s)" + re.escape(name) + r"(?=\s|$)", lambda m: m[1] + what, line)
            yield line
    for s in re.findall(r"`([^`]+)`", rest):
        s = re.sub(r"\s+", " ", s).strip()
        own = s.split()[0] in names() and re.search(r"\.(ini|e2t|db|json)\b", s)
        if (ours.match(s) or own) and (readme or not FORM.search(s)):
            yield s


def as_typed(line):
    return "el2sim " + line if line.split()[0] in names() else line


def try_page(page, home):
    """Returns how many were tried, and what went wrong."""
    bad, tried, before = [], 0, ""
    env = dict(os.environ, HOME=home, PATH=os.path.join(home, "build/release") + ":" + os.environ["PATH"], LC_ALL="C.UTF-8")
    env.pop("EL2SIM_SHARE", None)
    for line in commands(page):
        if any(re.search(p, line) for p, _ in SKIPPED) or (line.startswith("man ") and not shutil.which("man")):
            continue
        typed = as_typed(line)
        if line.startswith("export "):
            before += line + "\n"
            continue
        tried += 1
        run = subprocess.run(["bash", "-c", before + typed], cwd=home, env=env, stdin=subprocess.DEVNULL, capture_output=True,
                             text=True, errors="replace")
        ok = run.returncode == 0 or (run.returncode == 1 and MAY_SAY_NO.search(line))
        if run.returncode == 2 and not re.search(r"\.(ini|e2t|db|json)\b", line):
            ok = "such as: el2sim " in run.stderr
        if not ok:
            bad.append(f"{page}: {line}\n  status {run.returncode}: {run.stderr.strip()[:300]}")
    return tried, bad


failed = []
for page in pages:
    with tempfile.TemporaryDirectory() as home:
        os.mkdir(os.path.join(home, "build"))
        os.symlink(os.path.abspath(binary), os.path.join(home, "build/release"))
        for name in ("configs", "traces", "docs", "packages.txt"):
            os.symlink(os.path.join(os.path.abspath(tree), name), os.path.join(home, name))
        tried, bad = try_page(os.path.join(tree, page), home)
    print(f"{page}: {tried} commands" + (f", {len(bad)} wrong" if bad else ""))
    failed += bad
print("\n".join(failed))
sys.exit(bool(failed))
