/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Recovery and retention as recorder.h has them: what is told, and the report that is written. */
#include "sink_util.h"

#include <sys/file.h>

#include "../../recorder/recorder.h"

struct told {
	unsigned files;
	tsr_error error;
	char id[64], path[PATH_MAX], sha256[65];
	uint64_t bytes, cut;
	int64_t duration_ms;
	unsigned tracks;
	tsr_recovered_track track[2];
};

static void on_recovered(void *user, const tsr_recovered *r)
{
	struct told *t = user;
	t->files++;
	t->error = r->error;
	snprintf(t->id, sizeof(t->id), "%s", r->id);
	snprintf(t->path, sizeof(t->path), "%s", r->path != NULL ? r->path : "");
	snprintf(t->sha256, sizeof(t->sha256), "%s", r->sha256 != NULL ? r->sha256 : "");
	t->bytes = r->bytes;
	t->cut = r->bytes_cut;
	t->duration_ms = r->duration_ms;
	t->tracks = r->tracks;
	for (unsigned i = 0; i < 2 && i < r->tracks; i++)
		t->track[i] = r->track[i];
}

/* 20 frames of video and 25 of audio, 40 ms apart, and half a frame; ended at 2001-09-09T01:46:40.250Z. */
static size_t make_leftover(const char *name)
{
	struct ts ts = {0};
	ts_tables(&ts);
	for (int i = 0; i < 25; i++) {
		if (i < 20)
			ts_pes(&ts, 0x100, 5000, 90000 + 3600 * i, true);
		ts_pes(&ts, 0x101, 300, 90000 + 3600 * i, true);
	}
	size_t whole = ts.size;
	ts_pes(&ts, 0x100, 5000, 999999, true);
	write_file(name, ts.data, whole + TS_BYTES);
	const struct timespec times[2] = {{0, 0}, {1000000000, 250000000}};
	assert_int_equal(utimensat(AT_FDCWD, in_folder(name), times, 0), 0);
	ts_free(&ts);
	return whole;
}

static void test_folder(void **state)
{
	(void)state;
	struct told t = {0};
	tsr_recover_config config = {.report = true, .file_mode = 0600, .on_recovered = on_recovered, .user = &t};
	assert_int_equal(mkdir(in_folder("sub"), 0700), 0);
	size_t whole = make_leftover("sub/rec.recording.ts");
	assert_int_equal(tsr_recover_folder(folder, &config), TSR_OK);
	assert_int_equal(t.files, 1);
	assert_int_equal(t.error, TSR_OK);
	assert_string_equal(t.id, "rec");
	assert_string_equal(t.path, in_folder("sub/rec.ts"));
	assert_int_equal(t.bytes, whole);
	assert_int_equal(t.cut, TS_BYTES);
	assert_int_equal(t.duration_ms, 960);
	assert_int_equal(t.tracks, 2);
	assert_int_equal(t.track[0].codec, TSR_CODEC_H264);
	assert_int_equal(t.track[0].frames, 20);
	assert_int_equal(t.track[1].codec, TSR_CODEC_AAC);
	assert_int_equal(t.track[1].frames, 25);
	char want[2000];
	size_t size;
	uint8_t *report = read_file("sub/rec.json", &size);
	snprintf(want, sizeof(want),
		 "{\n  \"id\": \"rec\",\n  \"started\": \"2001-09-09T01:46:39.290Z\",\n  \"file\": \"rec.ts\",\n"
		 "  \"ended\": \"2001-09-09T01:46:40.250Z\",\n  \"duration_ms\": 960,\n  \"bytes\": %zu,\n"
		 "  \"sha256\": \"%s\",\n  \"recovered\": true,\n  \"bytes_cut\": 188,\n  \"tracks\": [\n"
		 "    {\"type\": \"video\", \"recorded_as\": \"h264\", \"frames_written\": 20, \"first_ms\": 1000, "
		 "\"last_ms\": 1760},\n"
		 "    {\"type\": \"audio\", \"recorded_as\": \"aac\", \"frames_written\": 25, \"first_ms\": 1000, "
		 "\"last_ms\": 1960}]\n}\n",
		 whole, t.sha256);
	assert_string_equal((char *)report, want);
	free(report);
	/* The report makes it a recording that may be removed. */
	assert_int_equal(tsr_remove(folder, "sub/rec"), TSR_OK);
	assert_false(exists("sub/rec.ts") || exists("sub/rec.json"));
}

