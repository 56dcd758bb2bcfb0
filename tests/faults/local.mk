# The fault tests (tests/faults/run) drive this program; the other three leave out one of the calls on which durability
# rests, and those tests have to notice.
if HAVE_CMOCKA
feed_sources = tests/faults/feed.c tests/faults/feed.h tests/faults/feed_record.c
FEEDS = tests/faults/feed tests/faults/feed-no-fdatasync tests/faults/feed-no-fsync tests/faults/feed-no-dirsync
check_PROGRAMS += $(FEEDS)
tests_faults_feed_SOURCES = $(feed_sources)
tests_faults_feed_LDADD = libpipeline.la
tests_faults_feed_no_fdatasync_SOURCES = $(feed_sources) recorder/sink/durable.c
tests_faults_feed_no_fdatasync_CPPFLAGS = $(AM_CPPFLAGS) -DTSR_FAULT_NO_FDATASYNC
tests_faults_feed_no_fdatasync_LDADD = libpipeline.la
tests_faults_feed_no_fsync_SOURCES = $(feed_sources) recorder/sink/durable.c
tests_faults_feed_no_fsync_CPPFLAGS = $(AM_CPPFLAGS) -DTSR_FAULT_NO_FSYNC
tests_faults_feed_no_fsync_LDADD = libpipeline.la
tests_faults_feed_no_dirsync_SOURCES = $(feed_sources) recorder/sink/durable.c
tests_faults_feed_no_dirsync_CPPFLAGS = $(AM_CPPFLAGS) -DTSR_FAULT_NO_DIRSYNC
tests_faults_feed_no_dirsync_LDADD = libpipeline.la
endif
EXTRA_DIST += tests/faults/run tests/faults/calls.py tests/faults/disks.py tests/faults/errors.py tests/faults/kills.py \
	tests/faults/lab.py tests/faults/leftovers.py tests/faults/machine.py tests/faults/names.py tests/faults/power.py
