/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a sandbox uses, as its cgroup's files tell: the same figures whether they come from
 * cgroup v1 or v2. Memory is in bytes, time in nanoseconds. A controller that isn't there leaves
 * its part with `there` false and everything in it zero.
 *
 * Sources: Documentation/admin-guide/cgroup-v1/{memory,cpuacct,blkio-controller,hugetlb,pids,rdma}.rst
 * and Documentation/admin-guide/cgroup-v2.rst of the kernel.
 */
#ifndef SBRUN_RUNTIME_STATS_H
#define SBRUN_RUNTIME_STATS_H

#include "cgroup.h"

#include <stdint.h>

/* No limit. v1 has a number of its own for it: the largest whole page, which reads as this one. */
#define STATS_NO_LIMIT UINT64_MAX

struct stats_pair { const char *key; uint64_t value; };
struct stats_pairs { struct stats_pair *v; size_t n; };

/* One file of pressure stall information: shares of time in percent, total in microseconds. */
struct stats_psi_line { double avg10, avg60, avg300; uint64_t total; };
struct stats_psi { bool there; struct stats_psi_line some, full; };

struct stats_cpu {
	bool there;
	uint64_t total, user, kernel;
	size_t n_cpus; /* of the three lists; 0: not told apart (v2) */
	uint64_t *percpu, *percpu_user, *percpu_kernel;
	bool has_periods; /* of the bandwidth controller */
	uint64_t periods, throttled_periods, throttled_time;
	struct stats_psi psi;
};

struct stats_level { uint64_t usage, max, limit, failcnt; }; /* max: the highest that usage was; 0: unknown */

struct stats_memory {
	bool there;
	struct stats_level usage, kernel, kernel_tcp;
	struct stats_level swap; /* memory and swap together, as v1 counts; zero without swap accounting */
	uint64_t cache;
	struct stats_pairs raw;  /* memory.stat */
	uint64_t oom, oom_kill;  /* v1 knows the second one alone */
	struct stats_psi psi;
};

struct stats_pids { bool there; uint64_t current, limit, refused; }; /* refused: forks, by the limit */

struct stats_io { unsigned major, minor; const char *op; uint64_t value; }; /* op: Read, Write, Discard ... */
struct stats_ios { struct stats_io *v; size_t n; };

enum stats_io_list {
	STATS_IO_BYTES, STATS_IO_SERVICED, STATS_IO_QUEUED, STATS_IO_SERVICE_TIME, STATS_IO_WAIT_TIME,
	STATS_IO_MERGED, STATS_IO_TIME, STATS_IO_SECTORS, STATS_IO__COUNT
};
struct stats_blkio { bool there; struct stats_ios list[STATS_IO__COUNT]; struct stats_psi psi; };

struct stats_hugetlb { const char *size; struct stats_level level; };
struct stats_hugetlbs { struct stats_hugetlb *v; size_t n; };

struct stats_rdma { const char *device; uint64_t hca_handles, hca_objects; }; /* STATS_NO_LIMIT: "max" */
struct stats_rdmas { struct stats_rdma *v; size_t n; };

struct stats_cpuset { bool there; const char *cpus, *mems; }; /* lists as in cpuset(7), "0-3,6" */

struct stats {
	struct stats_cpu cpu;
	struct stats_cpuset cpuset;
	struct stats_memory memory;
	struct stats_pids pids;
	struct stats_blkio blkio;
	struct stats_hugetlbs hugetlb;
	struct stats_rdmas rdma, rdma_limit;
};

/* Lists and strings are the arena's. 0; -ENOENT: it has no cgroup of its own, or that is gone. */
int stats_read(struct arena *a, const struct cgroup *g, struct stats *s);

/* Bytes that went to and came from block devices: the sum of op "Read" or "Write". */
uint64_t stats_io_sum(const struct stats *s, const char *op);

/*
 * How many of its processes the kernel killed for want of memory, whether its own limit or one
 * further up was at fault. -ENOENT: nothing here counts that.
 */
int stats_oom_kills(const struct cgroup *g);

/* {"type": "stats", "id": ID, "data": {...}} in one line, as runc events prints it. */
char *stats_event(struct arena *a, const char *id, const struct stats *s);

#endif
