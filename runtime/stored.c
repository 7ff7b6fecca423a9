/* SPDX-License-Identifier: Apache-2.0 */
#include "stored.h"

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "fd.h"

#include <errno.h>
#include <sys/stat.h>

struct spec *stored_config(struct arena *a, struct state_dir *sd, struct diags *dg)
{
	CLEANUP_FD fd = state_open_config(sd, dg);
	struct diags quiet;
	struct stat st;
	struct spec *s;
	char *text;
	ssize_t n;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0 || st.st_size > SPEC_MAX_BYTES) {
		diag_errno(dg, errno, "fstat", "config.json", "can't read the stored configuration");
		return NULL;
	}
	text = arena_alloc(a, (size_t)st.st_size + 1);
	n = read(fd, text, (size_t)st.st_size);
	diags_init(&quiet, a);
	s = n < 0 ? NULL : spec_load_text(a, text, (size_t)n, "config.json", 0, &quiet);
	if (!s)
		diag_error(dg, "the stored configuration of \"%s\" can't be read: %s", sd->id,
			   quiet.first ? diag_format(&quiet, quiet.first) : "read failed");
	return s;
}
