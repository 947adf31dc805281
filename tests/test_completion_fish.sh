#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# fish's script offers what the program does.
set -eu
. tests/completion.sh
command -v fish >/dev/null || { echo "skipped: no fish: apt-get install fish"; exit 77; }
export HOME=$tmp XDG_CONFIG_HOME=$tmp XDG_DATA_HOME=$tmp
says() { fish -N -c "source $root/docs/completion/el2sim.fish; complete -C '$1'" | cut -f1 | sed 's/^--.*=//'; }
script_offers fish
