/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz targets.  Each file here defines fuzz_one() and fuzz_name.  With
 * clang -fsanitize=fuzzer -DFUZZER they are libFuzzer targets; make check
 * replays corpus/NAME, whole, cut at every length and with bytes changed.
 */
#ifndef T_FUZZ_FUZZ_H
#define T_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

extern const char fuzz_name[];
void	fuzz_one(const uint8_t *, size_t);

#endif
