# SPDX-License-Identifier: Apache-2.0
"""contract.py PROGRAM CC [PART...]: what every command promises of any words and any files; parts: files, words, outputs.

Of what reaches standard output or standard error, in every format: no byte below 0x20 but newline and tab, no DEL, no C1
control, no mark that turns the direction of text, nothing that is not UTF-8; no Markdown link or image, no CSV formula, no
HTML of what a name says. Of errors: exactly one line, "el2sim: ...", nothing on standard output, and the documented status.
"""
import json, os, re, shutil, sqlite3, struct, subprocess, sys, tempfile
from concurrent.futures import ThreadPoolExecutor

from report_lines import lines

program, cc = os.path.abspath(sys.argv[1]), sys.argv[2]
parts = sys.argv[3:] or ["files", "words", "outputs"]
root = os.getcwd()
VHE = "configs/experiment/linux-6.12-vhe-n1.ini"
E2T = "traces/samples/linux-6.12-vhe-mixed-4v2p.e2t"
TURNS = "\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
# What a name may have: an escape sequence, C1 controls (as a character, and as bare bytes), directions, a link, a formula.
HOSTILE = b"=1\x1b[31m\x9b2J\xc2\x9b\xc2\x85\xe2\x80\xae\xe2\x81\xa6\xd8\x9c\x7f\x07\r\nx![a](b)<b>\xff"
PLACES = {"inject": b".ini:4: [inject] spec: ", "patch": b".ini:4: nonsense: unknown edit "}
failures = []
ran = 0


def fail(words, why, text=b""):
    failures.append(f"{' '.join(map(repr, map(os.fsencode, words)))}: {why}: {text[-300:]!r}")


def check_text(words, name, text):
    bad = [b for b in text if b < 0x20 and b not in b"\n\t" or b == 0x7f]
    if bad:
        fail(words, f"{name} has byte {bad[0]:#x}", text)
    try:
        chars = text.decode()
    except UnicodeDecodeError as e:
        return fail(words, f"{name} is not UTF-8 ({e})", text)
    for c in chars:
        if 0x80 <= ord(c) < 0xa0 or c in TURNS:
            return fail(words, f"{name} has U+{ord(c):04x}", text)


def run(*words, status=None, hostile=False, check=True):
    """Run it; status: those that are right."""
    global ran
    ran += 1
    p = subprocess.run([program, *words], stdin=subprocess.DEVNULL, capture_output=True)
    check_text(words, "standard output", p.stdout)
    check_text(words, "standard error", p.stderr)
    if p.returncode not in (status if status is not None else (0, 1, 2, 3, 4, 5, 6)):
        fail(words, f"status {p.returncode}, want {status}", p.stderr)
    if p.returncode >= 2 and not re.fullmatch(rb"el2sim: [^\n]+\n", p.stderr):
        fail(words, "an error is one line", p.stderr)
    if p.returncode >= 2 and p.stdout != b"":
        fail(words, "an error beside output", p.stdout)
    if p.returncode <= 1 and p.stderr != b"":
        fail(words, "an answer with an error", p.stderr)
    return p


def check_format(words, form, text):
    """The hostile name's own words in the formats that could make something of them."""
    text = text.decode(errors="replace")
    if form == "md" and "![a](" in text:
        fail(words, "a Markdown image")
    if form == "csv" and re.search(r'(^|,)"?=1', text, re.M):
        fail(words, "a formula")
    if form == "html" and "x![a](b)<b>" in text:
        fail(words, "HTML of a name")
    if form == "json":
        json.loads(text)


# --- inputs ---------------------------------------------------------------------------------------

def write(name, data):
    with open(name, "wb") as f:
        f.write(data)
    return name


