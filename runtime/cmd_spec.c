/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "fd.h"
#include "hygiene.h"
#include "spec_template.h"

struct spec_opts {
	const char *bundle, *file;
	struct template_opts template;
};

/* "a:b", the top one first */
static const char *parse_overlay(struct arena *a, void *opts, const char *value)
{
	struct spec_opts *o = opts;

	return split_colons(a, value, &o->template.lowerdirs) ? NULL
							      : "directories as in \"top:base\" are expected";
}

static int write_file(struct call *c, int dir, const char *name, const char *text)
{
	CLEANUP_FD fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0666);

	if (fd < 0 && errno == EEXIST) {
		diag_error(c->dg, "the file \"%s\" is there already and was left as it is", name)->hint =
			"remove it, or give another name with --file";
		return EXIT_SBRUN;
	}
	if (fd < 0) {
		diag_errno(c->dg, errno, "openat", name, "cannot make the configuration");
		return EXIT_SBRUN;
	}
	if (fd_write_all(fd, text, strlen(text)) < 0) {
		diag_errno(c->dg, errno, "write", name, "cannot write the configuration");
		unlinkat(dir, name, 0);
		return EXIT_SBRUN;
	}
	return 0;
}

int spec_write(struct call *c, const char *bundle, const char *name, const char *text)
{
	CLEANUP_FD dir = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0) {
		diag_errno(c->dg, errno, "open", bundle, "cannot open the bundle");
		return EXIT_SBRUN;
	}
	umask(sbrun_umask);
	return write_file(c, dir, name, text);
}

static int run(struct call *c, void *opts)
{
	struct spec_opts *o = opts;
	const char *text;

	o->template.uid = geteuid();
	o->template.gid = getegid();
	text = spec_template(c->arena, &o->template);
	if (!text) {
		diag_error(c->dg, "out of memory");
		return EXIT_SBRUN;
	}
	return spec_write(c, o->bundle ? o->bundle : ".", o->file ? o->file : "config.json", text);
}

/* clang-format off */
#define S(field) offsetof(struct spec_opts, field)
static const struct opt options[] = {
	{ "bundle", 'b', OPT_TEXT, "DIR", S(bundle), "where to write (default: here)", 0, NULL },
	{ "file", 'f', OPT_TEXT, "FILE", S(file), "the file's name (default: config.json)", 0, NULL },
	{ "rootless", 0, OPT_SWITCH, NULL, S(template.rootless), "for the ordinary user who calls", 0, NULL },
	{ "build-task", 0, OPT_SWITCH, NULL, S(template.build_task), "for a step of a build", 0, NULL },
	{ "overlay", 0, OPT_PARSE, "DIR[:DIR]...", 0, "layers for the root, the top one first", 0, parse_overlay },
	{ 0 },
};
#undef S
/* clang-format on */

const struct command cmd_spec = {
	.name = "spec",
	.usage = "[OPTION]...",
	.summary = "write a config.json to begin with",
	.details = "\"sbrun spec --host COMMAND\", with --host first, writes the one that \"sbrun try\" would use: see\n"
		   "\"sbrun spec --host --help\".\n",
	.options = options,
	.opts_size = sizeof(struct spec_opts),
	.run = run,
	.host = &cmd_spec_host,
};