static void test_file_without_report(void **state)
{
	(void)state;
	struct told t = {0};
	tsr_recover_config config = {.on_recovered = on_recovered, .user = &t};
	make_leftover("rec.recording.ts");
	assert_int_equal(tsr_recover_file(in_folder("rec.ts"), &config), TSR_E_INVAL);
	assert_int_equal(tsr_recover_file(in_folder("rec.recording.ts"), &config), TSR_OK);
	assert_int_equal(t.files, 1);
	assert_string_equal(t.sha256, "");
	assert_true(exists("rec.ts"));
	assert_false(exists("rec.json"));
	assert_int_equal(tsr_remove(folder, "rec"), TSR_E_NOTFOUND);
}

static void test_keep(void **state)
{
	(void)state;
	struct told t = {0};
	tsr_recover_config config = {.keep = true, .report = true, .on_recovered = on_recovered, .user = &t};
	size_t whole = make_leftover("rec.recording.ts");
	assert_int_equal(tsr_recover_folder(folder, &config), TSR_OK);
	assert_int_equal(t.files, 1);
	assert_string_equal(t.path, in_folder("rec.recording.ts"));
	assert_int_equal(t.duration_ms, 960);
	assert_int_equal(size_of("rec.recording.ts"), whole + TS_BYTES);
	assert_false(exists("rec.json"));
}

#define NOTE                                                                                                           \
	"{\n  \"id\": \"call-7\",\n  \"name\": \"Anna\",\n  \"metadata\": {\"room\":3},\n"                             \
	"  \"host\": {\"private\":true},\n  \"started\": \"2001-09-09T01:46:39.000Z\"\n}\n"

static void check_report(const char *name, const char *begin)
{
	size_t size;
	uint8_t *report = read_file(name, &size);
	if (strncmp((char *)report, begin, strlen(begin)) != 0 || strstr((char *)report, "\"recovered\": true") == NULL)
		fail_msg("%s: %s", name, (char *)report);
	free(report);
}

/* What only the recorder knew outlives it. */
static void test_note(void **state)
{
	(void)state;
	struct told t = {0};
	tsr_recover_config config = {.report = true, .on_recovered = on_recovered, .user = &t};
	make_leftover("anna.recording.ts");
	write_file("anna.recording.json", NOTE, strlen(NOTE));
	assert_int_equal(tsr_recover_folder(folder, &config), TSR_OK);
	assert_int_equal(t.files, 1);
	assert_string_equal(t.id, "call-7");
	char want[sizeof(NOTE)] = NOTE;
	want[strlen(NOTE) - strlen("\n}\n")] = '\0';
	check_report("anna.json", want);
	assert_false(exists("anna.recording.json"));
}

