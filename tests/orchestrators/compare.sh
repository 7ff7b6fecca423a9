# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the *.test programs in here share: a table is run in the rig with sbrun, then with the reference, and both
# are compared. TAP: what fails with sbrun alone is a failure; what fails with both is a skip with its reason.
#
# $REFERENCE names the reference, crun or runc; by default runc, or crun where that isn't there. With
# ORCHESTRATORS=full (make check-orchestrators) all rows run with both, and what the reference alone fails is said;
# otherwise it runs only the rows that failed with sbrun, and a program may choose fewer. $ROWS, if set, is an extended
# regular expression for the rows to run.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$top/${SBRUN_BUILD:-build}
sbrun=${SBRUN:-$build/sbrun}
mode=${ORCHESTRATORS:-quick}
MORE_ENV=
count=0
failures=0
scratch=$(mktemp -d "${TMPDIR:-/tmp}/sbrun-orch.XXXXXX") || exit 125
chmod 755 "$scratch" # the rig's user reads it too
child=
trap 'rm -rf "$scratch"' EXIT
trap '[ -z "$child" ] || kill -TERM "$child"; wait; exit 143' INT TERM

skip_all()
{
	echo "ok 1 - ${0##*/} # SKIP $1"
	exit 0
}

# needs PROGRAM...: the client's; one that is missing skips the whole file.
needs()
{
	local program

	[ "$(id -u)" = 0 ] || skip_all 'needs root'
	for program in catatonit busybox unshare findmnt ip "$@"; do
		command -v "$program" >/dev/null || skip_all "$program is not installed"
	done
}

# reference: the name of the runtime to compare with, or nothing.
reference()
{
	local name

	for name in ${REFERENCE:-runc crun}; do
		if command -v "$name" >/dev/null; then
			echo "$name"
			return
		fi
	done
}

# run_table TABLE WHO RUNTIME [FILE WITH ROW NAMES]: results in $scratch/RUNTIME
run_table()
{
	local tools

	tools="$sbrun $build/tests/tools/dialog $build/tests/tools/notify"
	[ -s "$scratch/image.tar" ] ||
		"$here/image" "$scratch/image.tar" "$build/tests/tools/probe" "$build/tests/tools/notify" || return
	# crun takes no hybrid layout
	[ "$3" != crun ] || export RIG_WITHOUT=unified
	RIG_BIN=$tools RIG_ENV="IMAGE=$scratch/image.tar
REPORT=9
${ROWS:+ROWS=$ROWS}
$MORE_ENV
${4:+ONLY=$4}" "$here/rig" "$here/table" "$1" "$2" "$3" >"$scratch/$3.log" 2>&1 9>"$scratch/$3" &
	child=$!
	wait $child
	child=
}

declare -A sbrun_result=() sbrun_why=() reference_result=() reference_why=()
names=()

# read_results FILE PREFIX: into the arrays PREFIX_result and PREFIX_why, by name
read_results()
{
	# shellcheck disable=SC2034,SC2178 # names of the arrays
	local -n result=$2_result reason=$2_why
	local kind rest name=

	while read -r kind rest; do
		# shellcheck disable=SC2034 # by its other name
		case $kind in
		R)
			name=${rest#* * }
			# shellcheck disable=SC2034 # it is what the name refers to
			result["$name"]=${rest%% *}
			reason["$name"]=
			[ "$2" != sbrun ] || names+=("$name")
			;;
		D) reason["$name"]+="$rest"$'\n' ;;
		esac
	done <"$1"
}

say()
{
	count=$((count + 1))
	echo "$1 $count - $2"
}

# verdict NAME REFERENCE
verdict()
{
	local name=$1 why=${sbrun_why[$1]} other=${reference_result[$1]-none} other_why=${reference_why[$1]-}

	case ${sbrun_result[$name]}/$other in
	pass/fail)
		say ok "$name"
		echo "# $2 fails: ${other_why%%$'\n'*}"
		;;
	pass/*) say ok "$name" ;;
	skip/*) say ok "$name # SKIP ${why%%$'\n'*}" ;;
	fail/fail) say ok "$name # SKIP the reference fails too: ${other_why%%$'\n'*}" ;;
	*)
		failures=$((failures + 1))
		say 'not ok' "$name"
		printf '%s' "$why" | sed 's/^/# /'
		;;
	esac
}

# compare TABLE root|user
compare()
{
	local other name passed=0 also=0

	[ -x "$sbrun" ] || { say 'not ok' "$sbrun is not there"; exit 1; }
	run_table "$1" "$2" sbrun
	read_results "$scratch/sbrun" sbrun
	[ ${#names[@]} -gt 0 ] || { say 'not ok' 'the table has results'; sed 's/^/# /' "$scratch/sbrun.log"; exit 1; }
	other=$(reference)
	if [ "$mode" != full ]; then
		for name in "${names[@]}"; do
			[ "${sbrun_result[$name]}" != fail ] || printf '%s\n' "$name"
		done >"$scratch/failed"
		[ -s "$scratch/failed" ] || other=
		set -- "$1" "$2" "$scratch/failed"
	fi
	if [ -n "$other" ]; then
		run_table "$1" "$2" "$other" "${3-}"
		read_results "$scratch/$other" reference
	fi
	for name in "${names[@]}"; do
		verdict "$name" "$other"
		[ "${sbrun_result[$name]}" != pass ] || passed=$((passed + 1))
		[ "${reference_result[$name]-}" != pass ] || also=$((also + 1))
	done
	echo "1..$count"
	echo "# sbrun: $passed of $count pass${other:+; $other: $also of ${#reference_result[@]} (the rows that it ran)}"
	[ $failures = 0 ]
}
