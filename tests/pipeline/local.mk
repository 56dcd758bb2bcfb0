# Tests of the whole engine, through recorder.h alone, and of the tool's capture readers. A program NAME is built from
# tests/pipeline/NAME.c.
PIPELINE_TESTS =
PIPELINE_TESTS += tests/pipeline/test_capture
tests_pipeline_test_capture_LDADD = libcapture.la $(LDADD)
check_PROGRAMS += $(PIPELINE_TESTS)
TESTS += $(PIPELINE_TESTS)
