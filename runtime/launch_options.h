/* SPDX-License-Identifier: Apache-2.0 */
/* Options that several commands have in common; their target is struct launch_opts. */
#ifndef SBRUN_RUNTIME_LAUNCH_OPTIONS_H
#define SBRUN_RUNTIME_LAUNCH_OPTIONS_H

#include "command.h"

extern const struct opt bundle_options[]; /* -b, -f, --strict */

/* clang-format off */
#define L(field) offsetof(struct launch_opts, field)
#define TIME_LIMIT_ROWS \
	{ "timeout", 0, OPT_PARSE, "TIME", 0, "end it after 90, 1h30m, 1.5s ...: exit code 124", 0, parse_timeout }, \
	{ "kill-after", 0, OPT_PARSE, "TIME", 0, "between its TERM and KILL (default: 10s)", 0, \
	  parse_kill_after }, \
	{ "cpu-time", 0, OPT_PARSE, "TIME", 0, "the same for processor time, of all its processes", 0, \
	  parse_cpu_time }
/* Rows of create and run. */
#define LAUNCH_ROWS \
	{ "bundle", 'b', OPT_TEXT, "DIR", L(bundle), "the bundle (default: here)", 0, NULL }, \
	{ "config", 'f', OPT_TEXT, "FILE", L(config), "the configuration (default: config.json)", 0, NULL }, \
	{ "console-socket", 0, OPT_TEXT, "PATH", L(console_socket), "send the terminal there", 0, NULL }, \
	{ "pidfd-socket", 0, OPT_TEXT, "PATH", L(pidfd_socket), "send the init's pidfd there", 0, NULL }, \
	{ "pid-file", 0, OPT_TEXT, "FILE", L(pid_file), "write the init's pid to FILE", 0, NULL }, \
	{ "preserve-fds", 0, OPT_NUMBER, "N", L(preserve_fds), "pass on descriptors 3 to 3+N-1", \
	  PRESERVE_FDS_MAX, NULL }, \
	{ "init", 0, OPT_PARSE, "WHEN", 0, "an init as PID 1: auto, always or never", 0, parse_init_mode }, \
	TIME_LIMIT_ROWS, \
	{ "no-pivot", 0, OPT_SWITCH, NULL, L(no_pivot), "chroot, not pivot_root (for a ramfs)", 0, NULL }, \
	{ "no-new-keyring", 0, OPT_SWITCH, NULL, L(no_new_keyring), "keep the session keyring", 0, NULL }, \
	{ "no-subreaper", 0, OPT_IGNORED, NULL, 0, NULL, 0, NULL }, \
	{ "fail-step", 0, OPT_PARSE, "K", 0, NULL, 0, parse_fail_step }, \
	{ "strict", 0, OPT_SWITCH, NULL, L(strict), "refuse unknown fields", 0, NULL }
/* clang-format on */

enum { PRESERVE_FDS_MAX = 1 << 20 };

const char *parse_fail_step(struct arena *a, void *opts, const char *value);
const char *parse_init_mode(struct arena *a, void *opts, const char *value);
const char *parse_timeout(struct arena *a, void *opts, const char *value);
const char *parse_kill_after(struct arena *a, void *opts, const char *value);
const char *parse_cpu_time(struct arena *a, void *opts, const char *value);

/* What options leave open: the root, the ID, the bundle, and the debug lines. -1 with an error. */
int launch_options_complete(struct call *c, struct launch_opts *o);
struct step_watch debug_watch(struct call *c);

#endif