def kernel(name):
    """An ELF file for AArch64 with two functions that have MSRs and hostile names."""
    code = struct.pack("<3I", 0xd5184100, 0xd5384101, 0xd65f03c0) * 2  # MSR SP_EL0, X0; MRS X1, SP_EL0; RET
    names = [b"", b"__guest_enter", b"__kvm_vcpu_run\x1b[31m\xc2\x9b\xe2\x80\xae", b"kvm_" + HOSTILE]
    strtab = b"\0" + b"".join(n + b"\0" for n in names[1:])
    syms, at = struct.pack("<IBBHQQ", 0, 0, 0, 0, 0, 0), 1
    for i, n in enumerate(names[1:]):
        syms += struct.pack("<IBBHQQ", at, 0x12, 0, 1, 0x1000 + 12 * min(i, 1), 12)
        at += len(n) + 1
    shstr = b"\0.text\0.symtab\0.strtab\0.shstrtab\0"
    parts = [code, syms, strtab, shstr]
    offs, off = [], 64 + 56
    for p in parts:
        offs.append(off)
        off += -(-len(p) // 8) * 8
    sections = [(0, 0, 0, 0, 0, 0, 0, 0, 0, 0), (1, 1, 6, 0x1000, offs[0], len(code), 0, 0, 4, 0),
                (7, 2, 0, 0, offs[1], len(syms), 3, 1, 8, 24), (15, 3, 0, 0, offs[2], len(strtab), 0, 0, 1, 0),
                (23, 3, 0, 0, offs[3], len(shstr), 0, 0, 1, 0)]
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 183, 1, 0x1000, 64, off, 0, 64, 56, 1, 64, 5, 4)
    load = struct.pack("<IIQQQQQQ", 1, 5, offs[0], 0x1000, 0x1000, len(code), len(code), 4)
    body = b"".join(p + bytes(-len(p) % 8) for p in parts)
    return write(name, head + load + body + b"".join(struct.pack("<IIQQQQIIQQ", *s) for s in sections))


def make_inputs(tmp):
    made = {}
    evil = os.path.join(os.fsencode(tmp), HOSTILE.replace(b"/", b""))
    os.mkdir(evil)
    quoted = "".join(f"\\x{b:02x}" for b in HOSTILE)
    dump = run("trace", "dump", E2T, "--events", "4000", status=(0,)).stdout.decode()
    dump = re.sub(r'comm="[^"]*"', lambda m: f'comm="{quoted}"', dump)
    dump = re.sub(r'# origin: .*', lambda m: f'# origin: "{quoted}"', dump)
    text = write(os.path.join(tmp, "trace.txt"), dump.encode())
    made["trace"] = os.path.join(evil, b"t.e2t")
    run("trace", "import", text, "--lenient", "-o", made["trace"], status=(0,))
    made["ftrace"] = write(os.path.join(evil, b"f.txt"), b"".join(
        b"%16s-12    [001] d..1   100.0000%02d: kvm_%s\n" % (HOSTILE.replace(b"\n", b"")[:15], i, w) for i, w in
        enumerate([b"entry: PC: 0xffff800010000000", b"exit: TRAP: HSR_EC: 0x0001 (WFx), PC: 0xffff800010000000"] * 20)))
    made["foreign"] = write(os.path.join(tmp, "foreign.txt"), run("trace", "dump", E2T, "--style", "report", "--events", "500", status=(0,)).stdout)
    made["ini"] = write(os.path.join(evil, b"c.ini"), f"[el2sim]\ninclude = {root}/{VHE}\n[run]\ntitle = =1![a](b)<b>\u202e\n".encode())
    made["bare"] = write(os.path.join(evil, b"b.ini"), f"[el2sim]\ninclude = {root}/{VHE}\n".encode())
    report = json.loads(run("run", VHE, "--format", "json", status=(0,)).stdout)
    evil_text = HOSTILE.decode(errors="replace")

    def poison(v, key=None):
        if isinstance(v, dict):
            return {k: w if k in ("schema", "key", "type", "kind", "x", "y", "charts") else poison(w, k) for k, w in v.items()}
        if isinstance(v, list):
            return [poison(w) for w in v]
        return v + evil_text if isinstance(v, str) else v

    made["report"] = write(os.path.join(evil, b"r.json"), json.dumps(report, ensure_ascii=False).encode())
    made["poisoned"] = write(os.path.join(evil, b"p.json"), json.dumps(poison(report)).encode())
    report["title"] = "=1![a](b)<b>"
    for t in report["tables"].values():
        for row in t["rows"]:
            for c in t["columns"]:
                if c["type"] == "string":
                    row[c["key"]] = "=1![a](b)<b>"
    made["printable"] = write(os.path.join(evil, b"q.json"), json.dumps(report).encode())
    made["db"] = os.path.join(evil, b"s.db")
    sweep = write(os.path.join(tmp, "sweep.ini"),
                  f"[el2sim]\ninclude = {root}/{VHE}\n[sweep]\ncommand = run\npolicy.el1 = eager, deferred\n".encode())
    run("sweep", sweep, "-o", made["db"], status=(0,))
    made["evil db"] = os.path.join(evil, b"e.db")
    shutil.copy(made["db"], made["evil db"])
    db = sqlite3.connect(made["evil db"])
    for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        for _, column, kind, *_ in db.execute(f"PRAGMA table_info({table})").fetchall():
            if kind.upper() == "TEXT":
                try:
                    db.execute(f"UPDATE {table} SET {column} = {column} || ?", (evil_text,))
                except sqlite3.Error:
                    pass
    db.commit()
    db.close()
    made["kernel"] = kernel(os.path.join(evil, b"vmlinux"))
    made["noise"] = write(os.path.join(evil, b"noise"), HOSTILE * 50)
    made["empty"] = write(os.path.join(evil, b"empty"), b"")
    made["secret"] = write(os.path.join(tmp, "secret"), b"root:SECRET:1:2\nSECRET = 1\n[SECRET\n")
    made["folder"] = evil
    made["nowhere"] = os.path.join(evil, b"nowhere")
    return made


