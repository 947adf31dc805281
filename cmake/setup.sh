# SPDX-License-Identifier: Apache-2.0
# What quickstart and check share; sourced with $here set to the top of the tree.

die()
{
	echo "${0##*/}: $*" >&2
	exit 1
}

# run LOG COMMAND...: run quietly; on failure show the end of the log and stop.
run()
{
	local log=$1

	shift
	mkdir -p "$(dirname "$log")"
	if ! "$@" >"$log" 2>&1; then
		tail -n 30 "$log" >&2
		die "\"$*\" failed: the whole output is in $log"
	fi
}

# The packages of packages.txt for the given reasons ("build", "check") that are not installed.
missing_packages()
{
	local why name command status

	while read -r why name command; do
		case " $* " in *" $why "*) ;; *) continue ;; esac
		if [ -n "$command" ] && command -v "$command" >/dev/null; then
			continue
		fi
		status=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null || true)
		[ "$status" = installed ] || echo "$name"
	done <"$here/packages.txt"
}

# install_packages REASON...: install what is missing; asks the network only then.
install_packages()
{
	local list missing as_root=()

	if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
		die "this is not Debian: install what packages.txt names by hand, then use --no-install"
	fi
	list=$(missing_packages "$@")
	[ -n "$list" ] || return 0
	mapfile -t missing <<<"$list"
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null ||
			die "no rights to install and no sudo: as root, run: apt-get install ${missing[*]}"
		as_root=(sudo)
	fi
	as_root+=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300)
	echo "installing ${missing[*]}"
	mkdir -p build
	"${as_root[@]}" update >build/install.log 2>&1 ||
		echo "apt-get update failed (build/install.log): trying with the lists that are there"
	run build/install.log "${as_root[@]}" install --no-install-recommends "${missing[@]}"
}
