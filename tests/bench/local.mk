# What `tests/run bench` measures with.
if HAVE_CMOCKA # as the helpers in tests/pipeline
bench_programs = tests/bench/engine tests/bench/make_captures
check_PROGRAMS += $(bench_programs)
tests_bench_engine_LDADD = libpipeline.la
tests_bench_make_captures_LDADD = libpipeline.la
endif
EXTRA_DIST += tests/bench/chart.py tests/bench/feed.mjs tests/bench/live.mjs tests/bench/measure.py tests/bench/run tests/bench/scale.svg
