# shellcheck shell=dash
# SPDX-License-Identifier: Apache-2.0
#
# What the failure tests share: a test begins with
#
#	. "$(dirname "$0")/alone.sh"
#
# and from there on is alone in a pid and a mount namespace, so that every process and every mount that it
# sees is its own, whatever else runs on the machine. Then it has lib.sh's things, and those below.

if [ "${SBRUN_TEST_ALONE-}" != "$0" ]; then
	if unshare --pid --fork --mount --mount-proc --propagation private true 2>/dev/null; then
		SBRUN_TEST_ALONE=$0 exec unshare --pid --fork --kill-child --mount --mount-proc \
			--propagation private "$0" "$@"
	fi
	echo "ok 1 - ${0##*/} # SKIP unshare --pid --mount is refused here"
	exit 0
fi

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"

# $$ is 1 in each of these namespaces
ID=inject-${TMP##*.}-${0##*/}
umask 022

# Sets $processes: "PID NAME" of each that is alive, but for this shell's own.
list_processes()
{
	processes=
	for dir in /proc/[0-9]*; do
		[ "$dir" != /proc/$$ ] || continue
		{ read -r stat <"$dir/stat"; } 2>/dev/null || continue
		case ${stat##*) } in [ZX]*) continue ;; esac
		stat=${stat#*(}
		processes="$processes${dir#/proc/} ${stat%)*};"
	done
}

# remember ROOT: how things are; ROOT is the --root whose contents count.
remember()
{
	state_root=$1
	list_processes
	processes_before=$processes
	cat /proc/self/mountinfo >"$TMP/mounts.before"
}

processes_as_before()
{
	list_processes
	[ "$processes" = "$processes_before" ]
}

# Sets $left: what is there and was not, each with a name; empty: nothing.
look_for_leftovers()
{
	left=
	wait_until 3 processes_as_before || left="$left processes: $processes"
	cat /proc/self/mountinfo >"$TMP/mounts.now"
	cmp -s "$TMP/mounts.before" "$TMP/mounts.now" ||
		left="$left mounts: $(diff "$TMP/mounts.before" "$TMP/mounts.now")"
	found=$(find "$state_root" -mindepth 1 ! -path "$state_root/.uppers" ! -path "$state_root/.seccomp*" \
		2>/dev/null)
	[ -z "$found" ] || left="$left state: $found"
	found=$(find /sys/fs/cgroup -name "*$ID*" 2>/dev/null)
	[ -z "$found" ] || left="$left cgroups: $found"
	[ ! -e "$TMP/.home/pid" ] || left="$left a pid file"
}

# Problems are collected, so that a hundred runs are one line of the result.
problems=$TMP/problems
: >"$problems"

# problem TEXT...
problem()
{
	printf '%s\n' "$@" >>"$problems"
}

# conclude NAME: one result from the problems since the last one
conclude()
{
	if [ -s "$problems" ]; then
		not_ok "$1" "$(head -c 6000 "$problems")"
	else
		ok "$1"
	fi
	: >"$problems"
}

check_leftovers()
{
	look_for_leftovers
	[ -z "$left" ] || problem "$1: left over:$left"
}
