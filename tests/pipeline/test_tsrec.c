/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * janus-tsrec as a user calls it: what it makes, what it says, and its exit codes. */
#include <glib/gstdio.h>
#include <jansson.h>
#include <stdarg.h>
#include <string.h>

#include "../lib/cmocka.h"
#include "capfile.h"
#include "command.h"
#include "harness.h"
#include "sender.h"
#include "tscheck.h"

#define START_US 1700000000000000LL
#define FRAMES   150

static void check_file(const char *name, struct tscheck *check)
{
	char *path = in_folder(name);
	tscheck_file(path, check);
	g_free(path);
	for (unsigned i = 0; i < check->count; i++)
		assert_int_equal(check->stream[i].errors, 0);
}

/* ---- the captures ---------------------------------------------------------------------------------------------------- */

static struct media *h264, *opus;
static struct capfile pcap;
static struct capfile bare; /* each packet twice, on both sides of a relay, and without its time */

struct mjr_file {
	GByteArray *bytes;
	int64_t first_us;
	unsigned port;
};

static void write_packet(void *ctx, bool rtcp, const uint8_t *data, size_t size, int64_t arrival_us)
{
	struct mjr_file *file = ctx;
	if (!rtcp)
		mjr_frame(file->bytes, true, (uint32_t)((arrival_us - file->first_us) / 1000), data, size);
	capfile_udp(&pcap, &(struct capfile_datagram){.us = arrival_us, .from = 4000, .to = file->port + rtcp}, data,
		    size);
	for (unsigned side = 0; side < 2; side++)
		capfile_udp(&bare,
			    &(struct capfile_datagram){.from = 4000 + side, .to = file->port + side * 1000 + rtcp},
			    data, size);
}

static struct mjr_file begin_mjr(const char *type, const char *codec, int64_t first_us, unsigned port)
{
	struct mjr_file file = {.bytes = g_byte_array_new(), .first_us = first_us, .port = port};
	char *info =
		g_strdup_printf("{\"t\":\"%s\",\"c\":\"%s\",\"s\":%" G_GINT64_FORMAT ",\"u\":%" G_GINT64_FORMAT "}",
				type, codec, first_us - 1000, first_us);
	mjr_begin(file.bytes, "MJR00002", info);
	g_free(info);
	return file;
}

/* video.mjr, audio.mjr (300 ms later), and call.pcap with both. */
static void write_captures(void)
{
	struct mjr_file video = begin_mjr("v", "h264", START_US, 5004),
			audio = begin_mjr("a", "opus", START_US + 300000, 5006);
	struct sender v = {.media = h264,
			   .payload_type = 96,
			   .ssrc = 1,
			   .start_us = START_US,
			   .send = write_packet,
			   .ctx = &video};
	struct sender a = {.media = opus,
			   .payload_type = 111,
			   .ssrc = 2,
			   .start_us = START_US + 300000,
			   .send = write_packet,
			   .ctx = &audio};
	capfile_begin(&pcap);
	capfile_begin(&bare);
	while (v.frames < FRAMES) {
		if (v.frames % 30 == 5)
			sender_report(&v, sender_next_us(&v));
		sender_frame(&v);
		while (a.start_us + sender_next_us(&a) < v.start_us + sender_next_us(&v))
			sender_frame(&a);
	}
	save("video.mjr", video.bytes->data, video.bytes->len);
	save("audio.mjr", audio.bytes->data, audio.bytes->len);
	save("call.pcap", pcap.bytes->data, pcap.bytes->len);
	save("bare.pcap", bare.bytes->data, bare.bytes->len);
	save("cut.mjr", video.bytes->data, video.bytes->len / 2);
	save("noise", "This is no capture at all.", 26);
	save("empty", "", 0);
	g_byte_array_free(video.bytes, TRUE);
	g_byte_array_free(audio.bytes, TRUE);
	g_byte_array_free(pcap.bytes, TRUE);
}

