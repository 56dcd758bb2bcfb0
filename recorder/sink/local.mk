librecorder_la_SOURCES += \
	recorder/sink/space.c recorder/sink/space.h \
	recorder/sink/recover.c recorder/sink/recover.h \
	recorder/sink/recover_format.c recorder/sink/recover_format.h \
	recorder/sink/recover_playlist.c recorder/sink/recover_playlist.h \
	recorder/sink/recover_mkv.c recorder/sink/recover_mp4.c recorder/sink/recover_ts.c \
	recorder/sink/mkvscan.c recorder/sink/mkvscan.h \
	recorder/sink/mp4scan.c recorder/sink/mp4scan.h \
	recorder/sink/window.c recorder/sink/window.h \
	recorder/sink/tsscan.c recorder/sink/tsscan.h \
	recorder/sink/tstables.c recorder/sink/tstables.h \
	recorder/sink/walk.c recorder/sink/walk.h \
	recorder/sink/beneath.c recorder/sink/beneath.h \
	recorder/sink/chunks.c recorder/sink/chunks.h \
	recorder/sink/digest.c recorder/sink/digest.h \
	recorder/sink/durable.c recorder/sink/durable.h \
	recorder/sink/file.c recorder/sink/file.h recorder/sink/file_private.h recorder/sink/file_turn.c \
	recorder/sink/listfile.c recorder/sink/listfile.h \
	recorder/sink/memory.c recorder/sink/memory.h \
	recorder/sink/sink.h \
	recorder/sink/stem.h \
	recorder/sink/tsstretch.c recorder/sink/tsstretch.h \
	recorder/sink/textfile.c recorder/sink/textfile.h \
	recorder/sink/threshold.c recorder/sink/threshold.h \
	recorder/sink/writers.c recorder/sink/writers.h
