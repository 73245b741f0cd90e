/* SPDX-License-Identifier: BSD-2-Clause */
/* DKIM-Signature fields, one to each NUL: what is read of one is complete, or has a fault. */
#include "t/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "checks/dkim_signature.h"
#include "t/fuzz/input.h"

const char fuzz_name[] = "dkim_signature";

#define FIELDS_MAX 20

static void
must_be_whole(const struct signature *s, const struct header *field)
{
	char domain[NAME_TEXT_SIZE];

	if (s->fault == NULL && (s->d == NULL || s->s == NULL || s->a == NULL || s->b == NULL ||
				    s->i == NULL || *s->domain == '\0' || s->key_name == NULL))
		abort();
	if (s->fault == NULL &&
	    (!signature_domain(field, domain) || strcmp(domain, s->domain) != 0))
		abort();
	if (s->length < -1 || s->expires < -1 || s->signed_at < -1)
		abort();
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct arena arena = {.cap = 1024 * 1024};
	struct header fields[FIELDS_MAX] = {{0}};
	struct signature *first = NULL, **next = &first;
	size_t chosen = 0;
	struct input in;

	input_open(&in, data, len);
	for (size_t n = 0; n < FIELDS_MAX && in.left > 0; n++) {
		fields[n].name = "DKIM-Signature";
		fields[n].value = input_part(&in, '\0', &fields[n].value_len);
		if (!signature_is_field(&fields[n]))
			abort();
		*next = signature_read(&fields[n], &arena);
		if (*next == NULL)
			abort();
		must_be_whole(*next, &fields[n]);
		next = &(*next)->next;
	}
	signature_choose(first, 3, "example.com");
	for (const struct signature *s = first; s != NULL; s = s->next) {
		chosen += s->chosen;
		if (s->b != NULL && signature_b(s, first, &arena) == NULL)
			abort();
	}
	if (chosen > 3)
		abort();
	arena_fini(&arena);
	input_close(&in);
}
