#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Shards run by GNU parallel, as docs/sweep.md says, and merged: one run.
set -uo pipefail
. tests/sweep_lib.sh
trap 'rm -rf "$dir"' EXIT
command -v parallel >/dev/null || skip "no GNU parallel: apt-get install parallel"
parallel --version 2>/dev/null | grep -q GNU || skip "parallel is not GNU parallel"
cd "$dir" || exit 1
export PATH=${el2sim%/*}:$PATH

config a.ini 'policy.el1 = eager, deferred' 'machine.vcpus = 1..4' 'repeats = 3'
el2sim sweep a.ini -o want.db >/dev/null || fail "the sweep failed"
line=$(sed -n 's/.*`\(parallel .*\)`.*/\1/p' "$root"/docs/sweep.md)
[ -n "$line" ] || fail "docs/sweep.md shows no parallel"
CONFIG=a.ini bash -c "${line//CONFIG/a.ini}" >/dev/null 2>&1 || fail "failed: $line"
merge=$(sed -n 's/^    \(el2sim merge shard\..*\)$/\1/p' "$root"/docs/sweep.md)
bash -c "$merge" >/dev/null || fail "failed: $merge"
same want.db all.db
