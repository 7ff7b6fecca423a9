# shellcheck shell=dash
# SPDX-License-Identifier: Apache-2.0
#
# What the tests of cgroups share: where a sandbox is in the hierarchies of this host, whatever their layout,
# so that one test has one expectation under v1, hybrid and v2. A test begins with
#
#	. "$(dirname "$0")/lib.sh"
#
# and has tests/lib.sh's things too. Files are named by both versions, v2's first; which of them counts is
# decided by looking at the host, never by asking sbrun. In limits, v1 counts where it has the controller.

# The tests look at the host's hierarchies and mount some of their own: in a mount namespace for themselves.
if [ "${SBRUN_TEST_CGROUP-}" != "$0" ] && [ "$(id -u)" = 0 ]; then
	SBRUN_TEST_CGROUP=$0 exec unshare --mount --propagation private "$0" "$@"
fi

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"

CG=/sys/fs/cgroup
# Every name that a test gives to a cgroup has this in it.
NAME=t$$.${0##*/}
NAME=${NAME%.test}

[ -n "$(ls $CG 2>/dev/null)" ] || skip_all 'no cgroups are mounted'

case $(stat -f -c %T $CG) in
cgroup2fs) layout=v2 CG2=$CG ;;
*) layout=v1 CG2=$CG/unified ;;
esac
[ -e $CG2/cgroup.procs ] || CG2=

# where CONTROLLER-V2 CONTROLLER-V1: "v1", "v2" or nothing, as limits take it
where()
{
	if [ $layout = v1 ] && grep -q "^[0-9]*:\([^:]*,\)\?$2[,:]" /proc/self/cgroup && [ -n "$(v1_mount "$2")" ]; then
		echo v1
	elif [ -n "$CG2" ] && grep -qw "$1" $CG2/cgroup.controllers; then
		echo v2
	fi
}

# v1_mount CONTROLLER: its directory
v1_mount()
{
	local dir=$CG/$1

	[ ! -e "$dir/cgroup.procs" ] || echo "$dir"
}

# path_of PID v2 | path_of PID v1 CONTROLLER: its cgroup's directory there
path_of()
{
	local at

	if [ "$2" = v2 ]; then
		at=$(sed -n 's/^0:://p' "/proc/$1/cgroup") && echo "$CG2$at"
	else
		at=$(sed -n "s/^[0-9]*:\([^:]*,\)\?$3\(,[^:]*\)\?://p" "/proc/$1/cgroup") && echo "$(v1_mount "$3")$at"
	fi
}

# cg_file ID V2FILE V1FILE: the path of the file; nothing when neither version has its controller here
cg_file()
{
	case $(where "${2%%.*}" "${3%%.*}") in
	v1) echo "$(path_of "$(pid_of "$1")" v1 "${3%%.*}")/$3" ;;
	v2) echo "$(path_of "$(pid_of "$1")" v2)/$2" ;;
	esac
}

# cg ID V2FILE V1FILE: what is in it, in one line
cg()
{
	local file

	file=$(cg_file "$@")
	tr '\n' ' ' <"${file:-/nowhere}" | sed 's/ *$//'
}

# is NAME ID V2FILE=VALUE V1FILE=VALUE: the kernel's own file has that value
is()
{
	local v2=${3%%=*} v1=${4%%=*} want=${4#*=}

	[ "$(where "${v2%%.*}" "${v1%%.*}")" = v1 ] || want=${3#*=}
	same "$1" "$want" "$(cg "$2" "$v2" "$v1" 2>&1)"
}

# key ID V2FILE V1FILE KEY: the value of "KEY VALUE" in it
key()
{
	sed -n "s/^$4 //p" "$(cg_file "$1" "$2" "$3")"
}

# kernel_has V2FILE V1FILE: a new cgroup has that file
kernel_has()
{
	local dir rc=0

	case $(where "${1%%.*}" "${2%%.*}") in
	v1) dir=$(v1_mount "${2%%.*}")/$NAME.look file=$2 ;;
	v2) dir=$CG2/$NAME.look file=$1 ;;
	*) return 1 ;;
	esac
	[ "$dir" != "$CG2/$NAME.look" ] || echo "+${1%%.*}" >$CG2/cgroup.subtree_control 2>/dev/null
	mkdir "$dir"
	[ -e "$dir/$file" ] || rc=1
	rmdir "$dir"
	return $rc
}

# left_cgroups [NAME]: the cgroups of this test that are there
left_cgroups()
{
	find $CG -type d -name "*${1-$NAME}*" 2>/dev/null
}

none_left()
{
	[ -z "$(left_cgroups)" ]
}

# no_cgroup_left NAME-OF-CHECK
no_cgroup_left()
{
	wait_until 5 none_left
	same "$1" '' "$(left_cgroups)"
}

# ---- sandboxes

b=$TMP/b

