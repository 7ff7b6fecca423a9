# shellcheck shell=dash
# SPDX-License-Identifier: Apache-2.0
#
# Filters as seen from inside, for whoever runs it: root/ and userns/ source it after lib.sh.

bundle=$TMP/seccomp
bundle "$bundle"
cp "$(tool sys)" "$bundle/rootfs/bin/"
cp "$bundle/config.json" "$TMP/plain.json"
x86=1
[ "$(uname -m)" = x86_64 ] || x86=0

# profile JQ: the bundle's linux.seccomp
profile()
{
	cp "$TMP/plain.json" "$bundle/config.json"
	config "$bundle" ".linux.seccomp = $1"
}

# default_profile [JQ-FILTER]: the one in contrib
default_profile()
{
	cp "$TMP/plain.json" "$bundle/config.json"
	# shellcheck disable=SC2016 # jq's variable
	config "$bundle" --slurpfile p "$TOP/contrib/seccomp/default.json" ".linux.seccomp = \$p[0] | ${1-.}"
}

# nr NAME: the number of a system call here
nr()
{
	echo "#include <sys/syscall.h>
SYS_$1" | ${CC:-cc} -E -P -x c - | tail -n 1
}

# runs WORD...: the bundle with this command
runs()
{
	args "$bundle" "$@"
	sbrun run -b "$bundle" s
}

allow='{ defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["NAME"], action: "SCMP_ACT_ERRNO" MORE }] }'

# rule NAME [MORE]: everything is allowed but this
rule()
{
	profile "$(echo "$allow" | sed "s/NAME/$1/; s/MORE/${2-}/")"
}

command -v "${CC:-cc}" >/dev/null || skip_all 'the numbers of system calls need a C compiler'

# ---- actions

rule mkdirat ', errnoRet: 28'
t_out ENOSPC 'ERRNO: the errno asked for' runs sys "$(nr mkdirat)" -100 0 0
rule mkdirat
t_out EPERM 'ERRNO: EPERM where none is named' runs sys "$(nr mkdirat)" -100 0 0
args "$bundle" sleep 100
sbrun create -b "$bundle" s && sbrun start s
init_pid=$(pid_of s)
wait_until 5 test -s "/proc/$init_pid/task/$init_pid/children"
same 'the init is not under the filter, the payload is' '0 2' "$(
	for pid in $init_pid $(cat "/proc/$init_pid/task/$init_pid/children"); do
		sed -n 's/^Seccomp:[[:space:]]*//p' "/proc/$pid/status"
	done | xargs)"
t_out 'Seccomp: 2' 'exec has the filter too' sh -c '"$@" | tr "\t" " " | grep ^Seccomp:' sh \
	"$SBRUN" --root "$STATE" exec s cat /proc/self/status
t_out EPERM 'and it works there' sbrun exec s sys "$(nr mkdirat)" -100 0 0
t_err 127 'executable file not found' 'exec of what is not there, under a filter' sbrun exec s not-there
sbrun delete --force s

for action in KILL KILL_THREAD KILL_PROCESS; do
	profile "{ defaultAction: \"SCMP_ACT_ALLOW\", syscalls: [{ names: [\"mkdirat\"], action: \"SCMP_ACT_$action\" }] }"
	t_rc 159 "$action: the process ends by SIGSYS" runs sys "$(nr mkdirat)" -100 0 0
done
profile '{ defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mkdirat"], action: "SCMP_ACT_TRAP" }] }'
t_rc 159 'TRAP: it gets SIGSYS' runs sys "$(nr mkdirat)" -100 0 0
profile '{ defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mkdirat"], action: "SCMP_ACT_LOG" }] }'
t_out EFAULT 'LOG: it is done' runs sys "$(nr mkdirat)" -100 0 0
profile '{ defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mkdirat"], action: "SCMP_ACT_TRACE", errnoRet: 5 }] }'
t_out ENOSYS 'TRACE: without a tracer there is no such call' runs sys "$(nr mkdirat)" -100 0 0
rule mkdirat
config "$bundle" '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_TSYNC",
	"SECCOMP_FILTER_FLAG_SPEC_ALLOW"]'
t_out EPERM 'with the flags LOG, TSYNC and SPEC_ALLOW' runs sys "$(nr mkdirat)" -100 0 0
config "$bundle" '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]'
t_err 0 'it has no effect' 'WAIT_KILLABLE_RECV without NOTIFY: a warning' runs true

# ---- arguments: fcntl(-1, ...) says EBADF where it is let through

