# SPDX-License-Identifier: Apache-2.0
"""cookbook.py PAGE JOBS BINARY_DIR BLESS: see test_cookbook.sh."""
import os, re, subprocess, sys, tempfile

page, n_jobs, binary, bless = sys.argv[1:]
root = os.getcwd()
text = open(page, encoding="utf-8").read()
failed = []
env = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "EL2SIM_SHARE")}
env["PATH"] = binary + ":" + env["PATH"]


def printed(command, home):
    run = subprocess.run(["bash", "-c", command], cwd=home, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if run.returncode not in (0, 1):
        failed.append(f"{command}: status {run.returncode}: {run.stderr[:300]}")
    return run.stdout


def block(match):
    command, shown = match[1], match[2]
    out = printed(command, home)
    answer = [line for line in out.split("\n")[:5] if line.startswith(("=> ", "!! "))]
    if not (answer or "--format csv" in command or re.search(r" -o \S+\.(html|json|svg|pdf|png|dat)$", command)):
        failed.append(f"{command}: no answer in the first five lines: {out[:200]}")
    if not bless and out != shown:
        failed.append(f"{command}: prints\n{out}and the page shows\n{shown}")
    return f"```\n$ {command}\n{out}```"


with tempfile.TemporaryDirectory() as home:
    for name in ("configs", "traces"):
        os.symlink(os.path.join(root, name), os.path.join(home, name))
    jobs = re.split(r"(?m)^(?=## )", text)
    if len(jobs) != int(n_jobs) + 1:
        failed.append(f"{len(jobs) - 1} jobs")
    for i, job in enumerate(jobs[1:], 1):
        jobs[i] = re.sub(r"(?ms)^```\n\$ (.*?)\n(.*?)```$", block, job)
        n = len(re.findall(r"(?m)^\$ ", job))
        if not 1 <= n <= 3:
            failed.append(f"{job.splitlines()[0]}: {n} commands")
if bless:
    open(page, "w", encoding="utf-8").write("".join(jobs))
print("\n".join(failed), end="\n" if failed else "")
sys.exit(bool(failed))
