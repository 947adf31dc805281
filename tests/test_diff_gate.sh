#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The examples of docs/diff.md, run as they stand there: a gate that passes, and fails when the switch gets dearer.
set -euo pipefail
root=$(pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/bin"
ln -s "$(realpath "$EL2SIM_BINARY_DIR/el2sim")" "$tmp/bin/el2sim"
export PATH="$tmp/bin:$PATH" EL2SIM_SHARE="$root"

die() { echo "$*"; exit 1; }

# The I-th ```sh block of the page, with files of our own for the shipped configurations that stand for the reader's.
block()
{
	awk -v want="$1" '/^```sh/ { n++; on = n == want; next } /^```/ { on = 0 } on' "$root/docs/diff.md" |
		sed 's|configs/experiment/my-kernel.ini|my-kernel.ini|; s|configs/experiment/policy-matrix.ini|matrix.ini|'
}

cd "$tmp"
config()
{
	printf '[el2sim]\ninclude = %s/configs/experiment/linux-6.12-vhe-n1.ini\n%s\n' "$root" "$1"
}

# One configuration: the same passes, eager EL1 registers fail, and the report is written in both cases.
config '' >my-kernel.ini
block 1 >one.sh
[ "$(grep -c el2sim one.sh)" -eq 2 ] || die "docs/diff.md has no first example"
bash -eu one.sh || die "the same configuration fails its own baseline"
grep -q '^no difference\|no difference in' switch.md || { cat switch.md; die "not the same"; }
config '[policy]
el1 = eager' >my-kernel.ini
grep -v baseline.json\$ one.sh | grep -v '^#' >check.sh
status=0
bash -eu check.sh || status=$?
[ "$status" -eq 1 ] || die "eager EL1 registers: exit status $status, want 1"
grep -q 'gate: failed' switch.md || { cat switch.md; die "no verdict"; }
grep -q '__sysreg_restore_el1_state' switch.md || die "--explain names no kernel function"

# A sweep: baseline.db by the first line of the example, then a dearer policy.
sweep()
{
	config "$1
[sweep]
switch.model = linux-6.12-vhe, linux-6.12-nvhe
run.fp_use = never, each-load"
}
block 2 >whole.sh
grep baseline.db whole.sh | grep sweep >base.sh
grep -vFxf base.sh whole.sh | sed 's/ --policy\.timer=eager//; s/--fail-above 5%/--gate gate.ini/' >two.sh
[ "$(grep -c el2sim base.sh)" -eq 1 ] && [ "$(grep -c el2sim two.sh)" -eq 2 ] || die "docs/diff.md has no second example"
sweep '' >matrix.ini
printf '[gate]\nphases/total/cycles = 2%%\nper_exit/* = 0.5%%\n' >gate.ini
bash -eu base.sh >log 2>&1 || { cat log; die "no baseline"; }
bash -eu two.sh >log 2>&1 || { cat log; die "the same sweep fails its own baseline"; }
rm new.db
sweep '[policy]
el1 = eager' >matrix.ini
status=0
bash -eu two.sh >log 2>&1 || status=$?
[ "$status" -eq 1 ] || { cat log matrix.md; die "eager EL1 registers: exit status $status, want 1"; }
grep -q 'switch.model=linux-6.12-vhe' matrix.md || die "no point named"
! grep -q 'switch.model=linux-6.12-nvhe' matrix.md || die "nVHE switches EL1 registers eagerly anyway"

# Points that one side does not have are listed, and fail a gate; without one they are only said.
mv new.db eager.db
sed -i 's/linux-6.12-nvhe/linux-6.1-vhe/' matrix.ini
el2sim sweep matrix.ini -o other.db --progress none >log 2>&1 || { cat log; die "no third sweep"; }
el2sim diff eager.db other.db --format csv -o lonely.csv || die "points on one side are no failure without a gate"
[ "$(grep -c 'no such point' lonely.csv)" -eq 4 ] || { cat lonely.csv; die "want 2 points of each side listed"; }
status=0
el2sim diff eager.db other.db --fail-above 5% -o lonely.txt || status=$?
[ "$status" -eq 1 ] && grep -q 'gate: failed: 2 points of the first side' lonely.txt || { cat lonely.txt; die "lost points pass the gate"; }

# An axis of one side only: left out if it has one value, refused if it has several.
sweep '' | sed '/^run.fp_use/d' >one_axis.ini
el2sim sweep one_axis.ini -o one_axis.db --progress none >log 2>&1 || { cat log; die "no sweep of one axis"; }
status=0
el2sim diff one_axis.db baseline.db >out 2>err || status=$?
[ "$status" -eq 4 ] && [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ] && grep -q 'an axis run.fp_use of 2 values' err ||
	{ cat out err; die "axes that differ: exit status $status"; }
sed -i 's/^switch.model.*/&\nrun.fp_use = never/' one_axis.ini
el2sim sweep one_axis.ini -o one_value.db --progress none >log 2>&1 || { cat log; die "no sweep of an axis with one value"; }
el2sim diff one_axis.db one_value.db -o same.txt || die "an axis of one value is in the way"
grep -q 'no difference in' same.txt || { cat same.txt; die "the same points differ"; }

# What is no results file any more.
head -c 5000 baseline.db >cut.db
status=0
el2sim diff cut.db baseline.db >out 2>err || status=$?
[ "$status" -eq 4 ] && [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ] || { cat out err; die "a cut file: exit status $status"; }
