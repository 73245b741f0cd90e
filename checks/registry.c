/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every check, in the order they judge.  A check stands behind those it names
 * in `after'; among equal actions the first one is the cause of a decision.
 */
#include "checks/access.h"
#include "checks/author.h"
#include "checks/dkim.h"
#include "checks/dmarc.h"
#include "checks/dnsbl.h"
#include "checks/greylist.h"
#include "checks/helo.h"
#include "checks/rdns.h"
#include "checks/recipient.h"
#include "checks/sender.h"
#include "checks/sign.h"
#include "checks/spf.h"

const struct check *const check_registry[] = {
    &check_access, /* first: it may spare others */
    &check_rdns,
    &check_helo,
    &check_sender,
    &check_recipient,
    &check_dnsbl,
    &check_spf,
    &check_author,
    &check_dkim,
    &check_dmarc,
    &check_sign,
    &check_greylist, /* last: it needs all evidence */
    NULL,
};
