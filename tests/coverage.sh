#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# coverage.sh [-R REGEX]: build with gcov (preset "coverage"), run the tests (those whose name matches), child processes
# included, and print which part of lines and branches ran, by room. The lines that did not run: build/coverage/missing.txt.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v gcov >/dev/null || { echo "no gcov: apt-get install gcc" >&2; exit 2; }
cmake --preset coverage >/dev/null
cmake --build --preset coverage -j "${JOBS:-$(nproc)}"
find build/coverage -name '*.gcda' -delete
ctest --preset coverage -j "${JOBS:-$(nproc)}" "$@" | tail -n 15 || echo "some tests failed: what they reached counts"
python3 -B tests/coverage.py build/coverage
