# What `tests/run bench` measures with.
if HAVE_CMOCKA # as the helpers in tests/pipeline
bench_programs = tests/bench/engine tests/bench/make_captures
check_PROGRAMS += $(bench_programs)
tests_bench_engine_LDADD = libpipeline.la
tests_bench_make_captures_LDADD = libpipeline.la
endif
# From RTP to frames alone: without what librecorder is linked to for the rest.
check_PROGRAMS += tests/bench/frames
tests_bench_frames_LDFLAGS = -Wl,--as-needed
tests_bench_frames_LDADD = librecorder.la
check_PROGRAMS += tests/bench/make_reports
tests_bench_make_reports_LDADD =
if HAVE_JANUS
check_LTLIBRARIES += tests/bench/libjanus_timed.la
tests_bench_libjanus_timed_la_SOURCES = tests/bench/timed_plugin.c
tests_bench_libjanus_timed_la_CPPFLAGS = $(AM_CPPFLAGS) $(JANUS_CFLAGS)
tests_bench_libjanus_timed_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_bench_libjanus_timed_la_LDFLAGS = $(test_module_ldflags) -export-symbols-regex '^create$$'
tests_bench_libjanus_timed_la_LIBADD = $(JANSSON_LIBS) -ldl
endif
EXTRA_DIST += tests/bench/callback.mjs tests/bench/catalogue.mjs tests/bench/chart.py tests/bench/feed.mjs tests/bench/live.mjs tests/bench/measure.py \
	tests/bench/run tests/bench/scale.svg
