#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs/cookbook.md and docs/advise.md: each block is what its command prints, as it stands there; a job (a heading) has at most three
# commands, and the answer of each is in the first five lines. EL2SIM_BLESS=1 puts the real output in.
set -eu
cd "$(dirname "$0")/.."
python3 -B tests/cookbook.py docs/cookbook.md 5 "$(realpath "$EL2SIM_BINARY_DIR")" "${EL2SIM_BLESS-}"
python3 -B tests/cookbook.py docs/advise.md 4 "$(realpath "$EL2SIM_BINARY_DIR")" "${EL2SIM_BLESS-}"
