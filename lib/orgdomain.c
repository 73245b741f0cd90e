/* SPDX-License-Identifier: BSD-2-Clause */
/* The public suffix list as the system has it. */
#include "config.h"

#include "lib/orgdomain.h"

#ifdef HAVE_LIBPSL
#include <libpsl.h>

const char *
orgdomain(const char *name)
{
	return psl_registrable_domain(psl_builtin(), name);
}
#else
const char *
orgdomain(const char *name)
{
	return name;
}
#endif
