# shellcheck shell=dash
# SPDX-License-Identifier: Apache-2.0
#
# A fault at every system call of a command (faults.c), for tests that have alone.sh: bundles and `faults`.

# shellcheck disable=SC2154 # set by alone.sh

CGROUP=sbrun-$ID
FAULTS=${FAULTS-quick}
table=$TMP/table
: >"$table"

each_hierarchy()
{
	for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/*/; do
		[ ! -e "$hierarchy/cgroup.procs" ] || "$1" "${hierarchy%/}/$CGROUP" 2>/dev/null
	done
}

# fault_bundles KIND: $TMP/KIND/stay and once, whose payload stays or ends; KIND limits has a cgroup with limits.
fault_bundles()
{
	for payload in stay once; do
		bundle_busybox "$TMP/$1/$payload"
		cp "$(tool outlook)" "$TMP/$1/$payload/rootfs/bin/"
		config "$TMP/$1/$payload" 'del(.linux.resources) | .ociVersion = "1.0.2"'
		# shellcheck disable=SC2016 # jq's variable
		[ "$1" = plain ] || config "$TMP/$1/$payload" --arg path "/$CGROUP/box" \
			'.linux.cgroupsPath = $path | .linux.resources = { pids: { limit: 100 }, cpu: { shares: 512 } }'
	done
	args "$TMP/$1/once" /bin/outlook
	args "$TMP/$1/stay" /bin/outlook stay
}

# full WANTED OTHERWISE: by $FAULTS
by_size()
{
	if [ "$FAULTS" = full ]; then echo "$1"; else echo "$2"; fi
}

# With FAULTS_DONE=FILE a row that is whole is kept there, and not made again when the file is given once more.
row_is_there()
{
	[ -n "${FAULTS_DONE-}" ] && [ -e "$FAULTS_DONE" ] || return 1
	grep -F "$1" "$FAULTS_DONE" >>"$table" || return 1
	skip "$1" "is in $FAULTS_DONE"
}

# faults KIND kill|fail SCENARIO runtime|thread|sandbox [OPTION]...: one result, and a row of the table
faults()
{
	kind=$1 mode=$2 scenario=$3 who=$4
	shift 4
	rc=0 whole=yes
	row=$(printf '%-7s %-7s %-13s %-8s %-7s %-6s' "${RUNTIME_NAME-sbrun}" "$mode" "$scenario" "$who" "$kind" \
		"$(by_size full "$FAULTS")")
	case $row in *"${FAULTS_ONLY-}"*) ;; *) return 0 ;; esac
	! row_is_there "$row" || return 0
	"$BUILD/tests/inject/faults" --runtime "${RUNTIME-$SBRUN}" --root "$STATE" --bundles "$TMP/$kind" --id box \
		--cgroup "$CGROUP" "$@" "$mode" "$scenario" "$who" >"$TMP/counts" 2>"$TMP/err" </dev/null || rc=$?
	read -r calls cases wrong <"$TMP/counts" || calls=0 cases=0 wrong="no end (exit status $rc)"
	name="$scenario ($kind), ${RUNTIME_NAME-sbrun}: $mode at the $who's system calls: $calls calls, $cases cases"
	if [ "$rc" = 0 ] && [ "$cases" != 0 ]; then
		ok "$name"
	elif [ -n "${RUNTIME-}" ] && [ "$rc" = 1 ]; then
		ok "$name, $wrong problems (another runtime's)"
	else
		not_ok "$name" "$(head -c 6000 "$TMP/err")"
		whole=no
	fi
	row=$(printf '%s %6s %6s %9s' "$row" "$calls" "$cases" "$wrong")
	echo "$row" >>"$table"
	[ -z "${FAULTS_DONE-}" ] || [ "$whole" = no ] || echo "$row" >>"$FAULTS_DONE"
}

print_table()
{
	echo "# runtime fault   in            of       bundle  size    calls  cases  problems"
	sed 's/^/# /' "$table"
}