static void assert_same_video(const char *name)
{
	struct tscheck check;
	check_file(name, &check);
	GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
	for (unsigned i = 0; i < FRAMES; i++) {
		const struct media_frame *frame = media_frame(h264, i);
		media_each_nal(frame->data, frame->size, tscheck_add_nal, sum);
	}
	assert_string_equal(g_checksum_get_string(sum),
			    g_checksum_get_string(tscheck_find(&check, TSR_CODEC_H264)->nals));
	g_checksum_free(sum);
	tscheck_finish(&check);
}

/* ---- convert --------------------------------------------------------------------------------------------------------- */

/* Audio and video from two files lie on one timeline. */
static void test_two_mjr_files(void **state)
{
	(void)state;
	char *said = NULL;
	assert_int_equal(
		tsrec(&said, "convert", "--audio-mode=copy", "--stats", "video.mjr", "audio.mjr", "two.ts", NULL), 0);
	assert_same_video("two.ts");
	struct tscheck check;
	check_file("two.ts", &check);
	int64_t apart_90k =
		tscheck_find(&check, TSR_CODEC_OPUS)->first_90k - tscheck_find(&check, TSR_CODEC_H264)->first_90k;
	assert_true(ABS(apart_90k - 27000) <= 90 * 5);
	tscheck_finish(&check);
	json_t *stats = json_loads(said, 0, NULL);
	assert_true(json_is_object(stats));
	assert_string_equal(json_string_value(json_object_get(stats, "state")), "finished");
	const json_t *tracks = json_object_get(stats, "tracks");
	assert_int_equal(json_array_size(tracks), 2);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(tracks, 0), "frames_written")), FRAMES);
	json_decref(stats);
	g_free(said);
}

static void test_pcap_by_map_and_by_sdp(void **state)
{
	(void)state;
	static const char sdp[] = "v=0\r\nm=video 5004 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
				  "m=audio 5006 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\n";
	save("call.sdp", sdp, strlen(sdp));
	assert_int_equal(tsrec(NULL, "convert", "-m", "96=h264", "-m", "111=opus", "call.pcap", "map.ts", NULL), 0);
	assert_int_equal(tsrec(NULL, "convert", "--sdp", "call.sdp", "call.pcap", "sdp.ts", NULL), 0);
	assert_same_video("map.ts");
	assert_same_video("sdp.ts");
	/* One stream alone: its type is all that is known, which leaves something out; or it is asked for by its SSRC. */
	assert_int_equal(tsrec(NULL, "convert", "-m", "111=opus", "call.pcap", "audio.ts", NULL), 3);
	assert_int_equal(
		tsrec(NULL, "convert", "-m", "96=h264", "-m", "111=opus", "--ssrc=0x2", "call.pcap", "ssrc.ts", NULL),
		0);
	struct tscheck by_type, by_ssrc;
	check_file("audio.ts", &by_type);
	check_file("ssrc.ts", &by_ssrc);
	assert_int_equal(by_type.count, 1);
	assert_int_equal(by_ssrc.count, 1);
	assert_int_equal(by_type.stream[0].packets, by_ssrc.stream[0].packets);
	tscheck_finish(&by_type);
	tscheck_finish(&by_ssrc);
}

/* A capture without times, of both sides of a relay: one picture, one sound, as long as they were. */
static void test_a_bare_capture(void **state)
{
	(void)state;
	char *said = NULL;
	assert_int_equal(tsrec(NULL, "convert", "-m", "96=h264", "-m", "111=opus", "--audio-mode=copy", "bare.pcap",
			       "bare.ts", NULL),
			 0);
	assert_same_video("bare.ts");
	struct tscheck check;
	check_file("bare.ts", &check);
	assert_int_equal(check.count, 2);
	const struct tscheck_stream *v = tscheck_find(&check, TSR_CODEC_H264);
	int64_t apart_90k = tscheck_find(&check, TSR_CODEC_OPUS)->first_90k - v->first_90k;
	assert_true(ABS(apart_90k - 27000) <= 90 * 34);
	assert_true(ABS(v->last_90k - v->first_90k - (FRAMES - 1) * 3000) < 90);
	tscheck_finish(&check);
	assert_int_equal(tsrec(&said, "inspect", "--json", "-m", "96=h264", "-m", "111=opus", "bare.pcap", NULL), 0);
	json_t *found = json_loads(said, 0, NULL);
	assert_true(json_is_false(json_object_get(found, "arrival_times")));
	assert_true(json_integer_value(json_object_get(json_object_get(found, "left_out"), "copies")) > FRAMES);
	json_decref(found);
	g_free(said);
}

