/* SPDX-License-Identifier: BSD-2-Clause */
/* Reply_set: hands a reply to libmilter. */
#ifndef MILTER_REPLY_SET_H
#define MILTER_REPLY_SET_H

#include <libmilter/mfapi.h>

#include "milter/reply.h"

/*
 * Returns what the callback must return, at once: SMFIS_TEMPFAIL for 4xx,
 * SMFIS_REJECT for 5xx.  An unused reply would stay with libmilter and be used
 * by a later callback, so nothing may come between.
 */
sfsistat reply_set(SMFICTX *, const struct reply *);

#endif
