#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# el2sim record without QEMU: a program of ours in its place says what QEMU, the kernel and the plugin would; every failure is one clear line
# and leaves nothing; what is recorded becomes the files. And the shipped VMM is what its sources make.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
fail() { echo "$*"; exit 1; }
el2sim=$EL2SIM_BINARY_DIR/el2sim
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/out" "$tmp/temporary"
export TMPDIR=$tmp/temporary EL2SIM_PLUGIN=$tmp/plugin.so FAKE_SAYS=$tmp/says
: >"$EL2SIM_PLUGIN"

# words WORD...: little-endian, 32 bits each
words()
{
	local v text=
	for v; do
		printf -v v '\\x%02x\\x%02x\\x%02x\\x%02x' $((v & 255)) $((v >> 8 & 255)) $((v >> 16 & 255)) $((v >> 24 & 255))
		text+=$v
	done
	# shellcheck disable=SC2059
	printf "$text"
}

# A kernel: an Image's header and banner, with code at 0x1000: two functions, and one of the nVHE hypervisor.
hvc=0xd4000002 nop=0xd503201f
code=(0xd5384100 0xd5033fdf 0xd69f03e0 "$nop" 0x91000421 0x91000842 0xf9400000 0xaa0103e0) # mrs sp_el0; isb; eret; nop; add; add; ldr; mov
hyp=(0xd53c1100 0xd51c1100 0x910004a5 0x910008c6 0x91000ce7 0x91001108 0xd69f03e0 "$nop") # mrs hcr_el2; msr hcr_el2; adds; eret
{
	words 0x91005a4d 0 0 0 0 0 0 0 0 0 0 0 0 0 0x644d5241 0
	printf 'Linux version 6.12.0-fake (nobody) #1\n'
} >"$tmp/Image"
truncate -s 4096 "$tmp/Image"
words "${code[@]}" "${hyp[@]}" >>"$tmp/Image"
truncate -s 16384 "$tmp/Image"
cat >"$tmp/System.map" <<-end
	ffff800080000000 T _text
	ffff800080001000 T kvm_arch_vcpu_ioctl_run
	ffff800080001010 t __guest_enter
	ffff800080001020 t __kvm_nvhe___guest_exit
	ffff800080003000 D some_data
end

# QEMU: does what $FAKE_SAYS, a piece of shell, says; $console and $stream are its files.
cat >"$tmp/qemu" <<-'end'
	#!/bin/bash
	console=/dev/null stream=/dev/null
	[ "$*" != --version ] || { echo "${FAKE_VERSION-QEMU emulator version 7.2.0}"; exit 0; }
	while [ $# -gt 0 ]; do
		case $1 in
		-serial) console=${2#file:} ;;
		-plugin) stream=${2#*,out=} ;;
		esac
		shift
	done
	. "$FAKE_SAYS"
end
chmod +x "$tmp/qemu"

# run [OPTION VALUE...]: instead of these
run()
{
	local words=() option
	for option in "--symbols $tmp/System.map" "--qemu $tmp/qemu" "--kinds hvc_unknown" "--vcpu plain" "-o $tmp/out/r.csv"; do
		case " $* " in *" ${option%% *} "*) ;; *) words+=("${option%% *}" "${option#* }") ;; esac
	done
	"$el2sim" record "$tmp/Image" "${words[@]}" "$@"
}

# nothing_left NAME
nothing_left()
{
	[ -z "$(ls "$tmp/out" "$tmp/temporary" | grep -v ':$' | grep .)" ] || fail "$1: left behind: $(ls "$tmp/out" "$tmp/temporary")"
}

# refused STATUS TEXT SAYS [OPTION...]: one line with the text in it, that status, nothing left
refused()
{
	local want=$1 text=$2 status
	printf '%s\n' "$3" >"$FAKE_SAYS"
	shift 3
	run "$@" >"$tmp/stdout" 2>"$tmp/stderr"
	status=$?
	[ "$status" = "$want" ] || fail "\"$text\": status $status, want $want: $(cat "$tmp/stderr")"
	[ "$(wc -l <"$tmp/stderr")" = 1 ] && [ ! -s "$tmp/stdout" ] || fail "\"$text\": want one line: $(cat "$tmp/stdout" "$tmp/stderr")"
	grep -qF -- "$text" "$tmp/stderr" || fail "want \"$text\": $(cat "$tmp/stderr")"
	nothing_left "$text"
}