/* What Janus itself wrote; the other reader of such files finds the same pictures in it. */
static void test_files_of_janus(void **state)
{
	(void)state;
	char *names[] = {media_path("janus-h264.mjr"), media_path("janus-opus.mjr")};
	char *video = g_canonicalize_filename(names[0], NULL), *audio = g_canonicalize_filename(names[1], NULL);
	assert_int_equal(tsrec(NULL, "convert", "--audio-mode=copy", audio, video, "janus.ts", NULL), 0);
	struct tscheck check;
	check_file("janus.ts", &check);
	unsigned pictures = tscheck_find(&check, TSR_CODEC_H264)->decoded;
	assert_int_equal(tscheck_find(&check, TSR_CODEC_OPUS)->packets, 201);
	tscheck_finish(&check);
	assert_int_equal(pictures, 120);
	char *mp4 = in_folder("janus.mp4"), *pp_rec = g_find_program_in_path("janus-pp-rec");
	char *argv[] = {pp_rec, video, mp4, NULL};
	int status = -1;
	if (pp_rec != NULL && g_spawn_sync(NULL, argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
					   NULL, NULL, NULL, NULL, &status, NULL)) {
		tscheck_file(mp4, &check);
		/* Not what is decoded: the .mp4 may give its last picture no time, and FFmpeg 9 drops it then. */
		assert_int_equal(check.stream[0].packets, pictures);
		tscheck_finish(&check);
	}
	g_free(names[0]);
	g_free(names[1]);
	g_free(mp4);
	g_free(pp_rec);
	g_free(video);
	g_free(audio);
}

/* A packet of a picture with the header extension that says how it is to be turned, id 4: by 90 degrees. */
static void write_turned(void *ctx, bool rtcp, const uint8_t *data, size_t size, int64_t arrival_us)
{
	static const uint8_t extension[] = {0xbe, 0xde, 0, 1, 0x40, 1, 0, 0};
	GByteArray *packet = g_byte_array_append(g_byte_array_new(), data, 12);
	packet->data[0] |= 0x10;
	g_byte_array_append(packet, extension, sizeof(extension));
	g_byte_array_append(packet, data + 12, (guint)size - 12);
	write_packet(ctx, rtcp, packet->data, packet->len, arrival_us);
	g_byte_array_free(packet, TRUE);
}

/* The map of header extensions is in an .mjr, and of a pcap in the SDP. */
static void test_orientation(void **state)
{
	(void)state;
	static const char sdp[] = "v=0\r\nm=video 5004 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
				  "a=extmap:4 urn:3gpp:video-orientation\r\n";
	static const char info[] = "{\"t\":\"v\",\"c\":\"h264\",\"s\":1,\"x\":{\"4\":\"urn:3gpp:video-orientation\"}}";
	struct mjr_file file = {.bytes = g_byte_array_new(), .first_us = START_US, .port = 5004};
	struct sender v = {
		.media = h264, .payload_type = 96, .ssrc = 1, .start_us = START_US, .send = write_turned, .ctx = &file};
	mjr_begin(file.bytes, "MJR00002", info);
	capfile_begin(&pcap);
	while (v.frames < 30)
		sender_frame(&v);
	save("turned.mjr", file.bytes->data, file.bytes->len);
	save("turned.pcap", pcap.bytes->data, pcap.bytes->len);
	save("turned.sdp", sdp, strlen(sdp));
	g_byte_array_free(file.bytes, TRUE);
	g_byte_array_free(pcap.bytes, TRUE);
	for (int i = 0; i < 2; i++) {
		char *said = NULL;
		assert_int_equal(i == 0 ? tsrec(&said, "convert", "-f", "--stats", "turned.mjr", "turned.ts", NULL)
					: tsrec(&said, "convert", "-f", "--stats", "--sdp=turned.sdp", "turned.pcap",
						"turned.ts", NULL),
				 0);
		json_t *stats = json_loads(said, 0, NULL);
		const json_t *track = json_array_get(json_object_get(stats, "tracks"), 0);
		assert_int_equal(json_integer_value(json_object_get(track, "rotation")), 90);
		assert_int_equal(json_integer_value(json_object_get(track, "frames_written")), 30);
		json_decref(stats);
		g_free(said);
	}
}

