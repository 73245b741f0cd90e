/* SPDX-License-Identifier: BSD-2-Clause */
/* House: a daemon's surroundings for targets: every check in force, a few answers from the DNS. */
#ifndef T_FUZZ_HOUSE_H
#define T_FUZZ_HOUSE_H

#include "milter/house.h"

/* A configuration in which all checks have something to do; a reference. */
struct conf	*house_conf(void);
/* Made once: that configuration is in force, the store in memory is open. */
struct house	*house_of_all(void);

#endif
