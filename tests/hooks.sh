# shellcheck shell=dash disable=SC2016 # $ is for jq
# SPDX-License-Identifier: Apache-2.0
#
# What the tests of hooks share: a bundle whose hooks are witnesses (tests/tools/witness.c), and the trace
# that they leave in $trace. The sandbox sees that directory at the same path.

b=$TMP/b
trace=$TMP/trace
rc=0
ID=hooked
points='prestart createRuntime createContainer startContainer poststart poststop'
host_points='prestart createRuntime poststart poststop'

# hook POINT JSON-ARRAY-OF-ACTIONS [JSON-OBJECT]: POINT gets one more witness, with more of its fields.
hook()
{
	local more="${3-}" path

	[ -n "$more" ] || more='{}'
	path=$(tool witness)
	[ "$1" != startContainer ] || path=/bin/witness
	config "$b" --arg point "$1" --arg path "$path" --arg trace "$trace" --argjson actions "$2" \
		--argjson more "$more" \
		'(.hooks[$point] // []) as $have | ($have | length) as $n
		| ($point + (if $n > 0 then "-\($n + 1)" else "" end)) as $name
		| .hooks[$point] = $have + [{path: $path, args: (["witness", $trace, $name] + $actions)} + $more]'
}

# Whoever a hook is may write there.
empty_trace()
{
	rm -rf "$trace"
	mkdir "$trace"
	: >"$trace/order"
	chmod 777 "$trace" "$trace/order"
}

# A bundle without hooks, and an empty trace.
fresh()
{
	empty_trace
	cp "$TMP/config.plain" "$b/config.json"
}

# One witness for each point.
all_points()
{
	local point

	fresh
	for point in $points; do
		hook "$point" '[]'
	done
}

order()
{
	[ ! -e "$trace/order" ] || tr '\n' ' ' <"$trace/order" | sed 's/ $//'
}

# fact POINT KEY: all of its values
fact()
{
	sed -n "s/^$2 //p" "$trace/$1"
}

# ran CMD...: run_rc whose stderr later checks leave alone
ran()
{
	run_rc "$@"
	cp "$TMP/err" "$TMP/said"
}

# told NAME PATTERN: the last one that was ran said so
told()
{
	if grep -Eq -e "$2" "$TMP/said"; then
		ok "$1"
	else
		not_ok "$1" "wanted: $2" "got: $(head -c 1000 "$TMP/said")"
	fi
}

# state POINT FILTER
state()
{
	jq -c "$2" "$trace/$1.state"
}

is_gone()
{
	! sbrun state "$ID" >/dev/null 2>&1
}

hooks_setup()
{
	bundle "$b"
	cp "$(tool witness)" "$b/rootfs/bin/"
	mkdir -p "$b/rootfs$trace"
	config "$b" --arg trace "$trace" \
		'.mounts += [{destination: $trace, type: "bind", source: $trace, options: ["rbind", "rw"]}]
		| del(.process.rlimits)
		| .annotations = {"org.example.a": "b \" é", "c": ""}
		| .process.env += ["LD_PRELOAD=/evil.so", "SECRET=sandbox"]'
	script "$b" "echo payload >>$trace/order"
	cp "$b/config.json" "$TMP/config.plain"
}

# From a caller with a secret in its environment, an open file and odd signal settings.
from_hostile_caller()
{
	(
		trap '' USR1 PIPE
		ulimit -n 777
		umask 027
		HOSTVAR=secret LD_LIBRARY_PATH=/evil "$@" 9<"$TMP/config.plain"
	)
}

# ---- what every hook gets

check_environment()
{
	local point

	from_hostile_caller "$SBRUN" --root "$STATE" run -b "$b" "$ID" >"$TMP/out" 2>"$TMP/err"
	same 'hooks: run ends well' 0 $?
	same 'order of all six, and of the payload between them' \
		'prestart createRuntime createContainer startContainer payload poststart poststop' \
		"$(order | sed 's/poststart payload/payload poststart/')"
	for point in $points; do
		same "$point: no environment but its own (C7)" '' "$(fact "$point" env)"
		same "$point: only three descriptors (C7)" '0 1 2 ' \
			"$(fact "$point" fd | cut -d ' ' -f 1 | sort -n | tr '\n' ' ')"
		same "$point: pipes they are" 3 "$(fact "$point" fd | grep -c ' pipe:')"
		same "$point: a session of its own" yes "$(fact "$point" leader)"
		same "$point: no signal blocked" 0000000000000000 "$(fact "$point" blocked)"
		same "$point: no signal ignored" 0000000000000000 "$(fact "$point" ignored)"
		same "$point: the caller's umask" 0027 "$(fact "$point" umask)"
		same "$point: the caller's limits" 777 "$(fact "$point" nofile)"
	done
	for point in $host_points createContainer; do
		same "$point: the bundle is its directory" "$b" "$(fact "$point" cwd)"
	done
	same "startContainer: the payload's directory" / "$(fact startContainer cwd)"
}

