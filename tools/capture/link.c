/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link.h"

#include <arpa/inet.h>
#include <glib.h>
#include <string.h>

#include "source.h"

/* https://www.tcpdump.org/linktypes.html */
enum {
	LINKTYPE_NULL = 0, /* BSD loopback */
	LINKTYPE_ETHERNET = 1,
	LINKTYPE_RAW_OPENBSD = 12,
	LINKTYPE_RAW_BSDOS = 14,
	LINKTYPE_RAW = 101,
	LINKTYPE_LOOP = 108, /* OpenBSD loopback */
	LINKTYPE_LINUX_SLL = 113,
	LINKTYPE_IPV4 = 228,
	LINKTYPE_IPV6 = 229,
	LINKTYPE_LINUX_SLL2 = 276,
};

#define ETHERTYPE_IPV4       0x0800
#define ETHERTYPE_IPV6       0x86dd
#define ETHERTYPE_NONE       (-1)
#define ETHERTYPE_BY_VERSION 0 /* the link layer does not say; the first nibble does */
#define MAX_VLAN_TAGS        4

#define PROTOCOL_HOP_BY_HOP     0
#define PROTOCOL_UDP            17
#define PROTOCOL_ROUTING        43
#define PROTOCOL_FRAGMENT       44
#define PROTOCOL_AUTHENTICATION 51
#define PROTOCOL_DESTINATION    60
#define MAX_IPV6_EXTENSIONS     8

/* What is left of the frame. Each layer takes its head off. */
struct rest {
	const uint8_t *p;
	size_t left;
};

static const uint8_t *take(struct rest *r, size_t size)
{
	if (size > r->left)
		return NULL;
	const uint8_t *at = r->p;
	r->p += size;
	r->left -= size;
	return at;
}

/* Link heads: how long they are, and where they say what follows (a 16-bit EtherType; negative: nowhere). */
static const struct link_layer {
	uint16_t link_type;
	uint8_t head;
	int8_t ethertype_at;
} link_layers[] = {
	{LINKTYPE_ETHERNET, 14, 12},   {LINKTYPE_LINUX_SLL, 16, 14}, {LINKTYPE_LINUX_SLL2, 20, 0},
	{LINKTYPE_NULL, 4, -1},        {LINKTYPE_LOOP, 4, -1},       {LINKTYPE_RAW, 0, -1},
	{LINKTYPE_RAW_OPENBSD, 0, -1}, {LINKTYPE_RAW_BSDOS, 0, -1},  {LINKTYPE_IPV4, 0, -1},
	{LINKTYPE_IPV6, 0, -1},
};

static const struct link_layer *find_layer(uint16_t link_type)
{
	for (size_t i = 0; i < G_N_ELEMENTS(link_layers); i++)
		if (link_layers[i].link_type == link_type)
			return &link_layers[i];
	return NULL;
}

bool link_supported(uint16_t link_type)
{
	return find_layer(link_type) != NULL;
}

static bool is_vlan_tag(int ethertype)
{
	return ethertype == 0x8100 || ethertype == 0x88a8 || ethertype == 0x9100;
}

/* Takes the link head and VLAN tags off; says what follows. */
static int take_link(struct rest *r, uint16_t link_type)
{
	const struct link_layer *layer = find_layer(link_type);
	const uint8_t *head = layer != NULL ? take(r, layer->head) : NULL;
	if (head == NULL)
		return ETHERTYPE_NONE;
	int ethertype = layer->ethertype_at >= 0 ? get_be16(head + layer->ethertype_at) : ETHERTYPE_BY_VERSION;
	for (int tags = 0; is_vlan_tag(ethertype); tags++) {
		const uint8_t *tag = take(r, 4);
		if (tag == NULL || tags == MAX_VLAN_TAGS)
			return ETHERTYPE_NONE;
		ethertype = get_be16(tag + 2);
	}
	if (ethertype != ETHERTYPE_BY_VERSION)
		return ethertype;
	switch (r->left > 0 ? r->p[0] >> 4 : 0) {
	case 4: return ETHERTYPE_IPV4;
	case 6: return ETHERTYPE_IPV6;
	default: return ETHERTYPE_NONE;
	}
}

