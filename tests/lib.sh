# shellcheck shell=dash
# SPDX-License-Identifier: Apache-2.0
#
# What the shell tests share. A test begins with
#
#	. "$(dirname "$0")/../lib.sh"
#
# and then has: $SBRUN (the program), $TMP (removed at the end), sbrun (the program with a private --root).
# Every test ends with a check of its own that no mount, process or state was left behind.
set -u

TOP=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=$TOP/${SBRUN_BUILD:-build}
SBRUN=${SBRUN:-$BUILD/sbrun}
case $SBRUN in /*) ;; *) SBRUN=$PWD/$SBRUN ;; esac
TMP=$(mktemp -d "${TMPDIR:-/tmp}/sbrun-test.XXXXXX") || exit 125
chmod 755 "$TMP"
STATE=$TMP/.state
USER_UID=1234
count=0
failures=0
mounts_now()
{
	cut -d ' ' -f 1-5 /proc/self/mountinfo | LC_ALL=C sort
}
mounts_now >"$TMP/.mounts"

# ---- results

ok()
{
	count=$((count + 1))
	echo "ok $count - $1"
}

# not_ok NAME [DETAIL]...
not_ok()
{
	count=$((count + 1))
	failures=$((failures + 1))
	echo "not ok $count - $1"
	shift
	[ $# = 0 ] || printf '%s\n' "$@" | sed 's/^/# /'
}

# skip NAME REASON
skip()
{
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

# skip_all REASON: the whole file is one skip.
skip_all()
{
	skip "$(basename "$0")" "$1"
	exit 0
}

# run_rc CMD...: its output in $TMP/out and $TMP/err, its exit status in $rc.
run_rc()
{
	rc=0
	"$@" >"$TMP/out" 2>"$TMP/err" || rc=$?
}

# Ends what the last run_rc began: NAME CONDITION-HELD(0/1) EXPECTATION
report()
{
	if [ "$2" = 0 ]; then
		ok "$1"
	else
		not_ok "$1" "$3" "exit status $rc; stdout:" "$(head -c 4000 "$TMP/out")" "stderr:" \
			"$(head -c 4000 "$TMP/err")"
	fi
}

# t NAME CMD...: it exits with 0.
t()
{
	t_rc 0 "$@"
}

# t_rc WANTED NAME CMD...
t_rc()
{
	local wanted=$1 name=$2 held=0

	shift 2
	run_rc "$@"
	[ "$rc" = "$wanted" ] || held=1
	report "$name" $held "wanted exit status $wanted from: $*"
}

# t_out WANTED NAME CMD...: exits with 0 and prints exactly WANTED (without the last newline).
t_out()
{
	local wanted=$1 name=$2 held=0

	shift 2
	run_rc "$@"
	{ [ "$rc" = 0 ] && [ "$(cat "$TMP/out")" = "$wanted" ]; } || held=1
	report "$name" $held "wanted '$wanted' from: $*"
}

# t_err WANTED-RC PATTERN NAME CMD...: fails with that status, and stderr has the (grep -E) pattern.
t_err()
{
	local wanted=$1 pattern=$2 name=$3 held=0

	shift 3
	run_rc "$@"
	{ [ "$rc" = "$wanted" ] && grep -Eq -e "$pattern" "$TMP/err"; } || held=1
	report "$name" $held "wanted exit status $wanted and /$pattern/ on stderr from: $*"
}

# same NAME WANTED ACTUAL
same()
{
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "wanted: $2" "got:    $3"
	fi
}

# ---- sbrun, users, bundles

sbrun()
{
	"$SBRUN" --root "$STATE" "$@"
}

is_root()
{
	[ "$(id -u)" = 0 ]
}

# user_dirs: a home and a runtime directory for an ordinary user, once.
user_dirs()
{
	[ ! -d "$TMP/.home" ] || return 0
	mkdir -m 700 "$TMP/.home" "$TMP/.run"
	! is_root || chown $USER_UID:$USER_UID "$TMP/.home" "$TMP/.run"
}

# as_user CMD...: as an ordinary user with a home and a runtime directory of its own; when already one,
# itself.
as_user()
{
	if ! is_root; then
		"$@"
		return
	fi
	user_dirs
	setpriv --reuid=$USER_UID --regid=$USER_UID --clear-groups --inh-caps=-all \
		env HOME="$TMP/.home" XDG_RUNTIME_DIR="$TMP/.run" "$@"
}

# user_sbrun: sbrun as that user.
user_sbrun()
{
	user_dirs
	as_user "$SBRUN" --root "$TMP/.home/.state" "$@"
}

# user_can_read_tree: as_user can run $SBRUN (a clone below root's home can't be read by others).
user_can_read_tree()
{
	as_user test -x "$SBRUN"
}

# bundle_busybox DIR [SPEC-OPTION]...: a bundle with a busybox root and the default config.json.
bundle_busybox()
{
	local dir=$1 sub

	shift
	mkdir -p "$dir/rootfs"
	for sub in bin sbin usr/bin usr/sbin proc sys dev etc root run var mnt; do
		mkdir -p "$dir/rootfs/$sub"
	done
	mkdir -p "$dir/rootfs/tmp"
	chmod 1777 "$dir/rootfs/tmp"
	cp "$(command -v busybox)" "$dir/rootfs/bin/busybox"
	# busybox's shell forks for its own ln without an exec, which saves seconds in an emulated machine.
	# shellcheck disable=SC2016 # for that shell
	busybox sh -c 'cd "$1" && for applet in $(busybox --list); do
		[ $applet = busybox ] || ln -sf busybox $applet
	done' sh "$dir/rootfs/bin"
	printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/tmp:/bin/sh\n' >"$dir/rootfs/etc/passwd"
	printf 'root:x:0:\nuser:x:1000:\n' >"$dir/rootfs/etc/group"
	default_config "$dir" "$@"
	config "$dir" '.process.terminal = false | .process.args = ["/bin/true"]'
}

# default_config DIR [SPEC-OPTION]...: DIR/config.json anew, as `sbrun spec` makes it.
default_config()
{
	local into=$1

	shift
	rm -f "$into/config.json"
	(cd "$into" && "$SBRUN" spec "$@") || not_ok "sbrun spec $* in $into"
	[ -s "$into/config.json" ] || not_ok "sbrun spec $* left no config.json in $into"
}

# config DIR [JQ-OPTION]... FILTER: changes DIR/config.json by a jq filter.
config()
{
	local into=$1

	shift
	if jq "$@" "$into/config.json" >"$into/config.json.new"; then
		mv "$into/config.json.new" "$into/config.json"
	else
		not_ok "jq $*"
	fi
}

# whole_calls: of what `strace -f -o` wrote, each call on one line, where it returned. On a busy machine strace splits a
# call that another process gets in the way of in two lines, "NAME(... <unfinished ...>" and "<... NAME resumed>...".
whole_calls()
{
	awk '/ <unfinished \.\.\.>$/ { sub(/ <unfinished \.\.\.>$/, ""); begun[$1] = $0; next }
		/^[0-9]+ +<\.\.\. [a-z0-9_]+ resumed>/ && $1 in begun { pid = $1
			sub(/^[0-9]+ +<\.\.\. [a-z0-9_]+ resumed>/, ""); $0 = begun[pid] $0; delete begun[pid] }
		{ print }
		END { for (pid in begun) print begun[pid] " = ?" }'
}

# tool NAME: the path of a program built from tests/tools/.
tool()
{
	echo "$BUILD/tests/tools/$1"
}

# bundle DIR: a bundle for whoever runs the test, with a writable root and tests/tools/probe in it; `sbrun
# spec --rootless` is where an ordinary user begins.
bundle()
{
	if is_root; then
		bundle_busybox "$1"
	else
		bundle_busybox "$1" --rootless
	fi
	config "$1" '.root.readonly = false | del(.linux.resources)'
	cp "$(tool probe)" "$1/rootfs/bin/"
}

# args DIR WORD...: what the bundle runs.
args()
{
	local into=$1

	shift
	# shellcheck disable=SC2016 # jq's variable
	jq --args '.process.args = $ARGS.positional' -- "$@" <"$into/config.json" >"$into/config.json.new" &&
		mv "$into/config.json.new" "$into/config.json"
}

# script DIR TEXT: it runs this by its shell.
script()
{
	args "$1" sh -c "$2"
}

status_of()
{
	sbrun state "$1" | jq -r .status
}

pid_of()
{
	sbrun state "$1" | jq -r .pid
}

# has_status ID STATUS
has_status()
{
	[ "$(status_of "$1")" = "$2" ]
}

# wait_until SECONDS CMD...: until it succeeds; 1 when it never did.
wait_until()
{
	local tries=$(($1 * 20))

	shift
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.05
	done
}

# root_debian: prints the path of a Debian root (bash, apt, perl), made once by mmdebstrap and kept in the
# build directory; fails with the reason in $TMP/why when it can't be made.
root_debian()
{
	sh "$TOP/tests/root_debian" "$BUILD/cache" 2>"$TMP/why"
}

# ---- the end

# The processes that belong to this test: their command line names its directory, or their root is a mount
# of it. The patterns come through a file, or grep would find its own command line.
own_processes()
{
	local base=${TMP##*/}

	printf '%s\n' "$TMP" >"$TMP/cmdline.pattern"
	printf '%s\n' "^[^ ]+ [^ ]+ [^ ]+ [^ ]*${base}[^ ]* / " "^[^ ]+ [^ ]+ [^ ]+ [^ ]+ / .*$base" \
		>"$TMP/mounts.pattern"
	{
		cd "$TMP" || return
		grep -lsaF -f ./cmdline.pattern -- /proc/[0-9]*/cmdline
		grep -lsE -f ./mounts.pattern -- /proc/[0-9]*/mountinfo
	} | cut -d / -f 3 | sort -u
}

