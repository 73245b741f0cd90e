/* SPDX-License-Identifier: BSD-2-Clause */
/* Records and answers of greylisting for people (milter/answer_memory.h). */
#ifndef CTL_GREYLIST_SHOW_H
#define CTL_GREYLIST_SHOW_H

#include <jansson.h>
#include <stdint.h>

void	greylist_show_head(void);
/* One line. */
void	greylist_show_record(const json_t *, int64_t now);
/* What greylist-ask says. */
void	greylist_show_answers(const json_t *);

#endif
