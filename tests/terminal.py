# SPDX-License-Identifier: Apache-2.0
"""
terminal.py EL2SIM CC: every command with a report (tests/report_lines.h), on a terminal of 80 columns that is a pty, and through a
pipe: lines fit, the answer is on the first screen; --summary, --table, --columns, --all, --width, --color and the pager do what
the help says; "-" is standard input; long jobs tell that they go on.
"""
import csv, fcntl, io, json, os, pty, re, select, struct, subprocess, sys, tempfile, termios, time, unicodedata

sys.path.insert(0, "tests")
import report_lines

el2sim, cc = os.path.abspath(sys.argv[1]), sys.argv[2]
lines = [line.split() for line in report_lines.lines(cc)]
failed = []
PLAIN = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR", "PAGER", "EL2SIM_PAGER", "LESS")}
CODES = re.compile(r"\033\[[0-9;]*[mK]")


def check(good, *what):
    if not good:
        failed.append(" ".join(str(w) for w in what)[:1000])


def width(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def terminal(words, columns=80, rows=24, stdin=subprocess.DEVNULL, env=None, outputs=("stdout",)):
    """What appears on a pty that is standard output (and error), and the exit status."""
    mine, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    to = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **{o: theirs for o in outputs}}
    p = subprocess.Popen([el2sim] + words[1:], stdin=stdin, env=dict(PLAIN, TERM="xterm", **(env or {})), **to)
    os.close(theirs)
    text = b""
    while True:
        try:
            part = os.read(mine, 65536)
        except OSError:
            break
        if not part:
            break
        text += part
    os.close(mine)
    return text.decode().replace("\r\n", "\n"), p.wait()


def pipe(words, **how):
    p = subprocess.run([el2sim] + words[1:], stdin=how.pop("stdin", subprocess.DEVNULL), capture_output=True, cwd=how.pop("cwd", None),
                       env=dict(PLAIN, **how.pop("env", {})))
    return p.stdout.decode(), p.returncode, p.stderr.decode()


def table_of(text, key):
    """The block of a table in the CSV of a report."""
    blocks = re.split(r"^# table: (.*)\n", text, flags=re.M)
    return dict(zip(blocks[1::2], [b.rstrip("\n") + "\n" for b in blocks[2::2]]))[key]


def on_a_terminal(words, doc):
    text, status = terminal(words + ["--no-pager"])
    plain = CODES.sub("", text)
    wide = [line for line in plain.split("\n") if width(line) > 80]
    check(not wide, words, "is broken by the terminal:", wide[:1])
    check(status == doc["status"], words, "status", status, doc["status"])
    first = plain.split("\n")[:24]
    for sentence in doc["alarms"] + doc["verdicts"]:
        head = sentence.split()[0]
        check(any(line.startswith(("=> ", "!! ")) and head in line for line in first), words, "not on the first screen:", sentence)
        break
    for width_asked in (40, 132):
        text = pipe(words + ["--width", str(width_asked)])[0]
        check(not doc["wide"](text, width_asked), words, "--width", width_asked, doc["wide"](text, width_asked)[:1])
    numbers = [n for n in re.findall(r"(?<![\w.,])[\d,]+(?:\.\d+)?(?![\w.,])", pipe(words)[0]) if len(n) > 4]
    narrow = pipe(words + ["--width", "80"])[0]
    check(all(n in narrow for n in numbers), words, "numbers are cut:", [n for n in numbers if n not in narrow][:3])


