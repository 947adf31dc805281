#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# coverage.sh [-R REGEX] [-E REGEX]: build with gcov (preset "coverage"), run the tests (those whose name matches the first and not the
# second), child processes included, and print which part of lines and branches ran, by room. What did not:
# build/coverage/missing.txt, by function functions.txt. Status 1: less than is wanted (coverage.py), or unreached.txt is untrue.
# JOBS=N tests at a time; NO_RUN=1: the counts that are there already.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v gcov >/dev/null || { echo "no gcov: apt-get install gcc" >&2; exit 2; }
if [ "${NO_RUN:-0}" != 1 ]; then
	cmake --preset coverage >/dev/null
	cmake --build --preset coverage -j "${JOBS:-$(nproc)}"
	find build/coverage -name '*.gcda' -delete
	ctest --preset coverage -j "${JOBS:-$(nproc)}" "$@" | tail -n 15 || echo "some tests failed: what they reached counts"
fi
python3 -B tests/coverage.py build/coverage
