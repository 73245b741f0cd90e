/* SPDX-License-Identifier: BSD-2-Clause */
/* The subcommands, each of a file of its own. */
#ifndef CTL_COMMANDS_H
#define CTL_COMMANDS_H

#include "ctl/command.h"

extern const struct command command_check, command_dkim_keygen, command_doctor, command_dump,
    command_forget, command_greylist, command_help, command_load, command_mode, command_reload,
    command_shadow_report, command_stats, command_status, command_top, command_verify, command_why;

#endif
