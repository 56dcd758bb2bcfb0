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

/* ---- H.265, RFC 7798 --------------------------------------------------------------------------------------------- */

static void send_h265_nal(struct stream *s, const uint8_t *nal, size_t size)
{
	expect(s, start_code, sizeof(start_code));
	expect(s, nal, size);
	if (size <= MTU) {
		add_packet(s, NULL, 0, nal, size);
		return;
	}
	for (size_t at = 2; at < size;) {
		size_t part = 1 + pick(s, MTU - 3);
		part = part < size - at ? part : size - at;
		uint8_t start = at == 2 ? 0x80 : 0, end = at + part == size ? 0x40 : 0;
		uint8_t header[] = {49 << 1, nal[1], start | end | nal[0] >> 1};
		add_packet(s, header, sizeof(header), nal + at, part);
		at += part;
	}
}

static void make_h265(struct stream *s, bool keyframe)
{
	static const uint8_t aud[] = {0, 0, 0, 1, 0x46, 1, 0x50};
	static const uint8_t vps[] = {0x40, 1, 0x0c, 1, 0xff}, pps[] = {0x44, 1, 0xc1, 0x72},
			     sps[] = {0x42, 1, 1, 1, 0x60, 0,    0, 3,    0, 0x90, 0,    0,    3,
				      0,    0, 3, 0, 0x5d, 0xb0, 5, 0x12, 1, 0xe9, 0xa6, 0x45, 0xc0};
	expect(s, aud, sizeof(aud));
	if (keyframe && s->variant < 2) {
		static const uint8_t ap[] = {0x60, 1, 0, sizeof(vps)};
		uint8_t rest[80];
		size_t size = 0;
		memcpy(rest, vps, sizeof(vps));
		size += sizeof(vps);
		rest[size++] = 0;
		rest[size++] = sizeof(sps);
		memcpy(rest + size, sps, sizeof(sps));
		size += sizeof(sps);
		rest[size++] = 0;
		rest[size++] = sizeof(pps);
		memcpy(rest + size, pps, sizeof(pps));
		add_packet(s, ap, sizeof(ap), rest, size + sizeof(pps));
		expect(s, start_code, sizeof(start_code));
		expect(s, vps, sizeof(vps));
		expect(s, start_code, sizeof(start_code));
		expect(s, sps, sizeof(sps));
		expect(s, start_code, sizeof(start_code));
		expect(s, pps, sizeof(pps));
	} else if (keyframe) {
		send_h265_nal(s, vps, sizeof(vps));
		send_h265_nal(s, sps, sizeof(sps));
		send_h265_nal(s, pps, sizeof(pps));
	}
	uint8_t type = keyframe ? 19 << 1 : 1 << 1, nal[MAX_NAL];
	for (unsigned slice = 0, slices = 1 + pick(s, 3); slice < slices; slice++) {
		uint8_t first = slice == 0 ? 0x80 : 0, header[] = {type, 1, first | (keyframe ? 0x20 : 0x40)};
		send_h265_nal(s, nal, fill(s, nal, header, sizeof(header), MAX_NAL));
	}
}

static void test_h265(void **state)
{
	(void)state;
	check_property(TSR_CODEC_H265, make_h265);
}

/* ---- VP9, RFC 9628 ----------------------------------------------------------------------------------------------- */

enum { FLEXIBLE = 0x10, FRAME_START = 0x08, FRAME_END = 0x04 };

static size_t vp9_descriptor(const struct stream *s, uint8_t out[6], uint8_t flags, bool keyframe, int layer)
{
	size_t size = 0;
	bool flexible = flags & FLEXIBLE;
	out[size++] = 0x80 | flags | (keyframe ? 0 : 0x40) | (layer >= 0 ? 0x20 : 0);
	out[size++] = 0x80; /* picture ID */
	out[size++] = (uint8_t)s->frame;
	if (layer >= 0)
		out[size++] = (uint8_t)(layer << 1);
	if (layer >= 0 && !flexible)
		out[size++] = (uint8_t)s->frame; /* TL0PICIDX */
	if (!keyframe && flexible)
		out[size++] = 1 << 1; /* P_DIFF */
	return size;
}

static void send_vp9_frame(struct stream *s, const uint8_t *frame, size_t size, bool keyframe, int layer)
{
	for (size_t at = 0; at < size;) {
		size_t part = 1 + pick(s, MTU - 6);
		part = part < size - at ? part : size - at;
		uint8_t header[6], flags = s->markers ? FLEXIBLE : 0;
		flags |= at == 0 ? FRAME_START : 0;
		flags |= at + part == size ? FRAME_END : 0;
		add_packet(s, header, vp9_descriptor(s, header, flags, keyframe, layer), frame + at, part);
		at += part;
	}
}

