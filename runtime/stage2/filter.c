/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The payload's seccomp filter. It may refuse, fake, or kill for any system call, so from the
 * moment that it is there only one is made: execve. A failure of that goes into memory that is
 * shared with the runtime (plan.h, MSG_FILTER), which looks there when the connection has ended.
 *
 * A filter that notifies has a listener, which must be with the agent before execve closes it.
 * A thread hands it over that was made before the filter and is not under it:
 *
 *	the payload          its thread                    the runtime
 *	MSG_FILTER ---------------------------------------> connects to the agent
 *	waits      <--------------------------------------- REPLY_GO
 *	seccomp(2)
 *	spins                MSG_LISTENER -----------------> to the agent
 *	                     waits <------------------------ REPLY_GO
 *	execve <------------ lets it go, exits
 *
 * The filter is only on the process that execs: an init stays without.
 */
#include "stage2.h"

#include <linux/filter.h>
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/seccomp.h>

static struct plan_msg *last_words;
static int listener; /* 1 + its number, once it is there */
static int released; /* by the thread */

/* Map the last words; hand their descriptor to the runtime, with a pidfd of ours if it has to know us. */
static int share_last_words(int with_pidfd)
{
	CLEANUP_FD pidfd = -1;
	CLEANUP_FD fd = (int)SYS(memfd_create, "sbrun-filter", 1 /* MFD_CLOEXEC */);
	long p;
	int r = fd;

	if (r >= 0)
		r = (int)SYS(ftruncate, fd, sizeof *last_words);
	if (r >= 0 && with_pidfd)
		r = pidfd = (int)SYS(pidfd_open, raw6(__NR_getpid, 0, 0, 0, 0, 0, 0), 0);
	if (r < 0)
		return r;
	p = SYS(mmap, 0, sizeof *last_words, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p < 0 && p > -4096)
		return (int)p;
	last_words = (struct plan_msg *)p;
	report_fds(MSG_FILTER, g.step, fd, pidfd);
	return 0;
}

/* ---- the thread */

/* Whatever goes wrong here ends the process, and so the payload's waiting. */
__attribute__((noreturn, used)) static void thread_main(void)
{
	struct {
		int64_t sec, nsec;
	} nap = { 0, 20000 };
	int fd;

	while (!(fd = __atomic_load_n(&listener, __ATOMIC_ACQUIRE)))
		raw6(__NR_nanosleep, (long)&nap, 0, 0, 0, 0, 0);
	report_fds(MSG_LISTENER, g.step, fd - 1, -1);
	await_reply();
	__atomic_store_n(&released, 1, __ATOMIC_RELEASE);
	for (;;)
		raw6(__NR_exit, 0, 0, 0, 0, 0, 0);
}

/* A thread of this process, with its memory and descriptors and a stack of its own. */
static long start_thread(void)
{
	static SCRATCH("stack") char stack[8192] __attribute__((aligned(16)));
	long flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
	char *top = stack + sizeof stack;

#if defined(__x86_64__)
	long ret;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "call thread_main\n\t"
			 "hlt\n"
			 "1:"
			 : "=a"(ret)
			 : "a"((long)__NR_clone), "D"(flags), "S"(top), "d"(0L)
			 : "rcx", "r11", "memory");
	return ret;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = __NR_clone;
	register long x0 __asm__("x0") = flags;
	register long x1 __asm__("x1") = (long)top;

	__asm__ volatile("svc 0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, #0\n\t"
			 "bl thread_main\n\t"
			 "brk #0\n"
			 "1:"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1)
			 : "x30", "memory", "cc");
	return x0;
#endif
}

/* There is no call to sleep with. */
static void await_thread(void)
{
	while (!__atomic_load_n(&released, __ATOMIC_ACQUIRE)) {
#if defined(__x86_64__)
		__asm__ volatile("pause");
#elif defined(__aarch64__)
		__asm__ volatile("isb");
#endif
	}
}

/* ---- the step */

int step_seccomp(const struct step *s)
{
	struct sock_fprog prog = { .len = (unsigned short)s->n[0] };
	int listens = !!(s->n[1] & SECCOMP_FILTER_FLAG_NEW_LISTENER);
	int r;

	prog.filter = (struct sock_filter *)blob(s->s[0], s->n[0] * sizeof *prog.filter);
	if (!prog.filter || !prog.len)
		return -EINVAL;
	ready_to_exec();
	r = share_last_words(listens);
	if (r >= 0 && listens) {
		await_reply();
		r = (int)note_call(__NR_clone, start_thread());
	}
	if (r >= 0)
		r = (int)SYS(seccomp, SECCOMP_SET_MODE_FILTER, s->n[1], &prog);
	if (r < 0)
		return r;
	g.filtered = 1;
	if (listens) {
		__atomic_store_n(&listener, r + 1, __ATOMIC_RELEASE);
		await_thread();
	}
	return 0;
}

/* The type comes last: it says that all the rest is there. */
void filtered_failure(const struct plan_msg *m)
{
	const size_t type = sizeof m->type;

	memcpy((char *)last_words + type, (const char *)m + type, sizeof *m - type);
	__atomic_store_n(&last_words->type, m->type, __ATOMIC_RELEASE);
	quit(g.exit_code);
}
