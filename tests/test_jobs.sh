#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# -j changes nothing of what is printed: every command that has it, on files that it takes, with 1, 2 and 7 threads, in each
# format; errors and exit statuses, too.
set -u
cd "$(dirname "$0")/.." || exit 2
el2sim=${EL2SIM_BINARY_DIR:-build/release}/el2sim
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
bad=0

# same WORDS...: the command's output and status with each number of threads
same()
{
	local j
	for j in 1 2 7; do
		"$el2sim" "$@" "-j$j" >"$work/out.$j" 2>"$work/err.$j" </dev/null
		echo "status $?" >>"$work/err.$j"
		[ "$j" = 1 ] || { cmp -s "$work/out.1" "$work/out.$j" && cmp -s <(sed 's/-j1\b//' "$work/err.1") <(sed "s/-j$j\b//" "$work/err.$j"); } || {
			echo "el2sim $*: -j$j prints something else than -j1:"
			diff "$work/out.1" "$work/out.$j" | head -5
			diff "$work/err.1" "$work/err.$j" | head -5
			bad=1
		}
	done
	ran="$ran $1 "
	[ "$1" != trace ] || ran="$ran$1 $2 "
}

# same_trace IN WORDS...: the same of the file that an import writes
same_trace()
{
	same trace import "$@" -o "$work/same.e2t"
	for j in 1 2 7; do
		"$el2sim" trace import "$@" -o "$work/$j.e2t" "-j$j" >/dev/null 2>&1 </dev/null
		cmp -s "$work/1.e2t" "$work/$j.e2t" || { echo "el2sim trace import $*: -j$j writes another file than -j1"; bad=1; }
	done
}

ran=
pair=configs/experiment/eager-vs-deferred.ini
for format in text md csv; do
	same compare $pair --format $format
done
same compare $pair --check
same compare $pair --vary run.fp_use=never,each-load --vary run.sgi_target=any,self
same compare $pair --vary run.counting=yes,no
same compare $pair --run.from_marker=nothing
same compare $pair --vary policy.el1=eager,never
same compare $pair --vary machine.list_registers=4,99
same compare $pair --trace tests/bad/trace_flipped_block.e2t
same compare $pair --trace /nowhere.e2t
same compare configs/workload/boot.ini --vary machine.vcpus=1,2,3
same compare configs/workload/boot.ini --vary switch.model=linux-4.15-vhe,linux-6.12-vhe --check
for format in text json; do
	same abi configs/experiment/abi-scope.ini --format $format
done
for format in text json; do
	same explore configs/experiment/linux-6.12-vhe-n1.ini --format $format
done
same explore configs/experiment/linux-6.12-nvhe-n1.ini --inject drop:V0-V31@put --force --all --depth 5 --number 2
same explore configs/experiment/linux-6.12-vhe-n1.ini --depth 0 --memory 2
for format in text json; do
	same advise configs/experiment/linux-6.12-vhe-n1.ini --groups --format $format
done
same advise configs/workload/boot.ini --groups --budget 900cycles
same abi configs/experiment/abi-scope.ini --vcpus 1,7,300
same abi configs/experiment/abi-scope.ini --vcpus 0

"$el2sim" trace dump traces/samples/linux-6.12-vhe-mixed-4v2p.e2t --style tracefs -o "$work/one.txt"
for n in 1 2 3 4 5 6; do # several blocks; time goes on
	sed -E "/^#/d; s/ +([0-9]+\.[0-9]+: )/ $n\1/" "$work/one.txt"
done >"$work/long.txt"
same_trace "$work/long.txt"
(cat "$work/one.txt"; echo "what is this?"; cat "$work/long.txt") >"$work/broken.txt"
same trace import "$work/broken.txt" -o "$work/broken.e2t"
same_trace "$work/broken.txt" --lenient
same_trace tests/data/traces/mixed-4v2p.dat

# every command that has the option was run
{ "$el2sim" help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'; echo "trace import"; } >"$work/commands"
while read -r command; do
	[ "$command" != sweep ] || continue # its -j is processes: test_sweep_parallel.sh
	# shellcheck disable=SC2086
	"$el2sim" $command --help 2>/dev/null | grep -q -- '^  -j, --jobs' || continue
	case " $ran " in
	*" $command "*) ;;
	*) echo "el2sim $command has -j and is not run here"; bad=1 ;;
	esac
done <"$work/commands"
exit $bad
