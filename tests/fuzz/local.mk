# `make fuzz` builds tests/fuzz/fuzz_NAME for every corpus/NAME: clang, its own objects, small limits. `make check` replays the
# corpora with the ordinary compiler. A new target: a function in a file of fuzz_sources, a line in targets.h, a corpus, and
# what it tests below.
fuzz_sources = tests/fuzz/capture.c tests/fuzz/depay.c tests/fuzz/mkvscan.c tests/fuzz/mp4scan.c tests/fuzz/request.c tests/fuzz/rtp.c tests/fuzz/targets.c tests/fuzz/tr101290.c \
	tests/fuzz/tsscan.c
# All of the stages that read what others made: a new file of theirs is in by itself.
fuzz_subjects = $(filter recorder/bitstream/%.c recorder/depay/%.c,$(librecorder_la_SOURCES)) \
	recorder/common/buf.c recorder/common/codec.c recorder/common/error.c \
	recorder/rtp/packet.c \
	recorder/common/ebml.c recorder/common/matroska.c recorder/sink/mkvscan.c recorder/sink/window.c \
	recorder/common/isobmff.c recorder/common/mp4.c recorder/common/mp4_entry.c recorder/common/mp4_moov.c recorder/sink/mp4scan.c \
	recorder/sink/tsscan.c recorder/sink/tstables.c \
	$(filter %.c,$(libcapture_la_SOURCES)) \
	plugins/config/fields.c

check_PROGRAMS += tests/fuzz/replay
TESTS += tests/fuzz/replay
tests_fuzz_replay_SOURCES = tests/fuzz/replay.c tests/fuzz/targets.h $(fuzz_sources) plugins/config/fields.c plugins/config/fields.h plugins/config/errors.h
tests_fuzz_replay_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_replay_LDADD = libcapture.la librecorder.la $(JANSSON_LIBS)
EXTRA_DIST += tests/fuzz/corpus tests/fuzz/libfuzzer.c tests/fuzz/run tests/fuzz/seeds.mjs

FUZZ_CC = clang
FUZZ_SANITIZERS = address,undefined
FUZZ_CFLAGS = -std=gnu11 -D_GNU_SOURCE -g -O1 -fno-sanitize-recover=all -DTSR_SMALL_LIMITS
fuzz_objects = $(fuzz_sources:.c=.fuzzed) $(fuzz_subjects:.c=.fuzzed)

SUFFIXES = .fuzzed
.c.fuzzed:
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link,$(FUZZ_SANITIZERS) $(AM_CPPFLAGS) \
		$(ENGINE_CFLAGS) $(JANSSON_CFLAGS) -MMD -MP -MF $@.d -c -o $@ $<

tests/fuzz/fuzzer: tests/fuzz/libfuzzer.c $(fuzz_objects)
	$(AM_V_CCLD)$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer,$(FUZZ_SANITIZERS) $(AM_CPPFLAGS) -o $@ \
		$(srcdir)/tests/fuzz/libfuzzer.c -x none $(fuzz_objects) $(ENGINE_LIBS) $(JANSSON_LIBS)

.PHONY: fuzz
fuzz: tests/fuzz/fuzzer
	$(AM_V_at)for folder in $(srcdir)/tests/fuzz/corpus/*/; do \
		ln -sf fuzzer tests/fuzz/fuzz_$$(basename $$folder) || exit 1; \
	done

-include $(fuzz_objects:.fuzzed=.fuzzed.d)

clean-local: clean-fuzz
.PHONY: clean-fuzz
clean-fuzz:
	rm -f $(fuzz_objects) $(fuzz_objects:.fuzzed=.fuzzed.d) tests/fuzz/fuzzer tests/fuzz/fuzz_*
