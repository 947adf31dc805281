# SPDX-License-Identifier: Apache-2.0
# What quickstart, check and bench/run share; sourced with $here set to the top of the tree.

die()
{
	echo "${0##*/}: $*" >&2
	exit 1
}

# Lines of ninja, "[12/370] ...", and of apt's status, "pmstatus:gcc:12.5:...", as a percentage of LABEL: one line that
# counts on a terminal, a line every 20 % elsewhere.
progress()
{
	local label=$1 line what percent last=-1 shown=-20 terminal=no

	[ ! -t 1 ] || terminal=yes
	while IFS= read -r line; do
		case $line in
		"["*/*"]"*)
			percent=${line#[} percent=${percent%%]*}
			[[ $percent =~ ^[0-9]+/[1-9][0-9]*$ ]] || continue
			percent=$((100 * ${percent%/*} / ${percent#*/})) what=$label ;;
		dlstatus:* | pmstatus:*)
			what=downloading
			[ "${line%%:*}" = dlstatus ] || what=$label
			percent=${line#*:*:} percent=${percent%%[.:]*}
			[[ $percent =~ ^[0-9]+$ ]] || continue ;;
		*) continue ;;
		esac
		[ "$percent" -ge "$last" ] || shown=-20
		if [ "$terminal" = yes ]; then
			[ "$percent" -eq "$last" ] || printf '\r  %s: %d %% \e[K' "$what" "$percent"
		elif [ "$percent" -ge $((shown + 20)) ]; then
			shown=$((percent / 20 * 20))
			echo "  $what: $percent %"
		fi
		last=$percent
	done
	[ "$terminal" = no ] || [ "$last" -lt 0 ] || printf '\r\e[K'
}

# run LABEL LOG COMMAND...: run with its output in LOG, its progress shown; on failure show the end of the log and stop.
run()
{
	local label=$1 log=$2

	shift 2
	mkdir -p "$(dirname "$log")"
	if ! "$@" 2>&1 | tee "$log" | progress "$label"; then
		grep -v '^[dp][lm]status:' "$log" | tail -n 30 >&2
		die "\"$*\" failed: the whole output is in $log"
	fi
}

# The packages of packages.txt for the given reasons ("build", "check", ...) that are not installed.
missing_packages()
{
	local why name command tests status

	# shellcheck disable=SC2034 # tests: what the other columns are kept apart from
	while read -r why name command tests; do
		case " $* " in *" $why "*) ;; *) continue ;; esac
		if [ "${command:--}" != - ] && PATH=$PATH:/usr/sbin command -v "$command" >/dev/null; then
			continue
		fi
		status=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null || true)
		[ "$status" = installed ] || echo "$name"
	done <"$here/packages.txt"
}

# The tests that are skipped without a package.
tests_of()
{
	awk -v name="$1" '$2 == name { for (i = 4; i <= NF; i++) printf "%s%s", (i > 4 ? ", " : ""), $i }' "$here/packages.txt"
}

skipped_without()
{
	local name

	for name; do
		echo "  $name is not there: skipped without it: $(tests_of "$name")"
	done
}

as_root=()
apt=(apt-get -q -y -o DPkg::Lock::Timeout=300)
updated=no

need_root()
{
	[ "$(id -u)" -ne 0 ] || return 0
	command -v sudo >/dev/null || return 1
	as_root=(sudo)
}

# The lists of packages, once.
update_lists()
{
	[ "$updated" = no ] || return 0
	updated=yes
	mkdir -p build
	"${as_root[@]}" "${apt[@]}" update >build/install.log 2>&1 ||
		echo "  apt-get update failed (build/install.log): trying with the lists that are there"
}

# What installing costs: megabytes to load and to keep.
say_cost()
{
	echo "installing $*"
	"${as_root[@]}" "${apt[@]/#-y/--assume-no}" --no-install-recommends install "$@" 2>/dev/null |
		sed -n 's/^\(Need to get\|After this\)/  \1/p' || true
}

# try_install PACKAGE...: output in build/install.log.
try_install()
{
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "${apt[@]}" --no-install-recommends -o APT::Status-Fd=1 install "$@" \
		2>&1 | tee build/install.log | progress installing
}

# install_packages REASON...: install what is missing, or stop; asks the network only then.
install_packages()
{
	local list missing

	if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
		die "this is not Debian: install what packages.txt names by hand, then use --no-install"
	fi
	list=$(missing_packages "$@")
	[ -n "$list" ] || return 0
	mapfile -t missing <<<"$list"
	need_root || die "no rights to install and no sudo: as root, run: apt-get install --no-install-recommends ${missing[*]}"
	update_lists
	say_cost "${missing[@]}"
	if ! try_install "${missing[@]}"; then
		grep -v '^[dp][lm]status:' build/install.log | tail -n 10 >&2
		die "installing ${missing[*]} failed: the whole output is in build/install.log"
	fi
}

# Install what tests can do without, or say which are skipped: all at once, and one by one when that fails.
install_optional()
{
	local list missing name

	list=$(missing_packages option)
	[ -n "$list" ] || return 0
	mapfile -t missing <<<"$list"
	if ! need_root; then
		echo "no rights to install and no sudo: as root, apt-get install --no-install-recommends ${missing[*]}"
		skipped_without "${missing[@]}"
		return 0
	fi
	update_lists
	say_cost "${missing[@]}"
	try_install "${missing[@]}" && return 0
	[ "${#missing[@]}" -eq 1 ] || for name in "${missing[@]}"; do
		try_install "$name" || true
	done
	list=$(missing_packages option)
	[ -z "$list" ] || { mapfile -t missing <<<"$list"; skipped_without "${missing[@]}"; }
}

# Packages with services are neither installed nor enabled: their files go below build/unpacked, where tests look for them.
unpack_optional()
{
	local list missing root=$here/build/unpacked archive

	list=$(missing_packages unpack)
	[ -n "$list" ] || return 0
	mapfile -t missing <<<"$list"
	[ "$(cat "$root/packages" 2>/dev/null)" != "$list" ] || return 0
	echo "unpacking ${missing[*]} below build/unpacked (nothing of it is installed or started)"
	rm -rf "$root"
	mkdir -p "$root/archives"
	# with what they depend on and this machine has not
	if (cd "$root/archives" && "${apt[@]}" --no-install-recommends --simulate install "${missing[@]}" |
		awk '$1 == "Inst" { print $2 }' | xargs -r "${apt[@]}" download) >build/unpack.log 2>&1; then
		for archive in "$root"/archives/*.deb; do
			dpkg-deb -x "$archive" "$root" >>build/unpack.log 2>&1 || return 0
		done
		for archive in "$root"/usr/*bin/*-wlm; do # what the packages' alternatives would be called
			[ ! -x "$archive" ] || ln -sf "${archive##*/}" "${archive%-wlm}"
		done
		rm -rf "$root/archives"
		echo "$list" >"$root/packages"
	else
		skipped_without "${missing[@]}"
	fi
}
