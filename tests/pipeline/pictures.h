/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Real H.264 and H.265, made by libavcodec's encoders, as RTP of senders of all sorts; and which pictures a file shows, when. */
#ifndef TEST_PICTURES_H
#define TEST_PICTURES_H

#include <glib.h>

#include "recorder/recorder.h"

#define PICTURE_90K 3000 /* 30 pictures a second */

/* A stream in the order in which it is decoded. */
struct encoded {
	tsr_codec codec;
	GPtrArray *packets; /* AVPacket: Annex B, pts in pictures */
};

/* `pictures` pictures that all differ, 160x96. `options` of the encoder as key=value:key=value. */
struct encoded *encoded_make(const char *encoder, const char *options, unsigned pictures);
void encoded_free(struct encoded *e);

/* What is shown, in that order. */
struct shown {
	GPtrArray *sums; /* a checksum of each picture: char * */
	GArray *pts_90k; /* int64_t */
	unsigned packets, keyframes;
	unsigned errors;      /* packets the decoder refused */
	unsigned misordered;  /* packets whose DTS does not rise, or is after their PTS */
	int64_t longest_wait; /* from DTS to PTS */
};

/* Decodes a stream as it was made. */
void shown_of_encoded(const struct encoded *e, struct shown *out);
/* Decodes a file's video. Fails the test when it does not open. */
void shown_of_file(const char *path, struct shown *out);
void shown_free(struct shown *s);

/* How a sender puts pictures into packets. */
struct picture_sender {
	tsr_recording *recording;
	unsigned track;
	int64_t start_us;
	bool marks_slices;  /* the marker on each slice, not on the last alone */
	unsigned slice_90k; /* the timestamp of each slice is so much after that of the one before */
	bool joins;         /* all NAL units of a picture in one, with start codes between them */
	bool only_sets;     /* nothing of a picture arrives but its parameter sets */
	bool pads;          /* empty NAL units in aggregation packets */
	uint16_t seq;
	/* Sees each packet instead of the recording, if set. */
	void (*deliver)(void *ctx, const uint8_t *data, size_t size, int64_t arrival_us);
	void *ctx;
};

/* Sends picture number `n` (in decoding order) of a stream; it arrives when it is its turn. */
void picture_send(struct picture_sender *s, const struct encoded *e, unsigned n);
/* Those from `first` up to before `end`. */
void pictures_send(struct picture_sender *s, const struct encoded *e, unsigned first, unsigned end);

/* One picture is lost on the way. */
void picture_lose(struct picture_sender *s);

#endif
