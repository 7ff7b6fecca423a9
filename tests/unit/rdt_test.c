/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups of resctrl on a directory that stands for it. What the kernel does there by itself (files in
 * a new directory, refusing values) is not imitated: only existing groups, comparison, and undoing.
 */
#include "../../runtime/rdt.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../spec/arena.h"
#include "../../spec/diag.h"
#include "tap.h"

static struct arena *arena;
static char root[] = "/tmp/sbrun-rdt.XXXXXX";

static const char *path(const char *rest)
{
	return arena_printf(arena, "%s/%s", root, rest);
}

static void put(const char *rest, const char *text)
{
	FILE *f = fopen(path(rest), "w");

	if (f) {
		fputs(text, f);
		fclose(f);
	}
}

static const char *get(const char *rest)
{
	char *text = arena_alloc(arena, 256);
	FILE *f = fopen(path(rest), "r");

	if (f) {
		text[fread(text, 1, 255, f)] = 0;
		fclose(f);
	}
	return text;
}

static struct str_list made;
static struct diags dg;

static int apply(struct rdt_group g)
{
	g.root = root;
	g.id = "box";
	made = (struct str_list){ 0 };
	diags_init(&dg, arena);
	return rdt_apply(arena, &g, 42, &made, &dg);
}

static bool says(const char *words)
{
	return dg.first && strstr(dg.first->what, words);
}

static void group(const char *name, const char *schemata)
{
	mkdir(path(name), 0755);
	mkdir(path(arena_printf(arena, "%s/mon_groups", name)), 0755);
	put(arena_printf(arena, "%s/tasks", name), "");
	put(arena_printf(arena, "%s/schemata", name), schemata);
}

static void existing(void)
{
	char *l3[] = { "L3:0=7f0;1=1f", "MB:0=20;1=70", NULL }, *other[] = { "L3:0=7f0;1=ff", NULL };
	char *more[] = { "L3:0=7f0;1=1f", "L2:0=f", NULL };

	group("gold", "    L3:0=007f0;1=0001f\n    MB:0= 20;1= 70\n");
	ok(apply((struct rdt_group){ .clos = "gold" }) == 0 && made.n == 0, "a group that is there, without a schema");
	is_text(get("gold/tasks"), "42\n", "the process is in it");
	ok(apply((struct rdt_group){ .clos = "gold", .lines = { l3, 1 }, .compared = 1 }) == 0, "the schema that it has");
	is_text(get("gold/schemata"), "    L3:0=007f0;1=0001f\n    MB:0= 20;1= 70\n", "nothing is written to it then");
	ok(apply((struct rdt_group){ .clos = "gold", .lines = { l3, 2 }, .compared = 2 }) == 0, "both, spaces in the kernel's apart");
	ok(apply((struct rdt_group){ .clos = "gold", .lines = { other, 1 }, .compared = 1 }) < 0 &&
		   says("without the schema"),
	   "another schema");
	ok(apply((struct rdt_group){ .clos = "gold", .lines = { more, 2 }, .compared = 1 }) == 0, "schemata of one that is there");
	ok(!strncmp(get("gold/schemata"), "L2:0=f\n", 7), "they are written");
	ok(apply((struct rdt_group){ .clos = "silver" }) < 0 && says("no RDT group \"silver\""), "a group that there is not");
}

static void root_group(void)
{
	put("tasks", "");
	ok(apply((struct rdt_group){ .clos = "/" }) == 0 && made.n == 0, "closID \"/\" is the root group");
	is_text(get("tasks"), "42\n", "the process is in it");
}

static void made_groups(void)
{
	struct str_list some;
	char *lines[] = { "L3:0=f", NULL };

	ok(apply((struct rdt_group){ .clos = "", .lines = { lines, 1 } }) < 0 && access(path("box"), F_OK) < 0 && made.n == 0,
	   "a new group that can't be filled is removed again");
	group("box", "");
	ok(apply((struct rdt_group){ .clos = "" }) < 0 && says("already"), "a group of the sandbox's name is not taken over");
	ok(apply((struct rdt_group){ .clos = "", .join_only = true }) == 0 && made.n == 0, "exec joins it");
	ok(apply((struct rdt_group){ .clos = "gold", .monitor = true }) < 0 && access(path("gold/mon_groups/box"), F_OK) < 0,
	   "nor is a monitoring group left");
	mkdir(path("gold/mon_groups/box"), 0755);
	put("gold/mon_groups/box/tasks", "");
	ok(apply((struct rdt_group){ .clos = "gold", .monitor = true, .join_only = true }) == 0, "exec joins that");
	is_text(get("gold/mon_groups/box/tasks"), "42\n", "the process is in it");
	unlink(path("gold/mon_groups/box/tasks"));
	some = (struct str_list){ (char *[]){ (char *)path("gold/mon_groups/box"), (char *)path("gone"), NULL }, 2 };
	rdt_remove(&some);
	ok(access(path("gold/mon_groups/box"), F_OK) < 0, "removed with the sandbox");
}

int main(void)
{
	arena = arena_create();
	if (!mkdtemp(root))
		return 1;
	existing();
	root_group();
	made_groups();
	if (system(arena_printf(arena, "rm -rf '%s'", root)) != 0)
		ok(false, "cleaning up");
	arena_destroy(arena);
	return tap_end();
}
