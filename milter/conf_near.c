/* SPDX-License-Identifier: BSD-2-Clause */
/* Edit distance, small because keys are short. */
#include "milter/conf_near.h"

#include <stddef.h>
#include <string.h>

#define KEY_MAX 40 /* characters; nothing longer resembles a key */

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Letters to insert, delete or change. */
static size_t
distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), row[KEY_MAX + 1];

	if (la > KEY_MAX || lb > KEY_MAX)
		return KEY_MAX;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t above = row[j];

			row[j] =
			    least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[lb];
}

const char *
conf_nearer(const char *typed, const char *best, const char *candidate)
{
	size_t limit = best != NULL ? distance(typed, best) : 1 + strlen(typed) / 3 + 1;

	return distance(typed, candidate) < limit ? candidate : best;
}
