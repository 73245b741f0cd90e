libbailey_a_SOURCES += \
	milter/answer.c \
	milter/answer.h \
	milter/answer_mta.c \
	milter/answer_forget.c \
	milter/answer_greylist.c \
	milter/answer_greylist.h \
	milter/answer_greylist_change.c \
	milter/answer_greylist_key.c \
	milter/answer_memory.c \
	milter/answer_memory.h \
	milter/answer_memory_private.h \
	milter/answer_private.h \
	milter/answer_stats.c \
	milter/answer_value.c \
	milter/authres.c \
	milter/authres.h \
	milter/census.c \
	milter/census.h \
	milter/conf.c \
	milter/conf.h \
	milter/conf_class.c \
	milter/conf_current.c \
	milter/conf_near.c \
	milter/conf_near.h \
	milter/conf_new.c \
	milter/conf_print.c \
	milter/conf_private.h \
	milter/conf_table.c \
	milter/conf_text.c \
	milter/conf_value.c \
	milter/house.c \
	milter/house.h \
	milter/control.c \
	milter/control.h \
	milter/explain.c \
	milter/explain.h \
	milter/history.c \
	milter/history.h \
	milter/listen.c \
	milter/listen.h \
	milter/memory.c \
	milter/memory.h \
	milter/metrics.c \
	milter/metrics.h \
	milter/metrics_options.c \
	milter/metrics_text.c \
	milter/mta.c \
	milter/mta.h \
	milter/notify.c \
	milter/notify.h \
	milter/policy.c \
	milter/policy.h \
	milter/privs.c \
	milter/privs.h \
	milter/receipt.c \
	milter/receipt.h \
	milter/receipt_options.c \
	milter/receipt_options.h \
	milter/reload.c \
	milter/reload.h \
	milter/reply.c \
	milter/reply.h \
	milter/shadow.c \
	milter/shadow.h \
	milter/sandbox.c \
	milter/sandbox.h \
	milter/sandbox_calls.c \
	milter/sandbox_files.c \
	milter/sandbox_private.h \
	milter/stage.c \
	milter/stage.h \
	milter/stage_private.h \
	milter/stage_run.c \
	milter/stage_view.c \
	milter/stats.c \
	milter/stats.h \
	milter/summary.c \
	milter/summary.h \
	milter/txn.c

# What knows libmilter, and what depends on that.
session_sources = \
	milter/edit.c \
	milter/edit.h \
	milter/macros.c \
	milter/macros.h \
	milter/reply_set.c \
	milter/reply_set.h \
	milter/session.c \
	milter/session.h
sbin_PROGRAMS += bailey
bailey_SOURCES = milter/main.c milter/shortage.c milter/shortage.h milter/signals.c \
	milter/signals.h $(session_sources)
bailey_LDADD = libbailey.a $(MILTER_LIBS) $(BAILEY_LIBS)
