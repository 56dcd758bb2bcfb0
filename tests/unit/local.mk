# Unit tests: one stage each, with cmocka. A program NAME is built from tests/unit/NAME.c alone.
UNIT_TESTS =
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
LDADD = librecorder.la $(CMOCKA_LIBS)
UNIT_TESTS += tests/unit/test_sink