static void to_mjr(void *ctx, bool rtcp, const uint8_t *data, size_t size, int64_t arrival_us)
{
	if (!rtcp)
		mjr_frame(ctx, true, (uint32_t)((arrival_us - START_US) / 1000), data, size);
}

/* After a loss no keyframe comes: 15 s of pictures are there, or 5 s less, or 14. */
static void test_keyframe_timeout(void **state)
{
	(void)state;
	struct mjr_file file = begin_mjr("v", "h264", START_US, 0);
	struct sender s = {.media = h264, .payload_type = 96, .ssrc = 1, .start_us = START_US, .send = to_mjr};
	s.ctx = file.bytes;
	while (s.frames < 15 * 30)
		if (s.frames == 0 || s.frames % 30 > 0)
			sender_frame(&s);
		else
			s.seq += s.frames++ == 30;
	save("lossy.mjr", file.bytes->data, file.bytes->len);
	g_byte_array_free(file.bytes, TRUE);
	static const struct {
		char *option;
		unsigned at_least, at_most;
	} rows[] = {{"--keyframe-timeout=0", 30, 30}, {"--keyframe-timeout=5000", 255, 290}, {"-q", 115, 145}};
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct tscheck check;
		assert_int_equal(tsrec(NULL, "convert", rows[i].option, "-f", "lossy.mjr", "lossy.ts", NULL), 0);
		check_file("lossy.ts", &check);
		assert_in_range(check.stream[0].packets, rows[i].at_least, rows[i].at_most);
		tscheck_finish(&check);
	}
}

static void test_usage(void **state)
{
	(void)state;
	char *said = NULL;
	assert_int_equal(tsrec(&said, "--help", NULL), 0);
	assert_non_null(strstr(said, "convert"));
	g_free(said);
	assert_int_equal(tsrec(&said, "convert", "--help", NULL), 0);
	assert_non_null(strstr(said, "--audio-mode"));
	g_free(said);
	assert_int_equal(tsrec(NULL, "--version", NULL), 0);
	assert_int_equal(tsrec(NULL, NULL), 1);
	assert_int_equal(tsrec(NULL, "frobnicate", NULL), 1);
	static const char *const bad[] = {"--audio-mode=loud", "--map=h264",         "--map=96=mp3",
					  "--video-size=1x1",  "--video-size=64",    "--video-bitrate=x",
					  "--ssrc=one",        "--metadata=[]",      "--on-loss=cry",
					  "--sdp=nowhere",     "--video-threads=-1", "--keyframe-timeout=-1",
					  "--nonsense"};
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		assert_int_equal(tsrec(NULL, "convert", bad[i], "video.mjr", "bad.ts", NULL), 1);
	assert_int_equal(tsrec(NULL, "convert", "video.mjr", NULL), 1);
	assert_int_equal(tsrec(NULL, "convert", "video.mjr", "bad.avi", NULL), 1);
	assert_int_equal(tsrec(NULL, "convert", "video.mjr", "bad.recording.ts", NULL), 1);
	assert_int_equal(tsrec(NULL, "convert", "video.mjr", ".ts", NULL), 1);
	assert_int_equal(tsrec(NULL, "verify", NULL), 1);
	assert_int_equal(tsrec(NULL, "inspect", NULL), 1);
	assert_false(is_there("bad.ts"));
}

