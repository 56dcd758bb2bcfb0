/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A camera that is not held upright says so in an RTP header extension: what is transcoded is turned, of what is copied it is noted. */
#include <string.h>

#include "../lib/cmocka.h"
#include "harness.h"
#include "sender.h"
#include "tscheck.h"

#define START_US    1700000000000000LL
#define ORIENTATION 4
#define TURNED_AT   20 /* the number of the picture */
#define PICTURES    60

struct turning {
	struct harness *h;
	unsigned track;
	const struct sender *sender;
};

/* Into the last packet of a picture goes how it is to be turned; not at all at first, then by 90 degrees, and that holds. */
static void push_turned(void *ctx, bool rtcp, const uint8_t *data, size_t size, int64_t arrival_us)
{
	const struct turning *t = ctx;
	static const uint8_t extension[] = {0xbe, 0xde, 0, 1, ORIENTATION << 4, 1, 0, 0};
	bool last = data[1] & 0x80 && t->sender->frames == TURNED_AT;
	GByteArray *packet = g_byte_array_append(g_byte_array_new(), data, 12);
	if (last) {
		packet->data[0] |= 0x10;
		g_byte_array_append(packet, extension, sizeof(extension));
	}
	g_byte_array_append(packet, data + 12, (guint)size - 12);
	assert_false(rtcp);
	assert_true(tsr_push_rtp(t->h->recording, t->track, packet->data, packet->len, arrival_us));
	g_byte_array_free(packet, TRUE);
}

static void record(const struct media *media, uint8_t extension_id, struct harness *h, tsr_stats *stats)
{
	struct turning t = {.h = h};
	struct sender s = {
		.media = media, .payload_type = 96, .ssrc = 1, .start_us = START_US, .send = push_turned, .ctx = &t};
	t.sender = &s;
	harness_start(h, true, &(tsr_recording_config){.report = true});
	const tsr_track_config config = {.codec = media->codec, .orientation_extension = extension_id};
	assert_int_equal(tsr_recording_add_track(h->recording, &config, &t.track), TSR_OK);
	while (s.frames < PICTURES)
		sender_frame(&s);
	harness_stop(h, stats);
	assert_non_null(h->path);
}

static void assert_report_says(const struct harness *h, const char *what)
{
	char *text = NULL, *path = g_strndup(h->path, strlen(h->path) - strlen(".ts"));
	char *report = g_strconcat(path, ".json", NULL);
	assert_true(g_file_get_contents(report, &text, NULL, NULL));
	assert_non_null(strstr(text, what));
	g_free(text);
	g_free(report);
	g_free(path);
}

static void what_is_transcoded_is_turned(void **state)
{
	(void)state;
	static const uint8_t ids[] = {ORIENTATION, 0, ORIENTATION + 1};
	for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
		struct harness h;
		struct tscheck check;
		tsr_stats *stats = g_new0(tsr_stats, 1);
		bool known = ids[i] == ORIENTATION;
		record(media_vp8, ids[i], &h, stats);
		tscheck_file(h.path, &check);
		const struct tscheck_stream *v = tscheck_find(&check, TSR_CODEC_H264);
		assert_int_equal(v->errors + v->backwards, 0);
		assert_int_equal(v->decoded, PICTURES);
		assert_int_equal(v->keyframes, known ? 2 : 1); /* a new size is a new encoder */
		assert_int_equal(stats->track[0].rotation, known ? 90 : 0);
		assert_report_says(&h, known ? "\"rotation\": 90" : "\"rotation\": 0");
		tscheck_finish(&check);
		g_free(stats);
		harness_finish(&h);
	}
}

static void of_what_is_copied_it_is_noted(void **state)
{
	(void)state;
	struct harness h;
	struct tscheck check;
	tsr_stats *stats = g_new0(tsr_stats, 1);
	record(media_h264, ORIENTATION, &h, stats);
	tscheck_file(h.path, &check);
	assert_int_equal(tscheck_find(&check, TSR_CODEC_H264)->decoded, PICTURES);
	assert_int_equal(stats->track[0].rotation, 90);
	assert_report_says(&h, "\"rotation\": 90");
	tscheck_finish(&check);
	g_free(stats);
	harness_finish(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_transcoded_is_turned),
		cmocka_unit_test(of_what_is_copied_it_is_noted),
	};
	return cmocka_run_group_tests(tests, media_setup, media_teardown);
}
