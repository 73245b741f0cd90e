/* SPDX-License-Identifier: BSD-2-Clause */
/* From fields: reading them must end, and never give a domain that is not canonical, or one on a fault. */
#include "t/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "lib/mailbox.h"

const char fuzz_name[] = "mailbox";

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct mailbox_list list;
	char canon[NAME_TEXT_SIZE];
	enum mailbox_fault fault = mailbox_read((const char *)data, len, &list);

	if ((fault == MAILBOX_OK) != (list.domain[0] != '\0') ||
	    (list.other[0] != '\0' && strcmp(list.domain, list.other) == 0))
		abort();
	if (fault == MAILBOX_OK &&
	    (name_canon(list.domain, canon) != NAME_OK || strcmp(canon, list.domain) != 0))
		abort();
}
