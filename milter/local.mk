libbailey_a_SOURCES += \
	milter/authres.h \
	milter/conf.h \
	milter/policy.h \
	milter/reply.h \
	milter/stage.h \
	milter/summary.h