fcntl=$(nr fcntl)
# op TEXT: fcntl is refused where its second argument is so
op()
{
	rule fcntl ", args: [$1]"
	name=$1
}
# pairs VALUE=WANTED...
pairs()
{
	local got='' wanted='' pair

	for pair in "$@"; do
		wanted="$wanted ${pair#*=}"
	done
	script "$bundle" "for v in $(echo "$*" | sed 's/=[A-Z]*//g'); do sys $fcntl 0xffffffff \$v; done"
	got=$(sbrun run -b "$bundle" s 2>&1 | xargs)
	same "$name" "${wanted# }" "$got"
}
op '{ index: 1, value: 5, op: "SCMP_CMP_EQ" }'; pairs 4=EBADF 5=EPERM 6=EBADF 0x100000005=EBADF
op '{ index: 1, value: 5, op: "SCMP_CMP_NE" }'; pairs 4=EPERM 5=EBADF 6=EPERM
op '{ index: 1, value: 5, op: "SCMP_CMP_LT" }'; pairs 4=EPERM 5=EBADF 6=EBADF
op '{ index: 1, value: 5, op: "SCMP_CMP_LE" }'; pairs 4=EPERM 5=EPERM 6=EBADF
op '{ index: 1, value: 5, op: "SCMP_CMP_GT" }'; pairs 4=EBADF 5=EBADF 6=EPERM 0x100000000=EPERM
op '{ index: 1, value: 5, op: "SCMP_CMP_GE" }'; pairs 4=EBADF 5=EPERM 6=EPERM
op '{ index: 1, value: 12, valueTwo: 4, op: "SCMP_CMP_MASKED_EQ" }'; pairs 4=EPERM 5=EPERM 8=EBADF 12=EBADF 0x14=EPERM
op '{ index: 1, value: 5, op: "SCMP_CMP_EQ" }, { index: 1, value: 7, op: "SCMP_CMP_EQ" }'
pairs 4=EBADF 5=EPERM 6=EBADF 7=EPERM
op '{ index: 1, value: 5, op: "SCMP_CMP_EQ" }, { index: 2, value: 1, op: "SCMP_CMP_EQ" }'
pairs 5=EBADF
t_out EPERM 'arguments of different indexes must all hold' runs sys "$fcntl" 0xffffffff 5 1

# ---- calls that nobody knows

profile '{ defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mkdirat", "of_the_future"], action: "SCMP_ACT_ERRNO" }] }'
t_err 0 'does not know a system call of the profile: of_the_future' 'an unknown name is a warning' runs true
t_err 0 'of_the_future' 'also when the filter comes from the cache' runs true
t_out EPERM 'and the rest of the rule holds' runs sys "$(nr mkdirat)" -100 0 0
default_profile
t_out ENOSYS 'a call newer than the profile gets ENOSYS' runs sys 1000
t_out EPERM 'an older one that it does not name the default' runs sys "$(nr acct)" 0
default_profile '.linux.seccomp.defaultErrnoRet = 13'
t_out EACCES 'which it may choose' runs sys "$(nr acct)" 0
default_profile '.linux.seccomp.defaultAction = "SCMP_ACT_KILL_PROCESS" | del(.linux.seccomp.defaultErrnoRet)'
t_rc 159 'a default that kills kills' runs sys 1000

# ---- the profile in contrib

default_profile
t 'contrib/seccomp/default.json: a shell runs' runs sh -c 'ls -l / | sort | grep -q bin && id'
t_out ENOSYS 'clone3 is not there' runs sys "$(nr clone3)" 0 0
t_out EPERM 'no new user namespace by unshare' runs sys "$(nr unshare)" 0x10000000
t_out EPERM 'nor by clone' runs sys "$(nr clone)" 0x10000000 0
t_out EPERM 'nor a time namespace' runs sys "$(nr unshare)" 0x80
t_out 'ok 0' 'unshare of what is no namespace' runs sys "$(nr unshare)" 0x400
t_out EPERM 'no socket of AF_ALG' runs sys "$(nr socket)" 38 5 0
t_out EPERM 'also not with bits that the kernel does not look at' runs sys "$(nr socket)" 0x100000026 5 0
t_out 'ok 3' 'a unix socket' runs sys "$(nr socket)" 1 1 0
t_out EPERM 'no TIOCSTI' runs sys "$(nr ioctl)" 0xffffffff 0x5412 0
t_out EPERM 'also not with bits that the kernel does not look at' runs sys "$(nr ioctl)" 0xffffffff 0x700005412 0
t_out EPERM 'no TIOCLINUX' runs sys "$(nr ioctl)" 0xffffffff 0x541c 0
# what the kernel has had holes in, or what undoes a mount or a key (spec/SECURITY.md)
refused=
for call in bpf io_uring_setup io_uring_enter io_uring_register keyctl add_key request_key perf_event_open userfaultfd \
	open_by_handle_at setns mount umount2 pivot_root fsopen fsmount move_mount open_tree mount_setattr \
	init_module kexec_load swapon reboot; do
	number=$(nr $call 2>/dev/null)
	case $number in *[!0-9]* | '') continue ;; esac
	args "$bundle" sys "$number" 0 0 0
	[ "$(sbrun run -b "$bundle" s)" = EPERM ] || refused="$refused $call: $(sbrun run -b "$bundle" s)"
