#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A Linux guest, unmodified: boots to its init and powers off, on 1 and 2 vCPUs under VHE and nVHE kernels, the same each time; its
# exits by kind are printed. EL2SIM_LINUX_GUEST: a folder with Image (or vmlinuz) and initrd (or initrd.gz, initrd.img), whose
# init ends with a power-off.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
fail() { echo "$*"; exit 1; }
dir=${EL2SIM_LINUX_GUEST-}
[ -n "$dir" ] || { echo "skipped: EL2SIM_LINUX_GUEST names no folder with Image and initrd of a Linux guest"; exit 77; }
# first NAME...: the first of these files of the folder
first()
{
	local name
	for name; do
		[ ! -e "$dir/$name" ] || { echo "$dir/$name"; return; }
	done
	fail "EL2SIM_LINUX_GUEST=$dir: no $1" >&2
}
image=$(first Image vmlinuz) && initrd=$(first initrd initrd.gz initrd.img) || exit 1
el2sim=$EL2SIM_BINARY_DIR/el2sim
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# boot CONFIG VCPUS FILE: the guest's console and the report, into FILE
boot()
{
	"$el2sim" run "$1" --guest "$image" --initrd "$initrd" --append "console=ttyAMA0 panic=-1" --memory 512 --vcpus "$2" \
		--console >"$3" 2>&1 || fail "$1, $2 vCPUs: $(tail -n 60 "$3")"
	grep -aq 'Linux version ' "$3" || fail "$1, $2 vCPUs: no Linux banner: $(head -n 20 "$3")"
	grep -aqE 'Run /[a-z/]*init as init process' "$3" || fail "$1, $2 vCPUs: init did not run: $(grep -a '^\[' "$3" | tail -n 20)"
	grep -aqE '^=> guest .*: powered off' "$3" || fail "$1, $2 vCPUs: $(grep -a '^=> ' "$3")"
	[ "$2" = 1 ] || grep -aqE "Brought up 1 node, $2 CPUs" "$3" || fail "$1: not all of $2 CPUs came up: $(grep -a smp: "$3")"
	grep -aq '^=> conservation: ' "$3" || fail "$1, $2 vCPUs: counts do not add up"
}

# Kinds that every Linux guest on KVM must show; a second CPU brings SGIs.
for config in configs/experiment/guest.ini configs/experiment/guest-nvhe.ini; do
	for vcpus in 1 2; do
		boot "$config" "$vcpus" "$tmp/out"
		want="hvc_psci_version hvc_smccc_version hvc_unknown sysreg_id sysreg_cache sysreg_vm mmio_gicd_read mmio_gicd_write mmio_read_user
			mmio_write_user s2_fault_write s2_exec vtimer_irq"
		[ "$vcpus" = 1 ] || want="$want sysreg_sgi wfi_timer"
		table=$(sed -n '/^By exit kind/,/^$/p' "$tmp/out")
		for kind in $want; do
			grep -qE "^  $kind  +[1-9]" <<<"$table" || fail "$config, $vcpus vCPUs: no exit $kind: $table"
		done
		echo "== $config, $vcpus vCPUs: $(grep -a '^=> guest' "$tmp/out" | sed 's/.*: //')"
		cut -c1-28 <<<"$table" | sed 1,4d
	done
done
boot configs/experiment/guest-nvhe.ini 2 "$tmp/again"
cmp "$tmp/out" "$tmp/again" || fail "not the same twice"
echo "5 boots end in a power-off, two of them are the same"