def parts(words, doc):
    text, status, err = pipe(words + ["--summary"])
    check(status == doc["status"] and not err, words, "--summary", status, err)
    check(text.count("\n") < 22 + len(doc["alarms"] + doc["verdicts"]), words, "--summary is long:", text.count("\n"))
    for sentence in doc["alarms"] + doc["verdicts"]:
        check(sentence in text, words, "--summary lacks", sentence)
    short = json.loads(pipe(words + ["--summary", "--format", "json"])[0])
    check(len(short["tables"]["summary"]["rows"]) <= 10, words, "more than ten numbers")
    report = ["el2sim", "report", doc["file"]]
    whole = pipe(report + ["--format", "csv"])[0]
    for key, table in doc["tables"].items():
        one, status, err = pipe(report + ["--table", key, "--format", "csv"])
        check(status == 0 and len(list(csv.reader(io.StringIO(one)))) == 1 + len(table["rows"]), words, "--table", key, err)
        if not table.get("detail"):
            check(one == table_of(whole, key), words, "--table", key, "is not the table")
    if not doc["tables"]:
        return
    key, table = next(iter(doc["tables"].items()))
    keys = [c["key"] for c in table["columns"]]
    one = pipe(words + ["--table", key, "--columns", ",".join(reversed(keys)), "--format", "csv"])[0]
    check(one.split("\n")[0].split(",")[:len(keys)] == keys[::-1], words, "--columns", one.split("\n")[0])
    check(pipe(words + ["--table", key, "--format", "csv"])[:2] == (pipe(report + ["--table", key, "--format", "csv"])[0], doc["status"]),
          words, "--table", key, "is not that of report")
    text, status, err = pipe(words + ["--table", key[:-1] + "x" if len(key) > 3 else "nothing"])
    check(status == 2 and not text and (f'"{key}"' in err or key in err or "did you mean" in err), words, "--table: ", err)
    text, status, err = pipe(words + ["--table", key, "--columns", keys[0] + "," + keys[-1] + "y"])
    check(status == 2 and not text and "--columns: no column of table" in err, words, "--columns:", err)


def everything(words, doc):
    """--all shows each row; without it those that are shown and those that are left out are as many."""
    rows = sum(1 + len(t["rows"]) for t in doc["tables"].values() if not t.get("detail"))
    text = pipe(words + ["--format", "md"])[0]
    left = sum(int(n) for n in re.findall("^\u2026 ([0-9]+) more rows: --all$", text, re.M))
    shown = len(re.findall(r"^\| (?!---)", text, re.M))
    check(shown + left == rows, words, "rows:", shown, left, rows)
    check("more rows: --all" not in pipe(words + ["--all", "--format", "md"])[0], words, "--all leaves rows out")


def colours(words, doc):
    plain = pipe(words)[0]
    check("\033" not in plain, words, "colours in a pipe")
    always = pipe(words + ["--color", "always"])[0]
    check(CODES.sub("", always) == plain and ("\033" in always), words, "--color always")
    check("\033" not in terminal(words + ["--no-pager", "--color", "never"])[0], words, "--color never")
    check("\033" not in terminal(words + ["--no-pager"], env={"NO_COLOR": "1"})[0], words, "NO_COLOR")
    check(CODES.sub("", terminal(words + ["--wide", "--no-pager"])[0]) == plain, words, "--wide is not what a pipe gets")


def pagers(words, doc, home):
    seen = os.path.join(home, "seen")
    env = {"PAGER": "false", "EL2SIM_PAGER": f"cat >{seen}"}
    text, status = terminal(words, rows=3, env=env)
    check(text == "" and status == doc["status"], words, "pager:", status, text[:100])
    paged = open(seen).read()
    check(paged == terminal(words + ["--no-pager"])[0], words, "the pager got something else")
    text, status = terminal(words, rows=3, env={"PAGER": "head -n 1"}, outputs=("stdout", "stderr"))
    text = re.sub(r"^explore: .*\n", "", text)  # what it says on standard error at its end
    check(text.count("\n") == 1 and status == doc["status"], words, "a pager that is left:", status, repr(text[:300]))
    text, status = terminal(words, rows=3, env={"EL2SIM_PAGER": "/nothing/like/this 2>/dev/null"})
    check(text == paged and status == doc["status"], words, "a pager that is not there:", status)
    text, status = terminal(words, rows=10000, env={"PAGER": "false"})
    check(text == paged, words, "what fits goes to no pager")
    for none in ("", "cat"):
        check(terminal(words, rows=3, env={"PAGER": none})[0] == paged, words, "PAGER is", repr(none))


def standard_input(words, doc):
    """What a configuration names is looked for where we are."""
    whole = [os.path.abspath(w) if os.path.isfile(w) else w for w in words]
    for i, word in enumerate(words):
        if not os.path.isfile(word) or i < 2:
            continue
        with open(word, "rb") as f:
            text, status, err = pipe(whole[:i] + ["-"] + whole[i + 1:] + ["--format", "json"], cwd=os.path.dirname(word),
                                     stdin=subprocess.Popen(["cat"], stdin=f, stdout=subprocess.PIPE).stdout)
        check(status == doc["status"], words, "- for", word, "status", status, err)
        if status == doc["status"]:
            got = json.loads(text)
            sizes = [{k: len(t["rows"]) for k, t in d["tables"].items() if k not in ("inputs", "asked", "effective")}
                     for d in (got, doc)]  # those have names of files
            check(sizes[0] == sizes[1], words, "- for", word, "is another report")


