# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the tables have in common; a table is a script that runs inside the rig, once with each runtime.
#
#   row NAME CMD [WORD]...       one case: CMD, mostly a function of the table, in a subshell with set -eu. It passes
#                                when that ends with 0 within $ROW_LIMIT seconds.
#   only_root / only_user        before row: it's passed over elsewhere
#   run_rows                     at the end of the table: all of them, one after the other
#
# Each row has: $C, a name for a container that no other row has; $T, an empty directory; the words below.
#
# Environment: $RUNTIME, a name (a program in PATH); $REPORT, the descriptor for results; $ONLY, if set, a file with
# the names of the rows to run; $ROWS, if set, an extended regular expression for them. A result is "R pass|fail|skip SECONDS NAME", then "D TEXT" lines.
set -u

ROW_LIMIT=60
row_names=()
row_commands=()

# ---- words for rows

# wrong TEXT...: the row fails; what was wrong, first line first.
wrong()
{
	printf '%s\n' "$@" >&8
	exit 1
}

# cannot REASON: the row is skipped.
cannot()
{
	printf '%s\n' "$1" >&8
	exit 77
}

# is WANTED CMD...: prints exactly that (without carriage returns and the last newline) and ends with 0.
is()
{
	local wanted=$1 got status=0

	shift
	got=$("$@" 2>"$T/.err") || status=$?
	got=${got//$'\r'/}
	[ $status = 0 ] || wrong "exit status $status: $(last_words) [$*]" "stdout: $got"
	[ "$got" = "$wanted" ] || wrong "wanted '$wanted', got '$got' [$*]" "stderr: $(cat "$T/.err")"
}

# has PATTERN CMD...: prints (on either stream) a match of the extended regular expression and ends with 0.
has()
{
	ends_with 0 "$@"
}

# ends STATUS CMD...
ends()
{
	local wanted=$1

	shift
	ends_with "$wanted" '' "$@"
}

# ends_with STATUS PATTERN CMD...
ends_with()
{
	local wanted=$1 pattern=$2 status=0

	shift 2
	"$@" >"$T/.out" 2>"$T/.err" || status=$?
	cat "$T/.out" >>"$T/.err"
	[ "$status" = "$wanted" ] || wrong "exit status $status, not $wanted: $(last_words) [$*]" "$(cat -v "$T/.err")"
	[ -z "$pattern" ] || grep -Eq -e "$pattern" "$T/.err" || wrong "no /$pattern/ [$*]" "$(cat "$T/.err")"
}

# fails PATTERN CMD...: ends with another status than 0, and says that.
fails()
{
	local pattern=$1 status=0

	shift
	"$@" >"$T/.out" 2>"$T/.err" || status=$?
	[ "$status" != 0 ] || wrong "exit status 0 [$*]"
	cat "$T/.out" >>"$T/.err"
	grep -Eq -e "$pattern" "$T/.err" || wrong "no /$pattern/ [$*]" "$(cat "$T/.err")"
}

last_words()
{
	grep -v '^$' "$T/.err" | tail -n 1 | head -c 700
}

# same WANTED GOT WHAT
same()
{
	[ "$1" = "$2" ] || wrong "$3: wanted '$1', got '$2'"
}

# interactive CMD...: what a shell on a terminal is for; CMD is a shell in a container. Ctrl-C ends the command and not
# the shell, Ctrl-Z stops it, bg and fg let it go on, it is told of a new size, and its exit code is CMD's.
interactive()
{
	[ "$(type -t "$1")" != function ] || set -- "${!1}" "${@:2}"
	ends 5 dialog 24 80 "$@" <<-'END'
		expect #
		line sh -c 'echo be""gun; exec sleep 1000'
		expect begun
		ctrl c
		expect #
		line sh -c 'echo one""more; read x; echo was""told $x'
		expect onemore
		ctrl z
		expect Stopped
		line bg; jobs; fg
		line word
		expect wastold word
		line stty size
		expect 24 80
		resize 31 99
		line while [ "$(stty size)" != "31 99" ]; do sleep 0.1; done; echo re""sized
		expect resized
		line sh -c 'trap "echo of a new si""ze; exit" WINCH; echo wait""ing; while :; do sleep 0.1; done'
		expect waiting
		resize 32 100
		expect of a new size
		line exit 5
	END
}

# containerd's shim reads no cgroup at all while one hierarchy of v1 is mounted nowhere, as another test's may be.
all_hierarchies()
{
	local number name

	while IFS=: read -r number name _; do
		[ "$number" = 0 ] || findmnt -rn -t cgroup -O "$name" >/dev/null ||
			cannot "the hierarchy $name is mounted nowhere"
	done </proc/self/cgroup
}

# soon CMD...: it succeeds within $SOON seconds.
SOON=15
soon()
{
	local end=$((SECONDS + SOON))

	while ! "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || wrong "not within $SOON seconds: $*"
		sleep 0.05
	done
}

# ---- the machinery

only_root()
{
	[ "$(id -u)" != 0 ] || "$@"
}

only_user()
{
	[ "$(id -u)" = 0 ] || "$@"
}

# Ends what a row left behind; a table has its own.
clean_up()
{
	:
}

report()
{
	printf 'R %s %s.%s %s\n' "$1" "${3%???}" "${3: -3:1}" "$2" >&"$REPORT"
	sed 's/^/D /' "$T/.why" | head -c 6000 >&"$REPORT"
}

now()
{
	local t=$EPOCHREALTIME

	echo $((${t%.*} * 1000 + 10#${t#*.} / 1000))
}

row()
{
	row_names+=("$1")
	shift
	row_commands+=("$(printf '%q ' "$@")")
}

# Runs the command line $1 as a row does: in a process group of its own, for a limited time. Its exit status.
limited()
{
	local pid timer status=0

	sleep "$ROW_LIMIT" &
	timer=$!
	set -m
	(
		set -eu
		eval "$1"
	) </dev/null >"$T/.stdout" 2>"$T/.stderr" 8>"$T/.why" &
	pid=$!
	set +m
	wait -n "$pid" $timer || status=$?
	if kill -0 "$pid" 2>/dev/null; then
		kill -KILL -- "-$pid"
		echo "still running after $ROW_LIMIT seconds" >>"$T/.why"
		status=124
	fi
	kill $timer 2>/dev/null
	wait "$pid" $timer 2>/dev/null
	return $status
}

explain_failure()
{
	[ -s "$T/.why" ] || echo "ended with $1: $(tail -n 1 "$T/.stderr")"
	[ ! -s "$T/.stderr" ] || sed 's/^/stderr: /' "$T/.stderr"
	[ ! -s "$T/.stdout" ] || sed 's/^/stdout: /' "$T/.stdout"
}

run_row()
{
	local status=0 start took

	# shellcheck disable=SC2034 # the rows'
	C=c$1
	T=$TMPDIR/row.$1
	mkdir "$T"
	start=$(now)
	limited "${row_commands[$1]}" || status=$?
	took=$(printf '%04d' $(($(now) - start)))
	case $status in
	0) : >"$T/.why" && report pass "${row_names[$1]}" "$took" ;;
	77) report skip "${row_names[$1]}" "$took" ;;
	*)
		explain_failure $status >"$T/.all" && cat "$T/.all" >>"$T/.why"
		report fail "${row_names[$1]}" "$took"
		;;
	esac
	clean_up >/dev/null 2>&1 </dev/null
	rm -rf "$T"
}

run_rows()
{
	local i

	for i in "${!row_names[@]}"; do
		[ -z "${ONLY-}" ] || grep -Fxq -e "${row_names[$i]}" "$ONLY" || continue
		[ -z "${ROWS-}" ] || grep -Eq -e "$ROWS" <<<"${row_names[$i]}" || continue
		run_row "$i"
	done
}
