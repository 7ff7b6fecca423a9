# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the *.test programs in here share: a table is run in the rig with sbrun, then with the references, and all
# are compared. TAP: a row that fails with sbrun and passes with a reference is a failure; one that fails with all of
# them is a skip with its reason. At the end: how many rows each passes, and the rows where they differ, side by side.
#
# $REFERENCE lists the references. With ORCHESTRATORS=full (make check-orchestrators) they are runc and crun, and run
# all rows, so that what they alone fail is said too; otherwise runc alone (crun where that isn't there), which runs
# only the rows that failed with sbrun, and a program may choose fewer. $ROWS, if set, is an extended regular
# expression for the rows to run.
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$top/${SBRUN_BUILD:-build}
sbrun=${SBRUN:-$build/sbrun}
mode=${ORCHESTRATORS:-quick}
MORE_ENV=
RIG_ROOT=
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

# there PROGRAM: it is installed, here or in the root that the rig will have.
there()
{
	[ -n "$RIG_ROOT" ] || { command -v "$1" >/dev/null; return; }
	[ -x "$RIG_ROOT/usr/bin/$1" ] || [ -x "$RIG_ROOT/usr/sbin/$1" ] || [ -L "$RIG_ROOT/usr/sbin/$1" ]
}

# needs PROGRAM...: the client's; one that is missing skips the whole file. With CLIENTS=trixie they are Debian 13's.
needs()
{
	local program

	[ "$(id -u)" = 0 ] || skip_all 'needs root'
	if [ "${CLIENTS-}" = trixie ]; then
		RIG_ROOT=$("$here/trixie" "$build/cache" 2>"$scratch/why") || skip_all "$(cat "$scratch/why")"
	fi
	for program in catatonit busybox unshare findmnt ip; do
		command -v "$program" >/dev/null || skip_all "$program is not installed"
	done
	for program; do
		there "$program" || skip_all "$program is not installed"
	done
}

# has_grpc: CRI's client needs it.
has_grpc()
{
	[ -z "$RIG_ROOT" ] || { ls "$RIG_ROOT"/usr/lib/python3/dist-packages/grpc >/dev/null; return; }
	/usr/bin/python3 -c 'import grpc' 2>/dev/null
}

# references: the names of the runtimes to compare with, or nothing.
references()
{
	local name

	for name in ${REFERENCE:-runc crun}; do
		there "$name" || continue
		echo "$name"
		[ -n "${REFERENCE-}" ] || [ "$mode" = full ] || return 0
	done
}

# run_table TABLE WHO RUNTIME [FILE WITH ROW NAMES]: results in $scratch/RUNTIME
run_table()
{
	local tools without=

	tools="$sbrun $build/tests/tools/dialog $build/tests/tools/notify"
	[ -s "$scratch/image.tar" ] ||
		"$here/image" "$scratch/image.tar" "$build/tests/tools/probe" "$build/tests/tools/notify" || return
	# crun takes no hybrid layout
	[ "$3" != crun ] || without=unified
	RIG_BIN=$tools RIG_WITHOUT=$without RIG_ROOT=$RIG_ROOT RIG_SHOW="$top $scratch" RIG_ENV="IMAGE=$scratch/image.tar
REPORT=9
${ROWS:+ROWS=$ROWS}
$MORE_ENV
${4:+ONLY=$4}" "$here/rig" "$here/table" "$1" "$2" "$3" >"$scratch/$3.log" 2>&1 9>"$scratch/$3" &
	child=$!
	wait $child
	child=
}

declare -A result=() reason=() # by RUNTIME/NAME
names=()

# read_results RUNTIME
read_results()
{
	local kind rest name=

	while read -r kind rest; do
		case $kind in
		R)
			name=${rest#* * }
			result["$1/$name"]=${rest%% *}
			reason["$1/$name"]=
			[ "$1" != sbrun ] || names+=("$name")
			;;
		D) reason["$1/$name"]+="$rest"$'\n' ;;
		esac
	done <"$scratch/$1"
}

say()
{
	count=$((count + 1))
	echo "$1 $count - $2"
}

