/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Descriptors: 0, 1 and 2 mean standard input, output and error to everybody.
 * Who started us may have closed them, and then the next file or socket we
 * open would be taken for one of them.
 */
#ifndef LIB_DESCRIPTORS_H
#define LIB_DESCRIPTORS_H

/*
 * Open those that are closed: reading ends at once, writing still fails.  The
 * first thing in main().  0, or -1 with errno.
 */
int	descriptors_open_standard(void);

#endif
