/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's texts in cgroup files, parsed. What a later kernel adds is passed over. Lists are
 * added to; strings are the arena's. `text` is changed.
 */
#ifndef SBRUN_RUNTIME_STATS_TEXT_H
#define SBRUN_RUNTIME_STATS_TEXT_H

#include "stats.h"

/* Lines of "KEY NUMBER". */
void stats_parse_pairs(struct arena *a, char *text, struct stats_pairs *out);
/* The value of a key; 0 when it isn't there. */
uint64_t stats_value(const struct stats_pairs *p, const char *key);

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0" and the line with "full". */
void stats_parse_psi(char *text, struct stats_psi *out);

/* v1: "8:0 Read 4096", or "8:0 123" without an operation; a sum over all devices is left out. */
void stats_parse_blkio(struct arena *a, char *text, struct stats_ios *out);
/* v2 io.stat: "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6" to bytes and operations. */
void stats_parse_io(struct arena *a, char *text, struct stats_ios *bytes, struct stats_ios *serviced);

/* v1 cpuacct.usage_percpu: the totals, "12 34 0 0 ". */
void stats_parse_percpu(struct arena *a, char *text, struct stats_cpu *out);
/* v1 cpuacct.usage_all, after the totals: a head, then a line "CPU USER SYSTEM" for each. */
void stats_parse_usage_all(struct arena *a, char *text, struct stats_cpu *out);

/* "mlx4_0 hca_handle=2 hca_object=max" */
void stats_parse_rdma(struct arena *a, char *text, struct stats_rdmas *out);

/* A v1 limit: what is larger than any memory is none. */
uint64_t stats_v1_limit(uint64_t v);

#endif
