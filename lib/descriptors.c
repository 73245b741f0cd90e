/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel gives out the lowest free descriptor: from 0 upwards each gets its own. */
#include "lib/descriptors.h"

#include <fcntl.h>
#include <unistd.h>

int
descriptors_open_standard(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
			return -1;
	return 0;
}
