# shellcheck shell=dash disable=SC2016 # $ is for the sandbox's shell
# SPDX-License-Identifier: Apache-2.0
#
# sbrun debug: tools of the host's in a sandbox without any. Sourced by root/debug.test and userns/debug.test,
# after lib.sh.

b=$TMP/b
tools=$TMP/tools
bundle "$b"
mkdir -p "$tools/bin"
cp "$(command -v busybox)" "$tools/bin/busybox"
for applet in sh ls id cat pwd touch grep readlink env ps kill; do
	ln -s busybox "$tools/bin/$applet"
done
# one program, and a root that can't be written to
rm -r "$b/rootfs/bin" "$b/rootfs/mnt"
mkdir "$b/rootfs/work"
cp "$(command -v busybox)" "$b/rootfs/sleep"
config "$b" '.process.args = ["/sleep", "100"] | .process.env += ["MARK=here"] | .process.cwd = "/work" | .root.readonly = true'
t 'a sandbox with one program' sbrun run -d -b "$b" box
t_rc 127 'which is no shell' sbrun exec box sh
mounts=$(wc -l <"/proc/$(pid_of box)/mountinfo")

# debug [WORD]...: in the sandbox, with the static tools
debug()
{
	sbrun debug --tools "$tools" box "$@"
}

t_out '/work here' "the payload's directory and environment" debug sh -c 'echo $(pwd) $MARK'
t_out 'touch: /proc/driver/x: Read-only file system' 'the tools are read-only' debug sh -c 'touch /proc/driver/x 2>&1; true'
t_out 'sleep 100' "the payload's processes" debug sh -c 'ps | grep -o "sleep 100" | head -n 1 2>/dev/null || ps | grep -o "[s]leep 100"'
t_out 'sleep work' "the sandbox's root, as it is" debug sh -c 'cd /; echo sleep work; [ -x sleep ] && [ -d work ] && [ ! -e bin ]'
t_rc 5 "the command's exit code" debug sh -c 'exit 5'
t_rc 127 'a tool that is not there' debug no-such-tool
same 'a shell by default' 'from the shell' "$(echo 'echo from the shell' | sbrun debug --tools "$tools" box)"
payload=$(cut -d ' ' -f 1 "/proc/$(pid_of box)/task/$(pid_of box)/children")
same 'user, no_new_privs and filter are those of the payload' "$(grep -E '^(NoNewPrivs|Seccomp):' "/proc/$payload/status"; echo 0)" \
	"$(debug grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status; debug id -u)"

# ---- for its payload nothing has changed

mkfifo "$TMP/go"
sbrun debug --tools "$tools" box sh -c 'echo $$; cat' <"$TMP/go" >"$TMP/pid" &
exec 9>"$TMP/go"
wait_until 5 test -s "$TMP/pid"
inside=$(cat "$TMP/pid")
same 'no mount of it where the payload is' "$mounts" "$(wc -l <"/proc/$(pid_of box)/mountinfo")"
cp "$tools/bin/busybox" "$b/rootfs/work/busybox"
t_rc 1 'the payload can not go to the tools by /proc' sbrun exec box /work/busybox ls "/proc/$inside/root/"
t_err 1 'ermission denied' 'nor to their mounts' sbrun exec box /work/busybox readlink -v "/proc/$inside/ns/mnt"
t 'it sees the process' sbrun exec box /work/busybox test -d "/proc/$inside"
t_rc 1 'and nothing at their place' sbrun exec box /work/busybox ls /proc/driver/bin
exec 9>&-
wait
# it could look into one that has no more rights than itself: what keeps it out is the one capability
rm "$TMP/pid"
sbrun exec box /work/busybox sh -c 'echo $$; /work/busybox cat' <"$TMP/go" >"$TMP/pid" &
exec 9>"$TMP/go"
wait_until 5 test -s "$TMP/pid"
t 'one of exec is open to it' sbrun exec box /work/busybox ls "/proc/$(cat "$TMP/pid")/root/"
exec 9>&-
wait

# ---- the host's own programs, with their libraries

t_out 'here /mnt/work' "the host's root by default" sbrun debug box sh -c 'echo $MARK $(pwd)'
t_out 'sleep' "the sandbox's root is on /mnt" sbrun debug box sh -c 'cd /mnt && ls -d sleep'
t_err 1 'Read-only' "the host's files can't be written" sbrun debug box touch /tmp/sbrun-debug
t_out 'sbrun-init' "/proc is the sandbox's" sbrun debug box cat /proc/1/comm
t_out 'null' "/dev is the sandbox's" sbrun debug box sh -c '[ -c /dev/null ] && [ ! -e /dev/kmsg ] && echo null'
t_err 125 'the tools have no|/mnt' 'a directory that can be no root' sbrun debug --as-root --tools "$tools" box sh
mkdir "$tools/mnt" "$tools/proc"
t_out 'sleep work' '--as-root' sbrun debug --as-root --tools "$tools" box sh -c 'cd /mnt; echo $(ls -d sleep work)'
same 'and still nothing has changed' "$mounts" "$(wc -l <"/proc/$(pid_of box)/mountinfo")"
run_rc sbrun --debug debug --tools "$tools" box sh -c true
grep -q "take $tools of the host's, read-only" "$TMP/err" && grep -q 'in mounts of its own: put that on /proc/driver' "$TMP/err"
report 'the log says what is done' $? 'both steps'

# ---- what can't be

t_err 125 "can't find the tools" 'tools that are not there' sbrun debug --tools "$TMP/none" box
t_err 125 'does not exist' 'no such sandbox' sbrun debug --tools "$tools" nobody
sbrun kill box KILL
wait_until 5 has_status box stopped
t_err 125 'not running' 'one that has ended' debug sh
sbrun delete box

# ---- the payload is PID 1: its namespaces are joined one by one

t 'without an init' sbrun run -d --init never -b "$b" box
t_out '/work here' 'there too' debug sh -c 'echo $(pwd) $MARK'
sbrun delete --force box
config "$b" '.process.capabilities = {bounding: ["CAP_SYS_PTRACE"], permitted: ["CAP_SYS_PTRACE"], effective: ["CAP_SYS_PTRACE"]}'
t 'a payload that may look into others' sbrun run -d -b "$b" box
run_rc debug sh -c true
grep -q 'the payload can read the tools too' "$TMP/err"
report 'is warned of' $? 'a warning'
sbrun delete --force box
config "$b" '.process.capabilities |= {bounding: .bounding} | .process.noNewPrivileges = false'
t 'a payload that may come to look into others' sbrun run -d -b "$b" box
run_rc debug sh -c true
grep -q 'the payload can read the tools too' "$TMP/err"
report 'is warned of as well' $? 'a warning'
sbrun delete --force box
config "$b" '.process.noNewPrivileges = true'
t 'a payload that never comes to that' sbrun run -d -b "$b" box
t_out '' 'is not warned of' sh -c '"$@" 2>&1' sh "$SBRUN" --root "$STATE" debug --tools "$tools" box sh -c true
sbrun delete --force box
