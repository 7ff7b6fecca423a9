# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Attacks on a container runtime, written so that any runtime can be their target. A test begins with
#
#	. "$(dirname "$0")/lib.sh"
#
# has a function for each attack, and ends with a line for each:
#
#	attack ID 'WHAT IS TRIED' FUNCTION      ID as in cases.txt
#
# The function runs in a subshell with $b, a new bundle (a busybox root with tests/tools/attack and probe in it,
# all usual namespaces, three capabilities), and $W, a directory that only it uses. It ends with 0 when the
# runtime withstood, by `vulnerable TEXT` when it did not, by `cannot REASON` when that can't be told here.
#
#	X.test                      the target is sbrun: what is vulnerable is a failure
#	X.test --runtime crun       another one: prints "R ID safe|vulnerable|cannot TEXT" and judges nothing
#	X.test [--runtime R] ID...  these attacks only
#
# `X.test --runtime` is how reference.test knows that the tests can fail, and how `table` fills its columns.

# shellcheck source-path=SCRIPTDIR source=../inject/alone.sh disable=SC1091
. "$(dirname "${BASH_SOURCE[0]}")/../inject/alone.sh"

RUNTIME=sbrun
if [ "${1-}" = --runtime ]; then
	RUNTIME=$2
	shift 2
fi
ONLY=" $* "
RT=$SBRUN
if [ "$RUNTIME" != sbrun ]; then
	RT=$(command -v "$RUNTIME" || echo "/usr/sbin/$RUNTIME")
	[ -x "$RT" ] || { echo "$RUNTIME is not installed" >&2; exit 125; }
fi
# It has no mind for hierarchies of both kinds; the mount namespace is ours alone.
[ "$RUNTIME" != crun ] || [ ! -d /sys/fs/cgroup/unified ] || mount -t cgroup2 cgroup2 /sys/fs/cgroup || exit 125
# shellcheck disable=SC2034 # tests/lib.sh's
mounts_before=$(wc -l </proc/self/mountinfo)
LIMIT=20 # seconds for one call of the runtime: one that hangs is vulnerable
N=0

# rt WORD...: the runtime, for at most $LIMIT seconds (then the status is 137)
rt()
{
	timeout -s KILL "$LIMIT" "$RT" --root "$STATE" "$@"
}

# traced WORD...: strace with these, for at most 30 seconds; $W/trace has each call on one line
traced()
{
	command -v strace >/dev/null || cannot "strace is not installed"
	timeout -s KILL 30 strace -f -qq -o "$W/trace.raw" "$@" </dev/null
	whole_calls <"$W/trace.raw" >"$W/trace"
}

vulnerable()
{
	printf '%s\n' "$@" >&8
	exit 1
}

cannot()
{
	printf '%s\n' "$*" >&8
	exit 77
}

# base_bundle DIR: what all attacks begin with; nothing in it that only one runtime knows
base_bundle()
{
	bundle_busybox "$1"
	cp "$(tool probe)" "$(tool attack)" "$1/rootfs/bin/"
	config "$1" '.ociVersion = "1.0.2" | .root.readonly = false | .process.args = ["true"] | del(.linux.resources)'
}

# with_userns: ids from 100000 on, and a root of theirs
with_userns()
{
	config "$b" '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000,
		size: 65536}] | .linux.gidMappings = .linux.uidMappings |
		.mounts |= map(select(.destination | startswith("/sys/fs") or . == "/dev/mqueue" | not))'
	chown -R 100000:100000 "$b/rootfs"
	chmod 711 "$TMP" "$TMP"/* "$STATE" 2>/dev/null
	chmod 755 "$W" "$b"
}

# caps NAME...: these beside the three
caps()
{
	local cap

	for cap in "$@"; do
		config "$b" ".process.capabilities |= with_entries(.value += [\"CAP_$cap\"])"
	done
}

no_start()
{
	[ "$RUNTIME" = sbrun ] || cannot "no start: $(tail -n 1 "$W/run.err")"
	vulnerable "no start: $(tail -n 1 "$W/run.err")"
}

# sleeper [COMMAND]: a container that stays, in which COMMAND runs beside it; its name is $ID
sleeper()
{
	script "$b" "${1:-:} & exec sleep 1000"
	rt run -d -b "$b" "$ID" >"$W/run.out" 2>"$W/run.err" </dev/null || no_start
}

# beside CMD [WORD]...: it runs as long as the attack does
beside()
{
	"$@" &
	helper=$!
	trap 'kill -KILL $helper 2>/dev/null' EXIT
}

clean()
{
	rt kill "$ID" KILL
	rt delete -f "$ID"
	rt delete --force "$ID"
} >/dev/null 2>&1

# Ends what an attack left in its cgroups when the target can't.
sweep()
{
	local pid

	[ "$RUNTIME" != sbrun ] || return 0
	for pid in $(own_processes); do
		kill -KILL "$pid" 2>/dev/null
	done
	umount -l "$b/rootfs" 2>/dev/null
	rm -rf "$STATE"
}

judge_attack()
{
	local id=$1 name=$2 status=$3

	case $status in
	0) result=safe ;;
	77) result=cannot ;;
	*) result=vulnerable ;;
	esac
	if [ "$RUNTIME" != sbrun ]; then
		echo "R $id $result $(head -n 1 "$W.why" | cut -c 1-300)"
		return
	fi
	case $result in
	safe) ok "$id: $name" ;;
	cannot) skip "$id: $name" "$(head -n 1 "$W.why")" ;;
	vulnerable) not_ok "$id: $name" "status $status" "$(cat "$W.why")" "$(tail -n 20 "$W.said")" ;;
	esac
}

# attack ID NAME FUNCTION [WORD]...
attack()
{
	local id=$1 name=$2 status=0

	case $ONLY in '  ' | *" $id "*) ;; *) return 0 ;; esac
	shift 2
	N=$((N + 1))
	W=$TMP/$N
	b=$W/b
	ID=sec$$-$N
	mkdir -m 755 "$W"
	base_bundle "$b"
	(
		set -u
		"$@"
	) >"$W.said" 2>&1 8>"$W.why" </dev/null || status=$?
	clean
	sweep
	judge_attack "$id" "$name" $status
	rm -rf "$W" "$W.said" "$W.why"
}

# outside: a directory of the host's beside the root, with nothing in it; `untouched` says that it is so still
outside()
{
	out=$W/outside
	mkdir "$out"
}

untouched()
{
	local now

	now=$(ls -A "$out")
	[ "$now" = "${1-}" ] || vulnerable "outside the root: ${now//$'\n'/ }${1+, not $1}"
}

# runs_or_refuses WORD...: any end but a hang or a crash; sbrun says why it refuses
runs_or_refuses()
{
	local rc=0

	rt "$@" >"$W/out" 2>"$W/err" || rc=$?
	case $rc in
	137) vulnerable "hangs" ;;
	132 | 134 | 135 | 136 | 139) vulnerable "crashes: status $rc" ;;
	esac
	[ "$RUNTIME:$rc" != sbrun:125 ] || grep -Eq '^sbrun: error: .{10}|"level": ?"error"' "$W/err" "${W}/log" 2>/dev/null ||
		vulnerable "it refuses and does not say why"
}

# refuses PATTERN WORD...: as it should; sbrun with 125 and words that have the pattern
refuses()
{
	local pattern=$1

	shift
	! rt "$@" >"$W/out" 2>"$W/err" || return 1
	[ "$RUNTIME" != sbrun ] || grep -Eq -- "^sbrun: error: .*($pattern)" "$W/err" || vulnerable "it does not say $pattern: $(cat "$W/err")"
}
