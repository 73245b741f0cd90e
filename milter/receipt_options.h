/* SPDX-License-Identifier: BSD-2-Clause */
/* Which receipts are kept, and for how long. */
#ifndef MILTER_RECEIPT_OPTIONS_H
#define MILTER_RECEIPT_OPTIONS_H

#include "lib/option.h"

struct receipt_options {
	int64_t	keep;		/* ms */
	int64_t	maximum;	/* receipts */
	int64_t	deliveries;	/* one of so many is kept; 0: none */
};
extern const struct option receipt_option_table[];	/* section "receipts" */

#endif
