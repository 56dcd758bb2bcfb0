/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * janus-tsrec verify: whether a recording's file is sound, and whether it is the file its report describes. */
#include <stdio.h>
#include <string.h>

#include "tr101290.h"
#include "tsfile.h"
#include "tsrec.h"

/* A report gives the time from first to last frame as the recorder saw it; rounding may move it a little. */
#define DURATION_TOLERANCE_MS 100
/* A broken file has as many findings as packets: of each check so many are printed, the others counted. */
#define FINDINGS_PRINTED 20

struct check {
	const char *path;
	bool quiet;
	unsigned problems;
	struct tr101290 *strict; /* NULL = not asked for */
	GChecksum *sha256;
	unsigned findings[TR_CHECKS];
};

static void problem(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void problem(struct check *c, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	char *text = g_strdup_vprintf(fmt, args);
	va_end(args);
	printf("%s: %s\n", c->path, text);
	g_free(text);
	c->problems++;
}

/* ---- TR 101 290 ---------------------------------------------------------------------------------------------------- */

static void print_finding(void *ctx, const struct tr_finding *f)
{
	struct check *c = ctx;
	if (++c->findings[f->check] > FINDINGS_PRINTED)
		return;
	char *at = f->time_ms >= 0
			   ? g_strdup_printf("%" G_GINT64_FORMAT ".%03d s", f->time_ms / 1000, (int)(f->time_ms % 1000))
			   : g_strdup("before the first PCR");
	problem(c, "byte %" G_GUINT64_FORMAT ", %s, PID 0x%x: %s: %s", f->offset, at, f->pid, tr_check_name(f->check),
		f->text);
	g_free(at);
}

static void count_findings(struct check *c)
{
	tr101290_end(c->strict);
	for (int i = 0; i < TR_CHECKS; i++)
		if (c->findings[i] > FINDINGS_PRINTED)
			problem(c, "%s: %u times more", tr_check_name(i), c->findings[i] - FINDINGS_PRINTED);
}

/* ---- structure and report ------------------------------------------------------------------------------------------ */

static void check_streams(struct check *c, const struct ts_scan *scan)
{
	for (unsigned i = 0; i < scan->stream_count; i++) {
		const struct ts_stream *s = &scan->stream[i];
		if (s->lost_packets > 0)
			problem(c, "PID 0x%x (%s): packets are missing in %" G_GUINT64_FORMAT " places", s->pid,
				s->kind, s->lost_packets);
		if (s->dts_backwards > 0)
			problem(c, "PID 0x%x (%s): time goes back %" G_GUINT64_FORMAT " times", s->pid, s->kind,
				s->dts_backwards);
		if (s->last_frame_cut)
			problem(c, "PID 0x%x (%s): the last frame is cut off", s->pid, s->kind);
	}
}

static void check_structure(struct check *c, const struct ts_scan *scan)
{
	if (scan->packets == 0 || scan->bad_sync == scan->packets) {
		problem(c, "this is no MPEG-TS");
		return;
	}
	if (scan->bad_sync > 0)
		problem(c, "%" G_GUINT64_FORMAT " packets are none", scan->bad_sync);
	if (scan->trailing_bytes > 0)
		problem(c, "cut off: %" G_GUINT64_FORMAT " bytes behind the last whole packet", scan->trailing_bytes);
	if (scan->transport_errors > 0)
		problem(c, "%" G_GUINT64_FORMAT " packets are marked as damaged", scan->transport_errors);
	if (scan->bad_tables > 0)
		problem(c, "%" G_GUINT64_FORMAT " tables have a wrong checksum", scan->bad_tables);
	if (scan->stream_count == 0)
		problem(c, "it has no streams");
	check_streams(c, scan);
}

static void check_report(struct check *c, uint64_t size, int64_t duration_ms, const char *sha256, const json_t *report)
{
	const json_t *bytes = json_object_get(report, "bytes"), *duration = json_object_get(report, "duration_ms");
	const char *reported_sha256 = json_string_value(json_object_get(report, "sha256"));
	if (!json_is_integer(bytes) || !json_is_integer(duration) || reported_sha256 == NULL) {
		problem(c, "its report lacks bytes, duration_ms or sha256");
		return;
	}
	if ((uint64_t)json_integer_value(bytes) != size)
		problem(c, "it has %" G_GUINT64_FORMAT " bytes, its report says %" JSON_INTEGER_FORMAT, size,
			json_integer_value(bytes));
	if (g_ascii_strcasecmp(reported_sha256, sha256) != 0)
		problem(c, "its SHA-256 is %s, its report says %s", sha256, reported_sha256);
	int64_t off_ms = duration_ms - json_integer_value(duration);
	if (ABS(off_ms) > DURATION_TOLERANCE_MS)
		problem(c, "it lasts %" G_GINT64_FORMAT " ms, its report says %" JSON_INTEGER_FORMAT, duration_ms,
			json_integer_value(duration));
}

static void add_bytes(void *ctx, const uint8_t *data, size_t size)
{
	struct check *c = ctx;
	g_checksum_update(c->sha256, data, (gssize)size);
}

static void add_packet(void *ctx, const uint8_t *packet)
{
	struct check *c = ctx;
	tr101290_take(c->strict, packet);
}

/* FILE.json for FILE.ts. */
static char *report_path(const char *path)
{
	size_t length = strlen(path);
	(void)tsr_container_of_file(path, NULL, NULL, &length);
	return g_strdup_printf("%.*s.json", (int)length, path);
}

/* A missing report is an error only when one was named. */
static json_t *load_report(struct check *c, const char *named)
{
	char *path = named != NULL ? g_strdup(named) : report_path(c->path);
	json_t *report = NULL;
	if (named != NULL || g_file_test(path, G_FILE_TEST_EXISTS)) {
		report = json_load_file(path, 0, NULL);
		if (!json_is_object(report))
			problem(c, "its report %s cannot be read", path);
	} else if (!c->quiet) {
		printf("%s: there is no report; only its structure was checked\n", c->path);
	}
	g_free(path);
	return report;
}

/* What its size, duration and checksum say. */
static void check_whole(struct check *c, uint64_t size, int64_t duration_ms, const char *report_named)
{
	json_t *report = load_report(c, report_named);
	const char *sha256 = g_checksum_get_string(c->sha256);
	if (json_is_object(report))
		check_report(c, size, duration_ms, sha256, report);
	if (c->problems == 0 && !c->quiet)
		printf("%s: sound, %" G_GUINT64_FORMAT " bytes, SHA-256 %s\n", c->path, size, sha256);
	json_decref(report);
}

static tsr_error add_file(struct check *c)
{
	static uint8_t block[64 * 1024];
	FILE *f = fopen(c->path, "rb");
	if (f == NULL)
		return TSR_E_IO;
	for (size_t n; (n = fread(block, 1, sizeof(block), f)) > 0;)
		add_bytes(c, block, n);
	bool failed = ferror(f);
	fclose(f);
	return failed ? TSR_E_IO : TSR_OK;
}

/* A file of another container than TS. */
static int verify_other(struct check *c, const char *report_named)
{
	tsr_contents found;
	tsr_error err = tsr_look_into(c->path, &found);
	c->sha256 = g_checksum_new(G_CHECKSUM_SHA256);
	if (err == TSR_OK)
		err = add_file(c);
	if (err == TSR_OK && !found.ours)
		problem(c, "this is no file of this recorder");
	else if (err == TSR_OK && found.tracks == 0)
		problem(c, "there is no whole frame in it");
	else if (err == TSR_OK && !found.complete)
		problem(c, "it is not finished: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " bytes are whole frames",
			found.whole, found.bytes);
	if (err == TSR_OK)
		check_whole(c, found.bytes, found.duration_ms, report_named);
	else
		complain("%s: %s", c->path, tsr_strerror(err));
	g_checksum_free(c->sha256);
	if (err != TSR_OK)
		return EXIT_INPUT;
	return c->problems > 0 ? EXIT_PARTIAL : EXIT_DONE;
}

static bool is_other(const char *path)
{
	tsr_container container;
	return tsr_container_of_file(path, &container, NULL, NULL) && container != TSR_CONTAINER_TS;
}

static int verify(struct check *c, const char *report_named)
{
	if (is_other(c->path))
		return verify_other(c, report_named);
	c->sha256 = g_checksum_new(G_CHECKSUM_SHA256);
	struct ts_scan *scan = g_new(struct ts_scan, 1);
	struct ts_watch watch = {.bytes = add_bytes, .packet = c->strict != NULL ? add_packet : NULL, .ctx = c};
	tsr_error err = tsfile_scan(c->path, &watch, scan);
	if (err == TSR_OK) {
		if (c->strict != NULL)
			count_findings(c);
		check_structure(c, scan);
		check_whole(c, scan->bytes, tsfile_duration_ms(scan), report_named);
	} else {
		complain("%s: %s", c->path, tsr_strerror(err));
	}
	g_checksum_free(c->sha256);
	g_free(scan);
	if (err != TSR_OK)
		return EXIT_INPUT;
	return c->problems > 0 ? EXIT_PARTIAL : EXIT_DONE;
}

int verify_main(int argc, char **argv)
{
	char *report = NULL;
	gboolean quiet = FALSE, strict = FALSE;
	const GOptionEntry entries[] = {
		{"report", 'r', 0, G_OPTION_ARG_FILENAME, &report,
		 "the report; default: beside the file, ending in .json", "FILE"},
		{"strict", 's', 0, G_OPTION_ARG_NONE, &strict, "what TR 101 290 asks for, priorities 1 and 2, too",
		 NULL},
		{"quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, "say nothing but problems", NULL},
		{0},
	};
	int code = EXIT_USAGE;
	bool parsed = parse_options(
		&argc, &argv, entries, "FILE…",
		"Checks that recordings (.ts, .mkv, .webm, .mp4) are sound: whole packets, no packet missing, time "
		"going "
		"forward, and the size,\n"
		"duration and SHA-256 of their reports. With --strict also what a receiver needs of TS\n(ETSI TR 101 "
		"290).",
		"Exit code: 0 all is well, 1 wrong usage, 2 a file cannot be read, 3 something is wrong with a file.");
	if (parsed && (argc < 2 || (report != NULL && argc > 2)))
		complain(argc < 2 ? "verify needs a file" : "--report goes with one file");
	else if (parsed)
		code = EXIT_DONE;
	for (int i = 1; code != EXIT_USAGE && i < argc; i++) {
		struct check c = {.path = argv[i], .quiet = quiet};
		c.strict = strict ? tr101290_new(print_finding, &c) : NULL;
		int one = verify(&c, report);
		g_free(c.strict);
		code = MAX(code, one);
	}
	g_free(report);
	return code;
}
