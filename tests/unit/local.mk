# Unit tests: one stage each, with cmocka. A program NAME is built from tests/unit/NAME.c alone.
UNIT_TESTS =
UNIT_TESTS += tests/unit/test_catalogue tests/unit/test_catalogue_faults tests/unit/test_catalogue_property \
	tests/unit/test_catalogue_trouble
catalogue_libs = libcatalogue.la $(ENGINE_LIBS) $(SQLITE_LIBS) $(CMOCKA_LIBS)
tests_unit_test_catalogue_LDADD = $(catalogue_libs)
tests_unit_test_catalogue_faults_LDADD = $(catalogue_libs)
tests_unit_test_catalogue_property_LDADD = $(catalogue_libs)
tests_unit_test_catalogue_trouble_LDADD = $(catalogue_libs)
EXTRA_DIST += tests/unit/catalogue_faults.h tests/unit/catalogue_util.h
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
LDADD = librecorder.la $(CMOCKA_LIBS)
UNIT_TESTS += tests/unit/test_container
UNIT_TESTS += tests/unit/test_matroska tests/unit/test_matroska_recover tests/unit/test_sink_patch
UNIT_TESTS += tests/unit/test_mp4 tests/unit/test_mp4_recover
EXTRA_DIST += tests/unit/matroska_util.h tests/unit/mp4_walk.h
UNIT_TESTS += tests/unit/test_sink
UNIT_TESTS += tests/unit/test_bitstream tests/unit/test_bitstream_h264 tests/unit/test_bitstream_h265 \
	tests/unit/test_bitstream_vp9_av1 tests/unit/test_depay_audio tests/unit/test_depay_av1 tests/unit/test_depay_h264 \
	tests/unit/test_depay_h265 tests/unit/test_depay_property tests/unit/test_depay_vp8 tests/unit/test_depay_vp9
EXTRA_DIST += tests/unit/depay_util.h tests/unit/hex.h tests/unit/property.h
UNIT_TESTS += tests/unit/test_sink_names tests/unit/test_sink_failures tests/unit/test_sink_space
UNIT_TESTS += tests/unit/test_listfile tests/unit/test_playlist
UNIT_TESTS += tests/unit/test_rtp_packet
UNIT_TESTS += tests/unit/test_jitbuf
UNIT_TESTS += tests/unit/test_inbox
UNIT_TESTS += tests/unit/test_ratemeter
UNIT_TESTS += tests/unit/test_layers
tests_unit_test_layers_SOURCES = tests/unit/test_layers.c plugins/take/layers.c plugins/take/layers.h
UNIT_TESTS += tests/unit/test_clockmap tests/unit/test_clockmap_start
UNIT_TESTS += tests/unit/test_mux tests/unit/test_service tests/unit/test_latency
UNIT_TESTS += tests/unit/test_codec_audio tests/unit/test_codec_gaps tests/unit/test_codec_route \
	tests/unit/test_codec_settings tests/unit/test_codec_sizes tests/unit/test_codec_video
EXTRA_DIST += tests/unit/codec_audio_util.h tests/unit/codec_util.h
UNIT_TESTS += tests/unit/test_recover tests/unit/test_recover_public tests/unit/test_recover_scan
UNIT_TESTS += tests/unit/test_overload tests/unit/test_reorder
EXTRA_DIST += tests/unit/file_sink_util.h tests/unit/sink_util.h
UNIT_TESTS += tests/unit/test_tr101290
tests_unit_test_tr101290_LDADD = libcapture.la $(LDADD)
UNIT_TESTS += tests/unit/test_mux_clock
tests_unit_test_mux_clock_LDADD = libcapture.la $(LDADD)
if HAVE_JANUS
UNIT_TESTS += tests/unit/test_hooks tests/unit/test_payloads
tests_unit_test_payloads_SOURCES = tests/unit/test_payloads.c plugins/tap/payloads.c plugins/tap/payloads.h
tests_unit_test_payloads_CPPFLAGS = $(AM_CPPFLAGS) $(JANUS_CFLAGS)
tests_unit_test_payloads_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_hooks_SOURCES = tests/unit/test_hooks.c plugins/tap/hooks.c plugins/tap/hooks.h plugins/tap/hook.h \
	plugins/tap/foreign.h plugins/tap/messages.h
tests_unit_test_hooks_CPPFLAGS = $(AM_CPPFLAGS) $(JANUS_CFLAGS)
tests_unit_test_hooks_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
endif
