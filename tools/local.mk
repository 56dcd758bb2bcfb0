# janus-tsrec, and what reads its files as a library of its own so that tests can use them without the tool.
noinst_LTLIBRARIES += libcapture.la
libcapture_la_SOURCES = \
	tools/capture/capture.c tools/capture/capture.h \
	tools/capture/copies.c tools/capture/copies.h \
	tools/capture/flows.c tools/capture/flows.h \
	tools/capture/link.c tools/capture/link.h \
	tools/capture/mjr.c \
	tools/capture/payloads.c tools/capture/payloads.h \
	tools/capture/pcap.c \
	tools/capture/records.c tools/capture/records.h \
	tools/capture/rtpclock.c tools/capture/rtpclock.h \
	tools/capture/source.c tools/capture/source.h \
	tools/section.c tools/section.h \
	tools/tr101290.c tools/tr101290.h \
	tools/tsfile.c tools/tsfile.h
libcapture_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libcapture_la_LIBADD = $(JANSSON_LIBS)

bin_PROGRAMS += janus-tsrec
janus_tsrec_SOURCES = \
	tools/convert.c tools/convert.h \
	tools/convert_options.c \
	tools/destination.c \
	tools/inspect.c \
	tools/list.c \
	tools/main.c \
	tools/merge.c tools/merge.h \
	tools/recover.c \
	tools/stats.c \
	tools/tsrec.h \
	tools/verify.c
janus_tsrec_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
janus_tsrec_LDADD = libcatalogue.la libcapture.la librecorder.la $(JANSSON_LIBS)
dist_man_MANS += tools/janus-tsrec.1
