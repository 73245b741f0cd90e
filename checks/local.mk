libbailey_a_SOURCES += \
	checks/action.h \
	checks/check.h
