/* SPDX-License-Identifier: Apache-2.0 */
#include "seal.h"

#include "../spec/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

extern const char stage2_blob[], stage2_blob_end[];

/* Kernels before 6.3 know neither flag and make every memfd executable. */
static int make(const char *name, unsigned flag)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | flag);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd;
}

static int fill(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -1;
		p += w;
		n -= (size_t)w;
	}
	return 0;
}

static int seal(int fd)
{
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

	/* the mode too, from kernel 6.3 on */
	if (fcntl(fd, F_ADD_SEALS, seals | F_SEAL_EXEC) < 0 &&
	    (errno != EINVAL || fcntl(fd, F_ADD_SEALS, seals) < 0))
		return -1;
	if ((fcntl(fd, F_GET_SEALS) & seals) != seals) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

static int sealed(const char *name, unsigned flag, const void *p, size_t n, struct diags *dg)
{
	int fd = make(name, flag);

	if (fd < 0) {
		struct diag *d = diag_errno(dg, errno, "memfd_create", name, "can't make the sealed copy of %s", name);

		if (d->err == EACCES && flag == MFD_EXEC)
			d->hint = "sysctl -w vm.memfd_noexec=1, in the pid namespace that sbrun is in: with 2 no "
				  "memfd may be executed";
		return -1;
	}
	/* execute only for the others: who may not read it may not trace what runs it (would_dump) */
	if (fill(fd, p, n) < 0 || (flag == MFD_EXEC && fchmod(fd, 0511) < 0) || seal(fd) < 0) {
		diag_errno(dg, errno, "memfd", name, "can't seal the copy of %s", name);
		close(fd);
		return -1;
	}
	return fd;
}

int seal_stage2(struct diags *dg)
{
	return sealed("sbrun-init", MFD_EXEC, stage2_blob, (size_t)(stage2_blob_end - stage2_blob), dg);
}

int seal_data(const char *name, const void *p, size_t n, struct diags *dg)
{
	return sealed(name, MFD_NOEXEC_SEAL, p, n, dg);
}
