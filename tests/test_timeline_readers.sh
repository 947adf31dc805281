#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Timelines opened by programs that are not ours: value change dumps by GTKWave's converters, Perfetto traces by protoc.
set -euo pipefail
el2sim=${EL2SIM_BINARY_DIR:-build/release}/el2sim
missing=
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# "time scope.name value" for each change; vectors without leading zeros; nothing that is unknown.
changes()
{
	awk '
	$1 == "$scope"    { scope[++n] = $3 }
	$1 == "$upscope"  { n-- }
	$1 == "$var"      { at = ""; for (i = 1; i <= n; i++) at = at scope[i] "."; name[$4] = at $5 }
	/^#/              { t = substr($0, 2) }
	/^[01]/           { show(substr($0, 2), substr($0, 1, 1)) }
	/^b/              { v = substr($1, 2); sub(/^0+/, "", v); show($2, v == "" ? "0" : v) }
	function show(code, v) {
		if (!(code in last) || last[code] != v)
			print t, name[code], v
		last[code] = v
	}' "$1" | grep -v '[xz]$' | LC_ALL=C sort
}

machine='configs/experiment/overcommit.ini --run.duration=5000 --machine.vcpus=12 --machine.pcpus=4'
replay=configs/experiment/linux-6.12-vhe-n1.ini

for source in "$machine" "$replay"; do
	# shellcheck disable=SC2086
	"$el2sim" run $source --timeline "$tmp/t.vcd" -o "$tmp/report"
	if command -v vcd2fst >/dev/null; then
		vcd2fst "$tmp/t.vcd" "$tmp/t.fst" >"$tmp/log" 2>&1 || { cat "$tmp/log"; exit 1; }
		fst2vcd "$tmp/t.fst" >"$tmp/back.vcd"
		changes "$tmp/t.vcd" >"$tmp/ours"
		changes "$tmp/back.vcd" >"$tmp/back"
		[ "$(wc -l <"$tmp/ours")" -gt 1000 ]
		cmp "$tmp/ours" "$tmp/back"
		echo "vcd2fst, fst2vcd: $(wc -l <"$tmp/ours") changes"
	else
		missing="no vcd2fst: apt-get install gtkwave"
	fi

	# shellcheck disable=SC2086
	"$el2sim" run $source --timeline "$tmp/t.pftrace" -o "$tmp/report"
	if command -v protoc >/dev/null; then
		protoc --decode_raw <"$tmp/t.pftrace" >"$tmp/raw"
		protoc --decode=perfetto.protos.Trace -I sim/timeline perfetto.proto <"$tmp/t.pftrace" >"$tmp/text"
		! grep -qE '^ *[0-9]+: ' "$tmp/text" # a field without a name
		packets=$(grep -c '^packet {' "$tmp/text")
		[ "$packets" -gt 1000 ]
		[ "$packets" -eq "$(grep -c '^1 {' "$tmp/raw")" ]
		# and back: the same bytes
		protoc --encode=perfetto.protos.Trace --deterministic_output -I sim/timeline perfetto.proto <"$tmp/text" >"$tmp/again"
		cmp "$tmp/t.pftrace" "$tmp/again"
		echo "protoc: $packets packets"
	else
		missing="no protoc: apt-get install protobuf-compiler"
	fi
done
[ -z "$missing" ] || { echo "skipped: in part, $missing"; exit 77; }
