/* SPDX-License-Identifier: BSD-2-Clause */
/* What check shows, and why too. */
#ifndef CTL_CHECK_H
#define CTL_CHECK_H

#include <jansson.h>

void	check_show(const json_t *trial);
/* Verdicts and decision (milter/explain.h). */
void	show_decided(const json_t *);

#endif
