# shellcheck shell=bash disable=SC2154,SC2034 # variables of `inside`
# SPDX-License-Identifier: Apache-2.0
#
# The benchmark's cases with a form of their own; "# case_NAME: what" is what --list shows.
# shellcheck disable=SC2086,SC2046,SC2206 # the runtimes are words

# case_seccomp: run with a cached Docker-like profile, beside the same run without it
case_seccomp()
{
	local name without

	place=-
	use_bundle plain || return
	without=$bundle
	use_bundle seccomp || return
	add floor '' '' "$tools/floor" -s "$work/filter.bpf" "$root"
	add floor-without '' '' "$tools/floor" "$root"
	for name in sbrun crun runc; do
		add $name '' '' ${runtime[$name]} run -b "$bundle" "$BENCH_ID$name-{}"
		add $name-without '' '' ${runtime[$name]} run -b "$without" "$BENCH_ID$name-{}"
	done
	measure
	note "$case" "the filter" instructions $(($(wc -c <"$work/filter.bpf") / 8))
}

# case_assembly: a root out of 100 directories with 10,000 files: one overlay, hard links, a copy
case_assembly()
{
	local from=$work/layers-100 to=$work/assembled times=$work/times

	place=-
	use_bundle layers:100 || return
	add overlay '' '' "$tools/floor" -o -t "$times" -l "$from:100" "$root"
	add 'hard links' "mkdir $to" "rm -r $to" cp -al "$from"/*/. "$to"
	add 'hard links, removal' "mkdir $to && cp -al $(echo "$from"/*/.) $to" '' rm -r "$to"
	measure 5
	# of the same rounds
	note "$case" 'overlay, its calls' median "$(tail -n "$measured" "$times" | sort -n | sed -n "$(((measured + 1) / 2))p")"
	rows=()
	add copy "mkdir $to" "rm -r $to" cp -a "$from"/*/. "$to"
	measure 50
}

# case_sysroot: a sysroot of 100 and of 500 layers in a sandbox, as a build system has it, and small tasks two at a time
case_sysroot()
{
	local n=$((rounds < 5 ? 1 : rounds / 5))

	place=-
	if STATE=$work/state/sysroot TMPDIR=$work SBRUN=$sbrun "$here/sysroot" $n \
		>"$work/measured" 2>"$work/err"; then
		note "$case" - rounds $n
		sed "s/^\(.*\) \([0-9]*\)\$/$case\t\1\tmedian\t\2/" "$work/measured" >>"$figures"
	else
		skip "$case" all "$(complaint)"
		status=1
	fi
}

# case_memory_100: what 100 idle detached sandboxes keep, of each
case_memory_100()
{
	keep_many 100
}

# case_memory_1000: what 1,000 idle detached sandboxes keep, of each
case_memory_1000()
{
	keep_many 1000
}

keep_many()
{
	local who group=

	place=-
	use_bundle sleep || return
	group=$(memory_group) || group=
	for who in floor sbrun crun runc; do
		if [ $who != floor ] && ! command -v "${runtime[$who]%% *}" >/dev/null; then
			skip "$case" $who 'not installed'
		elif ! keep_of $who "$1" "$group"; then
			skip "$case" $who "$(complaint)"
			status=1
		fi
	done
	[ -z "$group" ] || rmdir "$group"
}

# A cgroup whose charge is read (v1), since MemAvailable moves with everything on the machine.
memory_group()
{
	local own

	own=$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)
	[ -n "$own" ] && mkdir "/sys/fs/cgroup/memory${own%/}/${BENCH_ID}memory" 2>/dev/null &&
		echo "/sys/fs/cgroup/memory${own%/}/${BENCH_ID}memory"
}

available()
{
	awk '/^MemAvailable/ { print $2 }' /proc/meminfo
}

charged()
{
	if [ -z "$1" ]; then echo 0; else cat "$1/memory.usage_in_bytes"; fi
}

# keep_of RUNTIME COUNT GROUP: starts so many (in GROUP, if there is one), ends them, notes KiB each.
keep_of()
{
	local who=$1 n=$2 group=$3 a0 a1 a2 c0 c1 pid end

	a0=$(available) c0=$(charged "$group")
	(
		[ -z "$group" ] || echo "$BASHPID" >"$group/cgroup.procs" || exit
		for ((i = 1; i <= n; i++)); do
			if [ "$who" = floor ]; then
				"$tools/floor" -d "$work/many-$i" "$root" /bin/sleep 1000
			else
				${runtime[$who]} run -d -b "$bundle" "${BENCH_ID}m$i"
			fi || exit
		done
	) </dev/null >"$work/out" 2>"$work/err" || return
	a1=$(available) c1=$(charged "$group")
	if [ "$who" = floor ]; then
		pid=$(cat "$work/many-1")
		end=("$tools/floor" -k "$work/many-%")
	else
		pid=$(${runtime[$who]} state "${BENCH_ID}m1" | jq .pid)
		end=(${runtime[$who]} delete --force "${BENCH_ID}m%")
	fi
	note "$case" "$who" pss "$(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup")"
	seq "$n" | xargs -P 2 -I% "${end[@]}" 2>"$work/err" || return
	a2=$(available)
	note "$case" "$who" host $((((a0 - a1) + (a2 - a1)) / 2 / n))
	[ -z "$group" ] || [ "$who" = runc ] || note "$case" "$who" charged $(((c1 - c0) / 1024 / n))
}

# case_instructions: instructions of the part before any system call that makes something, by callgrind
case_instructions()
{
	local command

	place=-
	use_bundle plain || return
	if ! command -v valgrind >/dev/null; then
		skip "$case" all 'valgrind is not installed'
		return
	fi
	for command in --version validate plan; do
		if valgrind --tool=callgrind --callgrind-out-file=/dev/null "$sbrun" $command \
			$([ $command = --version ] || echo "-b $bundle") >"$work/out" 2>"$work/err"; then
			note "$case" "sbrun $command" instructions "$(sed -n 's/.*Collected : \([0-9]*\)$/\1/p' "$work/err")"
		else
			skip "$case" "sbrun $command" "$(complaint)"
		fi
	done
}

