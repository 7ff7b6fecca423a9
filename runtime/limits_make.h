/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that make the list of limits.h share. */
#ifndef SBRUN_RUNTIME_LIMITS_MAKE_H
#define SBRUN_RUNTIME_LIMITS_MAKE_H

#include "limits.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "../spec/spec.h"
#include "facts.h"

#include <string.h>

struct make {
	struct arena *a;
	const struct spec *s;
	const struct spec_resources *r;
	const struct cgroup_layout *l;
	struct limit_list *out;
	struct diags *dg;
	size_t cap;
	const char *at;       /* pointer to the resources */
	const char *told[16]; /* controllers that were said to be missing */
	size_t n_told;
};

enum hierarchy { AT_NONE, AT_V1, AT_V2 };

/* The names of a controller: "blkio" and "io". NULL: that version has none. */
struct controller { const char *v1, *v2; };

/* What is written where: NULL as a file where that version has no such thing. */
struct place {
	const char *v1, *v2;
	const char *lacks; /* what cgroup v2 has not: "swappiness of its own" */
};

enum hierarchy make_where(const struct make *m, const struct controller *c);
/*
 * The hierarchy that a write for `field` ("memory/limit", below the resources) goes to; AT_NONE with an
 * error when there is none, or no file of that kind in it.
 */
enum hierarchy make_find(struct make *m, const struct controller *c, const struct place *p,
			 const char *field);
/* One more write; the caller may set the rest of it. */
struct limit *make_add(struct make *m, const char *controller, const char *file, const char *value,
		       const char *field);
__attribute__((format(printf, 3, 4))) struct diag *make_refuse(struct make *m, const char *field,
							       const char *fmt, ...);
/* "this host has no memory controller"; once for each. */
void make_no_controller(struct make *m, const char *controller, const char *field);

void make_block_io(struct make *m);
void make_hugepages(struct make *m);
void make_network(struct make *m);
void make_rdma(struct make *m);
void make_unified(struct make *m);

#endif
