/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tstables.h"

#include <string.h>

#define TABLE_PAT 0x00
#define TABLE_PMT 0x02
/* From table_id to the end of section_length, and the CRC behind the section. */
#define SECTION_HEAD 3
#define SECTION_CRC  4

/* ISO 13818-1 section 2.4.4.3. */
static void parse_pat(struct tstables *t, struct reader r)
{
	uint8_t table = reader_u8(&r);
	size_t length = reader_be16(&r) & 0xfff;
	reader_skip(&r, 5);
	if (table != TABLE_PAT || length < 5 + SECTION_CRC)
		return;
	for (size_t left = length - 5 - SECTION_CRC; left >= 4 && reader_ok(&r); left -= 4) {
		uint16_t program = reader_be16(&r);
		uint16_t pid = reader_be16(&r) & 0x1fff;
		if (program == 0 || !reader_ok(&r))
			continue;
		t->pmt_pid = pid;
		return;
	}
}

/* Opus is a private stream that announces itself by a registration descriptor (section 2.6.8) of "Opus". */
static bool is_opus(struct reader descriptors)
{
	while (descriptors.left >= 2) {
		uint8_t tag = reader_u8(&descriptors);
		uint8_t size = reader_u8(&descriptors);
		const uint8_t *body = reader_bytes(&descriptors, size);
		if (body != NULL && tag == 5 && size >= 4 && memcmp(body, "Opus", 4) == 0)
			return true;
	}
	return false;
}

static tsr_codec codec_of(uint8_t stream_type, struct reader descriptors)
{
	switch (stream_type) {
	case 0x1b: return TSR_CODEC_H264;
	case 0x24: return TSR_CODEC_H265;
	case 0x0f: return TSR_CODEC_AAC;
	case 0x06: return is_opus(descriptors) ? TSR_CODEC_OPUS : TSR_CODEC_NONE;
	default: return TSR_CODEC_NONE;
	}
}

static void add_stream(struct tstables *t, uint16_t pid, tsr_codec codec)
{
	for (unsigned i = 0; i < t->streams; i++) {
		if (t->stream[i].pid == pid) {
			t->stream[i].codec = codec;
			return;
		}
	}
	if (t->streams == sizeof(t->stream) / sizeof(t->stream[0]))
		return;
	t->stream[t->streams].pid = pid;
	t->stream[t->streams++].codec = codec;
}

/* ISO 13818-1 section 2.4.4.8; `r` is one whole section without its CRC. */
static void parse_pmt(struct tstables *t, struct reader r)
{
	if (reader_u8(&r) != TABLE_PMT)
		return;
	reader_skip(&r, 9);
	reader_skip(&r, reader_be16(&r) & 0xfff);
	while (r.left >= 5) {
		uint8_t type = reader_u8(&r);
		uint16_t pid = reader_be16(&r) & 0x1fff;
		size_t size = reader_be16(&r) & 0xfff;
		const uint8_t *descriptors = reader_bytes(&r, size);
		if (descriptors != NULL)
			add_stream(t, pid, codec_of(type, reader_of(descriptors, size)));
	}
}

/* A PMT of many tracks is longer than one packet. */
static void gather_pmt(struct tstables *t, bool unit_start, struct reader payload)
{
	if (unit_start)
		t->size = 0;
	else if (t->size == 0)
		return;
	size_t take = payload.left < sizeof(t->section) - t->size ? payload.left : sizeof(t->section) - t->size;
	const uint8_t *bytes = reader_bytes(&payload, take);
	if (bytes != NULL)
		memcpy(t->section + t->size, bytes, take);
	t->size += take;
	if (t->size < SECTION_HEAD)
		return;
	size_t length = (size_t)(t->section[1] & 0x0f) << 8 | t->section[2];
	if (t->size < SECTION_HEAD + length)
		return;
	if (length > SECTION_CRC)
		parse_pmt(t, reader_of(t->section, SECTION_HEAD + length - SECTION_CRC));
	t->size = 0;
}

void tstables_take(struct tstables *t, uint16_t pid, bool unit_start, struct reader payload)
{
	if (pid != 0 && pid != t->pmt_pid)
		return;
	if (unit_start)
		reader_skip(&payload, reader_u8(&payload)); /* pointer_field */
	if (!reader_ok(&payload))
		return;
	if (pid == t->pmt_pid && pid != 0)
		gather_pmt(t, unit_start, payload);
	else if (unit_start)
		parse_pat(t, payload);
}

tsr_codec tstables_codec(const struct tstables *t, uint16_t pid)
{
	for (unsigned i = 0; i < t->streams; i++)
		if (t->stream[i].pid == pid)
			return t->stream[i].codec;
	return TSR_CODEC_NONE;
}
