/* SPDX-License-Identifier: Apache-2.0 */
#include "criu_options.h"

#include "facts.h"
#include "fd.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>

struct word {
	const char *word;
	int value;
};

static bool find(const struct word *w, const char *value, int *out)
{
	for (; w->word; w++)
		if (!strcmp(w->word, value)) {
			*out = w->value;
			return true;
		}
	return false;
}

const char *criu_parse_cgroups(struct arena *a, void *opts, const char *value)
{
	static const struct word modes[] = { { "soft", CRIU_CG_SOFT },
					     { "full", CRIU_CG_FULL },
					     { "strict", CRIU_CG_STRICT },
					     { "ignore", CRIU_CG_IGNORE },
					     { 0 } };
	struct criu_options *o = opts;

	(void)a;
	o->set_cgroups = find(modes, value, &o->cgroups);
	return o->set_cgroups ? NULL : "soft, full, strict or ignore is expected";
}

const char *criu_parse_lock(struct arena *a, void *opts, const char *value)
{
	static const struct word methods[] = { { "iptables", CRIU_LOCK_IPTABLES },
					       { "nftables", CRIU_LOCK_NFTABLES },
					       { "skip", CRIU_LOCK_SKIP },
					       { 0 } };
	struct criu_options *o = opts;

	(void)a;
	return find(methods, value, &o->network_lock) ? NULL : "iptables, nftables or skip is expected";
}

const char *criu_parse_empty(struct arena *a, void *opts, const char *value)
{
	struct criu_options *o = opts;

	(void)a;
	o->empty_net = !strcmp(value, "network");
	return o->empty_net ? NULL : "network is expected: criu does it for no other namespace";
}

int criu_options_complete(struct call *c, struct criu_options *o, const char *verb)
{
	struct facts f;

	if (!o->image_path)
		o->image_path = "checkpoint";
	if (!o->work_path)
		o->work_path = o->image_path;
	if (facts_get(c->arena, 0, &f, c->dg) < 0)
		return -1;
	if (f.uid != 0 || !f.initial_userns) {
		diag_error(c->dg, "%s needs root, and no user namespace around it", verb)->hint =
			"criu reads and makes processes in ways that an ordinary user is not allowed";
		return -1;
	}
	o->program = criu_find(c->arena, c->globals->criu, c->dg);
	return o->program ? 0 : -1;
}

int criu_directory(const char *path, bool make, struct diags *dg)
{
	int fd;

	if (make && mkdir(path, 0700) < 0 && errno != EEXIST) {
		diag_errno(dg, errno, "mkdir", path, "can't make the directory");
		return -1;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		diag_errno(dg, errno, "open", path, "can't open the directory");
	return fd;
}

void criu_options_put(const struct criu_options *o, const struct state *st, const struct spec *s,
		      struct wire *w)
{
	const struct {
		bool set;
		enum criu_opt field;
	} switches[] = {
		{ o->tcp_established, CRIU_TCP_ESTABLISHED },
		{ o->ext_unix_sk, CRIU_EXT_UNIX_SK },
		{ o->shell_job, CRIU_SHELL_JOB },
		{ o->file_locks, CRIU_FILE_LOCKS },
		{ o->link_remap, CRIU_LINK_REMAP },
		{ o->auto_dedup, CRIU_AUTO_DEDUP },
		{ o->lazy_pages, CRIU_LAZY_PAGES },
		{ o->tcp_skip_in_flight, CRIU_TCP_SKIP_IN_FLIGHT },
		{ o->tcp_close, CRIU_TCP_CLOSE },
		{ s->process->terminal, CRIU_ORPHAN_PTS_MASTER },
		/* a volume that is the slave of one of the host's becomes that again */
		{ true, CRIU_EXT_MASTERS },
	};

	/* everybody to his place in the sandbox's cgroup; without one of its own it stays in the caller's */
	int mode = st->cgroup.n ? CRIU_CG_SOFT : CRIU_CG_IGNORE;

	for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
		if (switches[i].set)
			wire_number(w, switches[i].field, 1);
	wire_number(w, CRIU_MANAGE_CGROUPS_MODE, o->set_cgroups ? o->cgroups : mode);
	if (o->network_lock)
		wire_number(w, CRIU_NETWORK_LOCK, o->network_lock);
	if (o->empty_net)
		wire_number(w, CRIU_EMPTY_NS, CLONE_NEWNET);
	wire_text(w, CRIU_CONFIG_FILE, spec_annotation(s, "org.criu.config"));
}