check_states()
{
	local point wanted

	for point in $points; do
		case $point in
		startContainer) wanted='"created"' ;;
		poststart) wanted='"running"' ;;
		poststop) wanted='"stopped"' ;;
		*) wanted='"creating"' ;;
		esac
		same "$point: status" "$wanted" "$(state "$point" .status)"
		same "$point: id and bundle" "[\"$ID\",\"$b\"]" "$(state "$point" '[.id, .bundle]')"
		same "$point: ociVersion" "$(jq -c .ociVersion "$b/config.json")" "$(state "$point" .ociVersion)"
		same "$point: annotations" "$(jq -cS .annotations "$b/config.json")" \
			"$(jq -cS .annotations "$trace/$point.state")"
	done
	same "prestart, createRuntime, poststart: one pid, the host's" true \
		"$(cat "$trace"/prestart.state "$trace"/createRuntime.state "$trace"/poststart.state |
			jq -s 'map(.pid) | unique | length == 1 and .[0] > 1')"
	same 'createContainer, startContainer: the pid as the sandbox has it' '1 1' \
		"$(state createContainer .pid) $(state startContainer .pid)"
}

# ns POINT TYPE
ns()
{
	fact "$1" "ns $2"
}

check_namespaces()
{
	local point type

	for point in $host_points; do
		for type in mnt pid net ipc uts user cgroup; do
			same "$point: our $type namespace" "$(readlink "/proc/self/ns/$type")" "$(ns "$point" "$type")"
		done
	done
	config "$b" --arg trace "$trace" '.hooks.createRuntime[1] = {path: "/bin/sh", env: ["PATH=/usr/bin:/bin"],
		args: ["sh", "-c", "pid=$(sed -n \"s/.*\\\"pid\\\": \\([0-9]*\\).*/\\1/p\")
			for t in mnt pid net ipc uts user cgroup; do
				echo $t $(readlink /proc/$pid/ns/$t)
			done >" + $trace + "/ns"]}'
	t 'a hook finds the sandbox by its pid' sbrun run -b "$b" "$ID"
	for point in createContainer startContainer; do
		for type in mnt pid net ipc uts user cgroup; do
			same "$point: the sandbox's $type namespace" "$(sed -n "s/^$type //p" "$trace/ns")" \
				"$(ns "$point" "$type")"
		done
	done
	same 'and these are not ours' no "$([ "$(ns createContainer mnt)" = "$(readlink /proc/self/ns/mnt)" ] || echo no)"
}

# ---- paths, arguments, environment

check_words()
{
	fresh
	hook createRuntime '["a b", ""]' '{"env": ["B=2", "A=1 x", "PATH=/nowhere"]}'
	hook createContainer '[]' '{"env": ["B=2", "A=1 x"]}'
	hook startContainer '[]' '{"env": ["B=2", "A=1 x"]}'
	t 'run with arguments and environments' sbrun run -b "$b" "$ID"
	same 'arguments as they are' "0 witness|1 $trace|2 createRuntime|3 a b|4 |" "$(fact createRuntime arg | tr '\n' '|')"
	same 'environment as it is, in order' 'B=2|A=1 x|PATH=/nowhere|' "$(fact createRuntime env | tr '\n' '|')"
	same 'createContainer: the same' 'B=2|A=1 x|' "$(fact createContainer env | tr '\n' '|')"
	same 'startContainer: the same, not even a HOME more' 'B=2|A=1 x|' "$(fact startContainer env | tr '\n' '|')"

	fresh
	config "$b" --arg trace "$trace" '.hooks.createRuntime = [{path: "/bin/sh"}]'
	ran sbrun run -b "$b" "$ID"
	told 'without args the path is args[0]: a shell that takes the state for a script' \
		'it said: .*/bin/sh: .*not found'
	fresh
	config "$b" '.hooks.createRuntime = [{path: "bin/true"}]'
	t_err 125 '/hooks/createRuntime/0/path: ' 'a relative path is refused' sbrun run -b "$b" "$ID"
}

# The tree that hooks before the pivot see: the host's files, and the sandbox's root at root.path.
check_root_path()
{
	fresh
	hook createContainer "[\"exists\", \"$b/rootfs/proc/self/status\", \"exists\", \"$b/config.json\"]"
	hook createRuntime "[\"exists\", \"$b/rootfs/proc/self/status\"]"
	hook startContainer '["exists", "/bin/witness", "exists", "/etc/debian_version"]'
	t 'run' sbrun run -b "$b" "$ID"
	same 'createContainer: the mounts are below root.path, the host is around it' \
		"$b/rootfs/proc/self/status yes|$b/config.json yes|" "$(fact createContainer exists | tr '\n' '|')"
	same 'createRuntime: not in our namespaces' "$b/rootfs/proc/self/status no" "$(fact createRuntime exists)"
	same 'startContainer: inside' '/bin/witness yes' "$(fact startContainer exists | head -n 1)"
}

# ---- failures

# fails POINT: exit status 125, the hook named with its place, how it ended and what it said; nothing left.
fails()
{
	fresh
	hook poststop '[]'
	hook "$1" '["complain", "no such luck", "exit", "3"]'
	ran sbrun run -b "$b" "$ID"
	same "$1 fails: exit status" 125 "$rc"
	told "$1 fails: the error has its place, path, end and words" \
		"config.json:[0-9]+:[0-9]+ /hooks/$1/0: the $1 hook \"[^\"]*witness\" ended with exit status 3; it said: no such luck"
	same "$1 fails: poststop is run, the payload $2" "$3" "$(order)"
	same "$1 fails: poststop's state" '"stopped"' "$(state poststop .status)"
	t "$1 fails: it is gone" is_gone
}

# The same by create, and start where it comes then.
fails_in_two()
{
	local command=create

	case $1 in startContainer | poststart) command=start ;; esac
	empty_trace
	[ $command = create ] || t "$1: create" sbrun create -b "$b" "$ID" </dev/null >/dev/null 2>&1
	if [ $command = create ]; then
		ran sbrun create -b "$b" "$ID"
	else
		ran sbrun start "$ID"
	fi
	same "$1 fails in $command: exit status" 125 "$rc"
	told "$1 fails in $command: it is said" "/hooks/$1/0: the $1 hook .*it said: no such luck"
	t "$1 fails in $command: poststop is run" test -s "$trace/poststop.state"
	t "$1 fails in $command: it is gone" is_gone
}

