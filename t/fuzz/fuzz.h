/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz targets.  Each file here defines fuzz_one() and fuzz_name; make check
 * replays corpus/NAME, whole, cut at every length and with bytes changed.  To
 * search for more, in a build folder of its own (HACKING has what was found):
 *
 *	../configure CC=clang --enable-sanitizers=fuzzer-no-link,address,undefined
 *	make libbailey.a
 *	make t/fuzz/NAME CPPFLAGS=-DFUZZER LDFLAGS=-fsanitize=fuzzer
 *	t/fuzz/NAME -max_len=2000 NEW_FOLDER ../t/fuzz/corpus/NAME
 */
#ifndef T_FUZZ_FUZZ_H
#define T_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

extern const char fuzz_name[];
void	fuzz_one(const uint8_t *, size_t);

#endif