done
same 'none of bpf, io_uring, keys, and of mounts' '' "$refused"
for request in 0x5401 0x5410 0x5413 0x541b 0x541d 0x5414 0x80045430 0x15412; do
	args "$bundle" sys "$(nr ioctl)" 0xffffffff $request 0
	same "ioctl $request is let through" EBADF "$(sbrun run -b "$bundle" s)"
done

# ---- other architectures

if [ $x86 = 1 ]; then
	t_out EPERM 'a 32-bit call of a 64-bit program: the errno' runs sys --i386 51 0
	t_out ENOSYS 'a 32-bit call newer than the profile' runs sys --i386 1000
	t_out 'ok 3' 'a 32-bit socket, whose number libseccomp does not tell' runs sys --i386 359 1 1 0
	t_out EPERM 'a 32-bit socket of AF_ALG' runs sys --i386 359 38 5 0
	t_out ENOSYS 'nor by socketcall' runs sys --i386 102 1 0
	t_rc 159 'x32, which is not listed, kills' runs sys 0x40000027
	default_profile '.linux.seccomp.architectures = []'
	t_rc 159 'i386 kills too when it is not listed' runs sys --i386 20
	t_out ENOSYS 'and the native one needs no listing' runs sys 1000
	default_profile '.linux.seccomp.architectures = ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]'
	t_out EPERM 'a listed i386, beside the native one' runs sys --i386 51 0
	default_profile
	for pair in acct:51:1 clone3:435:38 newer:1000:38; do
		number=${pair#*:}
		if ${CC:-cc} -m32 -static -nostdlib "-DNR=${number%:*}" -o "$bundle/rootfs/bin/call32" \
			"$TOP/tests/tools/call32.S" 2>"$TMP/err"; then
			t_rc "${pair##*:}" "a 32-bit program: ${pair%%:*}" runs call32
		else
			skip "a 32-bit program: ${pair%%:*}" "$(head -n 1 "$TMP/err")"
		fi
	done
else
	skip '32-bit calls' "not on $(uname -m)"
fi
default_profile '.linux.seccomp.architectures += ["SCMP_ARCH_MIPS", "SCMP_ARCH_S390X", "SCMP_ARCH_LOONGARCH64"]'
t_out EPERM 'architectures of other machines change nothing' runs sys "$(nr acct)" 0

# ---- what the filter must not be in the way of

everything='{ defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 99, syscalls: [{ names: ["execve"], action: "SCMP_ACT_ALLOW" }] }'
profile "$everything"
printf '#!/not-there\n' >"$bundle/rootfs/bin/script"
chmod +x "$bundle/rootfs/bin/script"
args "$bundle" /bin/script
for init in always never; do
	run_rc sbrun run --init $init -b "$bundle" s
	held=1
	{ [ "${rc-}" = 127 ] && grep -q 'interpreter' "$TMP/err"; } && held=0
	report "an interpreter that is missing is told from under the filter (--init $init)" $held 'exit status 127'
	sbrun create --init $init -b "$bundle" s
	run_rc sbrun start s
	held=1
	{ [ "${rc-}" = 127 ] && grep -q 'interpreter' "$TMP/err"; } && held=0
	report "also by start (--init $init)" $held 'exit status 127'
	wait_until 5 has_status s stopped
	sbrun delete s
done
rule mkdirat
script "$bundle" 'sed -n "s/^\(Cap...\|NoNewPrivs\):[[:space:]]*/\1 /p" /proc/self/status'
cap_lines=$(sbrun run -b "$bundle" s)
config "$bundle" '.process.noNewPrivileges = false'
t_out "$(echo "$cap_lines" | sed 's/NoNewPrivs 1/NoNewPrivs 0/')" \
	'without no_new_privs: the capabilities are exactly the same' sbrun run -b "$bundle" s
config "$bundle" '.process.user.uid = 0 | .process.capabilities = {}'
t_out 'CapInh 0000000000000000
CapPrm 0000000000000000
CapEff 0000000000000000
CapBnd 0000000000000000
CapAmb 0000000000000000
NoNewPrivs 0' 'without no_new_privs and any capability' sbrun run -b "$bundle" s
args "$bundle" sleep 100
sbrun create -b "$bundle" s && sbrun start s
t_out 'Seccomp: 2' 'exec without no_new_privs' sh -c '"$@" | tr "\t" " " | grep ^Seccomp:' sh \
	"$SBRUN" --root "$STATE" exec s cat /proc/self/status
t_out 'CapEff 0000000000000000' 'and without capabilities' sh -c '"$@" | tr -d ":" | tr "\t" " " | grep ^CapEff' sh \
	"$SBRUN" --root "$STATE" exec s cat /proc/self/status
sbrun delete --force s

# ---- the cache

cache=$STATE/.seccomp
rm -rf "$cache"
default_profile
t 'the first run compiles' runs true
same 'and keeps one file of ours alone' "600 $(id -u)" "$(stat -c '%a %u' "$cache"/*)"
same 'in a directory of ours alone' "700 $(id -u)" "$(stat -c '%a %u' "$cache")"
before=$(stat -c '%i %Y' "$cache"/*)
t 'the second run' runs true
same 'leaves it as it is' "$before" "$(stat -c '%i %Y' "$cache"/*)"
printf x | dd of="$(echo "$cache"/*)" bs=1 seek=300 conv=notrunc status=none
t_out EPERM 'a file with a wrong byte is not believed' runs sys "$(nr acct)" 0
same 'but replaced' 1 "$(test "$before" = "$(stat -c '%i %Y' "$cache"/*)"; echo $?)"
t 'plan' sbrun plan -b "$bundle"
rm -rf "$cache"
run_rc sbrun plan -b "$bundle"
same 'plan writes none' '0 no' "$rc $(test -e "$cache" && echo yes || echo no)"
ln -s /tmp "$cache"
t_err 0 'are not kept' 'a link in its place is not followed, and a warning' runs true
rm "$cache"

# ---- the listener

mkdirat=$(nr mkdirat)
notify='{ defaultAction: "SCMP_ACT_ALLOW", listenerPath: "SOCKET", listenerMetadata: "some \"data\"",
	syscalls: [{ names: ["mkdirat"], action: "SCMP_ACT_NOTIFY" }] }'

# agent HOW...: $agent
agent()
{
	rm -f "$TMP/agent.sock" "$TMP/states" "$TMP/asked"
	"$(tool agent)" "$TMP/agent.sock" "$TMP/states" "$@" >"$TMP/asked" 2>&1 &
	agent=$!
	wait_until 5 test -S "$TMP/agent.sock"
}
no_agent()
{
	kill $agent
	wait $agent 2>/dev/null
}

profile "$(echo "$notify" | sed "s|SOCKET|$TMP/agent.sock|")"
cp "$bundle/config.json" "$TMP/notify.json"
agent errno 28
for init in always never; do
	args "$bundle" sys "$mkdirat" -100 0 0
	t_out ENOSPC "NOTIFY: the agent answers (run --init $init)" sbrun run --init $init -b "$bundle" s
done
same 'the process state' \
	'{"fds":["seccompFd"],"metadata":"some \"data\"","ociVersion":true,"pid":true,"state":{"id":"s","pid":true,"status":"created"}}' \
	"$(head -n 1 "$TMP/states" | jq -cS '.ociVersion |= startswith("1.") | .pid |= (. > 1) | .state |= { id, status, pid: (.pid > 1) }')"
same 'one descriptor with it' 'fds 1' "$(sed -n 2p "$TMP/states")"
same 'one state a connection' 4 "$(wc -l <"$TMP/states")"
same 'the agent was asked about that call' "$mkdirat" "$(head -n 1 "$TMP/asked" | cut -d ' ' -f 1)"
same 'by the process of the state' "$(head -n 1 "$TMP/states" | jq .pid)" "$(head -n 1 "$TMP/asked" | cut -d ' ' -f 2)"
for init in always never; do
	args "$bundle" sh -c "sys $mkdirat -100 0 0 >/tmp/said; sleep 100"
	t "NOTIFY: create (--init $init)" sbrun create --init $init -b "$bundle" s
	t "NOTIFY: start" sbrun start s
	wait_until 5 test -s "$bundle/rootfs/tmp/said"
	same 'the agent answers it' ENOSPC "$(cat "$bundle/rootfs/tmp/said")"
	rm -f "$bundle/rootfs/tmp/said"
	t_out ENOSPC 'NOTIFY: exec' sbrun exec s sys "$mkdirat" -100 0 0
	same 'its state says running' running "$(tail -n 2 "$TMP/states" | head -n 1 | jq -r .state.status)"
	sbrun delete --force s
done
args "$bundle" probe fds
t_out '0 1 2' 'the payload holds no listener' sh -c '"$@" | cut -d " " -f 1 | sort -n | xargs' sh \
	"$SBRUN" --root "$STATE" run -b "$bundle" s
no_agent

agent return 7
args "$bundle" sys "$mkdirat" -100 0 0
t_out 'ok 7' 'NOTIFY: the agent does it' sbrun run -b "$bundle" s
no_agent
agent continue
t_out EFAULT 'NOTIFY: the agent lets it through' sbrun run -b "$bundle" s
config "$bundle" '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]'
t_out EFAULT 'NOTIFY with TSYNC and WAIT_KILLABLE_RECV' sbrun run -b "$bundle" s
config "$bundle" '.linux.seccomp.syscalls[0].names = ["write", "sendmsg", "execve", "close", "futex", "exit_group"]'
for init in always never; do
	t_out EFAULT "NOTIFY for write, sendmsg and execve: nobody waits for oneself (--init $init)" \
		sbrun run --init $init -b "$bundle" s
done
args "$bundle" /bin/script
run_rc sbrun run -b "$bundle" s
same 'a failed execve is told' 127 "$rc"
no_agent
agent hang-up
cp "$TMP/notify.json" "$bundle/config.json"
args "$bundle" sys "$mkdirat" -100 0 0
t_out ENOSYS 'NOTIFY without anybody to answer: no such call' sbrun run -b "$bundle" s
no_agent

# ---- the default action notifies: every call that no rule is about, those of the start included

by_default='{ defaultAction: "SCMP_ACT_NOTIFY", listenerPath: "SOCKET", syscalls: [RULES] }'
# notify_all RULES
notify_all()
{
	profile "$(echo "$by_default" | sed "s|SOCKET|$TMP/agent.sock|; s|RULES|${1-}|")"
}
agent continue
for init in always never; do
	notify_all
	args "$bundle" sh -c 'echo said | cat; sys 1000'
	t_out 'said
ENOSYS' "NOTIFY by default: a shell and what it runs (--init $init)" sbrun run --init $init -b "$bundle" s
	args "$bundle" sleep 100
	t "NOTIFY by default: create (--init $init)" sbrun create --init $init -b "$bundle" s
	t 'NOTIFY by default: start' sbrun start s
	t_out 'ok 0' 'NOTIFY by default: exec' sbrun exec s sys "$(nr alarm)" 0
	t 'NOTIFY by default: delete --force' sbrun delete --force s
done
same 'NOTIFY by default: execve is the first that is asked' "$(nr execve)" "$(head -n 1 "$TMP/asked" | cut -d ' ' -f 1)"
args "$bundle" /bin/script
t_err 127 interpreter 'NOTIFY by default: a failed execve is told' sbrun run -b "$bundle" s
notify_all '{ names: ["mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28 }'
t_out ENOSPC 'NOTIFY by default: a rule holds' runs sys "$mkdirat" -100 0 0
notify_all '{ names: ["mkdirat"], action: "SCMP_ACT_ALLOW" }'
before=$(grep -c "^$mkdirat " "$TMP/asked")
t_out EFAULT 'NOTIFY by default: a rule that allows' runs sys "$mkdirat" -100 0 0
same 'NOTIFY by default: is not asked' "$before" "$(grep -c "^$mkdirat " "$TMP/asked")"
no_agent
agent errno 28
notify_all
args "$bundle" true
t_err 126 'exec "true": No space left on device.*or its agent' 'NOTIFY by default: an agent that refuses execve' sbrun run -b "$bundle" s
no_agent

rm -f "$TMP/agent.sock"
t_err 125 '/linux/seccomp/listenerPath: can.t reach the seccomp agent' 'no agent: nothing runs' sbrun run -b "$bundle" s
sbrun create -b "$bundle" s
t_err 125 '/linux/seccomp/listenerPath: can.t reach the seccomp agent' 'no agent at start' sbrun start s
wait_until 5 has_status s stopped
sbrun delete --force s

rm -rf "$cache"
