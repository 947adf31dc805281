#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# zsh's script offers what the program does. zsh completes on a terminal only: what the script hands to it is printed instead.
set -eu
. tests/completion.sh
command -v zsh >/dev/null || { echo "skipped: no zsh: apt-get install zsh"; exit 77; }
says() {
	zsh -f -c '
		_describe() { print -rl -- $whole $parts }
		_files() { print -rl -- *(N) }
		compset() { : }
		words=("${(z)1}") PREFIX=
		CURRENT=$#words
		source $2' zsh "$1" "$root/docs/completion/_el2sim" | sed 's/:.*//; s/^--.*=\(.\)/\1/' | grep "^$2"
}
script_offers zsh
