librecorder_la_SOURCES +=
