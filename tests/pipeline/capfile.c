/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "capfile.h"

#include <string.h>

void put8(GByteArray *a, unsigned v)
{
	uint8_t b = (uint8_t)v;
	g_byte_array_append(a, &b, 1);
}

void put_be16(GByteArray *a, unsigned v)
{
	put8(a, v >> 8);
	put8(a, v);
}

void put_be32(GByteArray *a, uint32_t v)
{
	put_be16(a, v >> 16);
	put_be16(a, v & 0xffff);
}

void put_zeros(GByteArray *a, unsigned n)
{
	while (n-- > 0)
		put8(a, 0);
}

/* In the byte order of the capture. */
static void put32(const struct capfile *w, GByteArray *a, uint32_t v)
{
	put_be32(a, w->big_endian ? v : GUINT32_SWAP_LE_BE(v));
}

static void put16(const struct capfile *w, GByteArray *a, uint16_t v)
{
	put_be16(a, w->big_endian ? v : GUINT16_SWAP_LE_BE(v));
}

static void put_block(const struct capfile *w, uint32_t type, const GByteArray *body)
{
	uint32_t padded = (body->len + 3) & ~3u;
	put32(w, w->bytes, type);
	put32(w, w->bytes, padded + 12);
	g_byte_array_append(w->bytes, body->data, body->len);
	put_zeros(w->bytes, padded - body->len);
	put32(w, w->bytes, padded + 12);
}

static void begin_pcapng(struct capfile *w)
{
	GByteArray *body = g_byte_array_new();
	put32(w, body, 0x1a2b3c4d);
	put32(w, body, 1); /* version */
	put32(w, body, 0xffffffff);
	put32(w, body, 0xffffffff);
	put_block(w, 0x0a0d0d0a, body);
	g_byte_array_set_size(body, 0);
	put16(w, body, w->link_type);
	put16(w, body, 0);
	put32(w, body, 262144);
	put16(w, body, 9); /* if_tsresol: 10^-9 */
	put16(w, body, 1);
	put32(w, body, w->big_endian ? 9u << 24 : 9);
	put_be32(body, 0); /* end of options */
	put_block(w, 1, body);
	g_byte_array_set_size(body, 0);
	put_zeros(body, 20);
	put_block(w, 0x0bad, body); /* of a type nobody knows */
	g_byte_array_free(body, TRUE);
}

void capfile_begin(struct capfile *w)
{
	w->bytes = g_byte_array_new();
	if (w->framing == PCAPNG) {
		begin_pcapng(w);
		return;
	}
	put32(w, w->bytes, w->framing == PCAP_NS ? 0xa1b23c4d : 0xa1b2c3d4);
	put16(w, w->bytes, 2);
	put16(w, w->bytes, 4);
	put_zeros(w->bytes, 8);
	put32(w, w->bytes, 262144);
	put32(w, w->bytes, w->link_type);
}

void capfile_record(struct capfile *w, int64_t us, const GByteArray *frame, uint32_t original)
{
	if (w->framing == PCAPNG) {
		uint64_t ns = (uint64_t)us * 1000;
		GByteArray *body = g_byte_array_new();
		put32(w, body, 0);
		put32(w, body, (uint32_t)(ns >> 32));
		put32(w, body, (uint32_t)ns);
		put32(w, body, frame->len);
		put32(w, body, original);
		g_byte_array_append(body, frame->data, frame->len);
		put_block(w, 6, body);
		g_byte_array_free(body, TRUE);
		return;
	}
	put32(w, w->bytes, (uint32_t)(us / 1000000));
	put32(w, w->bytes, (uint32_t)(us % 1000000 * (w->framing == PCAP_NS ? 1000 : 1)));
	put32(w, w->bytes, frame->len);
	put32(w, w->bytes, original);
	g_byte_array_append(w->bytes, frame->data, frame->len);
}

static void put_ethertype(const struct capfile *w, GByteArray *frame)
{
	for (unsigned i = 0; i < w->vlan_tags; i++) {
		put_be16(frame, i == 0 && w->vlan_tags > 1 ? 0x88a8 : 0x8100);
		put_be16(frame, 42);
	}
	put_be16(frame, w->ipv6 ? 0x86dd : 0x0800);
}

static void put_link(const struct capfile *w, GByteArray *frame)
{
	switch (w->link_type) {
	case 1:
		put_zeros(frame, 12);
		put_ethertype(w, frame);
		break;
	case 113:
		put_zeros(frame, 14);
		put_ethertype(w, frame);
		break;
	case 276:
		put_be16(frame, w->ipv6 ? 0x86dd : 0x0800);
		put_zeros(frame, 18);
		break;
	case 0: put32(w, frame, w->ipv6 ? 30 : 2); break;
	case 108: put_be32(frame, w->ipv6 ? 24 : 2); break;
	default: break; /* bare IP */
	}
}

static void put_ip(const struct capfile *w, GByteArray *frame, unsigned payload, unsigned fragment)
{
	if (w->ipv6) {
		put_be32(frame, 6u << 28);
		put_be16(frame, payload + 8 * w->ipv6_extensions);
		put8(frame, w->ipv6_extensions ? 0 : 17);
		put8(frame, 64);
		put_zeros(frame, 30);
		put_be16(frame, 0xa001); /* the last bytes of both addresses */
		for (unsigned i = 0; i < w->ipv6_extensions; i++) {
			put8(frame, i + 1 < w->ipv6_extensions ? 60 : 17);
			put_zeros(frame, 7);
		}
		return;
	}
	put_be16(frame, 0x4500);
	put_be16(frame, 20 + payload);
	put_be16(frame, 7);
	put_be16(frame, fragment);
	put_be16(frame, 64 << 8 | 17);
	put_be16(frame, 0);
	put_be32(frame, 0x0a000001);
	put_be32(frame, 0x0a000002);
}

void capfile_udp(struct capfile *w, const struct capfile_datagram *spec, const uint8_t *data, size_t size)
{
	GByteArray *frame = g_byte_array_new();
	put_link(w, frame);
	put_ip(w, frame, 8 + (unsigned)size, spec->fragment);
	put_be16(frame, spec->from);
	put_be16(frame, spec->to);
	put_be16(frame, 8 + (unsigned)size);
	put_be16(frame, 0);
	g_byte_array_append(frame, data, (guint)size);
	if (w->link_type == 1)
		put_zeros(frame, 6); /* padding, as short Ethernet frames have it */
	uint32_t original = frame->len;
	g_byte_array_set_size(frame, frame->len - spec->cut);
	capfile_record(w, spec->us, frame, original);
	g_byte_array_free(frame, TRUE);
}

void mjr_begin(GByteArray *file, const char *magic, const char *info)
{
	g_byte_array_append(file, (const guint8 *)magic, 8);
	put_be16(file, (unsigned)strlen(info));
	g_byte_array_append(file, (const guint8 *)info, (guint)strlen(info));
}

void mjr_frame(GByteArray *file, bool times, uint32_t ms, const uint8_t *data, size_t size)
{
	g_byte_array_append(file, (const guint8 *)"MEETECHO", times ? 4 : 8);
	if (times)
		put_be32(file, ms);
	put_be16(file, (unsigned)size);
	g_byte_array_append(file, data, (guint)size);
}
