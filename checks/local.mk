libbailey_a_SOURCES += \
	checks/action.c \
	checks/action.h \
	checks/check.h \
	checks/word.c
