/* SPDX-License-Identifier: BSD-2-Clause */
/* All subcommands, in the order of help. */
#include "ctl/commands.h"

const struct command *const command_table[] = {
    &command_status,
    &command_stats,
    &command_top,
    &command_why,
    &command_shadow_report,
    &command_greylist,
    &command_forget,
    &command_dump,
    &command_load,
    &command_verify,
    &command_reload,
    &command_mode,
    &command_check,
    &command_doctor,
    &command_dkim_keygen,
    &command_help,
    NULL,
};
