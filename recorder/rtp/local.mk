librecorder_la_SOURCES += \
	recorder/rtp/clockmap.c recorder/rtp/clockmap.h \
	recorder/rtp/inbox.c recorder/rtp/inbox.h \
	recorder/rtp/jitbuf.c recorder/rtp/jitbuf.h \
	recorder/rtp/mediatypes.c recorder/rtp/mediatypes.h \
	recorder/rtp/packet.c recorder/rtp/packet.h \
	recorder/rtp/ratemeter.c recorder/rtp/ratemeter.h \
	recorder/rtp/rival.c recorder/rtp/rival.h \
	recorder/rtp/seq.h \
	recorder/rtp/timeline.c recorder/rtp/timeline.h
