#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` lays down works from where it was put, run from any folder.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

DESTDIR="$tmp/image" cmake --install "$EL2SIM_BINARY_DIR" --prefix /opt/el2sim >"$tmp/log" || { cat "$tmp/log"; exit 1; }
prefix=$tmp/image/opt/el2sim
el2sim=$prefix/bin/el2sim
diff -r "$root/configs" "$prefix/share/el2sim/configs"
diff -r "$root/traces/samples" "$prefix/share/el2sim/traces/samples"
[ -s "$prefix/share/man/man1/el2sim.1" ] || { echo "no manual page"; exit 1; }

for script in bash-completion/completions/el2sim zsh/vendor-completions/_el2sim fish/vendor_completions.d/el2sim.fish; do
	[ -s "$prefix/share/$script" ] || { echo "no share/$script"; exit 1; }
done

mkdir "$tmp/elsewhere"
cd "$tmp/elsewhere"
unset EL2SIM_SHARE
"$el2sim" --version
"$el2sim" help >/dev/null

# A file of the user's own includes a shipped one by its name below configs/.
experiment=experiment/eager-vs-deferred.ini
[ -f "$root/configs/$experiment" ] || { echo "no $experiment yet"; exit 0; }
printf '[el2sim]\ninclude = %s\n' "$experiment" >mine.ini
"$el2sim" compare mine.ini >out || { echo "compare failed: exit status $?"; exit 1; }
grep -q '^=> ' out || { cat out; echo "no verdict"; exit 1; }

# So does a shipped file named on the command line, with or without the folder it has in the source tree.
for name in "$experiment" "configs/$experiment"; do
	"$el2sim" compare "$name" >out || { echo "compare $name failed: exit status $?"; exit 1; }
	grep -q '^=> ' out || { cat out; echo "no verdict for $name"; exit 1; }
done

# Whatever --list names can be named here, and the same from the build tree when nothing is installed.
works() {
	"$1" config --list --format csv >list || { echo "$1 config --list: exit status $?"; exit 1; }
	grep -o '^configs/[^,]*\.ini' list >names
	(cd "$root" && ls configs/*/*.ini) | diff - names
	while read -r name; do
		"$1" config "$name" >out 2>&1 || { cat out; echo "$1 config $name failed"; exit 1; }
	done <names
	grep -o '^traces/[^,]*' list >names
	(cd "$root" && ls traces/samples/*.e2t) | diff - names
	while read -r name; do
		"$1" trace info "$name" >out 2>&1 || { cat out; echo "$1 trace info $name failed"; exit 1; }
		"$1" run experiment/linux-6.12-vhe-n1.ini --run.trace="$name" >out 2>&1 || { cat out; echo "$1 run with $name failed"; exit 1; }
	done <names
	"$1" bugs at-walks >out 2>&1 || { cat out; echo "$1 bugs failed"; exit 1; }
}
works "$el2sim"
works "$EL2SIM_BINARY_DIR/el2sim"

# Without them, one line says where they were looked for, and what to set.
for command in bugs "config --list" "run experiment/linux-6.12-vhe-n1.ini"; do
	rc=0
	# shellcheck disable=SC2086
	EL2SIM_SHARE=$tmp/none "$el2sim" $command >out 2>&1 || rc=$?
	[ "$rc" = 3 ] && [ "$(wc -l <out)" = 1 ] && grep -q "$tmp/none.*EL2SIM_SHARE" out || {
		cat out
		echo "$command without shipped files: status $rc, want 3 and one line"
		exit 1
	}
done
