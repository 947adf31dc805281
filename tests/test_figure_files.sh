#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Figures as other programs see them: librsvg renders them, a PDF reader finds every label once, whole, and none over another.
set -eu
cd "$(dirname "$0")/.."
. tests/python.sh
command -v rsvg-convert >/dev/null || skip "no rsvg-convert: apt-get install librsvg2-bin"
command -v pdftotext >/dev/null || skip "no pdftotext: apt-get install poppler-utils"
exec python3 -B tests/figures.py "$(realpath "$EL2SIM_BINARY_DIR")/el2sim"
