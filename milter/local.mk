libbailey_a_SOURCES += \
	milter/authres.h \
	milter/conf.c \
	milter/conf.h \
	milter/conf_near.c \
	milter/conf_near.h \
	milter/conf_new.c \
	milter/conf_print.c \
	milter/conf_private.h \
	milter/conf_table.c \
	milter/conf_text.c \
	milter/conf_value.c \
	milter/policy.c \
	milter/policy.h \
	milter/reply.h \
	milter/stage.h \
	milter/summary.h