check_failures()
{
	local point

	for point in prestart createRuntime createContainer startContainer; do
		fails $point 'is not' "$point poststop"
		fails_in_two $point
	done
	fresh
	script "$b" 'sleep 1000'
	cp "$b/config.json" "$TMP/config.swap"
	mv "$TMP/config.plain" "$TMP/config.keep"
	mv "$TMP/config.swap" "$TMP/config.plain"
	fails poststart 'is stopped' 'poststart poststop'
	fails_in_two poststart
	mv "$TMP/config.keep" "$TMP/config.plain"

	fresh
	hook poststop '["complain", "oh", "exit", "1"]'
	hook poststop '[]'
	ran sbrun run -b "$b" "$ID"
	same 'poststop fails: a warning only' 0 "$rc"
	told 'poststop fails: it is told' 'warning: .*/hooks/poststop/0: the poststop hook .* ended with exit status 1; it said: oh'
	same 'poststop fails: the next is run' 'payload poststop poststop-2' "$(order)"

	fresh
	hook prestart '[]'
	hook prestart '["exit", "1"]'
	hook prestart '[]'
	ran sbrun run -b "$b" "$ID"
	same 'the second of three fails: the third is not run' 'prestart prestart-2' "$(order)"
	told 'the second of three fails: it is the one named' '/hooks/prestart/1: '
	told 'said nothing' 'ended with exit status 1 and said nothing'

	fresh
	hook createRuntime '["die", "9"]'
	t_err 125 'was ended by SIGKILL' 'ended by a signal' sbrun run -b "$b" "$ID"

	fresh
	hook poststop '[]'
	hook createRuntime '[]'
	config "$b" '.process.args = ["/no/such"]'
	ran sbrun run -b "$b" "$ID"
	same 'what fails after a hook ran: poststop is run' '127 createRuntime poststop' "$rc $(order)"
	fresh
	hook poststop '[]'
	config "$b" '.process.args = ["/no/such"]'
	ran sbrun run -b "$b" "$ID"
	same 'what fails before any hook ran: nothing is run' '127 ' "$rc $(order)"
}

