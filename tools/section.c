/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "section.h"

#include <glib.h>
#include <string.h>

#include "capture/source.h"

#define HEAD        3 /* table_id and section_length */
#define LONG_HEAD   8 /* ... to last_section_number */
#define CRC         4
#define TABLE_TOT   0x73
#define TABLE_STUFF 0xff

uint32_t crc32_mpeg(const uint8_t *p, size_t size)
{
	uint32_t crc = 0xffffffff;
	for (size_t i = 0; i < size; i++) {
		crc ^= (uint32_t)p[i] << 24;
		for (int bit = 0; bit < 8; bit++)
			crc = crc << 1 ^ (crc & 0x80000000 ? 0x04c11db7 : 0);
	}
	return crc;
}

void sections_init(struct sections *s, void (*take)(void *ctx, const struct section *section), void *ctx)
{
	static const uint16_t pids[SECTION_PIDS] = {0x00, 0x01, 0x10, 0x11, 0x12, 0x14, 0x1fff};
	memset(s, 0, sizeof(*s));
	s->take = take;
	s->ctx = ctx;
	for (int i = 0; i < SECTION_PIDS; i++)
		s->pid[i].pid = pids[i];
}

void sections_also(struct sections *s, uint16_t pid)
{
	struct gathered *last = &s->pid[SECTION_PIDS - 1];
	*last = (struct gathered){.pid = pid};
}

static size_t section_size(const uint8_t *data)
{
	return HEAD + (get_be16(data + 1) & 0xfffu);
}

static void hand_on(struct sections *s, const struct gathered *g)
{
	bool has_syntax = (g->data[1] & 0x80) != 0;
	struct section section = {.pid = g->pid, .data = g->data, .size = g->size, .current = true};
	if (has_syntax || g->data[0] == TABLE_TOT) {
		if (g->size < (has_syntax ? LONG_HEAD : HEAD) + CRC) {
			section.fault = "a section is too short";
		} else if (crc32_mpeg(g->data, g->size) != 0) {
			section.fault = "a section has a wrong checksum";
			section.bad_crc = true;
		} else {
			section.size -= CRC;
			section.current = !has_syntax || (g->data[5] & 1) != 0;
		}
	}
	s->take(s->ctx, &section);
}

/* Adds to the open section; what is behind its end begins another. */
static void gather(struct sections *s, struct gathered *g, const uint8_t *p, size_t left)
{
	while (g->open && left > 0) {
		size_t goal = g->size < HEAD ? HEAD : section_size(g->data);
		size_t take = MIN(MIN(left, goal - g->size), SECTION_BYTES - g->size);
		memcpy(g->data + g->size, p, take);
		g->size += take;
		p += take;
		left -= take;
		if (g->data[0] == TABLE_STUFF) {
			g->open = false;
		} else if (g->size == SECTION_BYTES && section_size(g->data) > SECTION_BYTES) {
			g->open = false;
			s->take(s->ctx, &(struct section){.pid = g->pid, .fault = "a section is too long"});
		} else if (g->size >= HEAD && g->size == section_size(g->data)) {
			hand_on(s, g);
			g->size = 0;
		}
	}
}

void sections_take(struct sections *s, uint16_t pid, bool begins, const uint8_t *payload, size_t left)
{
	struct gathered *g = NULL;
	for (int i = 0; i < SECTION_PIDS && g == NULL; i++)
		if (s->pid[i].pid == pid)
			g = &s->pid[i];
	if (g == NULL)
		return;
	if (begins) {
		size_t pointer = left > 0 ? payload[0] : 0;
		if (left < 1 + pointer) {
			g->open = false;
			s->take(s->ctx,
				&(struct section){.pid = pid, .fault = "pointer_field points beyond its packet"});
			return;
		}
		gather(s, g, payload + 1, pointer);
		if (g->open && g->size > 0)
			s->take(s->ctx, &(struct section){.pid = pid, .fault = "a section is cut off"});
		payload += 1 + pointer;
		left -= 1 + pointer;
		g->open = true;
		g->size = 0;
	}
	gather(s, g, payload, left);
}
