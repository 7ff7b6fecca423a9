/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules that a decoded spec must keep: what a single value may be beyond its type, and
 * what must fit together. All of them are looked at, always; nothing stops at the first.
 *
 * A rule says where and what:   check_refuse(check_at(c, "/mounts/%zu/type", i), "...")->hint = "...";
 * A value that could not be decoded has had its error already: a refusal of that very value
 * goes nowhere. Strings of bad objects may be NULL, so rules test before they look.
 */
#ifndef SBRUN_SPEC_CHECK_H
#define SBRUN_SPEC_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "diag.h"
#include "spec.h"

struct check {
	struct arena *a;
	struct spec *s;
	struct diags *dg;
	const char *process; /* pointer to the process object: "/process", or "" in a process file */
	const char *resources; /* the same: "/linux/resources", or "" in a document of `update` */
	const char *pointer; /* set by at() */
	unsigned problems;
	bool flawed;  /* decoding made errors: places have to be asked */
	const struct spec_overlay *shared; /* the first on the shared tmpfs; NULL: none so far */
	bool ns_sure; /* /linux/namespaces was decoded without an error */
	struct diag nowhere;
};

void check_spec(struct arena *a, struct spec *s, struct diags *dg);
void check_process_only(struct arena *a, struct spec *s, struct diags *dg);
void check_resources_only(struct arena *a, struct spec *s, const struct spec_resources *r, bool partial,
			  struct diags *dg);

__attribute__((format(printf, 2, 3))) struct check *check_at(struct check *c, const char *fmt, ...);
__attribute__((format(printf, 2, 3))) struct diag *check_refuse(struct check *c, const char *fmt, ...);
__attribute__((format(printf, 2, 3))) struct diag *check_warn(struct check *c, const char *fmt, ...);
/* Whether decoding found an error at or below this pointer. */
__attribute__((format(printf, 2, 3))) bool check_flawed(struct check *c, const char *fmt, ...);
__attribute__((format(printf, 2, 3))) char *check_text(struct check *c, const char *fmt, ...);

/* The sandbox has a namespace of that type of its own or joined; true when that isn't known. */
bool check_has_ns(const struct check *c, enum ns_type t);
/* The rule "`what` needs a namespace of type t", refused at c's pointer. */
void check_need_ns(struct check *c, enum ns_type t, const char *what);
/* Refuse a path that is not absolute, or empty. NULL is allowed. */
void check_absolute(struct check *c, const char *path);
/* The path without empty, "." and ".." components, by its text alone. In the arena. */
char *check_clean_path(struct check *c, const char *path);
/* Names that must differ, each with the place to complain at; `v` is sorted by it. */
struct named {
	const char *name, *pointer;
	size_t order;
};
void check_unique(struct check *c, struct named *v, size_t n, const char *what);
/* "0-3,7" */
bool check_is_cpu_list(const char *s);
/* Whether two strings are there and equal. */
bool str_same(const char *a, const char *b);
bool str_listed(const struct str_list *list, const char *s);

/* One room each. */
void check_process(struct check *c);
void check_caps(struct check *c);
void check_mounts(struct check *c);
void check_overlay(struct check *c, const struct spec_overlay *o, const char *pointer);
void check_overlay_options(struct check *c, const struct spec_mount *m, const char *pointer);
void check_upperdirs(struct check *c);
void check_namespaces(struct check *c);
void check_network_word(struct check *c); /* sbrun.network, which may add to linux.namespaces */
void check_id_maps(struct check *c, const struct id_maps *maps, const char *pointer);
void check_sysctl(struct check *c);
void check_devices(struct check *c);
void check_linux(struct check *c);
/* partial: what is missing may be in force already, as with the document of `update`. */
void check_resources(struct check *c, const struct spec_resources *r, bool partial);
void check_seccomp(struct check *c);
void check_hooks(struct check *c);
void check_foreign_annotations(struct check *c); /* those that other runtimes act on */

#endif
