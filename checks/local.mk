libbailey_a_SOURCES += \
	checks/action.c \
	checks/action.h \
	checks/check.h \
	checks/helo.c \
	checks/helo.h \
	checks/rdns.c \
	checks/rdns.h \
	checks/registry.c \
	checks/word.c