def helps():
    def commands(*words):
        return re.findall(r"^  ([a-z-]+) ", re.search(r"^Commands:\n(.*?)\n\n", pipe(["el2sim", *words, "--help"])[0], re.M | re.S)[1], re.M)
    every = [[c] for c in commands()] + [[s, c] for s in ("trace", "kernel") for c in commands(s)]
    check(len(every) > 30, "commands", every)
    for words in [[]] + every:
        text = terminal(["el2sim", *words, "--help"])[0]
        wide = [line for line in text.split("\n") if width(line) > 80]
        check(text and not wide, words, "--help is broken by the terminal:", wide[:1])
        text = pipe(["el2sim", *words, "--help"])[0]
        if "--format text" in text or "--format md" in text or "--format html" in text:
            for option in ("--summary", "--table", "--columns", "--all", "--width", "--wide", "--color", "--no-pager"):
                check(len(re.findall(rf"^  {option}(?: |$)", text, re.M)) == 1, words, "--help has not one", option)


def progress(home):
    ini = "configs/experiment/overcommit.ini"
    slow = ["el2sim", "run", ini, "--machine.vcpus=512", "--run.duration=3000ms", "--no-pager"]
    began = time.monotonic()
    text, status = terminal(slow, outputs=("stderr",))
    took = time.monotonic() - began
    check(status == 0, "progress:", status)
    if took > 2.5:
        check(re.search(r"\rel2sim run: time \[#* *\] +\d+ %, \d+ s", text) and text.endswith("\r\033[K"), "no progress in", took, "s:", repr(text[:200]))
    check(terminal(["el2sim", "regs"], outputs=("stderr",))[0] == "", "progress of what takes no time")
    check(pipe(slow[:3] + ["--no-pager"])[2] == "", "progress where standard error is no terminal")


def query(home):
    db = os.path.join(home, "q.db")
    subprocess.run([el2sim, "sweep", "configs/experiment/linux-6.12-vhe-n1.ini", "--vary", "policy.el1=eager,deferred", "-o", db],
                   check=True, capture_output=True)
    sql = "SELECT * FROM points"
    text, status = terminal(["el2sim", "query", db, sql])
    check(status == 0 and all(width(line) <= 80 for line in text.split("\n")), "query is broken by the terminal")
    whole = pipe(["el2sim", "query", db, sql])[0]
    with open(db, "rb") as f:
        check(pipe(["el2sim", "query", "-", sql], stdin=subprocess.Popen(["cat"], stdin=f, stdout=subprocess.PIPE).stdout)[0] == whole, "query -")
    with open(db, "rb") as f:
        text, status, err = pipe(["el2sim", "report", "-"], stdin=f)
    check(status == 0 and "policy.el1" in text, "report -:", err)


def many():
    words = ["el2sim", "run", "configs/experiment/overcommit.ini", "--machine.vcpus=300", "--run.duration=2000us"]
    text = pipe(words)[0]
    check(text.count("\u2026 280 more rows: --all") == 2 and text.count("\n") < 400, "300 vCPUs:", text.count("\n"))
    check(pipe(words + ["--all"])[0].count("\n") > 800, "--all")
    check(pipe(words + ["--format", "csv"])[0].count("\n") > 800, "CSV is cut")
    check("more rows" not in pipe(words + ["--table", "vcpus"])[0], "one table is cut")
    saved = json.loads(pipe(words + ["--format", "json"])[0])
    check(len(saved["tables"]["vcpus"]["rows"]) == 300, "JSON is cut")


with tempfile.TemporaryDirectory() as home:
    for n, line in enumerate(lines):
        out, status, err = pipe(line + ["--format", "json"])
        doc = json.loads(out)
        doc["status"], doc["file"] = status, os.path.join(home, "report.json")
        with open(doc["file"], "w") as f:
            f.write(out)
        doc.setdefault("alarms", [])
        doc["wide"] = lambda text, n: [t for t in text.split("\n") if width(t) > n]
        on_a_terminal(line, doc)
        parts(line, doc)
        everything(line, doc)
        colours(line, doc)
        pagers(line, doc, home)
        standard_input(line, doc)
    helps()
    progress(home)
    query(home)
    many()
print("\n".join(failed))
print(f"{len(lines)} lines, {len(failed)} wrong")
sys.exit(bool(failed))
