/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opus_head.h"

#include <string.h>

#include "../common/reader.h"

#define SILENT 255

/* RFC 7845 section 5.1.1.2, with the streams as libopus's surround encoder and Chromium's multiopus arrange them. */
static const struct opus_layout common_layouts[OPUS_MAX_CHANNELS] = {
	{1, 1, 0, {0}},
	{2, 1, 1, {0, 1}},
	{3, 2, 1, {0, 2, 1}},
	{4, 2, 2, {0, 1, 2, 3}},
	{5, 3, 2, {0, 4, 1, 2, 3}},
	{6, 4, 2, {0, 4, 1, 2, 3, 5}},
	{7, 4, 3, {0, 4, 1, 2, 3, 5, 6}},
	{8, 5, 3, {0, 6, 1, 2, 3, 4, 5, 7}},
};

/* RFC 7845 section 5.1.1: every index names a decoded channel, or silence. */
static tsr_error check(const struct opus_layout *l)
{
	if (l->streams == 0 || l->coupled > l->streams || l->streams + l->coupled > SILENT)
		return TSR_E_MALFORMED;
	for (unsigned i = 0; i < l->channels; i++)
		if (l->mapping[i] != SILENT && l->mapping[i] >= l->streams + l->coupled)
			return TSR_E_MALFORMED;
	return TSR_OK;
}

/* RFC 7845 section 5.1. */
static tsr_error parse(const uint8_t *data, size_t size, struct opus_layout *out)
{
	struct reader r = reader_of(data, size);
	const uint8_t *magic = reader_bytes(&r, 8);
	unsigned version = reader_u8(&r);
	unsigned channels = reader_u8(&r);
	reader_skip(&r, 2 + 4 + 2); /* pre-skip, input sample rate, output gain */
	unsigned family = reader_u8(&r);
	if (!reader_ok(&r) || memcmp(magic, "OpusHead", 8) != 0 || channels == 0)
		return TSR_E_MALFORMED;
	if (version > 15 || family > 1 || channels > (family == 0 ? 2 : OPUS_MAX_CHANNELS))
		return TSR_E_UNSUPPORTED;
	struct opus_layout l = common_layouts[channels - 1];
	if (family == 1) {
		l.streams = reader_u8(&r);
		l.coupled = reader_u8(&r);
		const uint8_t *mapping = reader_bytes(&r, channels);
		if (mapping == NULL)
			return TSR_E_MALFORMED;
		memcpy(l.mapping, mapping, channels);
	}
	tsr_error err = check(&l);
	if (err == TSR_OK)
		*out = l;
	return err;
}

tsr_error opus_layout_of(const struct track_format *format, struct opus_layout *out)
{
	if (format->extradata_size > 0)
		return parse(format->extradata, format->extradata_size, out);
	unsigned channels = format->channels ? format->channels : 2;
	if (channels > OPUS_MAX_CHANNELS)
		return TSR_E_UNSUPPORTED;
	*out = common_layouts[channels - 1];
	return TSR_OK;
}

size_t opus_head_write(const struct opus_layout *layout, uint8_t *out)
{
	bool family_0 = layout->channels <= 2 && layout->streams == 1;
	const uint8_t head[] = {
		'O',
		'p',
		'u',
		's',
		'H',
		'e',
		'a',
		'd',
		1, /* version */
		layout->channels,
		0,
		0, /* pre-skip */
		OPUS_RATE & 0xff,
		OPUS_RATE >> 8 & 0xff,
		0,
		0,
		0,
		0, /* output gain */
		family_0 ? 0 : 1,
	};
	memcpy(out, head, sizeof(head));
	if (family_0)
		return sizeof(head);
	out[sizeof(head)] = layout->streams;
	out[sizeof(head) + 1] = layout->coupled;
	memcpy(out + sizeof(head) + 2, layout->mapping, layout->channels);
	return sizeof(head) + 2 + layout->channels;
}
