dist_man_MANS += \
	doc/bailey-shared.7 \
	doc/bailey.8 \
	doc/bailey.conf.5 \
	doc/baileyctl.8

EXTRA_DIST += doc/PERFORMANCE
