#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The Python package: what it answers is what the program answers; the document and the notebook run as they stand there; an installation
# finds its own library and program after a move.
set -eu
cd "$(dirname "$0")/.."
command -v python3 >/dev/null || { echo "skipped: no python3: apt-get install python3"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "$*"; exit 1; }
build=$(realpath "$EL2SIM_BINARY_DIR")
unset EL2SIM_SHARE
export EL2SIM_LIBRARY=$build/libel2sim.so EL2SIM_PROGRAM=$build/el2sim PYTHONDONTWRITEBYTECODE=1
PYTHONPATH=python python3 tests/python_package.py "$tmp"

unset EL2SIM_LIBRARY EL2SIM_PROGRAM
DESTDIR=$tmp/image cmake --install "$build" --prefix /opt/el2sim >"$tmp/log" || { cat "$tmp/log"; fail "not installed"; }
mv "$tmp/image/opt/el2sim" "$tmp/here"
cp "$tmp/here/share/el2sim/configs/experiment/overcommit.ini" "$tmp/here/share/el2sim/configs/experiment/only-here.ini"
cd "$tmp"
PYTHONPATH=$(dirname "$(find "$tmp/here" -path '*/el2sim/__init__.py' -printf '%h\n')") python3 - "$tmp/here" <<'END'
import sys, el2sim, el2sim.library, el2sim.program
small = {"run.duration": "1000us"}
for path in (el2sim.__file__, el2sim.library.library().path, el2sim.program.program()):
    assert path.startswith(sys.argv[1] + "/"), path
assert el2sim.run("experiment/only-here.ini", small)["facts"]
assert el2sim.compare("experiment/only-here.ini", vary={"machine.vcpus": [4, 8]}, settings=small)["verdicts"]
END
[ -s "$tmp/here/share/doc/python3-el2sim/examples/example.ipynb" ] || fail "no notebook"
[ -z "$(find "$tmp/here" -name '__pycache__')" ] || fail "it leaves __pycache__"
