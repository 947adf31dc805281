#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# chroot.sh [--user] [--quick] RELEASE DIR: what a new user does, on a fresh Debian RELEASE (bookworm, trixie) in DIR:
# quickstart, the README's commands whose output it shows, cmake --install, check. Not part of ./check: it needs root, debootstrap, the
# network, 3 GB, and half an hour. The tree is that of HEAD; packages come from where this machine's apt has them.
#   --user   as a user with sudo instead of as root
#   --quick  without ./check
# DIR is kept: a second run starts from its base system again.
set -euo pipefail

usage='usage: tests/chroot.sh [--user] [--quick] RELEASE DIR'
user=root quick=no
while [ $# -gt 0 ]; do
	case $1 in
	--user) user=someone ;;
	--quick) quick=yes ;;
	-*) echo "$usage" >&2; exit 2 ;;
	*) break ;;
	esac
	shift
done
[ $# -eq 2 ] || { echo "$usage" >&2; exit 2; }
release=$1 base=$(realpath -m "$2")/$1.base dir=$(realpath -m "$2")/$1
here=$(cd "$(dirname "$0")/.." && pwd)
cd "$here"
fail() { echo "chroot.sh: $*" >&2; exit 1; }
[ "$(id -u)" -eq 0 ] || fail "chroot and debootstrap want root"
command -v debootstrap >/dev/null || fail "no debootstrap: apt-get install debootstrap"
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1)
[ -n "$mirror" ] || fail "this machine's apt has no Debian archive"

umounts()
{
	local m

	for m in dev/shm dev proc; do
		! mountpoint -q "$dir/$m" || umount -l "$dir/$m"
	done
}
trap umounts EXIT
umounts
if [ ! -e "$base/done" ]; then
	rm -rf "$base"
	debootstrap --variant=minbase "$release" "$base" "$mirror" >/dev/null || fail "debootstrap: see $base/debootstrap"
	touch "$base/done"
fi
rm -rf "$dir"
cp -a --reflink=auto "$base" "$dir"
mount -t proc proc "$dir/proc"
mount --rbind --make-rslave /dev "$dir/dev"
cp /etc/resolv.conf "$dir/etc/resolv.conf"
apt-config dump | grep '^Acquire::.*\(Proxy\|CaInfo\)' >"$dir/etc/apt/apt.conf.d/90host" || true

inside() { chroot "$dir" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"; }
step()
{
	local from=$SECONDS

	echo "== $release, $user: $1"
	inside su -s /bin/bash "$user" -c "cd /src/el2sim && $1" || fail "$1"
	echo "== $((SECONDS - from)) s"
}

# What is enabled and has not been before is what our packages enabled.
units() { (cd "$dir" && find etc/systemd -name '*.wants' -exec find {} -type l \; 2>/dev/null | sort); }

inside apt-get -q update >/dev/null
if [ "$user" != root ]; then
	inside apt-get -q -y install --no-install-recommends sudo >/dev/null 2>&1
	inside useradd -m -s /bin/bash "$user"
	echo "$user ALL=(ALL) NOPASSWD: ALL" >"$dir/etc/sudoers.d/$user"
fi
units >"$dir.units"
mkdir -p "$dir/src/el2sim"
git archive HEAD | tar -x -C "$dir/src/el2sim"
inside chown -R "$user" /src

step ./quickstart
step 'EL2SIM_BINARY_DIR=build/release bash tests/test_readme.sh'
step 'cmake --install build/release --prefix $HOME/installed && cd / && $HOME/installed/bin/el2sim compare experiment/eager-vs-deferred.ini >/dev/null'
[ "$quick" = yes ] || step ./check
units | diff "$dir.units" - || fail "these services were enabled"
if [ "$quick" = no ]; then
	skipped=$(grep -h '^skipped: ' "$dir"/src/el2sim/build/*/Testing/Temporary/LastTest.log | sort -u)
	echo "$skipped"
fi
echo "== $release, $user: all of it went well"
