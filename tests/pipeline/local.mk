# Tests of the whole engine, through recorder.h alone, and of janus-tsrec. A program NAME is built from tests/pipeline/NAME.c
# and the helpers below.
check_LTLIBRARIES += libpipeline.la
libpipeline_la_SOURCES = \
	tests/pipeline/call.c tests/pipeline/call.h \
	tests/pipeline/capfile.c tests/pipeline/capfile.h \
	tests/pipeline/capture_util.c tests/pipeline/capture_util.h \
	tests/pipeline/command.c tests/pipeline/command.h \
	tests/pipeline/harness.c tests/pipeline/harness.h \
	tests/pipeline/hlscheck.c tests/pipeline/hlscheck.h \
	tests/pipeline/media.c tests/pipeline/media.h \
	tests/pipeline/pictures.c tests/pipeline/pictures.h \
	tests/pipeline/sender.c tests/pipeline/sender.h \
	tests/pipeline/tscheck.c tests/pipeline/tscheck.h \
	tests/pipeline/usage.c tests/pipeline/usage.h
libpipeline_la_LIBADD = libcapture.la librecorder.la

pipeline_libs = libpipeline.la $(CMOCKA_LIBS)
PIPELINE_TESTS =
PIPELINE_TESTS += tests/pipeline/test_list
tests_pipeline_test_list_LDADD = $(pipeline_libs) $(JANSSON_LIBS)
tests_pipeline_test_list_DEPENDENCIES = libpipeline.la janus-tsrec
PIPELINE_TESTS += tests/pipeline/test_capture
tests_pipeline_test_capture_LDADD = $(pipeline_libs)
PIPELINE_TESTS += tests/pipeline/test_capture_oddities
tests_pipeline_test_capture_oddities_LDADD = $(pipeline_libs)
PIPELINE_TESTS += tests/pipeline/test_containers
tests_pipeline_test_containers_LDADD = $(pipeline_libs)
PIPELINE_TESTS += tests/pipeline/test_hls
tests_pipeline_test_hls_LDADD = $(pipeline_libs)
PIPELINE_TESTS += tests/pipeline/test_mjr
tests_pipeline_test_mjr_LDADD = $(pipeline_libs)
PIPELINE_TESTS += tests/pipeline/test_recording
tests_pipeline_test_recording_LDADD = $(pipeline_libs)
PIPELINE_TESTS += tests/pipeline/test_tsrec
tests_pipeline_test_tsrec_LDADD = $(pipeline_libs) $(JANSSON_LIBS)
tests_pipeline_test_tsrec_DEPENDENCIES = libpipeline.la janus-tsrec
PIPELINE_TESTS += tests/pipeline/test_long
tests_pipeline_test_long_LDADD = $(pipeline_libs)
PIPELINE_TESTS += tests/pipeline/test_threads
tests_pipeline_test_threads_LDADD = $(pipeline_libs)
check_PROGRAMS += $(PIPELINE_TESTS)
TESTS += $(PIPELINE_TESTS)
EXTRA_DIST += tests/data/README tests/data/gray.h264 tests/data/janus-h264.mjr tests/data/janus-opus.mjr \
	 tests/data/small.h264 tests/data/small.ivf tests/data/small.opus
PIPELINE_TESTS += tests/pipeline/test_busy
tests_pipeline_test_busy_LDADD = $(pipeline_libs)
PIPELINE_TESTS += tests/pipeline/test_control
tests_pipeline_test_control_LDADD = $(pipeline_libs)
PIPELINE_TESTS += tests/pipeline/test_warnings
tests_pipeline_test_warnings_LDADD = $(pipeline_libs)
PIPELINE_TESTS += tests/pipeline/test_tracks
tests_pipeline_test_tracks_LDADD = $(pipeline_libs)
PIPELINE_TESTS += tests/pipeline/test_rtp
tests_pipeline_test_rtp_LDADD = $(pipeline_libs)
PIPELINE_TESTS += tests/pipeline/test_pictures
tests_pipeline_test_pictures_LDADD = $(pipeline_libs)
PIPELINE_TESTS += tests/pipeline/test_rotation
tests_pipeline_test_rotation_LDADD = $(pipeline_libs)
PIPELINE_TESTS += tests/pipeline/test_start
tests_pipeline_test_start_LDADD = $(pipeline_libs)
PIPELINE_TESTS += tests/pipeline/test_player
tests_pipeline_test_player_LDADD = $(pipeline_libs)
