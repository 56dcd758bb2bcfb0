/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzz target of the readers of captures (.mjr, .pcap, .pcapng), down to the RTP in them: the input is the file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/capture/capture.h"

#include "targets.h"

/* What a user might say of payload types. */
static struct payloads *make_payloads(void)
{
	char why[128];
	struct payloads *payloads = payloads_create();
	FUZZ_ASSERT(payloads_add_map(payloads, "96=h264", why, sizeof(why)) == TSR_OK);
	FUZZ_ASSERT(payloads_add_map(payloads, "5004:111=opus/48000/2", why, sizeof(why)) == TSR_OK);
	return payloads;
}

static void check_packet(const struct capture *c, const struct capture_packet *packet, int64_t *latest_us)
{
	FUZZ_ASSERT(packet->stream < c->stream_count && c->stream_count <= CAPTURE_MAX_STREAMS);
	FUZZ_ASSERT(packet->size > 0 && packet->size <= 65535);
	FUZZ_ASSERT(packet->arrival_us >= *latest_us);
	*latest_us = packet->arrival_us;
	uint8_t *copy = malloc(packet->size); /* all of it can be read */
	FUZZ_ASSERT(copy != NULL);
	memcpy(copy, packet->data, packet->size);
	free(copy);
}

void fuzz_capture(const uint8_t *data, size_t size)
{
	static struct payloads *payloads;
	if (payloads == NULL)
		payloads = make_payloads();
	int fd = memfd_create("capture", MFD_CLOEXEC);
	char path[64], why[256];
	FUZZ_ASSERT(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct capture *c = NULL;
	if (capture_open(path, payloads, &c, why, sizeof(why)) == TSR_OK) {
		struct capture_packet packet;
		int64_t latest_us = INT64_MIN;
		size_t count = 0;
		tsr_error err;
		while ((err = capture_next(c, &packet)) == TSR_OK) {
			check_packet(c, &packet, &latest_us);
			FUZZ_ASSERT(++count <= size);
		}
		FUZZ_ASSERT(err == TSR_E_EOF || err == TSR_E_MALFORMED);
		FUZZ_ASSERT(err == TSR_E_EOF || c->problem[0] != '\0');
	}
	capture_close(c);
	close(fd);
}
