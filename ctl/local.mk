sbin_PROGRAMS += bailey-db
bailey_db_SOURCES = ctl/bailey_db.c
bailey_db_LDADD = libbailey.a $(BAILEY_LIBS)
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
	ctl/doctor/clock.c \
	ctl/doctor/daemon.c \
	ctl/doctor/dkim.c \
	ctl/doctor/dmarc.c \
	ctl/doctor/doctor.c \
	ctl/doctor/doctor.h \
	ctl/doctor/lists.c \
	ctl/doctor/mta.c \
	ctl/doctor/name.c \
	ctl/doctor/postfix.c \
	ctl/doctor/resolver.c \
	ctl/doctor/rivals.c \
	ctl/doctor/sendmail.c \
	ctl/doctor/site.c \
	ctl/doctor/socket.c \
	ctl/doctor/spf.c \
	ctl/doctor/store.c \
	ctl/help.c \
	ctl/keygen.c \
	ctl/message.c \
	ctl/message.h \
	ctl/mode.c \
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
	ctl/why.c
baileyctl_LDADD = libbailey.a $(BAILEY_LIBS)
