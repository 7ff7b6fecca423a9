/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Socket activation of the runtime itself, sd_listen_fds(3): descriptors 3 to 3+LISTEN_FDS-1 are for the
 * payload, before those of --preserve-fds. stage-2 sets LISTEN_PID to the pid that the payload has.
 */
#ifndef SBRUN_RUNTIME_LISTEN_ENV_H
#define SBRUN_RUNTIME_LISTEN_ENV_H

#include "launch.h"

/*
 * Looks at our environment; without LISTEN_PID, or with another process's, the variables are not for us. Sets
 * *l and adds to *preserve_fds. -1 with an error: LISTEN_FDS is no number.
 */
int listen_env_take(struct arena *a, struct listen_env *l, unsigned *preserve_fds, struct diags *dg);
/* LISTEN_FDS and LISTEN_FDNAMES for a process; what its configuration sets itself stays. */
void listen_env_give(struct arena *a, const struct listen_env *l, struct spec_process *p);

#endif