# --- files that are hostile -----------------------------------------------------------------------

def in_every_format(*words):
    for form in ("text", "md", "csv", "json", "html"):
        p = run(*words, "--format", form)
        if p.returncode <= 1:
            check_format(words, form, p.stdout)


def hostile_files(made):
    jobs = []
    for line in lines(cc):
        words = line.split()[1:]
        changed = [made["bare"] if w == VHE else made["trace"] if w == E2T else w for w in words]
        if changed != words:
            jobs.append(lambda changed=changed: in_every_format(*changed))
    for form in ("plain", "tracefs", "report"):
        jobs.append(lambda form=form: run("trace", "dump", made["trace"], "--style", form, status=(0,)))
    for words in (["trace", "fit", made["trace"]], ["trace", "stat", made["trace"], "--by", "vcpu"],
                  ["trace", "import", made["ftrace"], "-o", made["folder"] + b"/o.e2t"], ["doctor", made["ftrace"]],
                  ["trace", "import", made["noise"], "-o", made["folder"] + b"/o2.e2t"],
                  ["run", made["bare"], "--trace", made["trace"], "--timeline", "/dev/stdout", "--timeline-format", "vcd", "-o", "/dev/null"],
                  ["run", "configs/workload/mixed.ini", "--events", "/dev/stdout", "--events-format", "report", "-o", "/dev/null"],
                  ["run", made["bare"], "--trace", made["trace"], "--format", "folded"],
                  ["config", made["ini"]], ["run", made["ini"]], ["query", made["db"], "SELECT * FROM points"],
                  ["query", made["db"], b"SELECT x FROM nowhere -- " + HOSTILE],
                  ["sweep", made["bare"], b"--sweep.policy." + HOSTILE + b"=1"]):
        jobs.append(lambda words=words: run(*words))
    for name in ("trace", "ini", "report", "poisoned", "printable", "db", "evil db", "kernel", "noise", "empty", "folder", "nowhere"):
        for words in (["report"], ["diff", made["report"]], ["trace", "info"], ["trace", "stat"], ["doctor"], ["kernel", "info"],
                      ["kernel", "diff", made["kernel"]], ["record", "--symbols", made["kernel"]], ["run"], ["advise", "--groups"], ["config"], ["verify", "--reference"], ["abi", "--compare"]):
            jobs.append(lambda words=words, name=name: in_every_format(*words, made[name]))
    cells = "SELECT '=1![a](b)' AS \"=1\", '-2', -2, '+3 %', char(27,155,8238,133,10,9) || '[31m' AS t, x'9b1b5b', NULL"
    for form in ("table", "csv", "json"):
        def ask(form=form):
            p = run("query", made["db"], cells, "--format", form, status=(0,))
            check_format(("query", form), form, p.stdout)
            if form == "json" and json.loads(p.stdout)[0]["t"] != "\x1b\x9b\u202e\x85\n\t[31m":
                fail(("query", "json"), "a text is another", p.stdout)
            if form == "csv" and b"'=1![a](b),-2,-2,+3 %," not in p.stdout.replace(b'"', b""):
                fail(("query", "csv"), "numbers stay, formulas do not", p.stdout)
        jobs.append(ask)
        jobs.append(lambda form=form: run("query", made["evil db"], "SELECT * FROM points", "--format", form))
    return jobs


