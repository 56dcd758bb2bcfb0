/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media.h"

#include <string.h>

#define NAL_DELIMITER 9

char *media_path(const char *name)
{
	const char *top = g_getenv("srcdir");
	return g_build_filename(top != NULL ? top : ".", "tests", "data", name, NULL);
}

/* Where the next start code begins, and how long it is; the end of the data when there is none. */
static const uint8_t *find_start_code(const uint8_t *p, const uint8_t *end, size_t *length)
{
	for (; end - p >= 3; p++) {
		if (p[0] == 0 && p[1] == 0 && p[2] == 1) {
			*length = 3;
			return p;
		}
	}
	*length = 0;
	return end;
}

void media_each_nal(const uint8_t *data, size_t size, void (*see)(void *ctx, const uint8_t *nal, size_t size),
		    void *ctx)
{
	const uint8_t *end = data + size;
	size_t code = 0;
	const uint8_t *at = find_start_code(data, end, &code);
	while (at < end) {
		const uint8_t *nal = at + code;
		at = find_start_code(nal, end, &code);
		const uint8_t *nal_end = at;
		while (nal_end > nal && nal_end[-1] == 0) /* a start code of four bytes, or trailing zeros */
			nal_end--;
		if (nal_end > nal)
			see(ctx, nal, (size_t)(nal_end - nal));
	}
}

static void add_frame(struct media *m, const uint8_t *data, size_t size)
{
	struct media_frame frame = {data, size};
	g_array_append_val(m->frames, frame);
}

/* A delimiter begins an access unit. */
static void see_nal(void *ctx, const uint8_t *nal, size_t size)
{
	struct media *m = ctx;
	if ((nal[0] & 31) == NAL_DELIMITER) {
		add_frame(m, nal + size, 0);
		return;
	}
	g_assert(m->frames->len > 0);
	struct media_frame *frame = &g_array_index(m->frames, struct media_frame, m->frames->len - 1);
	frame->size = (size_t)(nal + size - frame->data);
}

static void split_ivf(struct media *m, const uint8_t *data, size_t size)
{
	size_t at = 32;
	while (at + 12 <= size) {
		uint32_t length = 0;
		memcpy(&length, data + at, 4);
		length = GUINT32_FROM_LE(length);
		g_assert(length <= size - at - 12);
		add_frame(m, data + at + 12, length);
		at += 12 + (size_t)length;
	}
}

/* RFC 3533. The first two packets are OpusHead and OpusTags. */
static void split_ogg(struct media *m, const uint8_t *data, size_t size)
{
	size_t at = 0;
	while (at + 27 <= size && memcmp(data + at, "OggS", 4) == 0) {
		const uint8_t *laces = data + at + 27;
		size_t body = at + 27 + data[at + 26], length = 0;
		for (unsigned i = 0; i < data[at + 26]; i++) {
			length += laces[i];
			if (laces[i] == 255)
				continue;
			g_assert(body + length <= size);
			add_frame(m, data + body, length);
			body += length;
			length = 0;
		}
		g_assert(length == 0);
		at = body;
	}
	g_assert(m->frames->len > 2);
	g_array_remove_range(m->frames, 0, 2);
}

struct media *media_load(const char *path, unsigned rate)
{
	char *text = NULL;
	gsize size = 0;
	if (!g_file_get_contents(path, &text, &size, NULL))
		g_error("%s cannot be read", path);
	struct media *m = g_new0(struct media, 1);
	m->file = g_bytes_new_take(text, size);
	m->frames = g_array_new(FALSE, FALSE, sizeof(struct media_frame));
	m->padded = g_ptr_array_new_with_free_func(g_free);
	m->frame_us = G_USEC_PER_SEC / rate;
	const uint8_t *data = g_bytes_get_data(m->file, NULL);
	if (g_str_has_suffix(path, ".ivf")) {
		m->codec = TSR_CODEC_VP8;
		split_ivf(m, data, size);
	} else if (g_str_has_suffix(path, ".opus")) {
		m->codec = TSR_CODEC_OPUS;
		split_ogg(m, data, size);
	} else {
		m->codec = TSR_CODEC_H264;
		media_each_nal(data, size, see_nal, m);
	}
	g_assert(m->frames->len > 0);
	return m;
}

void media_pad(struct media *m, size_t size)
{
	for (guint i = 0; i < m->frames->len; i++) {
		struct media_frame *frame = &g_array_index(m->frames, struct media_frame, i);
		if (frame->size >= size)
			continue;
		uint8_t *padded = g_malloc(size);
		memcpy(padded, frame->data, frame->size);
		memset(padded + frame->size, 0x55, size - frame->size);
		g_ptr_array_add(m->padded, padded);
		*frame = (struct media_frame){padded, size};
	}
}

void media_free(struct media *m)
{
	if (m == NULL)
		return;
	g_array_free(m->frames, TRUE);
	g_ptr_array_free(m->padded, TRUE);
	g_bytes_unref(m->file);
	g_free(m);
}

const struct media_frame *media_frame(const struct media *m, uint64_t index)
{
	return &g_array_index(m->frames, struct media_frame, index % m->frames->len);
}

struct media *media_h264, *media_vp8, *media_opus;

static struct media *load_small(const char *name, unsigned rate)
{
	char *path = media_path(name);
	struct media *media = media_load(path, rate);
	g_free(path);
	return media;
}

int media_setup(void **state)
{
	(void)state;
	media_h264 = load_small("small.h264", 30);
	media_vp8 = load_small("small.ivf", 30);
	media_opus = load_small("small.opus", 50);
	return 0;
}

int media_teardown(void **state)
{
	(void)state;
	media_free(media_h264);
	media_free(media_vp8);
	media_free(media_opus);
	return 0;
}
