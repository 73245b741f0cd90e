/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The policy vocabulary: what a result may do to a message.
 * Weaker to stronger; among several the strongest wins.
 */
#ifndef CHECKS_ACTION_H
#define CHECKS_ACTION_H

#include <stdbool.h>

enum action {
	ACTION_PASS,			/* nothing */
	ACTION_SUSPECT,			/* evidence: greylisting applies, confirms a reject-if-suspect */
	ACTION_QUARANTINE,		/* hold queue */
	ACTION_DISCARD,			/* accept and throw away; logged as such */
	ACTION_TEMPFAIL,		/* 4xx: come back */
	ACTION_REJECT_IF_SUSPECT,	/* 5xx, only if another check found evidence; else evidence itself */
	ACTION_REJECT,			/* 5xx */
	ACTION_ACCEPT,			/* verdicts of later checks no longer count */
	ACTION_COUNT
};

enum mode { MODE_ENFORCE, MODE_SHADOW, MODE_OFF, MODE_COUNT };

/* As in the configuration: "reject-if-suspect". */
const char	*action_text(enum action);
bool		 action_parse(const char *, enum action *out);
const char	*mode_text(enum mode);
bool		 mode_parse(const char *, enum mode *out);

#endif
