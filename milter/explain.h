/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Explain: a decision and everything that led to it as JSON, for receipts and
 * for `baileyctl check'.  Text from outside that is not UTF-8 becomes ASCII.
 */
#ifndef MILTER_EXPLAIN_H
#define MILTER_EXPLAIN_H

#include <jansson.h>

#include "milter/stage.h"

/* Bytes beyond ASCII become '?' if it is not UTF-8; NULL without memory. */
json_t	*explain_string(const char *);
/* One member; NULL is left out. */
void	explain_text(json_t *, const char *key, const char *value);
/*
 * verdicts[{check result word action mode [would] reason props{}}] action [cause]
 * [exempt] [would would-cause] [reply]: of the recipient judged last, or of
 * the message.
 */
void	explain_decision(json_t *, const struct stage_walk *, const struct decision *);
/* skipped{check: why} */
void	explain_skipped(json_t *, const struct stage_walk *);
/* dns[{name type status ttl records[]}]: what was asked so far. */
void	explain_dns(json_t *, const struct stage_walk *);

#endif