static void make_vp9(struct stream *s, bool keyframe)
{
	static const uint8_t key[] = {0x82, 0x49, 0x83, 0x42, 0x00, 0x27, 0xf0, 0x16, 0x70};
	static const uint8_t inter[] = {0x86, 0x00, 0x40, 0x92};
	static uint8_t frame[4 * MTU];
	int layers = 1 + (int)s->variant % 3;
	uint8_t marker = 0xc8 | (uint8_t)(layers - 1),
		index[8] = {marker}; /* with sizes of two bytes: none is below 256 */
	for (int layer = 0; layer < layers; layer++) {
		bool key_layer = keyframe && layer == 0;
		size_t size =
			fill(s, frame, key_layer ? key : inter, key_layer ? sizeof(key) : sizeof(inter), sizeof(frame));
		size = size < 256 ? 256 : size;
		index[1 + 2 * layer] = (uint8_t)size;
		index[2 + 2 * layer] = (uint8_t)(size >> 8);
		expect(s, frame, size);
		send_vp9_frame(s, frame, size, keyframe, layers > 1 ? layer : -1);
	}
	index[1 + 2 * layers] = marker;
	if (layers > 1)
		expect(s, index, 2 + 2 * (size_t)layers);
}

static void test_vp9(void **state)
{
	(void)state;
	check_property(TSR_CODEC_VP9, make_vp9);
}

/* ---- AV1 --------------------------------------------------------------------------------------------------------- */

struct obu {
	uint8_t data[4 * MTU];
	size_t size;
	size_t header_size;
};

static size_t leb128(uint8_t *out, size_t value)
{
	size_t size = 0;
	for (; value >= 0x80; value >>= 7)
		out[size++] = (uint8_t)(value | 0x80);
	out[size++] = (uint8_t)value;
	return size;
}

static void expect_obu(struct stream *s, const struct obu *obu)
{
	uint8_t header[8];
	memcpy(header, obu->data, obu->header_size);
	header[0] |= 2; /* obu_has_size_field */
	expect(s, header, obu->header_size + leb128(header + obu->header_size, obu->size - obu->header_size));
	expect(s, obu->data + obu->header_size, obu->size - obu->header_size);
}

/* OBUs into packets of random sizes, up to three elements in each, with and without a count of them. */
static void send_obus(struct stream *s, const struct obu *obus, unsigned count, bool new_sequence)
{
	size_t at = 0; /* in obus[i] */
	for (unsigned i = 0; i < count;) {
		uint8_t body[MTU + 16], aggregation = at > 0 ? 0x80 : 0;
		size_t size = 0, room = 1 + pick(s, MTU - 3);
		unsigned elements = 1 + pick(s, 3), taken = 0;
		bool counted = pick(s, 2);
		while (taken < elements && i < count && room > 0) {
			size_t part = obus[i].size - at < room ? obus[i].size - at : room;
			bool last =
				++taken == elements || part == room || (i + 1 == count && at + part == obus[i].size);
			if (!counted || !last)
				size += leb128(body + size, part);
			memcpy(body + size, obus[i].data + at, part);
			size += part;
			room -= part;
			at += part;
			aggregation = (aggregation & 0x80) | (at < obus[i].size ? 0x40 : 0);
			if (at == obus[i].size) {
				at = 0;
				i++;
			}
		}
		aggregation |= counted ? taken << 4 : 0;
		aggregation |= new_sequence ? 0x08 : 0;
		new_sequence = false;
		add_packet(s, &aggregation, 1, body, size);
	}
}

static void make_av1(struct stream *s, bool keyframe)
{
	static const uint8_t delimiter[] = {0x12, 0};
	static const uint8_t sequence[] = {0x08, 0, 0, 0, 0x0c, 0xc4, 0xff, 0x67, 0x36, 0xbe, 0x40, 0x10};
	static struct obu obus[3];
	unsigned layers = 1 + s->variant % 3;
	expect(s, delimiter, sizeof(delimiter));
	for (unsigned layer = 0; layer < layers; layer++) {
		unsigned count = 0;
		if (keyframe && layer == 0) {
			memcpy(obus[count].data, sequence, sizeof(sequence));
			obus[count].size = sizeof(sequence);
			obus[count++].header_size = 1;
		}
		/* Metadata; not where its loss could not be noticed, and would do no harm. */
		if ((keyframe || layer > 0) && pick(s, 4) == 0) {
			obus[count].size = fill(s, obus[count].data, (uint8_t[]){0x28}, 1, 80);
			obus[count++].header_size = 1;
		}
		struct obu *frame = &obus[count++];
		uint8_t header[] = {0x34, (uint8_t)(layer << 3), keyframe && layer == 0 ? 0x14 : 0x30, 0x0a, 0x81, 0x2a,
				    0xb0};
		frame->size = fill(s, frame->data, header, sizeof(header), sizeof(frame->data));
		frame->header_size = 2;
		for (unsigned i = 0; i < count; i++)
			expect_obu(s, &obus[i]);
		send_obus(s, obus, count, keyframe && layer == 0);
	}
}

static void test_av1(void **state)
{
	(void)state;
	check_property(TSR_CODEC_AV1, make_av1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_h264), cmocka_unit_test(test_vp8), cmocka_unit_test(test_h265),
		cmocka_unit_test(test_vp9),  cmocka_unit_test(test_av1),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