# --- QEMU
refused 2 "nowhere/qemu: No such file or directory: want QEMU with plugins" '' --qemu "$tmp/nowhere/qemu"
FAKE_VERSION="another 1.0" refused 2 "is not QEMU" ''
refused 2 "--cpu strange: QEMU emulator version 7.2.0 has no such CPU" 'echo "qemu-system-aarch64: unable to find CPU model '"'strange'"'" >&2; exit 1' --cpu strange
refused 4 "does not take our plugin: qemu: Could not load plugin x: bad version" 'echo "qemu: Could not load plugin x: bad version" >&2; exit 1'
refused 4 "QEMU ended with status 3 while the kernel booted: something broke" 'echo something broke >&2; exit 3'
refused 4 "QEMU was ended by signal 9 while the kernel booted" 'kill -9 $$'
EL2SIM_PLUGIN=$tmp/none.so refused 4 "EL2SIM_PLUGIN=$tmp/none.so: No such file" ''

# --- the kernel
refused 4 'the kernel panics while the kernel booted: "Kernel panic - not syncing: no init"' 'echo "[ 1.0] Kernel panic - not syncing: no init" >"$console"'
refused 4 "no KVM in this kernel: want CONFIG_KVM=y" 'echo "el2sim: the start: no KVM: /dev/kvm: -2" >"$console"'
refused 4 'KVM did not start on this machine: "kvm [1]: HYP mode not available"' \
	'printf "kvm [1]: HYP mode not available\nel2sim: the start: no KVM: /dev/kvm: -2\n" >"$console"'
refused 4 "the VMM in the machine gave up: hvc_unknown: KVM_RUN: -22" 'echo "el2sim: hvc_unknown: KVM_RUN: -22" >"$console"'
refused 4 'not done in 5 s (--timeout): stopped while the kernel booted; the console'\''s last line: "it hangs"' \
	'echo "it hangs" >"$console"; exec sleep 60' --timeout 5
refused 4 'the machine went off while the kernel booted; the console'\''s last line: "reboot: Power down"' 'echo "reboot: Power down" >"$console"'

refused 4 "the kernel panics" 'echo "Kernel panic - not syncing" >"$console"' --console "$tmp/console"
grep -q "^Kernel panic" "$tmp/console" || fail "--console: is not kept of a recording that failed"

# --- files and words
with() { local file=$1; shift; cp "$tmp/$file" "$tmp/kept"; "$@"; mv "$tmp/kept" "$tmp/$file"; }
printf '\177ELF and so on' >"$tmp/vmlinux"
empty() { : >"$tmp/Image"; refused 4 "Image: is empty" ''; }
elf() { cp "$tmp/vmlinux" "$tmp/Image"; refused 4 "is an ELF file (vmlinux), which no boot loader takes" ''; }
text() { echo "no kernel at all" >"$tmp/Image"; refused 4 "no arm64 Image in it" ''; }
efi() { printf 'MZ and so on' >"$tmp/Image"; truncate -s 100 "$tmp/Image"; refused 4 "is an EFI application, but no arm64 kernel" ''; }
zimg() { printf 'MZ\0\0zimg\100\0\0\0\0\1\0\0' >"$tmp/Image"; truncate -s 100 "$tmp/Image"; refused 4 "is cut short: 100 bytes, want 320" ''; }
banner() { sed -i 's/Linux version/Xinux version/' "$tmp/Image"; refused 4 "does not say which Linux it is" ''; }
# libarchive would run these for their magic bytes
programs()
{
	local program PATH=$tmp/bin:$PATH
	mkdir "$tmp/bin"
	for program in lzop lrzip grzip; do
		printf '#!/bin/sh\n: >"%s"\n' "$tmp/ran" >"$tmp/bin/$program"
		chmod +x "$tmp/bin/$program"
	done
	for program in '\211LZO\0\r\n\032\n' 'LRZI\0\6' 'GRZipII\0\2\4:)'; do
		# shellcheck disable=SC2059
		printf "$program" >"$tmp/Image"
		truncate -s 4096 "$tmp/Image"
		refused 4 "no arm64 Image in it" ''
		[ ! -e "$tmp/ran" ] || fail "$program: a program was run for it"
	done
}
for of in empty elf text efi zimg banner programs; do
	with Image "$of"
done
no_text() { sed -i '/_text/d' "$tmp/System.map"; refused 4 "no symbol _text" ''; }
hidden() { sed -i 's/^ffff8000800[0-9a-f]*/0000000000000000/' "$tmp/System.map"; refused 4 "read by root (the addresses are hidden)" ''; }
bad_line() { echo "what is this" >>"$tmp/System.map"; refused 4 'System.map:6: "what is this": want an address, a letter and a name' ''; }
elsewhere() { sed -i '/_text/!s/ffff8000800/ffff8000900/' "$tmp/System.map"; refused 4 "is not of the kernel in" ''; }
no_code() { sed -i 's/ [Tt] / D /' "$tmp/System.map"; refused 4 "no symbols of a kernel's code" ''; }
for of in no_text hidden bad_line elsewhere no_code; do
	with System.map "$of"
