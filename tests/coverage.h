/* SPDX-License-Identifier: Apache-2.0 */
/* For files whose work is done in children (COV=1): these write their counts before they end. */
#ifndef SBRUN_TESTS_COVERAGE_H
#define SBRUN_TESTS_COVERAGE_H

#include <gcov.h>
#include <unistd.h>

#define _exit(code) (__gcov_dump(), _exit(code))

#endif
