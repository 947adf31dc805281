#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A kernel, recorded under QEMU. EL2SIM_RECORD_KERNEL: a folder with Image (or vmlinuz) and vmlinux (or System.map); and, if the recording is
# to be held against references of others, their KERNEL-CPU-MODE-totals.csv, each of which is recorded: reads, writes and barriers must be
# equal where both have a usual way, instructions within 10 %, and within 1 % in 9 of 10 rows
# (the VMM's threads differ: what they use of SVE, their mappings, their timers).
set -uo pipefail
cd "$(dirname "$0")/.." || exit
fail() { echo "$*"; exit 1; }
dir=${EL2SIM_RECORD_KERNEL-}
[ -n "$dir" ] || { echo "skipped: EL2SIM_RECORD_KERNEL names no folder with Image and vmlinux (./check --kernels DIR)"; exit 77; }
command -v qemu-system-aarch64 >/dev/null || { echo "skipped: no QEMU: apt-get install qemu-system-arm"; exit 77; }
# first NAME...: the first of these files of the folder
first()
{
	local name
	for name; do
		[ ! -e "$dir/$name" ] || { echo "$dir/$name"; return; }
	done
	fail "EL2SIM_RECORD_KERNEL=$dir: no $1" >&2
}
image=$(first Image vmlinuz) && symbols=$(first vmlinux System.map) || exit 1
el2sim=$EL2SIM_BINARY_DIR/el2sim
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# record TAG: KERNEL-CPU-MODE, into $tmp
record()
{
	local mode=${1##*-} cpu=${1#*-}
	"$el2sim" record "$image" --symbols "$symbols" --cpu "${cpu%-*}" --mode "$mode" -o "$tmp/$1.csv" >"$tmp/out" 2>&1 || fail "$1: $(tail -n 3 "$tmp/out")"
	"$el2sim" verify --reference "$tmp/$1.csv" --totals "$tmp/$1-totals.csv" --order "$tmp/$1-order.tar" --format json >"$tmp/verify.json" 2>"$tmp/err"
	case $? in 0 | 1) ;; 2) grep -q 'no switch model' "$tmp/err" || fail "$1: verify: $(cat "$tmp/err")" ;; *) fail "$1: verify: $(cat "$tmp/err")" ;; esac
}

# held TAG: the recording against the folder's
held()
{
	awk -F, -v tag="$1" '
	FNR == 1 { for (i = 1; i <= NF; i++) col[$i] = i; split("read soft_read write soft_write isb dsb dmb sb eret hvc tlbi at dc ic hyp_read hyp_write", what, " "); next }
	NR == FNR { for (w in what) ref[$2, $3, what[w]] = $col[what[w]]; insns[$2, $3] = $col["insn_host"] + $col["insn_hyp"]; usual[$2, $3] = 2 * $col["modal"] >= $col["nseg"]; n++; next }
	{
		if (!(($2, $3) in insns))
			next
		seen++
		mine = $col["insn_host"] + $col["insn_hyp"]; want = insns[$2, $3]
		far = want != 0 ? (mine > want ? mine - want : want - mine) / want : mine != 0
		if (!usual[$2, $3] || 2 * $col["modal"] < $col["nseg"])
			next
		for (w in what)
			if (ref[$2, $3, what[w]] != $col[what[w]]) {
				print tag ": " $2 ", cfg " $3 ": " what[w] " " $col[what[w]] ", want " ref[$2, $3, what[w]]; bad = 1
			}
		if (far > 0.10) { print tag ": " $2 ", cfg " $3 ": " mine " instructions, want " want; bad = 1 }
		beyond += far > 0.01
	}
	END {
		if (seen != n) { print tag ": " seen " rows, want " n; bad = 1 }
		if (10 * beyond > n) { print tag ": " beyond " of " n " rows beyond 1 % of the instructions, want 1 in 10 at most"; bad = 1 }
		print tag ": " seen " rows, " beyond + 0 " of them with 1 to 10 % more or fewer instructions"
		exit bad
	}' "$dir/$1-totals.csv" "$tmp/$1-totals.csv"
}

bad=0 tags=("$dir"/*-totals.csv)
if [ -e "${tags[0]}" ]; then
	for tag in "${tags[@]}"; do
		tag=$(basename "$tag" -totals.csv)
		record "$tag"
		held "$tag" || bad=1
	done
else
	record "any-n1-vhe"
	echo "$(grep -c . "$tmp/any-n1-vhe-totals.csv") rows, twice the same"
fi
exit "$bad"
