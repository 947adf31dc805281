# SPDX-License-Identifier: Apache-2.0
# What the shell tests of sweeps share: a folder, a configuration, two results files compared.

el2sim=$(realpath "${EL2SIM_BINARY_DIR:?}")/el2sim
root=$PWD
dir=$(mktemp -d)
export EL2SIM_SHARE=$root

fail() { echo "$*" >&2; exit 1; }
skip() { echo "skipped: $*"; exit 77; }

# A small machine with a workload: NAME, lines of [sweep].
config() {
	local name=$1
	shift
	printf '%s\n' '[el2sim]' 'include = machine/neoverse-n1.ini' 'include = workload/hackbench.ini' '[machine]' 'vcpus = 4' \
		'pcpus = 2' '[run]' 'duration = 500us' '[sweep]' "$@" >"$name"
}

# The same answers from both, byte for byte.
same() {
	local sql
	for sql in 'SELECT * FROM points ORDER BY point' 'SELECT * FROM metrics ORDER BY point, name' \
		'SELECT point, report(report) FROM reports ORDER BY point' 'SELECT * FROM meta ORDER BY key' \
		'SELECT * FROM failures ORDER BY point' 'SELECT * FROM point ORDER BY point'; do
		cmp <("$el2sim" query "$1" "$sql" --format csv) <("$el2sim" query "$2" "$sql" --format csv) ||
			fail "$1 and $2 differ: $sql"
	done
	[ "$("$el2sim" query "$1" 'SELECT count(*) AS n FROM metrics' --format csv | tail -n 1)" -gt 100 ] || fail "$1 is empty"
}
