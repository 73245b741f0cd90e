/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the subcommand check share. */
#ifndef CTL_CHECK_H
#define CTL_CHECK_H

#include <jansson.h>

void	check_show(const json_t *trial);

#endif