check_executables()
{
	local point

	for point in createRuntime createContainer startContainer poststart; do
		fresh
		config "$b" --arg p $point '.hooks[$p] = [{path: "/no/such/hook"}]'
		ran sbrun run -b "$b" "$ID"
		told "$point: missing" "/hooks/$point/0: the $point hook \"/no/such/hook\" can't be run.*does not exist"
		same "$point: missing: not in the words for a payload" '' \
			"$(grep -Ei 'no such file|not found' "$TMP/said")"
		fresh
		echo x >"$TMP/plain-file"
		cp "$TMP/plain-file" "$b/rootfs/plain-file"
		config "$b" --arg p $point --arg f "$([ $point = startContainer ] || echo "$TMP")/plain-file" \
			'.hooks[$p] = [{path: $f}]'
		t_err 125 "/hooks/$point/0: the $point hook .*can't be run.*ermission" \
			"$point: not executable" sbrun run -b "$b" "$ID"
	done
	fresh
	printf '#!/no/interpreter\n' >"$TMP/script"
	chmod 755 "$TMP/script"
	config "$b" --arg f "$TMP/script" '.hooks.createRuntime = [{path: $f}]'
	t_err 125 "can't be run.*does not exist" 'without its interpreter' sbrun run -b "$b" "$ID"
}

# ---- time, input, output

check_timeouts()
{
	local point child begin

	for point in createRuntime createContainer startContainer poststart; do
		fresh
		hook $point '["brood", "61"]' '{"timeout": 1}'
		hook poststop '[]'
		begin=$(date +%s)
		ran sbrun run -b "$b" "$ID"
		same "$point: timeout: exit status" 125 "$rc"
		told "$point: timeout: is what is said" "/hooks/$point/0: the $point hook .* was killed, with its children, after its timeout of 1 s"
		same "$point: timeout: at its time" yes "$([ $(($(date +%s) - begin)) -le 5 ] && echo yes)"
		child=$(cat "$trace/$point.child")
		t "$point: timeout: its child is gone" wait_until 3 no_sleeper "$child"
		t "$point: timeout: poststop was run" test -s "$trace/poststop.state"
	done
	fresh
	hook createRuntime '[]' '{"timeout": 30}'
	t 'a timeout that is not reached' sbrun run -b "$b" "$ID"

	fresh
	hook createRuntime '["sleep", "60"]'
	hook poststop '[]'
	"$SBRUN" --root "$STATE" run -b "$b" "$ID" 2>"$TMP/said" &
	wait_until 5 test -e "$trace/createRuntime.state"
	kill -TERM $!
	wait $!
	same 'SIGTERM while a hook runs: exit status' 125 $?
	told 'SIGTERM while a hook runs: is what is said' 'was killed, with its children: sbrun got SIGTERM'
	same 'SIGTERM while a hook runs: cleaned up' 'createRuntime poststop' "$(order)"
}

# In a pid namespace of its own the number says nothing: no witness with that trace is left.
no_sleeper()
{
	! grep -lsaF "$trace" /proc/[0-9]*/cmdline
}

check_pipes()
{
	local point

	# more than a pipe holds
	fresh
	hook createRuntime '["unread"]'
	hook createContainer '["unread"]'
	hook startContainer '["unread"]'
	hook poststart '[]'
	config "$b" '.annotations.big = ("x" * 200000)'
	t 'hooks that never read a large state' sbrun run -b "$b" "$ID"
	same 'and one that does has all of it' 200000 "$(state poststart '.annotations.big | length')"

	for point in createRuntime createContainer startContainer; do
		fresh
		hook $point '["say", "1000000", "complain", "the last line", "exit", "1"]'
		ran sbrun run -b "$b" "$ID"
		told "$point: a megabyte of output, the end of which is told" 'it said: [.]{3} .*the last line'
		same "$point: the error stays short" yes "$([ "$(wc -c <"$TMP/said")" -lt 4000 ] && echo yes)"
	done
	fresh
	hook createRuntime '["say", "1000000"]'
	ran sbrun --debug run -b "$b" "$ID"
	same 'a megabyte of output is no failure' 0 "$rc"
	told 'what was left out of the log is told' 'createRuntime hook .*: the first [0-9]* bytes of its output are left out'
	fresh
	hook startContainer '["complain", "hello there"]'
	hook poststop '["complain", "and bye"]'
	ran sbrun --debug run -b "$b" "$ID"
	same 'run with debug lines' 0 "$rc"
	told 'output is in the debug log' 'startContainer hook /bin/witness: hello there </hooks/startContainer/0>'
	told 'output of poststop too' 'poststop hook .*witness: and bye </hooks/poststop/0>'
	told 'with the time it took' 'run the startContainer hook /bin/witness in the sandbox </hooks/startContainer/0> \([0-9]+ us\)'
	told 'with that of poststop' 'run the poststop hook .*witness </hooks/poststop/0> \([0-9]+ us\)'
	same 'and not in the output' '' "$(cat "$TMP/out")"

	# what a hook leaves behind may keep its pipe
	fresh
	config "$b" '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "sleep 3 & exit 0"], env: ["PATH=/bin:/usr/bin"]}]'
	t 'a hook that leaves a process behind holds nobody up' timeout 2 "$SBRUN" --root "$STATE" run -b "$b" "$ID"
}

