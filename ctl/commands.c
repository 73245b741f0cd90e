/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/commands.h"

const struct command *const command_table[] = {
    &command_dkim_keygen,
    &command_help,
    NULL,
};
