/* SPDX-License-Identifier: BSD-2-Clause */
/* Fakewalk: a connection without an MTA, with made-up checks. */
#ifndef T_UNIT_FAKEWALK_H
#define T_UNIT_FAKEWALK_H

#include "milter/stage.h"
#include "t/unit/fakechecks.h"

/* From 192.0.2.1, which the MTA calls "[client]", to mx.example.org; for tests to change a copy. */
extern const struct connection fakewalk_client;
extern struct clock_fake fakewalk_now;	/* set anew with each walk */

/* It begins, under that configuration, which must be right. */
struct stage_walk *fakewalk(const char *conf, const struct connection *);

#endif