/* RFC 791 section 3.1. A total length of 0 stands for segmentation offload: the frame's end is the packet's. */
static enum link_result take_ipv4(struct rest *r, struct datagram *out, uint8_t *protocol)
{
	if (r->left < 20 || r->p[0] >> 4 != 4)
		return LINK_OTHER;
	size_t head = (size_t)(r->p[0] & 15) * 4, total = get_be16(r->p + 2);
	if (head < 20 || head > r->left || (total != 0 && total < head))
		return LINK_OTHER;
	const uint8_t *ip = r->p;
	if (total != 0 && total < r->left)
		r->left = total; /* Ethernet pads short frames */
	take(r, head);
	*protocol = ip[9];
	memcpy(out->from.ip, ip + 12, 4);
	memcpy(out->to.ip, ip + 16, 4);
	return (get_be16(ip + 6) & 0x3fff) != 0 ? LINK_FRAGMENT : LINK_UDP;
}

/* RFC 8200 sections 3 and 4. */
static enum link_result take_ipv6(struct rest *r, struct datagram *out, uint8_t *protocol)
{
	const uint8_t *ip = take(r, 40);
	if (ip == NULL || ip[0] >> 4 != 6)
		return LINK_OTHER;
	size_t payload = get_be16(ip + 4);
	if (payload != 0 && payload < r->left)
		r->left = payload;
	memcpy(out->from.ip, ip + 8, 16);
	memcpy(out->to.ip, ip + 24, 16);
	out->ipv6 = true;
	*protocol = ip[6];
	for (int i = 0; i < MAX_IPV6_EXTENSIONS; i++) {
		if (*protocol != PROTOCOL_HOP_BY_HOP && *protocol != PROTOCOL_ROUTING &&
		    *protocol != PROTOCOL_DESTINATION && *protocol != PROTOCOL_AUTHENTICATION &&
		    *protocol != PROTOCOL_FRAGMENT)
			return LINK_UDP;
		if (r->left < 8)
			return LINK_OTHER;
		const uint8_t *extension = r->p;
		if (*protocol == PROTOCOL_FRAGMENT && (get_be16(extension + 2) & 0xfff9) != 0)
			return LINK_FRAGMENT;
		size_t size = *protocol == PROTOCOL_AUTHENTICATION ? ((size_t)extension[1] + 2) * 4
			      : *protocol == PROTOCOL_FRAGMENT     ? 8
								   : ((size_t)extension[1] + 1) * 8;
		if (take(r, size) == NULL)
			return LINK_OTHER;
		*protocol = extension[0];
	}
	return LINK_OTHER;
}

enum link_result link_find_udp(uint16_t link_type, const uint8_t *frame, size_t size, struct datagram *out)
{
	struct rest r = {frame, size};
	*out = (struct datagram){0};
	uint8_t protocol = 0;
	enum link_result result = LINK_OTHER;
	int ethertype = take_link(&r, link_type);
	if (ethertype == ETHERTYPE_IPV4)
		result = take_ipv4(&r, out, &protocol);
	else if (ethertype == ETHERTYPE_IPV6)
		result = take_ipv6(&r, out, &protocol);
	if (result == LINK_FRAGMENT && !out->ipv6 && protocol != PROTOCOL_UDP)
		return LINK_OTHER;
	if (result != LINK_UDP || protocol != PROTOCOL_UDP)
		return result == LINK_UDP ? LINK_OTHER : result;
	const uint8_t *udp = take(&r, 8);
	if (udp == NULL || get_be16(udp + 4) < 8)
		return LINK_OTHER;
	size_t payload = (size_t)get_be16(udp + 4) - 8;
	out->from.port = get_be16(udp);
	out->to.port = get_be16(udp + 2);
	out->data = r.p;
	out->size = payload < r.left ? payload : r.left;
	return payload > r.left ? LINK_TRUNCATED : LINK_UDP;
}

static void describe_address(const struct link_address *a, bool ipv6, char *text, size_t size)
{
	char ip[INET6_ADDRSTRLEN] = "?";
	(void)inet_ntop(ipv6 ? AF_INET6 : AF_INET, a->ip, ip, sizeof(ip));
	g_snprintf(text, size, ipv6 ? "[%s]:%u" : "%s:%u", ip, a->port);
}

void link_describe(const struct datagram *d, char *text, size_t size)
{
	char from[64], to[64];
	describe_address(&d->from, d->ipv6, from, sizeof(from));
	describe_address(&d->to, d->ipv6, to, sizeof(to));
	g_snprintf(text, size, "%s > %s", from, to);
}
