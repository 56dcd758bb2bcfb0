# What `make check` runs besides the unit tests (tests/run runs more), and what tests/run asks of the build.
STYLE_TESTS = tests/style/breaks tests/style/circles tests/style/commands tests/style/dist tests/style/docs tests/style/format tests/style/headers tests/style/includes tests/style/janus-pc tests/style/leftovers tests/style/manual tests/style/shell tests/style/size
dist_check_SCRIPTS += $(STYLE_TESTS)
TESTS += $(STYLE_TESTS)
AM_TESTS_ENVIRONMENT = CC='$(CC)'; export CC; \
	TSR_STYLE_CFLAGS='$(ENGINE_CFLAGS) $(JANSSON_CFLAGS) $(JANUS_CFLAGS) $(CMOCKA_CFLAGS)'; export TSR_STYLE_CFLAGS;

.PHONY: print-test-programs print-style-tests print-plugin
print-test-programs:
	@printf '%s\n' $(check_PROGRAMS)
print-style-tests:
	@printf '%s\n' $(STYLE_TESTS)
print-plugin:
	@printf '%s\n' $(janus_plugin_LTLIBRARIES)

# For what tests load: a path to install it at, which it never is, makes libtool build a shared object.
test_module_ldflags = -module -avoid-version -shared -rpath /nowhere

EXTRA_DIST += .ci/run tests/run tests/package.json tests/package-lock.json tests/lib
EXTRA_DIST += tests/style/lib.sh
EXTRA_DIST += tests/e2e tests/platforms
