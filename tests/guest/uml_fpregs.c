/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LD_PRELOAD for linux.uml 6.1 on a cpu with AMX. The buffer in which that UML keeps a process's floating
 * point registers (2696 longs) ends before the AMX tile data, and a kernel takes only the whole xsave area:
 * PTRACE_SETREGSET fails with EFAULT and UML kills its init ("ptrace set fp regs failed, errno = 14"). So
 * this fetches the whole area from the process, puts UML's part over it and sets that.
 */
#include <stdarg.h>
#include <string.h>
#include <unistd.h>
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>

long ptrace(enum __ptrace_request req, ...)
{
	static char area[1 << 16];
	struct iovec all = { area, sizeof area }, *part;
	long r, word;
	va_list ap;

	va_start(ap, req);
	pid_t pid = va_arg(ap, pid_t);
	void *addr = va_arg(ap, void *), *data = va_arg(ap, void *);
	va_end(ap);
	if (req == PTRACE_SETREGSET && (long)addr == NT_X86_XSTATE) {
		if (syscall(SYS_ptrace, PTRACE_GETREGSET, pid, addr, &all) < 0)
			return -1;
		part = data;
		memcpy(area, part->iov_base, part->iov_len < all.iov_len ? part->iov_len : all.iov_len);
		data = &all;
	} else if (req >= PTRACE_PEEKTEXT && req <= PTRACE_PEEKUSER) {
		r = syscall(SYS_ptrace, req, pid, addr, &word);
		return r < 0 ? r : word;
	}
	return syscall(SYS_ptrace, req, pid, addr, data);
}
