/* SPDX-License-Identifier: Apache-2.0 */
/* Which part of the runtime-spec a field belongs to. */
#include "../../spec/clause.h"
#include "tap.h"

int main(void)
{
	is_text(spec_clause("/linux/namespaces/3/type"), "config-linux.md, Namespaces", "below a row");
	is_text(spec_clause("/linux/namespaces"), "config-linux.md, Namespaces", "the row itself");
	is_text(spec_clause("/linux/namespacesX"), "config-linux.md, Linux Container Configuration", "not a longer name");
	is_text(spec_clause("/mounts/12/options/0"), "config.md, Linux mount options", "with a number between");
	is_text(spec_clause("/mounts/0/overlay/lowerdirs"), NULL, "a field of sbrun's own in one of the spec's");
	is_text(spec_clause("/sbrun/init"), NULL, "a field of sbrun's own");
	is_text(spec_clause(""), NULL, "the whole");
	is_text(spec_clause("/elsewhere"), NULL, "unknown");
	return tap_end();
}
