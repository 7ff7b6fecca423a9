# shellcheck shell=dash
# SPDX-License-Identifier: Apache-2.0
#
# Each step of a plan broken on purpose, for tests that have alone.sh: fail_run and fail_create, by $who (sbrun or
# user_sbrun) with the state root $root.

# shellcheck disable=SC2086,SC2154 # one word; set by the test and by lib.sh

user_dirs
tab=$(printf '\t')

# plan_of BUNDLE [OPTION]...: $TMP/steps, a line a step: number, kind, pointer, text
plan_of()
{
	$who plan -b "$@" --json "$ID" 2>"$TMP/err" |
		jq -r '.steps[] | [.step, .kind, .pointer, .text] | map(tostring) | join("\t")' >"$TMP/steps"
	[ -s "$TMP/steps" ] || not_ok "no plan of $1" "$(cat "$TMP/err")"
	gate=$(sed -n "s/^\([0-9]*\)${tab}start_gate${tab}.*/\1/p" "$TMP/steps")
}

# The last run_rc must have failed at the step, and say so.
check_report()
{
	[ "$rc" = 125 ] || problem "$1: exit status $rc: $(cat "$TMP/err")"
	grep -qF -- ": can't $text (\"failed on purpose (--fail-step)\": Input/output error)" "$TMP/err" ||
		grep -qF -- "failed on purpose (--fail-step) (step: $text; Input/output error)" "$TMP/err" ||
		problem "$1: does not name '$text': $(cat "$TMP/err")"
	grep -qF -- " $pointer: " "$TMP/err" || problem "$1: does not name $pointer: $(cat "$TMP/err")"
}

# fail_run NAME BUNDLE [OPTION]...
fail_run()
{
	name=$1
	shift
	plan_of "$@"
	remember "$root"
	while IFS=$tab read -r k _ pointer text; do
		# behind the removal nothing fails any more
		case $pointer in /hooks/poststop/*) continue ;; esac
		run_rc $who run --fail-step "$k" --pid-file "$TMP/.home/pid" -b "$@" "$ID"
		check_report "step $k"
		check_leftovers "step $k"
	done <"$TMP/steps"
	conclude "$name: run, each of $(wc -l <"$TMP/steps") steps"
}

is_stopped()
{
	$who state "$ID" 2>/dev/null | jq -e '.status == "stopped"'
}

# Behind the gate: the plan is sealed at create, the step fails at start.
fail_at_start()
{
	[ "$rc" = 0 ] || problem "step $k: create: exit status $rc: $(cat "$TMP/err")"
	run_rc $who start "$ID"
	check_report "step $k: start"
	wait_until 3 is_stopped || problem "step $k: not stopped after start: $($who state "$ID" 2>&1)"
	run_rc $who delete "$ID"
	[ "$rc" = 0 ] || problem "step $k: delete: exit status $rc: $(cat "$TMP/err")"
	rm -f "$TMP/.home/pid"
}

# fail_create NAME BUNDLE [OPTION]...
fail_create()
{
	name=$1
	shift
	plan_of "$@"
	remember "$root"
	while IFS=$tab read -r k _ pointer text; do
		run_rc $who create --fail-step "$k" --pid-file "$TMP/.home/pid" -b "$@" "$ID" </dev/null
		if [ "$k" -le "$gate" ]; then
			check_report "step $k"
		else
			fail_at_start
		fi
		check_leftovers "step $k"
	done <"$TMP/steps"
	conclude "$name: create and start, each of $(wc -l <"$TMP/steps") steps"
}