# --- words that are wrong -------------------------------------------------------------------------

def commands():
    """(words, operands) of every command, from the helps."""
    for prog in ([], ["trace"], ["kernel"]):
        text = subprocess.run([program, *prog, "--help"], capture_output=True, text=True).stdout
        for name in re.findall(r"^  (\S+)  ", text.split("Commands:")[1], re.M):
            if name in ("help", "trace", "kernel") and not prog:
                continue
            about = subprocess.run([program, *prog, name, "--help"], capture_output=True, text=True).stdout
            usage = re.search(r"^Usage: (.*)$", about, re.M)[1]
            yield prog + [name], usage.split()[1 + len(prog) + 1:-1], about


def options(about):
    """(names, value, lowest, highest) of every option of a help; value None: a flag."""
    for m in re.finditer(r"^  (-[-\w]+)(?:, (-[-\w]+))?(?: (\S+))?(?:  .*|\n {20,}.*)?$", about.split("\nOptions:\n")[1], re.M):
        if m[1] not in ("--section.key=value", "-h"):
            bounds = re.search(r"\((\d+)\.\.(\d+)\)", m[0])
            yield [n for n in (m[1], m[2]) if n], m[3], bounds and int(bounds[1]), bounds and int(bounds[2]), "may be repeated" in m[0]


NEEDS = {  # what a command is not asked without
    "price": ["--machine", "configs/machine/neoverse-n1.ini"],
    "kernel import": ["--machine", "configs/machine/neoverse-n1.ini", "-o", "/dev/null"],
    "record": ["--symbols", "/dev/null", "-o", "/dev/null"],
}


