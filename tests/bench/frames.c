/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * frames FILE.mjr: RTP of H.264 to frames, and nothing more: parser, jitter buffer, depacketizer. It loads none of FFmpeg's libraries, so
 * that its instructions can be counted where valgrind cannot run those. Prints the number of frames. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "recorder/common/limits.h"
#include "recorder/common/reader.h"
#include "recorder/depay/depay.h"
#include "recorder/rtp/jitbuf.h"

#define WAIT_US 500000

static uint64_t frames;

static int on_frame(void *ctx, const struct frame *frame)
{
	(void)ctx;
	frames += frame->size > 0;
	return TSR_OK;
}

static void on_packet(void *depay, const struct rtp_packet *pkt, uint32_t lost, bool restart)
{
	if (depay_push(depay, pkt, lost > 0 || restart) != TSR_OK)
		fputs("a frame is refused\n", stderr);
}

/* The next packet of an .mjr of the second format; false at its end. */
static bool read_packet(FILE *file, uint8_t *data, size_t *size, int64_t *arrival_us)
{
	uint8_t head[10];
	if (fread(head, 1, sizeof(head), file) != sizeof(head) || memcmp(head, "MEET", 4) != 0)
		return false;
	*arrival_us = 1000 * (int64_t)((uint32_t)head[4] << 24 | head[5] << 16 | head[6] << 8 | head[7]);
	*size = (size_t)head[8] << 8 | head[9];
	return fread(data, 1, *size, file) == *size;
}

static bool skip_header(FILE *file)
{
	uint8_t head[10];
	return fread(head, 1, sizeof(head), file) == sizeof(head) && memcmp(head, "MJR00002", 8) == 0 &&
	       fseek(file, head[8] << 8 | head[9], SEEK_CUR) == 0;
}

int main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
	if (file == NULL || !skip_header(file)) {
		fprintf(stderr, "usage: frames FILE.mjr\n");
		return 1;
	}
	struct depay *depay = NULL;
	struct jitbuf_config config = {
		.wait_us = WAIT_US, .max_packets = LIMIT_JITBUF_PACKETS, .max_bytes = LIMIT_JITBUF_BYTES};
	if (depay_create(TSR_CODEC_H264, &(struct depay_config){.clock_rate = 90000}, on_frame, NULL, &depay) != TSR_OK)
		return 1;
	struct jitbuf *jitbuf = jitbuf_create(&config, on_packet, depay);
	if (jitbuf == NULL)
		return 1;
	uint8_t data[UINT16_MAX];
	size_t size;
	int64_t arrival_us;
	while (read_packet(file, data, &size, &arrival_us)) {
		struct rtp_packet pkt;
		if (rtp_parse(data, size, &pkt) != TSR_OK)
			continue;
		pkt.arrival_us = arrival_us;
		jitbuf_push(jitbuf, &pkt);
	}
	jitbuf_flush(jitbuf);
	printf("%" PRIu64 "\n", frames);
	jitbuf_destroy(jitbuf);
	depay_destroy(depay);
	fclose(file);
	return 0;
}
