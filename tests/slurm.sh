# SPDX-License-Identifier: Apache-2.0
# A Slurm cluster of this one machine, for tests: own configuration, own munge key, loopback, ended with the test.
# Sourced: slurm_start DIR [CONF_LINE...] returns 1 and sets slurm_why if it cannot be started; slurm_stop ends it.

slurm_pids=()

slurm_stop() {
	local pid
	for pid in "${slurm_pids[@]}"; do
		kill "$pid" 2>/dev/null
	done
	for pid in "${slurm_pids[@]}"; do
		wait "$pid" 2>/dev/null
	done
	slurm_pids=()
}

# A port that nobody listens on.
slurm_port() {
	local port
	for _ in $(seq 50); do
		port=$((20000 + RANDOM % 20000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
	done
}

# Wait for a command to succeed: seconds, command...
slurm_wait() {
	local n=$(($1 * 10))
	shift
	for _ in $(seq "$n"); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	return 1
}

slurm_idle() { [ "$(sinfo -h -o %T)" = idle ]; }
# Up, or one of the two has ended.
slurm_up_or_not() { slurm_idle || ! kill -0 "${slurm_pids[@]}" 2>/dev/null; }

# Slurm's programs: the machine's, or those that ./check unpacked, with their libraries and plugins.
slurm_find() {
	local tool at=$PWD/build/unpacked
	[ -z "${root-}" ] || at=$root/build/unpacked
	PATH=$PATH:/usr/sbin
	slurm_lines=() slurm_stepd=()
	if ! command -v slurmctld >/dev/null || ! command -v munged >/dev/null; then
		PATH=$PATH:$at/usr/bin:$at/usr/sbin
		LD_LIBRARY_PATH=$(find "$at" -name '*.so*' -printf '%h\n' 2>/dev/null | sort -u | tr '\n' :)${LD_LIBRARY_PATH-}
		export LD_LIBRARY_PATH
		slurm_stepd=(-d "$at"/usr/sbin/slurmstepd)
		slurm_lines=("PluginDir=$(dirname "$(find "$at" -name auth_munge.so | head -n 1)")")
	fi
	for tool in munged slurmctld slurmd sbatch squeue; do
		command -v "$tool" >/dev/null ||
			{ slurm_why="no $tool: ./check unpacks Slurm below build/unpacked, or apt-get install slurm-wlm munge"; return 1; }
	done
}

slurm_start() {
	local dir=$1 name me cpus
	shift
	slurm_find || return 1
	name=$(hostname -s) me=$(id -un) cpus=$(nproc)
	mkdir -p "$dir"/munge "$dir"/state "$dir"/spool
	chmod 700 "$dir"/munge
	head -c 1024 /dev/urandom >"$dir"/munge/key
	chmod 600 "$dir"/munge/key
	munged --foreground --force --key-file="$dir"/munge/key --socket="$dir"/munge/socket --pid-file="$dir"/munge/pid \
		--log-file="$dir"/munge/log --seed-file="$dir"/munge/seed >"$dir"/munge/out 2>&1 &
	slurm_pids+=($!)
	cat >"$dir"/slurm.conf <<END
ClusterName=el2sim
SlurmctldHost=$name(127.0.0.1)
SlurmctldPort=$(slurm_port)
SlurmdPort=$(slurm_port)
SlurmUser=$me
SlurmdUser=$me
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket
CredType=cred/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=0
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
ReturnToService=2
KillWait=1
SlurmdParameters=config_overrides
NodeName=$name NodeAddr=127.0.0.1 CPUs=$cpus State=UNKNOWN
PartitionName=test Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
	printf '%s\n' "${slurm_lines[@]}" "$@" >>"$dir"/slurm.conf
	printf 'CgroupPlugin=cgroup/v1\nCgroupMountpoint=%s/cgroup\n' "$dir" >"$dir"/cgroup.conf
	export SLURM_CONF=$dir/slurm.conf
	slurm_wait 60 test -S "$dir"/munge/socket || { slurm_why="munged: $(tail -n 1 "$dir"/munge/out "$dir"/munge/log)"; return 1; }
	slurmctld -D >"$dir"/slurmctld.out 2>&1 &
	slurm_pids+=($!)
	slurmd -D "${slurm_stepd[@]}" >"$dir"/slurmd.out 2>&1 &
	slurm_pids+=($!)
	slurm_wait 120 slurm_up_or_not && slurm_idle ||
		{ slurm_why="no node came up: $(tail -qn 2 "$dir"/slurmctld.log "$dir"/slurmd.log | tr '\n' ' ')"; return 1; }
}