# first_line RUNTIME NAME: of why
first_line()
{
	local why=${reason[$1/$2]-}

	echo "${why%%$'\n'*}"
}

# with_result RESULT NAME REFERENCE...: those of the references that have it
with_result()
{
	local wanted=$1 name=$2 other found=()

	shift 2
	for other; do
		[ "${result[$other/$name]-none}" != "$wanted" ] || found+=("$other")
	done
	echo "${found[*]-}"
}

# verdict NAME REFERENCE...
verdict()
{
	local name=$1 passes fails other

	shift
	passes=$(with_result pass "$name" "$@")
	fails=$(with_result fail "$name" "$@")
	case ${result[sbrun/$name]}/${passes:+passes}/${fails:+fails} in
	pass/*)
		say ok "$name"
		for other in $fails; do
			echo "# $other fails: $(first_line "$other" "$name")"
		done
		;;
	skip/*) say ok "$name # SKIP $(first_line sbrun "$name")" ;;
	fail//fails) say ok "$name # SKIP fails with ${fails/ / and } too: $(first_line "${fails%% *}" "$name")" ;;
	*)
		failures=$((failures + 1))
		say 'not ok' "$name"
		[ -z "$passes" ] || echo "# passes with $passes"
		printf '%s' "${reason[sbrun/$name]}" | sed 's/^/# /'
		;;
	esac
}

# side_by_side RUNTIME...: the rows that not all pass, then how many each passes
side_by_side()
{
	local name runtime line different

	for name in "${names[@]}"; do
		line='' different=
		for runtime; do
			line+=$(printf '%-6s' "${result[$runtime/$name]--}")
			case ${result[$runtime/$name]--} in fail | skip) different=yes ;; esac
		done
		[ -z "$different" ] || echo "$line $name"
	done >"$scratch/differ"
	if [ $# -gt 1 ] && [ -s "$scratch/differ" ]; then
		{ printf '%-6s' "$@" && echo ' where not all of them pass' && cat "$scratch/differ"; } | sed 's/^/# /'
	fi
	for runtime; do
		count_results "$runtime"
	done
}

count_results()
{
	local name n=0 passed=0 failed=0 skipped=0

	for name in "${names[@]}"; do
		case ${result[$1/$name]-none} in
		pass) passed=$((passed + 1)) ;;
		fail) failed=$((failed + 1)) ;;
		skip) skipped=$((skipped + 1)) ;;
		*) continue ;;
		esac
		n=$((n + 1))
	done
	echo "# $1: $passed of $n rows pass, $failed fail, $skipped can't be run"
}

# What fails with all of them is excused; when that's most of the rows, nothing has been tested.
client_works()
{
	local name passed=0

	for name in "${names[@]}"; do
		[ "${result[sbrun/$name]}" = fail ] || passed=$((passed + 1))
	done
	[ $((2 * passed)) -lt ${#names[@]} ] || return
	failures=$((failures + 1))
	say 'not ok' 'the client works here'
	echo "# $passed of ${#names[@]} rows don't fail"
}

# compare TABLE root|user
compare()
{
	local others other name table=$1 who=$2 only=

	[ -x "$sbrun" ] || { say 'not ok' "$sbrun is not there"; exit 1; }
	run_table "$table" "$who" sbrun
	read_results sbrun
	[ ${#names[@]} -gt 0 ] || { say 'not ok' 'the table has results'; sed 's/^/# /' "$scratch/sbrun.log"; exit 1; }
	others=$(references)
	if [ "$mode" != full ]; then
		only=$scratch/failed
		for name in "${names[@]}"; do
			[ "${result[sbrun/$name]}" != fail ] || printf '%s\n' "$name"
		done >"$only"
		[ -s "$only" ] || others=
	fi
	for other in $others; do
		run_table "$table" "$who" "$other" "$only"
		read_results "$other"
	done
	for name in "${names[@]}"; do
		# shellcheck disable=SC2086 # a list
		verdict "$name" $others
	done
	client_works
	echo "1..$count"
	# shellcheck disable=SC2086 # a list
	side_by_side sbrun $others
	[ $failures = 0 ]
}
