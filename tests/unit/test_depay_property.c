/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Small packetizers, and what must be true of the depacketizers at the other end of a network that loses packets. */
#include "property.h"

/* ---- H.264, RFC 6184 --------------------------------------------------------------------------------------------- */

enum { MAX_NAL = 5000 };

static const uint8_t start_code[] = {0, 0, 0, 1};

/* A single NAL unit packet, or FU-A. */
static void send_h264_nal(struct stream *s, const uint8_t *nal, size_t size)
{
	expect(s, start_code, sizeof(start_code));
	expect(s, nal, size);
	if (size <= MTU) {
		add_packet(s, NULL, 0, nal, size);
		return;
	}
	for (size_t at = 1; at < size;) {
		size_t part = 1 + pick(s, MTU - 2);
		part = part < size - at ? part : size - at;
		uint8_t start = at == 1 ? 0x80 : 0, end = at + part == size ? 0x40 : 0;
		uint8_t header[] = {(nal[0] & 0xe0) | 28, start | end | (nal[0] & 0x1f)};
		add_packet(s, header, sizeof(header), nal + at, part);
		at += part;
	}
}

static void send_h264_stap(struct stream *s, const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
	uint8_t stap[MTU] = {0x78, (uint8_t)(a_size >> 8), (uint8_t)a_size};
	memcpy(stap + 3, a, a_size);
	stap[3 + a_size] = (uint8_t)(b_size >> 8);
	stap[4 + a_size] = (uint8_t)b_size;
	memcpy(stap + 5 + a_size, b, b_size);
	add_packet(s, stap, 5 + a_size + b_size, NULL, 0);
	expect(s, start_code, sizeof(start_code));
	expect(s, a, a_size);
	expect(s, start_code, sizeof(start_code));
	expect(s, b, b_size);
}

static void make_h264(struct stream *s, bool keyframe)
{
	static const uint8_t aud[] = {0, 0, 0, 1, 9, 0xf0};
	static const uint8_t sps[] = {0x67, 0x42, 0x00, 0x1f, 0xda, 0x01, 0x40, 0x16, 0xe4},
			     pps[] = {0x68, 0xcb, 0x83, 0xcb, 0x20};
	expect(s, aud, sizeof(aud));
	bool aggregate = pick(s, 2);
	if (keyframe && aggregate) {
		send_h264_stap(s, sps, sizeof(sps), pps, sizeof(pps));
	} else if (keyframe) {
		send_h264_nal(s, sps, sizeof(sps));
		send_h264_nal(s, pps, sizeof(pps));
	}
	uint8_t type = keyframe ? 0x65 : 0x41;
	uint8_t a[MAX_NAL], b[MAX_NAL];
	size_t a_size = fill(s, a, (uint8_t[]){type, keyframe ? 0x88 : 0x9a, 0x84}, 3, MAX_NAL);
	size_t b_size = fill(s, b, (uint8_t[]){type, 0x46, 0x80}, 3, MAX_NAL);
	unsigned slices = 1 + pick(s, 3);
	if (slices > 1 && a_size + b_size < MTU - 5) {
		send_h264_stap(s, a, a_size, b, b_size);
		return;
	}
	send_h264_nal(s, a, a_size);
	for (; slices > 1; slices--)
		send_h264_nal(s, b, b_size);
}

static void test_h264(void **state)
{
	(void)state;
	check_property(TSR_CODEC_H264, make_h264);
}

/* ---- VP8, RFC 7741 ----------------------------------------------------------------------------------------------- */

static void make_vp8(struct stream *s, bool keyframe)
{
	static const uint8_t key[] = {0xd0, 0xf7, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01};
	static const uint8_t inter[] = {0xb1, 0xf6, 0x00};
	uint8_t frame[6 * MTU];
	size_t size = fill(s, frame, keyframe ? key : inter, keyframe ? sizeof(key) : sizeof(inter), sizeof(frame));
	expect(s, frame, size);
	bool long_id = pick(s, 2);
	uint8_t partition = 0;
	for (size_t at = 0; at < size;) {
		size_t part = 1 + pick(s, MTU - 4);
		part = part < size - at ? part : size - at;
		bool new_partition = at == 0 || (partition < 7 && pick(s, 8) == 0);
		partition += at > 0 && new_partition;
		uint8_t header[] = {0x80 | (new_partition ? 0x10 : 0) | partition, 0x80,
				    long_id ? 0x80 : 0x7f & s->frame, (uint8_t)s->frame};
		add_packet(s, header, long_id ? 4 : 3, frame + at, part);
		at += part;
	}
}

static void test_vp8(void **state)
{
	(void)state;
	check_property(TSR_CODEC_VP8, make_vp8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_h264),
		cmocka_unit_test(test_vp8),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
