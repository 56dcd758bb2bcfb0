/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make_captures OUT SECONDS RATE ELEMENTARY: writes OUT.mjr, OUT.pcap and OUT.es, that many seconds of an elementary stream (Annex B
 * with access unit delimiters, IVF or Ogg Opus) with RATE frames a second, played in a loop. OUT.es is for those who want no RTP;
 * Annex B alone can be joined so simply. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/pipeline/capfile.h"
#include "tests/pipeline/sender.h"

#define START_US    1700000000000000LL
#define FLUSH_BYTES (1 << 20)

struct outputs {
	FILE *mjr, *pcap, *es;
	GByteArray *mjr_bytes;
	struct capfile capture;
	unsigned port;
};

static void write_out(FILE *file, GByteArray *bytes)
{
	if (fwrite(bytes->data, 1, bytes->len, file) != bytes->len)
		g_error("cannot write");
	g_byte_array_set_size(bytes, 0);
}

static void write_packet(void *ctx, bool rtcp, const uint8_t *data, size_t size, int64_t arrival_us)
{
	struct outputs *out = ctx;
	if (!rtcp)
		mjr_frame(out->mjr_bytes, true, (uint32_t)((arrival_us - START_US) / 1000), data, size);
	capfile_udp(&out->capture, &(struct capfile_datagram){.us = arrival_us, .from = 40000, .to = out->port + rtcp},
		    data, size);
	if (out->mjr_bytes->len > FLUSH_BYTES)
		write_out(out->mjr, out->mjr_bytes);
	if (out->capture.bytes->len > FLUSH_BYTES)
		write_out(out->pcap, out->capture.bytes);
}

static FILE *open_output(const char *base, const char *ending)
{
	char *path = g_strconcat(base, ending, NULL);
	FILE *file = fopen(path, "wb");
	if (file == NULL)
		g_error("%s cannot be written", path);
	g_free(path);
	return file;
}

static void begin(struct outputs *out, tsr_codec codec)
{
	char info[200];
	g_snprintf(info, sizeof(info), "{\"t\":\"%c\",\"c\":\"%s\",\"s\":%lld,\"u\":%lld}",
		   tsr_codec_is_video(codec) ? 'v' : 'a', tsr_codec_name(codec), START_US, START_US);
	out->mjr_bytes = g_byte_array_new();
	mjr_begin(out->mjr_bytes, "MJR00002", info);
	out->capture.link_type = 1;
	capfile_begin(&out->capture);
	out->port = tsr_codec_is_video(codec) ? 5004 : 5006;
}

static void write_elementary(FILE *es, const struct media *media, uint64_t frames)
{
	static const uint8_t delimiter[] = {0, 0, 0, 1, 9, 0xf0};
	for (uint64_t i = 0; media->codec == TSR_CODEC_H264 && i < frames; i++) {
		const struct media_frame *frame = media_frame(media, i);
		if (fwrite(delimiter, 1, sizeof(delimiter), es) != sizeof(delimiter) ||
		    fwrite(frame->data, 1, frame->size, es) != frame->size)
			g_error("cannot write");
	}
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: make_captures OUT SECONDS RATE ELEMENTARY\n");
		return 1;
	}
	struct media *media = media_load(argv[4], (unsigned)atoi(argv[3]));
	struct outputs out = {.mjr = open_output(argv[1], ".mjr"),
			      .pcap = open_output(argv[1], ".pcap"),
			      .es = open_output(argv[1], ".es")};
	begin(&out, media->codec);
	bool video = tsr_codec_is_video(media->codec);
	struct sender s = {.media = media,
			   .payload_type = video ? 96 : 111,
			   .ssrc = 0x1000 + (uint32_t)media->codec,
			   .start_us = START_US,
			   .send = write_packet,
			   .ctx = &out};
	int64_t end_us = (int64_t)atoi(argv[2]) * G_USEC_PER_SEC, report_us = G_USEC_PER_SEC / 2;
	for (; sender_next_us(&s) < end_us; sender_frame(&s)) {
		for (; report_us < sender_next_us(&s); report_us += G_USEC_PER_SEC)
			sender_report(&s, report_us);
	}
	write_elementary(out.es, media, s.frames);
	write_out(out.mjr, out.mjr_bytes);
	write_out(out.pcap, out.capture.bytes);
	if (fclose(out.mjr) != 0 || fclose(out.pcap) != 0 || fclose(out.es) != 0)
		g_error("cannot write");
	printf("%" G_GUINT64_FORMAT " packets, %" G_GUINT64_FORMAT " frames\n", s.packets, s.frames);
	return 0;
}
