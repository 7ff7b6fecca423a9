/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enosys CALL[,CALL]... COMMAND [ARG]...: run a command on a kernel that "lacks" some system
 * calls: a seccomp filter answers ENOSYS to them, in the command and all its children. "CALL.N" is one
 * that is known, but not with N as its second argument: EINVAL (fsconfig.5: FSCONFIG_SET_FD; fsconfig.1:
 * FSCONFIG_SET_STRING).
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROW(name) { #name, SYS_##name }
static const struct {
	const char *name;
	unsigned nr;
} calls[] = {
	ROW(openat2), ROW(mount_setattr), ROW(close_range), ROW(clone3), ROW(fsopen), ROW(open_tree),
	ROW(pidfd_open), ROW(execveat), ROW(seccomp), ROW(keyctl), ROW(setns), ROW(unshare),
	ROW(fsconfig), ROW(fsmount), ROW(move_mount), ROW(memfd_create), ROW(statx), ROW(pidfd_send_signal),
	ROW(pidfd_getfd), ROW(renameat2), ROW(getrandom), ROW(bpf), ROW(name_to_handle_at),
};

enum { MAX_CALLS = sizeof calls / sizeof *calls };

static int number(const char *name, unsigned *nr)
{
	size_t n = strcspn(name, ".");

	for (size_t i = 0; i < MAX_CALLS; i++)
		if (strlen(calls[i].name) == n && !strncmp(calls[i].name, name, n)) {
			*nr = calls[i].nr;
			return 0;
		}
	fprintf(stderr, "enosys: %s is not in the table\n", name);
	return -1;
}

enum { MAX_CODE = 5 * MAX_CALLS + 2 };

/* With N: equal ? load the second argument : next; equal ? answer EINVAL : go on; load nr again */
static void add_call(struct sock_fprog *prog, unsigned nr, const char *arg)
{
	struct sock_filter *code = prog->filter + prog->len;

	code[0] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, arg ? 4 : 1);
	if (arg) {
		*++code = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						       offsetof(struct seccomp_data, args[1]));
		*++code = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)atoi(arg), 0, 1);
	}
	*++code = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (arg ? EINVAL : ENOSYS));
	if (arg)
		*++code = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						       offsetof(struct seccomp_data, nr));
	prog->len = (unsigned short)(code + 1 - prog->filter);
}

/* load nr; for each call: equal ? answer ENOSYS : next; at the end: allow */
static int filter(char *list)
{
	struct sock_filter code[MAX_CODE] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog prog = { 1, code };
	char *save = NULL;
	unsigned nr;

	for (char *w = strtok_r(list, ",", &save); w && prog.len + 6 < MAX_CODE; w = strtok_r(NULL, ",", &save)) {
		char *dot = strchr(w, '.');

		if (number(w, &nr) < 0)
			return -1;
		add_call(&prog, nr, dot ? dot + 1 : NULL);
	}
	code[prog.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0) {
		perror("enosys: seccomp");
		return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: enosys CALL[,CALL]... COMMAND [ARG]...\n");
		return 2;
	}
	if (filter(argv[1]) < 0)
		return 2;
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
