#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The EL0 probe: it compiles without a warning, what it prints is read, and times of an emulated counter are told.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
fail() { echo "$*"; exit 1; }
el2sim=$(realpath "$EL2SIM_BINARY_DIR")/el2sim
for tool in aarch64-linux-gnu-gcc qemu-aarch64; do
	command -v $tool >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
aarch64-linux-gnu-gcc -std=gnu17 -O2 -static -Wall -Wextra -Werror configs/probe/el0-probe.c -o "$tmp/probe" 2>"$tmp/err" || {
	grep -q 'cannot find\|No such file' "$tmp/err" && { echo "skipped: no C library for arm64"; exit 77; }
	fail "$(cat "$tmp/err")"
}
qemu-aarch64 "$tmp/probe" >"$tmp/out" || fail "the probe ended with status $?"
[ "$(sed -n 1p "$tmp/out")" = "el2sim-probe 1" ] || fail "$(cat "$tmp/out")"
for op in isb dsb cntvct msr_tpidr null_syscall; do
	grep -qE "^$op [0-9]+\.[0-9]{3} ns\$" "$tmp/out" || fail "no $op: $(cat "$tmp/out")"
done

calibrate() { "$el2sim" calibrate configs/measured/altra.ini --microbench tests/data/microbench-altra.log --probe "$@"; }
# The emulator's times are anything: they are read, and fit a core or are refused in one line.
if ! calibrate "$tmp/out" >"$tmp/report" 2>"$tmp/err"; then
	[ "$(wc -l <"$tmp/err")" = 1 ] || fail "$(cat "$tmp/err")"
	grep -q 'probe: \|cost\.' "$tmp/err" || fail "$(cat "$tmp/err")"
fi

# What it tells is in the profile, not scaled, with its source; and the profile predicts with it.
calibrate tests/data/el0-probe.txt --perf hvc=tests/data/microbench-hvc.perf --write "$tmp/fitted.ini" >"$tmp/report" || fail "no fit"
scale=$(sed -n 's/^scale = //p' "$tmp/fitted.ini")
isb=$(sed -n 's/^isb = \(.*\) cycles/\1/p' "$tmp/fitted.ini")
awk -v a="$scale" -v b="$isb" 'BEGIN { exit !(a * b > 32.9 && a * b < 33.1) }' || fail "isb $isb of scale $scale: want 33 cycles, 11 ns at 3 GHz"
grep -q '^cost.isb = READ: el0-probe' "$tmp/fitted.ini" || fail "no source of cost.isb"
grep -qE '^  hvc +1200\.0 ' "$tmp/report" || fail "no instructions of perf: $(cat "$tmp/report")"
"$el2sim" validate configs/measured/altra.ini --el2sim.include="$tmp/fitted.ini" --microbench tests/data/microbench-altra-2.log >"$tmp/report" ||
	[ $? = 1 ] || fail "$(cat "$tmp/report")"
echo "the probe: compiled, run, read"