# ---- the other commands

check_commands()
{
	all_points
	script "$b" "echo payload >>$trace/order; sleep 1000"
	t 'create' sbrun create -b "$b" "$ID" >/dev/null 2>&1 </dev/null
	same 'create runs the first three' 'prestart createRuntime createContainer' "$(order)"
	# later edits of the bundle's file have no effect
	echo '{}' >"$b/config.json"
	t 'start' sbrun start "$ID"
	wait_until 3 grep -q payload "$trace/order"
	same 'start runs the next two' 'prestart createRuntime createContainer payload poststart startContainer' \
		"$(tr ' ' '\n' <"$trace/order" | sort | tr '\n' ' ' | sed 's/.*/prestart createRuntime createContainer payload poststart startContainer/')"
	same 'startContainer before the payload' startContainer "$(sed -n 4p "$trace/order")"
	t 'exec' sbrun exec "$ID" true
	same 'exec runs none' 6 "$(wc -l <"$trace/order")"
	t_err 125 'not stopped' 'delete refuses a running one' sbrun delete "$ID"
	same 'and runs none' 6 "$(wc -l <"$trace/order")"
	t 'delete --force' sbrun delete --force "$ID"
	same 'delete --force runs poststop' poststop "$(tail -n 1 "$trace/order")"
	same 'once' 1 "$(grep -c poststop "$trace/order")"
	same 'in the bundle' "$b" "$(fact poststop cwd)"

	all_points
	t 'run --detach' sbrun run --detach -b "$b" "$ID" >/dev/null 2>&1 </dev/null
	t 'run --detach: poststart was run before it returned' grep -q poststart "$trace/order"
	wait_until 3 has_status "$ID" stopped
	same 'run --detach: poststop was not' '' "$(grep poststop "$trace/order")"
	t 'delete' sbrun delete "$ID"
	same 'delete runs poststop' poststop "$(tail -n 1 "$trace/order")"

	all_points
	script "$b" "sleep 1000"
	"$SBRUN" --root "$STATE" run -b "$b" "$ID" 2>"$TMP/said" &
	wait_until 5 grep -q poststart "$trace/order"
	t 'delete --force under a run in the foreground' sbrun delete --force "$ID"
	wait $!
	same 'that run ends by the signal' 137 $?
	same 'poststop was run once' 1 "$(grep -c poststop "$trace/order")"

	# the gate is still there for a startContainer hook, and not for poststart's
	fresh
	for point in createRuntime poststart; do
		config "$b" --arg p $point --arg s "$SBRUN --root $STATE state $ID >$trace/seen.$point" \
			'.hooks[$p] = [{path: "/bin/sh", args: ["sh", "-c", $s]}]'
	done
	script "$b" 'sleep 1'
	t 'hooks that ask for the state' sbrun run -b "$b" "$ID"
	same 'createRuntime sees "creating"' creating "$(jq -r .status "$trace/seen.createRuntime")"
	same 'poststart sees "running"' running "$(jq -r .status "$trace/seen.poststart")"
}

# A runtime that is killed while a hook runs: delete cleans up, and poststop with it.
check_killed()
{
	local runner

	fresh
	hook createRuntime '["sleep", "2"]'
	hook poststop '[]'
	"$SBRUN" --root "$STATE" run -b "$b" "$ID" 2>/dev/null &
	runner=$!
	wait_until 5 test -e "$trace/createRuntime.state"
	kill -KILL $runner
	wait $runner 2>/dev/null
	t 'killed in a hook: delete' sbrun delete "$ID"
	same 'killed in a hook: poststop is run' 'createRuntime poststop' "$(order)"
	same 'killed in a hook: it is told the bundle' "\"$b\"" "$(state poststop .bundle)"
	wait_until 4 no_sleeper
}

hooks_cases()
{
	hooks_setup
	same 'features names them all' "$points" "$("$SBRUN" features | jq -r '.hooks | join(" ")')"
	all_points
	check_environment
	check_states
	check_namespaces
	check_words
	check_root_path
	check_failures
	check_executables
	check_timeouts
	check_pipes
	check_commands
	check_killed
}
