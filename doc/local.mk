dist_man_MANS += \
	doc/bailey-db.8 \
	doc/bailey.8 \
	doc/baileyctl.8 \
	doc/bailey.conf.5
