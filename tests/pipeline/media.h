/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Coded media from small files (tests/data), frame by frame, to be sent in a loop. */
#ifndef TEST_MEDIA_H
#define TEST_MEDIA_H

#include <glib.h>

#include "recorder/recorder.h"

/* H.264: an access unit in Annex B without its delimiter; VP8: a frame; Opus: a packet. */
struct media_frame {
	const uint8_t *data;
	size_t size;
};

struct media {
	tsr_codec codec;
	int64_t frame_us; /* one frame's duration */
	GBytes *file;
	GArray *frames;    /* struct media_frame into file (Opus packets never span Ogg pages in our files) */
	GPtrArray *padded; /* ... or into these */
};

/* Reads an Annex B (.h264), IVF (.ivf) or Ogg (.opus) file with `rate` frames a second. Fails the test when it cannot. */
struct media *media_load(const char *path, unsigned rate);
void media_free(struct media *m);

/* H.264: makes every frame `size` bytes long at least, by bytes behind its last NAL unit's own. Decoders pass over them; it is for
 * measuring at a bit rate. */
void media_pad(struct media *m, size_t size);

/* The three small files of tests/data, 30 pictures a second and 20 ms of sound each; a cmocka group's fixtures load and free them. */
extern struct media *media_h264, *media_vp8, *media_opus;
int media_setup(void **state);
int media_teardown(void **state);

/* A file of tests/data, wherever the test runs; freed by the caller. */
char *media_path(const char *name);

/* Frame number `index`, round and round. */
const struct media_frame *media_frame(const struct media *m, uint64_t index);

/* Calls `see` for each NAL unit of Annex B bytes, without start codes. */
void media_each_nal(const uint8_t *data, size_t size, void (*see)(void *ctx, const uint8_t *nal, size_t size),
		    void *ctx);

#endif
