/* SPDX-License-Identifier: Apache-2.0 */
/* Planning hooks: a step of the parent's for each, and the short plan that takes one inside. */
#include "planner.h"

#include "../spec/arena.h"

char *hook_words(struct arena *a, enum hook_point at, const char *path)
{
	static const char *const where[HOOK__COUNT] = {
		[HOOK_CREATE_CONTAINER] = " in the sandbox's namespaces, outside its root",
		[HOOK_START_CONTAINER] = " in the sandbox",
	};

	return arena_printf(a, "run the %s hook %s%s", hook_point_name(at), path, where[at] ? where[at] : "");
}

void plan_hooks(struct builder *b, enum hook_point at)
{
	const struct hook_list *list = spec_hooks_at(b->s, at);

	for (size_t i = 0; i < list->n; i++) {
		struct step *s = add_step(b, STEP_HOOK, "/hooks/%s/%zu", hook_point_name(at), i);

		s->s[0] = put_str(b, list->v[i].path);
		s->n[0] = at;
		s->n[1] = i;
	}
}

/*
 * Set up and not yet pivoted: the mounts and devices are there, and what hooks still change in
 * the root comes under the masks and the read-only root.
 */
void plan_create_hooks(struct builder *b)
{
	if (wants_create_hooks(b))
		plan_network(b);
	plan_hooks(b, HOOK_PRESTART);
	plan_hooks(b, HOOK_CREATE_RUNTIME);
	plan_hooks(b, HOOK_CREATE_CONTAINER);
}

bool wants_create_hooks(const struct builder *b)
{
	const struct spec_hooks *h = &b->s->hooks;

	return h->prestart.n || h->create_runtime.n || h->create_container.n;
}

/*
 * A createContainer hook is the host's program: root of the sandbox's user namespace where it
 * has one, else who the caller is; no limit or confinement of the payload's. A user namespace
 * without an id 0 has the same rights for the payload's user as long as that keeps them.
 */
void plan_hook_outside(struct builder *b, const struct plan_exec_opts *o)
{
	bool user = o->namespaces >> NS_USER & 1;
	struct step *s;

	add_step(b, STEP_LOOKUP, "/hooks/createContainer");
	add_step(b, STEP_SESSION, "/hooks/createContainer");
	s = add_step(b, STEP_USER, "/hooks/createContainer");
	s->n[0] = o->without_root ? o->process->user.uid : user ? 0 : b->f->uid;
	s->n[1] = o->without_root ? o->process->user.gid : user ? 0 : b->f->gid;
	s->n[2] = o->umask | (o->without_root ? PLAN_KEEP_CAPS : 0);
	s->n[3] = user && !b->setgroups_denied ? 0 : ~0ull;
	add_step(b, STEP_CWD, "/hooks/createContainer")->s[0] = put_str(b, o->process->cwd);
	add_step(b, STEP_EXEC, "/hooks/createContainer")->s[0] = put_str(b, o->process->args.v[0]);
}
