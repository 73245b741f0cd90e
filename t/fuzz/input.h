/* SPDX-License-Identifier: BSD-2-Clause */
/* Input: what a target is given, in parts, as strings, as files, and over a socket. */
#ifndef T_FUZZ_INPUT_H
#define T_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct input {
	char	*text;		/* a copy, NUL behind it */
	char	*rest;
	size_t	 left;
};
void	 input_open(struct input *, const uint8_t *, size_t);
void	 input_close(struct input *);
/* All up to the end byte, which becomes NUL and is skipped; "" at the end.  len_r may be NULL. */
char	*input_part(struct input *, char end, size_t *len_r);
char	*input_line(struct input *);
/* Each line of it to read. */
void	 input_lines(const uint8_t *, size_t, void (*read_line)(const char *));
/* A file that holds these bytes until the next call with this slot; its path. */
#define INPUT_FILES	3
const char *input_file(unsigned slot, const void *, size_t);
FILE	*input_stream(const void *, size_t);	/* reading; len may be 0 */

/* A listening socket without a name in the file system. */
int	 input_listen(void);
/* Say all this to it and hang up; how much of what comes back fits into room. */
size_t	 input_say(int listener, const void *, size_t, char *room, size_t size);

#endif
