/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Watch: whether the DNS publishes the keys we sign with.  Asked in the
 * background after a start and a reload; what is wrong goes to the log, for
 * nobody else would tell.  The service of the check `sign'.
 */
#ifndef CHECKS_SIGN_WATCH_H
#define CHECKS_SIGN_WATCH_H

#include "checks/sign.h"

void	*sign_watch_open(const struct check_env *);
void	 sign_watch_tick(void *, const struct check_env *);
void	 sign_watch_close(void **);

#endif