done
refused 2 '--kinds: no kind hvc_unknwon: did you mean "hvc_unknown"?' '' --kinds hvc_unknwon
refused 2 '--vcpu: no configuration plan: did you mean "plain"?' '' --vcpu plan
refused 4 "nowhere: No such file" '' --symbols "$tmp/nowhere"
refused 6 "$tmp/nowhere/r.csv could not be written: No such file or directory" '' -o "$tmp/nowhere/r.csv"
grep -q 'no --symbols: want the kernel' <<<"$("$el2sim" record "$tmp/Image" 2>&1)" || fail "no symbols: not said"
grep -q 'no IMAGE: want the kernel' <<<"$("$el2sim" record 2>&1)" || fail "no image: not said"

# --- what is recorded: kind 1 is hvc_unknown; types of items and marks are those of sim/record/target/record.h
mark() { words $((3 << 28 | $1 << 12 | $2)); }
block() { local n=$(($# - 2)) low=$1 high=$2; shift 2; words $((1 << 28 | n)) "$low" "$high" "$@"; }
run_of() { words $((4 << 28 | $1)) "$2" "$3"; }
ended() { words $((5 << 28)); }
# numbers: 0 the guest's HVC, 1 to 4 the first function, 5 to 8 the second, 9 to 16 the hypervisor's, mapped elsewhere
begin() { block 0x80001000 0 "$hvc"; block 0x80001000 0xffff8000 "${code[@]}"; block 0x5020 0x8000 "${hyp[@]}"; mark 1 0; mark 2 0; mark 3 1; }
turn() { mark 4 1; run_of 0 1 1; run_of 9 7 1; run_of 1 3 "${1-1}"; mark 5 1; }
turns() { local i; for ((i = 0; i < $1; i++)); do turn; done; }
whole() { begin; turns 62; turn 2; turn; mark 7 0; ended; }
whole >"$tmp/whole"
says='cp "$FAKE_STREAM" "$stream"; echo "kvm [1]: VHE mode initialized successfully" >"$console"'
export FAKE_STREAM=$tmp/whole
other() { FAKE_STREAM=$tmp/other refused 4 "$1" "${2-$says}"; }
{ begin; turns 63; mark 7 0; ended; } >"$tmp/other"; other "plain, hvc_unknown: 63 turns were recorded, want 64"
{ begin; mark 7 0; ended; } >"$tmp/other"; other "plain, hvc_unknown: nothing was recorded"
{ begin; turns 64; ended; } >"$tmp/other"; other "the machine went off while hvc_unknown (plain) was recorded"
{ begin; turns 64; mark 7 0; } >"$tmp/other"; other "the recording is cut short"
head -c -2 "$tmp/whole" >"$tmp/other"; other "the recording is cut short"
{ begin; turns 64; mark 7 0; words $((5 << 28 | 1)); } >"$tmp/other"; other "the plugin could not write all of the recording"
{ begin; mark 5 1; } >"$tmp/other"; other "a turn of hvc_unknown ends that did not begin"
{ begin; mark 4 1; run_of 16 4 1; } >"$tmp/other"; other "instructions 16 to 20 are recorded, which were not translated"
{ begin; mark 4 255; } >"$tmp/other"; other "a mark of the recording has the value 255"
{ words 0; } >"$tmp/other"; other "no item of a recording begins with 0x00000000"
{ words $((1 << 28 | 5000)); } >"$tmp/other"; other "a block of 5000 instructions is recorded"
FAKE_STREAM=$tmp/whole refused 4 '--mode nvhe: KVM of 6.12.0-fake says "VHE mode initialized successfully" on --cpu neoverse-n1' "$says" --mode nvhe
FAKE_STREAM=$tmp/whole refused 4 'the kernel does not say which mode KVM is in' 'cp "$FAKE_STREAM" "$stream"'
{ begin; turns 60; turn 2; turn 2; turn 2; turn; mark 7 0; ended; } >"$tmp/second"
refused 4 "two recordings are not equal: hvc_unknown (plain) has 63 and 61 as modal" \
	'[ ! -e "$FAKE_SAYS.again" ] || FAKE_STREAM=${FAKE_STREAM%whole}second; : >"$FAKE_SAYS.again"; '"$says"

# --- what becomes of it
says=${says/VHE mode/Hyp nVHE mode}
echo "$says" >"$FAKE_SAYS"
run --mode nvhe >"$tmp/stdout" 2>&1 || fail "a whole recording: $(cat "$tmp/stdout")"
# holds FILE LINE...
holds()
{
	local file=$1 line
	shift
	for line; do
		grep -qxF -- "$line" "$tmp/out/$file" || fail "$file: no line \"$line\": $(cat "$tmp/out/$file")"
	done
}
grep -q '^=> Linux 6.12.0-fake on n1, nvhe: 1 row (exit kind and vCPU), recorded twice, equal: ' "$tmp/stdout" || fail "report: $(cat "$tmp/stdout")"
holds r.csv "kernel,cpu,mode,cfg,exit,register,effective_register,op,el,region,function,count" \
	"6.12,n1,nvhe,0,hvc_unknown,hvc,hvc,hvc,1,guest,guest,1" \
	"6.12,n1,nvhe,0,hvc_unknown,sp_el0,sp_el0,read,1,host,kvm_arch_vcpu_ioctl_run,1" \
	"6.12,n1,nvhe,0,hvc_unknown,isb,isb,isb,1,host,kvm_arch_vcpu_ioctl_run,1" \
	"6.12,n1,nvhe,0,hvc_unknown,eret,eret,eret,1,host,kvm_arch_vcpu_ioctl_run,1" \
	"6.12,n1,nvhe,0,hvc_unknown,hcr_el2,hcr_el2,read,2,hyp,__kvm_nvhe___guest_exit,1" \
	"6.12,n1,nvhe,0,hvc_unknown,hcr_el2,hcr_el2,write,2,hyp,__kvm_nvhe___guest_exit,1" \
	"6.12,n1,nvhe,0,hvc_unknown,eret,eret,eret,2,hyp,__kvm_nvhe___guest_exit,1"
[ "$(wc -l <"$tmp/out/r.csv")" = 8 ] || fail "r.csv: $(cat "$tmp/out/r.csv")"
holds r-functions.csv "kind,cfg,region,function,insns,loads_stores,system_insns" "hvc_unknown,0,hyp,__kvm_nvhe___guest_exit,7,0,3" \
	"hvc_unknown,0,host,kvm_arch_vcpu_ioctl_run,3,0,3" "hvc_unknown,0,guest,guest,1,0,1"
# 63 turns of 10 instructions and 2 reads, one of 13 and 3
holds r-totals.csv "6.12-n1-nvhe,hvc_unknown,0,63,64,2,3,7,0,1,0,2,1,1,0,1,0,0,2,0,0,0,0,0,0,0,0,0,1,1,0,1,0,0,0,0,2.0,1.0,1.0,10.0"
tar -xOf "$tmp/out/r-order.tar" 6.12-n1-nvhe-cfg0-hvc_unknown.order.txt >"$tmp/order" || fail "no order"
diff - "$tmp/order" <<-end || fail "the order differs"
	@ guest(EL1) guest  +0
	    hvc    hvc  +0
	@ hyp(EL2) __kvm_nvhe___guest_exit  +0
	    read   hcr_el2  +0
	    write  hcr_el2  +0
	    eret   eret  +4
	@ host(EL1) kvm_arch_vcpu_ioctl_run  +0
	    read   sp_el0  +0
	    isb    isb  +0
	    eret   eret  +0
end
for word in '"release": "6.12.0-fake"' '"cpu": "neoverse-n1"' "-append 'console=ttyAMA0 nokaslr panic=-1 kvm-arm.mode=nvhe rdinit=/init -- 1 2'" \
	"$(sha256sum <"$tmp/Image" | cut -c1-64)"; do
	grep -qF -- "$word" "$tmp/out/r-provenance.json" || fail "provenance: no $word: $(cat "$tmp/out/r-provenance.json")"
done
"$el2sim" verify --reference "$tmp/out/r.csv" --totals "$tmp/out/r-totals.csv" --order "$tmp/out/r-order.tar" >"$tmp/stdout" 2>&1
[ $? = 1 ] || fail "verify reads what was written, and says that it is not this kernel: $(cat "$tmp/stdout")"
[ -z "$(ls "$tmp/temporary")" ] || fail "temporary files are left: $(ls "$tmp/temporary")"

# --- the shipped VMM
made=$EL2SIM_BINARY_DIR/tests/record/vmm.elf
if [ ! -e "$made" ]; then
	echo "no cross compiler: the shipped VMM is not compared with its sources"
elif [ "$(aarch64-linux-gnu-gcc -dumpversion)" = 12 ]; then # another compiler makes other code
	cmp "$made" configs/record/vmm.elf || fail "configs/record/vmm.elf is not what its sources make: cp $made configs/record/"
fi
echo "failures are told, files are as they should be"
