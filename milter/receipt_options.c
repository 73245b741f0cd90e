/* SPDX-License-Identifier: BSD-2-Clause */
/* The section receipts. */
#include "milter/receipt_options.h"

#include <stddef.h>

#define DAY 86400000

/* clang-format off */
const struct option receipt_option_table[] = {
	{"keep", OPTION_DURATION, offsetof(struct receipt_options, keep), "7d", .min = 60000, .max = 400LL * DAY},
	{"maximum", OPTION_INT, offsetof(struct receipt_options, maximum), "100000", .min = 0, .max = 100000000},
	{"deliveries", OPTION_INT, offsetof(struct receipt_options, deliveries), "0", .min = 0, .max = 1000000},
	{.key = NULL}
};
/* clang-format on */
