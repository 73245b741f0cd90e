/* SPDX-License-Identifier: BSD-2-Clause */
/* PSL: RFC 7489's way to the organizational domain, by the public suffix list (3.2, 6.6.3). */
#ifndef CHECKS_DMARC_PSL_H
#define CHECKS_DMARC_PSL_H

#include "checks/dmarc/walk.h"

/* Whether there is a list: the filter can be built without. */
bool	dmarc_psl_is_there(void);
/* Tags of RFC 9989 for walks (psd) mean nothing here. */
extern const struct dmarc_discovery dmarc_by_psl;

#endif
