#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Both ends of the documented range of every numeric option are run; what is beyond is refused.
set -eu
cd "$(dirname "$0")/.."
python3 -B tests/ranges.py "$EL2SIM_BINARY_DIR/el2sim"
