/* SPDX-License-Identifier: BSD-2-Clause */
/* Words: the lines of a script taken apart. */
#ifndef T_MTACLIENT_WORDS_H
#define T_MTACLIENT_WORDS_H

#include "lib/buf.h"

/* Appends text with \n \r \t \0 \\ \xHH and \{60000*ab} written out. */
void	 words_unescape(struct buf *, const char *);
/* Cuts the next word off; "" at the end. */
char	*words_next(char **rest);

#endif
