/* SPDX-License-Identifier: BSD-2-Clause */
/* Metrics: the stats for Prometheus, over HTTP at /metrics. */
#ifndef MILTER_METRICS_H
#define MILTER_METRICS_H

#include <stdio.h>

#include "lib/buf.h"
#include "lib/option.h"

struct dns;

struct metrics_options {
	const char	*listen;	/* as written; NULL: no metrics */
	const char	*where;		/* the same for listen_open() */
};
extern const struct option metrics_option_table[];	/* section "metrics" */
/* As option_section.finish. */
int	 metrics_options_finish(void *, struct arena *, const char **why_r);

/* Serve on that listening socket; its descriptor is the server's then.  0, or -1 with why. */
int	 metrics_start(int fd, struct dns *, struct buf *why);

/* metrics_text.c: the exposition format 0.0.4.  False: writing failed. */
bool	 metrics_write(FILE *, struct dns *);

#endif
