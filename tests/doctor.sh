# shellcheck shell=dash disable=SC2034,SC2153,SC2154 # variables of lib.sh, and for the test
# SPDX-License-Identifier: Apache-2.0
#
# What the tests of `sbrun doctor` share. $b is a bundle that does nothing but end well.

b=$TMP/b
enosys=$(tool enosys)

# doctor CMD...: CMD begins with what makes the environment ("env" for none); its JSON goes to $TMP/json.
doctor()
{
	run_rc "$@" "$SBRUN" --root "$STATE" doctor --json
	cp "$TMP/out" "$TMP/json"
}

# field NAME FIELD: of a row
field()
{
	jq -r --arg name "$1" --arg field "$2" '.rows[] | select(.name == $name) | .[$field]' "$TMP/json"
}

# row NAME "OK DEGRADED NEEDED" DETAIL FIX WHAT: that row of the last doctor; DETAIL and FIX are (grep -E) patterns.
row()
{
	local name=$1 state=$2 detail=$3 fix=$4 what=$5 held=0

	[ "$(field "$name" ok) $(field "$name" degraded) $(field "$name" needed)" = "$state" ] || held=1
	field "$name" detail | grep -Eq -e "$detail" || held=1
	field "$name" fix | grep -Eq -e "$fix" || held=1
	report "$what: $name" $held "wanted $state /$detail/ /$fix/, got: $(jq -c --arg name "$name" \
		'.rows[] | select(.name == $name)' "$TMP/json")"
}

# needed_by NAME: the JSON pointers of who needs that row
needed_by()
{
	jq -r --arg name "$1" '.rows[] | select(.name == $name) | .pointers | join(" ")' "$TMP/json"
}

# exits RC WHAT: of the last doctor, which agrees with its document
exits()
{
	local ok=false

	[ "$1" != 0 ] || ok=true
	same "$2: exit status $1" "$1 $ok" "$rc $(jq -r .ok "$TMP/json")"
}

# every_fix WHAT: a row that does not work says what breaks and what mends it; one that works has neither.
every_fix()
{
	same "$1: each row that does not work has what breaks and what mends it" '' "$(jq -r '.rows[] |
		select(((.ok | not) or .degraded) != (.breaks != null and .fix != null)) | .name' "$TMP/json")"
}

# agrees yes WHAT CMD..., agrees no CAUSE WHAT CMD...: whether the bundle can be run in this environment, as
# doctor --for says it and as a run shows it. CAUSE is a (grep -E) pattern that is in what both say.
agrees()
{
	local wanted=$1 cause='' what says does

	shift
	if [ "$wanted" = no ]; then
		cause=$1
		shift
	fi
	what=$1
	shift
	run_rc "$@" "$SBRUN" --root "$STATE" doctor --for "$b"
	says=$rc
	cp "$TMP/out" "$TMP/doctor"
	run_rc "$@" "$SBRUN" --root "$STATE" run -b "$b" a
	does=$rc
	case $wanted$says$does in
	yes00 | no1125 | no1126)
		if [ "$wanted" = yes ] || { grep -Eq -e "$cause" "$TMP/doctor" && grep -Eq -e "$cause" "$TMP/err"; }; then
			ok "--for $what: says $says, and a run does $does${cause:+: $cause}"
			return
		fi
		;;
	esac
	not_ok "--for $what: $wanted, but it says $says, and a run does $does" "wanted in both: $cause" \
		"$(cat "$TMP/err")" "$(cat "$TMP/doctor")"
}

no_cgroup_left()
{
	[ -z "$(find /sys/fs/cgroup -name 'sbrun-doctor-*' 2>/dev/null)" ]
}

# Other tests may have a doctor run for a moment.
cgroups_are_gone()
{
	if wait_until 5 no_cgroup_left; then
		ok 'no cgroup is left'
	else
		not_ok 'no cgroup is left' "$(find /sys/fs/cgroup -name 'sbrun-doctor-*')"
	fi
}
