/* SPDX-License-Identifier: BSD-2-Clause */
/* Usage: the tables of commands as text for people. */
#ifndef CTL_USAGE_H
#define CTL_USAGE_H

#include <stdio.h>

#include "ctl/command.h"

const struct command *usage_find(const char *name);	/* NULL: there is none */
void	usage_all(FILE *);
void	usage_one(const struct command *, FILE *);

#endif