static void test_input_that_is_none(void **state)
{
	(void)state;
	assert_int_equal(tsrec(NULL, "convert", "noise", "none.ts", NULL), 2);
	assert_int_equal(tsrec(NULL, "convert", "empty", "none.ts", NULL), 2);
	assert_int_equal(tsrec(NULL, "convert", "nowhere.mjr", "none.ts", NULL), 2);
	assert_int_equal(tsrec(NULL, "convert", ".", "none.ts", NULL), 2);
	assert_int_equal(tsrec(NULL, "convert", "call.pcap", "none.ts", NULL), 2); /* nobody said what 96 and 111 are */
	assert_false(is_there("none.ts"));
	assert_false(is_there("none.recording.ts"));
}

/* A cut file, or one of several that is none: the rest is converted, and the exit code tells. */
static void test_partial_input(void **state)
{
	(void)state;
	assert_int_equal(tsrec(NULL, "convert", "cut.mjr", "cut.ts", NULL), 3);
	struct tscheck check;
	check_file("cut.ts", &check);
	assert_true(check.stream[0].packets > FRAMES / 3 && check.stream[0].packets < FRAMES * 2 / 3);
	tscheck_finish(&check);
	assert_int_equal(tsrec(NULL, "convert", "noise", "video.mjr", "rest.ts", NULL), 3);
	assert_same_video("rest.ts");
}

static void test_output_that_cannot_be(void **state)
{
	(void)state;
	assert_int_equal(tsrec(NULL, "convert", "video.mjr", "nowhere/x.ts", NULL), 4);
	assert_int_equal(tsrec(NULL, "convert", "video.mjr", "/proc/x.ts", NULL), 4);
	assert_int_equal(tsrec(NULL, "convert", "--video-encoder=nonsense", "--audio-encoder=nonsense", "audio.mjr",
			       "x.ts", NULL),
			 5);
	save("busy.recording.ts", "x", 1);
	assert_int_equal(tsrec(NULL, "convert", "video.mjr", "busy.ts", NULL), 4);
	assert_true(is_there("busy.recording.ts"));
	assert_false(is_there("busy.ts"));
	assert_false(is_there("x.ts"));
}

static void test_force(void **state)
{
	(void)state;
	save("old.ts", "old", 3);
	save("old.json", "{}", 2);
	assert_int_equal(tsrec(NULL, "convert", "video.mjr", "old.ts", NULL), 4);
	assert_int_equal(tsrec(NULL, "convert", "--force", "noise", "old.ts", NULL), 2);
	assert_int_equal(tsrec(NULL, "convert", "--force", "call.pcap", "old.ts", NULL), 2);
	char *path = in_folder("old.ts"), *text = NULL;
	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	assert_string_equal(text, "old"); /* what failed replaced nothing */
	assert_true(is_there("old.json"));
	assert_int_equal(tsrec(NULL, "convert", "--force", "video.mjr", "old.ts", NULL), 0);
	assert_same_video("old.ts");
	assert_false(is_there("old.json")); /* it described another file */
	char *here = in_folder(".");
	GDir *dir = g_dir_open(here, 0, NULL);
	for (const char *name; (name = g_dir_read_name(dir)) != NULL;)
		assert_null(strstr(name, ".replaced-"));
	g_dir_close(dir);
	g_free(here);
	g_free(text);
	g_free(path);
}

/* ---- inspect and verify ---------------------------------------------------------------------------------------------- */

