/* SPDX-License-Identifier: Apache-2.0 */
#include "../../runtime/mountopt.h"

#include <stdlib.h>
#include <sys/mount.h>

#include "../../spec/arena.h"
#include "tap.h"

static struct arena *arena;

/* Options are separated by blanks here, since a comma may be part of one. */
static struct mount_opts parse(const char *text)
{
	struct str_list list = { .v = arena_array(arena, 32, sizeof(char *)) };
	char *copy = arena_strdup(arena, text);
	struct mount_opts o;

	for (char *p = strtok(copy, " "); p; p = strtok(NULL, " "))
		list.v[list.n++] = p;
	mount_opts_parse(arena, &list, &o);
	return o;
}

/* What goes in and how it reads afterwards. */
static const struct {
	const char *in, *out;
} texts[] = {
	{ "", "" },
	{ "ro", "ro" },
	{ "rw", "rw" },
	{ "ro rw", "rw" },
	{ "rw ro", "ro" },
	{ "noatime nodev nosuid ro", "ro,nosuid,nodev,noatime" },
	{ "nosuid suid", "suid" },
	{ "nosuid noexec defaults", "" },
	{ "defaults nosuid", "nosuid" },
	{ "bind ro", "bind,ro" },
	{ "rbind rprivate", "rbind,rprivate" },
	{ "rprivate shared", "shared" },
	{ "shared rslave", "rslave" },
	{ "noatime relatime", "relatime" },
	{ "relatime noatime", "noatime" },
	{ "strictatime atime", "strictatime" },
	{ "noatime atime", "relatime" },
	{ "atime", "relatime" },
	{ "noatime nostrictatime", "noatime" },
	{ "strictatime nostrictatime", "relatime" },
	{ "relatime norelatime", "" },
	{ "norelatime", "" },
	{ "noatime nodiratime", "noatime,nodiratime" },
	{ "nodiratime diratime", "diratime" },
	{ "rro rnosuid rnoatime", "rro,rnosuid,rnoatime" },
	{ "rro rrw", "rrw" },
	{ "ro rrw", "ro,rrw" },
	{ "rstrictatime ratime", "rstrictatime" },
	{ "sync dirsync lazytime silent", "sync,dirsync,lazytime,silent" },
	{ "sync async", "async" },
	{ "iversion noiversion loud nomand nolazytime", "nomand,nolazytime,noiversion,loud" },
	{ "tmpcopyup mode=755 size=64k", "tmpcopyup,mode=755,size=64k" },
	{ "lowerdir=/a,b:/c ro userxattr", "ro,lowerdir=/a,b:/c,userxattr" },
	{ "ridmap copy-symlink src-nofollow dest-nofollow",
	  "ridmap,copy-symlink,src-nofollow,dest-nofollow" },
	{ "remount bind ro", "remount,bind,ro" },
	{ "nosymfollow", "nosymfollow" },
};

static void test_texts(void)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct mount_opts o = parse(texts[i].in), again;
		char *text = mount_opts_text(arena, &o), *blanks = arena_strdup(arena, text);

		is_text(text, texts[i].out, arena_printf(arena, "\"%s\"", texts[i].in));
		/* The text means what it was made from, data with a comma aside. */
		if (strchr(texts[i].in, ','))
			continue;
		for (char *p = blanks; *p; p++)
			if (*p == ',')
				*p = ' ';
		again = parse(blanks);
		ok(again.attr_set == o.attr_set && again.attr_clr == o.attr_clr &&
			   again.rec_set == o.rec_set && again.rec_clr == o.rec_clr &&
			   again.sb_flags_set == o.sb_flags_set && again.sb_flags_clr == o.sb_flags_clr &&
			   again.propagation == o.propagation,
		   arena_printf(arena, "\"%s\" again", text));
	}
}

static void test_numbers(void)
{
	struct mount_opts o = parse("ro noatime");

	ok(o.attr_set == (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOATIME), "ro,noatime: set");
	ok(o.attr_clr == MOUNT_ATTR__ATIME, "a kind of access time clears the whole field");
	ok(o.sb_flags_set == MS_RDONLY, "ro is the superblock's too");
	o = parse("relatime");
	ok(o.attr_set == 0 && o.attr_clr == MOUNT_ATTR__ATIME, "relatime is the field cleared");
	o = parse("rw");
	ok(o.attr_clr == MOUNT_ATTR_RDONLY && o.sb_flags_clr == MS_RDONLY && !o.attr_set, "rw clears");
	o = parse("rbind");
	ok(o.bind && o.rbind, "rbind is bind too");
	o = parse("ro defaults");
	ok(!o.attr_set && !o.attr_clr && !o.sb_flags_set,
	   "defaults takes back, but asks for nothing to be cleared");
	o = parse("a b=c d");
	ok(o.data.n == 3 && strcmp(o.data.v[1], "b=c") == 0 && !o.data.v[3],
	   "data in order, NULL at its end");
}

/* Every option that runtime-spec 1.3 requires or recommends. */
static void test_names(void)
{
	static const char *const spec[] = {
		"async",          "atime",       "bind",         "defaults",    "dev",
		"diratime",       "dirsync",     "exec",         "idmap",       "iversion",
		"lazytime",       "loud",        "noatime",      "nodev",       "nodiratime",
		"noexec",         "noiversion",  "nolazytime",   "norelatime",  "nostrictatime",
		"nosuid",         "nosymfollow", "private",      "ratime",      "rbind",
		"rdev",           "rdiratime",   "relatime",     "remount",     "rexec",
		"ridmap",         "rnoatime",    "rnodiratime",  "rnoexec",     "rnorelatime",
		"rnostrictatime", "rnosuid",     "rnosymfollow", "ro",          "rprivate",
		"rrelatime",      "rro",         "rrw",          "rshared",     "rslave",
		"rstrictatime",   "rsuid",       "rsymfollow",   "runbindable", "rw",
		"shared",         "silent",      "slave",        "strictatime", "suid",
		"symfollow",      "sync",        "tmpcopyup",    "unbindable",
	};
	const char *const *names = mount_option_names();
	bool sorted = true;

	for (size_t i = 0; i < sizeof(spec) / sizeof(spec[0]); i++) {
		size_t k = 0;

		while (names[k] && strcmp(names[k], spec[i]) != 0)
			k++;
		if (!names[k])
			ok(false, spec[i]);
	}
	for (size_t k = 1; names[0] && names[k]; k++)
		sorted = sorted && strcmp(names[k - 1], names[k]) < 0;
	ok(sorted, "names are sorted and each is there once");
	for (size_t k = 0; names[k]; k++) {
		struct mount_opts o = parse(names[k]);

		if (o.data.n)
			ok(false, arena_printf(arena, "%s is known and became data", names[k]));
	}
}

int main(void)
{
	arena = arena_create();
	test_texts();
	test_numbers();
	test_names();
	arena_destroy(arena);
	return tap_end();
}
