# What recordings there are: SQLite, GLib, jansson to read reports. No Janus, and nothing of the engine.
noinst_LTLIBRARIES += libcatalogue.la
libcatalogue_la_SOURCES = \
	catalogue/catalogue.c catalogue/catalogue.h catalogue/catalogue_private.h \
	catalogue/database.c catalogue/database.h \
	catalogue/list.c \
	catalogue/look.c catalogue/look.h catalogue/place.h \
	catalogue/query.c catalogue/query.h \
	catalogue/scan.c \
	catalogue/schema.c catalogue/schema.h \
	catalogue/write.c catalogue/write.h
libcatalogue_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(SQLITE_CFLAGS)
libcatalogue_la_LIBADD = $(JANSSON_LIBS) $(SQLITE_LIBS)