static void test_inspect(void **state)
{
	(void)state;
	char *said = NULL;
	assert_int_equal(tsrec(&said, "inspect", "--json", "-m", "96=h264", "call.pcap", NULL), 0);
	json_t *found = json_loads(said, 0, NULL);
	const json_t *stream = json_array_get(json_object_get(found, "streams"), 0);
	assert_string_equal(json_string_value(json_object_get(stream, "codec")), "h264");
	assert_int_equal(json_integer_value(json_object_get(stream, "lost")), 0);
	assert_int_equal(json_integer_value(json_object_get(stream, "rtcp")), 5);
	json_decref(found);
	g_free(said);
	assert_int_equal(tsrec(NULL, "convert", "video.mjr", "seen.ts", NULL), 0);
	assert_int_equal(tsrec(&said, "inspect", "--json", "seen.ts", NULL), 0);
	found = json_loads(said, 0, NULL);
	stream = json_array_get(json_object_get(found, "streams"), 0);
	assert_string_equal(json_string_value(json_object_get(found, "format")), "mpegts");
	assert_int_equal(json_integer_value(json_object_get(stream, "frames")), FRAMES);
	assert_int_equal(json_integer_value(json_object_get(stream, "keyframes")), FRAMES / 30);
	assert_int_equal(json_integer_value(json_object_get(stream, "duration_ms")), (FRAMES - 1) * 1000 / 30);
	json_decref(found);
	g_free(said);
	assert_int_equal(tsrec(NULL, "inspect", "seen.ts", "video.mjr", NULL), 0);
	assert_int_equal(tsrec(NULL, "inspect", "cut.mjr", NULL), 3);
	assert_int_equal(tsrec(NULL, "inspect", "noise", NULL), 2);
}

/* Changes one byte of a copy of good.ts; a packet's byte 0 is its sync byte, 3 its continuity counter. */
static void verify_changed(const char *data, gsize size, gsize at, char change, int want)
{
	char *copy = g_memdup2(data, size);
	copy[at] ^= change;
	save("changed.ts", copy, size);
	assert_int_equal(tsrec(NULL, "verify", "-q", "changed.ts", NULL), want);
	assert_int_equal(tsrec(NULL, "verify", "-q", "--report", "good.json", "changed.ts", NULL), 3);
	g_free(copy);
}

static void test_verify(void **state)
{
	(void)state;
	char *path = in_folder("good.ts"), *data = NULL;
	gsize size = 0;
	assert_int_equal(tsrec(NULL, "convert", "--report", "--name=A call", "video.mjr", "audio.mjr", "good.ts", NULL),
			 0);
	assert_int_equal(tsrec(NULL, "verify", "good.ts", NULL), 0);
	assert_true(g_file_get_contents(path, &data, &size, NULL));
	save("bare.ts", data, size);
	assert_int_equal(tsrec(NULL, "verify", "bare.ts", NULL), 0); /* no report: its structure alone */
	verify_changed(data, size, 188 * 100, 0x40, 3);
	verify_changed(data, size, 188 * 100 + 3, 0x05, 3);
	verify_changed(data, size, 188 * 100 + 150, 0x01, 0); /* a bit of the picture: only the checksum tells */
	save("short.ts", data, size - 1000);
	assert_int_equal(tsrec(NULL, "verify", "short.ts", NULL), 3);
	assert_int_equal(tsrec(NULL, "verify", "noise", NULL), 3);
	assert_int_equal(tsrec(NULL, "verify", "empty", NULL), 3);
	assert_int_equal(tsrec(NULL, "verify", "nowhere.ts", NULL), 2);
	assert_int_equal(tsrec(NULL, "verify", "--report", "nowhere.json", "good.ts", NULL), 3);
	g_free(data);
	g_free(path);
}

/* ---- recover --------------------------------------------------------------------------------------------------------- */

