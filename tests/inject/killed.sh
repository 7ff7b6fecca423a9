# shellcheck shell=dash
# SPDX-License-Identifier: Apache-2.0
#
# SIGKILL to the runtime at any moment of create, for tests that have alone.sh: kill_create. The trace of a create
# that nobody disturbs says which calls there are; each Nth of them is where another create is killed (every one
# with STRIDE=1).

# shellcheck disable=SC2154 # rc is lib.sh's

# moments BUNDLE: $TMP/moments, a line for each system call of the runtime: its name and which of that name it is
moments()
{
	run_rc strace -o "$TMP/trace" "$SBRUN" --root "$STATE" create -b "$1" "$ID" </dev/null
	[ "$rc" = 0 ] || not_ok "$1: an undisturbed create" "$(cat "$TMP/err")"
	run_rc sbrun delete --force "$ID"
	sed -n 's/^\([a-z_0-9]*\)(.*/\1/p' "$TMP/trace" | grep -vE '^(execve|exit_group)$' | awk '{ print $1, ++n[$1] }' >"$TMP/moments"
}

after_kill()
{
	run_rc sbrun list
	[ "$rc" = 0 ] || problem "$at: list: exit status $rc: $(cat "$TMP/err")"
	run_rc sbrun state "$ID"
	case $rc in
	0) jq -e '.status | IN("creating", "created", "stopped")' "$TMP/out" >/dev/null ||
		problem "$at: state: $(cat "$TMP/out")" ;;
	125) grep -q 'does not exist' "$TMP/err" || problem "$at: state: $(cat "$TMP/err")" ;;
	*) problem "$at: state: exit status $rc: $(cat "$TMP/err")" ;;
	esac
	run_rc sbrun delete --force "$ID"
	[ "$rc" = 0 ] || problem "$at: delete --force: exit status $rc: $(cat "$TMP/err")"
	check_leftovers "$at"
}

# kill_create NAME BUNDLE
kill_create()
{
	moments "$2"
	total=$(wc -l <"$TMP/moments")
	stride=${STRIDE-$((total * ${SBRUN_SLOW:-1} / 60 + 1))}
	killed=0
	remember "$STATE"
	awk -v stride="$stride" 'NR % stride == 0' "$TMP/moments" >"$TMP/points"
	while read -r call nth; do
		run_rc timeout --signal=KILL 20 strace -o /dev/null -e trace="$call" -e inject="$call:signal=KILL:when=$nth" \
			"$SBRUN" --root "$STATE" create -b "$2" "$ID" </dev/null
		at="killed at $call $nth"
		case $rc in
		137) killed=$((killed + 1)) ;;
		0) ;; # not so many of that name this time: the state's root is there already, say
		*) problem "$at: exit status $rc: $(cat "$TMP/err")" ;;
		esac
		after_kill
	done <"$TMP/points"
	[ $killed -ge $((total / stride - 5)) ] || problem "killed $killed times only"
	conclude "$1: killed at $killed of the $total system calls of create"
	run_rc sbrun run -b "$2" "$ID"
	report "$1: the same ID and directories serve again" "$rc" 'exit status 0'
}
