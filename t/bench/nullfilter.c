/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nullfilter: a filter that does nothing, on the same libmilter, to tell what
 * the plumbing costs.
 *
 *	nullfilter unix:PATH [quiet]
 *
 * It answers every callback, and adds a field at the end as Bailey does.  quiet:
 * it answers only where Bailey does.
 */
#include <libmilter/mfapi.h>
#include <stdio.h>
#include <string.h>

#define QUIET                                                                          \
	(SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY | \
	    SMFIP_NODATA | SMFIP_NOUNKNOWN)

static unsigned long unwanted;

/* What a silent step is answered with. */
static sfsistat
answer(unsigned long step)
{
	return (unwanted & step) != 0 ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps, unsigned long f2,
    unsigned long f3, unsigned long *actions_r, unsigned long *steps_r, unsigned long *f2_r,
    unsigned long *f3_r)
{
	(void)ctx;
	(void)f2;
	(void)f3;
	*actions_r = actions & SMFIF_ADDHDRS;
	*steps_r = steps & (unwanted | SMFIP_HDR_LEADSPC);
	*f2_r = *f3_r = 0;
	return SMFIS_CONTINUE;
}

static sfsistat
on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *sa)
{
	(void)ctx;
	(void)host;
	(void)sa;
	return answer(SMFIP_NR_CONN);
}

static sfsistat
on_helo(SMFICTX *ctx, char *name)
{
	(void)ctx;
	(void)name;
	return answer(SMFIP_NR_HELO);
}

static sfsistat
on_envelope(SMFICTX *ctx, char **argv)
{
	(void)ctx;
	(void)argv;
	return SMFIS_CONTINUE;
}

static sfsistat
on_data(SMFICTX *ctx)
{
	(void)ctx;
	return SMFIS_CONTINUE;
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
	(void)ctx;
	(void)name;
	(void)value;
	return answer(SMFIP_NR_HDR);
}

static sfsistat
on_eoh(SMFICTX *ctx)
{
	(void)ctx;
	return answer(SMFIP_NR_EOH);
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *bytes, size_t len)
{
	(void)ctx;
	(void)bytes;
	(void)len;
	return answer(SMFIP_NR_BODY);
}

static sfsistat
on_eom(SMFICTX *ctx)
{
	char name[] = "Authentication-Results", value[] = " mx.example.org; none";

	return smfi_insheader(ctx, 0, name, value) == MI_SUCCESS ? SMFIS_CONTINUE : SMFIS_TEMPFAIL;
}

int
main(int argc, char **argv)
{
	char name[] = "nullfilter";
	struct smfiDesc desc = {
	    .xxfi_name = name,
	    .xxfi_version = SMFI_VERSION,
	    .xxfi_flags = SMFIF_ADDHDRS,
	    .xxfi_connect = on_connect,
	    .xxfi_helo = on_helo,
	    .xxfi_envfrom = on_envelope,
	    .xxfi_envrcpt = on_envelope,
	    .xxfi_data = on_data,
	    .xxfi_header = on_header,
	    .xxfi_eoh = on_eoh,
	    .xxfi_body = on_body,
	    .xxfi_eom = on_eom,
	    .xxfi_negotiate = on_negotiate,
	};

	if (argc < 2 || (argc == 3 && strcmp(argv[2], "quiet") != 0) || argc > 3) {
		(void)fputs("usage: nullfilter unix:PATH [quiet]\n", stderr);
		return 2;
	}
	unwanted = argc == 3 ? QUIET : 0;
	if (smfi_register(desc) != MI_SUCCESS || smfi_setconn(argv[1]) != MI_SUCCESS)
		return 1;
	return smfi_main() == MI_SUCCESS ? 0 : 1;
}