/* A finished file, cut in the middle of a frame and renamed, is what a crash leaves. */
/* Where, when, on which PID, and by which check; one lost packet here, and the quiet one says it all the same. */
static void test_verify_strict(void **state)
{
	(void)state;
	char *path = in_folder("strict.ts"), *data = NULL, *said = NULL;
	gsize size = 0;
	assert_int_equal(tsrec(NULL, "convert", "video.mjr", "audio.mjr", "strict.ts", NULL), 0);
	assert_int_equal(tsrec(&said, "verify", "--strict", "-q", "strict.ts", NULL), 0);
	assert_string_equal(said, "");
	g_free(said);
	assert_true(g_file_get_contents(path, &data, &size, NULL));
	gsize lost = size / 2 / 188 * 188;
	while ((data[lost + 3] & 0x10) == 0 || (data[lost + 1] & 0x40) != 0 || (data[lost + 2] & 0xff) != 0)
		lost += 188; /* to the middle of a picture */
	memmove(data + lost, data + lost + 188, size - lost - 188);
	save("lossy.ts", data, size - 188);
	assert_int_equal(tsrec(&said, "verify", "--strict", "-q", "lossy.ts", NULL), 3);
	char *want = g_strdup_printf("lossy.ts: byte %zu, ", (size_t)lost);
	assert_non_null(strstr(said, want));
	assert_non_null(strstr(said, ", PID 0x100: 1.4 Continuity_count_error: the counter is "));
	g_free(want);
	g_free(said);
	g_free(data);
	g_free(path);
}

static void test_recover(void **state)
{
	(void)state;
	char *path = in_folder("crash.ts"), *data = NULL;
	gsize size = 0;
	assert_int_equal(tsrec(NULL, "convert", "video.mjr", "audio.mjr", "crash.ts", NULL), 0);
	assert_true(g_file_get_contents(path, &data, &size, NULL));
	assert_int_equal(g_unlink(path), 0);
	save("crash.recording.ts", data, size - size / 3);
	save("hollow.recording.ts", "", 0);
	assert_int_equal(tsrec(NULL, "recover", "--dry-run", "crash.recording.ts", NULL), 0);
	assert_false(is_there("crash.ts"));
	assert_int_equal(tsrec(NULL, "recover", "--report", ".", NULL), 3); /* busy.recording.ts is none */
	assert_false(is_there("crash.recording.ts"));
	assert_false(is_there("hollow.recording.ts"));
	assert_false(is_there("hollow.ts"));
	assert_int_equal(tsrec(NULL, "verify", "crash.ts", NULL), 0);
	struct tscheck check;
	check_file("crash.ts", &check);
	assert_true(tscheck_find(&check, TSR_CODEC_H264)->packets > FRAMES / 2);
	tscheck_finish(&check);
	save("crash.recording.ts", data, size / 2); /* the name is taken now */
	assert_int_equal(tsrec(NULL, "recover", "crash.recording.ts", NULL), 3);
	assert_true(is_there("crash.recording.ts"));
	assert_int_equal(tsrec(NULL, "recover", "crash.ts", NULL), 2);
	assert_int_equal(tsrec(NULL, "recover", "nowhere.recording.ts", NULL), 2);
	assert_int_equal(tsrec(NULL, "recover", NULL), 1);
	g_free(data);
	g_free(path);
}

static int setup(void **state)
{
	(void)state;
	char *video = media_path("small.h264"), *audio = media_path("small.opus");
	pcap.link_type = 1;
	h264 = media_load(video, 30);
	opus = media_load(audio, 50);
	g_free(video);
	g_free(audio);
	command_setup();
	write_captures();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	media_free(h264);
	media_free(opus);
	command_teardown();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_mjr_files),  cmocka_unit_test(test_pcap_by_map_and_by_sdp),
		cmocka_unit_test(test_a_bare_capture), cmocka_unit_test(test_files_of_janus),
		cmocka_unit_test(test_orientation),    cmocka_unit_test(test_keyframe_timeout),
		cmocka_unit_test(test_usage),          cmocka_unit_test(test_input_that_is_none),
		cmocka_unit_test(test_partial_input),  cmocka_unit_test(test_output_that_cannot_be),
		cmocka_unit_test(test_force),          cmocka_unit_test(test_inspect),
		cmocka_unit_test(test_verify),         cmocka_unit_test(test_verify_strict),
		cmocka_unit_test(test_recover),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
