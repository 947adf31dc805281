#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A sweep on a real Slurm of this one machine: an array of 4 is one run; a task that is ended leaves points that the same
# command submits again.
set -uo pipefail
. tests/sweep_lib.sh
. tests/slurm.sh
trap 'slurm_stop; rm -rf "$dir"' EXIT
! grep -q '^EL2SIM_SANITIZE:BOOL=ON' "${el2sim%/*}"/CMakeCache.txt || skip "a sanitizer build: the release runs it"
cd "$dir" || exit 1
slurm_start "$dir"/slurm || skip "Slurm could not be started: $slurm_why"

config a.ini 'policy.el1 = eager, deferred' 'machine.vcpus = 1..4' 'repeats = 2' 'machine.features = vhe gicv3, gicv3'
"$el2sim" sweep a.ini -o want.db >/dev/null
"$el2sim" sweep a.ini --slurm --slurm-tasks 4 -o got.db --progress plain --every 1 >out 2>err
status=$?
[ $status -eq 1 ] || fail "a sweep with failed points ended with $status: $(cat out err)"
grep -q '!! all 32 points are in got.db, some of them failed' out || fail "$(cat out)"
grep -q 'sweep: 4/4 100 %.*0 failed' err || fail "no progress: $(cat err)"
same want.db got.db
"$el2sim" sweep a.ini --slurm --slurm-tasks 4 -o got.db >out
grep -q 'none: nothing was missing' out || fail "submitted again: $(cat out)"

# One of two tasks is ended: its points are missing. Both are held until then, so that no machine is too fast for it.
config b.ini 'run.seed = 1..6' 'machine.vcpus = 64' 'run.duration = 100000us'
"$el2sim" sweep b.ini --slurm --slurm-tasks 2 --slurm-option=--hold -o b.db >out 2>err &
pid=$!
job() { squeue -h -n "$1" -o %A | head -n 1; }
held() { [ -n "$(job el2sim-sweep)" ] && [ -n "$(job el2sim-merge)" ]; }
slurm_wait 300 held || fail "no job is held: $(squeue)"
array=$(job el2sim-sweep)
scontrol hold "${array}_1" # a record of its own, so that the queue knows its end
scancel "${array}_1"
scontrol release "$array" "$(job el2sim-merge)"
wait $pid
status=$?
[ $status -eq 1 ] || fail "an ended task: $status: $(cat out err)"
grep -q '^!! 3 points are missing: the same command submits them again' out || fail "$(cat out)"
grep -q 'task 1 CANCELLED: their logs are in' out || fail "$(cat out)"
"$el2sim" sweep b.ini --slurm --slurm-tasks 3 -o b.db >out 2>err || fail "the rest: $(cat out err)"
grep -q '=> all 6 points are in b.db' out || fail "$(cat out)"
"$el2sim" sweep b.ini -o b-want.db >/dev/null
same b-want.db b.db

# What Slurm says is passed on.
"$el2sim" sweep b.ini --slurm -o c.db --slurm-option=--partition=nowhere >out 2>err
[ $? -eq 6 ] && grep -q 'sbatch did not take .*array.sh: ' err || fail "$(cat err)"
