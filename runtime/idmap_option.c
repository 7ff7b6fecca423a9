/* SPDX-License-Identifier: Apache-2.0 */
#include "idmap_option.h"

#include <string.h>

#include "../spec/arena.h"

static const char NOT_A_MAP[] = "triplets as in \"idmap=uids=0-1000-10#10-2000-1;gids=0-1000-10\" are expected";

/* A number of an id, and the character behind it. */
static bool number(const char **s, uint32_t *n, char *end)
{
	uint64_t v = 0;
	const char *p = *s;

	for (; *p >= '0' && *p <= '9'; p++)
		if ((v = v * 10 + (uint64_t)(*p - '0')) > UINT32_MAX - 1)
			return false;
	if (p == *s)
		return false;
	*n = (uint32_t)v;
	*end = *p;
	*s = *p ? p + 1 : p;
	return true;
}

/* The id outside of one in the sandbox, when all of the range lies in one of the map's. */
static bool outside(const struct id_maps *maps, struct id_map *m)
{
	for (size_t i = 0; i < maps->n; i++) {
		const struct id_map *h = &maps->v[i];

		if (m->host < h->container || m->host - h->container >= h->size ||
		    m->size > h->size - (m->host - h->container))
			continue;
		m->host = h->host + (m->host - h->container);
		return true;
	}
	return !maps->n;
}

static const char *parse_maps(struct arena *a, const char *text, const struct id_maps *host,
			      struct id_maps *out)
{
	bool relative = *text == '@';
	size_t cap = 0;

	*out = (struct id_maps){ 0 };
	for (text += relative; *text;) {
		struct id_map m;
		char end;

		if (!number(&text, &m.container, &end) || end != '-' || !number(&text, &m.host, &end) ||
		    end != '-' || !number(&text, &m.size, &end) || (end && end != '#') || !m.size)
			return NOT_A_MAP;
		if (m.size - 1 > UINT32_MAX - 1 - m.container || m.size - 1 > UINT32_MAX - 1 - m.host)
			return "a range goes beyond the last id, 4294967294";
		if (relative && !outside(host, &m))
			return "a range after '@' is not mapped in the sandbox's user namespace";
		if (out->n == SPEC_MAX_ID_MAPS)
			return "there may be 340 ranges at most";
		out->v = arena_grow(a, out->v, &cap, out->n + 1, sizeof *out->v);
		out->v[out->n++] = m;
	}
	return out->n ? NULL : NOT_A_MAP;
}

const char *idmap_option_parse(struct arena *a, const char *text, const struct id_maps *host_uids,
			       const struct id_maps *host_gids, struct id_maps *uids, struct id_maps *gids)
{
	char *copy = arena_strdup(a, text), *save = NULL;
	const char *wrong = NULL;

	*uids = *gids = (struct id_maps){ 0 };
	for (char *w = strtok_r(copy, ";", &save); w && !wrong; w = strtok_r(NULL, ";", &save)) {
		if (!strncmp(w, "uids=", 5) && !uids->n)
			wrong = parse_maps(a, w + 5, host_uids, uids);
		else if (!strncmp(w, "gids=", 5) && !gids->n)
			wrong = parse_maps(a, w + 5, host_gids, gids);
		else
			wrong = NOT_A_MAP;
	}
	if (!wrong && (!uids->n || !gids->n))
		wrong = "both uids= and gids= are needed";
	return wrong;
}
