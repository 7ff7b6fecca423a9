/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBRUN_RUNTIME_VERSION_H
#define SBRUN_RUNTIME_VERSION_H

#ifndef SBRUN_VERSION /* the Makefile gives it */
#define SBRUN_VERSION "unknown"
#endif
#ifndef SBRUN_COMMIT
#define SBRUN_COMMIT "unknown"
#endif

/* The runtime-spec versions whose configurations are understood; a later 1.x is accepted too. */
#define OCI_VERSION_MIN "1.0.0"
#define OCI_VERSION_MAX "1.3.0"

#endif