def wrong_words(made):
    jobs = []

    def want(status, *words):
        jobs.append(lambda: run(*words, status=status))

    for name, operands, about in commands():
        some = [made["nowhere"]] * sum(not o.startswith("[") and not o.endswith("...") for o in operands)
        want((2,), *name, *some, "--no-such-option")
        want((2,), *name, *some, b"--" + HOSTILE)
        if not any("..." in o for o in operands):
            want((2,), *name, *[HOSTILE] * 9)
        if operands and not operands[0].startswith("["):
            want((2,), *name)
        for names, value, low, high, again in options(about):
            for o in names:
                if value is None:
                    want((2,), *name, *some, o + "=x")
                    want((2,), *name, *some, o, o)
                    continue
                want((2,), *name, *some, o)
                if not again:
                    want((2,), *name, *some, o, "1", o, "1")
                if low is not None:
                    for v in ["x", "-1", "", "1.5", str(high + 1), "99999999999999999999"] + ([str(low - 1)] if low > 0 else []):
                        want((2,), *name, *some, o, v)
                    want((2,), *name, *some, o, HOSTILE)
                elif re.fullmatch(r"[-a-z0-9|]*\|[-a-z0-9|]*", value):
                    want((2,), *name, *some, o, HOSTILE)
                    want((2,), *name, *some, o, "")
                elif o in ("-o", "--output"):
                    pass
                else:
                    want(None, *name, *some, o, HOSTILE)
                    want(None, *name, *some, o, made["noise"])
        # files that are not there, or not what is wanted
        kind = [3] if operands[:1] in (["CONFIG"], ["[CONFIG]"], ["CONFIG..."]) else [4]
        if name == ["diff"]:
            kind = [3, 4]
        if operands and name not in (["bugs"], ["import-profile"], ["query"], ["verify"], ["calibrate"], ["validate"], ["merge"],
                                     ["trace", "import"], ["trace", "cut"], ["sweep"]):
            for bad in ("nowhere", "folder", "noise", "empty"):
                if bad == "empty" and kind == [3]:
                    continue
                words = [made[bad]] * max(1, len(some))
                want(kind, *name, *words, *NEEDS.get(" ".join(name), []))
    want((4,), "merge", made["nowhere"], "-o", made["folder"] + b"/m.db")
    want((4,), "merge", made["noise"], "-o", made["folder"] + b"/m.db")
    want((6,), "merge", made["db"], "-o", made["folder"])
    want((6,), "merge", made["db"], "-o", made["folder"] + b"/no/m.db")
    want((4,), "query", made["noise"], "SELECT 1")
    want((2,), "query", made["db"], "SELEC")
    want((4,), "trace", "import", made["noise"], "-o", made["folder"] + b"/i.e2t")
    want((6,), "trace", "import", made["foreign"], "-o", made["folder"])
    want((2,), "bugs", HOSTILE)
    # an option of the configuration that is wrong is status 3 with a place, whichever it is
    listed = json.loads(run("config", "--doc", "--format", "json").stdout)["tables"]["options"]["rows"]
    for row in listed:
        section, key = row["key"].split(".", 1) if "key" in row else row["option"].split(".", 1)
        if row.get("range"):
            want((3,), "run", VHE, f"--{section}.{key}=\u202enonsense\u009b")
    for section, key in (("inject", "spec"), ("profile", "table"), ("patch", "edits")):
        bad = write(os.path.join(made["folder"], section.encode() + b".ini"),
                    f"[el2sim]\ninclude = {root}/{VHE}\n[{section}]\n{key} = nonsense\n".encode())
        for command in ("run", "compare", "explain", "profile", "config", "lint", "explore", "mutate", "abi", "sweep", "sensitivity"):
            def placed(command=command, bad=bad, section=section):
                p = run(command, bad, status=(3, 4))
                if section in PLACES and (p.returncode != 3 or PLACES[section] not in p.stderr):
                    fail((command, bad), "want its place", p.stderr)
            jobs.append(placed)
    # what a file that is none of ours says is not repeated
    for i, (section, key) in enumerate((("el2sim", "include"), ("profile", "table"), ("patch", "file"))):
        ini = write(os.path.join(made["folder"], b"leak%d.ini" % i),
                    f"[el2sim]\ninclude = {root}/{VHE}\n[{section}]\n{key} = {os.path.dirname(made['secret'])}/secret\n".encode()
                    if section != "el2sim" else f"[el2sim]\ninclude = {made['secret']}\n".encode())

        def leak(ini=ini):
            p = run("run", ini, status=(3, 4))
            if b"SECRET" in p.stderr:
                fail(("run", ini), "quotes a file that is none of ours", p.stderr)
        jobs.append(leak)
    return jobs


def unwritable(made):
    """Every command that answers: -o to what cannot be written is status 6."""
    jobs = []
    for line in lines(cc):
        words = line.split()[1:]
        if words[0] in ("mutate", "explore", "abi", "bugs") and "--list" not in words:
            continue
        for target in (made["folder"], made["folder"] + b"/no/x"):
            jobs.append(lambda words=words, target=target: run(*words, "-o", target, status=(6,)))
    return jobs


with tempfile.TemporaryDirectory() as tmp:
    made = make_inputs(tmp)
    groups = {"files": hostile_files, "words": wrong_words, "outputs": unwritable}
    jobs = [job for part in parts for job in groups[part](made)]
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(j) for j in jobs]:
            done.result()
for f in failures[:40]:
    print(f)
print(f"{ran} runs, {len(failures)} failures")
sys.exit(1 if failures or ran < 100 * len(parts) else 0)