/* A kill between the last rename and the report: the file is whole, and gets one. */
static void test_report_alone_is_missing(void **state)
{
	(void)state;
	struct told t = {0};
	tsr_recover_config config = {.report = true, .on_recovered = on_recovered, .user = &t};
	make_leftover("anna.ts");
	long size = size_of("anna.ts");
	write_file("anna.recording.json", NOTE, strlen(NOTE));
	int fd = open(in_folder("anna.ts"), O_RDWR);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0); /* its recorder is still at it */
	assert_int_equal(tsr_recover_folder(folder, &config), TSR_OK);
	assert_true(exists("anna.recording.json") && !exists("anna.json"));
	close(fd);
	config.report = false;
	assert_int_equal(tsr_recover_folder(folder, &config), TSR_OK);
	assert_true(exists("anna.recording.json") && !exists("anna.json"));
	assert_int_equal(t.files, 0);
	config.report = config.keep = true;
	assert_int_equal(tsr_recover_folder(folder, &config), TSR_OK);
	assert_true(exists("anna.recording.json") && !exists("anna.json"));
	assert_int_equal(t.files, 0);
	config.keep = false;
	assert_int_equal(tsr_recover_file(in_folder("anna.recording.ts"), &config), TSR_OK);
	assert_int_equal(t.files, 1);
	assert_string_equal(t.id, "call-7");
	assert_string_equal(t.path, in_folder("anna.ts"));
	assert_int_equal(t.bytes, size);
	assert_int_equal(size_of("anna.ts"), size);
	assert_int_equal(t.cut, 0);
	assert_int_equal(strlen(t.sha256), 64);
	check_report("anna.json", "{\n  \"id\": \"call-7\"");
	assert_false(exists("anna.recording.json"));
}

/* A note that a loss of power tore says nothing; one without its file, or with its report, is of no use. */
static void test_useless_notes(void **state)
{
	(void)state;
	struct told t = {0};
	tsr_recover_config config = {.report = true, .on_recovered = on_recovered, .user = &t};
	write_file("alone.recording.json", NOTE, strlen(NOTE));
	make_leftover("done.ts");
	write_file("done.json", "{}", 2);
	write_file("done.recording.json", NOTE, strlen(NOTE));
	assert_int_equal(tsr_recover_folder(folder, &config), TSR_OK);
	assert_int_equal(t.files, 0);
	assert_false(exists("alone.recording.json") || exists("done.recording.json"));
	assert_int_equal(size_of("done.json"), 2);
	static const char *const torn[] = {"", "{\n  \"id\": \"call-7\",", "{\n  \"id\": \"\xff\"\n}\n", "garbage"};
	for (size_t i = 0; i < sizeof(torn) / sizeof(torn[0]); i++) {
		make_leftover("rec.recording.ts");
		write_file("rec.recording.json", torn[i], strlen(torn[i]));
		assert_int_equal(tsr_recover_folder(folder, &config), TSR_OK);
		assert_string_equal(t.id, "rec");
		check_report("rec.json", "{\n  \"id\": \"rec\"");
		assert_false(exists("rec.recording.json"));
		assert_int_equal(tsr_remove(folder, "rec"), TSR_OK);
	}
}

static bool after_one(void *user)
{
	return ((struct told *)user)->files > 0;
}

static void test_cancelled(void **state)
{
	(void)state;
	struct told t = {0};
	tsr_recover_config config = {.cancelled = after_one, .on_recovered = on_recovered, .user = &t};
	make_leftover("a.recording.ts");
	make_leftover("b.recording.ts");
	assert_int_equal(tsr_recover_folder(folder, &config), TSR_OK);
	assert_int_equal(t.files, 1);
	assert_true(exists("a.recording.ts") != exists("b.recording.ts"));
}

static void test_remove(void **state)
{
	(void)state;
	tsr_recover_config config = {.report = true};
	uint64_t bytes = 0;
	make_leftover("rec.recording.ts");
	assert_int_equal(tsr_recover_folder(folder, &config), TSR_OK);
	assert_int_equal(tsr_remove(folder, "rec"), TSR_OK);
	assert_false(exists("rec.ts") || exists("rec.json"));
	assert_int_equal(tsr_remove(folder, "rec"), TSR_E_NOTFOUND);
	assert_int_equal(tsr_free_space(folder, &bytes), TSR_OK);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_folder),
		TEST(test_file_without_report),
		TEST(test_keep),
		TEST(test_note),
		TEST(test_report_alone_is_missing),
		TEST(test_useless_notes),
		TEST(test_cancelled),
		TEST(test_remove),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
