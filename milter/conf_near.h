/* SPDX-License-Identifier: BSD-2-Clause */
/* Near: which known word somebody may have meant. */
#ifndef MILTER_CONF_NEAR_H
#define MILTER_CONF_NEAR_H

/* The better guess of best (NULL: none yet) and candidate; NULL if neither is near. */
const char	*conf_nearer(const char *typed, const char *best, const char *candidate);

#endif
