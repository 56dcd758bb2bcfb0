/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "capture_util.h"

#include <glib/gstdio.h>
#include <string.h>

#include "../lib/cmocka.h"
#include "capfile.h"

static char *write_file(const GByteArray *bytes, size_t size)
{
	char *path = NULL;
	int fd = g_file_open_tmp("tsrec-test-XXXXXX", &path, NULL);
	assert_true(fd >= 0);
	g_close(fd, NULL);
	assert_true(g_file_set_contents(path, (const char *)bytes->data, (gssize)size, NULL));
	return path;
}

struct capture *open_bytes(const GByteArray *bytes, size_t size, const struct payloads *payloads, tsr_error want)
{
	char why[200] = "";
	struct capture *c = NULL;
	char *path = write_file(bytes, size);
	assert_int_equal(capture_open(path, payloads, &c, why, sizeof(why)), want);
	if (want != TSR_OK)
		assert_true(why[0] != '\0');
	g_unlink(path);
	g_free(path);
	return c;
}

struct payloads *make_payloads(const char *map, ...)
{
	char why[200];
	struct payloads *p = payloads_create();
	va_list args;
	va_start(args, map);
	for (; map != NULL; map = va_arg(args, const char *))
		assert_int_equal(payloads_add_map(p, map, why, sizeof(why)), TSR_OK);
	va_end(args);
	return p;
}

void expect_rtp(struct capture *c, unsigned stream, unsigned seq, int64_t us)
{
	struct capture_packet packet;
	assert_int_equal(capture_next(c, &packet), TSR_OK);
	assert_false(packet.rtcp);
	assert_int_equal(packet.stream, stream);
	assert_int_equal(get_be16(packet.data + 2), seq);
	assert_int_equal(packet.arrival_us, us);
}

void expect_end(struct capture *c, tsr_error want)
{
	struct capture_packet packet;
	assert_int_equal(capture_next(c, &packet), want);
	if (want != TSR_E_EOF)
		assert_true(c->problem[0] != '\0');
	capture_close(c);
}

GByteArray *make_rtp(unsigned payload_type, unsigned seq, uint32_t ts, uint32_t ssrc, unsigned size)
{
	GByteArray *rtp = g_byte_array_new();
	put_be16(rtp, 0x8000 | payload_type);
	put_be16(rtp, seq);
	put_be32(rtp, ts);
	put_be32(rtp, ssrc);
	for (unsigned i = 0; i < size; i++)
		put8(rtp, seq + i);
	return rtp;
}

/* Cut at every byte: what lies before the cut is read, and the end says whether a packet was cut. */
void cut_everywhere(const GByteArray *file, const struct payloads *payloads, unsigned packets)
{
	unsigned whole = 0, cut = 0;
	for (guint size = 0; size <= file->len; size++) {
		char why[200];
		struct capture *c = NULL;
		char *path = write_file(file, size);
		tsr_error err = capture_open(path, payloads, &c, why, sizeof(why));
		unsigned read = 0;
		struct capture_packet packet;
		while (err == TSR_OK && (err = capture_next(c, &packet)) == TSR_OK)
			read++;
		whole += err == TSR_E_EOF;
		cut += err == TSR_E_MALFORMED && c != NULL;
		if (size == file->len)
			assert_int_equal(read, packets);
		capture_close(c);
		g_unlink(path);
		g_free(path);
	}
	assert_true(whole >= packets);
	assert_true(cut > whole);
}

void read_damaged(const GByteArray *file, const struct payloads *payloads, GRand *rand)
{
	GByteArray *copy = g_byte_array_new();
	g_byte_array_append(copy, file->data, file->len);
	for (int flips = g_rand_int_range(rand, 1, 8); flips > 0; flips--)
		copy->data[g_rand_int_range(rand, 0, (gint32)copy->len)] = (uint8_t)g_rand_int(rand);
	char why[200];
	struct capture *c = NULL;
	struct capture_packet packet;
	char *path = write_file(copy, copy->len);
	int64_t last_us = INT64_MIN;
	if (capture_open(path, payloads, &c, why, sizeof(why)) == TSR_OK) {
		while (capture_next(c, &packet) == TSR_OK) {
			assert_true(packet.arrival_us >= last_us);
			assert_true(packet.stream < c->stream_count);
			last_us = packet.arrival_us;
		}
	}
	capture_close(c);
	g_unlink(path);
	g_free(path);
	g_byte_array_free(copy, TRUE);
}