describe_processes()
{
	local pid

	for pid in $(own_processes); do
		echo "$pid $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline")"
	done
}

# The directory of claimed upperdirs stays, empty, and the cache of filters.
left_in_state()
{
	find "$TMP" -path '*/.state/*' ! -path '*/.state/.uppers' ! -path '*/.state/.seccomp*' 2>/dev/null
}

# Another's mount that went away meanwhile is nothing of ours, nor is what another test has in its directory.
new_mounts()
{
	mounts_now | LC_ALL=C comm -13 "$TMP/.mounts" - |
		awk -v own="$TMP" '$5 !~ /\/sbrun-test\.[A-Za-z0-9]+/ || index($5, own) == 1'
}

nothing_left()
{
	[ -z "$(own_processes)" ] && [ -z "$(new_mounts)" ] &&
		[ -z "$(left_in_state)" ]
}

at_end()
{
	local status=$? pid

	trap - EXIT
	# A process that was just told to end may need a moment.
	if wait_until 3 nothing_left; then
		ok 'nothing is left over'
	else
		not_ok 'nothing is left over' \
			"mounts: $(new_mounts)" \
			"processes: $(describe_processes)" "state: $(left_in_state)"
		for pid in $(own_processes); do
			kill -KILL "$pid"
		done
	fi
	rm -rf "$TMP"
	[ $status != 0 ] || [ $failures = 0 ] || status=1
	exit $status
}
trap at_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
