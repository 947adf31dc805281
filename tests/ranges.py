# SPDX-License-Identifier: Apache-2.0
"""ranges.py PROGRAM: both ends of the range of every numeric option are run, and what lies beyond them is refused.

A run at an end gives a right answer (a whole report whose shares are shares) or is refused before anything is simulated:
one line, status 3 or 5.
"""
import json, re, subprocess, sys, tempfile
from concurrent.futures import ThreadPoolExecutor

program = sys.argv[1]
beyond = set()  # options that are like another one: what is beyond its range is refused by the same row of code
failures = []
ran = [0, 0]  # answers, refusals
CPU_S = 120  # seconds of a run: none of them is long
SMALL = ["--machine.vcpus=2", "--machine.vms=1", "--machine.pcpus=2", "--run.duration=500us"]
IDLE = """[el2sim]
include = {root}/configs/machine/neoverse-n1.ini
[switch]
model = linux-6.12-vhe
[workload]
timer_hz = 0
[mix]
wfi = 1
"""


def run(words, statuses):
    p = subprocess.run(["sh", "-c", f"ulimit -t {CPU_S}; exec \"$@\"", "sh", program, *words], stdin=subprocess.DEVNULL,
                       capture_output=True, text=True)
    if p.returncode not in statuses:
        failures.append(f"{words}: status {p.returncode}: {p.stderr[-300:]}")
        return None
    if p.returncode >= 2 and not re.fullmatch(r"el2sim: [^\n]+\n", p.stderr):
        failures.append(f"{words}: {p.stderr[-300:]!r}")
    ran[p.returncode >= 2] += 1
    return json.loads(p.stdout) if p.returncode < 2 and words[-1] == "json" else None


def sane(words, r):
    """Shares are shares, and sums are sums."""
    t = r["tables"]
    for row in t["time"]["rows"] if "time" in t else []:
        for key in ("pcpu", "vcpu"):
            if not -0.1 <= row[key] <= 100.1:
                failures.append(f"{words}: {row['time']}: {key} {row[key]} %")
    if "time" in t:
        for key in ("pcpu", "vcpu"):
            total = sum(row[key] for row in t["time"]["rows"])
            if not 98.5 <= total <= 100.1:
                failures.append(f"{words}: all of {key}: {total} %")
    if "cycles" in t:
        shares = [row["share"] for row in t["cycles"]["rows"] if row["share"] is not None]
        if shares and not all(-0.1 <= s <= 100.1 for s in shares):
            failures.append(f"{words}: shares of cycles: {shares}")
    phases = t["phases"]["rows"] if "phases" in t else [{"cycles": 0}]
    if abs(phases[-1]["cycles"] - sum(row["cycles"] for row in phases[:-1])) > len(phases): # parts of cycles are rounded
        failures.append(f"{words}: phases do not add up")


def option(name, unit, low, high, integer):
    step = 1 if integer else 0.001
    for value in (low, high):
        set_ = f"--{name}={value}{unit}"
        base = [w for w in SMALL if not w.startswith(f"--{name}=")]
        config = workload
        if name == "run.duration" and value == high:
            continue # 104 days: below, as long as a test may take
        if name == "machine.vms":
            base = [f"--machine.vcpus={value}"] + base[2:]
        if name in ("machine.vcpus", "machine.pcpus", "machine.vms") and value == high:
            base = [w.replace("500us", "30us") for w in base]
        words = ["run", config, *base, set_, "--format", "json"]
        r = run(words, (0, 1, 3, 5))
        if r:
            sane(words, r)
    for value in (low - step, high + step) if name not in beyond else ():
        run(["run", workload, *SMALL, f"--{name}={value:.3f}{unit}" if not integer else f"--{name}={value}{unit}"], (3,))


with tempfile.TemporaryDirectory() as tmp:
    import os
    workload = "configs/experiment/overcommit.ini"
    idle = os.path.join(tmp, "idle.ini")
    with open(idle, "w") as f:
        f.write(IDLE.format(root=os.getcwd()))
    rows = json.loads(subprocess.run([program, "config", "--doc", "--format", "json"], capture_output=True, text=True, check=True)
                      .stdout)["tables"]["options"]["rows"]
    jobs = []
    for row in rows:
        m = re.fullmatch(r"(-?[0-9.]+)\.\.(-?[0-9.]+)", row["range"] or "")
        if m and "." in row["key"]:
            integer = "." not in m[1]
            unit = row["unit"] if row["unit"] in ("ns", "us", "s", "Hz", "MiB") and row["unit"] != "MiB" else ""
            number = int if integer else float
            jobs.append((row["key"], unit, number(m[1]), number(m[2]), integer))
    alike = set()
    for name, unit, low, high, integer in jobs:
        if (name.split(".")[0], low, high) in alike:
            beyond.add(name)
        alike.add((name.split(".")[0], low, high))
    if len(jobs) < 100:
        failures.append(f"only {len(jobs)} numeric options were found")
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(option, *j) for j in jobs]:
            done.result()
    # as many vCPUs as can be, for as long as a test may take: the sum of their times is beyond 64 bits
    high = {j[0]: j[3] for j in jobs}
    words = ["run", idle, "--run.duration=30000000000us", f"--machine.vcpus={high['machine.vcpus']}", "--machine.pcpus=64",
             f"--machine.clock={high['machine.clock']}Hz", "--format", "json"]
    r = run(words, (0,))
    if r:
        sane(words, r)
        if {row["time"]: row["vcpu"] for row in r["tables"]["time"]["rows"]}["blocked"] < 99.8:
            failures.append(f"{words}: vCPUs that sleep and are not asleep")
for f in failures[:30]:
    print(f)
print(f"{len(jobs)} options: {ran[0]} answers, {ran[1]} refusals, {len(failures)} failures")
sys.exit(1 if failures else 0)