# limits JSON: linux.resources of the bundle $b
limits()
{
	# shellcheck disable=SC2016 # jq's variable
	config "$b" --argjson r "$1" '.linux.resources = $r'
}

# created ID JSON: a sandbox that waits to be started, with these limits
created()
{
	limits "$2"
	run_rc sbrun create -b "$b" "$1" </dev/null
	[ "$rc" = 0 ] || not_ok "create $1 with $2" "exit status $rc" "$(cat "$TMP/err")"
}

# gone ID...: deletes them by force
gone()
{
	for one; do
		run_rc sbrun delete --force "$one"
		[ "$rc" = 0 ] || not_ok "delete --force $one" "exit status $rc" "$(cat "$TMP/err")"
	done
}

# update_with ID JSON: the document of an update
update_with()
{
	echo "$2" >"$TMP/update.json"
	sbrun update --resources "$TMP/update.json" "$1"
}

# refused NAME PATTERN JSON: neither create nor run takes these limits; the message has the (grep -E) pattern;
# nothing is left.
refused()
{
	limits "$3"
	t_err 125 "$2" "$1: create refuses" sbrun create -b "$b" "$NAME.no" </dev/null
	if [ -n "$(left_cgroups "$NAME.no")" ] || sbrun state "$NAME.no" >/dev/null 2>&1; then
		not_ok "$1: nothing is left" "$(left_cgroups "$NAME.no")" "$(sbrun state "$NAME.no" 2>&1)"
		sbrun delete --force "$NAME.no"
	fi
}

# ---- layouts that this host does not have, for what runs in them

# without CONTROLLER-V2 CONTROLLER-V1 CMD...: as if the host had it not (v1), or did not delegate it (v2)
without()
{
	local v2=$1 v1=$2

	shift 2
	if [ "$(where "$v2" "$v1")" = v1 ]; then
		other_layout "$v1" '' "$@"
	else
		without_v2 "$v2" "$@"
	fi
}

# A cgroup namespace, the root of which the controller is not given to.
without_v2()
{
	local top=$CG2/$NAME.above rc=0 word=$1

	shift
	mkdir -p "$top/root/leaf"
	tr ' ' '\n' <"$top/cgroup.controllers" | while read -r c; do
		[ "$c" = "$word" ] || echo "+$c" >"$top/cgroup.subtree_control"
	done
	# shellcheck disable=SC2016 # the inner shell's
	sh -c 'echo $$ >"$0/cgroup.procs" && exec unshare --cgroup --mount --propagation private sh -c '\''
		mount --bind "$0" "$1" && mkdir -p "$1/leaf" && echo $$ >"$1/leaf/cgroup.procs" && shift && exec "$@"
		'\'' "$0" "$@"' "$top/root" "$CG2" "$@" || rc=$?
	find "$top" -depth -type d -exec rmdir {} + 2>/dev/null
	return $rc
}

# other_layout WITHOUT WITH CMD...: the v1 hierarchies but one, and one more, which is mounted for that time
# alone; a host with v2 alone is a hybrid one then.
other_layout()
{
	local without=$1 with=$2 new=$TMP/layout rc=0

	shift 2
	# shellcheck disable=SC2016 # the inner shell's
	unshare --mount --propagation private sh -c '
		without=$0 with=$1 new=$2 cg=$3
		shift 3
		mkdir -p "$new" && mount -t tmpfs -o mode=755 tmpfs "$new" || exit 99
		if [ -e "$cg/cgroup.procs" ]; then
			mkdir "$new/unified" && mount --bind "$cg" "$new/unified" || exit 99
		else
			for dir in "$cg"/*/; do
				dir=${dir%/} name=${dir##*/}
				[ "$name" != "$without" ] || continue
				if [ -L "$dir" ]; then
					cp -P "$dir" "$new/"
				else
					mkdir "$new/$name" && mount --bind "$dir" "$new/$name" || exit 99
				fi
			done
		fi
		if [ -n "$with" ]; then
			mkdir "$new/$with" && mount -t cgroup -o "$with" cgroup "$new/$with" || exit 98
		fi
		mount --rbind "$new" "$cg" && exec "$@"
	' "$without" "$with" "$new" $CG "$@" || rc=$?
	[ -z "$with" ] || drop_hierarchy "$with"
	return $rc
}

# drop_hierarchy CONTROLLER: the kernel lets go of one when it is unmounted and nothing is left of its cgroups,
# which takes them a moment longer than their removal.
drop_hierarchy()
{
	mkdir -p "$TMP/drop"
	wait_until 10 is_dropped "$1" || not_ok "the hierarchy $1 goes" "$(cat /proc/self/cgroup)"
}

is_dropped()
{
	! grep -q "[:,]$1[:,]" /proc/self/cgroup ||
		{ mount -t cgroup -o "$1" cgroup "$TMP/drop" && umount "$TMP/drop" && false; }
}
