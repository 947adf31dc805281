#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# limited.sh SECONDS COMMAND...: a test, with so much CPU time for each of its processes. What all of them took is said; a fifth of the
# limit is the most that a test should take, so that limits hold on a machine that is several times as slow.
limit=$1
shift
(
	ulimit -t "$limit"
	exec "$@"
)
status=$?
told=$(mktemp)
times >"$told" # of a pipe or a $(...) it would be that of another shell
taken=$(awk 'NR == 2 { gsub(/m/, " "); gsub(/s/, " "); split($0, t, " "); print t[1] * 60 + t[2] + t[3] * 60 + t[4] }' "$told")
rm -f "$told"
echo "CPU time: $taken s, limit: $limit s"
if [ $status -eq 0 ] && [ "$(echo "$taken $limit" | awk '{ print ($1 * 5 > $2) }')" = 1 ]; then
	echo "note: more than a fifth of its limit: make it shorter (tests/CMakeLists.txt: EL2SIM_TEST_CPU_S)"
fi
exit $status
