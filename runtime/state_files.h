/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the state store share among themselves; the contract for others is state.h. */
#ifndef SBRUN_RUNTIME_STATE_FILES_H
#define SBRUN_RUNTIME_STATE_FILES_H

#include "../spec/arena.h"
#include "../spec/diag.h"
#include "state.h"

#define STATE_FILE      "state.json"
#define STATE_FILE_NEW  "state.json.new"
#define CONFIG_FILE     "config.json"
#define RESOURCES_FILE  "resources.json"
#define RESOURCES_NEW   "resources.json.new"
#define GATE_FILE       "gate"
#define NOTIFY_DIR      "notify"
#define END_FILE        "end"
#define HELD_FILE       "held"
#define UPPERS_DIR      ".uppers"

enum { STATE_MAX_BYTES = 1 << 20 };

/* Whether an ID keeps the rule of state_check_id. */
bool state_id_valid(const char *id);

/*
 * A directory below `at` (or a path), refused unless it is ours and nobody else may write to
 * it. -ENOENT, without an error in dg, when there is none.
 */
int state_open_dir(int at, const char *name, int flags, const char *path, struct diags *dg);

/* Release the claims of sd->id: those in st->uppers, or all when the creation was not completed. */
int uppers_release(struct state_dir *sd, const struct state *st, struct diags *dg);

/* A file of ROOT/ID to read: fd and its size, -ENOENT without an error, or -1 with one. */
int state_open_file(struct state_dir *sd, const char *name, size_t *size, struct diags *dg);

/* The error for an ID that isn't there; notes it in sd. */
void state_missing(struct state_dir *sd, struct diags *dg);

#endif
