# The administrator's tool; each subcommand is a file.
sbin_PROGRAMS += baileyctl
baileyctl_SOURCES = \
	ctl/baileyctl.c \
	ctl/daemon.c \
	ctl/daemon.h \
	ctl/check.c \
	ctl/check.h \
	ctl/check_show.c \
	ctl/command.h \
	ctl/commands.c \
	ctl/commands.h \
	ctl/doctor.c \
	ctl/dump.c \
	ctl/forget.c \
	ctl/greylist.c \
	ctl/greylist_show.c \
	ctl/greylist_show.h \
	ctl/help.c \
	ctl/keeper.c \
	ctl/keeper.h \
	ctl/keygen.c \
	ctl/load.c \
	ctl/message.c \
	ctl/message.h \
	ctl/mode.c \
	ctl/progress.c \
	ctl/progress.h \
	ctl/reload.c \
	ctl/shadow_report.c \
	ctl/shadow_tally.c \
	ctl/shadow_tally.h \
	ctl/show.c \
	ctl/show.h \
	ctl/stats.c \
	ctl/status.c \
	ctl/top.c \
	ctl/trial.c \
	ctl/trial.h \
	ctl/usage.c \
	ctl/usage.h \
	ctl/verify.c \
	ctl/why.c
baileyctl_LDADD = libbailey.a $(BAILEY_LIBS)
